package match

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pcaptriage/report"
	"pcaptriage/report/stats"
)

// draw makes a row of n values around base ns, of which a share is slow times
// as long.
func draw(rnd *rand.Rand, n int, base, share, slow float64) *report.LatencyRow {
	r := &report.LatencyRow{Metric: "m", Count: uint64(n)}
	for range n {
		v := base * (0.8 + 0.4*rnd.Float64())
		if rnd.Float64() < share {
			v *= slow
		}
		r.Sample = append(r.Sample, int64(v))
	}
	slices.Sort(r.Sample)
	r.P50, r.P95 = r.Sample[(n-1)/2], r.Sample[int(math.Ceil(.95*float64(n)))-1]
	return r
}

func TestShifts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 9))
	pairs := [][2]*report.LatencyRow{
		{draw(rnd, 40, 1e6, 0, 1), draw(rnd, 40, 2e6, 0, 1)},      // twice as long
		{draw(rnd, 200, 1e6, 0, 1), draw(rnd, 200, 1e6, 0.2, 50)}, // the tail only
		{draw(rnd, 40, 2e6, 0, 1), draw(rnd, 40, 1e6, 0, 1)},      // half
		{draw(rnd, 3, 1e6, 0, 1), draw(rnd, 3, 9e6, 0, 1)},        // too few
		{draw(rnd, 5, 1e6, 0, 1), draw(rnd, 5, 9e6, 0, 1)},        // just enough
		{draw(rnd, 200, 1e6, 0, 1), draw(rnd, 200, 1.1e6, 0, 1)},  // real and small
		{draw(rnd, 200, 1e6, 0, 1), draw(rnd, 200, 1.00e6, 0, 1)}, // nothing
		{draw(rnd, 40, 1e6, 0, 1), {Metric: "m"}},                 // none
	}
	type outcome struct{ significant, tooFew, grew, shrank bool }
	for i, want := range []outcome{
		{true, false, true, false}, {true, false, true, false}, {true, false, false, true}, {false, true, false, false},
		{true, false, true, false}, {true, false, false, false}, {false, false, false, false}, {false, true, false, false},
	} {
		s := Shifts(pairs, stats.Alpha)[i]
		if got := (outcome{s.Significant, s.TooFew, s.Grew(20), s.Shrank(20)}); got != want {
			t.Errorf("pair %d: %+v (p %v), want %+v", i, got, s.P, want)
		}
	}
}

// Noise alone must not turn jobs red: of many runs with many rows each, few
// show anything at all.
func TestShiftsOfNoise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	const runs, rows = 200, 12
	bad := 0
	for range runs {
		var pairs [][2]*report.LatencyRow
		for i := range rows {
			n := 5 + 10*i
			pairs = append(pairs, [2]*report.LatencyRow{draw(rnd, n, 1e6, 0.05, 30), draw(rnd, n, 1e6, 0.05, 30)})
		}
		for _, s := range Shifts(pairs, stats.Alpha) {
			if s.Significant {
				bad++
				break
			}
		}
	}
	if bad > runs*8/100 {
		t.Errorf("%d of %d runs of noise show a change", bad, runs)
	}
}

func TestChange(t *testing.T) {
	for _, c := range []struct {
		old, now int64
		want     float64
	}{{100, 150, 50}, {100, 50, -50}, {0, 0, 0}, {0, 5, math.Inf(1)}, {5, 0, -100}} {
		if got := Change(c.old, c.now); got != c.want {
			t.Errorf("from %d to %d: %v %%", c.old, c.now, got)
		}
	}
}
