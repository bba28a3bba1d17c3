package decoders

import "testing"

func TestTCPFields(t *testing.T) {
	p := decoded(101, inner4())
	want := TCP{Seq: 0x01020304, Ack: 0x05060708, Window: 0x1f6, Checksum: 0xabcd, Flags: ACK | PSH, HdrLen: 20}
	if got := p.TCP; got.Seq != want.Seq || got.Ack != want.Ack || got.Window != want.Window || got.Checksum != want.Checksum || got.Flags != want.Flags || got.HdrLen != want.HdrLen || got.Urgent != 0 || got.Opt.Has != 0 {
		t.Errorf("%+v", got)
	}
}

// Header lengths and cuts; the record is raw IP, the transport header at 20.
func TestTransportErrors(t *testing.T) {
	doff := func(words byte) []byte { b := tcpSegment(nil, []byte("hello")); b[12] = words << 4; return b }
	ulen := func(n uint16) []byte { b := udpPorts(1, 2, []byte("hello")); be.PutUint16(b[4:], n); return b }
	syn := tcpSegment(hx("020405b4 01030307 0402 080a 00000001 00000000"), nil)
	const ports = HasIP | HasPorts
	for _, c := range []struct {
		name     string
		proto    uint8
		b        []byte
		captured int // -1: all
		fail     Undecoded
		has      Fields
		payload  uint32
	}{
		{"TCP data offset 4", ProtoTCP, doff(4), -1, BadL4, ports, 0},
		{"TCP data offset beyond", ProtoTCP, doff(7), -1, BadL4, ports, 0},
		{"TCP data offset to the end", ProtoTCP, doff(6)[:24], -1, Decoded, ports | HasTCP | HasPayload, 0},
		{"TCP cut behind the ports", ProtoTCP, doff(5), 4, TruncatedL4, ports | SnapCut, 0},
		{"TCP cut in the header", ProtoTCP, doff(5), 19, TruncatedL4, ports | SnapCut, 0},
		{"TCP cut in the ports", ProtoTCP, doff(5), 3, TruncatedL4, HasIP | SnapCut, 0},
		{"TCP datagram too short", ProtoTCP, doff(5)[:19], -1, BadL4, ports, 0},
		{"TCP datagram without ports", ProtoTCP, nil, -1, BadL4, HasIP, 0},
		{"SYN cut in the options", ProtoTCP, syn, 28, Decoded, ports | HasTCP | HasPayload | SnapCut, 0},
		{"SYN cut before the options", ProtoTCP, syn, 20, Decoded, ports | HasTCP | HasPayload | SnapCut, 0},
		{"UDP", ProtoUDP, ulen(13), -1, Decoded, ports | HasUDP | HasPayload, 5},
		{"UDP shorter than the datagram", ProtoUDP, ulen(10), -1, Decoded, ports | HasUDP | HasPayload, 2},
		{"UDP longer than the datagram", ProtoUDP, ulen(1000), -1, Decoded, ports | HasUDP | HasPayload, 5},
		{"UDP length 0", ProtoUDP, ulen(0), -1, Decoded, ports | HasUDP | HasPayload, 5},
		{"UDP length 7", ProtoUDP, ulen(7), -1, BadL4, ports, 0},
		{"UDP cut", ProtoUDP, ulen(13), 7, TruncatedL4, ports | SnapCut, 0},
		{"UDP-Lite", ProtoUDPLite, ulen(8), -1, Decoded, ports | HasPayload, 5},
		{"DCCP", 33, make([]byte, 16), -1, Decoded, ports, 0},
		{"SCTP", ProtoSCTP, hx("0b59 0b5a 00000007 12345678 0a000004"), -1, Decoded, ports | HasSCTP | HasPayload, 4},
		{"SCTP cut", ProtoSCTP, hx("0b59 0b5a 00000007 12345678 0a000004"), 11, TruncatedL4, ports | SnapCut, 0},
		{"ICMP", ProtoICMP, hx("0800 f7ff 0000 0000"), -1, Decoded, HasIP | HasICMP, 0},
		{"ICMP cut", ProtoICMP, hx("0800 f7ff 0000 0000"), 7, TruncatedL4, HasIP | SnapCut, 0},
		{"ICMP too short", ProtoICMP, hx("0800"), -1, BadL4, HasIP, 0},
		{"ICMPv6 in IPv4", ProtoICMPv6, hx("8000 f7ff 0000 0000"), -1, Decoded, HasIP, 0},
		{"AH cut", ProtoAH, hx("06 04 0000 00000001 00000001"), -1, BadL4, HasIP, 0},
	} {
		b := ip4(c.proto, c.b)
		captured := len(b)
		if c.captured >= 0 {
			captured = 20 + c.captured
		}
		var p Packet
		p.Decode(101, b[:captured:captured], uint32(len(b)))
		if p.Fail != c.fail || p.Has != c.has {
			t.Errorf("%s: %v, has %b; want %v, %b", c.name, p.Fail, p.Has, c.fail, c.has)
		}
		if p.Has&HasPayload != 0 && p.PayloadLen != c.payload {
			t.Errorf("%s: payload %d, want %d", c.name, p.PayloadLen, c.payload)
		}
		if s := broken(&p); s != "" {
			t.Errorf("%s: %s", c.name, s)
		}
	}
}

