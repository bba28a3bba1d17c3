package analyzers

import "slices"

// First keeps the first rows of many, in an order of the caller's: always the same
// compare. Rows never move, since they are large.
type First[T any] struct {
	rows  []*T // a heap, the last on top, as soon as there are enough
	chunk []T  // where the next ones lie
	full  bool
}

// Last is the last row of those that are kept, behind which no other gets in any
// more; nil as long as there is room.
func (f *First[T]) Last() *T {
	if !f.full {
		return nil
	}
	return f.rows[0]
}

// Add writes a row with set, which is given its memory: in place of Last's, if there
// is no more room, so that it must come before that. most is how many are kept.
func (f *First[T]) Add(most int, compare func(a, b *T) int, set func(row *T)) {
	if f.full {
		set(f.rows[0])
		f.sink(compare)
		return
	}
	if len(f.chunk) == cap(f.chunk) {
		f.chunk = make([]T, 0, firstChunk)
	}
	f.chunk = f.chunk[:len(f.chunk)+1]
	row := &f.chunk[len(f.chunk)-1]
	set(row)
	if f.rows = append(f.rows, row); len(f.rows) == most {
		f.full = true
		slices.Reverse(f.Sorted(compare)) // which is a heap
	}
}

// firstChunk is how many rows are allocated at a time.
const firstChunk = 63

// Sorted returns the rows in order. Nothing can be added any more.
func (f *First[T]) Sorted(compare func(a, b *T) int) []*T {
	slices.SortFunc(f.rows, compare)
	return f.rows
}

// sink makes rows a heap again after another row was put on top.
func (f *First[T]) sink(compare func(a, b *T) int) {
	for i := 0; ; {
		last := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(f.rows); c++ {
			if compare(f.rows[c], f.rows[last]) > 0 {
				last = c
			}
		}
		if last == i {
			return
		}
		f.rows[i], f.rows[last] = f.rows[last], f.rows[i]
		i = last
	}
}
