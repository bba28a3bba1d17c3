package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// hole is what a receiver misses: data that were sent, often more than once,
// while its acknowledgement number stands still. Nearly all holes are plain
// loss and soon filled; what is left after several retransmissions, when only
// short segments get through, is a black hole.
type hole struct {
	seq   uint32 // of the first missing byte
	size  uint32 // largest payload sent again from there on
	again uint32 // times that so much was sent again
	final uint32 // payload of the latest segment with the missing byte
	block uint32 // largest range that the receiver reported to have above it
	width uint32 // from seq to the lowest range above it; 0: not known
	alive uint32 // segments of the receiver since the first retransmission

	since      int64 // capture clock
	first      int64 // recorded time and frame of the first segment with the byte; valid if firstFrame is not 0
	firstFrame decoders.FrameRef
	lastClock  int64 // of the latest segment with the byte
	last       int64 // its recorded time; valid if final is not 0
	sack       int64
	sackFrame  decoders.FrameRef
	n          uint8
	frames     [maxHoleFrames]decoders.FrameRef
	times      [maxHoleFrames]int64
}

const (
	maxHoleFrames = 6
	// minSize is the smallest payload that a path MTU can be too small for.
	minSize = 500
	// minAgain is the number of retransmissions in vain that make a black hole.
	minAgain = 3
	// minSpan is how long they last at least.
	minSpan = int64(1e9)
)

// openHole begins to watch the hole at seq in direction d's data.
func (fp *flowPart) openHole(t *track, f *flow.Flow, d uint8, seq uint32, clock int64) *hole {
	id, h := fp.holes.get()
	if h == nil {
		return nil
	}
	t.hole[d] = id
	h.seq, h.since, h.lastClock = seq, clock, clock
	if s := fp.recent.find(f, d, seq, 0); s != nil {
		h.first, h.firstFrame = s.time, s.frame
	}
	return h
}

// resent takes data that were sent before, or that fill a hole.
func (fp *flowPart) resent(t *track, p *decoders.Packet, f *flow.Flow) {
	d, seq, n := p.Seg.Dir, p.TCP.Seq, p.Seg.Payload
	peer := &f.Dir[1-d]
	if t.told&told(d) != 0 || p.Seg.Class&decoders.ClassSpurious != 0 || peer.Has&flow.ZeroWindow != 0 {
		return
	}
	if t.hole[d] == 0 {
		if n < minSize || peer.Has&flow.HasAck == 0 || flow.Seq(seq) != peer.Acked {
			return
		}
		if fp.openHole(t, f, d, seq, p.Clock) == nil {
			return
		}
	}
	h := fp.holes.at(t.hole[d])
	if h.seq-seq >= n {
		return
	}
	if h.firstFrame == p.Ref() { // it is in the memory of large segments already
		h.firstFrame = 0
	}
	if n > h.size {
		h.size, h.again = n, 0
	}
	if n == h.size {
		h.again++
	}
	h.final, h.lastClock, h.last = n, p.Clock, p.Recorded()
	if int(h.n) < len(h.frames) {
		h.frames[h.n], h.times[h.n] = p.Ref(), h.last
		h.n++
	}
}

// onACK takes the acknowledgement of a segment.
func (fp *flowPart) onACK(t *track, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.TCP.Flags&decoders.ACK == 0 {
		return
	}
	d := 1 - p.Seg.Dir // whose data are acknowledged
	ack := flow.Seq(p.TCP.Ack)
	if t.hole[d] != 0 {
		h := fp.holes.at(t.hole[d])
		if flow.Seq(h.seq).Less(ack) {
			fp.filled(t, d, f, out)
		} else if h.again > 0 {
			h.alive++
		}
	}
	o := &p.TCP.Opt
	if o.Has&decoders.OptSACK == 0 || t.told&told(d) != 0 {
		return
	}
	for _, b := range o.SACK[:min(int(o.NSACK), len(o.SACK))] {
		left, right := flow.Seq(b[0]), flow.Seq(b[1])
		if !ack.Less(left) || !left.Less(right) {
			continue // a duplicate is reported (RFC 2883)
		}
		if t.hole[d] == 0 && fp.openHole(t, f, d, uint32(ack), p.Clock) == nil {
			return
		}
		h := fp.holes.at(t.hole[d])
		if h.sackFrame == 0 {
			h.sack, h.sackFrame = p.Recorded(), p.Ref()
		}
		h.block = max(h.block, uint32(right-left))
		if w := uint32(left) - h.seq; h.width == 0 || w < h.width {
			h.width = w
		}
	}
}

