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
// usable; see NewLatencies and Env.Latencies.
type Latencies struct {
	metrics  []Metric
	rows     *LatencyRows
	index    []map[LabelKey]Series // by metric: the part's own label sets, at most MaxLabels
	other    []Series              // by metric; 0: none yet
	recent   []*recent             // by metric, nil: nothing looked up yet
	Folded   uint64                // observations beyond MaxLabels
	Negative uint64                // observations below 0, dropped
}

// recent are rows that were looked up last, by some bits of their labels: most
// observations are of few servers, and hashing a key for a map takes longer than
// all else about an observation.
type recent [1 << recentBits]struct {
	key LabelKey
	row Series // 0: none
}

const recentBits = 6

// slot is where k has its place in recent.
func (k *LabelKey) slot() uint64 {
	return ((k.A.Lo ^ k.B.Lo + uint64(k.PA) ^ uint64(k.X[0])) * 0x9e3779b97f4a7c15) >> (64 - recentBits)
}

// is reports whether the two are equal; for == the compiler calls a function.
func (k *LabelKey) is(o *LabelKey) bool {
	return k.A == o.A && k.PA == o.PA && k.X == o.X && k.PB == o.PB && k.B == o.B
}

// Series names one row of a Latencies, so that who observes for the same labels
// again and again need not look them up each time; 0 is none. It holds no
// pointer and stays valid as long as the Latencies.
type Series uint32

// foldedRow marks a row for what is beyond MaxLabels.
const foldedRow Series = 1 << 31

// NewLatencies makes an empty collection for the metrics, with rows of its own.
func NewLatencies(metrics []Metric) *Latencies { return newLatencies(metrics, &LatencyRows{}) }

// Latencies makes an empty collection for the part's metrics. Its rows are those
// of the other parts on the same worker.
func (e *Env) Latencies() *Latencies {
	if e.Rows == nil {
		return NewLatencies(e.Metrics)
	}
	return newLatencies(e.Metrics, e.Rows)
}

func newLatencies(metrics []Metric, rows *LatencyRows) *Latencies {
	n := len(metrics)
	rows.init(n)
	return &Latencies{metrics: metrics, rows: rows, index: make([]map[LabelKey]Series, n), other: make([]Series, n), recent: make([]*recent, n)}
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
	if l.recent[metric] == nil {
		l.recent[metric] = new(recent)
	}
	memo := &l.recent[metric][k.slot()]
	if memo.row == 0 || !memo.key.is(&k) {
		memo.key, memo.row = k, l.lookUp(metric, k)
	}
	return memo.row
}

func (l *Latencies) lookUp(metric int, k LabelKey) Series {
	if s := l.index[metric][k]; s != 0 {
		return s
	}
	if len(l.index[metric]) < MaxLabels {
		return l.admit(metric, k)
	}
	return l.fold(metric)
}

// admit makes k one of the label sets that are kept apart.
func (l *Latencies) admit(metric int, k LabelKey) Series {
	if l.index[metric] == nil {
		l.index[metric] = make(map[LabelKey]Series)
	}
	s := l.rows.of(metric, k)
	l.index[metric][k] = s
	return s
}

// fold is the row of all other label sets.
func (l *Latencies) fold(metric int) Series {
	if l.other[metric] == 0 {
		l.other[metric] = l.rows.folded(metric) | foldedRow
	}
	return l.other[metric]
}

// ObserveIn is Observe for a row that SeriesOf has returned.
func (l *Latencies) ObserveIn(row Series, ns int64, id uint64) {
	if !canWait(row, ns) {
		l.observeOdd(row, ns, id)
		return
	}
	l.rows.observe(row, ns, id)
}

// observeOdd is ObserveIn for what few observations are: below 0, beyond MaxLabels,
// or larger than what LatencyRows lets wait.
func (l *Latencies) observeOdd(row Series, ns int64, id uint64) {
	if ns < 0 {
		l.Negative++
		return
	}
	if row&foldedRow != 0 {
		l.Folded++
		row &^= foldedRow
	}
	if canWait(row, ns) {
		l.rows.observe(row, ns, id)
	} else {
		l.rows.observeNow(row, ns, id)
	}
}

// SampleID mixes a flow hash and a frame for Observe.
func SampleID(flowHash uint64, frame decoders.FrameRef) uint64 {
	x := flowHash ^ uint64(frame)*0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return x
}

// Merge folds o into l. Label sets are counted after the merge without a cap:
// a cap here would make the rows depend on the order of the shards. Parts that
// share their rows are all merged into the same one.
func (l *Latencies) Merge(o *Latencies) {
	l.rows.absorb(o.rows)
	l.Folded += o.Folded
	l.Negative += o.Negative
	for m := range o.index {
		for k := range o.index[m] {
			if l.index[m][k] == 0 {
				l.admit(m, k)
			}
		}
		if o.other[m] != 0 {
			l.fold(m)
		}
	}
}

// Rows returns the finished rows: by metric, then by labels, (other) last.
func (l *Latencies) Rows() []*LatencyRow {
	l.rows.settle()
	var out []*LatencyRow
	for m := range l.index {
		first := len(out)
		for k, s := range l.index[m] {
			out = append(out, l.row(l.rows.at(s), &l.metrics[m], l.metrics[m].Render(k)))
		}
		rows := out[first:]
		sort.Slice(rows, func(i, j int) bool { return lessStrings(rows[i].Values, rows[j].Values) })
		if s := l.other[m]; s != 0 {
			values := make([]string, len(l.metrics[m].Labels))
			for i := range values {
				values[i] = OtherLabel
			}
			out = append(out, l.row(l.rows.at(s), &l.metrics[m], values))
		}
	}
	return out
}

// Quantile of the row of metric and labels k, in ns; ok is false without data.
func (l *Latencies) Quantile(metric int, k LabelKey, q float64) (ns int64, ok bool) {
	l.rows.settle()
	row := l.index[metric][k]
	if row == 0 || l.rows.at(row).count == 0 {
		return 0, false
	}
	return l.quantile(l.rows.at(row), q), true
}

// quantile is exact (nearest rank) while the sample holds every value; beyond
// that it is the sketch's, within RelativeAccuracy.
func (l *Latencies) quantile(s *series, q float64) int64 {
	if s.count <= SampleSize {
		values := s.sample.values()
		return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
	}
	return min(max(s.sketched(l.rows.mapping, q), s.min), s.max)
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
