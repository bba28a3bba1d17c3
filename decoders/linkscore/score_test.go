package linkscore

import (
	"path/filepath"
	"testing"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
)

// The captures made for this, and what MANIFEST says of each.
func TestMade(t *testing.T) {
	const name = "linktype"
	for _, c := range []struct {
		file   string
		kind   Kind
		readAs uint16
	}{
		{"disagree.pcap", Mixed, 12},
		{"empty.pcap", TooFew, 12},
		{"ethernet-as-raw.pcap", Mislabelled, link.EN10MB},
		{"loopback-ethernet-nano.pcap", OK, link.EN10MB},
		{"loopback-ethernet.pcap", OK, link.EN10MB},
		{"loopback-nflog.pcap", OK, link.NFLOG},
		{"loopback-sll.pcap", OK, link.LinuxSLL},
		{"loopback-sll2.pcap", OK, link.LinuxSLL2},
		{"null-be-netbsd.pcap", OK, link.Null},
		{"null-le-as-raw.pcap", Mislabelled, link.Null},
		{"null-le-darwin.pcap", OK, link.Null},
		{"null-le-freebsd.pcap", OK, link.Null},
		{"null-le-linux.pcap", OK, link.Null},
		{"openbsd-lo0-bigendian.pcap", Mislabelled, link.Loop},
		{"openbsd-lo0-repaired.pcap", OK, link.Loop},
		{"openbsd-lo0-snaplen-116.pcap", Mislabelled, link.Loop},
		{"openbsd-lo0-v4.pcap", Mislabelled, link.Loop},
		{"openbsd-lo0-v6.pcap", Mislabelled, link.Loop},
		{"openbsd-lo0.pcap", Mislabelled, link.Loop},
		{"raw-101.pcap", OK, link.Raw},
		{"raw-12.pcap", OK, link.Raw12},
		{"raw-14.pcap", OK, link.Raw14},
		{"raw-as-ethernet.pcap", Mislabelled, link.Raw},
		{"raw-as-user0.pcap", Unknown, link.User0},
		{"raw-ipv4.pcap", OK, link.IPv4},
		{"raw-ipv6.pcap", OK, link.IPv6},
		{"sll-as-ethernet.pcap", Mislabelled, link.LinuxSLL},
		{"sll2-as-ethernet.pcap", Mislabelled, link.LinuxSLL2},
		{"too-few.pcap", TooFew, 12},
		{"tun-raw.pcap", OK, link.Raw},
		{"tun-sll2.pcap", OK, link.LinuxSLL2},
	} {
		vs := verdicts(t, name, c.file)
		if len(vs) != 1 || vs[0].Kind != c.kind || vs[0].ReadAs != c.readAs {
			t.Errorf("%s: got %+v, want %s read as %s", c.file, vs, c.kind, named(c.readAs))
		}
	}
	for _, c := range []struct {
		file  string
		kinds []Kind
	}{
		{"mixed.pcapng", []Kind{OK, Mislabelled}},
		{"sections.pcapng", []Kind{Mislabelled, OK}},
	} {
		vs := verdicts(t, name, c.file)
		if len(vs) != len(c.kinds) {
			t.Fatalf("%s: %d interfaces", c.file, len(vs))
		}
		for i, v := range vs {
			if v.Kind != c.kinds[i] || v.Kind == Mislabelled && v.ReadAs != link.Loop {
				t.Errorf("%s interface %d: %+v", c.file, i, v)
			}
		}
	}
}

