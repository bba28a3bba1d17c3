package report

import (
	"math/rand/v2"
	"testing"

	"pcaptriage/analyzers"
)

// Rows taken together print what one row of all their observations prints.
func TestTogether(t *testing.T) {
	metrics := []analyzers.Metric{{Name: "m", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel}}
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 7, 256, 257, 5000} {
		parts, whole := analyzers.NewLatencies(metrics), analyzers.NewLatencies(metrics)
		for i := range n {
			v := int64(rnd.ExpFloat64() * 1e6)
			if i%50 == 49 {
				v = 0
			}
			parts.Observe(0, analyzers.LabelKey{PA: uint16(i % 3)}, v, uint64(i))
			whole.Observe(0, analyzers.LabelKey{}, v, uint64(i))
		}
		var rows []*LatencyRow
		for _, r := range parts.Rows() {
			rows = append(rows, latencyOf(r))
		}
		want := latencyOf(whole.Rows()[0])
		d := Together(append(rows, &LatencyRow{Metric: "m"})...)
		got := [...]int64{int64(d.Count()), d.Min(), d.Quantile(.5), d.Quantile(.9), d.Quantile(.95), d.Quantile(.99), d.Max()}
		if w := [...]int64{int64(want.Count), want.Min, want.P50, want.P90, want.P95, want.P99, want.Max}; got != w {
			t.Errorf("%d observations: %v, want %v", n, got, w)
		}
		if mean := float64(want.Sum) / float64(want.Count); d.Mean() < mean*0.999999 || d.Mean() > mean*1.000001 {
			t.Errorf("%d observations: mean %v, want %v", n, d.Mean(), mean)
		}
	}
	if d := Together(); d.Count() != 0 || d.Quantile(.5) != 0 || d.Min() != 0 || d.Max() != 0 || d.Mean() != 0 {
		t.Error("nothing taken together is something")
	}
}

// Bins of a file may hold anything.
func TestQuantileOfStrangeBins(t *testing.T) {
	for _, bins := range [][][2]int64{nil, {{-5, 1}}, {{1 << 60, 300}}, {{3, 1 << 62}, {4, 1 << 62}}} {
		r := &LatencyRow{Count: 300, Min: 5, Max: 9, Sketch: Sketch{Bins: bins}}
		if v := Together(r).Quantile(.5); v < 5 || v > 9 {
			t.Errorf("%v: %d", bins, v)
		}
	}
}
