package filter

import (
	"encoding/hex"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"pcaptriage/decoders"
)

// ipProtocols are the IP protocols that can be named. v6 says whether the name
// also means the protocol under IPv6, v4 under IPv4.
var ipProtocols = map[string]struct {
	number uint32
	v4, v6 bool
}{
	"icmp": {1, true, false}, "igmp": {2, true, false}, "tcp": {6, true, true}, "igrp": {9, true, false},
	"udp": {17, true, true}, "esp": {50, true, true}, "ah": {51, true, true}, "icmp6": {58, false, true},
	"pim": {103, true, true}, "vrrp": {112, true, false}, "carp": {112, true, false}, "sctp": {132, true, true},
}

var etherProtocols = map[string]uint32{"ip": etIPv4, "ip6": etIPv6, "arp": etARP, "rarp": etRARP,
	"aarp": 0x80f3, "atalk": 0x809b, "decnet": 0x6003, "sca": 0x6007, "lat": 0x6004, "mopdl": 0x6001, "moprc": 0x6002, "loopback": 0x9000}

// protocolName recognises a protocol keyword; link and fddi and the like are
// other words for ether.
func protocolName(w string) (string, bool) {
	switch w {
	case "ether", "link", "fddi", "tr", "wlan":
		return "ether", w == "ether" || w == "link"
	case "icmpv6":
		return "icmp6", true
	}
	if _, ok := etherProtocols[w]; ok && w != "loopback" && w != "atalk" {
		return w, true
	}
	_, ok := ipProtocols[w]
	return w, ok
}

// protocol is a protocol name alone.
func (p *parser) protocol(name string) (node, error) {
	p.last = qualifiers{proto: name, set: true}
	if et, ok := etherProtocols[name]; ok {
		return p.etherType(et), nil
	}
	if pr, ok := ipProtocols[name]; ok {
		return p.ipProto(pr.number, pr.v4, pr.v6), nil
	}
	return nil, p.fail(strconv.Quote(name) + " needs something behind it")
}

func (p *parser) etherType(et uint32) node {
	tags := p.tags
	return func(v *view) bool { return v.etherType(tags) == et }
}

// ipProto matches IPv4's protocol field, and IPv6's next header, directly or
// behind one fragment header, as libpcap does.
func (p *parser) ipProto(number uint32, v4, v6 bool) node {
	tags := p.tags
	return func(v *view) bool {
		n := v.net(tags)
		switch v.etherType(tags) {
		case etIPv4:
			return v4 && v.u8(n+9) == number
		case etIPv6:
			if !v6 {
				return false
			}
			next := v.u8(n + 6)
			return next == number || next == 44 && v.u8(n+40) == number
		}
		return false
	}
}

// vlan [id] matches a tagged packet and moves what follows behind the tag.
func (p *parser) vlan() (node, error) {
	tags := p.tags
	want := int64(-1)
	if w := p.peek(); w != "" && digit(w[0]) {
		n, err := p.number(4095)
		if err != nil {
			return nil, err
		}
		want = int64(n)
	}
	p.tags++
	return func(v *view) bool {
		switch v.etherType(tags) {
		case 0x8100, 0x88a8, 0x9100:
			return want < 0 || int64(v.u16(v.net(tags))&0xfff) == want
		}
		return false
	}, nil
}

// cast is [ether|ip|ip6] broadcast or multicast.
func (p *parser) cast(proto, kind string) (node, error) {
	tags := p.tags
	switch {
	case proto == "ether" && kind == "broadcast":
		return func(v *view) bool {
			return v.link == linkEthernet && v.u32(0) == 0xffffffff && v.u16(4) == 0xffff
		}, nil
	case proto == "ether":
		return func(v *view) bool { return v.link == linkEthernet && v.u8(0)&1 != 0 }, nil
	case proto == "ip" && kind == "multicast":
		return func(v *view) bool { return v.etherType(tags) == etIPv4 && v.u8(v.net(tags)+16) >= 224 }, nil
	case proto == "ip6" && kind == "multicast":
		return func(v *view) bool { return v.etherType(tags) == etIPv6 && v.u8(v.net(tags)+24) == 255 }, nil
	}
	p.at--
	return nil, p.fail(strconv.Quote(proto+" "+kind) + " is not supported")
}

