package stream

import "pcaptriage/decoders/recency"

// Scratch keeps the beginnings of messages whose ends have not arrived: heads
// that span segments, packets that do. It belongs to one goroutine at a time.
// When it is full, the one that was touched least recently goes; its owner
// finds that out by the next call.
type Scratch struct {
	mem     mem
	notes   []note
	byUse   recency.List[uint32] // notes in use, by index plus one
	idle    []uint32             // unused notes
	evicted uint64
}

// Note names an unfinished message in a Scratch; the zero value is an empty
// one. It holds no pointers. A copy must not be used beside the original.
type Note struct{ at, gen uint32 }

type note struct {
	gen   uint32
	buf   uint32
	n     uint32
	links recency.Links[uint32]
}

// NewScratch returns a Scratch that never has more than max bytes.
func NewScratch(max int) *Scratch {
	s := &Scratch{mem: mem{max: max}}
	s.byUse = recency.New(func(i uint32) *recency.Links[uint32] { return &s.notes[i-1].links })
	return s
}

// Evicted counts the messages that were thrown away because it was full.
func (s *Scratch) Evicted() uint64 { return s.evicted }

// InUse is the memory handed out, in bytes.
func (s *Scratch) InUse() int { return s.mem.used }

// Empty reports whether n never had anything put into it, or was freed. A note
// that was taken away is not Empty until Free.
func (n *Note) Empty() bool { return n.at == 0 }

// Append adds b to what n names. It returns false, and frees n, when the whole
// would exceed 1 MiB or the Scratch, or when what was there had been taken away.
func (s *Scratch) Append(n *Note, b []byte) bool {
	var m *note
	if n.at == 0 {
		m = s.create(n)
	} else if m = s.get(*n); m == nil {
		n.at = 0
		return false
	}
	s.byUse.Touch(n.at)
	want := int(m.n) + len(b)
	if m.buf == 0 || want > len(s.mem.at(m.buf)) {
		buf := s.alloc(want, n.at)
		if buf == 0 {
			s.Free(n)
			return false
		}
		if m.buf != 0 {
			copy(s.mem.at(buf), s.mem.at(m.buf)[:m.n])
			s.mem.put(m.buf)
		}
		m.buf = buf
	}
	copy(s.mem.at(m.buf)[m.n:], b)
	m.n = uint32(want)
	return true
}

// Bytes returns what n names, valid until the next call with the same Scratch
// that is not Bytes. ok is false when it has been taken away; an empty note has
// no bytes and is ok.
func (s *Scratch) Bytes(n Note) (b []byte, ok bool) {
	if n.at == 0 {
		return nil, true
	}
	m := s.get(n)
	if m == nil {
		return nil, false
	}
	return s.mem.at(m.buf)[:m.n], true
}

// Free gives up what n names and makes n empty.
func (s *Scratch) Free(n *Note) {
	if s.get(*n) != nil {
		s.drop(n.at)
	}
	*n = Note{}
}

func (s *Scratch) get(n Note) *note {
	if n.at == 0 {
		return nil
	}
	if m := &s.notes[n.at-1]; m.gen == n.gen {
		return m
	}
	return nil
}

func (s *Scratch) create(n *Note) *note {
	if k := len(s.idle); k > 0 {
		n.at = s.idle[k-1]
		s.idle = s.idle[:k-1]
	} else {
		s.notes = append(s.notes, note{})
		n.at = uint32(len(s.notes))
	}
	m := &s.notes[n.at-1]
	n.gen = m.gen
	s.byUse.Add(n.at)
	return m
}

// drop frees note i; names that were given out for it no longer find it.
func (s *Scratch) drop(i uint32) {
	m := &s.notes[i-1]
	if m.buf != 0 {
		s.mem.put(m.buf)
	}
	s.byUse.Remove(i)
	*m = note{gen: m.gen + 1}
	s.idle = append(s.idle, i)
}

// alloc gets a buffer for n bytes, at the expense of notes other than keep, which
// is the most recently touched one.
func (s *Scratch) alloc(n int, keep uint32) uint32 {
	for {
		if buf := s.mem.get(n); buf != 0 {
			return buf
		}
		i := s.byUse.Oldest()
		if i == keep || n > min(s.mem.max, maxBuf) {
			return 0
		}
		s.evicted++
		s.drop(i)
	}
}
