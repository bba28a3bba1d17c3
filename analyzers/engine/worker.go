package engine

import (
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
)

// worker decodes, tracks and analyzes the packets of its shards: those with
// shard mod workers equal to its index, in frame order.
type worker struct {
	run    *run
	index  int
	in     chan *batch
	shards [Shards]*shard // nil for those of other workers
	packet decoders.Packet
	asides []analyzers.Asides // by analyzer: in frame order, over all shards

	// Where the work stands, for a panic's report: item i of the batch's list,
	// in shard now, analyzer cur (-1: decoding or tracking).
	i   int
	now *shard
	cur int
	ref decoders.FrameRef // the packet, or the last one of the flow that ends
}

// shard is one virtual shard: a flow table and the flow parts of all
// analyzers. Only its worker touches it.
type shard struct {
	index   uint32
	table   *flow.Table
	parts   []part
	outs    []analyzers.Out // by analyzer; see out
	place   place
	ledger  analyzers.Ledger
	twoWay  bool
	worker  *worker
	linger  int64
	failure []failure          // by analyzer
	results []analyzers.Result // by analyzer, after the final batch; nil: none, or failed
}

// part is one analyzer's flow part with what decides when it is called.
type part struct {
	analyzers.FlowPart // nil: has none, or failed
	needs              analyzers.Needs
}

// failure is a panic in a part.
type failure struct {
	failed bool
	frame  decoders.FrameRef
	text   string
}

func (r *run) newShard(w *worker, index int) *shard {
	s := &shard{index: uint32(index), worker: w, linger: int64(r.flowConfig.Linger)}
	n := len(r.opt.Analyzers)
	s.parts = make([]part, n)
	s.outs = make([]analyzers.Out, n)
	s.failure = make([]failure, n)
	s.results = make([]analyzers.Result, n)
	for a, an := range r.opt.Analyzers {
		s.outs[a].Shard, s.outs[a].Asides = s.index, &w.asides[a]
		if an.NewFlowPart != nil {
			s.parts[a] = part{an.NewFlowPart(r.env(a, index)), an.Needs}
		}
	}
	s.table = flow.New(r.flowConfig, s.flowEnd)
	return s
}

func (w *worker) loop() {
	for b := range w.in {
		w.i = 0
		for !w.work(b) {
		}
		if b.sweep || b.final {
			w.eachShard(func(s *shard) {
				s.at(b.sweepClock, b.epoch)
				if b.final {
					s.finish(b.sweepClock)
				} else {
					s.table.Expire(b.sweepClock)
				}
			})
		}
		w.eachShard(func(s *shard) { s.collect(&b.outs[w.index]) })
		b.done.Done()
	}
}

// work does the batch's items from w.i on. It returns false
// when a panic interrupted it: the failure is noted and w.i stands behind the
// record, so that calling it again goes on with the rest.
func (w *worker) work(b *batch) (finished bool) {
	defer func() {
		if v := recover(); v != nil {
			w.failed(v)
			w.i++
		}
	}()
	items := b.items[w.index]
	for ; w.i < len(items); w.i++ {
		it := &items[w.i]
		w.ahead(b, items)
		if it.op == opReset {
			w.resetShards(it)
			continue
		}
		w.record(b, it)
	}
	return true
}

// eachShard calls f for the worker's shards, and notes a panic in it.
func (w *worker) eachShard(f func(s *shard)) {
	for _, s := range w.shards {
		if s != nil {
			w.now, w.cur = s, -1
			w.guard(func() { f(s) })
		}
	}
}

// record handles one packet record.
func (w *worker) record(b *batch, it *item) {
	s := w.shards[it.shard]
	w.now, w.cur = s, -1
	rec := &b.slab.Recs[it.rec]
	p := &w.packet
	link := b.describe(p, it, rec)
	w.ref = p.Ref()
	p.Decode(link, b.slab.Data(rec), rec.Orig)
	if it.ext != 0 {
		e := &b.exts[it.ext-1]
		for _, d := range e.datagrams {
			p.DecodeIP(d.data, d.wireLen)
		}
		p.TunnelID = e.tunnel
	}
	s.count(p, rec)

	s.now(p)
	f := s.table.Packet(p)
	if p.Seg.Class&decoders.ClassCopy != 0 {
		s.ledger.Duplicates++
	}
	for _, c := range w.run.calls[kindOf(p)] {
		a := int(c.analyzer)
		part := s.parts[a].FlowPart
		if part == nil || c.withState && (f == nil || f.Slot[a] == 0) {
			continue
		}
		w.cur = a
		part.Packet(p, f, s.out(a))
	}
}

