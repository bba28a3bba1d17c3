package keepalive

// arena holds values that few flows need, named by handles: 0 is none. T
// should hold no pointers, so that the collector need not look at it.
type arena[T any] struct {
	chunks [][]T // by handle; no handle names the very first value
	free   []uint32
	used   uint32 // the highest handle so far
}

const arenaChunk = 16

// at returns the value of a handle other than 0; valid until it is dropped. It
// does without a pointer to an array, whose check for nil would read the first
// line of each chunk.
func (a *arena[T]) at(h uint32) *T { return &a.chunks[h/arenaChunk][h%arenaChunk] }

// take returns a new zeroed value's handle.
func (a *arena[T]) take() (h uint32) {
	h, used := a.takeUsed()
	if used {
		var zero T
		*a.at(h) = zero
	}
	return h
}

// takeUsed is take for a value that may be as it was dropped, and reports whether
// it is.
func (a *arena[T]) takeUsed() (h uint32, used bool) {
	if n := len(a.free); n > 0 {
		h = a.free[n-1]
		a.free = a.free[:n-1]
		return h, true
	}
	a.used++
	if int(a.used/arenaChunk) == len(a.chunks) {
		a.chunks = append(a.chunks, make([]T, arenaChunk))
	}
	return a.used, false
}

// inUse is the number of values that were taken and not dropped.
func (a *arena[T]) inUse() int { return int(a.used) - len(a.free) }

// drop gives a handle back and makes it 0.
func (a *arena[T]) drop(h *uint32) {
	if *h != 0 {
		a.free = append(a.free, *h)
		*h = 0
	}
}
