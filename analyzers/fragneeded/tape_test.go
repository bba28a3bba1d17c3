package fragneeded_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
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

// tape is a capture under construction: raw IP, a pcap file with nanoseconds.
type tape struct {
	t    *testing.T
	buf  bytes.Buffer
	id   uint16
	wrap bool // each packet inside IPIP
	conf engine.Options
}

func newTape(t *testing.T) *tape {
	tp := &tape{t: t}
	var h [24]byte
	le := binary.LittleEndian
	le.PutUint32(h[0:], 0xa1b23c4d)
	le.PutUint16(h[4:], 2)
	le.PutUint16(h[6:], 4)
	le.PutUint32(h[16:], 262144)
	le.PutUint32(h[20:], 101)
	tp.buf.Write(h[:])
	return tp
}

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

func (tp *tape) put(at time.Duration, ip []byte) {
	if tp.wrap {
		outer := make([]byte, 20)
		outer[0], outer[8], outer[9] = 0x45, 64, 4
		binary.BigEndian.PutUint16(outer[2:], uint16(20+len(ip)))
		copy(outer[12:], []byte{172, 16, 0, 1, 172, 16, 0, 2})
		ip = append(outer, ip...)
	}
	var h [16]byte
	le := binary.LittleEndian
	ns := int64(at) + 1_700_000_000e9
	le.PutUint32(h[0:], uint32(ns/1e9))
	le.PutUint32(h[4:], uint32(ns%1e9))
	le.PutUint32(h[8:], uint32(len(ip)))
	le.PutUint32(h[12:], uint32(len(ip)))
	tp.buf.Write(h[:])
	tp.buf.Write(ip)
}

// datagram makes the IP packet of s. SYNs have an MSS of 1460 and allow SACK.
func (tp *tape) datagram(s seg) []byte {
	src, dst := netip.MustParseAddrPort(s.src), netip.MustParseAddrPort(s.dst)
	be := binary.BigEndian
	var opt []byte
	if s.flags&syn != 0 {
		opt = []byte{2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 1, 1}
	}
	if s.sack[1] != 0 {
		opt = append([]byte{1, 1, 5, 10}, make([]byte, 8)...)
		be.PutUint32(opt[4:], s.sack[0])
		be.PutUint32(opt[8:], s.sack[1])
	}
	if s.tsval != 0 {
		opt = append(opt, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0)
		be.PutUint32(opt[len(opt)-8:], s.tsval)
	}
	data := []byte(s.data)
	if s.n > len(data) {
		data = append(data, make([]byte, s.n-len(data))...)
	}
	tcp := make([]byte, 20, 20+len(opt)+len(data))
	be.PutUint16(tcp[0:], src.Port())
	be.PutUint16(tcp[2:], dst.Port())
	be.PutUint32(tcp[4:], s.seq)
	be.PutUint32(tcp[8:], s.ack)
	tcp[12], tcp[13] = byte(20+len(opt))/4<<4, s.flags
	be.PutUint16(tcp[14:], 64240)
	return tp.packet(src.Addr(), dst.Addr(), 6, s.ttl, append(append(tcp, opt...), data...))
}

func (tp *tape) packet(src, dst netip.Addr, proto, ttl uint8, payload []byte) []byte {
	if ttl == 0 {
		ttl = 64
	}
	be := binary.BigEndian
	if src.Is6() {
		if proto == 1 {
			proto = 58
		}
		b := make([]byte, 40, 40+len(payload))
		b[0], b[6], b[7] = 0x60, proto, ttl
		be.PutUint16(b[4:], uint16(len(payload)))
		copy(b[8:], src.AsSlice())
		copy(b[24:], dst.AsSlice())
		return append(b, payload...)
	}
	tp.id++
	b := make([]byte, 20, 20+len(payload))
	b[0], b[6], b[8], b[9] = 0x45, 0x40, ttl, proto
	be.PutUint16(b[2:], uint16(20+len(payload)))
	be.PutUint16(b[4:], tp.id)
	copy(b[12:], src.AsSlice())
	copy(b[16:], dst.AsSlice())
	return append(b, payload...)
}

func (tp *tape) add(at time.Duration, s seg) *tape {
	tp.put(at, tp.datagram(s))
	return tp
}

// tell adds an ICMP error with an MTU from an address that quotes the first
// bytes of s.
func (tp *tape) tell(at time.Duration, from string, mtu uint16, quoted int, s seg) *tape {
	return tp.icmp(at, from, 3, 4, mtu, quoted, s)
}

func (tp *tape) icmp(at time.Duration, from string, typ, code uint8, mtu uint16, quoted int, s seg) *tape {
	q := tp.datagram(s)
	m := make([]byte, 8, 8+len(q))
	m[0], m[1] = typ, code
	src := netip.MustParseAddr(from)
	if src.Is6() && typ == 3 && code == 4 {
		m[0], m[1] = 2, 0
	}
	binary.BigEndian.PutUint16(m[6:], mtu)
	tp.put(at, tp.packet(src, netip.MustParseAddrPort(s.src).Addr(), 1, 0, append(m, q[:min(quoted, len(q))]...)))
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
	return &res.Results[0].Outcome
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
