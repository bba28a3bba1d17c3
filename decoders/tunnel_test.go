package decoders

import (
	"fmt"
	"testing"
)

// tunnelCase is an Ethernet payload that holds inner4 or inner6.
type tunnelCase struct {
	name   string
	packet []byte // from the IP header on
	v6     bool   // inner6
	hops   string // kind:id, outermost first
	domain uint64
}

func tunnelCases() []tunnelCase {
	e4, e6 := eth(etherIPv4, inner4()), eth(etherIPv6, inner6())
	return []tunnelCase{
		{"IPIP", outer4(4, inner4()), false, "ipip:0", 0},
		{"6in4", outer4(41, inner6()), true, "6in4:0", 0},
		{"4in6", ip6Between("2001:db8:f::1", "2001:db8:f::2", 4, inner4()), false, "ip6:0", 0},
		{"6in6", ip6Between("2001:db8:f::1", "2001:db8:f::2", 41, inner6()), true, "ip6:0", 0},
		{"6in6 behind a routing header", ip6Between("2001:db8:f::1", "2001:db8:f::2", 43, cat(hx("29 02 04 00 00 00 0000 20010db8000f00000000000000000002"), inner6())), true, "ip6:0", 0},
		{"SRv6 Ethernet", ip6Between("2001:db8:f::1", "2001:db8:f::2", 143, e4), false, "etherip:0", 0},
		{"GRE", outer4(47, cat(hx("0000 0800"), inner4())), false, "gre:0", 0},
		{"GRE key, sequence, checksum", outer4(47, cat(hx("b000 86dd 00000000 00000007 00000001"), inner6())), true, "gre:7", 0},
		{"GRE routing", outer4(47, cat(hx("4000 0800 0000 0000 0800 04 04 0a000009 0000 00 00"), inner4())), false, "gre:0", 0},
		{"GRE Ethernet (NVGRE)", outer4(47, cat(hx("2000 6558 00002a01"), e4)), false, "gre:10753", 0},
		{"GRE MPLS", outer4(47, cat(hx("0000 8847 000101ff"), inner4())), false, "gre:0", 0},
		{"GRE WCCP 1", outer4(47, cat(hx("0000 883e"), inner4())), false, "gre:0", 0},
		{"GRE WCCP 2", outer4(47, cat(hx("0000 883e 00010000"), inner4())), false, "gre:0", 0},
		{"GRE Aruba", outer4(47, cat(hx("0000 8200 0801 0000 020000000009 020000000002 020000000001 1000 aaaa03 000000 0800"), inner4())), false, "gre:0", 0},
		{"ERSPAN I", outer4(47, cat(hx("0000 88be"), e4)), false, "gre:0", 0},
		{"ERSPAN II", outer4(47, cat(hx("1000 88be 00000001 1007000100000002"), e4)), false, "gre:0", 0},
		{"ERSPAN III", outer4(47, cat(hx("1000 22eb 00000001 200700010000000200000000"), e6)), true, "gre:0", 0},
		{"ERSPAN III subheader", outer4(47, cat(hx("1000 22eb 00000001 200700010000000200000001 0000000000000000"), e6)), true, "gre:0", 0},
		{"EoIP", outer4(47, cat(hx("2001 6400 003b 2a00"), e4)), false, "gre:42", 0},
		{"PPTP", outer4(47, cat(hx("3001 880b 0031 0102 00000001 ff03 0021"), inner4())), false, "gre:258", 0},
		{"PPTP with ack", outer4(47, cat(hx("3081 880b 0031 0102 00000001 00000001 ff03 0021"), inner4())), false, "gre:258", 0},
		{"EtherIP", outer4(97, cat(hx("3000"), e4)), false, "etherip:0", 0},
		{"MPLS in IP", outer4(137, cat(hx("000101ff"), inner6())), true, "mpls:0", 0},
		{"L2TPv3", outer4(115, cat(hx("00000009"), e4)), false, "l2tp:9", 0},
		{"L2TPv3 with cookie and sublayer", outer4(115, cat(hx("00000009 c0ffeec0 ffeec0ff 40000001"), e4)), false, "l2tp:9", 0},
		{"L2TPv3 over UDP", outer4(17, udpPorts(1701, 1701, cat(hx("0003 0000 00000009"), e6))), true, "l2tp:9", 0},
		{"L2TPv2", outer4(17, udpPorts(1701, 1701, cat(hx("0002 0001 0002 ff03 0021"), inner4()))), false, "l2tp:65538", 0},
		{"L2TPv2 all fields", outer4(17, udpPorts(1701, 40000, cat(hx("4a02 0041 0001 0002 0001 0001 0002 ffff 0021"), inner4()))), false, "l2tp:65538", 0},
		{"VXLAN", outer4(17, udpPorts(50000, 4789, cat(hx("08000000 00002a00"), e4))), false, "vxlan:42", 5<<60 | 42},
		{"VXLAN with group policy", outer4(17, udpPorts(50000, 4789, cat(hx("88000001 00002a00"), e4))), false, "vxlan:42", 5<<60 | 42},
		{"VXLAN, Linux port", outer4(17, udpPorts(50000, 8472, cat(hx("08000000 00002a00"), e6))), true, "vxlan:42", 5<<60 | 42},
		{"VXLAN over IPv6", ip6Between("2001:db8:f::1", "2001:db8:f::2", 17, udpPorts(50000, 4789, cat(hx("08000000 00002a00"), e4))), false, "vxlan:42", 5<<60 | 42},
		{"VXLAN with inner VLAN", outer4(17, udpPorts(50000, 4789, cat(hx("08000000 00002a00"), eth(etherVLAN, cat(hx("0007 0800"), inner4()))))), false, "vxlan:42", 5<<60 | 42},
		{"VXLAN-GPE IPv6", outer4(17, udpPorts(50000, 4790, cat(hx("0c000002 00002a00"), inner6()))), true, "vxlan:42", 5<<60 | 42},
		{"VXLAN-GPE NSH", outer4(17, udpPorts(50000, 4790, cat(hx("0c000004 00002a00 0002 01 03 00000001"), e4))), false, "vxlan:42", 5<<60 | 42},
		{"Geneve", outer4(17, udpPorts(50000, 6081, cat(hx("00006558 00002a00"), e4))), false, "geneve:42", 6<<60 | 42},
		{"Geneve with options, IPv4", outer4(17, udpPorts(50000, 6081, cat(hx("02000800 00002a00 0102800100000000"), inner4()))), false, "geneve:42", 6<<60 | 42},
		{"GTP-U", outer4(17, udpPorts(2152, 2152, cat(hx("30ff 002d 0000002a"), inner4()))), false, "gtpu:42", 7 << 60},
		{"GTP-U sequence and extension", outer4(17, udpPorts(2152, 2152, cat(hx("36ff 003d 0000002a 0001 00 85 01 1000 00"), inner6()))), true, "gtpu:42", 7 << 60},
		{"Teredo", outer4(17, udpPorts(50000, 3544, inner6())), true, "teredo:0", 0},
		{"Teredo with indications", outer4(17, udpPorts(3544, 50000, cat(hx("0001 00 00 0000000000000001 00 0000 c350 0a000001"), inner6()))), true, "teredo:0", 0},
		{"AYIYA", outer4(17, udpPorts(50000, 5072, cat(hx("41 52 11 29 00000001"), make([]byte, 16+20), inner6()))), true, "udp:0", 0},
		{"MPLS in UDP", outer4(17, udpPorts(50000, 6635, cat(hx("000101ff"), inner4()))), false, "udp:0", 0},
		{"IPIP in VXLAN in GRE", outer4(47, cat(hx("0000 0800"), outer4(17, udpPorts(50000, 4789, cat(hx("08000000 00002a00"), eth(etherIPv4, outer4(4, inner4()))))))), false, "gre:0 vxlan:42 ipip:0", 5<<60 | 42},
		{"AH", outer4(51, cat(hx("04 04 0000 00000001 00000001 000000000000000000000000"), inner4())), false, "ipip:0", 0},
	}
}

