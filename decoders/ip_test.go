package decoders

import "testing"

func TestIPv4Fields(t *testing.T) {
	b := inner4()
	b[1], b[8] = 0xb9, 7
	p := decoded(101, b)
	if p.IPVersion != 4 || p.Proto != ProtoTCP || p.TTL != 7 || p.TOS != 0xb9 || !p.DF || p.MF || p.IPID != 0x1234 || p.FragOff != 0 || p.IPLen != 45 || len(p.IPHdr) != 45 || len(p.L4) != 25 {
		t.Errorf("%+v", p)
	}
	if p.Src != addr("10.0.0.1") || p.Dst != addr("10.0.0.2") {
		t.Errorf("%v > %v", p.Src, p.Dst)
	}
}

func TestIPv6Fields(t *testing.T) {
	b := inner6()
	b[0], b[1], b[7] = 0x6b, 0x90, 7
	p := decoded(101, b)
	if p.IPVersion != 6 || p.Proto != ProtoUDP || p.TTL != 7 || p.TOS != 0xb9 || p.DF || p.MF || p.IPID != 0 || p.IPLen != 53 || len(p.IPHdr) != 53 || len(p.L4) != 13 {
		t.Errorf("%+v", p)
	}
}

// The payload's length is the IP header's, whatever the record holds.
func TestLengths(t *testing.T) {
	set4 := func(total uint16) []byte { b := inner4(); be.PutUint16(b[2:], total); return b }
	set6 := func(n uint16) []byte { b := inner6(); be.PutUint16(b[4:], n); return b }
	for _, c := range []struct {
		name            string
		b               []byte
		captured, wire  int
		fail            Undecoded
		ipLen, payload  uint32
		payloadCaptured int
	}{
		{"whole", inner4(), 45, 45, Decoded, 45, 5, 5},
		{"Ethernet padding", cat(inner4(), make([]byte, 9)), 54, 54, Decoded, 45, 5, 5},
		{"cut in the payload", inner4(), 42, 45, Decoded, 45, 5, 2},
		{"cut before the payload", inner4(), 40, 45, Decoded, 45, 5, 0},
		{"IPv4 length 0", set4(0), 45, 45, Decoded, 45, 5, 5},
		{"IPv4 length 0, cut", set4(0), 42, 70045, Decoded, 70045, 70005, 2},
		{"longer than the wire", set4(1500), 45, 45, Decoded, 45, 5, 5},
		{"longer than the wire, cut", set4(1500), 42, 45, Decoded, 1500, 1460, 2},
		{"shorter than its header", set4(19), 45, 45, BadIP, 0, 0, 0},
		{"IPv4 header cut", inner4(), 19, 45, TruncatedIP, 0, 0, 0},
		{"IPv6 whole", inner6(), 53, 53, Decoded, 53, 5, 5},
		{"IPv6 padding", cat(inner6(), make([]byte, 4)), 57, 57, Decoded, 53, 5, 5},
		{"IPv6 length 0", set6(0), 53, 53, Decoded, 53, 5, 5},
		{"IPv6 length 0, cut", set6(0), 50, 70053, Decoded, 70053, 5, 2}, // the UDP length still counts
		{"IPv6 longer than the wire", set6(1500), 53, 53, Decoded, 53, 5, 5},
		{"IPv6 header cut", inner6(), 39, 53, TruncatedIP, 0, 0, 0},
	} {
		var p Packet
		p.Decode(101, c.b[:c.captured], uint32(c.wire))
		if p.Fail != c.fail {
			t.Errorf("%s: %v, want %v", c.name, p.Fail, c.fail)
			continue
		}
		if p.Fail == Decoded && (p.IPLen != c.ipLen || p.PayloadLen != c.payload || len(p.Payload) != c.payloadCaptured) {
			t.Errorf("%s: IP length %d, payload %d of %d; want %d, %d of %d", c.name, p.IPLen, len(p.Payload), p.PayloadLen, c.ipLen, c.payloadCaptured, c.payload)
		}
		if s := broken(&p); s != "" {
			t.Errorf("%s: %s", c.name, s)
		}
	}
}

// A file that claims less on the wire than it holds is believed where it can be.
func TestWireShorterThanCaptured(t *testing.T) {
	var p Packet
	p.Decode(101, inner4(), 10)
	if p.WireLen != 45 || p.Has&SnapCut != 0 || p.PayloadLen != 5 {
		t.Errorf("wire %d, has %b", p.WireLen, p.Has)
	}
}

func TestIPv4Options(t *testing.T) {
	b := inner4()
	b[0] = 0x47
	b = cat(b[:20], hx("9404000001010100"), b[20:])
	be.PutUint16(b[2:], uint16(len(b)))
	if p := decoded(101, b); p.Fail != Decoded || p.DstPort != 443 || p.PayloadLen != 5 {
		t.Errorf("options: %v, port %d, payload %d", p.Fail, p.DstPort, p.PayloadLen)
	}
	var p Packet
	if p.Decode(101, b[:24], uint32(len(b))); p.Fail != TruncatedIP || p.Has&HasIP != 0 {
		t.Errorf("cut in the options: %v", p.Fail)
	}
	b[0] = 0x44
	if p := decoded(101, b); p.Fail != BadIP {
		t.Errorf("header length 16: %v", p.Fail)
	}
}

