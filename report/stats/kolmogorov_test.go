package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// P(n D >= k) for two samples of n values has a closed form (Gnedenko and
// Korolyuk, Doklady AN SSSR 80, 1951, 525-528):
// 2 sum over j >= 1 of (-1)^(j+1) C(2n, n-jk)/C(2n, n).
func gnedenkoKorolyuk(n, k int) float64 {
	sum, sign := 0.0, 1.0
	for j := 1; j*k <= n; j++ {
		ratio := 1.0 // C(2n, n-jk)/C(2n, n)
		for i := range j * k {
			ratio *= float64(n-i) / float64(n+i+1)
		}
		sum += sign * ratio
		sign = -sign
	}
	return 2 * sum
}

// withDistance makes two samples of n distinct values with n*D = k: k values of
// x come first, then the two take turns.
func withDistance(n, k int) (x, y []int64) {
	v := int64(0)
	for len(x) < n || len(y) < n {
		v++
		if len(x) < n && len(x)-len(y) < k {
			x = append(x, v)
		} else {
			y = append(y, v)
		}
	}
	return x, y
}

func TestKolmogorovSmirnovClosedForm(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for k := 1; k <= n; k++ {
			x, y := withDistance(n, k)
			r := KolmogorovSmirnovTest(x, y)
			near(t, "D", r.D, float64(k)/float64(n), 1e-12)
			near(t, "p", r.P, gnedenkoKorolyuk(n, k), 1e-10)
			if !r.Exact {
				t.Errorf("%d values are not exact", n)
			}
		}
	}
}

// The smallest n*D that is significant at the two-sided level of 0.05 for equal
// samples: Massey, Annals of Mathematical Statistics 22, 1951, 125-128
// (reprinted in Siegel, table L).
func TestKolmogorovSmirnovCriticalValues(t *testing.T) {
	for n, critical := range map[int]int{4: 4, 5: 5, 6: 5, 7: 6, 8: 6, 9: 6, 10: 7, 12: 7, 15: 8, 20: 9, 25: 10, 30: 11} {
		x, y := withDistance(n, critical)
		if p := KolmogorovSmirnovTest(x, y).P; p > 0.05 {
			t.Errorf("%d values: n*D of %d has p %v, want at most 0.05", n, critical, p)
		}
		x, y = withDistance(n, critical-1)
		if p := KolmogorovSmirnovTest(x, y).P; p <= 0.05 {
			t.Errorf("%d values: n*D of %d has p %v, want above 0.05", n, critical-1, p)
		}
	}
}

// Kolmogorov's distribution (Smirnov, Annals of Mathematical Statistics 19, 1948,
// 279-281) and the quantiles that every table gives.
func TestKolmogorovLimit(t *testing.T) {
	for _, c := range []struct{ t, p, tolerance float64 }{
		{0.5, 0.963945, 1e-6}, {1, 0.27, 1e-6}, {2, 0.000671, 1e-6},
		{1.2238, 0.1, 3e-5}, {1.3581, 0.05, 3e-5}, {1.4802, 0.025, 3e-5}, {1.6276, 0.01, 3e-5}, {1.9495, 0.001, 3e-6},
	} {
		near(t, "limit", kolmogorovP(c.t), c.p, c.tolerance)
	}
	near(t, "where the series meet", kolmogorovP(1-1e-9), kolmogorovP(1), 1e-8)
	if kolmogorovP(0) != 1 {
		t.Error("no distance has to have p 1")
	}
}

func TestKolmogorovSmirnovAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		n, m := 1+r.IntN(7), 1+r.IntN(7)
		all := make([]int64, n+m)
		for i := range all {
			all[i] = r.Int64N(int64(1 + r.IntN(12)))
		}
		got := KolmogorovSmirnovTest(all[:n], all[n:])
		observed := distance(all, 1<<n-1, n, m)
		var extreme, total float64
		for set := uint(0); set < 1<<(n+m); set++ {
			if bits.OnesCount(set) != n {
				continue
			}
			total++
			if distance(all, set, n, m) >= observed {
				extreme++
			}
		}
		if math.Abs(got.D-float64(observed)/float64(n*m)) > 1e-12 || math.Abs(got.P-extreme/total) > 1e-12 {
			t.Fatalf("%v, %d: D %v p %v, want %v %v", all, n, got.D, got.P, float64(observed)/float64(n*m), extreme/total)
		}
	}
}

// distance is n*m*D by its definition.
func distance(all []int64, set uint, n, m int) (far int) {
	for _, v := range all {
		var i, j int
		for k, w := range all {
			switch {
			case w > v:
			case set>>k&1 == 1:
				i++
			default:
				j++
			}
		}
		far = max(far, abs(i*m-j*n))
	}
	return far
}

// A tail that moves is what this test is for: the rank sum hardly sees it.
func TestKolmogorovSmirnovSeesASpread(t *testing.T) {
	var narrow, wide []int64
	for i := range int64(100) {
		narrow = append(narrow, 1000+i)
		wide = append(wide, 1050+20*(i-50)+1)
	}
	if p := MannWhitneyTest(narrow, wide).P; p < Alpha {
		t.Errorf("the rank sum sees it, p %v: this is no case for the other test", p)
	}
	if p := KolmogorovSmirnovTest(narrow, wide).P; p > 1e-6 {
		t.Errorf("p %v of a distribution twenty times as wide", p)
	}
}

func TestKolmogorovSmirnovLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	x, y := make([]int64, 1100), make([]int64, 1200)
	for i := range x {
		x[i] = r.Int64N(1e9)
	}
	for i := range y {
		y[i] = r.Int64N(1e9) + 4e7
	}
	limit := KolmogorovSmirnovTest(x, y)
	if limit.Exact {
		t.Fatal("the lattice is not bounded")
	}
	far := int(math.Round(limit.D * float64(len(x)) * float64(len(y))))
	near(t, "limit", limit.P, exactDistanceP(pool(x, y), len(x), len(y), far), 0.01)
}

func TestKolmogorovSmirnovNothingToTell(t *testing.T) {
	same := []int64{5, 5, 5, 5}
	if r := KolmogorovSmirnovTest(same, same); r.P != 1 || r.D != 0 {
		t.Errorf("equal samples: D %v, p %v", r.D, r.P)
	}
	if r := KolmogorovSmirnovTest(nil, same); r.P != 1 {
		t.Errorf("an empty sample: p %v", r.P)
	}
}
