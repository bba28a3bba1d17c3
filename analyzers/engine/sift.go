package engine

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// sift shows the asides since the last sweep to analyzer a's correlator and
// moves those that it wants to the events that are held. All of them are due:
// they are stamped with packets, none of which comes behind its batch's sweep.
func (m *merger) sift(a int) {
	runs := m.asides[a]
	if len(runs) == 0 {
		return
	}
	m.asides[a] = runs[:0]
	defer clear(runs)
	s, ok := m.correlators[a].(analyzers.Sifter)
	if !ok {
		m.run.asides.Release(runs) // it failed: they come from no other kind of analyzer
		return
	}
	var at decoders.FrameRef
	defer func() {
		if v := recover(); v != nil {
			m.correlators[a] = nil
			m.failure[a] = failure{true, at, panicText(v)}
		}
	}()
	deliver, done := s.Sift(runs, &at)
	if len(deliver) > 0 {
		m.held[a] = append(m.held[a], deliver)
	}
	m.run.asides.Release(done)
}
