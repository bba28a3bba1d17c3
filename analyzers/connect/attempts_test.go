package connect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
)

const (
	cl    = "10.0.0.2:40000"
	sv    = "10.0.0.3:80"
	other = "10.0.0.9:41000"
	web   = "10.0.0.8:80"

	sec = time.Second
	ms  = time.Millisecond
)

func first(at time.Duration) seg { return seg{at: at, src: cl, dst: sv, flags: syn, seq: 1000} }

func answer(at time.Duration) seg {
	return seg{at: at, src: sv, dst: cl, flags: syn | ack, seq: 5000, ack: 1001}
}

func final(at time.Duration) seg {
	return seg{at: at, src: cl, dst: sv, flags: ack, seq: 1001, ack: 5001}
}

func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		tape               func(tp *tape)
		findings, outcomes string
	}{
		"dropped, then the capture runs on": {func(tp *tape) {
			tp.add(first(0), first(sec), first(3*sec)).sound(20*sec, other, web)
		}, "dropped error certain", "dropped, answered"},
		"dropped, cut by the capture's end": {func(tp *tape) {
			tp.sound(0, other, web).add(first(sec), first(2*sec), first(4*sec))
		}, "dropped error possible", "answered, dropped (cut)"},
		"one repetition, cut: the answer may be next": {func(tp *tape) {
			tp.sound(0, other, web).add(first(sec), first(2*sec))
		}, "dropped warning possible", "answered, dropped (cut)"},
		"a single SYN at the end": {func(tp *tape) {
			tp.sound(0, other, web).add(first(sec))
		}, "unanswered info possible", "answered, unanswered (cut)"},
		"a capture of SYNs only does not shout": {func(tp *tape) {
			tp.add(first(0), first(sec), first(3*sec), first(200*sec))
		}, "dropped info possible, unanswered info possible", "dropped (one-sided), unanswered (cut one-sided)"},
		"SYN to broadcast": {func(tp *tape) {
			tp.add(seg{src: cl, dst: "255.255.255.255:80", flags: syn, seq: 1}, seg{at: sec, src: cl, dst: "255.255.255.255:80", flags: syn, seq: 1}).sound(20*sec, other, web)
		}, "dropped info certain", "dropped (broadcast), answered"},
		"a RST that acknowledges something else is no answer": {func(tp *tape) {
			tp.add(first(0), seg{at: ms, src: sv, dst: cl, flags: rst | ack, ack: 77}, first(sec), first(3*sec)).sound(30*sec, other, web)
		}, "dropped error certain", "dropped (invalid-rst), answered"},
		"refused": {func(tp *tape) {
			tp.add(first(0), seg{at: ms, src: sv, dst: cl, flags: rst | ack, ack: 1001})
		}, "refused warning certain", "refused"},
		"refused three times, as Windows tries": {func(tp *tape) {
			r := func(at time.Duration) seg { return seg{at: at, src: sv, dst: cl, flags: rst | ack, ack: 1001} }
			tp.add(first(0), r(ms), first(500*ms), r(501*ms), first(sec), r(sec+ms))
		}, "refused warning certain", "refused"},
		"refused at the end of data in the SYN": {func(tp *tape) {
			s := first(0)
			s.data = "hello"
			tp.add(s, seg{at: ms, src: sv, dst: cl, flags: rst | ack, ack: 1006})
		}, "refused warning certain", "refused (data-in-syn)"},
		"rejected": {func(tp *tape) {
			tp.add(first(0)).icmp(ms, 3, 13, first(0))
		}, "rejected warning certain", "rejected"},
		"rejected, yet answered later": {func(tp *tape) {
			tp.add(first(0)).icmp(ms, 3, 1, first(0)).add(first(sec), answer(sec+ms), final(sec+2*ms))
		}, "slow-syn-lost warning certain", "answered (slow-syn-lost icmp-error)"},
		"an ICMP error after the answer is no rejection": {func(tp *tape) {
			tp.add(first(0), answer(ms)).icmp(2*ms, 3, 1, first(0)).add(final(3 * ms))
		}, "", "answered"},
		"an ICMP error that quotes another attempt": {func(tp *tape) {
			q := first(0)
			q.seq = 999
			tp.add(first(0)).icmp(ms, 3, 1, q).sound(20*sec, other, web)
		}, "unanswered info likely", "unanswered, answered"},
		"fragmentation needed is no rejection": {func(tp *tape) {
			tp.add(first(0)).icmp(ms, 3, 4, first(0)).sound(20*sec, other, web)
		}, "unanswered info likely", "unanswered, answered"},
		"a routing loop": {func(tp *tape) {
			tp.add(first(0)).icmp(ms, 11, 0, first(0)).sound(20*sec, other, web)
		}, "rejected warning likely", "rejected, answered"},
		"answer not captured": {func(tp *tape) {
			tp.add(first(0), first(sec), final(sec+50*ms)).sound(20*sec, other, web)
		}, "", "answered-unseen, answered"},
		"both directions captured, in the wrong order": {func(tp *tape) {
			tp.add(first(0), final(2*ms), answer(ms))
		}, "", "answered"},
		"the answer captured before the SYN": {func(tp *tape) {
			tp.add(answer(ms), first(0), final(2*ms))
		}, "", "answered"},
		"a client whose answers take another path": {func(tp *tape) {
			tp.sound(0, other, web).add(seg{at: sec, src: "10.0.0.2:50000", dst: web, flags: syn, seq: 1}, seg{at: sec + ms, src: "10.0.0.2:50000", dst: web, flags: ack, seq: 2, ack: 3}).
				add(first(2*sec), first(3*sec), first(5*sec)).sound(60*sec, other, web)
		}, "dropped info possible", "answered, answered-unseen, dropped (one-sided), answered"},
		"SYN-ACKs ignored": {func(tp *tape) {
			tp.add(first(0), answer(ms), first(sec), answer(sec+ms), first(3*sec), answer(3*sec+ms)).sound(30*sec, other, web)
		}, "synack-ignored error certain", "synack-ignored, answered"},
		"half open, SYN-ACK repeated": {func(tp *tape) {
			tp.add(first(0), answer(ms), answer(sec), answer(3*sec)).sound(30*sec, other, web)
		}, "handshake-incomplete warning certain", "handshake-incomplete, answered"},
		"half open, SYN-ACK never repeated: rather the ACK was not captured": {func(tp *tape) {
			tp.add(first(0), answer(ms)).sound(30*sec, other, web)
		}, "handshake-incomplete info possible", "handshake-incomplete, answered"},
		"the server speaks, so it has the ACK": {func(tp *tape) {
			tp.add(first(0), answer(ms), seg{at: 3 * ms, src: sv, dst: cl, flags: ack, seq: 5001, ack: 1001, data: "220 ready\r\n"})
		}, "", "answered"},
		"a SYN-ACK with another number is no answer": {func(tp *tape) {
			bad := answer(ms)
			bad.ack = 4
			tp.add(first(0), bad, first(sec), first(3*sec)).sound(30*sec, other, web)
		}, "dropped error certain", "dropped, answered"},
		"slow": {func(tp *tape) {
			tp.add(first(0), first(sec), answer(sec+ms), final(sec+2*ms))
		}, "slow-syn-lost warning certain", "answered (slow-syn-lost)"},
		"port reuse: another number is another attempt": {func(tp *tape) {
			b := first(10 * sec)
			b.seq = 2000
			tp.add(first(0), b).sound(30*sec, other, web)
		}, "unanswered info likely", "unanswered, unanswered, answered"},
		"two numbers take turns on one 4-tuple": {func(tp *tape) {
			b := first(500 * ms)
			b.seq = 2000
			tp.add(first(0), b, first(sec), answer(sec+ms), final(sec+2*ms)).sound(30*sec, other, web)
		}, "slow-syn-lost warning certain, unanswered info possible", "answered (slow-syn-lost), unanswered (superseded), answered"},
		"data in the SYN, answered before the final ACK, which is missing": {func(tp *tape) {
			s, a := first(0), answer(ms)
			s.data, a.ack = "GET /", 1006
			tp.add(s, a, seg{at: 2 * ms, src: sv, dst: cl, flags: ack, seq: 5001, ack: 1006, data: "hello"}).sound(30*sec, other, web)
		}, "", "answered (data-in-syn), answered"},
		"stale peer without success": {func(tp *tape) {
			tp.add(first(0), seg{at: ms, src: sv, dst: cl, flags: ack, seq: 88, ack: 99}, seg{at: 2 * ms, src: cl, dst: sv, flags: rst, seq: 99}).sound(30*sec, other, web)
		}, "stale-peer warning likely", "stale-peer, answered"},
		"overload": {func(tp *tape) {
			tp.sound(0, "10.0.0.2:39000", sv).add(first(20*sec), first(21*sec), first(23*sec)).sound(60*sec, other, web)
		}, "dropped-selectively error certain", "answered, dropped-selectively, answered"},
		"answered too long ago for overload": {func(tp *tape) {
			tp.sound(0, "10.0.0.2:39000", sv).add(first(40*sec), first(41*sec), first(43*sec)).sound(80*sec, other, web)
		}, "dropped error certain", "answered, dropped, answered"},
		"answered between the first and the last SYN": {func(tp *tape) {
			tp.add(first(0), first(sec)).sound(2*sec, "10.0.0.7:39000", sv).add(first(3*sec)).sound(60*sec, other, web)
		}, "dropped-selectively error certain", "dropped-selectively, answered, answered"},
		"clock restart: no verdict": {func(tp *tape) {
			tp.sound(0, other, web).add(first(sec), first(2*sec))
			for i := range 40 {
				tp.sound(90*24*time.Hour+time.Duration(i)*sec, fmt.Sprintf("10.0.0.9:%d", 42000+i), web)
			}
		}, "", "answered, undecided" + strings.Repeat(", answered", 40)},
	} {
		t.Run(name, func(t *testing.T) {
			tp := newTape(t)
			c.tape(tp)
			tp.expect(c.findings, c.outcomes)
		})
	}
}

