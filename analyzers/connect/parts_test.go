package connect

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

func TestSchedule(t *testing.T) {
	s := func(tenths ...int64) (out []int64) {
		for _, x := range tenths {
			out = append(out, x*1e8)
		}
		return out
	}
	linux := record{ttl: 64, window: 64240, wscale: 7}
	windows := record{ttl: 128, window: 8192, wscale: 8}
	mac := record{ttl: 64, window: 65535, wscale: 6}
	for _, c := range []struct {
		gaps []int64
		rec  record
		name string
		next int64
	}{
		{s(10, 10, 10, 10, 10, 20, 40), linux, "Linux 6.5 or later", 8 * second},
		{s(10, 10, 10, 10, 10), linux, "Linux 6.5 or later", 2 * second},
		{s(10, 10), linux, "Linux 6.5 or later", second},
		{s(10, 20, 41, 82, 164, 330), linux, "Linux before 6.5", 66 * second},
		{s(10, 10, 10, 10, 10, 20), mac, "macOS or FreeBSD", 4 * second},
		{s(10, 20, 40), windows, "Windows 10 or later", 8 * second},
		{s(30, 60), windows, "Windows before 10", 12 * second},
		{s(30, 60, 120), linux, "a stack with the old first timeout of 3 s", 24 * second},
		{s(10), linux, "", 2 * second},
		{s(10, 10, 10, 10, 10, 10, 10), linux, "", 2 * second},
		{s(50, 50, 50), linux, "", 10 * second},
	} {
		if got := recogniseSchedule(c.gaps, &c.rec); got.name != c.name || got.next != c.next {
			t.Errorf("%v: %+v, want %q, next %d", c.gaps, got, c.name, c.next)
		}
	}
}

// What a span says about a stretch at least as long as the window is what the
// single beginnings say.
func TestAnswerSpans(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const window = 30
	for range 200 {
		var s server
		var times []int64
		for range 1 + r.IntN(60) {
			at := r.Int64N(1500)
			times = append(times, at)
			s.answer(at, window)
		}
		var n uint64
		for _, p := range s.answers {
			n += p.n
		}
		if n != uint64(len(times)) {
			t.Fatalf("%d beginnings in spans, want %d", n, len(times))
		}
		for range 100 {
			from := r.Int64N(1600) - 50
			to := from + window + r.Int64N(100)
			want := false
			for _, at := range times {
				want = want || at >= from && at <= to
			}
			if got := s.answeredIn(from, to); got != want {
				t.Fatalf("[%d, %d]: %v, want %v; %v, %v", from, to, got, want, times, s.answers)
			}
		}
	}
}

