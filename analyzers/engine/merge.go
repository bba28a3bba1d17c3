package engine

import (
	"cmp"
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
	// order is the scratch memory of deliver.
	order []eventKey
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

func compareKeys(x, y eventKey) int {
	return cmp.Or(cmp.Compare(x.epoch, y.epoch), cmp.Compare(x.stamp, y.stamp), cmp.Compare(x.frame, y.frame),
		cmp.Compare(x.shard, y.shard), cmp.Compare(x.tie, y.tie), cmp.Compare(x.pos, y.pos))
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
	slices.SortFunc(m.order, compareKeys)
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
