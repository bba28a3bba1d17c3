package decoders

import "testing"

// fragNeeded is an ICMP fragmentation-needed message from 192.0.2.9 with a
// next-hop MTU of 1400 that quotes n bytes of b.
func fragNeeded(b []byte, n int) []byte {
	return ip4Between("192.0.2.9", "10.0.0.1", ProtoICMP, cat(hx("0304 0000 0000 0578"), b[:n]))
}

func TestQuoteTCP(t *testing.T) {
	inner := ip4(ProtoTCP, tcpSegment(hx("0101080a 00000001 00000002"), make([]byte, 1400)))
	for _, c := range []struct {
		quoted          int
		ports, seq, ack bool
		payloadOff      uint32
	}{
		{20, false, false, false, 0},
		{23, false, false, false, 0},
		{24, true, false, false, 0},
		{28, true, true, false, 0},
		{33, true, true, false, 0},
		{34, true, true, true, 52},
		{548, true, true, true, 52},
	} {
		p := decoded(101, fragNeeded(inner, c.quoted))
		q := &p.ICMP.Quote
		if p.Fail != Decoded || p.Has != HasIP|HasICMP|HasQuote || p.ICMP.MTU != 1400 || p.ICMP.Type != 3 || p.ICMP.Code != 4 || p.ICMP.Rest != 1400 {
			t.Errorf("%d: %v, has %b, %+v", c.quoted, p.Fail, p.Has, p.ICMP)
			continue
		}
		if q.Src != addr("10.0.0.1") || q.Dst != addr("10.0.0.2") || q.IPLen != 1452 || q.IPID != 0x1234 || q.Proto != ProtoTCP || q.IPVersion != 4 || q.TTL != 64 || !q.DF || q.Fragment || q.Tunnel || q.OuterSrc != q.Src {
			t.Errorf("%d: %+v", c.quoted, q)
		}
		if q.HasPorts != c.ports || q.HasSeq != c.seq || q.HasAck != c.ack || q.PayloadOff != c.payloadOff {
			t.Errorf("%d: ports %v, seq %v, ack %v, payload at %d", c.quoted, q.HasPorts, q.HasSeq, q.HasAck, q.PayloadOff)
		}
		if c.ack && (q.SrcPort != 40000 || q.Seq != 0x01020304 || q.Ack != 0x05060708 || q.Flags != ACK|PSH) {
			t.Errorf("%d: %+v", c.quoted, q)
		}
	}
	if p := decoded(101, fragNeeded(inner, 19)); p.Has != HasIP|HasICMP || p.Fail != Decoded {
		t.Errorf("quote of 19 bytes: %v, has %b", p.Fail, p.Has)
	}
}

// The flow that an ICMP error quotes has the key and hash of that flow's own
// packets.
func TestQuoteKey(t *testing.T) {
	vxlan := func(in []byte) []byte {
		return outer4(17, udpPorts(50000, 4789, cat(hx("08000000 00002a00"), eth(etherIPv4, in))))
	}
	for name, b := range map[string][]byte{
		"TCP": inner4(), "IPv6 UDP": inner6(), "in IPIP": outer4(4, inner4()), "in VXLAN": vxlan(inner4()),
		"in GRE": outer4(47, cat(hx("0000 0800"), inner4())), "in GTP-U": outer4(17, udpPorts(2152, 2152, cat(hx("30ff 002d 0000002a"), inner4()))),
		"ICMP": ip4(ProtoICMP, hx("0800 0000 0001 0001")),
	} {
		flow := decoded(101, b)
		var p *Packet
		if b[0]>>4 == 6 {
			p = decoded(101, ip6(ProtoICMPv6, cat(hx("0200 0000 00000514"), b)))
		} else {
			p = decoded(101, fragNeeded(b, len(b)))
		}
		if p.Has&HasQuote == 0 {
			t.Errorf("%s: no quote", name)
			continue
		}
		want, wantDir := flow.Key()
		got, dir := p.ICMP.Quote.Key()
		if got != want || dir != wantDir {
			t.Errorf("%s: %+v %d, want %+v %d", name, got, dir, want, wantDir)
		}
		if p.ICMP.Quote.Tunnel != (flow.NTunnel > 0) || flow.NTunnel > 0 && p.ICMP.Quote.OuterSrc != addr("192.0.2.1") {
			t.Errorf("%s: tunnel %v, outer %v", name, p.ICMP.Quote.Tunnel, p.ICMP.Quote.OuterSrc)
		}
	}
}

