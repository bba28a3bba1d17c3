package decoders

import (
	"testing"
	"time"
)

// FuzzDecode: whatever the bytes, the decoder keeps its invariants, the short
// cut agrees with the long way, a reused Packet with a fresh one, and Peek with
// Decode.
func FuzzDecode(f *testing.F) {
	for _, c := range linkCases {
		f.Add(c.link, uint16(0), c.bytes())
	}
	for _, c := range tunnelCases() {
		f.Add(uint16(1), uint16(0), eth(etherIPv4, c.packet))
		f.Add(uint16(101), uint16(100), fragNeeded(c.packet, len(c.packet)))
	}
	f.Add(uint16(1), uint16(0), eth(etherIPv4, ip4(ProtoTCP, tcpSegment(hx("020405b4 0402 080a 00000001 00000002 01 030307"), nil))))
	f.Add(uint16(229), uint16(0), piece6(inner6(), 0, 0, 8))
	reused := new(Packet)
	f.Fuzz(func(t *testing.T, link, missing uint16, data []byte) {
		wire := uint32(len(data)) + uint32(missing)
		var fresh, long Packet
		fresh.Decode(link, data, wire)
		if s := broken(&fresh); s != "" {
			t.Fatal(s)
		}
		if long.decode(link, data, wire); diff(&fresh, &long) != "" {
			t.Fatalf("short cut and long way: %s", diff(&fresh, &long))
		}
		reused.Has = 0
		if reused.Decode(link, data, wire); diff(reused, &fresh) != "" {
			t.Fatalf("reused and fresh: %s", diff(reused, &fresh))
		}
		if h, ok := Peek(link, data); ok {
			if k, _ := fresh.Key(); fresh.Has&HasPorts == 0 || fresh.Has&IsFragment != 0 || k.Hash() != h {
				t.Fatalf("Peek: %x, has %b", h, fresh.Has)
			}
		}
	})
}

// FuzzReassembler takes the bytes apart into fragments of a few datagrams of
// both versions: two bytes of offset and flags, one of length, one that picks
// datagram and time. The limits must hold and every datagram must come out
// within its bounds and decodable, or be counted, once.
func FuzzReassembler(f *testing.F) {
	f.Add([]byte{0x20, 0, 16, 0, 0x00, 2, 8, 0})
	f.Add([]byte{0, 1, 16, 1, 0, 16, 8, 1, 0, 0, 8, 1})
	f.Add([]byte{0x20, 0, 16, 0, 0x20, 1, 16, 0x80, 0x00, 2, 8, 0, 0x20, 0, 16, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		cfg := ReassemblyConfig{MaxDatagrams: 3, MaxBytes: 4096, MaxFragments: 20}
		r := NewReassembler(cfg)
		var clock time.Duration
		var begun, whole uint64
		for ; len(script) >= 4; script = script[4:] {
			payload := counting(int(script[2]))
			word := be.Uint16(script)
			pick := script[3]
			clock += time.Duration(pick>>4) * time.Second
			var b []byte
			if pick&1 == 0 {
				b = withID(ip4(ProtoUDP, payload), uint16(pick>>1&3))
				be.PutUint16(b[6:], word&^0x4000)
			} else {
				h := hx("11 00 0000 00000000")
				be.PutUint16(h[2:], word)
				h[7] = pick >> 1 & 3
				b = ip6(protoFragment, cat(h, payload))
			}
			var p Packet
			p.Clock = int64(clock)
			p.Decode(101, b, uint32(len(b)))
			if p.Has&IsFragment == 0 {
				continue
			}
			begun++
			d, wire, ok := r.Add(&p)
			if r.bytes > cfg.MaxBytes+pieceOverhead*(cfg.MaxFragments+1)+65536 || len(r.byKey) > cfg.MaxDatagrams {
				t.Fatalf("%d bytes in %d datagrams", r.bytes, len(r.byKey))
			}
			if !ok {
				continue
			}
			whole++
			if uint32(len(d)) != wire || wire > 65535+40 {
				t.Fatalf("%d bytes of %d", len(d), wire)
			}
			p.DecodeIP(d, wire)
			if s := broken(&p); s != "" {
				t.Fatal(s)
			}
			if p.Has&HasIP == 0 || p.IPLen != wire {
				t.Fatalf("datagram of %d bytes: has %b, %v, length %d", wire, p.Has, p.Fail, p.IPLen)
			}
		}
		if r.Incomplete()+whole > begun {
			t.Fatalf("%d fragments, %d datagrams, %d incomplete", begun, whole, r.Incomplete())
		}
		r.Reset()
		if r.bytes != 0 || r.open != 0 || len(r.byKey) != 0 {
			t.Fatalf("after Reset: %d bytes, %d open, %d datagrams", r.bytes, r.open, len(r.byKey))
		}
	})
}