func hopsOf(p *Packet) (s string) {
	for i, h := range p.TunnelHops[:p.NTunnel] {
		if i > 0 {
			s += " "
		}
		s += fmt.Sprintf("%s:%d", TunnelNames[h.Kind], h.ID)
	}
	return s
}

func TestTunnels(t *testing.T) {
	for _, c := range tunnelCases() {
		p := decoded(101, c.packet)
		src, version := "10.0.0.1", uint8(4)
		if c.v6 {
			src, version = "2001:db8::1", 6
		}
		if p.Fail != Decoded || p.Has&HasIP == 0 || p.Src != addr(src) || p.IPVersion != version || p.DstPort != 443 || string(p.Payload) != "hello" {
			t.Errorf("%s: %v, %v > %v, port %d, %q", c.name, p.Fail, p.Src, p.Dst, p.DstPort, p.Payload)
			continue
		}
		if got := hopsOf(p); got != c.hops {
			t.Errorf("%s: hops %q, want %q", c.name, got, c.hops)
		}
		if o := p.TunnelHops[0].Src; o != addr("192.0.2.1") && o != addr("2001:db8:f::1") {
			t.Errorf("%s: outer source %v", c.name, o)
		}
		if p.Domain != c.domain {
			t.Errorf("%s: domain %x, want %x", c.name, p.Domain, c.domain)
		}
		if s := broken(p); s != "" {
			t.Errorf("%s: %s", c.name, s)
		}
	}
}

