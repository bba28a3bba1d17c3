package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// maxQuotes is the number of ICMP errors of one event that are followed one by
// one.
const maxQuotes = 16

// event is one thing that happened to one direction of a flow: the ICMP errors
// with one MTU that came before the last quoted byte was sent again, and what
// the sender did. Times are recorded times in ns except those that say clock.
type event struct {
	first      int64 // of the first ICMP error
	firstClock int64
	frame      decoders.FrameRef
	lastICMP   int64
	reporter   decoders.Addr
	mtu        uint32

	// The segment that the first ICMP error quotes; valid if droppedFrame is
	// not 0.
	dropped      int64
	droppedFrame decoders.FrameRef
	// The first later segment with the first quoted byte; valid if resumeFrame
	// is not 0.
	resume      int64
	resumeFrame decoders.FrameRef
	// The segment with which all quoted bytes had been sent again; valid if
	// doneFrame is not 0.
	done      int64
	doneFrame decoders.FrameRef
	// The latest such segment that is in doubt, because it is larger than the MTU
	// still or another ICMP error came after it; it settles the event only if it
	// is acknowledged. Valid if doubtFrame is not 0.
	doubt      int64
	doubtFrame decoders.FrameRef

	lo, hi    uint32 // quoted sequence numbers: the lowest, and behind the highest
	icmps     uint32
	largest   uint32 // IP length that a quote states
	resends   uint32 // segments with the lowest quoted byte since then
	next      uint32 // further open events of the flow
	fault     fault
	dir, ttl  uint8 // ttl: the smallest quoted
	kind      reporterKind
	v6        bool
	partAcked bool // the lowest quoted byte was acknowledged, at partClock
	partClock int64

	n      uint8
	quotes [maxQuotes]quote
}

// quote is one ICMP error and the first later segment with the byte it quotes.
type quote struct {
	time        int64
	frame       decoders.FrameRef
	resume      int64 // valid if resumeFrame is not 0
	resumeFrame decoders.FrameRef
	seq, length uint32 // length: of the quoted IP packet
}

func (e *event) begin(p *decoders.Packet, dir uint8, kind reporterKind, lo, hi uint32) {
	e.first, e.firstClock, e.frame = p.Recorded(), p.Clock, p.Ref()
	e.reporter, e.mtu, e.kind, e.dir, e.v6 = p.Src, p.ICMP.MTU, kind, dir, p.IPVersion == 6
	e.lo, e.hi, e.ttl = lo, hi, 255
}

// add enters an ICMP error that quotes lo to hi.
func (e *event) add(p *decoders.Packet, lo, hi uint32) {
	q := &p.ICMP.Quote
	e.icmps++
	e.lastICMP = p.Recorded()
	e.largest, e.ttl = max(e.largest, q.IPLen), min(e.ttl, q.TTL)
	if flow.Seq(lo).Less(flow.Seq(e.lo)) {
		e.lo = lo
	}
	if flow.Seq(e.hi).Less(flow.Seq(hi)) {
		e.hi = hi
	}
	if e.doneFrame != 0 { // what had been sent again did not fit, or there is more
		e.doubt, e.doubtFrame = e.done, e.doneFrame
		e.done, e.doneFrame = 0, 0
	}
	if int(e.n) < len(e.quotes) {
		e.quotes[e.n] = quote{time: e.lastICMP, frame: p.Ref(), seq: lo, length: q.IPLen}
		e.n++
	}
}

// sent notes that bytes from seq up to end were sent, in a packet that fits the
// MTU or will be cut before it leaves the host.
func (e *event) sent(p *decoders.Packet, seq, end uint32, fits bool) {
	if e.lo-seq < end-seq {
		e.resends++
		if e.resumeFrame == 0 {
			e.resume, e.resumeFrame = p.Recorded(), p.Ref()
		}
	}
	all := true
	for i := range e.quotes[:e.n] {
		q := &e.quotes[i]
		if q.resumeFrame == 0 {
			if q.seq-seq < end-seq {
				q.resume, q.resumeFrame = p.Recorded(), p.Ref()
			} else {
				all = false
			}
		}
	}
	switch {
	case !all || e.hi-1-seq >= end-seq:
	case !fits:
		e.doubt, e.doubtFrame = p.Recorded(), p.Ref()
	case e.doneFrame == 0:
		e.done, e.doneFrame = p.Recorded(), p.Ref()
	}
}

// offloads reports whether direction d's captured segments are larger than what
// goes over the wire: segmentation or receive offload.
func offloads(f *flow.Flow, d uint8) bool {
	mss := segmentSize(f, d)
	if mss == 0 {
		mss = 1460
	}
	return f.Dir[d].MaxSeg > mss
}

// maxOpen is the number of open events of one flow.
const maxOpen = 4

