package stats

import "math"

// Tail is the outcome of a test for a change above a quantile.
type Tail struct {
	// P is the two-sided p-value.
	P float64
	// LeastP is the smallest P that could have come out for as many values above
	// the quantile.
	LeastP float64
}

// TailTest tests whether one sample has more than its share of the values above
// a quantile (0 < q < 1) of both together: what a few slow requests change, a
// test of the whole distribution does not notice (the quantile test of Johnson,
// Verrill and Moore, Biometrics 43, 1987, 641-655). Of the values that are equal
// to the quantile none counts as above it. The p-value is Fisher's, twice the
// smaller tail of the hypergeometric distribution.
func TailTest(x, y []int64, q float64) Tail {
	n, m := len(x), len(y)
	if n == 0 || m == 0 {
		return Tail{1, 1}
	}
	groups := pool(x, y)
	at := int(math.Ceil(q * float64(n+m))) // nearest rank
	below := 0
	var above tieGroup
	for _, g := range groups {
		if below >= at {
			above.x += g.x
			above.y += g.y
		}
		below += g.size()
	}
	return Tail{fisherP(above.x, above.size(), n, m), min(1, 2*min(hypergeometric(above.size(), above.size(), n, m), hypergeometric(0, above.size(), n, m)))}
}

// fisherP is twice the smaller tail of finding k of n+m values' r chosen ones
// among the first n.
func fisherP(k, r, n, m int) float64 {
	var low, high float64
	for i := max(0, r-m); i <= min(r, n); i++ {
		p := hypergeometric(i, r, n, m)
		if i <= k {
			low += p
		}
		if i >= k {
			high += p
		}
	}
	return min(2*min(low, high), 1)
}

// hypergeometric is the probability that k of r values drawn from n+m are of
// the first n.
func hypergeometric(k, r, n, m int) float64 {
	if k < 0 || k > n || r-k < 0 || r-k > m {
		return 0
	}
	return math.Exp(logChoose(n, k) + logChoose(m, r-k) - logChoose(n+m, r))
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
