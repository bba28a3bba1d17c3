package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// Hollander and Wolfe, Nonparametric Statistical Methods, 1973, pp. 69-75:
// permeability of the human chorioamnion at term and at 12 to 26 weeks, in
// 10^-6 cm/s. R's wilcox.test gives W = 35 and one-sided p = 0.1272.
func TestMannWhitneyHollanderWolfe(t *testing.T) {
	term := []int64{80, 83, 189, 104, 145, 138, 191, 164, 73, 146}
	early := []int64{115, 88, 90, 74, 121}
	r := MannWhitneyTest(term, early)
	if r.U != 35 || !r.Exact {
		t.Errorf("U %v, exact %v; want 35, exact", r.U, r.Exact)
	}
	near(t, "p", r.P, 2*0.1272, 0.0001)
}

// The example in SciPy's manual (scipy.stats.mannwhitneyu): ages at diagnosis of
// diabetes; exact p = 1/9, with the normal distribution 0.11134688653314041.
func TestMannWhitneySciPy(t *testing.T) {
	males, females := []int64{19, 22, 16, 29, 24}, []int64{20, 11, 17, 12}
	r := MannWhitneyTest(males, females)
	if r.U != 17 {
		t.Errorf("U %v, want 17", r.U)
	}
	near(t, "exact p", r.P, 1.0/9, 1e-12)
	near(t, "normal p", normalP(pool(males, females), 5, 4, r.U), 0.11134688653314041, 1e-12)
}

// Siegel, Nonparametric Statistics for the Behavioral Sciences, 1956,
// pp. 121-126: oral socialization anxiety of 39 societies; rank sum 200, and
// z = 3.45 after the correction for ties (3.43 before).
func TestMannWhitneySiegelTies(t *testing.T) {
	absent := []int64{13, 12, 12, 10, 10, 10, 10, 9, 8, 8, 7, 7, 7, 7, 7, 6}
	present := []int64{17, 16, 15, 15, 15, 14, 14, 14, 13, 13, 13, 12, 12, 12, 12, 11, 11, 10, 10, 10, 8, 8, 6}
	groups := pool(absent, present)
	if got := rankSum2(groups); got != 400 {
		t.Errorf("rank sum %v, want 200", float64(got)/2)
	}
	u := MannWhitneyTest(absent, present).U
	near(t, "z", (184-u)/deviation(groups, 16, 23), 3.45, 0.005)
	near(t, "z without correction", (184-u)/math.Sqrt(16*23*40/12.), 3.43, 0.005)
}

// The largest U that is significant at the two-sided level of 0.05: Milton,
// Journal of the American Statistical Association 59, 1964, 925-934 (reprinted
// in Siegel, table K, and Zar, Biostatistical Analysis). Row n1, column n2 from
// n1 on; -1: none is.
var criticalU = map[int][]int{
	3:  {-1, -1, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8},
	4:  {0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13, 14},
	5:  {2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20},
	6:  {5, 6, 8, 10, 11, 13, 14, 16, 17, 19, 21, 22, 24, 25, 27},
	7:  {8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34},
	8:  {13, 15, 17, 19, 22, 24, 26, 29, 31, 34, 36, 38, 41},
	9:  {17, 20, 23, 26, 28, 31, 34, 37, 39, 42, 45, 48},
	10: {23, 26, 29, 33, 36, 39, 42, 45, 48, 52, 55},
	15: {64, 70, 75, 80, 85, 90},
	20: {127},
}

func TestMannWhitneyCriticalValues(t *testing.T) {
	for n, row := range criticalU {
		for i, critical := range row {
			m := n + i
			if critical >= 0 {
				x, y := withU(n, m, critical)
				r := MannWhitneyTest(x, y)
				if r.U != float64(critical) || !r.Exact || r.P > 0.05 {
					t.Errorf("%d and %d values: U %v has p %v (exact %v), want at most 0.05", n, m, r.U, r.P, r.Exact)
				}
			}
			x, y := withU(n, m, critical+1)
			if r := MannWhitneyTest(x, y); r.P <= 0.05 {
				t.Errorf("%d and %d values: U %v has p %v, want above 0.05", n, m, r.U, r.P)
			}
		}
	}
}