// count enters a record into the ledger.
func (s *shard) count(p *decoders.Packet, rec *capture.Record) {
	l := &s.ledger
	l.Records++
	switch p.Fail {
	case decoders.Decoded:
		l.Decoded++
	case decoders.UnknownLink:
		l.UnknownLinkType++
	default:
		l.Undecoded[p.Fail]++
	}
	if rec.Flags&capture.SnapCut != 0 {
		l.TruncatedBySnaplen++
	}
}

// place is where in time the shard's work stands: what is emitted now is
// stamped with it.
type place struct {
	stamp int64
	epoch uint32
	frame decoders.FrameRef
	tie   uint64
}

// now sets the place to packet p.
func (s *shard) now(p *decoders.Packet) { s.place = place{p.Clock, p.Epoch, p.Ref(), 0} }

// at sets it to expiries up to a clock.
func (s *shard) at(clock int64, epoch uint32) { s.place = place{clock, epoch, 0, 0} }

// out is analyzer a's Out, stamped with the current place.
func (s *shard) out(a int) *analyzers.Out {
	o := &s.outs[a]
	o.Stamp, o.Epoch, o.Frame, o.Tie = s.place.stamp, s.place.epoch, s.place.frame, s.place.tie
	return o
}

// flowEnd is the table's callback. An expiry is stamped with its deadline, and
// ordered before the packets of that time, so that it does not matter when it
// was noticed; the ends that come with the end of the capture or of an epoch
// are ordered behind all packets.
func (s *shard) flowEnd(f *flow.Flow, reason flow.EndReason, at int64) {
	if f.Key.Proto == decoders.ProtoTCP && !f.OneSided() {
		s.twoWay = true
	}
	stamped, frame := true, decoders.FrameRef(0)
	switch reason {
	case flow.EndEvicted:
		stamped = false
	case flow.EndClosed: // taken over by a new connection, unless its time was up
		stamped = at-f.Last >= s.linger
	case flow.EndCapture, flow.EndClockReset:
		frame = math.MaxInt64
	}
	w := s.worker
	cur, ref, here := w.cur, w.ref, s.place
	w.ref = f.LastFrame
	if stamped {
		s.place.stamp, s.place.frame, s.place.tie = at, frame, f.Serial
	}
	for a := range s.parts {
		pt := &s.parts[a]
		if pt.FlowPart == nil || f.Slot[a] == 0 && pt.needs&analyzers.NeedFlowEnd == 0 {
			continue
		}
		w.cur = a
		// The panic must not pass through the table, which is in the middle of
		// taking the flow out.
		w.guard(func() { pt.FlowEnd(f, reason, at, s.out(a)) })
	}
	w.cur, w.ref, s.place = cur, ref, here
}

// finish ends the capture: every flow, then the parts.
func (s *shard) finish(clock int64) {
	s.table.Finish(clock)
	for a := range s.parts {
		if pt := &s.parts[a]; pt.FlowPart != nil {
			s.worker.cur = a
			s.worker.guard(func() { s.results[a] = pt.End(clock, s.out(a)) })
		}
	}
}

// resetShards ends every flow because the capture clock restarted.
func (w *worker) resetShards(it *item) {
	w.eachShard(func(s *shard) {
		s.at(it.clock, it.epoch-1)
		s.table.Expire(it.clock)
		s.table.Reset()
	})
}

// guard runs f and notes a panic in it.
func (w *worker) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			w.failed(v)
		}
	}()
	f()
}

// collect hands the events of this batch over to the merger, and the asides,
// which the worker's shards have in common.
func (s *shard) collect(outs *workerOuts) {
	for a := range s.outs {
		o := &s.outs[a]
		if len(o.Events) > 0 {
			o.Events = outs.events.swap(a, o.Events)
		}
		if len(o.Asides.Events) > 0 {
			o.Asides.Events = outs.asides.swap(a, o.Asides.Events)
		}
	}
}

// failed notes a panic. An analyzer's part is not called again in this shard;
// a failure in decoding or tracking is counted, and the next record is tried.
func (w *worker) failed(v any) {
	text := panicText(v)
	if w.cur < 0 {
		w.run.internal(w.ref, text)
		return
	}
	w.now.parts[w.cur].FlowPart = nil
	w.now.failure[w.cur] = failure{true, w.ref, text}
}

// panicText describes a panic in one line: what, and where in the code.
func panicText(v any) string {
	return fmt.Sprintf("%s (%s)", strings.ReplaceAll(fmt.Sprint(v), "\n", " "), panicPlace())
}

// panicPlace is the file and line of the panic being recovered from: the first
// code of ours below the runtime's panic functions.
func panicPlace() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicking := false
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			panicking = true
		} else if panicking && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return "unknown place"
		}
	}
}
