package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// Kinds of events. An attempt is one evAttempt, directly preceded by the parts
// that it needs: an event has room for 96 bytes, and most attempts for less.
const (
	evAttempt    uint8 = iota + 1
	evFrames           // of repeated SYNs
	evOffsets          // times of repeated SYNs
	evExtra            // ICMP, challenge ACK, port reuse
	evCopies           // frames of copies
	evNoSYN            // a SYN-ACK without its SYN in the capture
	evResponded        // the server's first byte
	evQueue            // connect-accept-queue
	evReset            // connect-reset-early
	evMute             // connect-no-response
	evCheck            // a connection as health checkers make
	evWithheld         // a verdict that cannot be given
	evUnreadable       // an ICMP error whose quote is cut
)

// Flags of evReset, evMute and evCheck; the lowest byte holds a request kind.
const (
	noteAcked    uint16 = 1 << (8 + iota) // the request was acknowledged
	noteByClient                          // closed by the client first
	noteByReset                           // ... with RST
	noteHalfOpen                          // no final ACK
)

// event begins an event about f, whose client sends in direction dir.
func event(kind, dir uint8, f *flow.Flow) (e analyzers.Event) {
	e.Kind = kind
	e.Src, e.SPort = f.Endpoint(dir)
	e.Dst, e.DPort = f.Endpoint(dir ^ 1)
	e.TunnelID = f.TunnelID
	return e
}

// challenges is the number of challenge ACKs that answered a's SYNs.
func (e *extras) challenges(a *attempt) uint16 {
	if a.extra == 0 {
		return 0
	}
	return e.at(a.extra).challenges
}

// report emits the finished attempt.
func (fp *flowPart) report(a *attempt, f *flow.Flow, o outcome, out *analyzers.Out) {
	if a.extra != 0 {
		fp.reportExtra(a, o, out)
	}
	e := event(evAttempt, a.dir, f)
	e.Time, e.Frame, e.N = a.synTime, a.synFrame, a.isn
	e.Proto, e.Flags = uint8(o), a.flags
	e.V = [4]int64{a.endTime, int64(a.endFrame), a.synackTime,
		int64(a.syns) | int64(a.synacks)<<16 | int64(a.window)<<32 | int64(a.wscale)<<48 | int64(a.ttl>>1)<<56}
	if o == incomplete || o == synackIgnored {
		e.V[0], e.V[1] = a.lastSYNACK, int64(a.synackFrame)
	}
	out.Emit(&e)
}

// reportExtra emits the parts that precede an attempt's event.
func (fp *flowPart) reportExtra(a *attempt, o outcome, out *analyzers.Out) {
	x := fp.extras.at(a.extra)
	if a.syns > 1 {
		e := analyzers.Event{Kind: evFrames, Time: a.synTime, Frame: a.synFrame}
		var w [8]uint64
		for i := range x.frames {
			w[i] = uint64(x.frames[i])
		}
		w[7] = uint64(a.synsBefore)
		pack(&e, &w)
		out.Emit(&e)

		e = analyzers.Event{Kind: evOffsets, Time: a.synTime, Frame: a.synFrame}
		for i, t := range x.offsets {
			w[i/2] = w[i/2]&^(0xffffffff<<(32*(i%2))) | uint64(t)<<(32*(i%2))
		}
		w[6], w[7] = 0, 0
		pack(&e, &w)
		out.Emit(&e)
	}
	if x.icmps|x.challenges != 0 || a.flags&flagReused != 0 {
		e := analyzers.Event{Kind: evExtra, Time: x.icmpTime, Frame: x.icmpFrame, Src: x.icmpFrom,
			Dst:   decoders.Addr{Hi: uint64(x.sinceReuse)},
			SPort: x.icmps, DPort: x.challenges, Proto: x.icmpType, Flags: uint16(x.icmpCode),
			V: [4]int64{int64(x.challenge), int64(x.clientRST), int64(x.icmpAgain)}}
		out.Emit(&e)
	}
	if x.copies[0] != 0 && (o != answered || a.syns > 1) {
		e := analyzers.Event{Kind: evCopies, Time: a.synTime, Frame: a.synFrame}
		for i, c := range x.copies {
			e.V[i] = int64(c)
		}
		out.Emit(&e)
	}
}

