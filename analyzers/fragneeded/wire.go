package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// Kinds of events. What does not fit into one is preceded by evWords events of
// the same call, eight words each.
const (
	evWords    uint8 = iota + 1
	evNotice         // an ICMP error
	evDone           // an event's quoted bytes have been sent again
	evRecord         // a finished event about ICMP errors
	evLone           // a segment that looks like one of the probe timer's
	evHole           // a silent black hole
	evMessage        // the first segment of a client's message, or that it is spent; an aside
	evWithheld       // a verdict that cannot be given
)

// Flags of all events about a flow.
const (
	clientSends uint16 = 1 << iota // Src is the flow's client
	followed                       // evNotice: an event follows
	opens                          // evNotice: begins an event
	isV6
	midStream // the handshake is not in the capture
	spent     // evMessage: no message, but the end of the flow's latest one, see flowPart.spend
	unheard   // evMessage: nothing that its receiver sends is in the capture

	// epochShift is where the low byte of Packet.Epoch lies, in events that are
	// held against others: no time spans a restart of the capture clock.
	epochShift = 7
)

func epochFlags(epoch uint32) uint16 { return uint16(uint8(epoch)) << epochShift }

func epochOf(e *analyzers.Event) uint8 { return uint8(e.Flags >> epochShift) }

// about begins an event about direction d of f: Src is its sender.
func about(kind, d uint8, f *flow.Flow) (e analyzers.Event) {
	e.Kind, e.Proto, e.TunnelID, e.Flags = kind, f.Key.Proto, f.TunnelID, flagsAbout(d, f)
	e.Src, e.SPort = f.Endpoint(d)
	e.Dst, e.DPort = f.Endpoint(d ^ 1)
	return e
}

// flagsAbout are the flags of an event about direction d of f.
func flagsAbout(d uint8, f *flow.Flow) (flags uint16) {
	if d == f.Client {
		flags |= clientSends
	}
	if f.Key.Version == 6 {
		flags |= isV6
	}
	if f.Flags&flow.MidStream != 0 {
		flags |= midStream
	}
	return flags
}

// words carries what has no room in an event.
type words struct {
	w [maxWords]uint64
	n int
}

const (
	recordWords = 16
	quoteWords  = 5
	maxWords    = recordWords + quoteWords*maxQuotes
)

func (w *words) put(v ...uint64) { w.n += copy(w.w[w.n:], v) }

func (w *words) get() (v uint64) {
	if w.n < len(w.w) {
		v = w.w[w.n]
	}
	w.n++
	return v
}

// emit sends the words ahead of the event that they belong to.
func (w *words) emit(e *analyzers.Event, out *analyzers.Out) {
	for i := 0; i < w.n; i += 8 {
		c := analyzers.Event{Kind: evWords, Time: e.Time, Frame: e.Frame}
		v := w.w[i:min(i+8, maxWords)]
		at := func(j int) uint64 {
			if j < len(v) {
				return v[j]
			}
			return 0
		}
		c.Src, c.Dst = decoders.Addr{Hi: at(0), Lo: at(1)}, decoders.Addr{Hi: at(2), Lo: at(3)}
		c.V = [4]int64{int64(at(4)), int64(at(5)), int64(at(6)), int64(at(7))}
		out.Emit(&c)
	}
}

// take collects the words of an evWords event.
func (w *words) take(e *analyzers.Event) {
	w.put(e.Src.Hi, e.Src.Lo, e.Dst.Hi, e.Dst.Lo, uint64(e.V[0]), uint64(e.V[1]), uint64(e.V[2]), uint64(e.V[3]))
}

func join32(lo, hi uint32) uint64 { return uint64(lo) | uint64(hi)<<32 }

func split32(v uint64) (lo, hi uint32) { return uint32(v), uint32(v >> 32) }

// notice is an ICMP error on its way to the correlator.
type notice struct {
	mtu, quoted     uint32 // quoted: IP length that the quote states
	kind            reporterKind
	fault           fault
	ttl             uint8
	followed, opens bool
	client          bool
}

func (m *notice) emit(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	q := &p.ICMP.Quote
	e := analyzers.Event{Kind: evNotice, Time: p.Recorded(), Frame: p.Ref(), Src: q.Src, Dst: q.Dst, Proto: q.Proto, N: m.mtu, TunnelID: p.TunnelID}
	if q.HasPorts {
		e.SPort, e.DPort = q.SrcPort, q.DstPort
	}
	if f != nil {
		e.TunnelID = f.TunnelID
	}
	set := func(is bool, bit uint16) {
		if is {
			e.Flags |= bit
		}
	}
	set(m.client || f == nil && q.SrcPort > q.DstPort, clientSends)
	set(m.followed, followed)
	set(m.opens, opens)
	set(p.IPVersion == 6, isV6)
	e.Flags |= epochFlags(p.Epoch)
	e.V = [4]int64{int64(p.Src.Hi), int64(p.Src.Lo), int64(join32(m.quoted, uint32(m.kind)|uint32(m.ttl)<<8|uint32(m.fault)<<16)), p.Clock}
	out.Emit(&e)
}

