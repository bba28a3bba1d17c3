package engine

import (
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
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
	common []common // by analyzer

	outs  []analyzers.Out // by analyzer
	place analyzers.Place // what is emitted now is stamped with it
	to    *workerOuts     // of the batch

	// Where the work stands, for a panic's report and for going on after it: item
	// i of that chunk of the list of shard at, which is now; analyzer cur (-1:
	// decoding or tracking).
	at    int
	chunk int
	i     int
	now   *shard
	cur   int
	ref   decoders.FrameRef // the packet, or the last one of the flow that ends
}

// common is what the flow parts of one analyzer in a worker's shards have in
// common; for rows and shared see analyzers.Env.
type common struct {
	asides *analyzers.Asides
	rows   analyzers.LatencyRows
	shared any
}

// newWorker makes the worker with that index of n, and its shards.
func (r *run) newWorker(index, n int) *worker {
	w := &worker{run: r, index: index, cur: -1, in: make(chan *batch, batchesInFlight), common: make([]common, len(r.opt.Analyzers))}
	w.outs = make([]analyzers.Out, len(w.common))
	for a := range w.common {
		w.common[a].asides = analyzers.NewAsides(&r.asides)
		w.outs[a] = analyzers.Out{Place: &w.place, Asides: w.common[a].asides,
			Full: func(events []analyzers.StampedEvent) []analyzers.StampedEvent { return w.to.events.swap(a, events) }}
	}
	for s := index; s < Shards; s += n {
		w.shards[s] = r.newShard(w, s)
	}
	return w
}

// shard is one virtual shard: a flow table and the flow parts of all
// analyzers. Only its worker touches it.
type shard struct {
	index   uint32
	table   *flow.Table
	parts   []part
	calls   [numKinds]*call // the first by kind of packet, nil: none
	ledger  analyzers.Ledger
	twoWay  bool
	worker  *worker
	linger  int64
	failure []failure          // by analyzer
	results []analyzers.Result // by analyzer, after the final batch; nil: none, or failed
}

// part is one analyzer's flow part with what decides when it is told of ends.
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
	s.failure = make([]failure, n)
	s.results = make([]analyzers.Result, n)
	for a, an := range r.opt.Analyzers {
		c := &w.common[a]
		if an.NewFlowPart != nil {
			env := r.env(a, index)
			env.Rows, env.Shared = &c.rows, &c.shared
			s.parts[a] = part{an.NewFlowPart(env), an.Needs}
		}
	}
	s.calls = r.calls.of(s)
	s.table = flow.New(r.flowConfig, s.flowEnd)
	return s
}

func (w *worker) loop() {
	for b := range w.in {
		w.batch(b)
		if b.sweep || b.final {
			w.eachShard(func(s *shard) {
				s.stamp(b.sweepClock, b.epoch)
				if b.final {
					s.finish(b.sweepClock)
				} else {
					s.table.Expire(b.sweepClock)
				}
			})
		}
		w.collect()
		b.done.Done()
	}
}

// batch does a batch's items.
func (w *worker) batch(b *batch) {
	w.packet.File, w.to = b.file, &b.outs[w.index]
	for w.at = 0; w.at < Shards; w.at++ {
		if s := w.shards[w.at]; s != nil && len(b.items.last[w.at]) > 0 {
			w.now, w.chunk, w.i = s, 0, 0
			w.packet.Epoch, w.place.Epoch, w.place.Shard = b.begin, b.begin, s.index
			for !w.list(b, s) {
			}
			// Whoever reads, dispatches or merges has little to do, but others wait for
			// it: it must not wait until a worker has done all that lies before it.
			runtime.Gosched()
		}
	}
}

