package main

import (
	"sort"
	"strings"
)

// nearest returns the known names that a mistyped one may stand for, best
// first, at most three.
func nearest(name string, known []string) []string {
	type candidate struct {
		name string
		dist int
	}
	var found []candidate
	for _, k := range known {
		d := distance(name, k)
		switch {
		case name != "" && (strings.HasPrefix(k, name) || strings.HasSuffix(k, "-"+name)):
			d = min(d, 1)
		case name != "" && strings.Contains(k, name):
			d = min(d, 2)
		}
		if d <= max(2, len(k)/3) {
			found = append(found, candidate{k, d})
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].dist < found[j].dist })
	out := make([]string, 0, 3)
	for i := 0; i < len(found) && i < 3; i++ {
		out = append(out, found[i].name)
	}
	return out
}

// didYouMean is the end of a message about an unknown name, or "".
func didYouMean(name string, known []string) string {
	if near := nearest(name, known); len(near) > 0 {
		return " (did you mean " + strings.Join(near, ", ") + "?)"
	}
	return ""
}

// distance is the number of characters to insert, delete, replace or swap with
// their neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
