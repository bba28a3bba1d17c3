package gsmmap_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pcaptriage/analyzers"
)

// legA2 is a second path of legA's association.
var legA2 = leg{"198.51.100.1", "198.51.100.2", legA.vtag}

func tagOf(i int) string { return fmt.Sprintf("A%03d", i) }

// alternate sends n messages and their answers, the i-th over the path that
// which says, with consecutive TSNs; those that skip names are not captured.
func alternate(tp *tape, n int, which func(i int) leg, skip func(i int) bool) {
	for i := range n {
		l, at := which(i), time.Duration(i)*second
		if !skip(i) {
			tp.chunk(at, l, uint32(100+i), udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(mt(1)))))
		}
		tp.chunk(at+second/2, l.back(), uint32(500+i), udt(msc, sc, end(tagOf(i), aare(25, 3), components(result(1)))))
	}
}

func twoPaths(i int) leg {
	if i%3 == 1 {
		return legA2
	}
	return legA
}

func never(int) bool { return false }

// sack is an acknowledgement of all up to cum.
func sack(tp *tape, at time.Duration, l leg, cum uint32, gaps, dups int) {
	c := binary.BigEndian.AppendUint32([]byte{3, 0, 0, byte(16 + 4*gaps + 4*dups)}, cum)
	c = append(c, 0, 0, 0x80, 0, 0, byte(gaps), 0, byte(dups))
	tp.packet(at, l, append(c, make([]byte, 4*gaps+4*dups)...))
}

// initiate is an INIT that lists addresses and a first TSN.
func initiate(tp *tape, at time.Duration, l leg, typ byte, tag, tsn uint32, addrs ...string) {
	be := binary.BigEndian
	c := be.AppendUint32(nil, tag)
	c = append(c, 0, 0, 0x80, 0, 0, 2, 0, 2)
	c = be.AppendUint32(c, tsn)
	for _, a := range addrs {
		b := netip.MustParseAddr(a).As4()
		c = append(append(c, 0, 5, 0, 8), b[:]...)
	}
	tp.packet(at, l, append([]byte{typ, 0, 0, byte(4 + len(c))}, c...))
}

// The chunks of a multi-homed association are spread over its paths: none of
// them is missing.
func TestPathsOfOneAssociation(t *testing.T) {
	tp := newTape(t)
	alternate(tp, 12, twoPaths, never)
	o := tp.run(nil)
	wantRules(t, o)
}

// What none of the paths has is missing, and it was the capture that lost what
// the receiver acknowledges.
func TestMissingOnAllPaths(t *testing.T) {
	tp := newTape(t)
	alternate(tp, 12, twoPaths, func(i int) bool { return i == 5 || i == 6 || i == 9 })
	sack(tp, 13*second, legA.back(), 107, 1, 0)
	o := tp.run(nil)
	wantRules(t, o, "sctp-gap")
	f := find(o, "sctp-gap")
	if f.Count != 3 || f.Attrs["acknowledged"] != uint64(2) || f.Attrs["paths"] != uint64(2) || len(f.Evidence) == 0 {
		t.Errorf("%d %v %v %s", f.Count, f.Attrs, f.Evidence, f.Message)
	}
	// The messages themselves are only known by their answers: no orphans, and
	// no invokes that nobody saw.
	wantCoverage(t, o, "begun before the capture", 3)
}

// The last chunks may be missing too: only the receiver's acknowledgement tells.
func TestMissingAtTheEnd(t *testing.T) {
	tp := newTape(t)
	alternate(tp, 6, func(int) leg { return legA }, func(i int) bool { return i > 3 })
	sack(tp, 7*second, legA.back(), 105, 0, 0)
	f := find(tp.run(nil), "sctp-gap")
	if f.Count != 2 || f.Attrs["acknowledged"] != uint64(2) {
		t.Errorf("%d %v %s", f.Count, f.Attrs, f.Message)
	}
}

// Two associations with the same ports and tag, as test tools make them, are not
// one: what is between their numbers is not missing.
func TestSameTagOfOthers(t *testing.T) {
	tp := newTape(t)
	other := leg{"203.0.113.1", "203.0.113.2", legA.vtag}
	for i := range 4 {
		tp.chunk(time.Duration(i)*second, legA, uint32(100+i), udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(mt(1)))))
		tp.chunk(time.Duration(i)*second+second/2, other, uint32(2000+i), udt(sc, far, begin(tagOf(50+i), aarq(25, 3), components(mt(1)))))
	}
	for _, f := range tp.run(nil).Findings {
		if f.Rule == "sctp-gap" {
			t.Error(f.Message)
		}
	}
}

