package analyzers

import (
	"math"
	"slices"
)

// sample keeps the SampleSize values with the smallest ids. Since ids are
// hashes, that is a uniform sample, and the union of two samples contains the
// sample of the union: it merges in any order to the same values.
type sample struct {
	// vals are those that could belong to it: SampleSize or fewer at rest, fewer
	// than sampleRoom between two prunings.
	vals []sampleVal
}

// sampleRoom is the room of a sample that has been full.
const sampleRoom = SampleSize + SampleSize/2

type sampleVal struct {
	id uint64
	ns int64
}

// add returns the id above which no other gets in any more.
func (s *sample) add(ns int64, id, bound uint64) uint64 {
	if n := len(s.vals); n == cap(s.vals) { // by larger steps than append's: rows are many
		s.vals = append(make([]sampleVal, 0, min(max(16, 6*n), sampleRoom)), s.vals...)
	}
	s.vals = append(s.vals, sampleVal{id, ns})
	if len(s.vals) == sampleRoom {
		return s.prune()
	}
	return bound
}

// prune leaves the SampleSize values with the smallest ids and returns the
// largest of these.
func (s *sample) prune() (bound uint64) {
	if len(s.vals) < SampleSize {
		return math.MaxUint64
	}
	// Hoare's selection: what lies in [lo, hi] holds the boundary.
	v := s.vals
	for lo, hi := 0, len(v)-1; lo < hi; {
		pivot := v[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for v[i].less(pivot) {
				i++
			}
			for pivot.less(v[j]) {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case SampleSize-1 <= j:
			hi = j
		case SampleSize-1 >= i:
			lo = i
		default:
			lo = hi
		}
	}
	s.vals = v[:SampleSize]
	for _, x := range s.vals {
		bound = max(bound, x.id)
	}
	return bound
}

// values are the sample's, ascending.
func (s *sample) values() []int64 {
	s.prune()
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
