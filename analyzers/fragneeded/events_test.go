package fragneeded_test

import (
	"fmt"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/flow"
)

const (
	client = "10.0.0.1:40000"
	other  = "10.0.0.1:40002"
	server = "10.0.9.1:443"
	gate   = "10.0.0.254"
	second = time.Second
)

// told adds a request of 1460 bytes that the gate answers with MTU 1480 at at,
// and returns the connection, whose client has sent nothing since.
func told(tp *tape, at time.Duration) *conn {
	c := tp.open(0, 20*ms, client, server, 1000)
	c.exchange(100*ms, 20*ms, 100)
	tp.add(at-ms, c.up(0, 1460, psh))
	tp.tell(at, gate, 1480, 548, c.up(0, 1460, psh))
	return c
}

// resend adds the quoted bytes again in two segments, and their acknowledgement.
func (c *conn) resend(at time.Duration) {
	c.tp.add(at, c.up(0, 1440, 0))
	c.tp.add(at+10*us, c.up(1440, 20, psh))
	c.tp.add(at+20*ms, c.acks(1460))
	c.x += 1460
}

func TestRecovery(t *testing.T) {
	t.Run("at once", func(t *testing.T) {
		tp := newTape(t)
		told(tp, second).resend(second + 100*us)
		f := find(t, tp.expect("pmtu-recovered info certain 1"), "pmtu-recovered")
		if f.Measure.Value != int64(100*us) || f.Attrs["delay_ns"] != int64(ms+110*us) {
			t.Errorf("%v %v", f.Measure, f.Attrs) // 110 us less the client's 10 us of the handshake
		}
	})
	t.Run("IPv6", func(t *testing.T) {
		tp := newTape(t)
		c := tp.open(0, 20*ms, "[2001:db8::1]:40000", "[2001:db8:9::1]:443", 1000)
		tp.add(second-ms, c.up(0, 1440, psh))
		tp.tell(second, "2001:db8::fe", 1400, 1232, c.up(0, 1440, psh))
		c.tp.add(second+ms, c.up(0, 1340, 0))
		c.tp.add(second+ms, c.up(1340, 100, psh))
		tp.expect("pmtu-recovered info certain 1")
	})
	t.Run("in a tunnel", func(t *testing.T) {
		tp := newTape(t)
		tp.InIPIP = true
		told(tp, second).resend(second + 100*us)
		f := find(t, tp.expect("pmtu-recovered info certain 1"), "pmtu-recovered")
		if fmt.Sprint(f.Flow.Tunnel) != "[ipip 172.16.0.1>172.16.0.2]" {
			t.Error(f.Flow.Tunnel)
		}
	})
	t.Run("quote of 28 bytes", func(t *testing.T) {
		tp := newTape(t)
		c := tp.open(0, 20*ms, client, server, 1000)
		tp.add(second-ms, c.up(0, 1460, psh))
		tp.tell(second, gate, 1480, 28, c.up(0, 1460, psh))
		c.resend(second + 100*us)
		tp.expect("pmtu-recovered info certain 1")
	})
	t.Run("data of the server, 80 ms away", func(t *testing.T) {
		// Captured at the client: what looks like 130 ms here took 50 there.
		tp := newTape(t)
		c := tp.open(0, 80*ms, client, server, 1000)
		c.exchange(200*ms, 80*ms, 100)
		big := seg{src: server, dst: client, flags: ack, seq: c.y, ack: c.x, n: 1460}
		tp.tell(second, gate, 1480, 548, big)
		big.n = 1440
		tp.add(second+130*ms, big)
		big.seq, big.n = big.seq+1440, 20
		tp.add(second+130*ms, big)
		f := find(t, tp.expect("pmtu-recovered info certain 1"), "pmtu-recovered")
		if f.Attrs["direction"] != "server-to-client" || f.Flow.SPort != 40000 || f.Measure.Value != int64(50*ms) {
			t.Errorf("%v %+v %v", f.Attrs, f.Flow, f.Measure)
		}
	})
	t.Run("a message comes late", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		quoted := c.up(0, 1460, psh)
		tp.add(second+100*us, c.up(0, 1440, 0))
		tp.add(second+100*us, c.up(1440, 20, psh))
		tp.tell(second+ms, gate, 1480, 548, quoted)
		tp.add(second+20*ms, c.acks(1460))
		f := find(t, tp.expect("pmtu-recovered info certain 1"), "pmtu-recovered")
		if f.Attrs["icmps"] != uint64(2) {
			t.Error(f.Attrs)
		}
	})
	t.Run("other codes are not counted", func(t *testing.T) {
		tp := newTape(t)
		c := tp.open(0, 20*ms, client, server, 1000)
		tp.add(second-ms, c.up(0, 1460, psh))
		for code := uint8(0); code < 16; code++ {
			if code != 4 {
				tp.icmp(second, gate, 3, code, 1480, 548, c.up(0, 1460, psh))
			}
		}
		tp.icmp(second, gate, 11, 0, 0, 548, c.up(0, 1460, psh))
		tp.icmp(second, gate, 4, 0, 0, 548, c.up(0, 1460, psh))
		if rows := tp.expect("").Tables[0].Rows; len(rows) != 0 {
			t.Error(rows)
		}
	})
	t.Run("what has arrived needs no recovery", func(t *testing.T) {
		tp := newTape(t)
		c := tp.open(0, 20*ms, client, server, 1000)
		tp.add(second, c.up(0, 1460, psh))
		tp.add(second+20*ms, c.acks(1460))
		tp.tell(second+30*ms, gate, 1480, 548, c.up(0, 1460, psh))
		tp.add(20*second, c.up(1460, 10, psh))
		o := tp.expect("")
		if len(o.Tables[0].Rows) != 1 {
			t.Error(o.Tables[0].Rows)
		}
	})
}