// openEvent returns the open event of t to which an ICMP error about direction
// d with that MTU and quoted byte belongs, 0 if there is none.
func (fp *flowPart) openEvent(t *track, d uint8, mtu, lo uint32, isBeyond bool) uint32 {
	for h := t.event; h != 0; h = fp.events.at(h).next {
		e := fp.events.at(h)
		if e.dir == d && e.mtu == mtu && e.fault&beyond != 0 == isBeyond &&
			(e.doneFrame == 0 || flow.Seq(lo).Less(flow.Seq(e.hi))) {
			return h
		}
	}
	return 0
}

// makeRoom finishes the oldest open event of t when there are too many.
func (fp *flowPart) makeRoom(t *track, f *flow.Flow, out *analyzers.Out) {
	n, last := 0, uint32(0)
	for h := t.event; h != 0; h = fp.events.at(h).next {
		n, last = n+1, h
	}
	if n >= maxOpen {
		fp.finish(t, last, f, ending{at: fp.events.at(last).firstClock}, out)
	}
}

// onEvents shows a segment to the open events of its flow.
func (fp *flowPart) onEvents(t *track, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	d := p.Seg.Dir
	for h := t.event; h != 0; {
		e := fp.events.at(h)
		next := e.next
		if e.dir == d {
			if n := p.Seg.Payload; n > 0 {
				had := e.doneFrame
				e.sent(p, p.TCP.Seq, p.TCP.Seq+n, p.IPLen <= e.mtu || offloads(f, d))
				if e.doneFrame != had {
					fp.tellDone(e, f, out)
				}
			}
		} else if peer := &f.Dir[d]; peer.Has&flow.HasAck != 0 {
			if !e.partAcked && flow.Seq(e.lo).Less(peer.Acked) {
				e.partAcked, e.partClock = true, p.Clock
			}
			if flow.Seq(e.hi).LessEq(peer.Acked) {
				fp.finish(t, h, f, ending{acked: true, at: p.Clock}, out)
			}
		}
		h = next
	}
}

// ending is why an event is over.
type ending struct {
	acked  bool // all quoted bytes were acknowledged
	over   bool // the flow left the table
	reason flow.EndReason
	at     int64 // capture clock
}

// verdict is what became of an event.
type verdict uint8

const (
	unsettled verdict = iota // too little was seen
	recovered
	stalled
	blackhole
	neverResumed
	faulty // the message is not to be believed, or was not about data
	withheld
)

// judge gives the verdict on e, and how long its lowest byte went without
// acknowledgement.
func (fp *flowPart) judge(e *event, f *flow.Flow, end ending) (v verdict, waited int64) {
	until := end.at
	if end.over {
		end.reason, until = lasted(f, end.reason, end.at)
	}
	if e.partAcked {
		until = e.partClock
	}
	waited = max(until-e.firstClock, 0)
	long := int64(fp.cfg.BlackholeAfter)
	switch {
	case e.fault != 0:
		return faulty, waited
	case e.resends >= 2 && waited >= long:
		return blackhole, waited
	case e.doneFrame != 0:
		if e.reaction(f) < int64(fp.cfg.RecoveredBelow) {
			return recovered, waited
		}
		return stalled, waited
	case end.acked || e.resends > 0 || !end.over:
		return unsettled, waited
	}
	switch end.reason {
	case flow.EndEvicted, flow.EndClockReset:
		return withheld, waited
	case flow.EndCapture:
		long *= 2
	}
	if waited >= long {
		return neverResumed, waited
	}
	return unsettled, waited
}

// lasted is why and when f really ended: a closed connection lingers in the
// table, or is still there when the capture ends.
func lasted(f *flow.Flow, reason flow.EndReason, at int64) (flow.EndReason, int64) {
	if reason == flow.EndClosed || reason == flow.EndCapture && f.State == flow.StateClosed {
		return flow.EndClosed, f.Last
	}
	return reason, at
}

// reaction is how long the sender took, as far as it can be told at the capture
// point; valid if doneFrame is not 0.
func (e *event) reaction(f *flow.Flow) int64 { return max(e.done-e.first-nearRTT(f, e.dir), 0) }

// finish takes event h out of t's list and reports it.
func (fp *flowPart) finish(t *track, h uint32, f *flow.Flow, end ending, out *analyzers.Out) {
	e := fp.events.at(h)
	if end.acked && e.doneFrame == 0 {
		e.done, e.doneFrame = e.doubt, e.doubtFrame
	}
	e.fault |= faultOf(e.v6, e.kind, e.mtu, e.largest, e.ttl)
	v, waited := fp.judge(e, f, end)
	if v == recovered || v == stalled {
		fp.latency.Observe(metricRecovery, analyzers.LabelKey{X: [4]uint8{uint8(e.kind)}}, e.reaction(f), analyzers.SampleID(f.Key.Hash(), e.frame))
	}
	fp.emitRecord(e, f, v, waited, out)
	if t.event == h {
		t.event = e.next
	} else {
		for i := t.event; i != 0; i = fp.events.at(i).next {
			if fp.events.at(i).next == h {
				fp.events.at(i).next = e.next
			}
		}
	}
	fp.events.put(h)
}
