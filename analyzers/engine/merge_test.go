package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// An order agrees with a plain sort, whatever runs the events come in.
func TestOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var o order
	for round := range 2000 {
		var lists [][]analyzers.StampedEvent
		stamp := int64(0)
		for i := range rnd.IntN(60) {
			if stamp += rnd.Int64N(3); rnd.IntN(8) == 0 {
				stamp = rnd.Int64N(20) // a new run
			}
			if i%7 == 0 {
				lists = append(lists, nil)
			}
			at := analyzers.Place{Stamp: stamp, Frame: decoders.FrameRef(rnd.IntN(3)), Shard: uint32(rnd.IntN(2)), Tie: uint64(rnd.IntN(2))}
			if round%2 == 0 {
				at.Epoch = uint32(stamp / 15)
				at.Stamp = stamp % 15 // the stamps alone would mislead
			}
			l := &lists[len(lists)-1]
			*l = append(*l, analyzers.StampedEvent{At: at})
		}
		o.begin(lists)
		for l := range lists {
			for i := range lists[l] {
				o.add(&lists[l][i], l, i)
			}
		}
		want := slices.Clone(o.keys)
		slices.SortStableFunc(want, func(x, y eventKey) int {
			a, b := o.event(x.where).At, o.event(y.where).At
			for _, d := range [...]int64{int64(a.Epoch) - int64(b.Epoch), a.Stamp - b.Stamp, int64(a.Frame) - int64(b.Frame),
				int64(a.Shard) - int64(b.Shard), int64(a.Tie) - int64(b.Tie)} {
				if d != 0 {
					return int(d)
				}
			}
			return 0
		})
		if o.sort(); !slices.Equal(o.keys, want) {
			t.Fatalf("%v, want %v", o.keys, want)
		}
	}
}
