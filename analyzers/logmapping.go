package analyzers

import (
	"math"
	"sync"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// logMapping is DDSketch's logarithmic mapping with a short way to the index: the
// logarithm from a table, interpolated. Where that lies too near to the edge of a
// bin to be certain, the library has the word.
type logMapping struct {
	*mapping.LogarithmicMapping
	octave float64 // bins a power of two
	steps  [1 << stepBits]step
}

// step is a stretch of the logarithm between two values of the table.
type step struct {
	at    float64 // bins from 1 to 1 + i/2^stepBits, less doubt
	slope float64 // bins for each unit of a float64's mantissa
}

const (
	stepBits = 7
	// doubt is more than the interpolation can be off: a line between two steps
	// is below the logarithm by at most h*h/8 for steps of h = 1/128, which are
	// 0.0004 bins of 2 %.
	doubt = .001
)

// sharedMapping is the one mapping that all latencies read.
var sharedMapping = sync.OnceValue(newLogMapping)

func newLogMapping() *logMapping {
	lib, err := mapping.NewLogarithmicMapping(RelativeAccuracy)
	if err != nil { // the accuracy is a constant within (0, 1)
		panic(err)
	}
	m := &logMapping{LogarithmicMapping: lib}
	perLog := 1 / math.Log((1+RelativeAccuracy)/(1-RelativeAccuracy))
	m.octave = math.Ln2 * perLog
	at := func(i int) float64 { return math.Log1p(float64(i)/(1<<stepBits)) * perLog }
	for i := range m.steps {
		m.steps[i] = step{at(i) - doubt, (at(i+1) - at(i)) / (1 << (mantissa - stepBits))}
	}
	return m
}

// mantissa is the length of a float64's in bits.
const mantissa = 52

// index is the bin of a duration of at least 1 ns.
func (m *logMapping) index(ns int64) int {
	// All conversions are of signed numbers: those of unsigned ones branch.
	b := int64(math.Float64bits(float64(ns)))
	s := &m.steps[b>>(mantissa-stepBits)&(1<<stepBits-1)]
	rest := float64(b & (1<<(mantissa-stepBits) - 1))
	bin := float64(b>>mantissa-1023)*m.octave + s.at + s.slope*rest
	n := int(bin)
	if int(bin+2*doubt) != n {
		return m.Index(float64(ns))
	}
	return n
}
