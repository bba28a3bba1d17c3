package engine

import "pcaptriage/analyzers"

// The capacities from and up to which a list of asides is kept for reuse.
const (
	minSpareAsides = 64
	maxSpareAsides = 1 << 14
)

// sift shows the asides since the last sweep to analyzer a's correlator and
// moves those that it wants to the events that are held. All of them are due:
// they are stamped with packets, none of which comes behind its batch's sweep.
func (m *merger) sift(a int) {
	lists := m.asides[a]
	if len(lists) == 0 {
		return
	}
	m.asides[a] = lists[:0]
	defer clear(lists)
	s, ok := m.correlators[a].(analyzers.Sifter)
	if !ok {
		m.giveAsides(lists) // it failed: they come from no other kind of analyzer
		return
	}
	defer func() {
		if v := recover(); v != nil {
			m.correlators[a] = nil
			m.failure[a] = failure{true, lists[0][0].Event.Frame, panicText(v)}
		}
	}()
	deliver, done := s.Sift(lists)
	m.held[a] = append(m.held[a], deliver...)
	m.giveAsides(done)
}

// giveAsides takes lists of asides back that are no longer needed.
func (m *merger) giveAsides(lists [][]analyzers.StampedEvent) {
	for _, l := range lists {
		if cap(l) >= minSpareAsides && cap(l) <= maxSpareAsides {
			m.freeAsides = append(m.freeAsides, l[:0])
		}
	}
}