func TestAfterHandshake(t *testing.T) {
	request := func(at time.Duration) seg {
		return seg{at: at, src: cl, dst: sv, flags: ack, seq: 1001, ack: 5001, data: "GET / HTTP/1.1\r\n\r\n"}
	}
	acked := func(at time.Duration) seg { return seg{at: at, src: sv, dst: cl, flags: ack, seq: 5001, ack: 1019} }
	reset := func(at time.Duration) seg {
		return seg{at: at, src: sv, dst: cl, flags: rst | ack, seq: 5001, ack: 1019}
	}
	finC := func(at time.Duration) seg {
		return seg{at: at, src: cl, dst: sv, flags: fin | ack, seq: 1019, ack: 5001}
	}
	finS := func(at time.Duration) seg {
		return seg{at: at, src: sv, dst: cl, flags: fin | ack, seq: 5001, ack: 1020}
	}
	for name, c := range map[string]struct {
		segs     []seg
		findings string
	}{
		"reset early":                    {[]seg{request(3 * ms), acked(4 * ms), reset(10 * sec)}, "reset-early warning certain"},
		"reset after the client's FIN":   {[]seg{request(3 * ms), acked(4 * ms), finC(5 * ms), reset(6 * ms)}, ""},
		"reset with another number":      {[]seg{request(3 * ms), acked(4 * ms), {at: 5 * ms, src: sv, dst: cl, flags: rst, seq: 6000}}, ""},
		"no response, the client leaves": {[]seg{request(3 * ms), acked(4 * ms), finC(3 * sec), finS(4 * sec), final(5 * sec)}, "no-response info certain"},
		"no response, but nobody waited": {[]seg{request(3 * ms), acked(4 * ms), finC(5 * ms), finS(6 * ms)}, ""},
		"no response, the server leaves": {[]seg{request(3 * ms), acked(4 * ms), {at: 5 * ms, src: sv, dst: cl, flags: fin | ack, seq: 5001, ack: 1019}}, "no-response info certain"},
		"still open at the end":          {[]seg{request(3 * ms), acked(4 * ms)}, ""},
		"accept queue, never taken": {[]seg{request(3 * ms), request(203 * ms), request(603 * ms), answer(sec), final(sec + ms), request(1500 * ms), answer(3 * sec)},
			"accept-queue error certain"},
		"accept queue, taken late": {[]seg{request(3 * ms), request(203 * ms), request(603 * ms), answer(sec), final(sec + ms), request(1500 * ms), acked(1501 * ms)},
			"accept-queue warning likely"},
		"SYN-ACK repeated, but the data are taken at once": {[]seg{answer(sec), final(sec + ms), request(2 * sec), acked(2*sec + ms)}, ""},
		"final ACK and one segment lost":                   {[]seg{request(3 * ms), answer(sec), request(sec + ms), acked(sec + 2*ms)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			newTape(t).add(first(0), answer(ms), final(2*ms)).add(c.segs...).expect(c.findings, "answered")
		})
	}
}

