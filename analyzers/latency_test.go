package analyzers

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/DataDog/sketches-go/ddsketch"
)

// The bins and their quantiles are those of the DDSketch library.
func TestSketchAgreesWithLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		l := NewLatencies([]Metric{{Name: "x"}})
		want, err := ddsketch.LogUnboundedDenseDDSketch(RelativeAccuracy)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 257 + r.IntN(3000) {
			ns := r.Int64() >> r.IntN(64)
			if r.IntN(20) == 0 {
				ns = 0
			}
			l.Observe(0, LabelKey{}, ns, r.Uint64()+uint64(i))
			if err := want.Add(float64(ns)); err != nil {
				t.Fatal(err)
			}
		}
		l.rows.settle()
		s := l.rows.at(1)
		var bins []Bin
		want.GetPositiveValueStore().ForEach(func(index int, n float64) bool {
			bins = append(bins, Bin{index, uint64(n)})
			return false
		})
		slices.SortFunc(bins, func(a, b Bin) int { return a.Index - b.Index })
		if got := s.bins.list(); !slices.Equal(got, bins) {
			t.Fatalf("bins\n%v, the library has\n%v", got, bins)
		}
		if float64(s.zero) != want.GetZeroCount() {
			t.Errorf("%d zeros, the library has %v", s.zero, want.GetZeroCount())
		}
		for _, q := range []float64{0, .001, .5, .9, .95, .99, 1} {
			v, err := want.GetValueAtQuantile(q)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.sketched(l.rows.mapping, q); got != int64(v+0.5) {
				t.Errorf("quantile %v is %d, the library has %v", q, got, v)
			}
		}
	}
}

// The rows do not depend on how the observations were spread over parts, on which
// of those had their rows in common, nor on the order in which they are merged.
func TestMergeInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	metrics := []Metric{{Name: "x", Labels: []string{"server"}, Render: ServerLabel}}
	whole := NewLatencies(metrics)
	parts := make([]*Latencies, 5)
	workers := make([]LatencyRows, 2)
	for i := range parts {
		env := &Env{Metrics: metrics}
		if i > 0 { // the first has rows of its own
			env.Rows = &workers[i%2]
		}
		parts[i] = env.Latencies()
	}
	for i := range 5000 {
		k, ns, id := LabelKey{PA: uint16(r.IntN(4))}, r.Int64N(1e10)-10, SampleID(7, 0)+uint64(i)*0x9e3779b97f4a7c15
		whole.Observe(0, k, ns, id)
		p := parts[r.IntN(len(parts))]
		if ns < 0 {
			p.Observe(0, k, ns, id)
			continue
		}
		p.ObserveIn(p.SeriesOf(0, k), ns, id)
	}
	merged := NewLatencies(metrics)
	for _, i := range r.Perm(len(parts)) {
		merged.Merge(parts[i])
	}
	got, want := merged.Rows(), whole.Rows()
	if len(got) != 4 || len(want) != 4 {
		t.Fatalf("%d and %d rows", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Count != w.Count || g.Sum != w.Sum || g.Min != w.Min || g.Max != w.Max || g.P50 != w.P50 || g.P99 != w.P99 ||
			!slices.Equal(g.Bins, w.Bins) || !slices.Equal(g.Sample, w.Sample) || g.Values[0] != w.Values[0] {
			t.Errorf("row %d is %+v, want %+v", i, g, w)
		}
	}
	if merged.Negative != whole.Negative {
		t.Errorf("%d negative, want %d", merged.Negative, whole.Negative)
	}
}

// Label sets beyond the cap share a row, and each observation of theirs counts,
// also those that come by way of a Series.
func TestLabelsFold(t *testing.T) {
	l := NewLatencies([]Metric{{Name: "x", Labels: []string{"server"}, Render: ServerLabel}})
	for i := range MaxLabels + 3 {
		l.Observe(0, LabelKey{PA: uint16(i)}, 5, uint64(i))
	}
	row := l.SeriesOf(0, LabelKey{PA: 60000})
	l.ObserveIn(row, 7, 1)
	l.ObserveIn(row, -1, 2)
	l.ObserveIn(l.SeriesOf(0, LabelKey{PA: 1}), 7, 3)
	rows := l.Rows()
	if l.Folded != 4 || l.Negative != 1 {
		t.Errorf("%d folded and %d negative, want 4 and 1", l.Folded, l.Negative)
	}
	last := rows[len(rows)-1]
	if len(rows) != MaxLabels+1 || last.Values[0] != OtherLabel || last.Count != 4 || last.Max != 7 {
		t.Errorf("%d rows, the last %+v", len(rows), last)
	}
}

