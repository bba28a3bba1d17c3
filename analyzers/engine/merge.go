package engine

import "pcaptriage/analyzers"

// merger brings the events of all shards into one order and feeds the
// correlators. It takes the batches in the order in which they were read.
type merger struct {
	run         *run
	correlators []analyzers.Correlator // by analyzer; nil: none, or failed
	failure     []failure
	// held are lists of events, by analyzer, that a later expiry might still have
	// to precede: those stamped after the last sweep. Events of one shard lie in
	// the order in which they were emitted, over the lists and within each.
	held [][][]analyzers.StampedEvent
	// asides are those since the last sweep, by analyzer.
	asides [][]analyzers.AsideRun
	// free are empty lists, which the batches get in exchange for theirs.
	free  [][]analyzers.StampedEvent
	order order // scratch memory of deliver
}

func newMerger(r *run) *merger {
	n := len(r.opt.Analyzers)
	m := &merger{run: r, correlators: make([]analyzers.Correlator, n), failure: make([]failure, n), held: make([][][]analyzers.StampedEvent, n),
		asides: make([][]analyzers.AsideRun, n)}
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
		}
		h := horizon{b.sweepClock, b.epoch, b.final}
		swept := b.sweep || b.final
		m.run.putBatch(b) // before the events take their time: the dispatcher may wait for it
		if !swept {
			continue
		}
		for a := range m.held {
			m.deliver(a, h)
		}
	}
}

// take moves the batch's lists of events for analyzer a to held, and its asides
// likewise.
func (m *merger) take(a int, b *batch) {
	for w := range b.outs {
		b.outs[w].events.take(a, &m.held[a], &m.free)
		asides := b.outs[w].asides[a]
		m.asides[a] = append(m.asides[a], asides...)
		clear(asides)
		b.outs[w].asides[a] = asides[:0]
	}
}

// give takes a list back that was delivered.
func (m *merger) give(l []analyzers.StampedEvent) {
	if cap(l) == listEvents {
		m.free = append(m.free, l[:0])
	}
}

// horizon is how far a sweep has come.
type horizon struct {
	clock int64
	epoch uint32
	final bool // to the end
}

// settled reports whether after the sweep no event can still come before e.
func (h *horizon) settled(e *analyzers.StampedEvent) bool {
	return h.final || e.At.Epoch < h.epoch || e.At.Epoch == h.epoch && e.At.Stamp <= h.clock
}

// deliver passes on, in order, analyzer a's events up to the sweep: no event found
// later can come before them.
func (m *merger) deliver(a int, h horizon) {
	own := len(m.held[a])
	m.sift(a)
	held := m.held[a]
	m.order.begin(held)
	n := 0
	for l, events := range held {
		n += len(events)
		for i := range events {
			if e := &events[i]; h.settled(e) {
				m.order.add(e, l, i)
			}
		}
	}
	m.order.sort()
	if m.correlators[a] != nil {
		m.events(a)
	}
	var rest []analyzers.StampedEvent
	if left := n - len(m.order.keys); left > 0 {
		rest = make([]analyzers.StampedEvent, 0, left)
		for _, events := range held {
			for i := range events {
				if !h.settled(&events[i]) {
					rest = append(rest, events[i])
				}
			}
		}
	}
	for _, events := range held[:own] {
		m.give(events)
	}
	clear(held)
	if m.held[a] = held[:0]; rest != nil {
		m.held[a] = append(m.held[a], rest)
	}
}

// events gives analyzer a's correlator the events in order; a panic ends it.
func (m *merger) events(a int) {
	var e *analyzers.StampedEvent
	defer func() {
		if v := recover(); v != nil {
			m.correlators[a] = nil
			m.failure[a] = failure{true, e.Event.Frame, panicText(v)}
		}
	}()
	for _, k := range m.order.keys {
		e = m.order.event(k.where)
		m.correlators[a].Event(&e.Event)
	}
}