// A server answers each segment of a connection that it does not want with
// RST: one connection was reset, however many there are.
func TestSeveralResets(t *testing.T) {
	tp := newTape(t).add(first(0), answer(ms), final(2*ms), seg{at: 3 * ms, src: cl, dst: sv, flags: ack, seq: 1001, ack: 5001, data: "GET / HTTP/1.1\r\n\r\n"})
	for i := range 3 {
		tp.add(seg{at: time.Duration(4+i) * ms, src: sv, dst: cl, flags: rst | ack, seq: 5001, ack: 1019})
	}
	o := tp.expect("reset-early warning certain", "answered")
	if n := o.Findings[0].Count; n != 1 {
		t.Errorf("%d connections were reset: %s", n, o.Findings[0].Message)
	}
}

// A connection without data to an unknown protocol counts as one without a
// response only if the server answers others.
func TestNoResponseUnknownProtocol(t *testing.T) {
	mute := func(tp *tape, at time.Duration) *tape {
		return tp.add(first(at), answer(at+ms), final(at+2*ms),
			seg{at: at + 3*ms, src: cl, dst: sv, flags: ack, seq: 1001, ack: 5001, data: "metric 1\n"},
			seg{at: at + 4*ms, src: sv, dst: cl, flags: ack, seq: 5001, ack: 1010},
			seg{at: at + 5*sec, src: cl, dst: sv, flags: fin | ack, seq: 1010, ack: 5001},
			seg{at: at + 6*sec, src: sv, dst: cl, flags: fin | ack, seq: 5001, ack: 1011})
	}
	mute(newTape(t), 0).expect("", "answered")
	mute(newTape(t).sound(0, "10.0.0.7:39000", sv), sec).expect("no-response info likely", "answered, answered")
}

