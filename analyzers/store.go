package analyzers

import "pcaptriage/decoders/flow"

// Store holds an analyzer's per-flow state of one shard: T lives in chunks,
// its handle hangs on the flow (flow.Flow.Slot), and freed entries are reused.
// T should hold no pointers, so that the collector need not look at it.
type Store[T any] struct {
	slot   int
	chunks [][]T
	free   []uint32
	used   uint32
}

const storeChunk = 256

// NewStore makes a store for the analyzer with that slot (Env.Slot).
func NewStore[T any](slot int) *Store[T] { return &Store[T]{slot: slot} }

// Get returns f's state, or nil if it has none. The pointer is valid until Free.
func (s *Store[T]) Get(f *flow.Flow) *T {
	h := f.Slot[s.slot]
	if h == 0 {
		return nil
	}
	return &s.chunks[(h-1)/storeChunk][(h-1)%storeChunk]
}

// New gives f a zeroed state; it must have none.
func (s *Store[T]) New(f *flow.Flow) *T {
	var h uint32
	if n := len(s.free); n > 0 {
		h = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		if int(s.used) == len(s.chunks)*storeChunk {
			s.chunks = append(s.chunks, make([]T, storeChunk))
		}
		s.used++
		h = s.used
	}
	f.Slot[s.slot] = h
	t := &s.chunks[(h-1)/storeChunk][(h-1)%storeChunk]
	var zero T
	*t = zero
	return t
}

// Free gives f's state back, if it has one.
func (s *Store[T]) Free(f *flow.Flow) {
	if h := f.Slot[s.slot]; h != 0 {
		s.free = append(s.free, h)
		f.Slot[s.slot] = 0
	}
}
