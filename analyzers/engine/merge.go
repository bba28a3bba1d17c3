package engine

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
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
			for w := range b.outs {
				m.held[a] = append(m.held[a], b.outs[w][a]...)
			}
			if b.sweep || b.final {
				m.deliver(a, b)
			}
		}
		m.run.putBatch(b)
	}
}

// deliver passes on, in order, the events up to the batch's sweep: no event
// found later can come before them.
func (m *merger) deliver(a int, b *batch) {
	held := m.held[a]
	if len(held) == 0 {
		return
	}
	slices.SortStableFunc(held, compareEvents)
	n := len(held)
	if !b.final {
		n, _ = slices.BinarySearchFunc(held, b, func(e analyzers.StampedEvent, b *batch) int {
			if e.Epoch < b.epoch || e.Epoch == b.epoch && e.Stamp <= b.sweepClock {
				return -1
			}
			return 1
		})
	}
	for i := range held[:n] {
		if m.correlators[a] != nil {
			m.event(a, &held[i])
		}
	}
	m.held[a] = held[:copy(held, held[n:])]
}

func compareEvents(x, y analyzers.StampedEvent) int {
	return cmp.Or(cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Stamp, y.Stamp), cmp.Compare(x.Frame, y.Frame),
		cmp.Compare(x.Shard, y.Shard), cmp.Compare(x.Tie, y.Tie))
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