func TestEvictionWithholdsVerdicts(t *testing.T) {
	tp := newTape(t)
	tp.conf.Flow = smallTable(2)
	tp.conf.Workers = 1
	tp.add(first(0), first(sec))
	for i := range 200 {
		tp.sound(2*sec+time.Duration(i)*10*ms, fmt.Sprintf("10.0.1.%d:41000", i+1), web)
	}
	res := tp.run()
	o := res.Results[0].Outcome
	if len(o.Findings) != 0 || o.VerdictsWithheld != 1 || res.Ledger.VerdictsWithheld != 1 {
		t.Errorf("%d findings, %d withheld; want 0 and 1", len(o.Findings), o.VerdictsWithheld)
	}
}

func TestFolding(t *testing.T) {
	tp := newTape(t)
	for i := range 17 { // one over the limit, one server
		at := time.Duration(i) * 100 * ms
		c := fmt.Sprintf("10.0.1.%d:40000", i+1)
		tp.add(seg{at: at, src: c, dst: sv, flags: syn, seq: 1}, seg{at: at + ms, src: sv, dst: c, flags: rst | ack, ack: 2})
	}
	for i := range 18 { // one client, several servers; too few for a scan
		at := 5*sec + time.Duration(i)*100*ms
		s := fmt.Sprintf("10.0.2.%d:443", i+1)
		tp.add(seg{at: at, src: cl, dst: s, flags: syn, seq: 1}, seg{at: at + ms, src: s, dst: cl, flags: rst | ack, ack: 2})
	}
	o := tp.run().Results[0].Outcome
	if len(o.Findings) != 2 {
		t.Fatalf("%d findings, want 2", len(o.Findings))
	}
	a, b := o.Findings[0], o.Findings[1]
	if !a.Flow.Src.IsZero() || a.Flow.DPort != 80 || a.Attrs["clients"] != uint64(17) || a.Count != 17 || len(a.Evidence) != analyzers.MaxEvidence || a.EvidenceTotal != 34 {
		t.Errorf("by server: %+v %+v", a, a.Flow)
	}
	if !b.Flow.Dst.IsZero() || b.Flow.Src.String() != "10.0.0.2" || b.Attrs["servers"] != uint64(18) || b.Count != 18 {
		t.Errorf("by client: %+v %+v", b, b.Flow)
	}
}

