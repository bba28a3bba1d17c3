package main

import (
	"encoding/binary"
	"net/netip"
)

// Link types that captures of the lab use (LINKTYPE_ values).
const (
	linkNull     = 0
	linkEthernet = 1
	linkRawBSD   = 12
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
)

const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
	urg
	ece
	cwr
)

const (
	protoICMP  = 1
	protoTCP   = 6
	protoUDP   = 17
	protoICMP6 = 58
)

// pkt is as much of a packet as rules of the forwarder and facts of a scenario
// ask for. It is small on purpose: the captures exist to test the real decoder,
// so they must not be judged by it.
type pkt struct {
	n            int // frame number, from 1
	ns           int64
	l3           int // offset of the IP header, -1 when there is none
	vlan         int
	src, dst     netip.Addr
	proto        int
	ttl          int
	ipLen        int
	sport, dport int
	seq, ack     uint32
	flags        int
	win          int
	head         []byte // TCP header with options
	payload      []byte // as captured
	length       int    // payload length on the wire
	kind, code   int    // ICMP
	mtu          int
	quote        *pkt // packet that an ICMP error quotes
	raw          []byte
}

func parse(link int, b []byte, wire int) *pkt {
	p := &pkt{l3: -1, vlan: -1, raw: b}
	off, ether := 0, 0
	be16 := func(o int) int {
		if len(b) < o+2 {
			return -1
		}
		return int(binary.BigEndian.Uint16(b[o:]))
	}
	switch link {
	case linkEthernet:
		off, ether = 14, be16(12)
		for ether == 0x8100 || ether == 0x88a8 {
			p.vlan = be16(off) & 0xfff
			ether, off = be16(off+2), off+4
		}
	case linkSLL:
		off, ether = 16, be16(14)
	case linkSLL2:
		off, ether = 20, be16(0)
	case linkNull, linkLoop:
		off = 4
	}
	switch {
	case link != linkEthernet && link != linkSLL && link != linkSLL2:
	case ether != 0x0800 && ether != 0x86dd:
		return p
	}
	if len(b) > off {
		p.ip(b, off)
	}
	return p
}

func (p *pkt) ip(b []byte, off int) {
	d := b[off:]
	var l4 int
	switch {
	case d[0]>>4 == 4 && len(d) >= 20:
		p.src, p.dst = addr(d[12:16]), addr(d[16:20])
		p.proto, p.ttl = int(d[9]), int(d[8])
		p.ipLen = int(binary.BigEndian.Uint16(d[2:]))
		l4 = int(d[0]&15) * 4
	case d[0]>>4 == 6 && len(d) >= 40:
		p.src, p.dst = addr(d[8:24]), addr(d[24:40])
		p.proto, p.ttl = int(d[6]), int(d[7])
		p.ipLen = int(binary.BigEndian.Uint16(d[4:])) + 40
		l4 = 40
	default:
		return
	}
	p.l3 = off
	if len(d) < l4+8 {
		return
	}
	t := d[l4:]
	switch p.proto {
	case protoTCP:
		p.sport, p.dport = int(binary.BigEndian.Uint16(t)), int(binary.BigEndian.Uint16(t[2:]))
		p.seq = binary.BigEndian.Uint32(t[4:])
		if len(t) < 20 {
			return // quoted by an ICMP error
		}
		p.ack = binary.BigEndian.Uint32(t[8:])
		p.flags = int(t[13])
		p.win = int(binary.BigEndian.Uint16(t[14:]))
		hl := int(t[12]>>4) * 4
		p.length = p.ipLen - l4 - hl
		p.head = t[:min(hl, len(t))]
		if len(t) > hl {
			p.payload = t[hl:min(len(t), hl+max(p.length, 0))]
		}
	case protoUDP:
		p.sport, p.dport = int(binary.BigEndian.Uint16(t)), int(binary.BigEndian.Uint16(t[2:]))
	case protoICMP:
		p.kind, p.code = int(t[0]), int(t[1])
		p.mtu = int(binary.BigEndian.Uint16(t[6:]))
		if (p.kind == 3 || p.kind == 11) && len(t) > 8 {
			p.quote = &pkt{l3: -1}
			p.quote.ip(b, off+l4+8)
		}
	case protoICMP6:
		p.kind, p.code = int(t[0]), int(t[1])
		p.mtu = int(binary.BigEndian.Uint32(t[4:]))
		if p.kind < 128 && len(t) > 8 {
			p.quote = &pkt{l3: -1}
			p.quote.ip(b, off+l4+8)
		}
	}
}

func addr(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}

func (p *pkt) tcp() bool { return p.proto == protoTCP }

// has tells whether exactly these of SYN, FIN, RST and ACK are set.
func (p *pkt) has(flags int) bool { return p.tcp() && p.flags&(syn|fin|rst|ack) == flags }

func (p *pkt) from(ip string) bool { return p.src.IsValid() && p.src.String() == ip }
func (p *pkt) to(ip string) bool   { return p.dst.IsValid() && p.dst.String() == ip }
func (p *pkt) port(port int) bool  { return p.sport == port || p.dport == port }
func (p *pkt) data() bool          { return p.tcp() && p.length > 0 }

// mss reads the MSS option, 0 without one.
func (p *pkt) mss() int {
	for o := p.options(); len(o) > 0; {
		switch {
		case o[0] == 0:
			return 0
		case o[0] == 1:
			o = o[1:]
		case len(o) < 2 || o[1] < 2 || int(o[1]) > len(o):
			return 0
		case o[0] == 2 && o[1] == 4:
			return int(binary.BigEndian.Uint16(o[2:]))
		default:
			o = o[o[1]:]
		}
	}
	return 0
}

func (p *pkt) options() []byte {
	if len(p.head) <= 20 {
		return nil
	}
	return p.head[20:]
}
