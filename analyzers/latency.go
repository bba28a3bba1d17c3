package analyzers

import (
	"math"
	"sort"

	"pcaptriage/decoders"
)

// Metric is one latency series.
type Metric struct {
	Name   string // "tcp.handshake"
	Unit   string // "ns"
	Doc    string
	Labels []string // label names, in order
	// Neutral: larger is not worse, as with pauses that users make.
	Neutral bool
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
	metrics []Metric
	index   []map[LabelKey]Series // by metric
	recent  []recent              // by metric
	other   []Series              // by metric; 0: none yet
	series  []*series             // by Series
	mapping *logMapping
	waiting []uint64 // not in their rows yet, but for the sample; at most maxWaiting
	picks   []pick   // what may belong to the samples, likewise
	// bounds are the samples' largest ids, by row: a larger one does not get in.
	bounds   []uint64
	Folded   uint64 // observations beyond MaxLabels
	Negative uint64 // observations below 0, dropped
}

// waitingBits is for the duration in an observation that waits (78 h in ns); its
// row is above.
const waitingBits = 48

// maxWaiting is how many observations wait to be put into their rows: many at a
// time find the memory of the rows in the cache, which the packets between two
// of them push it out of.
const maxWaiting = 1024

// recent are rows that were looked up last, by some bits of their labels: most
// observations are of few servers, and hashing a key for a map takes longer than
// all else about an observation.
type recent [8]struct {
	key LabelKey
	row Series // 0: none
}

// slot is where k has its place in recent.
func (k *LabelKey) slot() uint64 {
	return ((k.A.Lo ^ k.B.Lo + uint64(k.PA) ^ uint64(k.X[0])) * 0x9e3779b97f4a7c15) >> 61
}

// pick is an observation that may belong to the sample of a row.
type pick struct {
	sampleVal
	row Series
}

// Series names one row of a Latencies, so that who observes for the same labels
// again and again need not look them up each time; 0 is none. It holds no
// pointer and stays valid as long as the Latencies.
type Series uint32

// foldedRow marks a row for what is beyond MaxLabels.
const foldedRow Series = 1 << 31

func (l *Latencies) at(row Series) *series { return l.series[row&^foldedRow-1] }

type series struct {
	bins     bins
	zero     uint64 // observations of 0, which no bin can hold
	sum      int64
	min, max int64
	count    uint64
	sample   sample
}

// NewLatencies makes an empty collection for the metrics.
func NewLatencies(metrics []Metric) *Latencies {
	return &Latencies{metrics: metrics, mapping: sharedMapping(), index: make([]map[LabelKey]Series, len(metrics)),
		recent: make([]recent, len(metrics)), other: make([]Series, len(metrics))}
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
	l.ObserveIn(l.SeriesOf(metric, k), ns, id)
}

// SeriesOf returns the row of a metric and labels, which begins to count as one
// of its label sets. Call it only for what is going to be observed.
func (l *Latencies) SeriesOf(metric int, k LabelKey) Series {
	memo := &l.recent[metric][k.slot()]
	if memo.row == 0 || memo.key != k {
		memo.key, memo.row = k, l.lookUp(metric, k)
	}
	return memo.row
}

func (l *Latencies) lookUp(metric int, k LabelKey) Series {
	s := l.index[metric][k]
	if s != 0 {
		return s
	}
	if l.index[metric] == nil {
		l.index[metric] = make(map[LabelKey]Series)
	}
	if len(l.index[metric]) < MaxLabels {
		s = l.newSeries()
		l.index[metric][k] = s
		return s
	}
	if l.other[metric] == 0 {
		l.other[metric] = l.newSeries() | foldedRow
	}
	return l.other[metric]
}

// ObserveIn is Observe for a row that SeriesOf has returned.
func (l *Latencies) ObserveIn(row Series, ns int64, id uint64) {
	if ns < 0 {
		l.Negative++
		return
	}
	if row&foldedRow != 0 {
		l.Folded++
	}
	i := row &^ foldedRow
	if id <= l.bounds[i-1] {
		if len(l.picks) == maxWaiting {
			l.settle()
		}
		l.picks = append(l.picks, pick{sampleVal{id, ns}, i})
	}
	if ns >= 1<<waitingBits || i >= 1<<(64-waitingBits) {
		l.at(row).add(ns, l.mapping)
		return
	}
	if len(l.waiting) == maxWaiting {
		l.settle()
	}
	l.waiting = append(l.waiting, uint64(i)<<waitingBits|uint64(ns))
}

