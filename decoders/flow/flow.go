// Package flow keeps the flow table of one virtual shard: lookup, creation,
// idle expiry and least-recently-used eviction on the capture clock, TCP
// connection tracking, the classification of every segment, and the
// recognition of packets that were captured twice.
//
// A Table belongs to one goroutine at a time. Nothing in it reads the wall
// clock, so its results depend on the packets alone.
package flow

import "pcaptriage/decoders"

// EndReason is why a flow left the table.
type EndReason uint8

const (
	// EndClosed: FIN in both directions acknowledged, or a valid RST, and then
	// silent for Config.Linger, or less where its room was needed; or a new
	// connection took over the 4-tuple.
	EndClosed EndReason = iota
	// EndIdle: silent for the idle time of its kind.
	EndIdle
	// EndEvicted: the table was full; nothing can be said about what did not
	// come.
	EndEvicted
	// EndClockReset: the capture clock restarted; no time spans it.
	EndClockReset
	// EndCapture: the capture ended while the flow was in the table.
	EndCapture
)

var endNames = [...]string{"closed", "idle", "evicted", "clock-reset", "end"}

func (r EndReason) String() string { return endNames[r] }

// State is a coarse TCP connection state as seen from the capture point.
type State uint8

const (
	StateNone        State = iota // not TCP, or nothing seen yet
	StateSYN                      // SYN seen, no answer
	StateSYNACK                   // SYN-ACK seen, not yet acknowledged
	StateEstablished              // handshake completed, or data seen mid-stream
	StateClosing                  // a FIN was seen
	StateClosed                   // both FINs acknowledged, or a valid RST
)

// MaxSlots is the number of analyzers that can hang state on a flow.
const MaxSlots = 8

// Flow is one flow: a TCP connection, or the packets of one UDP/SCTP endpoint
// pair, or of one address pair and protocol. It lives in the table's arena and
// is reused after its end: keep no pointer to it beyond FlowEnd.
//
// It holds no pointer, so that the collector never looks into the arena, and
// its fields are ordered by how often a packet touches them: what every packet
// needs shares the first cache lines, what only the start of a flow writes
// comes last.
type Flow struct {
	Key       decoders.FlowKey
	Last      int64 // capture clock of the last packet, ns
	LastFrame decoders.FrameRef

	State State
	// Client is the direction (0 or 1) of the client: the SYN's sender, the
	// receiver of the SYN-ACK when the SYN was not captured, or without a
	// handshake in the capture the side with the higher port (of equal ports
	// the first sender).
	Client uint8
	Flags  Flags
	class  class // timeout class, a function of State and protocol
	// PrevState is the state in which the connection before this one on the
	// same 4-tuple was; valid if PortReused.
	PrevState State
	splitVLAN uint16 // VLAN id of a second connection that was split off, else 0

	id    int32  // own index in the arena
	tag   uint32 // of the key's hash, to find the index entry again
	holes uint32 // handle of what was not captured in order, 0: nothing
	rtt   uint32 // of the handshake, in microseconds; 0: not known
	// busy is the clock of the last segment that carried or acknowledged
	// something new: what idle is measured against. Probes do not move it.
	busy int64

	Dir [2]Half // [0]: packets from A, [1]: packets from B

	// Slot is analyzer-owned: Slot[i] is the handle of analyzer i's state for
	// this flow, 0 for none (see analyzers.Store).
	Slot [MaxSlots]uint32

	TunnelID uint32 // of the first packet
	Iface    uint32 // of the first packet

	// Handshake times, capture clock. SYNTime is the first SYN's,
	// SYNACKTime the first acceptable SYN-ACK's, AckTime that of the ACK that
	// completed it. 0 when not seen.
	AckTime, SYNTime, SYNACKTime int64

	Serial     uint64 // creation order within the shard, from 1
	First      int64  // capture clock of the first packet, ns
	FirstFrame decoders.FrameRef
	// PrevLast is the clock of the last packet of the connection before this
	// one on the same 4-tuple; valid if PortReused.
	PrevLast int64

	// synAgain is the time from the first SYN to the last one before the SYN-ACK,
	// synackAgain that from the first SYN-ACK to the last one, in microseconds; 0:
	// there was one only. See ServerRTT.
	synAgain, synackAgain uint32

	_ [8]byte // up to a multiple of the cache line
}

// Flags of a flow.
type Flags uint8

