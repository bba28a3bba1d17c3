package match

import (
	"math"

	"pcaptriage/report"
	"pcaptriage/report/stats"
)

// Shift is what became of a latency between two captures.
type Shift struct {
	Old, New *report.LatencyRow
	// P is the probability of samples as different as these by chance alone,
	// corrected for the number of rows looked at; 1 when TooFew.
	P float64
	// TooFew: whatever the values are, there are too few of them to tell a
	// change from chance.
	TooFew bool
	// Significant: the change is more than chance (P below the level).
	Significant bool
}

// tailSample is the size from which on a sample says something about tails.
const tailSample = 20

// Shifts tests the pairs. The test is Mann-Whitney's; where both samples have
// at least 20 values also Kolmogorov-Smirnov's, which sees a tail that grew
// while the median stayed: the smaller p counts, doubled for there being two.
// The p-values are corrected for the number of pairs (see stats.Adjust); those
// below level, such as stats.Alpha, are significant.
func Shifts(pairs [][2]*report.LatencyRow, level float64) []Shift {
	out := make([]Shift, len(pairs))
	var p []float64
	var tested []int
	for i, pair := range pairs {
		out[i] = Shift{Old: pair[0], New: pair[1], P: 1}
		x, y := pair[0].Sample, pair[1].Sample
		test := stats.MannWhitneyTest(x, y)
		if test.LeastP >= level {
			out[i].TooFew = true
			continue
		}
		value := test.P
		if len(x) >= tailSample && len(y) >= tailSample {
			value = math.Min(1, 2*math.Min(value, stats.KolmogorovSmirnovTest(x, y).P))
		}
		p, tested = append(p, value), append(tested, i)
	}
	for i, adjusted := range stats.Adjust(p) {
		s := &out[tested[i]]
		s.P, s.Significant = adjusted, adjusted < level
	}
	return out
}

// Grew says whether the latency is longer by more than chance and by more than
// that percentage, in the median or in the 95th percentile.
func (s Shift) Grew(percent float64) bool {
	return s.Significant && s.worst() > percent
}

// Shrank says the same of a latency that is shorter in both.
func (s Shift) Shrank(percent float64) bool {
	return s.Significant && s.worst() <= 0 && math.Min(Change(s.Old.P50, s.New.P50), Change(s.Old.P95, s.New.P95)) < -percent
}

func (s Shift) worst() float64 {
	return math.Max(Change(s.Old.P50, s.New.P50), Change(s.Old.P95, s.New.P95))
}

// Change is a change in percent; from 0 to more it is infinite.
func Change(old, now int64) float64 {
	switch {
	case old == now:
		return 0
	case old == 0:
		return math.Inf(1)
	}
	return 100 * (float64(now) - float64(old)) / float64(old)
}
