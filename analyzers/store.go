package analyzers

import "pcaptriage/decoders/flow"

// Store holds an analyzer's per-flow state of one shard: T lives in chunks,
// its handle hangs on the flow (flow.Flow.Slot), and freed entries are reused.
// T should hold no pointers, so that the collector need not look at it.
type Store[T any] struct {
	slot   uint
	chunks [][]T // by handle; no handle names the very first entry
	free   []uint32
	used   uint32 // the highest handle so far
}

// storeChunk is the length of a chunk: of the last one of each shard half is idle.
const storeChunk = 64

// NewStore makes a store for the analyzer with that slot (Env.Slot).
func NewStore[T any](slot int) *Store[T] { return &Store[T]{slot: uint(slot)} }

// Get returns f's state, or nil if it has none. The pointer is valid until Free.
func (s *Store[T]) Get(f *flow.Flow) *T {
	h := f.Slot[s.slot%flow.MaxSlots]
	if h == 0 {
		return nil
	}
	return s.at(h)
}

// at does without a pointer to an array, whose check for nil would read the first
// line of each chunk.
func (s *Store[T]) at(h uint32) *T { return &s.chunks[h/storeChunk][h%storeChunk] }

// New gives f a zeroed state; it must have none.
func (s *Store[T]) New(f *flow.Flow) *T {
	if n := len(s.free); n > 0 {
		h := s.free[n-1]
		s.free = s.free[:n-1]
		f.Slot[s.slot] = h
		t := s.at(h)
		var zero T
		*t = zero
		return t
	}
	s.used++
	if int(s.used/storeChunk) == len(s.chunks) {
		s.chunks = append(s.chunks, make([]T, storeChunk))
	}
	f.Slot[s.slot] = s.used
	return s.at(s.used)
}

// Free gives f's state back, if it has one.
func (s *Store[T]) Free(f *flow.Flow) {
	if h := f.Slot[s.slot]; h != 0 {
		s.free = append(s.free, h)
		f.Slot[s.slot] = 0
	}
}