func TestSCTPFields(t *testing.T) {
	p := decoded(101, ip4(ProtoSCTP, hx("0b59 0b5a 00000007 12345678 0a000004")))
	if p.SrcPort != 2905 || p.DstPort != 2906 || p.SCTP != (SCTP{7, 0x12345678}) || string(p.Payload) != "\x0a\x00\x00\x04" {
		t.Errorf("%+v, payload %x", p.SCTP, p.Payload)
	}
}

func TestTCPOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		hex  string
		want TCPOptions
	}{
		{"Linux SYN", "020405b4 0402 080a 00000001 00000002 01 030307", TCPOptions{Has: OptMSS | OptSACKPermitted | OptTimestamps | OptWScale, MSS: 1460, TSVal: 1, TSEcr: 2, WScale: 7}},
		{"timestamps", "0101080a 00000003 00000004", TCPOptions{Has: OptTimestamps, TSVal: 3, TSEcr: 4}},
		{"timestamps unaligned", "080a 00000003 00000004 0101", TCPOptions{Has: OptTimestamps, TSVal: 3, TSEcr: 4}},
		{"SACK", "0101 0512 00000001 00000002 00000003 00000004", TCPOptions{Has: OptSACK, NSACK: 2, SACK: [4][2]uint32{{1, 2}, {3, 4}}}},
		{"scale above 14", "03030f 00", TCPOptions{Has: OptWScale, WScale: 14}},
		{"fast open", "2202 0101", TCPOptions{Has: OptFastOpen}},
		{"fast open, experimental", "fe04f989", TCPOptions{Has: OptFastOpen}},
		{"another experiment", "fe04f990", TCPOptions{}},
		{"end of options", "0402 00 02", TCPOptions{Has: OptSACKPermitted}},
		{"unknown option", "1e04 0000 0402 0101", TCPOptions{Has: OptSACKPermitted}},
		{"length 1", "0401 0101", TCPOptions{Has: OptCut}},
		{"length 0", "0402 0800", TCPOptions{Has: OptSACKPermitted | OptCut}},
		{"beyond the header", "0402 080a", TCPOptions{Has: OptSACKPermitted | OptCut}},
		{"kind alone", "0402 0108", TCPOptions{Has: OptSACKPermitted | OptCut}},
		{"MSS of 3 bytes", "020305 0402 010101", TCPOptions{Has: OptSACKPermitted}},
		{"SACK of 5 bytes", "0507 0000000000 0402 0101 01", TCPOptions{Has: OptSACKPermitted}},
	} {
		p := decoded(101, ip4(ProtoTCP, tcpSegment(hx(c.hex), nil)))
		if s := diffOptions(&p.TCP.Opt, &c.want); s != "" || p.Has&HasTCP == 0 {
			t.Errorf("%s: %s", c.name, s)
		}
	}
}

// A list that is recognised as a whole gives what reading it option by option
// gives, and so does one that is off by any bit.
func TestTCPOptionsAtOnce(t *testing.T) {
	for _, list := range [][]byte{hx("0101 080a 00000001 00000002"), hx("0204 05b4 0402 080a 00000001 00000002 01 03030f"), hx("0204 05b4 0402 080a ffffffff 00000000 01 030307")} {
		for bit := range 8*len(list) + 1 {
			b := append([]byte{}, list...)
			if bit < 8*len(b) {
				b[bit/8] ^= 1 << (bit % 8)
			}
			var got, want TCPOptions
			got.decode(b, false)
			want.list(b, false)
			if s := diffOptions(&got, &want); s != "" {
				t.Errorf("%x: %s", b, s)
			}
		}
	}
}

// What the snap length left of an option list is read, and known to be cut.
func TestTCPOptionsCut(t *testing.T) {
	b := ip4(ProtoTCP, tcpSegment(hx("020405b4 01030307 0402 080a 00000001 00000000"), nil))
	for captured, want := range map[int]TCPOption{
		40: OptCut, 44: OptCut | OptMSS, 46: OptCut | OptMSS, 48: OptCut | OptMSS | OptWScale,
		50: OptCut | OptMSS | OptWScale | OptSACKPermitted, 59: OptCut | OptMSS | OptWScale | OptSACKPermitted,
		60: OptMSS | OptWScale | OptSACKPermitted | OptTimestamps,
	} {
		var p Packet
		p.Decode(101, b[:captured], uint32(len(b)))
		if p.TCP.Opt.Has != want || p.Has&HasTCP == 0 || p.PayloadLen != 0 || len(p.Payload) != 0 {
			t.Errorf("%d bytes: options %b, want %b", captured, p.TCP.Opt.Has, want)
		}
	}
}