// settle puts what waits into its series. Whoever reads them calls it first.
func (l *Latencies) settle() {
	series, mapping := l.series, l.mapping
	for _, o := range l.waiting {
		series[o>>waitingBits-1].add(int64(o&(1<<waitingBits-1)), mapping)
	}
	l.waiting = l.waiting[:0]
	for i := range l.picks {
		p := &l.picks[i]
		if bound := &l.bounds[p.row-1]; p.id <= *bound {
			*bound = l.series[p.row-1].sample.add(p.ns, p.id, *bound)
		}
	}
	l.picks = l.picks[:0]
}

// add counts an observation everywhere but in the sample.
func (s *series) add(ns int64, m *logMapping) {
	if ns == 0 {
		s.zero++
	} else {
		s.bins.add(m.index(ns), 1)
	}
	if s.count == 0 {
		s.min = ns
	}
	s.min, s.max = min(s.min, ns), max(s.max, ns)
	s.count++
	s.sum += ns
}

// SampleID mixes a flow hash and a frame for Observe.
func SampleID(flowHash uint64, frame decoders.FrameRef) uint64 {
	x := flowHash ^ uint64(frame)*0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return x
}

func (l *Latencies) newSeries() Series {
	l.series = append(l.series, &series{})
	l.bounds = append(l.bounds, math.MaxUint64)
	return Series(len(l.series))
}

func (l *Latencies) merge(row Series, o *series) {
	s := l.at(row)
	s.bins.merge(&o.bins)
	s.zero += o.zero
	if s.count == 0 || o.count > 0 && o.min < s.min {
		s.min = o.min
	}
	s.max = max(s.max, o.max)
	s.count += o.count
	s.sum += o.sum
	bound := &l.bounds[row&^foldedRow-1]
	for _, v := range o.sample.vals {
		if v.id <= *bound {
			*bound = s.sample.add(v.ns, v.id, *bound)
		}
	}
}

// Merge folds o into l. Label sets are counted after the merge without a cap:
// a cap here would make the rows depend on the order of the shards.
func (l *Latencies) Merge(o *Latencies) {
	l.settle()
	o.settle()
	l.Folded += o.Folded
	l.Negative += o.Negative
	for m := range o.index {
		if l.index[m] == nil && len(o.index[m]) > 0 {
			l.index[m] = make(map[LabelKey]Series)
		}
		for k, s := range o.index[m] {
			if l.index[m][k] == 0 {
				l.index[m][k] = l.newSeries()
			}
			l.merge(l.index[m][k], o.at(s))
		}
		if o.other[m] != 0 {
			if l.other[m] == 0 {
				l.other[m] = l.newSeries() | foldedRow
			}
			l.merge(l.other[m], o.at(o.other[m]))
		}
	}
}

// Rows returns the finished rows: by metric, then by labels, (other) last.
func (l *Latencies) Rows() []*LatencyRow {
	l.settle()
	var out []*LatencyRow
	for m := range l.index {
		first := len(out)
		for k, s := range l.index[m] {
			out = append(out, l.row(l.at(s), &l.metrics[m], l.metrics[m].Render(k)))
		}
		rows := out[first:]
		sort.Slice(rows, func(i, j int) bool { return lessStrings(rows[i].Values, rows[j].Values) })
		if s := l.other[m]; s != 0 {
			values := make([]string, len(l.metrics[m].Labels))
			for i := range values {
				values[i] = OtherLabel
			}
			out = append(out, l.row(l.at(s), &l.metrics[m], values))
		}
	}
	return out
}

// Quantile of the row of metric and labels k, in ns; ok is false without data.
func (l *Latencies) Quantile(metric int, k LabelKey, q float64) (ns int64, ok bool) {
	l.settle()
	row := l.index[metric][k]
	if row == 0 || l.at(row).count == 0 {
		return 0, false
	}
	return l.quantile(l.at(row), q), true
}

// quantile is exact (nearest rank) while the sample holds every value; beyond
// that it is the sketch's, within RelativeAccuracy.
func (l *Latencies) quantile(s *series, q float64) int64 {
	if s.count <= SampleSize {
		values := s.sample.values()
		return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
	}
	return min(max(s.sketched(l.mapping, q), s.min), s.max)
}

// sketched is the quantile as a DDSketch defines it, to the nearest ns.
func (s *series) sketched(m *logMapping, q float64) int64 {
	rank := q * float64(s.count-1)
	if rank < float64(s.zero) {
		return 0
	}
	return int64(m.Value(s.bins.atRank(rank-float64(s.zero))) + 0.5)
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

func (l *Latencies) row(s *series, m *Metric, values []string) *LatencyRow {
	return &LatencyRow{Metric: m, Values: values, Count: s.count, Min: s.min, Max: s.max, Sum: s.sum,
		P50: l.quantile(s, .5), P90: l.quantile(s, .9), P95: l.quantile(s, .95), P99: l.quantile(s, .99),
		Zero: s.zero, Bins: s.bins.list(), Sample: s.sample.values()}
}

func lessStrings(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