// What report writes into events is what take reads from them.
func TestWire(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	i64 := func() int64 { return int64(rnd.Uint64()) }
	u16 := func() uint16 { return uint16(rnd.Uint32()) }
	ref := func() decoders.FrameRef { return decoders.FrameRef(rnd.Uint64()) }
	addr := func() decoders.Addr { return decoders.Addr{Hi: rnd.Uint64(), Lo: rnd.Uint64()} }
	for range 1000 {
		a := attempt{synTime: i64(), endTime: i64(), synackTime: i64(), lastSYNACK: i64(), synFrame: ref(), endFrame: ref(), synackFrame: ref(),
			isn: rnd.Uint32(), syns: max(u16(), 2), synacks: u16(), synsBefore: u16(), window: u16(), wscale: uint8(u16()), ttl: uint8(u16()) &^ 1,
			flags: u16() | flagReused, dir: uint8(u16() & 1)}
		x := extra{challenge: ref(), clientRST: ref(), challenges: u16(), icmpTime: i64(), icmpFrame: ref(), icmpAgain: ref(), icmpFrom: addr(),
			icmpType: uint8(u16()), icmpCode: uint8(u16()), icmps: u16(), sinceReuse: i64()}
		for i := range x.frames {
			x.frames[i] = ref()
		}
		for i := range x.offsets {
			x.offsets[i] = rnd.Uint32()
		}
		for i := range x.copies {
			x.copies[i] = ref() | 1
		}
		f := flow.Flow{Key: decoders.FlowKey{A: addr(), B: addr(), PortA: u16(), PortB: u16()}, TunnelID: rnd.Uint32()}
		o := outcome(rnd.IntN(int(numOutcomes)-1)) + 1
		want := record{outcome: o, flags: a.flags, tunnel: f.TunnelID, isn: a.isn, synTime: a.synTime, endTime: a.endTime, synackTime: a.synackTime,
			synFrame: a.synFrame, endFrame: a.endFrame, syns: a.syns, synacks: a.synacks, synsBefore: a.synsBefore, window: a.window, wscale: a.wscale, ttl: a.ttl,
			frames: x.frames, offsets: x.offsets, copies: x.copies, icmpTime: x.icmpTime, icmpFrame: x.icmpFrame, icmpAgain: x.icmpAgain, icmpFrom: x.icmpFrom,
			icmpType: x.icmpType, icmpCode: x.icmpCode, icmps: x.icmps, challenges: x.challenges, challenge: x.challenge, clientRST: x.clientRST,
			sinceReuse: x.sinceReuse}
		if o != incomplete && o != synackIgnored && a.flags&(flagCut|flagSuperseded) != 0 {
			want.ranOn, want.synackTime = a.synackTime, 0
		}
		want.client, want.cport = f.Endpoint(a.dir)
		want.server, want.sport = f.Endpoint(a.dir ^ 1)
		if o == incomplete || o == synackIgnored {
			want.endTime, want.endFrame = a.lastSYNACK, a.synackFrame
		}
		var fp flowPart
		*fp.extras.of(&a) = x
		var out analyzers.Out
		fp.report(&a, &f, o, &out)
		var got record
		for i := range out.Events {
			if got.take(&out.Events[i].Event) != (i == len(out.Events)-1) {
				t.Fatal("the last part completes the record, and no other")
			}
		}
		if got != want {
			t.Fatalf("\n got %+v\nwant %+v", got, want)
		}
	}
}

func TestExtrasAreReused(t *testing.T) {
	var e extras
	var as [300]attempt
	for range 5 {
		for i := range as {
			if x := e.of(&as[i]); *x != (extra{}) {
				t.Fatal("an old entry shows through")
			}
			e.of(&as[i]).icmps = uint16(i + 1)
		}
		for i := range as {
			if e.of(&as[i]).icmps != uint16(i+1) {
				t.Fatal("two attempts share an entry")
			}
			e.drop(&as[i])
		}
	}
	if e.used != 300 {
		t.Errorf("%d entries made, want 300", e.used)
	}
}

// Beyond its size the table folds the least recently used groups, and no
// attempt gets lost.
func TestGroupsAreBounded(t *testing.T) {
	cor := newCorrelator(&analyzers.Env{Config: defaultConfig()})
	cor.groups = newGroups(100)
	const flood, scanned = 500, 400
	syn := func(client, server uint64, port uint16, frame decoders.FrameRef) {
		cor.attempt(&record{outcome: unanswered, client: decoders.Addr{Lo: client}, server: decoders.Addr{Lo: server}, sport: port,
			cport: 1, syns: 1, synFrame: frame, synTime: int64(frame)})
	}
	for i := range uint64(flood) {
		syn(1000+i, 1, 80, decoders.FrameRef(i+1))
	}
	for i := range uint64(scanned) {
		syn(1, 2, uint16(i+1), decoders.FrameRef(flood+i+1))
	}
	if n := len(cor.groups.index); n != 100 {
		t.Errorf("%d groups, want 100", n)
	}
	x := &concluder{Conclusion: &analyzers.Conclusion{Facts: analyzers.Facts{TwoWay: true}}, cor: cor, cfg: cor.cfg}
	var count uint64
	for _, s := range fold(x.of(kindUnanswered, cor.groups.sorted()), x.of(kindUnanswered, cor.groups.overflow()), 16, 64) {
		count += s.count
		if !s.folded {
			t.Errorf("single group of %d attempts", s.count)
		}
	}
	if count != flood+scanned {
		t.Errorf("%d attempts in the findings, want %d", count, flood+scanned)
	}
}