func TestStall(t *testing.T) {
	for _, c := range []struct {
		self      bool
		after     time.Duration
		mechanism any
	}{
		{true, 230 * ms, "probe-timer"},
		{true, 650 * ms, "rto-backoff"},
		{true, 120 * ms, nil},
		{false, 230 * ms, "retransmission-timer"},
		{false, 650 * ms, "rto-backoff"},
		{false, 120 * ms, nil},
	} {
		t.Run(fmt.Sprint(c.self, c.after), func(t *testing.T) {
			tp := newTape(t)
			x := tp.open(0, 20*ms, client, server, 1000)
			from := gate
			if c.self {
				from = "10.0.0.1"
			}
			tp.tell(second, from, 1480, 548, x.up(0, 1460, psh))
			x.resend(second + c.after)
			f := find(t, tp.expect("pmtu-stall warning certain 1"), "pmtu-stall")
			if f.Attrs["mechanism"] != c.mechanism {
				t.Errorf("mechanism %v, want %v: %s", f.Attrs["mechanism"], c.mechanism, f.Message)
			}
			if c.self != (f.Attrs["reporter_kind"] == "self") {
				t.Error(f.Attrs)
			}
		})
	}
}

func TestBlackhole(t *testing.T) {
	t.Run("ignored", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		for _, at := range []time.Duration{200 * ms, 600 * ms, 1400 * ms, 3 * second} {
			tp.add(second+at, c.up(0, 1460, psh))
		}
		tp.add(10*second, c.up(0, 1460, psh))
		tp.expect("pmtu-blackhole error certain 1")
	})
	t.Run("never sent again", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		tp.add(5*second, c.up(0, 0, fin))
		tp.add(6*second, c.up(0, 0, rst))
		tp.expect("pmtu-blackhole error likely 1")
	})
	t.Run("aborted soon", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		tp.add(second+50*ms, c.up(0, 0, rst))
		tp.expect("")
	})
	t.Run("capture ends soon", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		tp.add(6*second, c.up(0, 0, 0))
		tp.expect("")
	})
	t.Run("evicted", func(t *testing.T) {
		tp := newTape(t)
		told(tp, second)
		for i := range 64 {
			tp.add(10*second, seg{src: fmt.Sprintf("10.1.0.%d:1000", i), dst: server, flags: syn, seq: 1})
		}
		cfg := flow.DefaultConfig(1)
		cfg.MaxFlows = 1
		tp.conf.Flow = &cfg
		if o := tp.expect(""); o.VerdictsWithheld != 1 {
			t.Errorf("%d verdicts withheld", o.VerdictsWithheld)
		}
	})
	t.Run("sent again twice", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		tp.add(second+200*ms, c.up(0, 1460, psh))
		tp.add(second+600*ms, c.up(0, 1460, psh))
		tp.add(5*second, seg{src: "10.3.3.3:1", dst: server, flags: syn, seq: 1})
		tp.expect("pmtu-blackhole error certain 1")
	})
	t.Run("one large retransmission is no recovery", func(t *testing.T) {
		tp := newTape(t)
		c := told(tp, second)
		tp.add(second+ms, c.up(0, 1460, psh))
		tp.expect("")
	})
	t.Run("one large retransmission is acknowledged", func(t *testing.T) {
		// The path fits after all (another route): that settles it.
		tp := newTape(t)
		c := told(tp, second)
		tp.add(second+ms, c.up(0, 1460, psh))
		tp.add(second+21*ms, c.acks(1460))
		tp.expect("pmtu-recovered info certain 1")
	})
}