// list does a shard's items from w.chunk and w.i on. It returns false when a panic
// interrupted it: the failure is noted and w.i stands behind the record, so that
// calling it again goes on with the rest.
func (w *worker) list(b *batch, s *shard) (finished bool) {
	defer func() {
		if v := recover(); v != nil {
			w.failed(v)
			w.i++
		}
	}()
	c := chunks{items: b.items.chunk(w.at, w.chunk)}
	for len(c.items) > 0 {
		c.first, c.after = w.chunk == 0, b.items.chunk(w.at, w.chunk+1)
		w.each(b, s, &c)
		w.chunk++
		w.i, c.items = 0, c.after
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

// each does a chunk's items from w.i on. All that a packet costs outside of its
// decoding, the flow table and the flow parts is in its loop.
func (w *worker) each(b *batch, s *shard, c *chunks) {
	p, buf, ledger, items := &w.packet, b.slab.Buf, &s.ledger, c.items
	for i := w.i; i < len(items); i++ {
		w.i, w.cur = i, -1
		if i%group == 0 {
			s.ahead(buf, c, i)
		}
		it := &items[i]
		if it.ext == reset {
			w.reset(s, it)
			continue
		}
		b.describe(p, it)
		w.ref = p.Ref()
		w.place.Stamp, w.place.Frame = it.clock, w.ref
		end := it.off + it.size
		p.Decode(it.link, buf[it.off:end:end], it.orig)
		if it.ext != 0 {
			b.exts[it.ext-1].apply(p)
		}

		ledger.Records++
		if p.Fail == decoders.Decoded {
			ledger.Decoded++
		} else {
			s.undecoded(p.Fail)
		}
		if it.cutBySnaplen {
			ledger.TruncatedBySnaplen++
		}
		f := s.table.HintedPacket(p, it.flow)
		if p.Seg.Class&decoders.ClassCopy != 0 {
			ledger.Duplicates++
		}
		for c := s.calls[kindOf(p)]; c != nil; c = c.next {
			if c.withState && (f == nil || int32(f.Slot[c.analyzer%flow.MaxSlots]) <= 0) {
				continue
			}
			w.cur = int(c.analyzer)
			c.part.Packet(p, f, c.out)
		}
	}
}

// undecoded enters a record into the ledger that was not decoded whole.
func (s *shard) undecoded(why decoders.Undecoded) {
	if why == decoders.UnknownLink {
		s.ledger.UnknownLinkType++
	} else {
		s.ledger.Undecoded[why]++
	}
}

// stamp sets the place at which the work stands to that of the shard's expiries up
// to a clock. A packet has the same epoch, its own time and its frame.
func (s *shard) stamp(clock int64, epoch uint32) {
	s.worker.place = analyzers.Place{Stamp: clock, Epoch: epoch, Shard: s.index}
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
	case flow.EndClosed: // a new connection takes its 4-tuple or its room, unless its time was up
		stamped = at-f.Last >= s.linger
	case flow.EndCapture, flow.EndClockReset:
		frame = math.MaxInt64
	}
	w := s.worker
	cur, ref, here := w.cur, w.ref, w.place
	w.ref = f.LastFrame
	if stamped {
		w.place.Stamp, w.place.Frame, w.place.Tie = at, frame, f.Serial
	}
	for a := range s.parts {
		pt := &s.parts[a]
		if pt.FlowPart == nil || f.Slot[a] == 0 && pt.needs&analyzers.NeedFlowEnd == 0 {
			continue
		}
		w.cur = a
		// The panic must not pass through the table, which is in the middle of
		// taking the flow out.
		w.guard(func() { pt.FlowEnd(f, reason, at, &w.outs[a]) })
	}
	w.cur, w.ref, w.place = cur, ref, here
}

// finish ends the capture: every flow, then the parts.
func (s *shard) finish(clock int64) {
	s.table.Finish(clock)
	for a := range s.parts {
		if pt := &s.parts[a]; pt.FlowPart != nil {
			s.worker.cur = a
			s.worker.guard(func() { s.results[a] = pt.End(clock, &s.worker.outs[a]) })
		}
	}
}

// reset ends every flow of s because the capture clock restarted.
func (w *worker) reset(s *shard, it *item) {
	w.guard(func() {
		s.stamp(it.clock, w.packet.Epoch)
		s.table.Expire(it.clock)
		s.table.Reset()
	})
	w.packet.Epoch = uint32(it.hash)
	w.place.Epoch = w.packet.Epoch
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

// collect hands the events and asides of this batch over to the merger.
func (w *worker) collect() {
	for a := range w.outs {
		if o := &w.outs[a]; len(o.Events) > 0 {
			o.Events = w.to.events.swap(a, o.Events)
		}
		w.to.asides[a] = w.common[a].asides.Take(w.to.asides[a])
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
	w.now.calls = w.run.calls.of(w.now)
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
