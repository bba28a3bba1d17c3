package engine

import (
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"pcaptriage/decoders/capture"
)

// The short way through a slab makes the work orders that the long way makes,
// whatever the times are like.
func TestRegularAgreesWithStamped(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pcaps/*/*[pg]")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures (%v)", err)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for i, file := range files {
		slabs, links := readAll(t, file)
		if i%2 == 1 {
			for _, s := range slabs {
				disturb(rnd, s.Recs)
			}
		}
		short, long := testDispatcher(t), testDispatcher(t)
		for _, s := range slabs {
			m := slabMsg{slab: s, links: links}
			a, b := newBatch(1, 0), newBatch(1, 0)
			short.begin(a, m)
			next := short.fillRegular(a, s)
			short.fillStamped(a, s, next, stampsOf(&short.clock, s.Recs[next:]))
			long.begin(b, m)
			long.fillStamped(b, s, 0, stampsOf(&long.clock, s.Recs))
			if !slices.Equal(listed(a), listed(b)) || !reflect.DeepEqual(a.exts, b.exts) || short.prev != long.prev {
				t.Fatalf("%s: the two ways differ", file)
			}
		}
		if c, d := &short.clock, &long.clock; c.now != d.now || c.outliers != d.outliers || c.resets != d.resets {
			t.Errorf("%s: the clocks differ: %+v, %+v", file, c, d)
		}
	}
}

// listed are the items of a batch, shard by shard.
func listed(b *batch) (items []item) {
	for s := range Shards {
		for i := 0; b.items.chunk(s, i) != nil; i++ {
			items = append(items, b.items.chunk(s, i)...)
		}
	}
	return items
}

func testDispatcher(t *testing.T) *dispatcher {
	r, err := newRun(Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r.dispatcher
}

func stampsOf(c *clock, recs []capture.Record) (stamps []stamp) {
	for i := range recs {
		stamps = c.feed(recs[i].Time, recs[i].Flags&capture.HasTime != 0, stamps)
	}
	return c.giveUp(stamps)
}

// disturb makes times jump, for one record or for good, and takes some away.
func disturb(rnd *rand.Rand, recs []capture.Record) {
	lasting := int64(0)
	for i := range recs {
		r := &recs[i]
		r.Time += lasting
		switch rnd.IntN(60) {
		case 0:
			r.Time += int64(1000 * time.Hour)
		case 1:
			r.Time -= int64(30 * time.Second)
		case 2:
			lasting += int64(100 * time.Hour)
		case 3:
			r.Flags &^= capture.HasTime
		}
	}
}