func verdicts(t *testing.T, dir, file string) []Verdict {
	t.Helper()
	r, err := capture.Open(filepath.Join("..", "..", "testdata", "pcaps", dir, file), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	vs, err := Read(r, FileLimits)
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

// The verdict must not depend on how the file was cut into slabs, nor on
// whether it was a file or a stream as long as both saw all of it.
func TestSlabsDoNotMatter(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "pcaps", "linktype", "*.pcap*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if ext := filepath.Ext(f); ext != ".pcap" && ext != ".pcapng" {
			continue
		}
		var first []Verdict
		for i, size := range []int{1 << 20, 64, 1000} {
			for j, limits := range []Limits{FileLimits, StreamLimits} {
				r, err := capture.Open(f, capture.Options{SlabSize: size})
				if err != nil {
					t.Fatal(err)
				}
				vs, err := Read(r, limits)
				r.Close()
				if err != nil {
					t.Fatal(err)
				}
				if i+j == 0 {
					first = vs
				}
				for k := range vs {
					if vs[k].Kind != first[k].Kind || vs[k].Reason != first[k].Reason || vs[k].Evidence != first[k].Evidence {
						t.Errorf("%s: slabs of %d, %v: %+v, was %+v", f, size, limits, vs[k], first[k])
					}
				}
			}
		}
	}
}

// ip4 is an IPv4 packet of n bytes with its checksum right.
func ip4(n int) []byte {
	b := make([]byte, n)
	copy(b, []byte{0x45, 0, byte(n >> 8), byte(n), 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2})
	sum := ^uint16(checksum(b[:20]))
	be.PutUint16(b[10:], sum)
	return b
}

func scored(declared uint16, packets ...[]byte) Verdict {
	s := New(declared)
	for i, p := range packets {
		s.Add(&Packet{Data: p, WireLen: uint32(len(p)), Frame: uint64(i + 1)})
	}
	return s.Verdict()
}

func repeated(b []byte, n int) (out [][]byte) {
	for range n {
		out = append(out, b)
	}
	return out
}

func with(header string, b []byte) []byte { return append([]byte(header), b...) }

func TestVerdicts(t *testing.T) {
	p := ip4(40)
	bad := ip4(40) // a checksum that the card was to compute, and a length that is wrong
	bad[10], bad[3] = 0, 0x99
	garbage := make([]byte, 60)
	for i := range garbage {
		garbage[i] = 0xf7
	}
	for name, c := range map[string]struct {
		v      Verdict
		kind   Kind
		readAs uint16
	}{
		"three packets":                 {scored(12, repeated(with("\x00\x00\x00\x02", p), 3)...), TooFew, 12},
		"four packets":                  {scored(12, repeated(with("\x00\x00\x00\x02", p), 4)...), Mislabelled, link.Loop},
		"four, two of them cut":         {scored(12, append(repeated(with("\x00\x00\x00\x02", p), 2), []byte{0, 0}, []byte{0})...), TooFew, 12},
		"host order":                    {scored(12, repeated(with("\x02\x00\x00\x00", p), 4)...), Mislabelled, link.Null},
		"network order, not OpenBSD's":  {scored(12, append(repeated(with("\x00\x00\x00\x02", p), 4), with("\x00\x00\x00\x1e", make([]byte, 40)))...), Mislabelled, link.Loop},
		"OpenBSD's enc":                 {scored(13, repeated(with("\x02\x00\x00\x00\x00\x00\x10\x01\x00\x00\x30\x00", p), 4)...), Mislabelled, link.Enc},
		"13 that is Ethernet":           {scored(13, repeated(with("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00", p), 4)...), Unknown, 13},
		"nobody's number":               {scored(15, repeated(p, 4)...), Unknown, 15},
		"user-defined":                  {scored(link.User0, repeated(p, 9)...), Unknown, link.User0},
		"garbage":                       {scored(link.EN10MB, repeated(garbage, 9)...), Unknown, link.EN10MB},
		"raw with bad checksum, length": {scored(link.EN10MB, repeated(bad, 9)...), Unknown, link.EN10MB},
		"ppp as ethernet":               {scored(link.EN10MB, repeated(with("\xff\x03\x00\x21", p), 9)...), Mislabelled, link.PPP},
		"cisco hdlc as ethernet":        {scored(link.EN10MB, repeated(with("\x0f\x00\x08\x00", p), 9)...), Mislabelled, link.CHDLC},
		"cisco hdlc as ppp":             {scored(link.PPP, repeated(with("\x0f\x00\x08\x00", p), 9)...), OK, link.PPP},
		"frame relay as raw":            {scored(link.Raw, repeated(with("\x18\x61\x03\xcc", p), 9)...), Mislabelled, link.FrameRelay},
		"pppoe as raw":                  {scored(link.Raw, repeated(with("\x11\x00\x00\x01\x00\x2a\x00\x21", p), 9)...), Mislabelled, link.PPPEther},
		"one ethernet frame in forty":   {scored(link.Raw, append(repeated(p, 39), with("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00", p))...), OK, link.Raw},
	} {
		if c.v.Kind != c.kind || c.v.ReadAs != c.readAs {
			t.Errorf("%s: %s, read as %s (%s)", name, c.v.Kind, named(c.v.ReadAs), c.v.Reason)
		}
	}
}

