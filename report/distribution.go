package report

import (
	"math"
	"slices"
	"sort"

	"github.com/DataDog/sketches-go/ddsketch/mapping"

	"pcaptriage/analyzers"
)

// Distribution is several latency rows of one unit taken together. It reads the
// rows and does not change them.
type Distribution struct{ rows []*LatencyRow }

// Together makes a distribution of rows; those without observations do not count.
func Together(rows ...*LatencyRow) Distribution {
	d := Distribution{rows: make([]*LatencyRow, 0, len(rows))}
	for _, r := range rows {
		if r.Count > 0 {
			d.rows = append(d.rows, r)
		}
	}
	return d
}

// Count is the number of observations.
func (d Distribution) Count() (n uint64) {
	for _, r := range d.rows {
		n += r.Count
	}
	return n
}

// Min, Max and Mean are 0 without observations.
func (d Distribution) Min() (v int64) {
	for i, r := range d.rows {
		if i == 0 || r.Min < v {
			v = r.Min
		}
	}
	return v
}

// Max is the largest observation.
func (d Distribution) Max() (v int64) {
	for i, r := range d.rows {
		if i == 0 || r.Max > v {
			v = r.Max
		}
	}
	return v
}

// Mean is the arithmetic mean.
func (d Distribution) Mean() float64 {
	sum, n := 0.0, 0.0
	for _, r := range d.rows {
		sum, n = sum+float64(r.Sum), n+float64(r.Count)
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// Quantile is what a single row of all these observations would print: exact
// by nearest rank while it could hold all values as its sample, else from the
// sketches, within their relative accuracy. It is 0 without observations.
func (d Distribution) Quantile(q float64) int64 {
	n := d.Count()
	if n == 0 {
		return 0
	}
	var sample []int64
	for _, r := range d.rows {
		sample = append(sample, r.Sample...)
	}
	if n <= analyzers.SampleSize && uint64(len(sample)) == n {
		slices.Sort(sample)
		return sample[min(max(0, int(math.Ceil(q*float64(n)))-1), len(sample)-1)]
	}
	return min(max(d.sketched(q, n), d.Min()), d.Max())
}

// sketched is the quantile of the merged sketches (DDSketch: the value of the
// bin with more than q*(n-1) observations up to it).
func (d Distribution) sketched(q float64, n uint64) int64 {
	bins := map[int64]uint64{}
	rank := q * float64(n-1)
	var indexes []int64
	for _, r := range d.rows {
		rank -= float64(r.Sketch.Zero)
		for _, bin := range r.Sketch.Bins {
			if _, ok := bins[bin[0]]; !ok {
				indexes = append(indexes, bin[0])
			}
			bins[bin[0]] += uint64(bin[1])
		}
	}
	if rank < 0 || len(indexes) == 0 {
		return 0
	}
	m, err := mapping.NewLogarithmicMapping(analyzers.RelativeAccuracy)
	if err != nil { // the accuracy is a constant within (0, 1)
		panic(err)
	}
	sort.Slice(indexes, func(i, j int) bool { return indexes[i] < indexes[j] })
	at, sum := indexes[len(indexes)-1], uint64(0)
	for _, i := range indexes {
		if sum += bins[i]; float64(sum) > rank {
			at = i
			break
		}
	}
	// An index that no duration has comes from a file, not from an analyzer.
	return int64(min(m.Value(int(min(max(at, 0), maxIndex))), math.MaxInt64/2) + 0.5)
}

// maxIndex is beyond the index of the longest duration, 2^63 ns.
const maxIndex = 4096