// What a port suggests but the bytes do not bear out stays a UDP packet, with
// nothing of the attempt left in it.
func TestNoTunnelAfterAll(t *testing.T) {
	good := eth(etherIPv4, inner4())
	arp := eth(0x0806, make([]byte, 28))
	for _, c := range []struct {
		name     string
		src, dst uint16
		payload  []byte
	}{
		{"VXLAN with ARP", 50000, 4789, cat(hx("08000000 00002a00"), arp)},
		{"VXLAN without VNI flag", 50000, 4789, cat(hx("00000000 00002a00"), good)},
		{"VXLAN, inner longer than outer", 50000, 4789, cat(hx("08000000 00002a00"), good[:len(good)-1])},
		{"VXLAN, unknown inner type", 50000, 4789, cat(hx("08000000 00002a00"), eth(0xf00d, nil))},
		{"VXLAN with VLAN and ARP", 50000, 4789, cat(hx("08000000 00002a00"), eth(etherVLAN, hx("0007 0806")))},
		{"Geneve version 1", 50000, 6081, cat(hx("40006558 00002a00"), good)},
		{"Geneve options cut", 50000, 6081, hx("3f006558 00002a00")},
		{"GTP-U echo", 2152, 2152, cat(hx("3201 002d 0000002a"), inner4())},
		{"GTP-U bad extension", 2152, 2152, cat(hx("34ff 0031 0000002a 00000085 00"), inner4())},
		{"GTP-C", 50000, 2123, cat(hx("30ff 002d 0000002a"), inner4())},
		{"Teredo bubble cut", 50000, 3544, inner6()[:39]},
		{"L2TP control", 1701, 1701, hx("c802 000c 0001 0000 0000 0000")},
		{"L2TP offset beyond", 1701, 1701, hx("0202 0001 0002 ffff")},
		{"DNS from port 4789", 4789, 53, []byte("no tunnel at all, but long enough to be one, is it not so")},
		{"empty", 1701, 8472, nil},
	} {
		p := decoded(101, outer4(17, udpPorts(c.src, c.dst, c.payload)))
		if p.Fail != Decoded || p.Has != HasIP|HasPorts|HasUDP|HasPayload || p.NTunnel != 0 || p.NVLAN != 0 ||
			p.Src != addr("192.0.2.1") || p.DstPort != c.dst || int(p.PayloadLen) != len(c.payload) || p.Domain != 0 {
			t.Errorf("%s: %v, has %b, %v > %v %d, payload %d", c.name, p.Fail, p.Has, p.Src, p.Dst, p.DstPort, p.PayloadLen)
		}
	}
}

