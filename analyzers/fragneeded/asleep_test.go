package fragneeded

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// heardMessage is a message as the flow part left it.
type heardMessage struct {
	place  analyzers.Place
	aside  []analyzers.Aside
	begins bool
}

// traffic is messages of random flows between plain clients and servers, and
// after a while from a proxy, some of whose messages it got before. hi is the
// upper half of the addresses: 0 for IPv4.
func traffic(rnd *rand.Rand, n, proxyFrom int, hi uint64) (all []heardMessage) {
	addr := func(kind uint64, n uint64) decoders.Addr { return decoders.Addr{Hi: hi, Lo: 0xffff<<32 | kind<<16 | n} }
	proxy := addr(9, 0)
	begun := map[[2]decoders.Addr]bool{}
	var got []int64 // what the proxy received
	for i := range n {
		m := heardMessage{place: analyzers.Place{Stamp: int64(i) * 1e6, Frame: decoders.FrameRef(i + 1)}}
		src, dst := addr(1, rnd.Uint64N(50)), addr(2, rnd.Uint64N(50))
		print := rnd.Int64N(int64(n))
		switch kind := rnd.IntN(8); {
		case i >= proxyFrom && kind == 0 && len(got) > 0:
			src, print = proxy, got[rnd.IntN(len(got))]
			got = got[max(len(got)-50, 0):]
		case i >= proxyFrom-2000 && kind == 1:
			dst = proxy
			got = append(got, print)
		}
		if i > 0 && rnd.IntN(3) == 0 { // one of the latest is answered
			last := all[max(0, i-1-rnd.IntN(100))]
			from, to := ends(last.aside)
			m.aside = []analyzers.Aside{{uint64(m.place.Stamp), uint64(m.place.Frame), 0, 0, 0, join32(0, 80|5000<<16), join32(uint32(to.Lo), uint32(from.Lo)), join32(0, uint32(spent))}}
			if !bothAre4(from, to) {
				m.aside[0][7] |= uint64(wide) << 32
				m.aside = append(m.aside, analyzers.Aside{uint64(m.place.Stamp), 0, to.Hi, to.Lo, from.Hi, from.Lo})
			}
			all = append(all, m)
			continue
		}
		pair := [2]decoders.Addr{src, dst}
		m.begins = !begun[pair]
		begun[pair] = true
		m.aside = []analyzers.Aside{{uint64(m.place.Stamp), uint64(m.place.Frame), uint64(print), 0, join32(uint32(i), 0),
			join32(300|340<<10, 5000|80<<16), join32(uint32(src.Lo), uint32(dst.Lo))}}
		if !bothAre4(src, dst) {
			m.aside[0][7] = uint64(wide) << 32
			m.aside = append(m.aside, analyzers.Aside{uint64(m.place.Stamp), 0, src.Hi, src.Lo, dst.Hi, dst.Lo})
		}
		all = append(all, m)
	}
	return all
}

// bothAre4 reports whether both are IPv4 addresses.
func bothAre4(a, b decoders.Addr) bool {
	return (a.Hi|b.Hi) == 0 && a.Lo>>32 == 0xffff && b.Lo>>32 == 0xffff
}

// leave leaves messages with asides, and returns what a batch would hand on.
func leave(to *analyzers.Asides, messages []heardMessage) []analyzers.AsideRun {
	out := analyzers.Out{Asides: to}
	for _, m := range messages {
		if len(m.aside) == 1 {
			*out.Aside(m.begins) = m.aside[0]
		} else {
			*out.WideAside(m.begins) = [2]analyzers.Aside(m.aside)
		}
	}
	return to.Take(nil)
}

// heardPairs runs messages through a correlator, those of one sweep as two
// workers leave them, and tells what it found.
func heardPairs(all []heardMessage, perSweep int, awake bool) (found string, wokenAt int) {
	c := newCorrelator(env())
	if awake {
		c.hops.wake()
	}
	wokenAt = -1
	var pool analyzers.AsidePool
	workers := [2]*analyzers.Asides{analyzers.NewAsides(&pool), analyzers.NewAsides(&pool)}
	for begin := 0; begin < len(all); begin += perSweep {
		var runs []analyzers.AsideRun
		var parts [2][]heardMessage
		for i, m := range all[begin:min(begin+perSweep, len(all))] {
			parts[i*7%5%2] = append(parts[i*7%5%2], m)
		}
		for w := range parts {
			runs = append(runs, leave(workers[w], parts[w])...)
		}
		deliver, done := c.Sift(runs, new(decoders.FrameRef))
		if c.hops.ring != nil && wokenAt < 0 {
			wokenAt = begin
		}
		pool.Release(done)
		slices.SortFunc(deliver, func(a, b analyzers.StampedEvent) int { return int(a.At.Frame - b.At.Frame) })
		for i := range deliver {
			c.Event(&deliver[i].Event)
		}
	}
	for _, p := range c.hops.pairs.All {
		found += fmt.Sprintf("%v %v %d %v %v\n", p.in, p.out, p.matches, p.times, p.ids)
	}
	return found + fmt.Sprint(len(c.hops.late)), wokenAt
}

// What the hops find does not depend on whether they slept until the first
// address was both client and server.
func TestAsleep(t *testing.T) {
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		all := traffic(rnd, 40_000, 35_000, seed%2)
		want, _ := heardPairs(all, 100, true)
		if len(want) < 1000 {
			t.Fatalf("hardly anything was passed on: %s", want)
		}
		for _, perSweep := range []int{20, 500, 9000, len(all)} {
			got, wokenAt := heardPairs(all, perSweep, false)
			if got != want {
				t.Errorf("seed %d, sweeps of %d: found\n%.300s\nwant\n%.300s", seed, perSweep, got, want)
			}
			if wokenAt+perSweep < 33_000 {
				t.Errorf("seed %d, sweeps of %d: woken at %d, nothing was passed on before 33000", seed, perSweep, wokenAt)
			}
		}
	}
}

// Sleeping keeps no more messages than a ring, and the last sweep.
func TestAsleepForgets(t *testing.T) {
	c := newCorrelator(env())
	all := traffic(rand.New(rand.NewPCG(1, 1)), 60_000, 1<<30, 0)
	var pool analyzers.AsidePool
	asides, given := analyzers.NewAsides(&pool), 0
	for ; len(all) > 0; all = all[500:] {
		_, done := c.Sift(leave(asides, all[:500]), new(decoders.FrameRef))
		given += len(done)
		pool.Release(done)
		if n := c.hops.messages; n > hopRing*5/4+500 || given > 0 && n < hopRing {
			t.Fatalf("%d messages kept", n)
		}
		if kept := readAsides(nil, c.hops.kept, new(decoders.FrameRef)); len(kept) != c.hops.messages || kept[len(kept)-1].At != all[499].place {
			t.Fatalf("%d messages kept, %d counted", len(kept), c.hops.messages)
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
