package connect_test

import (
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/connect"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

const (
	fin = decoders.FIN
	syn = decoders.SYN
	rst = decoders.RST
	ack = decoders.ACK
)

// tape is a capture under construction, and how it is to be analyzed.
type tape struct {
	*analyzertest.Tape
	t    *testing.T
	conf engine.Options
}

func newTape(t *testing.T) *tape { return &tape{Tape: analyzertest.NewTape(), t: t} }

// seg is a segment; the zero values of what is not set are fine.
type seg struct {
	at       time.Duration
	src, dst string // address:port
	flags    uint8
	seq, ack uint32
	data     string
	ttl      uint8
}

func (s seg) segment() analyzertest.Segment {
	return analyzertest.Segment{Src: s.src, Dst: s.dst, Flags: s.flags, Seq: s.seq, Ack: s.ack, Data: s.data, TTL: s.ttl}
}

func (tp *tape) add(segs ...seg) *tape {
	for _, s := range segs {
		tp.Add(s.at, s.segment())
	}
	return tp
}

// icmp adds an ICMP error of the router 10.0.0.254 that quotes s.
func (tp *tape) icmp(at time.Duration, typ, code uint8, s seg) *tape {
	tp.ICMP(at, "10.0.0.254", typ, code, 0, 28, s.segment())
	return tp
}

// sound adds a short exchange with data in both directions.
func (tp *tape) sound(at time.Duration, c, s string) *tape {
	const i, j = 7_000_000, 9_000_000
	ms := time.Millisecond
	return tp.add(
		seg{at: at, src: c, dst: s, flags: syn, seq: i},
		seg{at: at + ms, src: s, dst: c, flags: syn | ack, seq: j, ack: i + 1},
		seg{at: at + 2*ms, src: c, dst: s, flags: ack, seq: i + 1, ack: j + 1},
		seg{at: at + 3*ms, src: c, dst: s, flags: ack, seq: i + 1, ack: j + 1, data: "GET / HTTP/1.0\r\n\r\n"},
		seg{at: at + 4*ms, src: s, dst: c, flags: ack, seq: j + 1, ack: i + 19, data: "HTTP/1.0 200 OK\r\n\r\n"},
		seg{at: at + 5*ms, src: c, dst: s, flags: ack | fin, seq: i + 19, ack: j + 20},
		seg{at: at + 6*ms, src: s, dst: c, flags: ack | fin, seq: j + 20, ack: i + 20},
		seg{at: at + 7*ms, src: c, dst: s, flags: ack, seq: i + 20, ack: j + 21})
}

// run analyzes the tape.
func (tp *tape) run() *engine.Result {
	tp.t.Helper()
	opt := tp.conf
	opt.Analyzers = []*analyzers.Analyzer{connect.Analyzer}
	return analyzertest.Analyze(tp.t, "tape", tp.Bytes(), opt)
}

// expect holds the findings and outcomes of the tape against lists: findings
// as "rule severity confidence count", in order, and outcomes as
// "first frame outcome notes".
func (tp *tape) expect(findings, outcomes string) *analyzers.Outcome {
	tp.t.Helper()
	o := &tp.run().Results[0].Outcome
	var fs, os []string
	for _, f := range o.Findings {
		fs = append(fs, strings.Join([]string{strings.TrimPrefix(f.Rule, "connect-"), f.Severity.String(), f.Confidence.String()}, " "))
	}
	for _, tab := range o.Tables {
		if tab.Spec.Name != "connect_attempts" {
			continue
		}
		for _, row := range tab.Rows {
			s := row[4].(string)
			if notes := row[5].([]string); len(notes) > 0 {
				s += " (" + strings.Join(notes, " ") + ")"
			}
			os = append(os, s)
		}
	}
	if got := strings.Join(fs, ", "); got != findings {
		tp.t.Errorf("findings\n got %s\nwant %s", got, findings)
		for _, f := range o.Findings {
			tp.t.Log(f.Rule, f.Message)
		}
	}
	if got := strings.Join(os, ", "); got != outcomes {
		tp.t.Errorf("outcomes\n got %s\nwant %s", got, outcomes)
	}
	return o
}

func smallTable(n int) *flow.Config {
	c := flow.DefaultConfig(1)
	c.MaxFlows = n
	return &c
}
