package stats

import (
	"slices"
	"testing"
)

// Benjamini and Hochberg 1995, section 4.1: fifteen p-values of a trial, of
// which the procedure rejects four at 0.05 (Bonferroni's rejects three).
func TestAdjustBenjaminiHochberg(t *testing.T) {
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	adjusted := Adjust(p)
	rejected := 0
	for _, v := range adjusted {
		if v <= 0.05 {
			rejected++
		}
	}
	if rejected != 4 {
		t.Errorf("%d rejected, want 4: %v", rejected, adjusted)
	}
	near(t, "the fourth", adjusted[3], 0.0095*15/4, 1e-12)
	// 0.0278*15/6 is larger than 0.0298*15/7, which therefore counts for both.
	near(t, "the sixth", adjusted[5], 0.0298*15/7, 1e-12)
	near(t, "the last", adjusted[14], 1, 0)
}

// The order of the tests must not matter, and one test needs no correction.
func TestAdjustOrder(t *testing.T) {
	p := []float64{0.04, 0.001, 0.5, 0.02, 0.001}
	sorted := slices.Clone(p)
	slices.Sort(sorted)
	a, b := Adjust(p), Adjust(sorted)
	slices.Sort(a)
	if !slices.Equal(a, b) {
		t.Errorf("%v, want %v", a, b)
	}
	if one := Adjust([]float64{0.03}); one[0] != 0.03 {
		t.Errorf("one test is corrected to %v", one[0])
	}
	if len(Adjust(nil)) != 0 {
		t.Error("no tests, no p-values")
	}
}
