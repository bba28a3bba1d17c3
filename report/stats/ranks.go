package stats

import "slices"

// tieGroup is one distinct value of the pooled sample: how often it occurs in
// the first and in the second sample.
type tieGroup struct{ x, y int }

func (g tieGroup) size() int { return g.x + g.y }

// pool merges two samples into the groups of equal values, ascending. The
// samples need not be sorted and stay as they are.
func pool(x, y []int64) []tieGroup {
	x, y = ascending(x), ascending(y)
	var groups []tieGroup
	for i, j := 0, 0; i < len(x) || j < len(y); {
		var v int64
		if j == len(y) || i < len(x) && x[i] <= y[j] {
			v = x[i]
		} else {
			v = y[j]
		}
		var g tieGroup
		for ; i < len(x) && x[i] == v; i++ {
			g.x++
		}
		for ; j < len(y) && y[j] == v; j++ {
			g.y++
		}
		groups = append(groups, g)
	}
	return groups
}

// ascending returns s sorted: s itself if it is already.
func ascending(s []int64) []int64 {
	if slices.IsSorted(s) {
		return s
	}
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
