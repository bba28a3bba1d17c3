package engine

import (
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// merger brings the events of all shards into one order and feeds the
// correlators. It takes the batches in the order in which they were read.
type merger struct {
	run         *run
	correlators []analyzers.Correlator // by analyzer; nil: none, or failed
	failure     []failure
	// held are the events, by analyzer, that a later expiry might still have to
	// precede: those stamped after the last sweep.
	held [][]analyzers.StampedEvent
	// order, spare and ends are the scratch memory of deliver.
	order, spare []eventKey
	ends         []int
}

func newMerger(r *run) *merger {
	n := len(r.opt.Analyzers)
	m := &merger{run: r, correlators: make([]analyzers.Correlator, n), failure: make([]failure, n), held: make([][]analyzers.StampedEvent, n)}
	for a, an := range r.opt.Analyzers {
		if an.NewCorrelator != nil {
			m.correlators[a] = an.NewCorrelator(r.env(a, 0))
		}
	}
	return m
}

func (m *merger) loop(in <-chan *batch) {
	for b := range in {
		b.done.Wait()
		if b.slab != nil {
			b.slab.Release()
		}
		for a := range m.held {
			m.take(a, b)
			if b.sweep || b.final {
				m.deliver(a, b)
			}
		}
		m.run.putBatch(b)
	}
}

// take moves the batch's events for analyzer a to held.
func (m *merger) take(a int, b *batch) {
	n := 0
	for w := range b.outs {
		for _, l := range b.outs[w].byAnalyzer[a] {
			n += len(l)
		}
	}
	m.held[a] = slices.Grow(m.held[a], n)
	for w := range b.outs {
		for _, l := range b.outs[w].byAnalyzer[a] {
			m.held[a] = append(m.held[a], l...)
		}
	}
}

// eventKey is an event's place in the order, and in held. Events of one shard
// lie in held in the order in which they were emitted.
type eventKey struct {
	stamp      int64
	frame      decoders.FrameRef
	tie        uint64
	epoch      uint32
	shard, pos uint32
}

// before reports whether x comes before y. Hardly ever more than the stamps
// have to be compared.
func (x *eventKey) before(y *eventKey) bool {
	switch {
	case x.epoch != y.epoch:
		return x.epoch < y.epoch
	case x.stamp != y.stamp:
		return x.stamp < y.stamp
	case x.frame != y.frame:
		return x.frame < y.frame
	case x.shard != y.shard:
		return x.shard < y.shard
	case x.tie != y.tie:
		return x.tie < y.tie
	}
	return x.pos < y.pos
}

// sortOrder sorts order. It consists of a few ascending runs, since the events
// of a shard are nearly in order: merging those takes a fraction of the
// comparisons that sorting takes.
func (m *merger) sortOrder() {
	keys := m.order
	ends := m.ends[:0]
	for i := 1; i < len(keys); i++ {
		if keys[i].before(&keys[i-1]) {
			ends = append(ends, i)
		}
	}
	ends = append(ends, len(keys))
	spare := slices.Grow(m.spare[:0], len(keys))[:len(keys)]
	for len(ends) > 1 {
		begin, n := 0, 0
		for r := 0; r < len(ends); r += 2 {
			end := ends[min(r+1, len(ends)-1)]
			mergeKeys(spare[begin:end], keys[begin:ends[r]], keys[ends[r]:end])
			ends[n] = end
			begin = end
			n++
		}
		ends = ends[:n]
		keys, spare = spare, keys
	}
	m.order, m.spare, m.ends = keys, spare, ends
}

// mergeKeys merges the ascending a and b into dst, which has room for both.
func mergeKeys(dst, a, b []eventKey) {
	for len(a) > 0 && len(b) > 0 {
		if b[0].before(&a[0]) {
			dst[0], b = b[0], b[1:]
		} else {
			dst[0], a = a[0], a[1:]
		}
		dst = dst[1:]
	}
	copy(dst, a)
	copy(dst[len(a):], b)
}

// settled reports whether, after b's sweep, no event can still come before e.
func (b *batch) settled(e *analyzers.StampedEvent) bool {
	return b.final || e.Epoch < b.epoch || e.Epoch == b.epoch && e.Stamp <= b.sweepClock
}

// deliver passes on, in order, the events up to the batch's sweep: no event
// found later can come before them.
func (m *merger) deliver(a int, b *batch) {
	held := m.held[a]
	m.order = m.order[:0]
	for i := range held {
		e := &held[i]
		if b.settled(e) {
			m.order = append(m.order, eventKey{e.Stamp, e.Frame, e.Tie, e.Epoch, e.Shard, uint32(i)})
		}
	}
	m.sortOrder()
	for i := range m.order {
		if m.correlators[a] != nil {
			m.event(a, &held[m.order[i].pos])
		}
	}
	rest := 0
	for i := range held {
		e := &held[i]
		if !b.settled(e) {
			held[rest] = *e
			rest++
		}
	}
	m.held[a] = held[:rest]
}

// event hands one event to analyzer a's correlator; a panic ends the correlator.
func (m *merger) event(a int, e *analyzers.StampedEvent) {
	defer func() {
		if v := recover(); v != nil {
			m.correlators[a] = nil
			m.failure[a] = failure{true, e.Event.Frame, panicText(v)}
		}
	}()
	m.correlators[a].Event(&e.Event)
}