// Families that only other systems use make it LINKTYPE_NULL, in whatever order.
func TestNetworkOrderOfAnotherSystem(t *testing.T) {
	six := make([]byte, 48)
	copy(six, []byte{0x60, 0, 0, 0, 0, 8, 17, 64, 0xfe, 0x80})
	v := scored(12, append(repeated(with("\x00\x00\x00\x02", ip4(40)), 4), with("\x00\x00\x00\x1e", six))...)
	if v.Kind != Mislabelled || v.ReadAs != link.Null {
		t.Errorf("%s, read as %s (%s)", v.Kind, named(v.ReadAs), v.Reason)
	}
}

// Types without a strict reader are judged through package decoders.
func TestDeclaredWithoutReader(t *testing.T) {
	p := ip4(40)
	if v := scored(link.SLIP, repeated(with("\x00\x45\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", p), 5)...); v.Kind != OK {
		t.Errorf("SLIP: %s (%s)", v.Kind, v.Reason)
	}
	if v := scored(link.FDDI, repeated(with("\x00\x00\x00\x02", p), 5)...); v.Kind != Mislabelled || v.ReadAs != link.Loop {
		t.Errorf("loopback as FDDI: %s (%s)", v.Kind, v.Reason)
	}
}

func TestMostPackets(t *testing.T) {
	s := New(link.Raw)
	for range 3 * MaxPackets {
		s.Add(&Packet{Data: ip4(40), WireLen: 40})
	}
	if v := s.Verdict(); v.Packets != MaxPackets || len(v.Frames) != MaxFrames || v.Scores[0].Certain != MaxPackets {
		t.Errorf("%+v", v)
	}
}

func FuzzScore(f *testing.F) {
	for i := range candidates {
		f.Add(candidates[i].linkType, ip4(40), uint32(40))
		f.Add(candidates[i].linkType, with("\x00\x00\x00\x02", ip4(40)), uint32(44))
	}
	f.Add(uint16(link.Radiotap), []byte("\x00\x00\x08\x00\x00\x00\x00\x00\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff"), uint32(18))
	f.Fuzz(func(t *testing.T, declared uint16, b []byte, wire uint32) {
		wire = max(wire, uint32(len(b)))
		s := New(declared)
		for range minPackets {
			s.Add(&Packet{Data: b, WireLen: wire})
		}
		v := s.Verdict()
		if v.Kind == NotScored || v.Reason == "" || (v.Kind == Mislabelled) != (v.ReadAs != v.Declared) {
			t.Fatalf("%+v", v)
		}
		if v.Kind == Mislabelled {
			again := New(v.ReadAs)
			for range minPackets {
				again.Add(&Packet{Data: b, WireLen: wire})
			}
			if w := again.Verdict(); w.Kind != OK {
				t.Fatalf("repaired to %d, and then %+v; before %+v", v.ReadAs, w, v)
			}
		}
	})
}
