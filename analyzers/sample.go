package analyzers

import (
	"math"
	"slices"
)

// sample keeps the SampleSize values with the smallest ids. Since ids are
// hashes, that is a uniform sample, and the union of two samples contains the
// sample of the union: it merges in any order to the same values.
type sample struct{ vals []sampleVal } // a heap, the largest id on top

type sampleVal struct {
	id uint64
	ns int64
}

// add returns the id above which no other gets in any more.
func (s *sample) add(ns int64, id uint64) (bound uint64) {
	v := sampleVal{id, ns}
	if len(s.vals) < SampleSize {
		s.vals = append(s.vals, v)
		s.up(len(s.vals) - 1)
		if len(s.vals) < SampleSize {
			return math.MaxUint64
		}
	} else if v.less(s.vals[0]) {
		s.vals[0] = v
		s.down(0)
	}
	return s.vals[0].id
}

// up moves the value at i to its place among those above it.
func (s *sample) up(i int) {
	for i > 0 {
		above := (i - 1) / 2
		if !s.vals[above].less(s.vals[i]) {
			return
		}
		s.vals[above], s.vals[i] = s.vals[i], s.vals[above]
		i = above
	}
}

// down moves the value at i to its place among those below it.
func (s *sample) down(i int) {
	for {
		big := 2*i + 1
		if big >= len(s.vals) {
			return
		}
		if r := big + 1; r < len(s.vals) && s.vals[big].less(s.vals[r]) {
			big = r
		}
		if !s.vals[i].less(s.vals[big]) {
			return
		}
		s.vals[i], s.vals[big] = s.vals[big], s.vals[i]
		i = big
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
