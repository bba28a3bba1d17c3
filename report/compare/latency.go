package compare

import (
	"fmt"
	"math"
	"net/netip"
	"slices"

	"pcaptriage/report"
	"pcaptriage/report/stats"
)

// Row is a latency series on both sides, or on one.
type Row struct {
	Metric string
	Labels report.Labels
	Unit   string
	A, B   *report.LatencyRow // nil where the side has none
	// Neutral: larger is not worse.
	Neutral bool

	// P50 is judged by a Mann-Whitney test of the samples, P95 by a test of the
	// values above their common 95th percentile. Shape is a Kolmogorov-Smirnov
	// test: with neither of the others it says that the distribution changed
	// where the two percentiles do not show it.
	P50, P95, Shape Change
}

// Change is what a test says of a number on both sides.
type Change struct {
	A, B int64 // the numbers; 0 for Shape
	// P is the test's p-value, Adjusted the one corrected for all tests of the
	// comparison. Both are 1 when no test was made.
	P, Adjusted float64
	// TooFew: samples of these sizes could not have shown anything.
	TooFew bool
}

// Significant: the change is more than chance.
func (c *Change) Significant() bool { return !c.TooFew && c.Adjusted < stats.Alpha }

// Ratio is B/A - 1, +Inf for a growth from 0.
func (c *Change) Ratio() float64 {
	switch {
	case c.A == c.B:
		return 0
	case c.A == 0:
		return math.Inf(1)
	}
	return float64(c.B)/float64(c.A) - 1
}

// latency pairs the latency rows by metric and labels, and of those left over by
// labels without ports, where that leaves no choice: a test's server takes any
// free port. The rows come in A's order; what only B has follows the rows of its
// metric.
func (p *Pair) latency(opt Options) {
	partner := map[*report.LatencyRow]*report.LatencyRow{}
	restA, restB := p.A.Latency, p.B.Latency
	for _, key := range []func(*report.LatencyRow) string{rowKey, portlessKey} {
		restA, restB = matchRows(restA, restB, key, partner)
	}
	var rows []*Row
	for _, a := range p.A.Latency {
		rows = append(rows, newRow(a, partner[a], opt))
	}
	for _, b := range restB {
		r := newRow(nil, b, opt)
		at := len(rows)
		for i := len(rows) - 1; i >= 0; i-- {
			if rows[i].Metric == r.Metric {
				at = i + 1
				break
			}
		}
		rows = slices.Insert(rows, at, r)
	}
	p.Rows = rows
}

// matchRows notes the partners of the rows whose key is unique on both sides,
// and returns the others.
func matchRows(a, b []*report.LatencyRow, key func(*report.LatencyRow) string, partner map[*report.LatencyRow]*report.LatencyRow) (restA, restB []*report.LatencyRow) {
	inA, inB := map[string]int{}, map[string]int{}
	byKey := map[string]*report.LatencyRow{}
	for _, r := range a {
		inA[key(r)]++
	}
	for _, r := range b {
		inB[key(r)]++
		byKey[key(r)] = r
	}
	for _, r := range a {
		if k := key(r); inA[k] == 1 && inB[k] == 1 {
			partner[r] = byKey[k]
		} else {
			restA = append(restA, r)
		}
	}
	for _, r := range b {
		if k := key(r); inA[k] != 1 || inB[k] != 1 {
			restB = append(restB, r)
		}
	}
	return restA, restB
}

func rowKey(row *report.LatencyRow) string {
	return keyOf(row, func(value string) string { return value })
}

func portlessKey(row *report.LatencyRow) string { return keyOf(row, withoutPort) }

func keyOf(row *report.LatencyRow, value func(string) string) string {
	key := row.Metric + "\x00" + row.Unit
	for _, l := range row.Labels {
		key += "\x00" + l.Name + "\x00" + value(l.Value)
	}
	return key
}

// withoutPort is the address of "10.0.0.2:443" or "[2001:db8::1]:443"; anything
// else stays as it is.
func withoutPort(value string) string {
	if at, err := netip.ParseAddrPort(value); err == nil {
		return at.Addr().String()
	}
	return value
}

// labels are a row's label values; where the sides have two ports, both.
func (r *Row) labels() []string {
	out := make([]string, len(r.Labels))
	for i, l := range r.Labels {
		out[i] = l.Value
		if r.A == nil || r.B == nil || i >= len(r.B.Labels) || r.B.Labels[i].Value == l.Value {
			continue
		}
		if at, err := netip.ParseAddrPort(r.B.Labels[i].Value); err == nil {
			out[i] += fmt.Sprintf(" -> %d", at.Port())
		}
	}
	return out
}

func newRow(a, b *report.LatencyRow, opt Options) *Row {
	of := a
	if of == nil {
		of = b
	}
	r := &Row{Metric: of.Metric, Labels: of.Labels, Unit: of.Unit, A: a, B: b, Neutral: opt.Neutral[of.Metric]}
	r.P50, r.P95, r.Shape = Change{P: 1, Adjusted: 1, TooFew: true}, Change{P: 1, Adjusted: 1, TooFew: true}, Change{P: 1, Adjusted: 1, TooFew: true}
	if a != nil {
		r.P50.A, r.P95.A = a.P50, a.P95
	}
	if b != nil {
		r.P50.B, r.P95.B = b.P50, b.P95
	}
	if a == nil || b == nil {
		return r
	}
	mw := stats.MannWhitneyTest(b.Sample, a.Sample)
	r.P50.P, r.P50.TooFew = mw.P, mw.LeastP >= stats.Alpha
	tail := stats.TailTest(b.Sample, a.Sample, 0.95)
	r.P95.P, r.P95.TooFew = tail.P, fewForTail(a, b)
	ks := stats.KolmogorovSmirnovTest(b.Sample, a.Sample)
	r.Shape.P, r.Shape.TooFew = ks.P, ks.LeastP >= stats.Alpha
	return r
}

// fewForTail: even if all values above the common 95th percentile were of one
// side, that could be chance. Ties at the percentile do not make values few.
func fewForTail(a, b *report.LatencyRow) bool {
	x, y := make([]int64, len(a.Sample)), make([]int64, len(b.Sample))
	for i := range x { // as many values, no two of them equal, in turns
		x[i] = 2 * int64(i)
	}
	for i := range y {
		y[i] = 2*int64(i) + 1
	}
	return stats.TailTest(x, y, 0.95).LeastP >= stats.Alpha
}

// adjust corrects the p-values for being many: those of the percentiles
// together, those of the shapes, which repeat them, apart.
func (c *Comparison) adjust() {
	var percentiles, shapes []*Change
	for _, p := range c.Pairs {
		for _, r := range p.Rows {
			for _, x := range []*Change{&r.P50, &r.P95} {
				if !x.TooFew {
					percentiles = append(percentiles, x)
				}
			}
			if !r.Shape.TooFew {
				shapes = append(shapes, &r.Shape)
			}
		}
	}
	c.Tests = len(percentiles)
	for _, family := range [][]*Change{percentiles, shapes} {
		p := make([]float64, len(family))
		for i, x := range family {
			p[i] = x.P
		}
		for i, adjusted := range stats.Adjust(p) {
			family[i].Adjusted = adjusted
		}
	}
}
