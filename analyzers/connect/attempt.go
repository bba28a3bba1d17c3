package connect

import (
	"time"

	"pcaptriage/decoders"
)

// phase is how far an attempt has come.
type phase uint8

const (
	waiting phase = iota // SYN seen, no SYN-ACK
	halfway              // acceptable SYN-ACK seen, no final ACK
	unseen               // the client went on with ISN+1, no SYN-ACK seen (yet)
	open                 // handshake completed and reported; waiting for the server's first byte
)

const (
	maxSYNs    = 8  // frames of SYNs kept
	maxOffsets = 12 // times of repeated SYNs kept
	maxCopies  = 4
	// offsetUnit is the resolution of the times of repeated SYNs.
	offsetUnit = int64(100 * time.Microsecond)

	minSilence = int64(4 * time.Second)
	maxSilence = int64(130 * time.Second)
)

// attempt is the state of one flow from its SYN to the server's first byte.
// All times are recorded times in ns except those that say clock. It holds no
// pointers; what most attempts do not need is in extra.
type attempt struct {
	synTime, lastSYN int64
	quietSince       int64 // capture clock of the last SYN or SYN-ACK
	synQuiet         int64 // capture clock of the last SYN
	gap              int64 // between the last two SYNs, ns
	synFrame         decoders.FrameRef

	// The first acceptable SYN-ACK; valid in phases halfway and open, 0 when
	// it was not seen. A finished attempt without one that has flagCut or
	// flagSuperseded holds here how long the capture, or the flow, ran on after
	// its last SYN.
	synackTime, lastSYNACK int64
	synackFrame            decoders.FrameRef

	// In phases waiting and halfway: the first RST of the server (flagRefused,
	// flagServerReset). Later: the final ACK.
	endTime  int64
	endFrame decoders.FrameRef

	// After the handshake.
	dataTime   int64             // first client data; valid if dataFrame is not 0
	dataFrame  decoders.FrameRef // of the first client data
	againFrame decoders.FrameRef // of the first SYN-ACK after the final ACK; 0: none
	closeTime  int64             // first FIN or RST of either side; valid if closeFrame is not 0
	closeFrame decoders.FrameRef

	isn, serverISN uint32
	tsval, lastTS  uint32 // timestamp values of the first and last SYN, 0: none
	extra          uint32 // handle in extras, 0: none
	sent           uint32 // bytes of client data, saturating

	syns, synacks uint16
	synsAfter     uint16 // SYNs after the first SYN-ACK
	synsBefore    uint16 // SYNs before it
	again         uint16 // SYN-ACKs after the final ACK
	dataAgain     uint16 // client data segments retransmitted before an acknowledgement
	synLen        uint16 // data bytes in the SYN
	flags         uint16
	window        uint16 // of the first SYN
	wscale, ttl   uint8  // of the first SYN; wscale 0xff: none
	phase         phase
	dir           uint8 // direction of the client
	after         after
	kind          request
}

// after is what has been seen behind the handshake.
type after uint8

const (
	dataAcked     after = 1 << iota // the server acknowledged client data
	closedClient                    // the first FIN or RST was the client's
	closedByReset                   // ... and was an RST
	clientClosed                    // the client sent FIN or RST at some time
	resetEarly                      // the server reset before its first byte
	answeredEarly                   // the server sent data before the final ACK (TCP Fast Open)
	untimed                         // the time of the SYN or of the final ACK is not known
	untimedAnswer                   // nor that of the SYN-ACK
)

// timed notes that p, a packet of the handshake, does not tell its time.
func (a *attempt) timed(p *decoders.Packet, otherwise after) {
	if !p.Timed() {
		a.after |= otherwise
	}
}

// extra is what only repeated or odd attempts need.
type extra struct {
	frames  [maxSYNs - 1]decoders.FrameRef // of the repeated SYNs
	offsets [maxOffsets]uint32             // of the repeated SYNs since the first, in offsetUnit
	copies  [maxCopies]decoders.FrameRef

	challenge, clientRST decoders.FrameRef
	challenges           uint16

	icmpTime           int64
	icmpFrame          decoders.FrameRef
	icmpFrom           decoders.Addr
	icmpType, icmpCode uint8
	icmps              uint16
	icmpAgain          decoders.FrameRef // of the second ICMP error

	sinceReuse int64 // since the last packet of the 4-tuple's previous connection
	free       uint32
}

// silence is how long after the last SYN an attempt is over: twice the time in
// which the next repetition was due. quiet is how long it has lasted at a
// capture clock.
//
// A SYN-ACK that stays without an ACK is told from fewer: the client has to
// answer each at once. After two repetitions it does not matter when a third
// would have been due.
func (a *attempt) silence(clock int64) (quiet, enough int64) {
	if a.synacks == 0 || a.synsAfter > 0 {
		return clock - a.synQuiet, min(max(minSilence, 3*a.gap), maxSilence)
	}
	if a.synacks > 2 {
		return clock - a.quietSince, 0
	}
	return clock - a.quietSince, minSilence
}

// acks reports whether an acknowledgement number is one for a's SYN: ISN+1, or
// up to the end of the data in it.
func (a *attempt) acks(ack uint32) bool {
	return ack-(a.isn+1) <= uint32(a.synLen)
}

// extras is an arena of extra; freed entries are reused.
type extras struct {
	chunks []*[extraChunk]extra
	free   uint32
	used   uint32
}

// extraChunk is how many extras are allocated at a time.
const extraChunk = 16

func (e *extras) at(h uint32) *extra { return &e.chunks[(h-1)/extraChunk][(h-1)%extraChunk] }

// of returns a's extra, giving it one if need be.
func (e *extras) of(a *attempt) *extra {
	if a.extra != 0 {
		return e.at(a.extra)
	}
	h := e.free
	if h != 0 {
		e.free = e.at(h).free
	} else {
		if int(e.used) == len(e.chunks)*extraChunk {
			e.chunks = append(e.chunks, new([extraChunk]extra))
		}
		e.used++
		h = e.used
	}
	x := e.at(h)
	*x = extra{}
	a.extra = h
	return x
}

// drop gives a's extra back.
func (e *extras) drop(a *attempt) {
	if a.extra != 0 {
		e.at(a.extra).free = e.free
		e.free = a.extra
		a.extra = 0
	}
}
