package connect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMessages holds the parts of sentences that depend on what else the
// capture shows.
func TestMessages(t *testing.T) {
	attempt := func(at time.Duration, port int, flags uint8) seg {
		return seg{at: at, src: fmt.Sprintf("10.0.0.2:%d", port), dst: sv, flags: flags, seq: 1000}
	}
	opened := func(tp *tape, at time.Duration, port int) {
		c := fmt.Sprintf("10.0.0.2:%d", port)
		tp.add(attempt(at, port, syn), seg{at: at + ms, src: sv, dst: c, flags: syn | ack, seq: 5000, ack: 1001},
			seg{at: at + 2*ms, src: c, dst: sv, flags: ack, seq: 1001, ack: 5001})
	}
	refusal := func(tp *tape, at time.Duration, client, server string) {
		tp.add(seg{at: at, src: client, dst: server, flags: syn, seq: 1000}, seg{at: at + ms, src: server, dst: client, flags: rst | ack, ack: 1001})
	}
	for name, c := range map[string]struct {
		tape func(tp *tape)
		rule string
		want string
		not  string
	}{
		"dropped between answered attempts: as likely an outage": {func(tp *tape) {
			opened(tp, 0, 41000)
			tp.add(attempt(sec, 41001, syn), attempt(2*sec, 41001, syn))
			opened(tp, 40*sec, 41002)
		}, "connect-dropped-selectively", "yet 2 other attempts to it in this capture got through: overload (accept queue, SYN backlog, conntrack or rate limit) or, since none of them began meanwhile, an outage of the server, rather than a firewall rule", ""},
		"dropped while another attempt was answered: no outage": {func(tp *tape) {
			tp.add(attempt(0, 41001, syn))
			opened(tp, sec/2, 41000)
			tp.add(attempt(sec, 41001, syn))
			opened(tp, 20*sec, 41002)
		}, "connect-dropped-selectively", "got through: overload (accept queue, SYN backlog, conntrack or rate limit) rather than", "outage"},
		"of another client only, before": {func(tp *tape) {
			tp.sound(0, other, sv).add(attempt(sec, 41001, syn), attempt(2*sec, 41001, syn)).sound(20*sec, other, web)
		}, "connect-dropped-selectively", "but none of this client and none begun meanwhile: overload, an outage of the server, or a rule that singles this client out", ""},
		"refused, then answered": {func(tp *tape) {
			refusal(tp, 0, cl, sv)
			opened(tp, sec, 41000)
		}, "connect-refused", "RST 1.00 ms after the SYN; yet 1 other attempt to it in this capture got through: nothing listened there at that time", "nothing listens"},
		"refused": {func(tp *tape) { refusal(tp, 0, cl, sv) }, "connect-refused", "RST 1.00 ms after the SYN, nothing listens on that port", "yet"},
		"ports of one host are not as many servers": {func(tp *tape) {
			for i := range 17 {
				refusal(tp, time.Duration(i)*10*ms, cl, fmt.Sprintf("10.0.0.3:%d", i+1))
			}
		}, "connect-refused", "17 ports of 10.0.0.3 refused 17 connections of 10.0.0.2: RST, nothing listens on these ports", ""},
		"ports of two hosts": {func(tp *tape) {
			for i := range 18 {
				refusal(tp, time.Duration(i)*10*ms, cl, fmt.Sprintf("10.0.0.%d:%d", 3+i%2, i+1))
			}
		}, "connect-refused", "18 ports of 2 hosts refused 18 connections", ""},
		"one gap": {func(tp *tape) {
			tp.add(first(0), first(sec)).sound(20*sec, other, web)
		}, "connect-dropped", "(gap 1.0 s)", ""},
		"both of two": {func(tp *tape) {
			for _, at := range []time.Duration{0, 3 * sec, 9 * sec} {
				s := first(at)
				s.ttl = 128
				tp.add(s)
			}
			tp.sound(60*sec, other, web)
		}, "connect-dropped", "both retransmissions that the kernel makes by default", ""},
		"a scan that leaves SYN-ACKs without an answer names the ports": {func(tp *tape) {
			for i := range 30 {
				at, s := time.Duration(i)*10*ms, fmt.Sprintf("10.0.0.3:%d", 100-i)
				tp.add(seg{at: at, src: cl, dst: s, flags: syn, seq: 1000})
				if i%10 == 0 {
					tp.add(seg{at: at + ms, src: s, dst: cl, flags: syn | ack, seq: 5000, ack: 1001})
				}
			}
			tp.add(seg{at: sec, src: "10.0.0.2:40001", dst: "10.0.0.3:99", flags: syn, seq: 2000}).sound(60*sec, other, web)
		}, "connect-scan", "tried 30 targets (1 host, 30 ports) in 31 attempts within 1.00 s: 28 unanswered, 3 half open; a port scan; open: 80, 90, 100", ""},
		"timestamps that the clock does not follow say nothing of the gaps": {func(tp *tape) {
			tp.sound(0, other, web).add(first(1000*time.Hour), first(1000*time.Hour+sec), first(1000*time.Hour+3*sec))
		}, "connect-dropped", "1 attempt with 3 SYNs, no answer of any kind; their timestamps do not tell how long it took", "gap"},
	} {
		t.Run(name, func(t *testing.T) {
			tp := newTape(t)
			c.tape(tp)
			for _, f := range tp.run().Results[0].Outcome.Findings {
				if f.Rule != c.rule {
					continue
				}
				if !strings.Contains(f.Message, c.want) || c.not != "" && strings.Contains(f.Message, c.not) {
					t.Errorf("%s", f.Message)
				}
				return
			}
			t.Error("no " + c.rule)
		})
	}
}