// pack puts eight words where an event has addresses and values.
func pack(e *analyzers.Event, w *[8]uint64) {
	e.Src, e.Dst = decoders.Addr{Hi: w[0], Lo: w[1]}, decoders.Addr{Hi: w[2], Lo: w[3]}
	for i := range e.V {
		e.V[i] = int64(w[4+i])
	}
}

func unpack(e *analyzers.Event) [8]uint64 {
	return [8]uint64{e.Src.Hi, e.Src.Lo, e.Dst.Hi, e.Dst.Lo, uint64(e.V[0]), uint64(e.V[1]), uint64(e.V[2]), uint64(e.V[3])}
}

// record is a finished attempt as the correlator gets it.
type record struct {
	outcome        outcome
	flags          uint16
	client, server decoders.Addr
	cport, sport   uint16
	tunnel         uint32
	isn            uint32

	synTime, endTime, synackTime int64
	synFrame, endFrame           decoders.FrameRef

	syns, synacks uint16
	synsBefore    uint16 // SYNs before the first SYN-ACK, valid if syns > 1
	window        uint16
	wscale, ttl   uint8

	frames  [maxSYNs - 1]decoders.FrameRef
	offsets [maxOffsets]uint32

	icmpTime             int64
	icmpFrame, icmpAgain decoders.FrameRef
	icmpFrom             decoders.Addr
	icmpType, icmpCode   uint8
	icmps, challenges    uint16
	challenge, clientRST decoders.FrameRef
	copies               [maxCopies]decoders.FrameRef
	sinceReuse, ranOn    int64
}

// halfway reports whether a SYN-ACK decided the outcome.
func (r *record) halfway() bool { return r.outcome == incomplete || r.outcome == synackIgnored }

// take adds an event to the record under construction and reports whether it
// is complete.
func (r *record) take(e *analyzers.Event) bool {
	switch e.Kind {
	case evFrames:
		w := unpack(e)
		for i := range r.frames {
			r.frames[i] = decoders.FrameRef(w[i])
		}
		r.synsBefore = uint16(w[7])
	case evOffsets:
		w := unpack(e)
		for i := range r.offsets {
			r.offsets[i] = uint32(w[i/2] >> (32 * (i % 2)))
		}
	case evExtra:
		r.icmpTime, r.icmpFrame, r.icmpFrom = e.Time, e.Frame, e.Src
		r.icmpType, r.icmpCode, r.icmps, r.challenges = e.Proto, uint8(e.Flags), e.SPort, e.DPort
		r.sinceReuse = int64(e.Dst.Hi)
		r.challenge, r.clientRST, r.icmpAgain = decoders.FrameRef(e.V[0]), decoders.FrameRef(e.V[1]), decoders.FrameRef(e.V[2])
	case evCopies:
		for i, v := range e.V {
			r.copies[i] = decoders.FrameRef(v)
		}
	case evAttempt:
		r.outcome, r.flags, r.isn, r.tunnel = outcome(e.Proto), e.Flags, e.N, e.TunnelID
		r.client, r.cport, r.server, r.sport = e.Src, e.SPort, e.Dst, e.DPort
		r.synTime, r.synFrame = e.Time, e.Frame
		r.endTime, r.endFrame, r.synackTime = e.V[0], decoders.FrameRef(e.V[1]), e.V[2]
		if r.flags&(flagCut|flagSuperseded) != 0 && !r.halfway() {
			r.ranOn, r.synackTime = r.synackTime, 0
		}
		v := uint64(e.V[3])
		r.syns, r.synacks, r.window = uint16(v), uint16(v>>16), uint16(v>>32)
		r.wscale, r.ttl = uint8(v>>48), uint8(v>>56)<<1
		return true
	}
	return false
}
