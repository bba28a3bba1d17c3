package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pcaptriage/decoders"
)

// sortOrder agrees with a plain sort, whatever runs the keys come in.
func TestSortOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var m merger
	for range 2000 {
		n := rnd.IntN(60)
		m.order = m.order[:0]
		stamp := int64(0)
		for i := range n {
			if stamp += rnd.Int64N(3); rnd.IntN(8) == 0 {
				stamp = rnd.Int64N(20) // a new run
			}
			m.order = append(m.order, eventKey{epoch: uint32(stamp / 15), stamp: stamp, frame: decoders.FrameRef(rnd.IntN(3)),
				shard: uint32(rnd.IntN(2)), tie: uint64(rnd.IntN(2)), list: uint32(i / 7), pos: uint32(i % 7)})
		}
		want := slices.Clone(m.order)
		slices.SortFunc(want, func(x, y eventKey) int {
			if x.before(&y) {
				return -1
			}
			return 1
		})
		if m.sortOrder(); !slices.Equal(m.order, want) {
			t.Fatalf("%v, want %v", m.order, want)
		}
	}
}
