package connect_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/connect"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
)

const (
	fin = decoders.FIN
	syn = decoders.SYN
	rst = decoders.RST
	ack = decoders.ACK
)

// tape is a capture under construction: Ethernet, IPv4, a pcap file with
// nanoseconds.
type tape struct {
	t    *testing.T
	buf  bytes.Buffer
	id   uint16
	conf engine.Options
}

func newTape(t *testing.T) *tape {
	tp := &tape{t: t}
	var h [24]byte
	le := binary.LittleEndian
	le.PutUint32(h[0:], 0xa1b23c4d)
	le.PutUint16(h[4:], 2)
	le.PutUint16(h[6:], 4)
	le.PutUint32(h[16:], 65535)
	le.PutUint32(h[20:], 1)
	tp.buf.Write(h[:])
	return tp
}

// seg is a segment; the zero values of what is not set are fine.
type seg struct {
	at       time.Duration
	src, dst string // address:port
	flags    uint8
	seq, ack uint32
	data     string
	ttl      uint8
}

const epoch = 1_700_000_000

func (tp *tape) record(at time.Duration, ip []byte) {
	var h [16]byte
	le := binary.LittleEndian
	ns := int64(at) + epoch*1e9
	le.PutUint32(h[0:], uint32(ns/1e9))
	le.PutUint32(h[4:], uint32(ns%1e9))
	le.PutUint32(h[8:], uint32(14+len(ip)))
	le.PutUint32(h[12:], uint32(14+len(ip)))
	tp.buf.Write(h[:])
	tp.buf.Write([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0})
	tp.buf.Write(ip)
}

func (tp *tape) datagram(s seg) []byte {
	src, dst := netip.MustParseAddrPort(s.src), netip.MustParseAddrPort(s.dst)
	tp.id++
	b := make([]byte, 40+len(s.data))
	be := binary.BigEndian
	b[0], b[6], b[8], b[9] = 0x45, 0x40, max(s.ttl, 1), 6
	if s.ttl == 0 {
		b[8] = 64
	}
	be.PutUint16(b[2:], uint16(len(b)))
	be.PutUint16(b[4:], tp.id)
	copy(b[12:], src.Addr().AsSlice())
	copy(b[16:], dst.Addr().AsSlice())
	be.PutUint16(b[20:], src.Port())
	be.PutUint16(b[22:], dst.Port())
	be.PutUint32(b[24:], s.seq)
	be.PutUint32(b[28:], s.ack)
	b[32], b[33] = 5<<4, s.flags
	be.PutUint16(b[34:], 64240)
	copy(b[40:], s.data)
	return b
}

func (tp *tape) add(segs ...seg) *tape {
	for _, s := range segs {
		tp.record(s.at, tp.datagram(s))
	}
	return tp
}

// icmp adds an ICMP error of the router 10.0.0.254 that quotes s.
func (tp *tape) icmp(at time.Duration, typ, code uint8, s seg) *tape {
	quote := tp.datagram(s)[:28]
	src := netip.MustParseAddrPort(s.src).Addr()
	b := make([]byte, 28, 56)
	b[0], b[8], b[9] = 0x45, 64, 1
	binary.BigEndian.PutUint16(b[2:], uint16(28+len(quote)))
	copy(b[12:], []byte{10, 0, 0, 254})
	copy(b[16:], src.AsSlice())
	b[20], b[21] = typ, code
	tp.record(at, append(b, quote...))
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
	data := tp.buf.Bytes()
	opt.Open = func(name string, o capture.Options) (*capture.Reader, error) {
		return capture.NewReader(bytes.NewReader(data), name, o)
	}
	res, err := engine.Run(context.Background(), []string{"tape"}, opt)
	if err != nil {
		tp.t.Fatal(err)
	}
	if r := res.Results[0]; r.Failed || len(res.Internal) > 0 {
		tp.t.Fatalf("%s %v", r.Failure, res.Internal)
	}
	return res
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
