package engine

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"pcaptriage/analyzers/all"
	"pcaptriage/decoders/capture"
)

// Nothing is allocated per packet between the reader's slab and the end of the
// flow parts, on any shipped capture, with every analyzer on.
//
// Each capture runs through one dispatcher and one worker again and again.
// What grows with the capture (arenas, tables, sketches) has grown in the
// first rounds; an allocation per packet would show in every one.
func TestHotPathDoesNotAllocate(t *testing.T) {
	if testing.Short() {
		t.Skip("counts allocations; the race detector adds its own")
	}
	files, err := filepath.Glob("../../testdata/pcaps/*/*[pg]") // .pcap and .pcapng, not what lies beside them
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures (%v)", err)
	}
	const warmUp, rounds = 20, 20
	for _, file := range files {
		r, err := newRun(Options{Analyzers: all.Analyzers(), Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		slabs, links := readAll(t, file)
		b := newBatch(1, len(r.opt.Analyzers))
		stamps := make([]stamp, 0, 1<<16)
		packets := 0
		round := func() {
			for _, slab := range slabs {
				packets += len(slab.Recs)
				b.clear()
				d, w := r.dispatcher, r.workers[0]
				d.begin(b, slabMsg{slab: slab, links: links})
				next := d.fillRegular(b, slab)
				stamps = stamps[:0]
				for i := next; i < len(slab.Recs); i++ {
					stamps = d.clock.feed(slab.Recs[i].Time, slab.Recs[i].Flags&capture.HasTime != 0, stamps)
				}
				d.fillStamped(b, slab, next, d.clock.giveUp(stamps))
				w.batch(b)
				for _, s := range w.shards {
					if slices.ContainsFunc(s.failure, func(f failure) bool { return f.failed }) || r.internalCount > 0 {
						t.Fatalf("%s: a part failed", file)
					}
				}
				w.collect()
				for a := range r.merger.held { // the lists go round, without the correlators
					r.merger.take(a, b)
					for _, l := range r.merger.held[a] {
						r.merger.give(l)
					}
					r.merger.held[a] = r.merger.held[a][:0]
					r.asides.Release(r.merger.asides[a])
					r.merger.asides[a] = r.merger.asides[a][:0]
				}
			}
		}
		for range warmUp {
			round()
		}
		packets = 0
		allocs := testing.AllocsPerRun(rounds-1, round)
		perRound := packets / rounds
		// Fragments are put together in memory of their own, one allocation a
		// datagram; everything else is free.
		if allowed := float64(r.dispatcher.whole) / float64(warmUp+rounds) * 4; allocs > allowed {
			t.Errorf("%s: %.0f allocations in a round of %d packets, %.0f allowed for reassembled datagrams", filepath.Base(file), allocs, perRound, allowed)
		}
	}
}

// readAll holds a whole capture in memory.
func readAll(t *testing.T, file string) (slabs []*capture.Slab, links []uint16) {
	t.Helper()
	rd, err := capture.Open(file, capture.Options{MaxSlabs: 1 << 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close() })
	for {
		slab, err := rd.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		slabs = append(slabs, slab)
	}
	for i := range rd.Info().Interfaces {
		links = append(links, rd.Info().Interfaces[i].LinkType)
	}
	return slabs, links
}
