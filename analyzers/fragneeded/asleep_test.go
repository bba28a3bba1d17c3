package fragneeded

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// traffic is messages of random flows between plain clients and servers, and
// after a while from a proxy, some of whose messages it got before.
func traffic(rnd *rand.Rand, n, proxyFrom int) (all []analyzers.StampedEvent) {
	addr := func(kind uint64, n uint64) decoders.Addr { return decoders.Addr{Hi: 1, Lo: kind<<32 | n} }
	proxy := addr(9, 0)
	begun := map[[2]decoders.Addr]bool{}
	var got []int64 // what the proxy received
	for i := range n {
		e := analyzers.StampedEvent{At: analyzers.Place{Stamp: int64(i) * 1e6, Frame: decoders.FrameRef(i + 1)}}
		e.Kind, e.Time, e.Event.Frame, e.Proto = evMessage, e.At.Stamp, e.At.Frame, decoders.ProtoTCP
		e.Src, e.SPort = addr(1, rnd.Uint64N(50)), 5000
		e.Dst, e.DPort = addr(2, rnd.Uint64N(50)), 80
		print := rnd.Int64N(int64(n))
		switch kind := rnd.IntN(8); {
		case i >= proxyFrom && kind == 0 && len(got) > 0:
			e.Src, print = proxy, got[rnd.IntN(len(got))]
			got = got[max(len(got)-50, 0):]
		case i >= proxyFrom-2000 && kind == 1:
			e.Dst = proxy
			got = append(got, print)
		}
		pair := [2]decoders.Addr{e.Src, e.Dst}
		if !begun[pair] {
			begun[pair] = true
			e.Flags |= begins
		}
		e.N = uint32(i) // sequence number
		e.V = [4]int64{0, print, int64(join32(0, 300|340<<10))}
		all = append(all, e)
	}
	return all
}

// heardPairs runs messages through a correlator, those of one sweep in lists of
// two workers, and tells what it found.
func heardPairs(all []analyzers.StampedEvent, perSweep int, awake bool) (found string, wokenAt int) {
	c := newCorrelator(env())
	if awake {
		c.hops.wake()
	}
	wokenAt = -1
	for begin := 0; begin < len(all); begin += perSweep {
		var lists [2][]analyzers.StampedEvent
		for i, e := range all[begin:min(begin+perSweep, len(all))] {
			lists[i*7%5%2] = append(lists[i*7%5%2], e)
		}
		deliver, _ := c.Sift(slices.DeleteFunc(lists[:], func(l []analyzers.StampedEvent) bool { return len(l) == 0 }))
		if c.hops.ring != nil && wokenAt < 0 {
			wokenAt = begin
		}
		events := slices.Concat(deliver...)
		slices.SortFunc(events, func(a, b analyzers.StampedEvent) int { return int(a.Frame - b.Frame) })
		for i := range events {
			c.Event(&events[i].Event)
		}
	}
	for _, p := range c.hops.pairs.all {
		found += fmt.Sprintf("%v %v %d %v %v\n", p.value.in, p.value.out, p.value.matches, p.value.times, p.value.ids)
	}
	return found + fmt.Sprint(len(c.hops.late)), wokenAt
}

// What the hops find does not depend on whether they slept until the first
// address was both client and server.
func TestAsleep(t *testing.T) {
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		all := traffic(rnd, 20_000, 15_000)
		want, _ := heardPairs(all, 100, true)
		if len(want) < 1000 {
			t.Fatalf("hardly anything was passed on: %s", want)
		}
		for _, perSweep := range []int{20, 500, 9000, len(all)} {
			got, wokenAt := heardPairs(all, perSweep, false)
			if got != want {
				t.Errorf("seed %d, sweeps of %d: found\n%.300s\nwant\n%.300s", seed, perSweep, got, want)
			}
			if wokenAt+perSweep < 13_000 {
				t.Errorf("seed %d, sweeps of %d: woken at %d, nothing was passed on before 13000", seed, perSweep, wokenAt)
			}
		}
	}
}

// Sleeping keeps no more messages than a ring, and the last sweep.
func TestAsleepForgets(t *testing.T) {
	c := newCorrelator(env())
	all := traffic(rand.New(rand.NewPCG(1, 1)), 60_000, 1<<30)
	given := 0
	for ; len(all) > 0; all = all[500:] {
		_, done := c.Sift([][]analyzers.StampedEvent{all[:200:200], all[200:500:500]})
		given += len(done)
		if n := c.hops.n; n > hopRing+500 || given > 0 && n < hopRing {
			t.Fatalf("%d messages kept", n)
		}
		if kept := len(slices.Concat(c.hops.kept...)); kept != c.hops.n {
			t.Fatalf("%d messages kept, %d counted", kept, c.hops.n)
		}
	}
	if c.hops.ring != nil || given == 0 {
		t.Error("woken, or nothing given back")
	}
}

// Fingerprints depend on every byte and on the length.
func TestHash(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	seen := map[uint64]bool{}
	for n := shortPrint; n <= longPrint; n += 1 + n/40 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + rnd.IntN(26))
		}
		h := hash(longSeed, b)
		if h != hash(longSeed, slices.Clone(b)) || h == hash(shortSeed, b) || seen[h] {
			t.Fatalf("%d bytes: %x", n, h)
		}
		seen[h] = true
		for i := range b {
			b[i] ^= 1
			if x := hash(longSeed, b); seen[x] {
				t.Fatalf("byte %d of %d makes no difference", i, n)
			} else {
				seen[x] = true
			}
			b[i] ^= 1
		}
	}
}
