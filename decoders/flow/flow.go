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
	// EndClosed: FIN in both directions acknowledged, or a valid RST, or a new
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
type Flow struct {
	Key    decoders.FlowKey
	Dir    [2]Half // [0]: packets from A, [1]: packets from B
	Serial uint64  // creation order within the shard, from 1

	First, Last           int64 // capture clock of the first and last packet, ns
	FirstFrame, LastFrame decoders.FrameRef

	// Slot is analyzer-owned: Slot[i] is the handle of analyzer i's state for
	// this flow, 0 for none (see analyzers.Store).
	Slot [MaxSlots]uint32

	// Handshake times, capture clock. SYNTime is the first SYN's,
	// SYNACKTime the first acceptable SYN-ACK's, AckTime that of the ACK that
	// completed it. 0 when not seen.
	SYNTime, SYNACKTime, AckTime int64

	TunnelID uint32 // of the first packet
	Iface    uint32 // of the first packet

	State State
	// Client is the direction (0 or 1) of the client: the SYN's sender, or
	// without a handshake in the capture the side with the higher port.
	Client uint8
	Flags  Flags

	hash       uint64
	prev, next int32 // LRU list of its timeout class
	id         int32 // own index in the arena
	class      uint8 // timeout class
}

// Flags of a flow.
type Flags uint8

const (
	SawSYN       Flags = 1 << iota // an initial SYN is in the capture
	SawSYNACK                      // an acceptable SYN-ACK is
	Established                    // the client acknowledged a SYN-ACK, captured or not (AnsweredUnseen)
	MidStream                      // the first segment was not a SYN
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
	ISN     uint32 // valid if HasISN
	Next    Seq    // next expected sequence number; valid if HasNext
	Acked   Seq    // highest acknowledgement number that this side sent; valid if HasAck
	SACKed  Seq    // highest right SACK edge that this side sent; valid if HasSACK
	FINSeq  Seq    // sequence number of the FIN; valid if HasFIN
	Window  uint32 // last announced window in bytes, scaled
	Retrans uint32 // retransmitted segments with payload or FIN
	Gaps    uint32 // holes in what was captured
	Unacked int64  // capture clock at which the oldest byte not yet acknowledged was first sent; 0: none

	MSS    uint16 // from its SYN or SYN-ACK; valid if HasMSS
	MaxSeg uint32 // largest payload of a segment so far
	WScale uint8  // valid if HasWScale
	TTL    uint8  // of its first packet
	Dups   uint8  // duplicate ACKs in a row sent by this side
	Has    HalfFields
}

// HalfFields says which parts of a Half are valid.
type HalfFields uint16

const (
	HasISN HalfFields = 1 << iota
	HasNext
	HasAck
	HasSACK
	HasFIN
	FINAcked
	HasMSS
	HasWScale
	SACKPermitted
	Timestamps
	ZeroWindow // the last announced window is 0
	SentData   // at least one payload byte in the capture
	SentRST
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

// Seq is a TCP sequence number; comparisons are modulo 2^32 (RFC 9293 3.4).
type Seq uint32

// Less reports whether s comes before o.
func (s Seq) Less(o Seq) bool { return int32(s-o) < 0 }

// LessEq reports whether s comes before o or equals it.
func (s Seq) LessEq(o Seq) bool { return int32(s-o) <= 0 }

// Diff is s-o as a signed distance.
func (s Seq) Diff(o Seq) int32 { return int32(s - o) }
