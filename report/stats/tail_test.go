package stats

import "testing"

// Fisher, The Design of Experiments, 1935, chapter 2: the lady who tastes tea.
// Eight cups, four of them milk first; all right has probability 1/70, three of
// four right 16/70.
func TestFisherTea(t *testing.T) {
	near(t, "all right", hypergeometric(4, 4, 4, 4), 1.0/70, 1e-12)
	near(t, "three right", hypergeometric(3, 4, 4, 4), 16.0/70, 1e-12)
	near(t, "two-sided p of three right", fisherP(3, 4, 4, 4), 2*17.0/70, 1e-12)
	near(t, "impossible", hypergeometric(5, 4, 4, 4), 0, 0)
}

// A few slow values among many: the tail test sees them, a rank sum does not.
func TestTailSeesFewSlowValues(t *testing.T) {
	var before, after []int64
	for i := range int64(200) {
		before, after = append(before, 1000+i), append(after, 1000+i)
	}
	for i := range 15 {
		after[i*13] += 200_000
	}
	if p := MannWhitneyTest(before, after).P; p < Alpha {
		t.Errorf("the rank sum sees it, p %v: this is no case for the other test", p)
	}
	r := TailTest(before, after, 0.95)
	if r.P > 0.01 {
		t.Errorf("p %v of 15 slow values in 200", r.P)
	}
	// The 20th of 400 has an equal at the quantile. All 19 above it could have
	// been of one sample.
	near(t, "least p", r.LeastP, 2*hypergeometric(19, 19, 200, 200), 1e-15)
	near(t, "p of the samples swapped", TailTest(after, before, 0.95).P, r.P, 1e-12)
}

func TestTailNothingToTell(t *testing.T) {
	same := make([]int64, 100)
	if r := TailTest(same, same, 0.95); r.P != 1 || r.LeastP != 1 {
		t.Errorf("equal values: %+v", r)
	}
	if r := TailTest(nil, same, 0.95); r.P != 1 || r.LeastP != 1 {
		t.Errorf("an empty sample: %+v", r)
	}
	// With ten values a side one lies above the quantile: that is never telling.
	few := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if r := TailTest(few, []int64{11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 0.95); r.LeastP <= Alpha {
		t.Errorf("ten values tell of a tail: %+v", r)
	}
}