// id is an address, network, port, port range or protocol under q.
func (p *parser) id(q qualifiers) (node, error) {
	w := p.peek()
	if w == "" {
		return nil, p.fail("an address, network, port or protocol is missing")
	}
	switch q.kind {
	case "port":
		lo, err := p.port()
		if err != nil {
			return nil, err
		}
		return p.ports(q, lo, lo)
	case "portrange":
		return p.portRange(q)
	case "proto":
		return p.protoID(q)
	case "net":
		return p.network(q)
	}
	if mac, ok := parseMAC(w); ok || q.proto == "ether" {
		if !ok || q.proto != "ether" {
			return nil, p.fail("want \"ether host\" and a MAC address")
		}
		p.at++
		return macHost(q.dir, mac), nil
	}
	if q.kind == "" && digit(w[0]) && (p.at+1 < len(p.toks) && p.toks[p.at+1].text == "/" || strings.Count(w, ".") < 3 && !strings.Contains(w, ":")) {
		return nil, p.fail("a network or number without \"net\" or \"port\" before it")
	}
	a, err := netip.ParseAddr(w)
	if err != nil || a.Zone() != "" {
		return nil, p.fail("want an IP address (names are not resolved)")
	}
	p.at++
	bitsOf := 32
	if a.Is6() {
		bitsOf = 128
	}
	return p.addresses(q, netip.PrefixFrom(a, bitsOf))
}

// port is a number or one of the names people type.
func (p *parser) port() (uint16, error) {
	if n, ok := portNames[p.peek()]; ok {
		p.at++
		return n, nil
	}
	n, err := p.number(65535)
	return uint16(n), err
}

var portNames = map[string]uint16{"ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "bootps": 67, "bootpc": 68,
	"tftp": 69, "http": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111, "ntp": 123, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139,
	"imap2": 143, "imap": 143, "snmp": 161, "snmp-trap": 162, "snmptrap": 162, "bgp": 179, "ldap": 389, "https": 443, "microsoft-ds": 445,
	"submission": 587, "syslog": 514, "ldaps": 636, "imaps": 993, "pop3s": 995, "mysql": 3306, "postgresql": 5432, "sip": 5060}

func (p *parser) portRange(q qualifiers) (node, error) {
	lo, err := p.port()
	if err != nil {
		return nil, err
	}
	hi := lo
	if p.accept("-") {
		if hi, err = p.port(); err != nil {
			return nil, err
		}
	}
	return p.ports(q, min(lo, hi), max(lo, hi))
}

func (p *parser) ports(q qualifiers, lo, hi uint16) (node, error) {
	switch q.proto {
	case "", "tcp", "udp", "sctp":
	default:
		p.at--
		return nil, p.fail("ports are those of tcp, udp or sctp, not " + q.proto)
	}
	want := uint32(0)
	if q.proto != "" {
		want = ipProtocols[q.proto].number
	}
	tags, dir := p.tags, q.dir
	in := func(v *view, at int) bool { x := v.u16(at); return x >= uint32(lo) && x <= uint32(hi) }
	return func(v *view) bool {
		n := v.net(tags)
		var proto uint32
		var l4 int
		switch v.etherType(tags) {
		case etIPv4:
			proto = v.u8(n + 9)
			if !hasPorts(proto, want) || v.u16(n+6)&0x1fff != 0 {
				return false
			}
			l4 = n + int(v.u8(n)&0xf)*4
		case etIPv6:
			proto = v.u8(n + 6)
			if !hasPorts(proto, want) {
				return false
			}
			l4 = n + 40
		default:
			return false
		}
		return ends(v, dir, in, l4, l4+2)
	}, nil
}

func hasPorts(proto, want uint32) bool {
	if want != 0 {
		return proto == want
	}
	return proto == decoders.ProtoTCP || proto == decoders.ProtoUDP || proto == decoders.ProtoSCTP
}

// protoID is [ether|ip|ip6] proto ID.
func (p *parser) protoID(q qualifiers) (node, error) {
	w := strings.TrimPrefix(p.peek(), "\\")
	if q.proto == "ether" {
		if et, ok := etherProtocols[w]; ok {
			p.at++
			return p.etherType(et), nil
		}
		n, err := p.number(0xffff)
		return p.etherType(n), err
	}
	if q.proto != "" && q.proto != "ip" && q.proto != "ip6" {
		return nil, p.fail(strconv.Quote(q.proto+" proto") + " is not supported")
	}
	number, named := ipProtocols[w]
	n := number.number
	if named {
		p.at++
	} else {
		var err error
		if n, err = p.number(255); err != nil {
			return nil, err
		}
	}
	return p.ipProto(n, q.proto != "ip6", q.proto != "ip"), nil
}

