package decoders

import (
	"bytes"
	"testing"
	"time"
)

// piece4 is the fragment of an IPv4 datagram that holds n bytes of its payload
// from off on; the last has no more-fragments bit.
func piece4(datagram []byte, off, n int) []byte {
	hdr := int(datagram[0]&15) * 4
	body := datagram[hdr:]
	more := off+n < len(body)
	b := cat(datagram[:hdr], body[off:off+n])
	be.PutUint16(b[2:], uint16(len(b)))
	word := uint16(off / 8)
	if more {
		word |= 0x2000
	}
	be.PutUint16(b[6:], word)
	return b
}

// piece6 is the same for IPv6, with the fragment header behind n unfragmentable
// bytes of extension headers.
func piece6(datagram []byte, unfragmentable, off, n int) []byte {
	at := 40 + unfragmentable
	next := byte(6)
	if unfragmentable > 0 {
		next = 40
	}
	body := datagram[at:]
	h := hx("00 00 0000 0000beef")
	h[0] = datagram[next]
	word := uint16(off)
	if off+n < len(body) {
		word |= 1
	}
	be.PutUint16(h[2:], word)
	b := cat(datagram[:at], h, body[off:off+n])
	b[next] = protoFragment
	be.PutUint16(b[4:], uint16(len(b)-40))
	return b
}

// rig feeds fragments, raw IP, to a Reassembler.
type rig struct {
	t     *testing.T
	r     *Reassembler
	p     Packet
	clock time.Duration
}

func newRig(t *testing.T, cfg ReassemblyConfig) *rig { return &rig{t: t, r: NewReassembler(cfg)} }

// add decodes and adds a fragment; captured is how much of it was captured, 0
// for all. When it completes a datagram, that is decoded into g.p.
func (g *rig) add(b []byte, captured int) (datagram []byte, done bool) {
	g.t.Helper()
	if captured == 0 {
		captured = len(b)
	}
	g.p.Has = HasTime
	g.p.Clock = int64(g.clock)
	g.p.Decode(101, b[:captured:captured], uint32(len(b)))
	if g.p.Has&IsFragment == 0 {
		g.t.Fatalf("not a fragment: %x", b)
	}
	datagram, wire, done := g.r.Add(&g.p)
	if done {
		g.p.DecodeIP(datagram, wire)
		if s := broken(&g.p); s != "" {
			g.t.Errorf("after reassembly: %s", s)
		}
	}
	return datagram, done
}

func (g *rig) incomplete(want uint64) {
	g.t.Helper()
	if got := g.r.Incomplete(); got != want {
		g.t.Errorf("%d incomplete, want %d", got, want)
	}
}

// counting is n bytes that are all different from their neighbours.
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8)
	}
	return b
}

// orders of three fragments of 400 bytes: 0-160, 160-320, 320-400.
var cuts = [][2]int{{0, 160}, {160, 160}, {320, 80}}

func TestReassembleIPv4(t *testing.T) {
	payload := counting(392)
	whole := ip4(ProtoUDP, udpPorts(40000, 443, payload))
	whole[6] = 0 // a datagram to be fragmented has no DF
	be.PutUint16(whole[10:], 0)
	be.PutUint16(whole[10:], headerChecksum(whole[:20]))
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}, {1, 0, 2}, {2, 0, 1}, {0, 0, 2, 2, 1}} {
		g := newRig(t, ReassemblyConfig{})
		for i, k := range order {
			d, done := g.add(piece4(whole, cuts[k][0], cuts[k][1]), 0)
			if done != (i == len(order)-1) {
				t.Errorf("%v: done after %d", order, i)
			}
			if done && !bytes.Equal(d, whole) {
				t.Errorf("%v: %x, want %x", order, d, whole)
			}
		}
		if p := &g.p; p.Has != HasTime|HasIP|HasPorts|HasUDP|HasPayload|Reassembled || !bytes.Equal(p.Payload, payload) || p.PayloadLen != 392 || p.IPLen != 420 {
			t.Errorf("%v: has %b, payload %d", order, p.Has, p.PayloadLen)
		}
		g.incomplete(0)
	}
}