// Label sets are capped in each part, whatever parts with the same rows have.
func TestLabelsFoldByPart(t *testing.T) {
	env := &Env{Rows: &LatencyRows{}, Metrics: []Metric{{Name: "x", Labels: []string{"server"}, Render: ServerLabel}}}
	a, b := env.Latencies(), env.Latencies()
	for i := range MaxLabels + 1 {
		a.Observe(0, LabelKey{PA: uint16(i)}, 1, uint64(i))
		b.Observe(0, LabelKey{PA: uint16(MaxLabels - i)}, 2, uint64(i))
	}
	if a.Folded != 1 || b.Folded != 1 {
		t.Errorf("%d and %d folded, want 1 of each", a.Folded, b.Folded)
	}
	a.Merge(b)
	rows := a.Rows()
	if len(rows) != MaxLabels+2 || a.Folded != 2 {
		t.Fatalf("%d rows, %d folded", len(rows), a.Folded)
	}
	counts := map[uint64]int{}
	for _, r := range rows {
		counts[r.Count]++
	}
	// Two sets were seen by one part only; the other part's went to (other).
	if other := rows[len(rows)-1]; other.Count != 2 || other.Sum != 3 || counts[1] != 2 || counts[2] != MaxLabels {
		t.Errorf("rows by count %v, the last %+v", counts, other)
	}
}

// The sample is the values with the smallest ids, whatever the order.
func TestSample(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{0, 1, SampleSize - 1, SampleSize, SampleSize + 1, sampleRoom - 1, sampleRoom, 2 * SampleSize, 5000} {
		vals := make([]sampleVal, n)
		for i := range vals {
			vals[i] = sampleVal{id: r.Uint64N(uint64(n)), ns: r.Int64N(1000)} // ids come several times
		}
		var s sample
		bound := uint64(math.MaxUint64)
		for _, v := range vals {
			if v.id <= bound {
				bound = s.add(v.ns, v.id, bound)
			}
		}
		slices.SortFunc(vals, func(a, b sampleVal) int {
			switch {
			case a.less(b):
				return -1
			case b.less(a):
				return 1
			}
			return 0
		})
		var want []int64
		for _, v := range vals[:min(n, SampleSize)] {
			want = append(want, v.ns)
		}
		slices.Sort(want)
		if got := s.values(); !slices.Equal(got, want) {
			t.Errorf("of %d values\n%v, want\n%v", n, got, want)
		}
	}
}

// The short way to a bin leads where the library's does.
func TestLogMapping(t *testing.T) {
	m := newLogMapping()
	r := rand.New(rand.NewPCG(9, 10))
	check := func(ns int64) {
		if got, want := m.index(ns), m.Index(float64(ns)); got != want {
			t.Fatalf("%d ns: bin %d, the library says %d", ns, got, want)
		}
	}
	for ns := int64(1); ns < 5000; ns++ {
		check(ns)
	}
	for range 500000 {
		check(1 + r.Int64()>>r.IntN(63))
	}
	for i := range 2150 { // around the edges
		edge := int64(m.LowerBound(i))
		for d := int64(-3); d <= 3; d++ {
			if ns := edge + d; ns > 0 {
				check(ns)
			}
		}
	}
	check(math.MaxInt64)
}

func BenchmarkObserve(b *testing.B) {
	l := NewLatencies([]Metric{{Name: "x", Labels: []string{"server"}, Render: ServerLabel}})
	row := l.SeriesOf(0, LabelKey{PA: 80})
	ns := make([]int64, 4096)
	r := rand.New(rand.NewPCG(11, 12))
	for i := range ns {
		ns[i] = int64(5e5 * math.Exp(r.NormFloat64()))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.ObserveIn(row, ns[i%len(ns)], SampleID(uint64(i), 7))
	}
}