func TestRepeat(t *testing.T) {
	again := func(tp *tape, period time.Duration, n int) {
		for i := range n {
			at := time.Duration(i)*period + second
			c := tp.open(at-500*ms, 20*ms, fmt.Sprintf("10.0.0.1:%d", 40000+i), server, uint32(1000*(i+1)))
			tp.add(at-ms, c.up(0, 1460, psh))
			tp.tell(at, gate, 1480, 548, c.up(0, 1460, psh))
			c.resend(at + 100*us)
		}
	}
	t.Run("600 s", func(t *testing.T) {
		tp := newTape(t)
		again(tp, 600*second, 3)
		o := tp.expect("pmtu-recovered info certain 1, pmtu-repeat warning certain 2, pmtu-recovered info certain 1, pmtu-recovered info certain 1")
		if f := find(t, o, "pmtu-repeat"); f.Measure.Value != int64(600*second) || f.Attrs["cache_expiry"] != true {
			t.Errorf("%v %v", f.Measure, f.Attrs)
		}
	})
	t.Run("within a second", func(t *testing.T) {
		tp := newTape(t)
		again(tp, 900*ms, 2)
		tp.expect("pmtu-recovered info certain 1, pmtu-recovered info certain 1")
	})
	t.Run("the capture clock restarts", func(t *testing.T) {
		tp := newTape(t)
		again(tp, 72*time.Hour, 2)
		for i := range 20 { // the second time is confirmed
			tp.add(72*time.Hour+5*second+time.Duration(i)*ms, seg{src: "10.3.3.3:1", dst: "10.3.3.4:2", flags: ack, seq: 1, n: i})
		}
		o := tp.expect("pmtu-recovered info certain 1, pmtu-recovered info certain 1")
		if len(o.Tables[0].Rows) != 1 {
			t.Error(o.Tables[0].Rows)
		}
	})
	t.Run("fold from the first", func(t *testing.T) {
		tp := newTape(t)
		tp.conf.Set = map[string]string{"fragneeded.fold-events": "0"}
		again(tp, 900*ms, 4)
		tp.expect("pmtu-recovered info certain 1, pmtu-recovered info certain 3")
	})
	t.Run("many become one", func(t *testing.T) {
		tp := newTape(t)
		again(tp, 600*second, 12)
		o := tp.run()
		var single, folded uint64
		for _, f := range o.Findings {
			switch {
			case f.Rule != "pmtu-recovered":
			case f.Count == 1:
				single++
			default:
				folded = f.Count
			}
		}
		if single != 8 || folded != 4 {
			t.Errorf("%d single, %d folded", single, folded)
		}
	})
}