// withU makes samples of n and m distinct values with the given U: each value
// of x in turn passes as many of y as it still may.
func withU(n, m, u int) (x, y []int64) {
	const apart = 1000
	for j := range m {
		y = append(y, int64(apart*(j+1)))
	}
	for i := range n {
		passes := min(m, u)
		u -= passes
		x = append(x, int64(apart*passes+1+i))
	}
	return x, y
}

// All arrangements of small samples, ties and all, are counted one by one.
func TestMannWhitneyAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n, m := 1+r.IntN(7), 1+r.IntN(7)
		all := make([]int64, n+m)
		for i := range all {
			all[i] = r.Int64N(int64(1 + r.IntN(12)))
		}
		got := MannWhitneyTest(all[:n], all[n:])
		u := pairs(all, 1<<n-1)
		var low, high, total float64
		for set := uint(0); set < 1<<(n+m); set++ {
			if bits.OnesCount(set) != n {
				continue
			}
			total++
			v := pairs(all, set)
			if v <= u {
				low++
			}
			if v >= u {
				high++
			}
		}
		if got.U != u {
			t.Fatalf("%v, %d: U %v, want %v", all, n, got.U, u)
		}
		want := min(2*min(low, high)/total, 1)
		if math.Abs(got.P-want) > 1e-12 || !got.Exact {
			t.Fatalf("%v, %d: p %v, want %v", all, n, got.P, want)
		}
		if got.P < got.LeastP-1e-12 {
			t.Fatalf("%v, %d: p %v below the least of %v", all, n, got.P, got.LeastP)
		}
	}
}

// pairs is U by its definition; set says which values are of the first sample.
func pairs(all []int64, set uint) (u float64) {
	for i, x := range all {
		for j, y := range all {
			if set>>i&1 == 0 || set>>j&1 == 1 {
				continue
			}
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	return u
}

// Where the exact distribution ends the normal one has to be near it.
func TestNormalIsNearExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		n, m, kinds, shift := 16+r.IntN(6), 16+r.IntN(6), int64(5+r.IntN(100)), int64(r.IntN(20))
		x, y := make([]int64, n), make([]int64, m)
		for i := range x {
			x[i] = r.Int64N(kinds)
		}
		for i := range y {
			y[i] = r.Int64N(kinds) + shift*kinds/60
		}
		exact := MannWhitneyTest(x, y)
		if !exact.Exact {
			t.Fatalf("%d and %d values are no longer exact", n, m)
		}
		near(t, "normal p", normalP(pool(x, y), n, m, exact.U), exact.P, 0.015)
	}
}

// The exact table has to stay within its bound, and p the same whichever sample
// comes first, also with very different sizes.
func TestMannWhitneyIsSymmetric(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, size := range [][2]int{{1, 1}, {3, 256}, {8, 60}, {22, 22}, {60, 60}, {256, 256}} {
		x, y := make([]int64, size[0]), make([]int64, size[1])
		for i := range x {
			x[i] = r.Int64N(1000) + 300
		}
		for i := range y {
			y[i] = r.Int64N(1000)
		}
		a, b := MannWhitneyTest(x, y), MannWhitneyTest(y, x)
		near(t, "p of the samples swapped", b.P, a.P, 1e-12)
		near(t, "U of the samples swapped", a.U+b.U, float64(len(x)*len(y)), 0)
		if a.P < 0 || a.P > 1 || math.IsNaN(a.P) {
			t.Errorf("p %v", a.P)
		}
	}
}

func TestMannWhitneyNothingToTell(t *testing.T) {
	same := make([]int64, 200)
	for name, r := range map[string]MannWhitney{
		"empty":     MannWhitneyTest(nil, same),
		"all equal": MannWhitneyTest(same, same),
		"few equal": MannWhitneyTest(same[:3], same[:5]),
	} {
		if r.P != 1 {
			t.Errorf("%s: p %v, want 1", name, r.P)
		}
	}
	// Three against three never reach 0.05: 2 of C(6,3) = 20 arrangements.
	r := MannWhitneyTest([]int64{1, 1, 1}, []int64{9, 9, 9})
	near(t, "p of 3 against 3", r.P, 0.1, 1e-12)
	near(t, "least p", r.LeastP, 0.1, 1e-12)
}