// filled ends the watch: the missing byte has arrived. If it took smaller
// segments, the large ones were lost because of their size.
func (fp *flowPart) filled(t *track, d uint8, f *flow.Flow, out *analyzers.Out) {
	h := fp.holes.at(t.hole[d])
	if fp.inVain(t, d, f, h) && h.final+8 <= h.size && h.block < h.size {
		fp.emitHole(h, d, f, probed, h.lastClock-h.since, out)
	}
	fp.holes.put(t.hole[d])
	t.hole[d] = 0
}

// inVain reports whether large segments were sent again and again, and none as
// large was ever acknowledged.
func (fp *flowPart) inVain(t *track, d uint8, f *flow.Flow, h *hole) bool {
	t.settle(f, d)
	return h.again >= minAgain && h.size >= minSize && h.lastClock-h.since >= minSpan && t.passed[d] < h.size
}

// holeKind is how a black hole was seen.
type holeKind uint8

const (
	dies   holeKind = iota // the sender's side: sent again and again, in vain
	probed                 // ... until it sent smaller segments
	absent                 // the receiver's side: large segments never came
	alone                  // the sender's side, and nothing small was behind them to show that it passes
)

// endHole judges a hole that is still open when its flow ends.
func (fp *flowPart) endHole(t *track, d uint8, f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	h := fp.holes.at(t.hole[d])
	defer func() {
		fp.holes.put(t.hole[d])
		t.hole[d] = 0
	}()
	reason, at = lasted(f, reason, at)
	long := int64(fp.cfg.BlackholeAfter)
	if reason == flow.EndCapture {
		long *= 2
	}
	waited := max(at-h.since, 0)
	mss := segmentSize(f, d)
	var kind holeKind
	switch {
	case t.told&told(d) != 0:
		return
	case h.block == 0:
		// The receiver is there and gets none of it: it may be the size.
		if !fp.inVain(t, d, f, h) || h.again <= minAgain || h.alive == 0 || t.passed[d] == 0 || h.size+maxOptions < mss {
			return
		}
		kind = alone
	case fp.inVain(t, d, f, h) && h.block < h.size:
		kind = dies
	case h.n == 0 && h.firstFrame == 0 && mss > 0 && h.width+maxOptions >= mss && h.block+maxOptions < mss && f.Dir[d].MaxSeg+maxOptions < mss && waited >= long:
		kind = absent
	default:
		return
	}
	if reason == flow.EndEvicted || reason == flow.EndClockReset {
		out.Emit(&analyzers.Event{Kind: evWithheld})
		return
	}
	fp.emitHole(h, d, f, kind, waited, out)
}

// emitHole reports a black hole.
func (fp *flowPart) emitHole(h *hole, d uint8, f *flow.Flow, kind holeKind, waited int64, out *analyzers.Out) {
	e := about(evHole, d, f)
	e.Time, e.Frame = h.first, h.firstFrame
	if h.firstFrame == 0 {
		if e.Time, e.Frame = h.sack, h.sackFrame; h.sackFrame == 0 {
			e.Time, e.Frame = h.times[0], h.frames[0]
		}
	}
	e.V = [4]int64{int64(kind), waited}
	last := e.Time
	if h.final > 0 {
		last = max(last, h.last)
	}
	w := &fp.words
	w.n = 0
	w.put(uint64(h.first), uint64(h.firstFrame), uint64(h.sack), uint64(h.sackFrame), join32(h.size, h.again), join32(h.final, h.block),
		join32(h.width, segmentSize(f, d)), uint64(last), join32(uint32(h.n), h.alive))
	for i := range h.frames[:h.n] {
		w.put(uint64(h.frames[i]), uint64(h.times[i]))
	}
	w.emit(&e, out)
	out.Emit(&e)
}

// silence is a black hole as the correlator has it.
type silence struct {
	subject
	time               int64
	frame              decoders.FrameRef
	kind               holeKind
	waited             int64
	first, sack, last  int64
	firstFrame         decoders.FrameRef
	sackFrame          decoders.FrameRef
	size, again, final uint32
	block, width, mss  uint32
	alive              uint32
	frames             []decoders.FrameRef
	times              []int64
}

func readHole(e *analyzers.Event, w *words) *silence {
	w.n = 0
	s := &silence{subject: subjectOf(e), time: e.Time, frame: e.Frame, kind: holeKind(e.V[0]), waited: e.V[1]}
	s.first, s.firstFrame = int64(w.get()), decoders.FrameRef(w.get())
	s.sack, s.sackFrame = int64(w.get()), decoders.FrameRef(w.get())
	s.size, s.again = split32(w.get())
	s.final, s.block = split32(w.get())
	s.width, s.mss = split32(w.get())
	s.last = int64(w.get())
	n, alive := split32(w.get())
	s.alive = alive
	for n = min(n, maxHoleFrames); n > 0; n-- {
		s.frames = append(s.frames, decoders.FrameRef(w.get()))
		s.times = append(s.times, int64(w.get()))
	}
	return s
}
