package analyzers

import "math"

// LatencyRows are the rows of the Latencies of all parts that one worker has, so
// that there is one copy a worker and not one a shard: it stays in the
// processor's cache, and its samples are sooner full and turn the rest away.
// What a row holds merges in any order, so its values do not tell who shared it
// with whom. Which label sets are kept apart is each part's own affair, since
// caps are per shard.
//
// The zero value is ready for use.
type LatencyRows struct {
	mapping *logMapping
	index   []map[LabelKey]Series // by metric
	other   []Series              // by metric; 0: none yet
	series  []series              // by Series
	// bounds are the samples' largest ids, by row: a larger one does not get in.
	bounds   []uint64
	waiting  []uint64 // not in their rows yet, but for the sample; maxWaiting
	n        int      // ... of which so many are in use
	picks    []pick   // what may belong to the samples; at most maxPicks
	absorbed bool     // all is in other rows
}

// waitingBits is for the duration in an observation that waits (78 h in ns); its
// row is above.
const waitingBits = 48

// maxWaiting is how many observations wait to be put into their rows: many at a
// time find the memory of the rows in the cache, which the packets between two
// of them push it out of.
const maxWaiting = 1024

// maxPicks is how many of them wait for their samples: nearly all at the beginning,
// and hardly any later on.
const maxPicks = 256

// pick is an observation that may belong to the sample of a row.
type pick struct {
	sampleVal
	row Series
}

type series struct {
	bins     bins
	zero     uint64 // observations of 0, which no bin can hold
	sum      int64
	min, max int64 // valid if count is not 0
	count    uint64
	sample   sample
}

func (r *LatencyRows) init(metrics int) {
	if r.mapping == nil {
		r.mapping, r.index, r.other = sharedMapping(), make([]map[LabelKey]Series, metrics), make([]Series, metrics)
	}
}

func (r *LatencyRows) at(row Series) *series { return &r.series[row&^foldedRow-1] }

// of is the row of a metric and labels.
func (r *LatencyRows) of(metric int, k LabelKey) Series {
	s := r.index[metric][k]
	if s == 0 {
		if r.index[metric] == nil {
			r.index[metric] = make(map[LabelKey]Series)
		}
		s = r.add()
		r.index[metric][k] = s
	}
	return s
}

// folded is the row of a metric for what the parts do not keep apart.
func (r *LatencyRows) folded(metric int) Series {
	if r.other[metric] == 0 {
		r.other[metric] = r.add()
	}
	return r.other[metric]
}

func (r *LatencyRows) add() Series {
	if r.waiting == nil {
		r.waiting = make([]uint64, maxWaiting)
	}
	r.series = append(r.series, series{min: math.MaxInt64})
	r.bounds = append(r.bounds, math.MaxUint64)
	return Series(len(r.series))
}

// canWait reports whether a row, without foldedRow, and a duration of at least 0 fit
// into an observation that waits.
func canWait(row Series, ns int64) bool {
	return uint64(ns)>>waitingBits|uint64(row)>>(64-waitingBits) == 0
}

// observe adds a duration to a row, for which canWait holds.
func (r *LatencyRows) observe(row Series, ns int64, id uint64) {
	r.waiting[r.n] = uint64(row)<<waitingBits | uint64(ns)
	r.n++
	if id <= r.bounds[row-1] || r.n == maxWaiting {
		r.pick(row, ns, id)
	}
}

// observeNow is observe without that condition.
func (r *LatencyRows) observeNow(row Series, ns int64, id uint64) {
	r.at(row).add(ns, r.mapping)
	r.pick(row, ns, id)
}

// pick notes an observation for the sample, if it may belong there, and makes room.
func (r *LatencyRows) pick(row Series, ns int64, id uint64) {
	if id <= r.bounds[row-1] {
		r.picks = append(r.picks, pick{sampleVal{id, ns}, row})
	}
	if len(r.picks) == maxPicks || r.n == maxWaiting {
		r.settle()
	}
}

// settle puts what waits into its series. Whoever reads them calls it first.
func (r *LatencyRows) settle() {
	series, mapping := r.series, r.mapping
	for _, o := range r.waiting[:r.n] {
		series[o>>waitingBits-1].add(int64(o&(1<<waitingBits-1)), mapping)
	}
	r.n = 0
	for i := range r.picks {
		p := &r.picks[i]
		if bound := &r.bounds[p.row-1]; p.id <= *bound {
			*bound = series[p.row-1].sample.add(p.ns, p.id, *bound)
		}
	}
	r.picks = r.picks[:0]
}

// add counts an observation everywhere but in the sample.
func (s *series) add(ns int64, m *logMapping) {
	if ns == 0 {
		s.zero++
	} else {
		s.bins.add(m.index(ns), 1)
	}
	if ns < s.min { // seldom, so that a store can be saved
		s.min = ns
	}
	if ns > s.max {
		s.max = ns
	}
	s.count++
	s.sum += ns
}

// absorb adds what o holds to r, unless it has been added already.
func (r *LatencyRows) absorb(o *LatencyRows) {
	if r == o || o.absorbed {
		return
	}
	o.absorbed = true
	r.settle()
	o.settle()
	for m := range o.index {
		for k, s := range o.index[m] {
			r.merge(r.of(m, k), o.at(s))
		}
		if s := o.other[m]; s != 0 {
			r.merge(r.folded(m), o.at(s))
		}
	}
}

func (r *LatencyRows) merge(row Series, o *series) {
	s, bound := r.at(row), &r.bounds[row-1]
	s.bins.merge(&o.bins)
	s.zero += o.zero
	s.min, s.max = min(s.min, o.min), max(s.max, o.max)
	s.count += o.count
	s.sum += o.sum
	for _, v := range o.sample.vals {
		if v.id <= *bound {
			*bound = s.sample.add(v.ns, v.id, *bound)
		}
	}
}
