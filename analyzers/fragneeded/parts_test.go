package fragneeded

import (
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

func env() *analyzers.Env {
	return &analyzers.Env{Slot: 0, Shards: 16, Config: defaultConfig(), Metrics: metrics}
}

// A record crosses to the correlator unchanged, whatever the number of quotes.
func TestRecordCrosses(t *testing.T) {
	for n := range uint8(maxQuotes + 1) {
		fp := newFlowPart(env())
		e := &event{first: 11, frame: 12, lastICMP: 13, reporter: decoders.Addr{Hi: 14, Lo: 15}, mtu: 1480, dropped: 16, droppedFrame: 17,
			resume: 18, resumeFrame: 19, done: 20, doneFrame: 21, icmps: 22, largest: 23, resends: 24, fault: beyond, ttl: 25,
			kind: destination, partAcked: true, n: n}
		for i := range e.quotes[:n] {
			k := uint32(i)
			e.quotes[i] = quote{time: int64(100 + k), frame: decoders.FrameRef(200 + k), seq: 300 + k, length: 400 + k, resume: int64(500 + k), resumeFrame: decoders.FrameRef(600 + k)}
		}
		f := &flow.Flow{TunnelID: 7, SYNTime: 100, SYNACKTime: 200, AckTime: 230}
		f.Key = decoders.FlowKey{A: decoders.Addr{Lo: 1}, B: decoders.Addr{Lo: 2}, PortA: 3, PortB: 4, Proto: 6, Version: 4}
		f.Dir[1].MSS, f.Dir[1].Has = 1400, flow.HasMSS
		var out analyzers.Out
		fp.emitRecord(e, f, stalled, 26, &out)

		var w words
		var r *record
		for i := range out.Events {
			if ev := &out.Events[i].Event; ev.Kind == evWords {
				w.take(ev)
			} else {
				r = readRecord(ev, &w)
			}
		}
		if r.src.Lo != 1 || r.dst.Lo != 2 || r.sport != 3 || r.dport != 4 || r.tunnel != 7 || !r.client || r.first != 11 || r.frame != 12 ||
			r.lastICMP != 13 || r.reporter != e.reporter || r.mtu != 1480 || r.dropped != 16 || r.droppedFrame != 17 || r.resume != 18 ||
			r.resumeFrame != 19 || r.done != 20 || r.doneFrame != 21 || r.icmps != 22 || r.largest != 23 || r.resends != 24 || r.fault != beyond ||
			r.ttl != 25 || r.kind != destination || !r.acked || r.waited != 26 || r.verdict != stalled || r.mss != 1400 || r.near != 30 || r.whole != 130 {
			t.Errorf("%+v", r)
		}
		if len(r.quotes) != int(n) {
			t.Fatalf("%d quotes, want %d", len(r.quotes), n)
		}
		for i := range r.quotes {
			if r.quotes[i] != e.quotes[i] {
				t.Errorf("quote %d: %+v, want %+v", i, r.quotes[i], e.quotes[i])
			}
		}
	}
}

func TestFaultOf(t *testing.T) {
	for _, c := range []struct {
		v6           bool
		kind         reporterKind
		mtu, largest uint32
		ttl          uint8
		want         fault
	}{
		{false, router, 1480, 1500, 63, 0},
		{false, router, 1480, 0, 63, 0}, // length not known
		{false, router, 1480, 1480, 63, tooShort},
		{false, router, 1480, 740, 63, tooShort},
		{false, router, 1480, 739, 63, probe},
		{false, router, 1480, 1500, 1, probe},
		{false, router, 1480, 1500, 0, probe},
		{false, self, 1480, 64, 64, 0},
		{false, destination, 1480, 64, 64, probe},
		{false, router, 0, 1500, 63, badMTU},
		{false, router, 67, 1500, 63, badMTU},
		{false, router, 68, 1500, 63, 0},
		{false, self, 0, 1500, 64, badMTU},
		{true, router, 1279, 1500, 63, badMTU},
		{true, router, 1280, 1500, 63, 0},
	} {
		if got := faultOf(c.v6, c.kind, c.mtu, c.largest, c.ttl); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// A quote of 28 bytes does not tell how long the TCP header is.
func TestShortQuote(t *testing.T) {
	f := &flow.Flow{}
	f.Dir[0].Next, f.Dir[0].Has = 10_000, flow.HasNext
	if got := shortQuote(f, 0, 1000, 2460, 1500, nil); got != 2460 {
		t.Error(got)
	}
	if got := shortQuote(f, 0, 9000, 10_460, 1500, nil); got != 10_000 {
		t.Errorf("%d: more than was sent", got)
	}
	if got := shortQuote(f, 0, 10_000, 11_460, 1500, nil); got != 11_460 {
		t.Errorf("%d: nothing of it was seen", got)
	}
	f.Dir[0].Has |= flow.Timestamps
	f.Dir[1].Has |= flow.Timestamps
	if got := shortQuote(f, 0, 1000, 2460, 1500, nil); got != 2448 {
		t.Errorf("%d: without the timestamps", got)
	}
	if got := shortQuote(f, 0, 1000, 2460, 1500, &sent{seq: 1000, end: 2436, info: 1500 << 1}); got != 2436 {
		t.Errorf("%d: not the segment itself", got)
	}
}

func TestTimerTurn(t *testing.T) {
	for ms, want := range map[int64]int{0: 0, 100: 0, 179: 0, 180: 1, 207: 1, 300: 1, 301: 0, 539: 0, 600: 2, 1400: 3, 3000: 4, 250_000: 0} {
		if got := timerTurn(ms * 1e6); got != want {
			t.Errorf("%d ms: turn %d, want %d", ms, got, want)
		}
	}
}

func TestCostOf(t *testing.T) {
	for n, want := range map[uint32]string{
		8: "8 bytes is what PPPoE costs", 20: "20 bytes is what IPIP (IP in IPv4) costs", 50: "50 bytes is what VXLAN costs",
		60: "60 bytes is what WireGuard over IPv4 costs", 73: "73 bytes fits no common plain tunnel; IPsec varies between about 50 and 80",
		500: "500 bytes fits no common tunnel; IPsec varies, and tunnels may be nested",
	} {
		if got := costOf(n, false); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	if got := costOf(20, true); got != "20 bytes is what IPIP (6in4, IPv6 in IPv4) costs" {
		t.Errorf("20 of IPv6: %s", got)
	}
	if got := costOf(8, true); got != "8 bytes is what PPPoE costs" {
		t.Errorf("8 of IPv6: %s", got)
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[int64]string{0: "0 ns", 55_000: "55 µs", 150_000: "150 µs", 20_000: "20 µs", 1_500: "1.5 µs",
		206_534_350: "207 ms", 8_650_000: "8.65 ms", 9_001_000_000: "9.00 s", 600_000_000_000: "10 min 0 s"} {
		if got := duration(ns); got != want {
			t.Errorf("%d: %s, want %s", ns, got, want)
		}
	}
}

func TestPool(t *testing.T) {
	p := newPool[int](3)
	var hs []uint32
	for range 3 {
		h, v := p.get()
		*v = 7
		hs = append(hs, h)
	}
	if h, v := p.get(); h != 0 || v != nil {
		t.Error("more than the limit")
	}
	p.put(hs[1])
	if h, v := p.get(); h != hs[1] || *v != 0 {
		t.Error("a freed entry is not reused, or not cleared")
	}
}

func segment(f *flow.Flow, frame uint64, seq, n uint32) *decoders.Packet {
	p := &decoders.Packet{Has: decoders.HasTCP | decoders.HasIP | decoders.HasTime, Frame: frame, Clock: int64(frame) * 1e6, Time: int64(frame) * 1e6, IPLen: 40 + n, IPVersion: 4}
	p.TCP.Seq, p.Seg.Payload, p.TCP.Flags = seq, n, decoders.ACK
	p.Seg.Class = decoders.ClassNewData
	return p
}

func TestRecent(t *testing.T) {
	var r recent
	f := &flow.Flow{FirstFrame: 1}
	if r.find(f, 0, 1, 0) != nil {
		t.Error("found in an empty memory")
	}
	r.add(segment(f, 1, 0xffffff00, 1000), f)
	r.add(segment(f, 2, 0xffffff00, 600), f)
	for _, c := range []struct {
		seq, longer uint32
		frame       decoders.FrameRef
	}{
		{0xffffff00, 0, 2}, {0xffffff00, 700, 1}, {0xfffffeff, 0, 0}, {100, 0, 2}, {400, 0, 1}, {743, 0, 1}, {744, 0, 0}, {0, 1100, 0},
	} {
		var got decoders.FrameRef
		if s := r.find(f, 0, c.seq, c.longer); s != nil {
			got = s.frame
		}
		if got != c.frame {
			t.Errorf("%d longer than %d: frame %d, want %d", c.seq, c.longer, got, c.frame)
		}
	}
	if r.find(f, 1, 0xffffff00, 0) != nil || r.find(&flow.Flow{FirstFrame: 2}, 0, 400, 0) != nil {
		t.Error("another direction, or an earlier flow")
	}
	for i := range uint64(recentSize) {
		r.add(segment(f, 10+i, 5, 600), f)
	}
	if r.find(f, 0, 0xffffff00, 0) != nil {
		t.Error("the memory does not forget")
	}
}

// Ordinary data cost no allocation, and no more than a few loads.
func BenchmarkData(b *testing.B) {
	fp := newFlowPart(env())
	f := &flow.Flow{Client: 1}
	p := segment(f, 1, 1, 1400)
	var out analyzers.Out
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.TCP.Seq += 1400
		p.Clock++
		fp.Packet(p, f, &out)
	}
	if len(out.Events) != 0 {
		b.Fatal("events for ordinary data")
	}
}