func TestIPv6Extensions(t *testing.T) {
	udp := udpPorts(40000, 443, []byte("hello"))
	for _, c := range []struct {
		name  string
		next  byte
		head  string
		fail  Undecoded
		proto uint8
		port  uint16
	}{
		{"hop-by-hop", 0, "11 00 05020000 0100", Decoded, 17, 443},
		{"routing type 0", 43, "11 02 00 01 00000000 20010db8000000000000000000000009", Decoded, 17, 443},
		{"segment routing", 43, "11 02 04 00 00000000 20010db8000000000000000000000009", Decoded, 17, 443},
		{"destination", 60, "11 00 010400000000", Decoded, 17, 443},
		{"AH", 51, "11 01 0000 00000001 00000001", Decoded, 17, 443},
		{"hop-by-hop, destination, AH", 0, "3c 00 05020000 0100 33 00 010400000000 11 01 0000 00000001 00000001", Decoded, 17, 443},
		{"mobility with payload", 135, "11 00 00 00 0000 0000", Decoded, 17, 443},
		{"mobility alone", 135, "3b 00 05 00 0000 0000", Decoded, 135, 0},
		{"no next header", 59, "", Decoded, 59, 0},
		{"no next header behind options", 60, "3b 00 010400000000", Decoded, 59, 0},
		{"ESP", 50, "00000001 00000001", Decoded, 50, 0},
		{"atomic fragment", 44, "11 00 0000 00000009", Decoded, 17, 443},
		{"too long", 60, "11 ff 010400000000", BadIP, 60, 0},
	} {
		p := decoded(101, ip6(c.next, cat(hx(c.head), udp)))
		if p.Fail != c.fail || p.Proto != c.proto || (p.Has&HasPorts != 0) != (c.port != 0) || c.port != 0 && p.DstPort != c.port {
			t.Errorf("%s: %v, protocol %d, has %b, port %d", c.name, p.Fail, p.Proto, p.Has, p.DstPort)
		}
		if p.Has&IsFragment != 0 {
			t.Errorf("%s: a fragment?", c.name)
		}
		if s := broken(p); s != "" {
			t.Errorf("%s: %s", c.name, s)
		}
	}
	chain := udp
	for range maxExtension {
		chain = cat(hx("3c 00 010400000000"), chain)
	}
	if p := decoded(101, ip6(60, chain)); p.Fail != TooDeep || p.Has&HasIP == 0 {
		t.Errorf("endless chain: %v", p.Fail)
	}
}

// A jumbogram's length is in its hop-by-hop option (RFC 2675).
func TestJumboPayload(t *testing.T) {
	b := ip6(0, cat(hx("11 00 c204 00011170"), udpPorts(40000, 443, make([]byte, 100))))
	be.PutUint16(b[4:], 0)
	be.PutUint16(b[52:], 0) // UDP length does not fit either
	var p Packet
	p.Decode(101, b, 70040)
	if p.Fail != Decoded || p.IPLen != 70040 || p.PayloadLen != 70040-40-8-8 {
		t.Errorf("%v, IP length %d, payload %d", p.Fail, p.IPLen, p.PayloadLen)
	}
}

func TestFragments(t *testing.T) {
	first := inner4()
	first[6] = 0x20
	p := decoded(101, first)
	if p.Has&(IsFragment|HasTCP) != IsFragment|HasTCP || p.DstPort != 443 || !p.MF || p.FragOff != 0 || p.DF {
		t.Errorf("first: has %b, %+v", p.Has, p)
	}
	later := ip4(ProtoUDP, []byte("0123456789"))
	later[6], later[7] = 0x00, 185
	p = decoded(101, later)
	if p.Has != HasIP|IsFragment || p.FragOff != 1480 || p.MF || p.IPID != 0x1234 || string(p.L4) != "0123456789" {
		t.Errorf("later: has %b, %+v", p.Has, p)
	}
	tiny := ip4(ProtoTCP, make([]byte, 8))
	tiny[6] = 0x20
	if p = decoded(101, tiny); p.Fail != Decoded || p.Has != HasIP|IsFragment|HasPorts {
		t.Errorf("tiny first: %v, has %b", p.Fail, p.Has)
	}
	six := ip6(44, cat(hx("11 00 0001 00000009"), udpPorts(40000, 443, make([]byte, 8))))
	if p = decoded(101, six); p.Has != HasIP|IsFragment|HasPorts|HasUDP|HasPayload || p.IPID != 9 || !p.MF || p.Proto != 17 {
		t.Errorf("IPv6 first: has %b, %+v", p.Has, p)
	}
	six = ip6(44, cat(hx("11 00 05a8 00000009"), make([]byte, 8)))
	if p = decoded(101, six); p.Has != HasIP|IsFragment || p.FragOff != 1448 || p.MF {
		t.Errorf("IPv6 later: has %b, offset %d", p.Has, p.FragOff)
	}
	// The first fragment of a tunnel's outer datagram is not read into.
	outer := outer4(4, inner4())
	outer[6] = 0x20
	if p = decoded(101, outer); p.Has != HasIP|IsFragment || p.NTunnel != 0 || p.Src != addr("192.0.2.1") {
		t.Errorf("outer fragment: has %b, %d hops", p.Has, p.NTunnel)
	}
}