func TestReassembleIPv6(t *testing.T) {
	payload := counting(392)
	for name, unfragmentable := range map[string]int{"plain": 0, "behind options": 8} {
		whole := ip6(17, udpPorts(40000, 443, payload))
		if unfragmentable > 0 {
			whole = ip6(60, cat(hx("11 00 010400000000"), udpPorts(40000, 443, payload)))
		}
		g := newRig(t, ReassemblyConfig{})
		for i, k := range []int{2, 0, 1} {
			d, done := g.add(piece6(whole, unfragmentable, cuts[k][0], cuts[k][1]), 0)
			if done != (i == 2) || done && !bytes.Equal(d, whole) {
				t.Errorf("%s: after %d: %v, %x", name, i, done, d)
			}
		}
		if g.p.DstPort != 443 || !bytes.Equal(g.p.Payload, payload) || g.p.Has&Reassembled == 0 {
			t.Errorf("%s: %+v", name, g.p)
		}
		g.incomplete(0)
	}
}

// The outer datagram of a tunnel: hops found before it stay, those inside it
// are found after it.
func TestReassembleOuter(t *testing.T) {
	outer := outer4(47, cat(hx("0000 0800"), ip4(ProtoUDP, udpPorts(40000, 443, counting(380)))))
	g := newRig(t, ReassemblyConfig{})
	wrap := func(b []byte) []byte { return ip4Between("198.51.100.1", "198.51.100.2", 4, b) }
	g.add(wrap(piece4(outer, 0, 200)), 0)
	_, done := g.add(wrap(piece4(outer, 200, len(outer)-220)), 0)
	if !done || g.p.Fail != Decoded || hopsOf(&g.p) != "ipip:0 gre:0" || g.p.Src != addr("10.0.0.1") || g.p.PayloadLen != 380 {
		t.Errorf("%v %v, hops %q, %v, payload %d", done, g.p.Fail, hopsOf(&g.p), g.p.Src, g.p.PayloadLen)
	}
	if g.p.TunnelHops[0].Src != addr("198.51.100.1") || g.p.TunnelHops[1].Src != addr("192.0.2.1") {
		t.Errorf("%v", g.p.TunnelHops[:2])
	}
}

// Facts of the link survive DecodeIP.
func TestDecodeIPKeepsTheLink(t *testing.T) {
	whole := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	var p Packet
	r := NewReassembler(ReassemblyConfig{})
	var d []byte
	var wire uint32
	for _, c := range cuts {
		b := cat(hx("0000 0304 0006 020000000002 0000 8100 0007 0800"), piece4(whole, c[0], c[1]))
		p.Has = 0
		p.Decode(113, b, uint32(len(b)))
		d, wire, _ = r.Add(&p)
	}
	p.DecodeIP(d, wire)
	if want := HasMAC | HasVLAN | Incoming | Loopback | HasIP | HasPorts | HasUDP | HasPayload | Reassembled; p.Has != want || p.VLANs[0] != 7 || p.LinkType != 113 {
		t.Errorf("has %b, want %b", p.Has, want)
	}
}

// A fragment that the capture cut completes the datagram all the same; the
// bytes end where the first are missing.
func TestReassembleCut(t *testing.T) {
	whole := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	g := newRig(t, ReassemblyConfig{})
	g.add(piece4(whole, 0, 160), 68) // 48 bytes of UDP
	g.add(piece4(whole, 160, 160), 68)
	d, done := g.add(piece4(whole, 320, 80), 0)
	if !done || len(d) != 68 || g.p.IPLen != 420 || g.p.PayloadLen != 392 || len(g.p.Payload) != 40 {
		t.Errorf("%v, %d bytes, IP length %d, payload %d of %d", done, len(d), g.p.IPLen, len(g.p.Payload), g.p.PayloadLen)
	}
}

// IPv4: of overlapping bytes the first count.
func TestOverlapIPv4(t *testing.T) {
	whole := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	evil := bytes.Clone(whole)
	for i := 28; i < len(evil); i++ {
		evil[i] = 0xee
	}
	for name, list := range map[string][][]byte{
		"inside":   {piece4(whole, 0, 160), piece4(evil, 80, 40), piece4(whole, 160, 160), piece4(whole, 320, 80)},
		"same":     {piece4(whole, 0, 160), piece4(evil, 0, 160), piece4(whole, 160, 160), piece4(whole, 320, 80)},
		"left":     {piece4(whole, 160, 160), piece4(whole, 0, 80), piece4(evil, 240, 80), piece4(whole, 80, 120), piece4(whole, 320, 80)},
		"right":    {piece4(whole, 0, 160), piece4(evil, 80, 80), piece4(whole, 80, 240), piece4(whole, 320, 80)},
		"covering": {piece4(whole, 80, 80), piece4(whole, 0, 240), piece4(whole, 240, 80), piece4(whole, 320, 80)},
		"across":   {piece4(whole, 80, 80), piece4(whole, 200, 40), piece4(whole, 0, 320), piece4(evil, 160, 40), piece4(whole, 320, 80)},
	} {
		g := newRig(t, ReassemblyConfig{})
		var d []byte
		var done bool
		for _, b := range list {
			if x, ok := g.add(b, 0); ok {
				d, done = x, true
			}
		}
		if !done || !bytes.Equal(d[20:], whole[20:]) {
			t.Errorf("%s: %v, %x", name, done, d)
		}
		g.incomplete(0)
	}
}