// With an INIT that lists the addresses, the paths are known to be one
// association's: the gap between what two of them have is told, and so is what is
// missing before the first chunk.
func TestPathsByInit(t *testing.T) {
	for _, listed := range []bool{true, false} {
		tp := newTape(t)
		addrs := []string(nil)
		if listed {
			addrs = []string{legA.dst, legA2.dst}
		}
		// The INIT ACK of the receiver: its tag, its addresses.
		initiate(tp, 0, legA.back(), 2, legA.vtag, 500, addrs...)
		for i, tsn := range []uint32{100, 101, 105, 106} {
			l := legA
			if i > 1 {
				l = legA2
			}
			tp.chunk(time.Duration(1+i)*second, l, tsn, udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(mt(1)))))
		}
		n := find(tp.run(nil), "sctp-gap").Count
		if want := uint64(3); listed && n != want || !listed && n != 0 {
			t.Errorf("listed %v: %d missing", listed, n)
		}
	}
}

// A chunk that is sent again over another path is a retransmission, and no
// second message.
func TestRetransmissionOverAnotherPath(t *testing.T) {
	tp := newTape(t)
	b := udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))))
	tp.chunk(0, legA, 100, b)
	tp.chunk(second, legA2, 100, b)
	sack(tp, second+second/10, legA2.back(), 100, 0, 1)
	tp.chunk(2*second, legA2.back(), 500, udt(msc, sc, end("AAAA", aare(25, 3), components(result(1)))))
	o := tp.run(nil)
	wantRules(t, o, "sctp-retx")
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 2.00 s")
	f := find(o, "sctp-retx")
	if f.Count != 1 || f.Attrs["paths"] != uint64(2) || f.Attrs["duplicate_reports"] != uint64(1) || f.Evidence[0].Frame.Frame() != 2 {
		t.Errorf("%d %v %v %s", f.Count, f.Attrs, f.Evidence, f.Message)
	}
}

// Two associations in one flow of UDP, packet by packet in turn: each has its
// tags and TSNs. The second one repeats a chunk.
func TestAssociationsInOneUDPFlow(t *testing.T) {
	tp := newTapeAs(t, inUDP)
	other := leg{legA.src, legA.dst, 7000}
	for i := range 6 {
		at := time.Duration(i) * second
		tp.port = 2905
		tp.chunk(at, legA, uint32(100+i), udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(mt(1)))))
		tp.chunk(at+second/2, legA.back(), uint32(200+i), udt(msc, sc, end(tagOf(i), aare(25, 3), components(result(1)))))
		tp.port = 2906
		tp.chunk(at, other, uint32(100+min(i, 4)), udt(sc, far, begin(tagOf(50+min(i, 4)), aarq(25, 3), components(mt(1)))))
	}
	o := tp.run(nil)
	f := find(o, "sctp-retx")
	if f.Count != 1 || f.Flow == nil || f.Flow.SPort != 2906 || f.Attrs["chunks"] != uint64(6) {
		t.Errorf("%d %v %v %s", f.Count, f.Flow, f.Attrs, f.Message)
	}
	if n := find(o, "sctp-gap").Count; n != 0 || len(table(o, "map_dialogues").Rows) != 11 {
		t.Errorf("%d missing, %d dialogues", n, len(table(o, "map_dialogues").Rows))
	}
}

// Each end of a multi-homed association has a path of its own to send on: the
// answers come over another one, and so does an ABORT. That the paths belong
// together is known from the acknowledgements.
func TestEachWayAPathOfItsOwn(t *testing.T) {
	for _, acknowledged := range []bool{true, false} {
		tp := newTape(t)
		there, back := legA, legA2.back()
		for i := range 8 {
			at := time.Duration(i) * 20 * second
			tp.say(at, there, udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(mt(1)))))
			if acknowledged {
				sack(tp, at+second/10, there.back(), uint32(i+1), 0, 0)
			}
			if i != 2 {
				tp.say(at+second, back, udt(msc, sc, end(tagOf(i), aare(25, 3), components(result(1)))))
			}
		}
		tp.say(170*second, there, udt(sc, msc, begin("LAST", aarq(25, 3), components(mt(1)))))
		tp.packet(171*second, back, []byte{6, 0, 0, 4})
		o := tp.run(nil)
		f := find(o, "map-no-answer")
		if acknowledged {
			wantRules(t, o, "map-no-answer", "sctp-abort")
			if f.Severity == analyzers.Info {
				t.Errorf("%s: %s", f.Severity, f.Message)
			}
		} else if f.Severity != analyzers.Info {
			t.Errorf("nothing shows that the other path is the same association's: %s %s", f.Severity, f.Message)
		}
	}
}