func readNotice(e *analyzers.Event) (m notice, reporter decoders.Addr) {
	reporter = decoders.Addr{Hi: uint64(e.V[0]), Lo: uint64(e.V[1])}
	quoted, rest := split32(uint64(e.V[2]))
	return notice{mtu: e.N, quoted: quoted, kind: reporterKind(rest), ttl: uint8(rest >> 8), fault: fault(rest >> 16),
		followed: e.Flags&followed != 0, opens: e.Flags&opens != 0, client: e.Flags&clientSends != 0}, reporter
}

// tellDone emits that e's quoted bytes have all been sent again.
func (fp *flowPart) tellDone(e *event, f *flow.Flow, out *analyzers.Out) {
	ev := about(evDone, e.dir, f)
	ev.Time, ev.Frame, ev.N = e.done, e.doneFrame, e.mtu
	ev.V[0], ev.V[1] = int64(e.reporter.Hi), int64(e.reporter.Lo)
	out.Emit(&ev)
}

// emitRecord emits the finished event e.
func (fp *flowPart) emitRecord(e *event, f *flow.Flow, v verdict, waited int64, out *analyzers.Out) {
	w := &fp.words
	w.n = 0
	w.put(e.reporter.Hi, e.reporter.Lo, uint64(e.dropped), uint64(e.droppedFrame), uint64(e.resume), uint64(e.resumeFrame),
		uint64(e.done), uint64(e.doneFrame))
	w.put(uint64(nearRTT(f, e.dir)), uint64(wholeRTT(f)), join32(e.icmps, e.resends), join32(segmentSize(f, e.dir), e.largest),
		join32(uint32(e.ttl), uint32(e.fault)), uint64(waited), uint64(e.lastICMP), uint64(e.n))
	for i := range e.quotes[:e.n] {
		q := &e.quotes[i]
		w.put(uint64(q.time), uint64(q.frame), join32(q.seq, q.length), uint64(q.resume), uint64(q.resumeFrame))
	}
	ev := about(evRecord, e.dir, f)
	ev.Time, ev.Frame, ev.N = e.first, e.frame, e.mtu
	ev.V = [4]int64{int64(v), int64(e.kind), f.First}
	if e.partAcked {
		ev.V[3] = 1
	}
	w.emit(&ev, out)
	out.Emit(&ev)
}

// record is a finished event as the correlator has it.
type record struct {
	subject
	first    int64 // of the first ICMP error, recorded
	frame    decoders.FrameRef
	mtu      uint32
	verdict  verdict
	kind     reporterKind
	v6       bool
	acked    bool
	reporter decoders.Addr

	dropped, resume, done                int64
	droppedFrame, resumeFrame, doneFrame decoders.FrameRef
	near, whole, waited, lastICMP        int64
	icmps, resends, mss, largest         uint32
	ttl                                  uint8
	fault                                fault
	quotes                               []quote

	// cause is the frame of the ICMP error of another flow that lowered the
	// route's MTU before; valid if not 0.
	cause     decoders.FrameRef
	causeTime int64
}

// subject is a direction of a flow.
type subject struct {
	src, dst     decoders.Addr // src sends the data
	sport, dport uint16
	tunnel       uint32
	client       bool // src is the client
	proto        uint8
}

func subjectOf(e *analyzers.Event) subject {
	return subject{e.Src, e.Dst, e.SPort, e.DPort, e.TunnelID, e.Flags&clientSends != 0, e.Proto}
}

// readRecord puts the record of e and the words before it together.
func readRecord(e *analyzers.Event, w *words) *record {
	w.n = 0
	r := &record{subject: subjectOf(e), first: e.Time, frame: e.Frame, mtu: e.N, verdict: verdict(e.V[0]), kind: reporterKind(e.V[1]),
		v6: e.Flags&isV6 != 0, acked: e.V[3] != 0}
	frame := func() decoders.FrameRef { return decoders.FrameRef(w.get()) }
	r.reporter = decoders.Addr{Hi: w.get(), Lo: w.get()}
	r.dropped, r.droppedFrame = int64(w.get()), frame()
	r.resume, r.resumeFrame = int64(w.get()), frame()
	r.done, r.doneFrame = int64(w.get()), frame()
	r.near, r.whole = int64(w.get()), int64(w.get())
	r.icmps, r.resends = split32(w.get())
	r.mss, r.largest = split32(w.get())
	ttl, wrong := split32(w.get())
	r.ttl, r.fault = uint8(ttl), fault(wrong)
	r.waited, r.lastICMP = int64(w.get()), int64(w.get())
	r.quotes = make([]quote, min(int(w.get()), maxQuotes))
	for i := range r.quotes {
		q := &r.quotes[i]
		q.time, q.frame = int64(w.get()), frame()
		q.seq, q.length = split32(w.get())
		q.resume, q.resumeFrame = int64(w.get()), frame()
	}
	return r
}

// reaction is from the first ICMP error to the last quoted byte, less the round
// trip between capture point and sender; valid if doneFrame is not 0.
func (r *record) reaction() int64 { return max(r.done-r.first-r.near, 0) }

// delay is from the dropped segment, or where that was not captured from the
// first ICMP error, to the last quoted byte; valid if doneFrame is not 0.
func (r *record) delay() int64 {
	if r.droppedFrame != 0 {
		return r.done - r.dropped
	}
	return r.done - r.first
}
