package analyzers

import (
	"math"
	"sort"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"

	"pcaptriage/decoders"
)

// Metric is one latency series.
type Metric struct {
	Name   string // "tcp.handshake"
	Unit   string // "ns"
	Doc    string
	Labels []string // label names, in order
	// Render turns a key into label values, one a name in Labels.
	Render func(k LabelKey) []string
}

// LabelKey is a set of label values as a plain comparable value. Which field
// means what is the metric's affair. It must not hold client ports or anything
// else that makes a row a flow.
type LabelKey struct {
	A, B   decoders.Addr
	PA, PB uint16
	X      [4]uint8
}

// ServerLabel is the Render function of metrics whose one label is "server",
// in A and PA.
func ServerLabel(k LabelKey) []string { return []string{k.A.HostPort(k.PA)} }

// MaxLabels is the number of label sets a metric keeps apart in one shard; the
// rest goes to OtherLabel.
const MaxLabels = 256

// OtherLabel is the value of every label of the row that collects what is
// beyond MaxLabels.
const OtherLabel = "(other)"

// SampleSize is the largest number of values a row keeps.
const SampleSize = 256

// RelativeAccuracy of the sketches' quantiles.
const RelativeAccuracy = 0.01

// Latencies collects the observations of one part. The zero value is not
// usable; see NewLatencies.
type Latencies struct {
	metrics  []Metric
	rows     []map[LabelKey]*series
	other    []*series
	mapping  mapping.IndexMapping
	Folded   uint64 // observations beyond MaxLabels
	Negative uint64 // observations below 0, dropped
}

type series struct {
	sketch   *ddsketch.DDSketch
	sum      int64
	min, max int64
	count    uint64
	sample   sample
}

// NewLatencies makes an empty collection for the metrics.
func NewLatencies(metrics []Metric) *Latencies {
	m, err := mapping.NewLogarithmicMapping(RelativeAccuracy)
	if err != nil { // the accuracy is a constant within (0, 1)
		panic(err)
	}
	return &Latencies{metrics: metrics, mapping: m,
		rows: make([]map[LabelKey]*series, len(metrics)), other: make([]*series, len(metrics))}
}

// Observe adds a value in ns to a metric (its index in Analyzer.Metrics) under
// the labels k. id should be the same for the same observation in every run
// and differ between observations (flow hash and frame, see SampleID): it
// chooses the sample.
func (l *Latencies) Observe(metric int, k LabelKey, ns int64, id uint64) {
	if ns < 0 {
		l.Negative++
		return
	}
	s := l.rows[metric][k]
	if s == nil {
		if l.rows[metric] == nil {
			l.rows[metric] = make(map[LabelKey]*series)
		}
		if len(l.rows[metric]) < MaxLabels {
			s = l.newSeries()
			l.rows[metric][k] = s
		} else {
			l.Folded++
			if l.other[metric] == nil {
				l.other[metric] = l.newSeries()
			}
			s = l.other[metric]
		}
	}
	s.add(ns, id)
}

// SampleID mixes a flow hash and a frame for Observe.
func SampleID(flowHash uint64, frame decoders.FrameRef) uint64 {
	x := flowHash ^ uint64(frame)*0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return x
}

func (l *Latencies) newSeries() *series {
	return &series{sketch: ddsketch.NewDDSketch(l.mapping, store.NewBufferedPaginatedStore(), store.NewBufferedPaginatedStore())}
}

func (s *series) add(ns int64, id uint64) {
	// The value is in range by construction: not negative, not NaN.
	_ = s.sketch.Add(float64(ns))
	if s.count == 0 || ns < s.min {
		s.min = ns
	}
	if ns > s.max {
		s.max = ns
	}
	s.count++
	s.sum += ns
	s.sample.add(ns, id)
}

func (s *series) merge(o *series) {
	_ = s.sketch.MergeWith(o.sketch) // same mapping, so it cannot fail
	if s.count == 0 || o.count > 0 && o.min < s.min {
		s.min = o.min
	}
	s.max = max(s.max, o.max)
	s.count += o.count
	s.sum += o.sum
	for _, v := range o.sample.vals {
		s.sample.add(v.ns, v.id)
	}
}

// Merge folds o into l. Label sets are counted after the merge without a cap:
// a cap here would make the rows depend on the order of the shards.
func (l *Latencies) Merge(o *Latencies) {
	l.Folded += o.Folded
	l.Negative += o.Negative
	for m := range o.rows {
		for k, s := range o.rows[m] {
			if l.rows[m] == nil {
				l.rows[m] = make(map[LabelKey]*series)
			}
			if have := l.rows[m][k]; have != nil {
				have.merge(s)
			} else {
				l.rows[m][k] = s
			}
		}
		if o.other[m] != nil {
			if l.other[m] == nil {
				l.other[m] = o.other[m]
			} else {
				l.other[m].merge(o.other[m])
			}
		}
	}
}

// Rows returns the finished rows: by metric, then by labels, (other) last.
func (l *Latencies) Rows() []*LatencyRow {
	var out []*LatencyRow
	for m := range l.rows {
		first := len(out)
		for k, s := range l.rows[m] {
			out = append(out, s.row(&l.metrics[m], l.metrics[m].Render(k)))
		}
		rows := out[first:]
		sort.Slice(rows, func(i, j int) bool { return lessStrings(rows[i].Values, rows[j].Values) })
		if s := l.other[m]; s != nil {
			values := make([]string, len(l.metrics[m].Labels))
			for i := range values {
				values[i] = OtherLabel
			}
			out = append(out, s.row(&l.metrics[m], values))
		}
	}
	return out
}

// Quantile of the row of metric and labels k, in ns; ok is false without data.
func (l *Latencies) Quantile(metric int, k LabelKey, q float64) (ns int64, ok bool) {
	s := l.rows[metric][k]
	if s == nil || s.count == 0 {
		return 0, false
	}
	return s.quantile(q), true
}

// quantile is exact (nearest rank) while the sample holds every value; beyond
// that it is the sketch's, within RelativeAccuracy.
func (s *series) quantile(q float64) int64 {
	if s.count <= SampleSize {
		values := s.sample.values()
		return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
	}
	v, err := s.sketch.GetValueAtQuantile(q)
	if err != nil {
		return 0
	}
	return min(max(int64(v+0.5), s.min), s.max)
}

// LatencyRow is one finished series.
type LatencyRow struct {
	Metric                       *Metric
	Values                       []string // label values, in the order of Metric.Labels
	Count                        uint64
	Min, P50, P90, P95, P99, Max int64 // ns
	Sum                          int64 // ns
	Bins                         []Bin
	Zero                         uint64  // observations of 0 (outside the bins)
	Sample                       []int64 // at most SampleSize values, ascending
}

// Bin is one bucket of a DDSketch with RelativeAccuracy and logarithmic mapping.
type Bin struct {
	Index int
	Count uint64
}

func (s *series) row(m *Metric, values []string) *LatencyRow {
	r := &LatencyRow{Metric: m, Values: values, Count: s.count, Min: s.min, Max: s.max, Sum: s.sum,
		P50: s.quantile(.5), P90: s.quantile(.9), P95: s.quantile(.95), P99: s.quantile(.99),
		Zero: uint64(s.sketch.GetZeroCount()), Sample: s.sample.values()}
	s.sketch.GetPositiveValueStore().ForEach(func(index int, count float64) bool {
		r.Bins = append(r.Bins, Bin{index, uint64(count)})
		return false
	})
	sort.Slice(r.Bins, func(i, j int) bool { return r.Bins[i].Index < r.Bins[j].Index })
	return r
}

func lessStrings(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
