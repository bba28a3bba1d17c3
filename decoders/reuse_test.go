package decoders

import (
	"fmt"
	"testing"
)

// samples are records as different from one another as can be had: those of
// the other tests, and from the corpus, if present, one for each combination
// of link type, valid fields, reason, protocol, tunnels and options.
func samples(t testing.TB) (list []record) {
	add := func(link uint16, b []byte, wire int) {
		list = append(list, record{link: link, data: b, wire: uint32(wire)})
	}
	for _, c := range linkCases {
		b := c.bytes()
		add(c.link, b, len(b))
		add(c.link, b[:len(b)-3], len(b))
	}
	for _, c := range tunnelCases() {
		add(101, c.packet, len(c.packet))
		q := fragNeeded(c.packet, len(c.packet))
		add(101, q, len(q))
	}
	for _, b := range [][]byte{
		eth(0x0806, make([]byte, 28)), eth(0xf00d, nil), nil,
		eth(etherIPv4, ip4(ProtoSCTP, hx("0b59 0b5a 00000007 12345678 0a000004"))),
		eth(etherIPv4, ip4(ProtoTCP, tcpSegment(hx("020405b4 0402 080a 00000001 00000002 01 030307"), nil))),
		eth(etherIPv4, ip4(ProtoTCP, tcpSegment(hx("0101 0512 00000001 00000002 00000003 00000004"), nil))),
	} {
		add(1, b, len(b))
	}
	return append(list, corpusSamples(t)...)
}

func corpusSamples(t testing.TB) (list []record) {
	seen := map[string]bool{}
	for _, file := range corpusIfPresent() {
		eachRecord(t, file, func(r record) {
			var p Packet
			p.Decode(r.link, r.data, r.wire)
			key := fmt.Sprint(r.link, p.Has, p.Fail, p.NTunnel, p.NVLAN)
			if p.Has&HasTCP != 0 {
				key += fmt.Sprint(p.TCP.Opt.Has, p.TCP.Opt.Has&OptSACK != 0 && p.TCP.Opt.NSACK > 1)
			}
			if p.Has&HasIP != 0 {
				key += fmt.Sprint(p.Proto)
			}
			if !seen[key] && len(r.data) < 4096 {
				seen[key] = true
				r.data = append([]byte(nil), r.data...)
				list = append(list, r)
			}
		})
	}
	return list
}

// A packet decoded after another is the same as decoded into fresh memory, for
// every pair.
func TestReuse(t *testing.T) {
	list := samples(t)
	fresh := make([]Packet, len(list))
	for i, r := range list {
		fresh[i].Has = HasTime
		fresh[i].Decode(r.link, r.data, r.wire)
	}
	t.Logf("%d samples", len(list))
	for i := range list {
		for j, r := range list {
			p := fresh[i]
			p.Has = HasTime
			p.Decode(r.link, r.data, r.wire)
			if s := diff(&p, &fresh[j]); s != "" {
				t.Fatalf("%s %d after %s %d: %s", r.file, r.frame, list[i].file, list[i].frame, s)
			}
		}
	}
}

// Decode keeps what the caller set, and nothing of the bits but HasTime.
func TestDecodeKeepsTheRecord(t *testing.T) {
	p := Packet{Has: ^Fields(0), File: 3, Frame: 4, Time: 5, Clock: 6, Epoch: 7, Iface: 8}
	b := cat(hx("020000000001 020000000002 0800"), inner4())
	p.Decode(1, b, uint32(len(b)))
	if p.File != 3 || p.Frame != 4 || p.Time != 5 || p.Clock != 6 || p.Epoch != 7 || p.Iface != 8 {
		t.Errorf("%+v", p)
	}
	if want := HasTime | HasMAC | HasIP | HasPorts | HasTCP | HasPayload; p.Has != want {
		t.Errorf("has %b, want %b", p.Has, want)
	}
	p.Has = 0
	if p.Decode(1, b, uint32(len(b))); p.Has&HasTime != 0 {
		t.Error("HasTime came from nowhere")
	}
}