const (
	SawSYN       Flags = 1 << iota // an initial SYN is in the capture
	SawSYNACK                      // an acceptable SYN-ACK is
	Established                    // the client acknowledged a SYN-ACK, captured or not (AnsweredUnseen)
	MidStream                      // the first segment was neither SYN nor SYN-ACK; a flow that began with its SYN-ACK has SawSYNACK without SawSYN
	PortReused                     // began on a 4-tuple that the table still knew
	VLANSplit                      // keyed with its VLAN, see decoders.FlowKey.Domain
	SawRST                         // a valid reset was seen
	Simultaneous                   // simultaneous open (RFC 9293 3.5)
)

// Half is one direction of a flow.
type Half struct {
	// Packets, Bytes and Payload count without copies: packets, bytes on the
	// wire from the innermost IP header, and payload bytes (TCP: all sent,
	// retransmissions included).
	Packets, Bytes, Payload uint64
	Last                    int64 // capture clock of the last packet
	// The rest is valid for TCP.

	// Unacked is the capture clock since which this side waits for an
	// acknowledgement: when the oldest outstanding byte was first sent, or the
	// later moment at which an acknowledgement took only part of what was
	// outstanding (which is when a sender restarts its timer, RFC 6298 5.3).
	// 0: nothing is outstanding.
	Unacked int64
	ISN     uint32 // valid if HasISN
	Next    Seq    // next expected sequence number; valid if HasNext
	Acked   Seq    // highest acknowledgement number that this side sent; valid if HasAck
	SACKed  Seq    // highest right SACK edge that this side sent; valid if HasSACK
	FINSeq  Seq    // sequence number of the FIN; valid if HasFIN
	Window  uint32 // last announced window in bytes, scaled
	Retrans uint32 // retransmitted segments with payload or FIN
	Gaps    uint32 // holes in what was captured
	MaxSeg  uint32 // largest payload of a segment so far

	MSS    uint16 // from its SYN or SYN-ACK; valid if HasMSS
	Has    HalfFields
	twice  uint16 // of the last 16 different packets: which were seen again within copyWindow
	vlan   uint16 // VLAN id (see vlanID) of the first packet
	WScale uint8  // valid if HasWScale
	TTL    uint8  // of its first packet
	Dups   uint8  // duplicate ACKs in a row sent by this side
}

// HalfFields says which parts of a Half are valid.
type HalfFields uint16

const (
	HasISN HalfFields = 1 << iota
	HasNext
	HasAck
	HasSACK
	HasFIN
	FINAcked // the other side acknowledged this side's FIN
	HasMSS
	HasWScale
	SACKPermitted
	Timestamps
	ZeroWindow // the last announced window is 0
	SentData   // at least one payload byte in the capture
	SentRST

	keepAliveOut // a keep-alive probe of this side is unanswered
	probeOut     // a zero-window probe of this side is unanswered
	probeByte    // ... and it carried the byte at Next, which the peer may take
)

// ID is the flow's index in its table: dense, reused after the flow's end.
func (f *Flow) ID() uint32 { return uint32(f.id) }

// Server is the direction of the server.
func (f *Flow) Server() uint8 { return 1 - f.Client }

// Endpoint returns the address and port of direction d's sender.
func (f *Flow) Endpoint(d uint8) (decoders.Addr, uint16) {
	if d == 0 {
		return f.Key.A, f.Key.PortA
	}
	return f.Key.B, f.Key.PortB
}

// OneSided reports whether only one direction has been captured.
func (f *Flow) OneSided() bool { return f.Dir[0].Packets == 0 || f.Dir[1].Packets == 0 }

// ServerRTT is the round trip between the capture point and the server in ns, as
// SYN and SYN-ACK show it; -1 if they do not. It includes what the server's side
// took for the SYN-ACK. Whether a SYN-ACK answers the first of several SYNs is
// known only if the last of them had its own answer, about as much later.
func (f *Flow) ServerRTT() int64 {
	if f.SYNTime == 0 || f.SYNACKTime < f.SYNTime || f.Flags&Simultaneous != 0 || f.synackAgain < f.synAgain/2 {
		return -1
	}
	return f.SYNACKTime - f.SYNTime
}

// Seq is a TCP sequence number; comparisons are modulo 2^32 (RFC 9293 3.4).
type Seq uint32

// Less reports whether s comes before o.
func (s Seq) Less(o Seq) bool { return int32(s-o) < 0 }

// LessEq reports whether s comes before o or equals it.
func (s Seq) LessEq(o Seq) bool { return int32(s-o) <= 0 }

// Diff is s-o as a signed distance.
func (s Seq) Diff(o Seq) int32 { return int32(s - o) }