func TestFaulty(t *testing.T) {
	ask := func(mtu uint16, mod func(*seg)) *tape {
		tp := newTape(t)
		c := tp.open(0, 20*ms, client, server, 1000)
		c.exchange(100*ms, 20*ms, 100)
		s := c.up(0, 1460, psh)
		tp.add(second-ms, s)
		mod(&s)
		return tp.tell(second, gate, mtu, 548, s)
	}
	keep := func(*seg) {}
	const invalid, traced = "icmp-frag-needed-invalid warning certain 1", "frag-needed-to-probe warning likely 1"
	ask(0, keep).expect(invalid)
	ask(67, keep).expect(invalid)
	ask(1500, keep).expect(invalid)
	ask(1480, func(s *seg) { s.seq += 1 << 24 }).expect(invalid)
	ask(1480, func(s *seg) { s.seq = 500 }).expect(invalid)
	ask(1480, func(s *seg) { s.ttl = 1 }).expect(traced)
	ask(1480, func(s *seg) { s.n = 40 }).expect(traced)
	ask(68, keep).expect("") // small, and allowed

	// A kernel that refuses a burst quotes its short tail, too.
	tp := newTape(t)
	c := tp.open(0, 20*ms, client, server, 1000)
	tp.tell(second, "10.0.0.1", 1480, 548, c.up(1460, 12, psh))
	tp.add(second+230*ms, c.up(0, 1440, 0))
	tp.add(second+230*ms, c.up(1440, 32, psh))
	tp.expect("pmtu-stall warning certain 1")
}

func TestSuspected(t *testing.T) {
	// b sends its first large data wait after the gate told a's kernel, and the
	// tail after tail.
	ask := func(n int, wait, tail time.Duration, mod func(tp *tape, b *conn)) *tape {
		tp := newTape(t)
		b := tp.open(500*us, 20*ms, other, server, 9000)
		b.exchange(100*ms, 20*ms, 100)
		told(tp, second).resend(second + 100*us)
		if mod != nil {
			mod(tp, b)
		}
		at := second + wait
		tp.add(at, b.up(0, n, psh))
		if tail < 20*ms {
			tp.add(at+tail, b.up(uint32(n), 50, psh))
			tp.add(at+20*ms, b.acks(uint32(n)+50))
		} else {
			tp.add(at+20*ms, b.acks(uint32(n)))
			tp.add(at+tail, b.up(uint32(n), 50, psh))
			tp.add(at+40*ms, b.acks(uint32(n)+50))
		}
		return tp
	}
	const quiet = "pmtu-recovered info certain 1"
	const yes = quiet + ", pmtu-stall-suspected warning likely 1"
	o := ask(1440, 300*ms, 20*ms+50*us, nil).expect(yes)
	f := find(t, o, "pmtu-stall-suspected")
	if f.CausedBy == nil || f.CausedBy.Rule != "pmtu-recovered" || f.Measure != nil || f.Attrs["delay_measurable"] != false {
		t.Errorf("caused by %v, measure %v", f.CausedBy, f.Measure)
	}
	ask(1440, 300*ms, 10*us, nil).expect(quiet)       // a harmless send is cut, too: its tail follows at once
	ask(1439, 300*ms, 20*ms+50*us, nil).expect(quiet) // not one lowered MSS
	ask(1440, 100*ms, 20*ms+50*us, nil).expect(quiet) // too soon
	ask(1440, 300*ms, 200*ms, nil).expect(quiet)      // the tail does not wait for the ACK alone
	ask(1440, 300*ms, 20*ms+50*us, func(tp *tape, b *conn) {
		b.exchange(second+50*ms, 20*ms, 100) // it spoke in between
	}).expect(quiet)
	ask(1440, 700*second, 20*ms+50*us, nil).expect(quiet) // the route has forgotten

	// Another capture of the same minutes behind the first: the clock begins anew.
	tp := newTape(t)
	told(tp, 301*second).resend(301*second + 100*us)
	tp.add(400*second, seg{src: client, dst: server, flags: ack, seq: 1, ack: 1})
	b := tp.open(300*second, 20*ms, other, server, 9000)
	for i := range 10 {
		b.exchange(300*second+time.Duration(i+1)*50*ms, 20*ms, 100)
	}
	at := 301*second + 300*ms
	tp.add(at, b.up(0, 1440, psh))
	tp.add(at+20*ms, b.acks(1440))
	tp.add(at+20*ms+50*us, b.up(1440, 50, psh))
	tp.add(at+40*ms, b.acks(1490))
	tp.expect(quiet)
}

