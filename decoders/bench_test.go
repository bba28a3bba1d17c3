package decoders

import "testing"

// tcpFrame is an Ethernet frame of an established connection: IPv4, TCP with
// timestamps, 1000 bytes of payload.
func tcpFrame() []byte {
	b := append([]byte{
		0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0x04, 0x1c, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9c, 0x40, 0x01, 0xbb, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0x18, 1, 0xf6, 0, 0, 0, 0,
		1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
	}, make([]byte, 1000)...)
	return b
}

// taggedFrame is the same with a VLAN tag, which takes the long way.
func taggedFrame() []byte {
	b := tcpFrame()
	return append(append(append([]byte{}, b[:12]...), 0x81, 0, 0, 7), b[12:]...)
}

func BenchmarkDecodeTCP(b *testing.B) {
	benchDecode(b, 1, tcpFrame())
}

func BenchmarkDecodeVLAN(b *testing.B) {
	benchDecode(b, 1, taggedFrame())
}

func BenchmarkDecodeSLL2IPv6UDP(b *testing.B) {
	f := append([]byte{0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0,
		0x60, 0, 0, 0, 0, 108, 17, 64}, make([]byte, 32)...)
	f = append(f, 0x9c, 0x40, 0, 53, 0, 108, 0, 0)
	benchDecode(b, 276, append(f, make([]byte, 100)...))
}

func BenchmarkDecodeVXLAN(b *testing.B) {
	in := tcpFrame()
	f := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 0, 1, 192, 168, 0, 2,
		0xc0, 0, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0}
	be.PutUint16(f[16:], uint16(36+len(in)))
	benchDecode(b, 1, append(f, in...))
}

func benchDecode(b *testing.B, link uint16, data []byte) {
	var p Packet
	b.ReportAllocs()
	for b.Loop() {
		p.Has = HasTime
		p.Decode(link, data, uint32(len(data)))
	}
	if p.Has&HasPorts == 0 {
		b.Fatal("not decoded")
	}
}

func BenchmarkPeek(b *testing.B) {
	data := tcpFrame()
	var sum uint64
	for b.Loop() {
		h, ok := Peek(1, data)
		if !ok {
			b.Fatal("not peeked")
		}
		sum += h
	}
	_ = sum
}
