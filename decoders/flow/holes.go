package flow

// maxHoles is the number of holes remembered a direction; of more the oldest
// is forgotten, and a segment that fills it counts as seen before.
const maxHoles = 4

// hole is a range of sequence numbers [left, right) that later bytes overtook.
type hole struct {
	left, right Seq
	at          int64 // capture clock of the segment that showed it
}

// holeSet is what is missing in the two directions of one flow. Few flows have
// any, so the sets live in a pool of their own.
type holeSet struct {
	holes [2][maxHoles]hole
	n     [2]uint8
}

// holePool hands out hole sets by handle; 0 is no handle.
type holePool struct {
	sets []holeSet
	free []uint32
	max  int
}

func (h *holePool) at(handle uint32) *holeSet { return &h.sets[handle-1] }

// full reports whether no set can be had.
func (h *holePool) full() bool { return len(h.free) == 0 && len(h.sets) >= h.max }

func (h *holePool) take() uint32 {
	if n := len(h.free); n > 0 {
		i := h.free[n-1]
		h.free = h.free[:n-1]
		h.sets[i-1] = holeSet{}
		return i
	}
	h.sets = append(h.sets, holeSet{})
	return uint32(len(h.sets))
}

// release gives back the flow's hole set, if it has one.
func (h *holePool) release(f *Flow) {
	if f.holes != 0 {
		h.free = append(h.free, f.holes)
		f.holes = 0
	}
}

// miss notes that [left, right) of direction d is missing. When the pool is
// exhausted the hole is forgotten; flows past their deadline give theirs back
// first, so that this too does not depend on the sweeps.
func (t *Table) miss(f *Flow, d uint8, left, right Seq, clock int64) {
	if f.holes == 0 {
		if t.holes.full() {
			t.Expire(clock)
			if t.holes.full() {
				return
			}
		}
		f.holes = t.holes.take()
	}
	s := t.holes.at(f.holes)
	s.add(d, hole{left, right, clock})
}

func (s *holeSet) add(d uint8, h hole) {
	if s.n[d] == maxHoles {
		copy(s.holes[d][:], s.holes[d][1:])
		s.n[d]--
	}
	s.holes[d][s.n[d]] = h
	s.n[d]++
}

// fill takes [left, right) out of direction d's holes. ok reports whether any
// of it was missing; at is then the clock at which that was noticed.
func (t *Table) fill(f *Flow, d uint8, left, right Seq) (at int64, ok bool) {
	if f.holes == 0 {
		return 0, false
	}
	s := t.holes.at(f.holes)
	old, n := s.holes[d], s.n[d]
	s.n[d] = 0
	for _, h := range old[:n] {
		if !left.Less(h.right) || !h.left.Less(right) {
			s.add(d, h)
			continue
		}
		if !ok {
			at, ok = h.at, true
		}
		if h.left.Less(left) {
			s.add(d, hole{h.left, left, h.at})
		}
		if right.Less(h.right) {
			s.add(d, hole{right, h.right, h.at})
		}
	}
	if s.n[0]|s.n[1] == 0 {
		t.holes.release(f)
	}
	return at, ok
}