func TestQuoteOthers(t *testing.T) {
	sctp := ip4(ProtoSCTP, hx("0b59 0b59 00000007 12345678"))
	if q := &decoded(101, fragNeeded(sctp, 28)).ICMP.Quote; !q.HasSeq || q.VTag != 7 || q.SrcPort != 2905 {
		t.Errorf("SCTP: %+v", q)
	}
	later := ip4(ProtoTCP, make([]byte, 40))
	later[7] = 10
	if q := &decoded(101, fragNeeded(later, 60)).ICMP.Quote; !q.Fragment || q.HasPorts {
		t.Errorf("later fragment: %+v", q)
	}
	first := inner4()
	first[6] = 0x20
	if q := &decoded(101, fragNeeded(first, 45)).ICMP.Quote; q.Fragment || !q.HasPorts {
		t.Errorf("first fragment: %+v", q)
	}
	none := inner4()
	be.PutUint16(none[2:], 0)
	if q := &decoded(101, fragNeeded(none, 45)).ICMP.Quote; q.IPLen != 0 || !q.HasAck {
		t.Errorf("no total length: %+v", q)
	}
	// IPIP cut behind the outer header and in the inner one.
	if q := &decoded(101, fragNeeded(outer4(4, inner4()), 28)).ICMP.Quote; q.Tunnel || q.Src != addr("192.0.2.1") || q.Proto != 4 {
		t.Errorf("cut tunnel: %+v", q)
	}
	// An error about an error quotes the error, not what that quoted.
	p := decoded(101, fragNeeded(fragNeeded(inner4(), 45), 73))
	if q := &p.ICMP.Quote; q.Src != addr("192.0.2.9") || q.Proto != ProtoICMP || q.HasPorts {
		t.Errorf("error about an error: %+v", q)
	}
	// Bytes behind the length that RFC 4884 states are not the quote's.
	ext := ip4Between("192.0.2.9", "10.0.0.1", ProtoICMP, cat(hx("0b00 0000 0006 0000"), inner4()[:24], hx("2000 0000 0008 0101 00000000 00000000")))
	be.PutUint16(ext[24:], 6) // length 6 words
	if q := &decoded(101, ext).ICMP.Quote; !q.HasPorts || q.HasSeq {
		t.Errorf("extension structure: %+v", q)
	}
}

func TestICMPWithoutQuote(t *testing.T) {
	for name, b := range map[string][]byte{
		"echo":      ip4(ProtoICMP, cat(hx("0800 0000 0001 0001"), inner4())),
		"echo v6":   ip6(ProtoICMPv6, cat(hx("8000 0000 0001 0001"), inner6())),
		"neighbour": ip6(ProtoICMPv6, cat(hx("8700 0000 00000000"), make([]byte, 16))),
	} {
		if p := decoded(101, b); p.Has != HasIP|HasICMP || p.ICMP.MTU != 0 {
			t.Errorf("%s: has %b, MTU %d", name, p.Has, p.ICMP.MTU)
		}
	}
	p := decoded(101, ip6(ProtoICMPv6, cat(hx("0200 0000 00000514"), inner6())))
	if p.ICMP.MTU != 1300 || p.ICMP.Quote.IPLen != 53 || p.ICMP.Quote.DstPort != 443 {
		t.Errorf("packet too big: %+v", p.ICMP)
	}
	// An error that came through a tunnel is the innermost packet itself.
	p = decoded(101, outer4(4, fragNeeded(inner4(), 45)))
	if p.Has != HasIP|HasICMP|HasQuote|HasTunnel || p.Src != addr("192.0.2.9") || p.ICMP.Quote.Tunnel {
		t.Errorf("error in a tunnel: has %b, %v", p.Has, p.Src)
	}
}
