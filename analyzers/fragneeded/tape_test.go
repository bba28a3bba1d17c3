package fragneeded_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
)

const (
	fin = decoders.FIN
	syn = decoders.SYN
	rst = decoders.RST
	psh = decoders.PSH
	ack = decoders.ACK

	us = time.Microsecond
	ms = time.Millisecond
)

// tape is a capture under construction, and how it is to be analyzed.
type tape struct {
	*analyzertest.Tape
	t    *testing.T
	conf engine.Options
}

func newTape(t *testing.T) *tape { return &tape{Tape: analyzertest.NewTape(), t: t} }

// seg is a segment; n is its payload's length, data its content (else zeros).
type seg struct {
	src, dst string // address:port
	flags    uint8
	seq, ack uint32
	n        int
	data     string
	sack     [2]uint32
	ttl      uint8
	tsval    uint32
}

// segment of s. SYNs have an MSS of 1460 and allow SACK.
func (s seg) segment() analyzertest.Segment {
	return analyzertest.Segment{Src: s.src, Dst: s.dst, Flags: s.flags, Seq: s.seq, Ack: s.ack, Data: s.data, Len: s.n,
		TTL: s.ttl, SACK: s.sack, TSVal: s.tsval, Handshake: s.flags&syn != 0}
}

func (tp *tape) add(at time.Duration, s seg) *tape {
	tp.Add(at, s.segment())
	return tp
}

// tell adds frag-needed, or ICMPv6 packet too big, with an MTU from an address
// that quotes the first bytes of s.
func (tp *tape) tell(at time.Duration, from string, mtu uint16, quoted int, s seg) *tape {
	if strings.Contains(from, ":") {
		return tp.icmp(at, from, 2, 0, mtu, quoted, s)
	}
	return tp.icmp(at, from, 3, 4, mtu, quoted, s)
}

func (tp *tape) icmp(at time.Duration, from string, typ, code uint8, mtu uint16, quoted int, s seg) *tape {
	tp.ICMP(at, from, typ, code, mtu, quoted, s.segment())
	return tp
}

// conn is a connection on a tape, its client's and server's next sequence
// numbers.
type conn struct {
	tp   *tape
	c, s string
	x, y uint32
}

// open adds a handshake that takes rtt, as the client's host sees it.
func (tp *tape) open(at, rtt time.Duration, c, s string, isn uint32) *conn {
	tp.add(at, seg{src: c, dst: s, flags: syn, seq: isn})
	tp.add(at+rtt, seg{src: s, dst: c, flags: syn | ack, seq: isn + 5000, ack: isn + 1})
	tp.add(at+rtt+10*us, seg{src: c, dst: s, flags: ack, seq: isn + 1, ack: isn + 5001})
	return &conn{tp, c, s, isn + 1, isn + 5001}
}

// up is a segment of the client with n bytes from its next sequence number plus
// off; it does not move that.
func (c *conn) up(off uint32, n int, flags uint8) seg {
	return seg{src: c.c, dst: c.s, flags: ack | flags, seq: c.x + off, ack: c.y, n: n}
}

// acks is the server's acknowledgement of off bytes beyond the client's next
// sequence number.
func (c *conn) acks(off uint32) seg {
	return seg{src: c.s, dst: c.c, flags: ack, seq: c.y, ack: c.x + off}
}

// exchange adds a request of n bytes and its answer.
func (c *conn) exchange(at, rtt time.Duration, n int) {
	c.tp.add(at, c.up(0, n, psh))
	c.x += uint32(n)
	answer := c.acks(0)
	answer.n, answer.flags = 100, ack|psh
	c.tp.add(at+rtt, answer)
	c.y += 100
	c.tp.add(at+rtt+10*us, c.up(0, 0, 0))
}

func (tp *tape) run() *analyzers.Outcome {
	tp.t.Helper()
	opt := tp.conf
	opt.Analyzers = analyzerList
	return &analyzertest.Analyze(tp.t, "tape", tp.Bytes(), opt).Results[0].Outcome
}

// expect holds the findings against a list of "rule severity confidence count",
// in order; pmtu-mss-mismatch, which every valid message brings, is left out.
func (tp *tape) expect(want string) *analyzers.Outcome {
	tp.t.Helper()
	o := tp.run()
	var got []string
	for _, f := range o.Findings {
		if f.Rule != "pmtu-mss-mismatch" {
			got = append(got, fmt.Sprint(f.Rule, " ", f.Severity, " ", f.Confidence, " ", f.Count))
		}
	}
	if g := strings.Join(got, ", "); g != want {
		tp.t.Errorf("findings\n got %s\nwant %s", g, want)
		for _, f := range o.Findings {
			tp.t.Log(f.Rule, f.Message)
		}
	}
	return o
}

// find returns the first finding of a rule.
func find(t *testing.T, o *analyzers.Outcome, rule string) *analyzers.Finding {
	t.Helper()
	for _, f := range o.Findings {
		if f.Rule == rule {
			return f
		}
	}
	t.Fatalf("no %s", rule)
	return nil
}