func TestNoAllocation(t *testing.T) {
	list := samples(t)
	var p Packet
	if n := testing.AllocsPerRun(3, func() {
		for _, r := range list {
			p.Has = HasTime
			p.Decode(r.link, r.data, r.wire)
			Peek(r.link, r.data)
			p.Key()
			p.ICMP.Quote.Key()
		}
	}); n != 0 {
		t.Errorf("%v allocations over %d records", n, len(list))
	}
}

// Peek must say nothing of a record that Decode places elsewhere.
func TestPeek(t *testing.T) {
	var peeked, plain int
	for _, r := range samples(t) {
		h, ok := Peek(r.link, r.data)
		if !ok {
			continue
		}
		peeked++
		var p Packet
		p.Decode(r.link, r.data, r.wire)
		if r.link == 1 && len(r.data) >= PlainLen {
			if b := (*[PlainLen]byte)(r.data); PlainTCP(b) {
				plain++
				if HashIPv4(PlainEnds(b)) != h {
					t.Errorf("%x: plain, but its hash is %x", r.data, h)
				}
			}
		}
		if k, _ := p.Key(); p.Has&HasPorts == 0 || k.Hash() != h || p.Has&IsFragment != 0 || p.NTunnel > 0 {
			t.Errorf("link %d, %x: hash %x, but %v, has %b", r.link, r.data, h, p.Fail, p.Has)
		}
	}
	for _, c := range []struct {
		name string
		link uint16
		b    []byte
		ok   bool
	}{
		{"Ethernet", 1, eth(etherIPv4, inner4()), true},
		{"one tag", 1, eth(etherVLAN, cat(hx("0007 86dd"), inner6())), true},
		{"two tags", 1, eth(etherQinQ, cat(hx("0007 8100 0008 0800"), inner4())), true},
		{"three tags", 1, eth(etherQinQ, cat(hx("0007 8100 0008 8100 0009 0800"), inner4())), false},
		{"raw", 101, inner6(), true},
		{"NULL", 0, cat(hx("02000000"), inner4()), true},
		{"SLL", 113, cat(hx("0000 0001 0006 020000000002 0000 0800"), inner4()), true},
		{"tunnel port", 101, outer4(17, udpPorts(50000, 4789, make([]byte, 80))), false},
		{"tunnel port at the source", 101, outer4(17, udpPorts(2152, 50000, nil)), false},
		{"ICMP", 101, fragNeeded(inner4(), 28), false},
		{"extension header", 101, ip6(60, cat(hx("11 00 010400000000"), udpPorts(1, 2, nil))), false},
	} {
		if _, ok := Peek(c.link, c.b); ok != c.ok {
			t.Errorf("%s: %v", c.name, ok)
		}
	}
	if peeked == 0 || plain == 0 {
		t.Errorf("%d peeked at, %d plain", peeked, plain)
	}
}

// Both directions of a flow peek to one hash, different flows to different ones.
func TestPeekDirections(t *testing.T) {
	a := ip4Between("10.0.0.1", "10.0.0.2", 17, udpPorts(1000, 2000, nil))
	b := ip4Between("10.0.0.2", "10.0.0.1", 17, udpPorts(2000, 1000, nil))
	c := ip4Between("10.0.0.2", "10.0.0.1", 17, udpPorts(1000, 2000, nil))
	ha, _ := Peek(101, a)
	hb, _ := Peek(101, b)
	hc, _ := Peek(101, c)
	if ha != hb || ha == hc {
		t.Errorf("%x %x %x", ha, hb, hc)
	}
	// Of equal addresses the ports alone are in order.
	d := ip4Between("10.0.0.1", "10.0.0.1", 17, udpPorts(1000, 2000, nil))
	e := ip4Between("10.0.0.1", "10.0.0.1", 17, udpPorts(2000, 1000, nil))
	hd, _ := Peek(101, d)
	he, _ := Peek(101, e)
	one := Addr4([]byte{10, 0, 0, 1})
	if k, _ := MakeKey(one, one, 1000, 2000, 17, 4, 0); hd != k.Hash() || he != k.Hash() {
		t.Errorf("%x %x, want %x", hd, he, k.Hash())
	}
}
