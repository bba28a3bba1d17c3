package decoders

// Class is what the TCP tracker found a segment to be. A segment can have
// several (a retransmission that is also a FIN); the bits are independent.
type Class uint32

const (
	// Connection set-up (RFC 9293 3.5).
	ClassSYN           Class = 1 << iota // initial SYN of an attempt
	ClassSYNRetrans                      // SYN with the ISN of an attempt under way
	ClassSYNACK                          // first SYN-ACK of this server ISN
	ClassSYNACKRetrans                   // the same SYN-ACK again
	ClassHandshakeACK                    // first ACK from the client that completes the handshake
	ClassPortReuse                       // initial SYN on a 4-tuple used before, other ISN
	ClassRST                             // reset
	ClassRSTBad                          // reset whose numbers fit nothing: not an answer
	ClassFIN                             // carries FIN
	ClassFINRetrans                      // FIN seen before
	ClassChallengeACK                    // bare ACK that answers a SYN with an unrelated acknowledgement number (RFC 5961 4)

	// Data.
	ClassNewData            // payload or FIN that advances the sequence space
	ClassRetrans            // payload seen before, or a hole filled late that the peer had missed (see ClassOutOfOrder)
	ClassSpurious           // retransmission of bytes that the peer had acknowledged before
	ClassFastRetrans        // retransmission after three duplicate ACKs or SACK
	ClassOutOfOrder         // fills a hole less than max(3 ms, RTT/2) after the later segment: reordered, not lost
	ClassGap                // starts beyond the next expected byte: bytes were lost or not captured
	ClassUnseenAcked        // acknowledges bytes that are not in the capture
	ClassKeepAlive          // keep-alive probe (RFC 9293 3.8.4)
	ClassKeepAliveACK       // its answer
	ClassZeroWindow         // announces window 0
	ClassZeroWindowProbe    // sent into a zero window
	ClassZeroWindowProbeACK // its answer
	ClassWindowUpdate       // only the window changed
	ClassDupACK             // RFC 5681 2
	ClassPureACK            // ACK without payload, SYN, FIN, RST
	ClassCopy               // the same packet captured a second time: never counted as anything else
	ClassMidStream          // first segment of a flow whose SYN is not in the capture
)

// Segment is the tracker's account of one TCP segment.
type Segment struct {
	Class Class
	// Dir is the direction: 0 from the flow's A side, 1 from its B side (see
	// FlowKey). Flow.Client says which of the two the client is.
	Dir uint8
	// Longest: its payload is longer than that of every segment of its direction
	// before (see flow.Half.MaxSeg).
	Longest bool
	// Len is the sequence space that the segment takes: payload + SYN + FIN.
	Len uint32
	// Payload is the payload's length on the wire in bytes.
	Payload uint32
	// Before is the capture clock of its direction's last packet before it; 0 for
	// the first. Not set for copies.
	Before int64
	// Ahead is how many bytes of payload its direction had sent before it, sent
	// again ones included; 0 for copies.
	Ahead uint64
	// CopyOf is the frame of the first copy when Class has ClassCopy (also set
	// for packets that are not TCP).
	CopyOf FrameRef
}

// Is reports whether any of the classes in c is set.
func (s *Segment) Is(c Class) bool { return s.Class&c != 0 }