// A silent black hole needs large segments that never pass.
func TestSilent(t *testing.T) {
	lossy := func(size int, again int, mod func(tp *tape, c *conn)) *tape {
		tp := newTape(t)
		c := tp.open(0, 20*ms, client, server, 1000)
		c.exchange(100*ms, 20*ms, 300)
		if mod != nil {
			mod(tp, c)
		}
		tp.add(second, c.up(0, size, 0))
		tp.add(second, c.up(uint32(size), 100, psh))
		dup := c.acks(0)
		dup.sack = [2]uint32{c.x + uint32(size), c.x + uint32(size) + 100}
		tp.add(second+20*ms, dup)
		at, wait := second+200*ms, 400*ms
		for range again {
			tp.add(at, c.up(0, size, 0))
			at, wait = at+wait, wait*2
		}
		tp.add(at+10*second, seg{src: "10.3.3.3:1", dst: server, flags: syn, seq: 1})
		return tp
	}
	const yes = "pmtu-blackhole-silent error likely 1"
	lossy(1460, 4, nil).expect(yes)
	lossy(1460, 2, nil).expect("")
	lossy(300, 5, nil).expect("") // that size has passed before
	lossy(1460, 5, func(tp *tape, c *conn) { c.exchange(300*ms, 20*ms, 1460) }).expect("")
	lossy(1460, 5, func(tp *tape, c *conn) {
		tp.tell(second-ms, gate, 1480, 548, seg{src: other, dst: server, flags: ack, seq: 1, n: 1460})
	}).expect("") // the hosts were told

	// Bad luck: the same size gets through at last.
	tp := lossy(1460, 4, nil)
	tp.add(30*second, seg{src: server, dst: client, flags: ack, seq: 6101, ack: 1301 + 1560})
	tp.expect("")
	// The same with smaller segments.
	tp = lossy(1460, 4, nil)
	tp.add(29*second, seg{src: client, dst: server, flags: ack, seq: 1301, ack: 6101, n: 1024})
	tp.add(30*second, seg{src: server, dst: client, flags: ack, seq: 6101, ack: 1301 + 1024})
	tp.expect("pmtu-blackhole-silent error certain 1")

	// Plain loss: a full segment lost three times behind others that passed.
	tp = newTape(t)
	c := tp.open(0, 20*ms, client, server, 1000)
	for i := range uint32(4) {
		tp.add(second, c.up(i*1460, 1460, 0))
	}
	dup := c.acks(0)
	dup.sack = [2]uint32{c.x + 1460, c.x + 4*1460}
	tp.add(second+20*ms, dup)
	for i := range 4 {
		tp.add(second+time.Duration(i+1)*500*ms, c.up(0, 1460, 0))
	}
	tp.add(20*second, c.acks(0))
	tp.expect("")
}

