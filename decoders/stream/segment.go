package stream

import "pcaptriage/decoders"

// Segment is one TCP segment of one direction. Feed it in frame order, without
// the copies that the tracker found (decoders.ClassCopy), without keep-alive
// probes (their byte is garbage, RFC 9293 3.8.4) and without resets that fit
// nothing (decoders.ClassRSTBad).
type Segment struct {
	Seq   uint32 // the SYN's own number if Flags has decoders.SYN, else of the first payload byte
	Len   uint32 // payload bytes on the wire
	Flags uint8  // decoders.SYN, FIN, RST; the others are not looked at
	// Payload is what was captured of it, at most Len bytes; borrowed during
	// the call it is passed to.
	Payload []byte
	Time    int64 // capture clock in ns
	Frame   decoders.FrameRef
}

// FromPacket returns the segment that p carries; p must have HasTCP.
func FromPacket(p *decoders.Packet) Segment {
	g := Segment{Seq: p.TCP.Seq, Flags: p.TCP.Flags, Time: p.Clock, Frame: p.Ref()}
	if p.Has&decoders.HasPayload != 0 {
		g.Payload, g.Len = p.Payload, p.PayloadLen
	}
	return g
}
