package analyzers

import (
	"container/heap"
	"slices"
)

// sample keeps the SampleSize values with the smallest ids. Since ids are
// hashes, that is a uniform sample, and the union of two samples contains the
// sample of the union: it merges in any order to the same values.
type sample struct{ vals sampleHeap }

type sampleVal struct {
	id uint64
	ns int64
}

func (s *sample) add(ns int64, id uint64) {
	v := sampleVal{id, ns}
	if len(s.vals) < SampleSize {
		heap.Push(&s.vals, v)
		return
	}
	if v.less(s.vals[0]) {
		s.vals[0] = v
		heap.Fix(&s.vals, 0)
	}
}

func (s *sample) values() []int64 {
	out := make([]int64, len(s.vals))
	for i, v := range s.vals {
		out[i] = v.ns
	}
	slices.Sort(out)
	return out
}

func (v sampleVal) less(o sampleVal) bool {
	return v.id < o.id || v.id == o.id && v.ns < o.ns
}

// sampleHeap has the largest id on top.
type sampleHeap []sampleVal

func (h sampleHeap) Len() int           { return len(h) }
func (h sampleHeap) Less(i, j int) bool { return h[j].less(h[i]) }
func (h sampleHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sampleHeap) Push(v any)        { *h = append(*h, v.(sampleVal)) }
func (h *sampleHeap) Pop() any {
	old := *h
	v := old[len(old)-1]
	*h = old[:len(old)-1]
	return v
}