// hop adds a request that enters a proxy at 10.0.5.5:8080 and leaves it after
// delay.
func hop(in, out *conn, at, delay time.Duration, data string) {
	for _, s := range []struct {
		c  *conn
		at time.Duration
	}{{in, at}, {out, at + delay}} {
		r := s.c.up(0, 0, psh)
		r.data = data
		s.c.tp.add(s.at, r)
	}
	for _, c := range []*conn{out, in} {
		c.x += uint32(len(data))
		a := c.acks(0)
		a.n, a.flags = 50, ack|psh
		c.tp.add(at+delay+10*ms, a)
		c.y += 50
	}
}

func long(i int) string {
	return fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: example.org\r\n\r\n%0300d", i, i)
}

func short(i int) string { return fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: example.org\r\n\r\n", i) }

func TestProxy(t *testing.T) {
	pairUp := func() (*tape, *conn, *conn) {
		tp := newTape(t)
		in := tp.open(0, 10*ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
		out := tp.open(100*ms, 10*ms, "10.0.5.5:51000", server, 700000)
		return tp, in, out
	}
	const late = "proxy-hop-delay warning certain 1"
	rows := func(o *analyzers.Outcome) int { return len(o.Tables[1].Rows) }

	tp, in, out := pairUp()
	hop(in, out, second, 150*ms, long(1))
	o := tp.expect(late)
	if f := find(t, o, "proxy-hop-delay"); f.Measure.Value != int64(150*ms) || rows(o) != 1 || f.CausedBy != nil {
		t.Errorf("%v, %d pairs", f.Measure, rows(o))
	}

	tp, in, out = pairUp()
	hop(in, out, second, 150*ms, short(1))
	if o = tp.expect(""); rows(o) != 0 {
		t.Error("one short match made a pair")
	}
	tp, in, out = pairUp()
	for i := range 4 {
		hop(in, out, time.Duration(i+1)*second, time.Duration(1+i*40)*ms, short(i))
	}
	if o = tp.expect("proxy-hop-delay warning likely 1"); rows(o) != 1 || o.Tables[1].Rows[0][2] != uint64(4) {
		t.Error(o.Tables[1].Rows)
	}

	// Not through this host: the second connection starts elsewhere.
	tp = newTape(t)
	in = tp.open(0, 10*ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
	out = tp.open(100*ms, 10*ms, "10.0.5.6:51000", server, 700000)
	hop(in, out, second, 150*ms, long(1))
	tp.expect("")

	// The same segment behind a NAT: equal sequence numbers.
	tp = newTape(t)
	in = tp.open(0, 10*ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
	out = tp.open(100*ms, 10*ms, "10.0.5.5:51000", server, 1000)
	hop(in, out, second, 150*ms, long(1))
	tp.expect("")

	// Likewise: equal timestamps, although the numbers are translated.
	tp, in, out = pairUp()
	for i, c := range []*conn{in, out} {
		r := c.up(0, 0, psh)
		r.data, r.tsval = long(1), 77
		tp.add(second+time.Duration(i)*150*ms, r)
	}
	tp.expect("")

	// Two connections of one client to the same local server.
	tp = newTape(t)
	in = tp.open(0, 10*us, "127.0.0.1:50000", "127.0.0.1:8080", 1000)
	out = tp.open(ms, 10*us, "127.0.0.1:50002", "127.0.0.1:8080", 90000)
	hop(in, out, second, 150*ms, long(1))
	if o = tp.expect(""); rows(o) != 0 {
		t.Error("a second request of the same client made a pair")
	}

	// More than 2 s apart, it is another request.
	tp, in, out = pairUp()
	hop(in, out, second, 2100*ms, long(1))
	tp.expect("")

	// The outbound connection stood late: the wait for it does not count.
	tp = newTape(t)
	in = tp.open(0, 10*ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
	r := in.up(0, 0, psh)
	r.data = long(1)
	tp.add(800*ms, r)
	out = tp.open(900*ms, 10*ms, "10.0.5.5:51000", server, 700000)
	r = out.up(0, 0, psh)
	r.data = long(1)
	tp.add(960*ms, r)
	if o = tp.expect(""); rows(o) != 1 {
		t.Error(o.Tables[1].Rows)
	}

	// Two clients with the same health check, whose proxy checks as well.
	tp, in, out = pairUp()
	in2 := tp.open(200*ms, 10*ms, "10.0.1.2:50000", "10.0.5.5:8080", 5000)
	for i := range 5 {
		at := time.Duration(i+1) * second
		for k, c := range []*conn{in, in2} {
			r := c.up(0, 0, psh)
			r.data = short(0)
			tp.add(at+time.Duration(k)*ms, r)
			c.x += uint32(len(r.data))
			a := c.acks(0)
			a.n, a.flags = 50, ack|psh
			tp.add(at+10*ms, a)
			c.y += 50
		}
		r := out.up(0, 0, psh)
		r.data = short(0)
		tp.add(at+500*ms, r)
		out.x += uint32(len(r.data))
		a := out.acks(0)
		a.n, a.flags = 50, ack|psh
		tp.add(at+510*ms, a)
		out.y += 50
	}
	if o = tp.expect(""); rows(o) != 0 {
		t.Error("ambiguous health checks made a pair")
	}
}

// request adds a request with an answer after 1 ms.
func (c *conn) request(at time.Duration, data string) {
	r := c.up(0, 0, psh)
	r.data = data
	c.tp.add(at, r)
	c.x += uint32(len(data))
	a := c.acks(0)
	a.n, a.flags = 50, ack|psh
	c.tp.add(at+ms, a)
	c.y += 50
}

// Equal bytes on two connections that are not the two sides of a proxy.
func TestNoProxy(t *testing.T) {
	silent := func(t *testing.T, tp *tape) {
		t.Helper()
		if o := tp.expect(""); len(o.Tables[1].Rows) != 0 {
			t.Error(o.Tables[1].Rows)
		}
	}
	t.Run("a balancer's local servers, in turn", func(t *testing.T) {
		tp := newTape(t)
		a := tp.open(0, 10*us, "127.0.0.1:50000", "127.0.0.1:8001", 1000)
		b := tp.open(ms, 10*us, "127.0.0.1:50002", "127.0.0.1:8002", 90000)
		for i := range 6 {
			a.request(time.Duration(2*i+2)*500*ms, long(1))
			b.request(time.Duration(2*i+3)*500*ms, long(1))
		}
		silent(t, tp)
	})
	for name, bytes := range map[string]func(int) string{"long": long, "short": short} {
		t.Run("a chain of health checks, "+name, func(t *testing.T) {
			tp := newTape(t)
			in := tp.open(0, ms, "10.0.1.1:50000", "10.0.5.5:80", 1000)
			out := tp.open(100*ms, ms, "10.0.5.5:51000", "10.0.9.9:80", 700000)
			for i := range 8 {
				in.request(time.Duration(i+1)*second, bytes(0))
				out.request(time.Duration(i+1)*second+400*ms, bytes(0))
			}
			silent(t, tp)
		})
	}
	t.Run("only the requests are captured", func(t *testing.T) {
		tp := newTape(t)
		for i := range 8 {
			for k, c := range []*conn{{tp, "10.0.1.1:50000", "10.0.5.5:80", 1000, 1}, {tp, "10.0.5.5:51000", "10.0.9.9:80", 700000, 1}} {
				r := c.up(uint32(1000*i), 0, psh)
				r.ack = uint32(1 + 50*i)
				r.data = long(0)
				tp.add(time.Duration(i+1)*second+time.Duration(k)*400*ms, r)
			}
		}
		silent(t, tp)
	})
	t.Run("lost before the proxy", func(t *testing.T) {
		// Captured on a switch: the first transmission does not arrive.
		tp := newTape(t)
		in := tp.open(0, 10*ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
		out := tp.open(100*ms, 10*ms, "10.0.5.5:51000", server, 700000)
		r := in.up(0, 0, psh)
		r.data = long(1)
		tp.add(second, r)
		hop(in, out, second+250*ms, ms, long(1))
		silent(t, tp)
	})
	t.Run("the server's last answer comes again before the next", func(t *testing.T) {
		tp := newTape(t)
		in := tp.open(0, ms, "10.0.1.1:50000", "10.0.5.5:80", 1000)
		out := tp.open(100*ms, ms, "10.0.5.5:51000", "10.0.9.9:80", 700000)
		in.request(second, long(1))
		again := in.acks(0)
		again.seq, again.n, again.flags = in.y-50, 50, ack|psh
		r := in.up(0, 0, psh)
		r.data = long(2)
		tp.add(2*second, r)
		tp.add(2*second+100*us, again)
		in.x += uint32(len(r.data))
		a := in.acks(0)
		a.n, a.flags = 50, ack|psh
		tp.add(2*second+ms, a)
		out.request(2*second+400*ms, long(2))
		silent(t, tp)
	})
	t.Run("the clock began anew", func(t *testing.T) {
		tp := newTape(t)
		in := tp.open(300*second, ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
		r := in.up(0, 0, psh)
		r.data = long(1)
		tp.add(301*second, r)
		tp.add(400*second, in.acks(uint32(len(r.data))))
		out := tp.open(300*second, ms, "10.0.5.5:51000", server, 700000)
		for range 20 { // no outlier
			tp.add(300*second+2*ms, out.up(0, 0, 0))
		}
		r = out.up(0, 0, psh)
		r.data = long(1)
		tp.add(301*second+150*ms, r)
		silent(t, tp)
	})
}

// The outbound connection took its time, and the records are not in the order of
// their times: ready is a little later than what it was ready for.
func TestProxyOutOfOrder(t *testing.T) {
	tp := newTape(t)
	in := tp.open(0, 10*ms, "10.0.1.1:50000", "10.0.5.5:8080", 1000)
	r := in.up(0, 0, psh)
	r.data = long(1)
	tp.add(800*ms, r)
	tp.add(810*ms, seg{src: "10.0.5.5:51000", dst: server, flags: syn, seq: 1})
	tp.add(1110*ms, seg{src: server, dst: "10.0.5.5:51000", flags: syn | ack, seq: 1, ack: 2})
	tp.add(1110*ms+60*us, seg{src: "10.0.7.7:60000", dst: "10.0.7.8:80", flags: ack, seq: 1, ack: 2})
	tp.add(1110*ms+10*us, seg{src: "10.0.5.5:51000", dst: server, flags: ack, seq: 2, ack: 2})
	tp.add(1110*ms+30*us, seg{src: "10.0.5.5:51000", dst: server, flags: ack | psh, seq: 2, ack: 2, data: long(1)})
	if o := tp.expect(""); len(o.Tables[1].Rows) != 1 {
		t.Error(o.Tables[1].Rows)
	}
}

// The hop shows what the Ethernet side alone could only guess.
func TestHopShowsSuspectedStall(t *testing.T) {
	tp := newTape(t)
	in := tp.open(0, 10*us, "127.0.0.1:50000", "127.0.0.1:15001", 50)
	b := tp.open(ms, 20*ms, other, server, 9000)
	told(tp, second).resend(second + 100*us)
	body := fmt.Sprintf("PUT /x HTTP/1.1\r\n\r\n%01500d", 7)
	r := in.up(0, 0, psh)
	r.data = body
	tp.add(second+400*ms, r)
	r = b.up(0, 0, psh)
	r.data = body[:1440]
	tp.add(second+610*ms, r)
	o := tp.expect("pmtu-recovered info certain 1, pmtu-stall-suspected warning likely 1, proxy-hop-delay warning certain 1")
	f := find(t, o, "pmtu-stall-suspected")
	if f.Measure == nil || f.Measure.Value != int64(210*ms) {
		t.Errorf("measure %v", f.Measure)
	}
	if h := find(t, o, "proxy-hop-delay"); h.CausedBy != f {
		t.Errorf("caused by %v", h.CausedBy)
	}
}
