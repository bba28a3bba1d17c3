package decoders

import (
	"encoding/hex"
	"net/netip"
	"strings"
)

// The functions here put packets together from the inside out: each takes what
// it carries. Addresses: 10.0.0.1 to 10.0.0.2, 2001:db8::1 to 2001:db8::2, and
// for the outer packets of tunnels 192.0.2.x and 2001:db8:f::x.

func cat(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// hx turns hex digits, blanks ignored, into bytes.
func hx(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

func addr(s string) Addr { return AddrFrom(netip.MustParseAddr(s)) }

func ip4(proto byte, payload []byte) []byte {
	return ip4Between("10.0.0.1", "10.0.0.2", proto, payload)
}

// outer4 is the outer packet of a tunnel.
func outer4(proto byte, payload []byte) []byte {
	return ip4Between("192.0.2.1", "192.0.2.2", proto, payload)
}

func ip4Between(src, dst string, proto byte, payload []byte) []byte {
	h := hx("45 00 0000 1234 4000 40 00 0000 00000000 00000000")
	h[9] = proto
	be.PutUint16(h[2:], uint16(20+len(payload)))
	copy(h[12:], netip.MustParseAddr(src).AsSlice())
	copy(h[16:], netip.MustParseAddr(dst).AsSlice())
	be.PutUint16(h[10:], headerChecksum(h))
	return cat(h, payload)
}

func ip6(next byte, payload []byte) []byte {
	return ip6Between("2001:db8::1", "2001:db8::2", next, payload)
}

func ip6Between(src, dst string, next byte, payload []byte) []byte {
	h := make([]byte, 40)
	h[0], h[6], h[7] = 0x60, next, 64
	be.PutUint16(h[4:], uint16(len(payload)))
	copy(h[8:], netip.MustParseAddr(src).AsSlice())
	copy(h[24:], netip.MustParseAddr(dst).AsSlice())
	return cat(h, payload)
}

func udpPorts(src, dst uint16, payload []byte) []byte {
	h := make([]byte, 8)
	be.PutUint16(h, src)
	be.PutUint16(h[2:], dst)
	be.PutUint16(h[4:], uint16(8+len(payload)))
	return cat(h, payload)
}

// tcpSegment is 40000 > 443, sequence 0x01020304, with the given options,
// whose length must be a multiple of 4.
func tcpSegment(options, payload []byte) []byte {
	h := hx("9c40 01bb 01020304 05060708 50 18 01f6 abcd 0000")
	h[12] = byte(5+len(options)/4) << 4
	return cat(h, options, payload)
}

func eth(t uint16, payload []byte) []byte {
	h := hx("020000000001 020000000002 0000")
	be.PutUint16(h[12:], t)
	return cat(h, payload)
}

// inner4 and inner6 are the packets that most tests look for.
func inner4() []byte { return ip4(ProtoTCP, tcpSegment(nil, []byte("hello"))) }
func inner6() []byte { return ip6(ProtoUDP, udpPorts(40000, 443, []byte("hello"))) }

// decoded decodes a record that was captured whole.
func decoded(link uint16, b []byte) *Packet {
	var p Packet
	p.Decode(link, b, uint32(len(b)))
	return &p
}