// IPv6: a datagram with overlapping fragments is discarded whole, and later
// fragments with it; the same fragment twice is none.
func TestOverlapIPv6(t *testing.T) {
	whole := ip6(17, udpPorts(40000, 443, counting(392)))
	g := newRig(t, ReassemblyConfig{})
	g.add(piece6(whole, 0, 0, 160), 0)
	g.add(piece6(whole, 0, 80, 160), 0)
	g.incomplete(1)
	for _, c := range cuts {
		if _, done := g.add(piece6(whole, 0, c[0], c[1]), 0); done {
			t.Error("discarded datagram came back")
		}
	}
	g.incomplete(1)
	g = newRig(t, ReassemblyConfig{})
	for _, k := range []int{0, 0, 1, 1} {
		g.add(piece6(whole, 0, cuts[k][0], cuts[k][1]), 0)
	}
	if _, done := g.add(piece6(whole, 0, 320, 80), 0); !done {
		t.Error("the same fragment twice spoilt the datagram")
	}
}

// Fragments captured twice, after the datagram was complete, begin no new one;
// another datagram with the same identification does.
func TestCopiesOfFragments(t *testing.T) {
	whole := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	g := newRig(t, ReassemblyConfig{})
	for range 2 {
		for _, c := range cuts {
			g.add(piece4(whole, c[0], c[1]), 0)
		}
	}
	g.incomplete(0)
	other := ip4(ProtoUDP, udpPorts(40000, 443, make([]byte, 392)))
	var done bool
	for _, c := range cuts {
		_, done = g.add(piece4(other, c[0], c[1]), 0)
	}
	if !done {
		t.Error("reused identification: no datagram")
	}
	g.clock += 11 * time.Millisecond // later, the same bytes are a datagram again
	for _, c := range cuts {
		_, done = g.add(piece4(other, c[0], c[1]), 0)
	}
	if !done {
		t.Error("sent again: no datagram")
	}
	g.incomplete(0)
}

func TestTimeouts(t *testing.T) {
	four := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	six := ip6(17, udpPorts(40000, 443, counting(392)))
	for _, c := range []struct {
		name  string
		wait  time.Duration
		first []byte
		rest  [][]byte
		done  bool
		given uint64
	}{
		{"IPv4 at 30 s", 30 * time.Second, piece4(four, 0, 160), [][]byte{piece4(four, 160, 240)}, true, 0},
		{"IPv4 after 30 s", 30*time.Second + 1, piece4(four, 0, 160), [][]byte{piece4(four, 160, 240)}, false, 2},
		{"IPv6 after 30 s", 40 * time.Second, piece6(six, 0, 0, 160), [][]byte{piece6(six, 0, 160, 240)}, true, 0},
		{"IPv6 after 60 s", 60*time.Second + 1, piece6(six, 0, 0, 160), [][]byte{piece6(six, 0, 160, 240)}, false, 2},
	} {
		g := newRig(t, ReassemblyConfig{})
		g.add(c.first, 0)
		g.clock += c.wait
		var done bool
		for _, b := range c.rest {
			_, done = g.add(b, 0)
		}
		if done != c.done {
			t.Errorf("%s: %v", c.name, done)
		}
		g.incomplete(c.given)
	}
}

// withID gives an IPv4 packet another identification.
func withID(b []byte, id uint16) []byte {
	be.PutUint16(b[4:], id)
	return b
}

