package stats

import "sort"

// Adjust corrects p-values for being many: each is replaced by the smallest
// false discovery rate at which its test would still count (Benjamini and
// Hochberg, Journal of the Royal Statistical Society B 57, 1995, 289-300). Of
// the tests whose adjusted p is below Alpha, on average no more than that share
// is due to chance. It holds for independent tests and for those that go
// together, as the handshakes of one server and their halves do (Benjamini and
// Yekutieli, Annals of Statistics 29, 2001, 1165-1188).
//
// The result is in p's order; p stays as it is.
func Adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return p[order[a]] > p[order[b]] })
	out := make([]float64, len(p))
	least, n := 1.0, float64(len(p))
	for i, at := range order {
		rank := n - float64(i)
		least = min(least, p[at]*n/rank)
		out[at] = least
	}
	return out
}