// Whatever the order in which attempts are decided, those whose SYNs came first
// are kept, and of several with one SYN those that were decided first.
func TestAttemptTableKeepsTheFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, frame := range map[string]func(i, n int) int{
		"in order":   func(i, _ int) int { return i + 1 },
		"reversed":   func(i, n int) int { return n - i },
		"random":     func(_, n int) int { return 1 + random.IntN(n) },
		"all at one": func(int, int) int { return 7 },
	} {
		for _, n := range []int{1, maxAttemptRows - 1, maxAttemptRows, 5 * maxAttemptRows / 2} {
			var tab attemptTable
			var want []attemptRow
			for i := range n {
				f := decoders.FrameRef(frame(i, n))
				tab.add(&record{synFrame: f, isn: uint32(i)}, false)
				want = append(want, attemptRow{first: f, ordinal: uint64(i + 1)})
			}
			slices.SortFunc(want, func(a, b attemptRow) int { return a.compare(&b) })
			want = want[:min(n, maxAttemptRows)]
			got := tab.rows.Sorted((*attemptRow).compare)
			if len(got) != len(want) || tab.seen != uint64(n) {
				t.Fatalf("%s: %d rows of %d, want %d of %d", name, len(got), tab.seen, len(want), n)
			}
			for i, r := range got {
				if r.first != want[i].first || r.ordinal != want[i].ordinal || uint64(r.isn) != r.ordinal-1 {
					t.Fatalf("%s: row %d of %d is %+v, want %+v", name, i, n, *r, want[i])
				}
			}
		}
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[int64]string{0: "0 ns", 999: "999 ns", 41_000: "41 µs", 1_500: "1.5 µs", 206_534_350: "207 ms", 7_213_000_000: "7.21 s",
		9_996_000_000: "10.0 s", 131e9: "2 min 11 s", 7_262e9: "2 h 1 min", -5e6: "-5.00 ms"} {
		if got := duration(ns); got != want {
			t.Errorf("%d: %q, want %q", ns, got, want)
		}
	}
}

// Every rule has its place in the groups or is the scan's, and is declared.
func TestRulesAreDeclared(t *testing.T) {
	declared := map[string]bool{}
	for _, r := range Analyzer.Rules {
		declared[r.Code] = true
	}
	used := map[string]bool{ruleScan: true}
	for k := kind(1); k < numKinds; k++ {
		if k != kindCompleted {
			used[kindRules[k]] = true
		}
	}
	for c := range used {
		if !declared[c] {
			t.Errorf("%q is used and not declared", c)
		}
	}
	for c := range declared {
		if !used[c] {
			t.Errorf("%q is declared and never used", c)
		}
	}
	if err := analyzers.Validate([]*analyzers.Analyzer{Analyzer}); err != nil {
		t.Error(err)
	}
}

func BenchmarkUpload(b *testing.B) {
	fp := newFlowPart(&analyzers.Env{Config: defaultConfig(), Metrics: metrics})
	f := &flow.Flow{}
	a := fp.store.New(f)
	a.phase, a.after, a.dataFrame = open, dataAcked, 1
	p := &decoders.Packet{Has: decoders.HasIP | decoders.HasTCP, PayloadLen: 1448, TCP: decoders.TCP{Flags: decoders.ACK, Seq: 1, Ack: 1}}
	var out analyzers.Out
	b.ReportAllocs()
	for range b.N {
		fp.Packet(p, f, &out)
	}
}