func TestCaps(t *testing.T) {
	whole := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	g := newRig(t, ReassemblyConfig{MaxDatagrams: 3})
	for id := range uint16(5) {
		g.add(withID(piece4(whole, 0, 160), id), 0)
	}
	g.incomplete(5)
	if _, done := g.add(withID(piece4(whole, 160, 240), 4), 0); !done {
		t.Error("the newest was evicted")
	}
	g.incomplete(4)
	if _, done := g.add(withID(piece4(whole, 160, 240), 1), 0); done {
		t.Error("an old one was not evicted")
	}

	g = newRig(t, ReassemblyConfig{MaxBytes: 4000})
	for id := range uint16(100) {
		g.add(withID(piece4(whole, 0, 160), id), 0)
		if g.r.bytes > 4000 {
			t.Fatalf("%d bytes held", g.r.bytes)
		}
	}
	g.incomplete(100)

	g = newRig(t, ReassemblyConfig{MaxFragments: 4})
	for off := 0; off < 40; off += 8 {
		g.add(piece4(whole, off, 8), 0)
	}
	g.incomplete(1)
	if _, done := g.add(piece4(whole, 40, 360), 0); done {
		t.Error("too many fragments, and still complete")
	}
	g.r.Reset()
	g.incomplete(1)
	if g.r.bytes != 0 || len(g.r.byKey) != 0 || g.r.open != 0 {
		t.Errorf("after Reset: %d bytes, %d datagrams, %d open", g.r.bytes, len(g.r.byKey), g.r.open)
	}
}

// A new epoch of the capture clock gives up what came before.
func TestEpoch(t *testing.T) {
	whole := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	g := newRig(t, ReassemblyConfig{})
	g.add(piece4(whole, 0, 160), 0)
	g.p.Epoch = 1
	if _, done := g.add(piece4(whole, 160, 240), 0); done {
		t.Error("a datagram across epochs")
	}
	g.incomplete(2)
}

// Fragments that no datagram can have: beyond 65535 bytes (the ping of death),
// IPv6 ones that do not end on 8 bytes, ends that contradict one another.
func TestImpossibleFragments(t *testing.T) {
	big := make([]byte, 1400)
	last := ip4(ProtoICMP, big)
	be.PutUint16(last[6:], 65528/8)
	g := newRig(t, ReassemblyConfig{})
	if _, done := g.add(last, 0); done {
		t.Error("beyond 65535")
	}
	g.incomplete(1)

	six := ip6(17, udpPorts(40000, 443, counting(392)))
	odd := piece6(six, 0, 0, 161)
	g = newRig(t, ReassemblyConfig{})
	g.add(odd, 0)
	g.incomplete(1)
	if _, done := g.add(piece6(six, 0, 160, 240), 0); done {
		t.Error("odd length in IPv6")
	}

	four := ip4(ProtoUDP, udpPorts(40000, 443, counting(392)))
	g = newRig(t, ReassemblyConfig{})
	g.add(piece4(four, 320, 80), 0)             // ends at 400
	g.add(piece4(four[:20+400-40], 320, 40), 0) // ends at 360: ignored
	g.add(cat(piece4(four, 400-8, 8), make([]byte, 0)), 0)
	g.add(piece4(four, 160, 160), 0)
	if d, done := g.add(piece4(four, 0, 160), 0); !done || len(d) != 420 {
		t.Errorf("contradicting end: %v, %d", done, len(d))
	}
}

// Add leaves alone what is no fragment.
func TestAddOther(t *testing.T) {
	r := NewReassembler(ReassemblyConfig{})
	if _, _, ok := r.Add(decoded(101, inner4())); ok {
		t.Error("a whole packet completed a datagram")
	}
	if _, _, ok := r.Add(decoded(1, eth(0x0806, nil))); ok || r.Incomplete() != 0 {
		t.Error("ARP completed a datagram")
	}
}

// The corpus: every reassembly keeps the invariants, and the counts add up.
func TestReassembleCorpus(t *testing.T) {
	var fragments, whole, given int
	for _, file := range corpusFiles(t) {
		r := NewReassembler(ReassemblyConfig{})
		eachRecord(t, file, func(rec record) {
			var p Packet
			p.Decode(rec.link, rec.data, rec.wire)
			for p.Has&IsFragment != 0 {
				fragments++
				d, wire, ok := r.Add(&p)
				if !ok {
					break
				}
				whole++
				p.DecodeIP(d, wire)
				if s := broken(&p); s != "" {
					t.Errorf("%s frame %d: %s", file, rec.frame, s)
				}
			}
		})
		given += int(r.Incomplete())
	}
	t.Logf("%d fragments, %d datagrams, %d incomplete", fragments, whole, given)
	if whole == 0 {
		t.Error("no datagram in the whole corpus")
	}
}