// Tunnels that the IP header names: the outer packet stays, with the reason
// when the inside is cut or broken, without when it is simply something else.
func TestTunnelInsideUnreadable(t *testing.T) {
	for _, c := range []struct {
		name   string
		packet []byte
		proto  uint8
		fail   Undecoded
	}{
		{"IPIP empty", outer4(4, nil), 4, TruncatedIP},
		{"IPIP cut", outer4(4, inner4()[:19]), 4, TruncatedIP},
		{"IPIP nonsense", outer4(4, hx("f0000000")), 4, BadIP},
		{"GRE cut", outer4(47, hx("0000")), 47, BadL4},
		{"GRE key cut", outer4(47, hx("2000 0800 0000")), 47, BadL4},
		{"GRE routing cut", outer4(47, hx("4000 0800 0000 0000 0800 04")), 47, BadL4},
		{"GRE version 2", outer4(47, cat(hx("0002 0800"), inner4())), 47, BadL4},
		{"GRE keepalive", outer4(47, hx("0000 0000")), 47, Decoded},
		{"GRE CDP", outer4(47, hx("0000 2000 02b4")), 47, Decoded},
		{"GRE with ARP in Ethernet", outer4(47, cat(hx("0000 6558"), eth(0x0806, nil))), 47, Decoded},
		{"PPTP acknowledgement", outer4(47, hx("2081 880b 0000 0102 00000001")), 47, Decoded},
		{"PPTP LCP", outer4(47, hx("3001 880b 0006 0102 00000001 ff03 c021 0101")), 47, Decoded},
		{"L2TPv3 control", outer4(115, hx("00000000 c8030000")), 115, Decoded},
		{"ESP", outer4(50, make([]byte, 64)), 50, Decoded},
		{"OSPF", outer4(89, make([]byte, 24)), 89, Decoded},
	} {
		p := decoded(101, c.packet)
		if p.Fail != c.fail || p.Has != HasIP || p.Src != addr("192.0.2.1") || p.Proto != c.proto || p.NTunnel != 0 {
			t.Errorf("%s: %v, has %b, %v, protocol %d, %d hops", c.name, p.Fail, p.Has, p.Src, p.Proto, p.NTunnel)
		}
	}
}

// The path ends at MaxTunnel hops; the packet then is the last one reached.
func TestTooDeep(t *testing.T) {
	b := inner4()
	for i := range MaxTunnel + 3 {
		b = ip4Between(fmt.Sprintf("192.0.2.%d", i+1), "192.0.2.99", 4, b)
		p := decoded(101, b)
		if i < MaxTunnel {
			if p.Fail != Decoded || int(p.NTunnel) != i+1 || p.Src != addr("10.0.0.1") {
				t.Errorf("%d tunnels: %v, %d hops, %v", i+1, p.Fail, p.NTunnel, p.Src)
			}
			continue
		}
		if p.Fail != TooDeep || p.NTunnel != MaxTunnel || p.Has&HasIP == 0 || p.Proto != 4 {
			t.Errorf("%d tunnels: %v, %d hops, protocol %d", i+1, p.Fail, p.NTunnel, p.Proto)
		}
	}
}

// Headers that contain one another without end are given up, not followed
// down the whole record.
func TestNestingIsBounded(t *testing.T) {
	b := make([]byte, 0, 1<<16)
	for len(b) < 60000 {
		b = append(b, hx("020000000001 020000000002 88e7 00000001")...)
	}
	if p := decoded(1, b); p.Fail != TooDeep {
		t.Errorf("802.1ah in 802.1ah: %v", p.Fail)
	}
	b = append(hx("020000000001 020000000002"), make([]byte, 0)...)
	for len(b) < 60000 {
		b = append(b, hx("8100 0007")...)
	}
	if p := decoded(1, b); p.Fail != TooDeep || p.NVLAN != MaxVLAN {
		t.Errorf("tags without end: %v, %d VLANs", p.Fail, p.NVLAN)
	}
}

// Up to eight tags are passed, the first four kept.
func TestManyVLANs(t *testing.T) {
	b := hx("020000000001 020000000002 8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 0800")
	p := decoded(1, cat(b, inner4()))
	if p.Fail != Decoded || p.NVLAN != 4 || p.VLANs != [4]uint16{1, 2, 3, 4} || p.DstPort != 443 {
		t.Errorf("%v, %v, port %d", p.Fail, p.VLANs, p.DstPort)
	}
}

// A loopback address of the outer packet does not make the inner one loopback.
func TestLoopbackIsTheInnermost(t *testing.T) {
	if p := decoded(101, ip4Between("127.0.0.1", "127.0.0.1", 4, inner4())); p.Has&Loopback != 0 {
		t.Error("outer loopback address counts for the inner packet")
	}
	if p := decoded(101, outer4(4, ip4Between("127.0.0.1", "127.0.0.1", 17, udpPorts(1, 2, nil)))); p.Has&Loopback == 0 {
		t.Error("inner loopback address does not count")
	}
	if p := decoded(0, cat(hx("02000000"), outer4(4, inner4()))); p.Has&Loopback == 0 {
		t.Error("the link's loopback got lost in the tunnel")
	}
	if p := decoded(101, ip6Between("::1", "::1", 17, udpPorts(1, 2, nil))); p.Has&Loopback == 0 {
		t.Error("::1 is no loopback")
	}
}