func TestScan(t *testing.T) {
	scan := func(n, open int, every time.Duration) *tape {
		tp := newTape(t)
		for i := range n {
			at := time.Duration(i) * every
			s := fmt.Sprintf("10.0.0.3:%d", i+1)
			tp.add(seg{at: at, src: cl, dst: s, flags: syn, seq: 1000})
			if i < open {
				tp.add(seg{at: at + ms, src: s, dst: cl, flags: syn | ack, seq: 5000, ack: 1001}, seg{at: at + 2*ms, src: cl, dst: s, flags: rst, seq: 1001})
			} else {
				tp.add(seg{at: at + ms, src: s, dst: cl, flags: rst | ack, ack: 1001})
			}
		}
		return tp
	}
	rules := func(tp *tape) (out []string) {
		for _, f := range tp.run().Results[0].Outcome.Findings {
			out = append(out, f.Rule)
		}
		return out
	}
	if got := rules(scan(20, 4, 3*sec)); len(got) != 1 || got[0] != "connect-scan" {
		t.Errorf("20 targets in 57 s, 4 of them open: %v", got)
	}
	if got := rules(scan(19, 0, ms*10)); len(got) == 0 || got[0] != "connect-refused" {
		t.Errorf("19 targets: %v", got)
	}
	if got := rules(scan(20, 5, ms*10)); len(got) == 0 || got[0] != "connect-refused" {
		t.Errorf("20 targets, 5 of them open: %v", got)
	}
	if got := rules(scan(24, 0, 4*sec)); len(got) == 0 || got[0] != "connect-refused" {
		t.Errorf("24 targets, never 20 in 60 s: %v", got)
	}
}

func TestHandshakeLatency(t *testing.T) {
	tp := newTape(t).add(first(0), answer(30*ms), final(31*ms)).sound(sec, "10.0.0.2:40001", sv)
	tp.add(seg{at: 2 * sec, src: "10.0.0.2:40002", dst: sv, flags: syn, seq: 1000}, seg{at: 3 * sec, src: "10.0.0.2:40002", dst: sv, flags: syn, seq: 1000},
		seg{at: 3*sec + ms, src: sv, dst: "10.0.0.2:40002", flags: syn | ack, seq: 5000, ack: 1001}, seg{at: 3*sec + 2*ms, src: "10.0.0.2:40002", dst: sv, flags: ack, seq: 1001, ack: 5001})
	o := tp.run().Results[0].Outcome
	want := map[string][3]int64{ // count, min, max
		"tcp.handshake":        {3, int64(2 * ms), int64(sec + 2*ms)},
		"tcp.handshake.server": {2, int64(ms), int64(30 * ms)},
		"tcp.handshake.client": {2, int64(ms), int64(ms)},
	}
	for _, r := range o.Latency {
		if got := [3]int64{int64(r.Count), r.Min, r.Max}; got != want[r.Metric.Name] || r.Values[0] != sv {
			t.Errorf("%s %v: %v, want %v", r.Metric.Name, r.Values, got, want[r.Metric.Name])
		}
		delete(want, r.Metric.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
