package stats

import "math"

// MannWhitney is the outcome of a Mann-Whitney U test (Wilcoxon rank sum test).
type MannWhitney struct {
	// U counts the pairs (x, y) with x > y, ties as half.
	U float64
	// P is the two-sided p-value, twice the smaller tail: the probability of a U
	// as extreme when both samples come from one distribution.
	P float64
	// Exact: P is from the permutation distribution, not the normal one.
	Exact bool
	// LeastP is the smallest P that samples of these sizes can give. When it is
	// above the level of the test, they are too small to tell anything.
	LeastP float64
}

// maxExactWork bounds the cells of the table of the exact distribution; it is
// reached at about 22 values a side, where the normal distribution is within a
// percent. With few values on one side the other may have hundreds.
const maxExactWork = 1 << 20

// MannWhitneyTest tests whether values of one sample tend to be larger than
// those of the other. An empty sample tells nothing: P is 1.
//
// Small samples get the exact distribution, ties included; for larger ones the
// normal approximation with correction for ties and continuity is used
// (Mann and Whitney 1947; Lehmann, Nonparametrics, 1975, sections 1.2 to 1.4).
func MannWhitneyTest(x, y []int64) MannWhitney {
	n, m := len(x), len(y)
	if n == 0 || m == 0 {
		return MannWhitney{P: 1, LeastP: 1}
	}
	groups := pool(x, y)
	rank2 := rankSum2(groups)
	r := MannWhitney{U: float64(rank2)/2 - float64(n)*float64(n+1)/2, LeastP: leastP(n, m)}
	if small := min(n, m); (n+m)*small*(2*n*m+1) <= maxExactWork {
		if m < n { // choosing the smaller sample's ranks is less work
			for i := range groups {
				groups[i].x, groups[i].y = groups[i].y, groups[i].x
			}
			rank2 = rankSum2(groups)
		}
		r.P, r.Exact = exactRankSumP(groups, small, rank2), true
		return r
	}
	r.P = normalP(groups, n, m, r.U)
	return r
}

// rankSum2 is twice the sum of the ranks of the first sample, ties having the
// mean of their ranks: an integer.
func rankSum2(groups []tieGroup) int {
	sum, before := 0, 0
	for _, g := range groups {
		sum += g.x * (2*before + g.size() + 1)
		before += g.size()
	}
	return sum
}

// leastP is 2/C(n+m, n): one of the two extreme arrangements.
func leastP(n, m int) float64 {
	p := 2.0
	for i := 1; i <= min(n, m); i++ {
		p *= float64(i) / float64(max(n, m)+i)
	}
	return min(p, 1)
}

// exactRankSumP is twice the smaller of two shares of all ways to draw n of the
// pooled values: those whose rank sum is at most, and at least, the one observed
// (doubled, hence an integer).
func exactRankSumP(groups []tieGroup, n, observed int) float64 {
	total := 0
	for _, g := range groups {
		total += g.size()
	}
	// No rank sum is below that of the n lowest ranks, so sums are counted from
	// what the values drawn so far have at least: j drawn of the lowest have
	// j*(j+1), doubled.
	span := 2 * n * (total - n)
	ways := make([][]float64, n+1) // [drawn][doubled rank sum - drawn*(drawn+1)]
	for j := range ways {
		ways[j] = make([]float64, span+1)
	}
	ways[0][0] = 1
	before := 0
	for _, g := range groups {
		t := g.size()
		rank2 := 2*before + t + 1 // of each value in the group, doubled
		for j := min(n, before+t); j > 0; j-- {
			for k := 1; k <= min(t, j); k++ {
				shift := k*rank2 - (j*(j+1) - (j-k)*(j-k+1))
				addShifted(ways[j], ways[j-k], shift, choose(t, k))
			}
		}
		before += t
	}
	var low, high, all float64
	for s, w := range ways[n] {
		sum := s + n*(n+1)
		all += w
		if sum <= observed {
			low += w
		}
		if sum >= observed {
			high += w
		}
	}
	return min(2*min(low, high)/all, 1)
}

// addShifted adds times*from[s] to to[s+shift] for each s.
func addShifted(to, from []float64, shift int, times float64) {
	for s := max(0, -shift); s < len(from) && s+shift < len(to); s++ {
		if from[s] != 0 {
			to[s+shift] += times * from[s]
		}
	}
}

// choose is the binomial coefficient.
func choose(n, k int) float64 {
	c := 1.0
	for i := 1; i <= min(k, n-k); i++ {
		c = c * float64(n-i+1) / float64(i)
	}
	return math.Round(c)
}

// normalP is the two-sided p-value of U by the normal distribution, its distance
// from the mean corrected for continuity.
func normalP(groups []tieGroup, n, m int, u float64) float64 {
	sd := deviation(groups, n, m)
	if sd == 0 { // all values are equal
		return 1
	}
	z := max(math.Abs(u-float64(n)*float64(m)/2)-0.5, 0) / sd
	return min(math.Erfc(z/math.Sqrt2), 1)
}

// deviation is the standard deviation of U, corrected for ties.
func deviation(groups []tieGroup, n, m int) float64 {
	total := float64(n + m)
	ties := 0.0
	for _, g := range groups {
		t := float64(g.size())
		ties += t * (t*t - 1)
	}
	variance := float64(n) * float64(m) / 12 * (total + 1 - ties/(total*(total-1)))
	return math.Sqrt(max(variance, 0))
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
