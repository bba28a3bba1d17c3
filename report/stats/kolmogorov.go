package stats

import "math"

// KolmogorovSmirnov is the outcome of a two-sample Kolmogorov-Smirnov test.
type KolmogorovSmirnov struct {
	// D is the largest distance between the two empirical distribution functions.
	D float64
	// P is the two-sided p-value.
	P float64
	// Exact: P is from the permutation distribution, not Kolmogorov's limit.
	Exact bool
	// LeastP is the smallest P that samples of these sizes without ties can give.
	LeastP float64
}

// maxExactLattice bounds the points of the lattice of the exact distribution:
// two samples of 1000 values.
const maxExactLattice = 1 << 20

// KolmogorovSmirnovTest tests whether two samples come from one distribution. It
// sees what a rank sum does not: that a distribution became wider, or that only
// its tail moved. An empty sample tells nothing: P is 1.
//
// The exact distribution counts the paths through the lattice of the two
// distribution functions that reach the distance observed (Hodges, Arkiv för
// Matematik 3, 1958, 469-486), looking only at the ends of ties, since only
// there both functions have their value (Schröer and Trenkler, Computational
// Statistics & Data Analysis 20, 1995, 185-202).
func KolmogorovSmirnovTest(x, y []int64) KolmogorovSmirnov {
	n, m := len(x), len(y)
	if n == 0 || m == 0 {
		return KolmogorovSmirnov{P: 1, LeastP: 1}
	}
	groups := pool(x, y)
	// n*m*D is an integer.
	far, i, j := 0, 0, 0
	for _, g := range groups {
		i, j = i+g.x, j+g.y
		far = max(far, abs(i*m-j*n))
	}
	r := KolmogorovSmirnov{D: float64(far) / (float64(n) * float64(m)), LeastP: leastP(n, m)}
	if n*m <= maxExactLattice {
		r.P, r.Exact = exactDistanceP(groups, n, m, far), true
		return r
	}
	r.P = kolmogorovP(r.D * math.Sqrt(float64(n)*float64(m)/float64(n+m)))
	return r
}

// exactDistanceP is the share of all arrangements of the pooled sample in which
// the distance is far/(n*m) or more. reached[j] is that share among the ways to
// draw the first i+j values, i of them from x: the last one was from x in i of
// i+j ways.
func exactDistanceP(groups []tieGroup, n, m, far int) float64 {
	ends := make([]bool, n+m+1) // after that many values a group ends
	total := 0
	for _, g := range groups {
		total += g.size()
		ends[total] = true
	}
	reached := make([]float64, m+1)
	for i := 0; i <= n; i++ {
		for j := 0; j <= m; j++ {
			switch {
			case ends[i+j] && abs(i*m-j*n) >= far:
				reached[j] = 1
			case i == 0 && j == 0:
				reached[j] = 0
			case i == 0:
				reached[j] = reached[j-1]
			case j > 0:
				fi, fj := float64(i), float64(j)
				reached[j] = (fi*reached[j] + fj*reached[j-1]) / (fi + fj)
			}
		}
	}
	return min(reached[m], 1)
}

// kolmogorovP is the limit of P(sqrt(nm/(n+m)) D >= t) for large samples: both
// series of Kolmogorov's distribution, each where it converges fast (Feller,
// Annals of Mathematical Statistics 19, 1948, 177-189).
func kolmogorovP(t float64) float64 {
	if t <= 0 {
		return 1
	}
	const terms = 20
	if t < 1 {
		sum := 0.0
		for k := 1; k <= terms; k++ {
			odd := float64(2*k - 1)
			sum += math.Exp(-odd * odd * math.Pi * math.Pi / (8 * t * t))
		}
		return 1 - math.Sqrt(2*math.Pi)/t*sum
	}
	sum, sign := 0.0, 1.0
	for k := 1; k <= terms; k++ {
		kt := float64(k) * t
		sum += sign * math.Exp(-2*kt*kt)
		sign = -sign
	}
	return min(2*sum, 1)
}