// network is ADDR/LEN, ADDR mask MASK, or an address cut to its network bytes
// (net 10, net 192.168).
func (p *parser) network(q qualifiers) (node, error) {
	w := p.peek()
	if strings.Contains(w, ":") {
		a, err := netip.ParseAddr(w)
		if err != nil || a.Zone() != "" {
			return nil, p.fail("want an IPv6 network")
		}
		p.at++
		n := uint32(128)
		if p.accept("/") {
			if n, err = p.number(128); err != nil {
				return nil, err
			}
		}
		return p.masked(q, a, int(n))
	}
	a, size, ok := shortIPv4(w)
	if !ok {
		return nil, p.fail("want a network, such as 10.0.0.0/8 (names are not resolved)")
	}
	p.at++
	switch {
	case p.accept("/"):
		n, err := p.number(32)
		if err != nil {
			return nil, err
		}
		size = int(n)
	case p.accept("mask"):
		m, full, ok := shortIPv4(p.peek())
		mask := uint32(0)
		if ok {
			b := m.As4()
			mask = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
		}
		if !ok || full != 32 || bits.LeadingZeros32(^mask) != bits.OnesCount32(mask) {
			return nil, p.fail("want a mask of leading ones, such as 255.255.0.0")
		}
		p.at++
		size = bits.OnesCount32(mask)
	}
	return p.masked(q, a, size)
}

func (p *parser) masked(q qualifiers, a netip.Addr, size int) (node, error) {
	n := netip.PrefixFrom(a, size)
	if n.Masked().Addr() != a {
		p.at--
		return nil, p.fail("non-network bits set in " + n.String())
	}
	return p.addresses(q, n)
}

// shortIPv4 parses 1 to 4 bytes; size is the number of bits given.
func shortIPv4(w string) (a netip.Addr, size int, ok bool) {
	parts := strings.Split(w, ".")
	if len(parts) > 4 {
		return a, 0, false
	}
	var b [4]byte
	for i, s := range parts {
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil {
			return a, 0, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), 8 * len(parts), true
}

// addresses matches hosts and networks. Without a protocol an IPv4 network
// also matches ARP and RARP, as in libpcap.
func (p *parser) addresses(q qualifiers, n netip.Prefix) (node, error) {
	is6 := n.Addr().Is6()
	v4, arp, rarp, v6 := !is6, !is6, !is6, is6
	switch q.proto {
	case "":
	case "ip":
		arp, rarp = false, false
	case "arp":
		v4, rarp = false, false
	case "rarp":
		v4, arp = false, false
	case "ip6":
		v4, arp, rarp = false, false, false
	default:
		p.at--
		return nil, p.fail("a host or network under " + strconv.Quote(q.proto) + " (say \"" + q.proto + " and host ...\")")
	}
	if is6 && (q.proto != "" && q.proto != "ip6") || !is6 && q.proto == "ip6" {
		p.at--
		return nil, p.fail("this address is not one of " + q.proto)
	}
	want := decoders.AddrFrom(n.Addr())
	mask := maskOf(n)
	eq4 := func(v *view, at int) bool { return v.u32(at)&uint32(mask.Lo) == uint32(want.Lo) }
	eq6 := func(v *view, at int) bool {
		a := v.addr16(at)
		return a.Hi&mask.Hi == want.Hi && a.Lo&mask.Lo == want.Lo
	}
	tags, dir := p.tags, q.dir
	return func(v *view) bool {
		at := v.net(tags)
		et := v.etherType(tags)
		switch {
		case et == etIPv4 && v4:
			return ends(v, dir, eq4, at+12, at+16)
		case et == etARP && arp || et == etRARP && rarp:
			return ends(v, dir, eq4, at+14, at+24)
		case et == etIPv6 && v6:
			return ends(v, dir, eq6, at+8, at+24)
		}
		return false
	}, nil
}

// ends applies match to the source's offset, the destination's, or both.
func ends(v *view, dir string, match func(v *view, at int) bool, src, dst int) bool {
	switch dir {
	case "src":
		return match(v, src)
	case "dst":
		return match(v, dst)
	case "and":
		return match(v, src) && match(v, dst)
	}
	return match(v, src) || match(v, dst)
}

func maskOf(n netip.Prefix) decoders.Addr {
	ones := n.Bits()
	if n.Addr().Is4() {
		ones += 96
	}
	var m decoders.Addr
	m.Hi = ^uint64(0) << (64 - min(ones, 64))
	if ones > 64 {
		m.Lo = ^uint64(0) << (128 - ones)
	}
	return m
}

func parseMAC(w string) (mac [6]byte, ok bool) {
	parts := strings.FieldsFunc(w, func(r rune) bool { return r == ':' || r == '-' || r == '.' })
	if len(parts) != 6 || strings.Count(w, ":") != 5 {
		return mac, false
	}
	for i, s := range parts {
		if len(s) == 1 {
			s = "0" + s
		}
		b, err := hex.DecodeString(s)
		if err != nil || len(b) != 1 {
			return mac, false
		}
		mac[i] = b[0]
	}
	return mac, true
}

func macHost(dir string, mac [6]byte) node {
	eq := func(v *view, at int) bool {
		if len(v.data) < at+6 {
			v.cut = true
			return false
		}
		return [6]byte(v.data[at:]) == mac
	}
	return func(v *view) bool {
		if v.link != linkEthernet {
			return false
		}
		return ends(v, dir, eq, 6, 0)
	}
}
