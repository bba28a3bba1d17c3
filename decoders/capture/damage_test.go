package capture

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestDamage: what is bad, how many records are found in spite of it, and the
// line that tells.
func TestDamage(t *testing.T) {
	pcap := func(bad func(f *file)) []byte {
		f := pcapFile(le, magicPcap, 2, 4, 65535, 1)
		for i := range 10 {
			if i == 4 {
				bad(f)
			}
			f.rec(1700000000+uint32(i), 0, 100, 100)
		}
		return f.Bytes()
	}
	ng := func(bad func(f *file)) []byte {
		f := &file{o: le}
		f.shb(1, 0).idb(1, 0, nil)
		for i := range 10 {
			if i == 4 {
				bad(f)
			}
			f.epb(0, uint64(i), 100, 100, nil)
		}
		return f.Bytes()
	}
	cases := []struct {
		name    string
		bytes   []byte
		records int
		frames  uint64
		line    string
	}{
		{"pcap absurd length", pcap(func(f *file) { f.u32(1700000004, 0, 0x7fffffff, 100).raw(payload(100)...) }), 10, 10,
			"test: frame 4, offset 488: record claims 2147483647 captured bytes, more than the limit of 262144; 116 bytes skipped"},
		{"pcap garbage", pcap(func(f *file) { f.raw(bytes.Repeat([]byte{0xff}, 77)...) }), 10, 10,
			"test: frame 4, offset 488: record claims 4294967295 captured bytes, more than the limit of 262144; 77 bytes skipped"},
		{"pcap length past the end", pcap(func(f *file) { f.u32(1700000004, 0, 200000, 200000).raw(payload(100)...) }), 10, 10,
			"test: frame 4, offset 488: record claims 200000 captured bytes, but other records begin within them; 116 bytes skipped"},
		{"pcap garbage at the end", append(pcap(func(*file) {}), bytes.Repeat([]byte{0xff}, 40)...), 10, 10,
			"test: frame 10, offset 1184: record claims 4294967295 captured bytes, more than the limit of 262144; nothing after it could be read"},
		{"pcapng bad length", ng(func(f *file) { f.u32(blockEPB, 131).raw(payload(123)...) }), 10, 10,
			"test: frame 4, offset 576: block of type 0x6 has the bad length 131; 131 bytes skipped"},
		{"pcapng huge length", ng(func(f *file) { f.u32(blockEPB, 1<<30).raw(payload(120)...) }), 10, 10,
			"test: frame 4, offset 576: block of type 0x6 has the bad length 1073741824; 128 bytes skipped"},
		{"pcapng trailer", ng(func(f *file) { f.u32(blockEPB, 128).raw(payload(116)...).u32(127) }), 10, 10,
			"test: frame 4, offset 576: block of type 0x6 has length 128 at its beginning and 127 at its end; 128 bytes skipped"},
		{"pcapng past the end", ng(func(f *file) { f.u32(blockEPB, 100000).raw(payload(120)...) }), 10, 10,
			"test: frame 4, offset 576: block claims 100000 bytes, but other blocks begin within them; 128 bytes skipped"},
		{"pcapng unknown interface", ng(func(f *file) { f.epb(3, 0, 8, 8, nil) }), 10, 11,
			"test: frame 5, offset 576: packet of interface 3, but the section describes 1"},
		{"pcapng statistics of an unknown interface", ng(func(f *file) { f.isb(3, 1, 1) }), 10, 10,
			"test: frame 4, offset 576: statistics of interface 3, but the section describes 1"},
		{"pcapng caplen", ng(func(f *file) { f.block(blockEPB, f.body().u32(0, 0, 0, 99, 99).raw(payload(8)...).Bytes()) }), 10, 11,
			"test: frame 5, offset 576: packet claims 99 captured bytes, its block has room for 8"},
		{"pcapng short packet block", ng(func(f *file) { f.block(blockEPB, payload(8)) }), 10, 11,
			"test: frame 5, offset 576: enhanced packet block of 20 bytes is too short"},
		{"pcapng short interface", ng(func(f *file) { f.block(blockIDB, payload(4)) }), 10, 10,
			"test: frame 4, offset 576: interface description block of 16 bytes is too short"},
		{"pcapng byte order", ng(func(f *file) { f.u32(blockSHB, 28, 0xdeadbeef, 1, 0, 0, 28) }), 10, 10,
			"test: frame 4, offset 576: section header with byte-order magic 0xdeadbeef; 28 bytes skipped"},
		{"pcapng zeros", ng(func(f *file) { f.raw(make([]byte, 64)...) }), 10, 10,
			"test: frame 4, offset 576: block of type 0x0 has the bad length 0; 64 bytes skipped"},
		{"snoop lengths", snoopFile(2, 4).srec(100, 0, 50, 50, 2, 0).
			u32(50, 60, 10, 0, 1, 1).srec(101, 0, 50, 50, 2, 0).srec(102, 0, 50, 50, 2, 0).Bytes(), 3, 3,
			"test: frame 1, offset 92: record claims 10 bytes with 60 captured of 50; 24 bytes skipped"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			recs, in := mustRead(t, c.bytes)
			if len(recs) != c.records || in.Frames != c.frames || in.DamageCount != 1 || in.Damages[0].String() != c.line || in.EndedEarly {
				t.Fatalf("%d records, %d frames, %v", len(recs), in.Frames, in.Damages)
			}
			if in.Damages[0].Skip != in.BytesSkipped {
				t.Errorf("%d skipped", in.BytesSkipped)
			}
			gaps := 0
			for _, r := range recs {
				if r.Flags&AfterGap != 0 {
					gaps++
				}
			}
			if want := strings.Contains(c.line, "bytes skipped"); gaps > 1 || want != (gaps == 1) {
				t.Errorf("%d gaps", gaps)
			}
		})
	}
}

func TestDamagesBounded(t *testing.T) {
	f := &file{o: le}
	f.shb(1, 0).idb(1, 0, nil)
	for range 1000 {
		f.epb(9, 0, 4, 4, nil)
	}
	_, in := mustRead(t, f.Bytes())
	if len(in.Damages) != maxDamages || in.DamageCount != 1000 || in.Frames != 1000 || in.Packets != 0 {
		t.Errorf("%d kept of %d", len(in.Damages), in.DamageCount)
	}
}

// endless gives a beginning and then the same byte for ever.
type endless struct {
	b    []byte
	fill byte
	n    int64
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.b) > 0 {
		n := copy(p, e.b)
		e.b = e.b[n:]
		return n, nil
	}
	for i := range p {
		p[i] = e.fill
	}
	e.n += int64(len(p))
	return len(p), nil
}

// An endless stream of rubbish, as a decompression bomb makes it, is given up
// soon and in little memory.
func TestBomb(t *testing.T) {
	for name, b := range map[string][]byte{
		"pcap": smallPcap(le, magicPcap), "pcapng": smallNG(le), "snoop": smallSnoop(), "modified": modified(be, magicPcapMod, 0),
	} {
		for _, fill := range []byte{0, 1, 0xff, 'x'} {
			var m0, m1 runtime.MemStats
			runtime.ReadMemStats(&m0)
			begin := time.Now()
			src := &endless{b: b, fill: fill}
			_, in, err := readAll(t, src, Options{SlabSize: 1 << 16, MaxSkip: 4 << 20})
			runtime.ReadMemStats(&m1)
			if err != nil || in.DamageCount == 0 || !in.Damages[len(in.Damages)-1].Fatal {
				t.Errorf("%s, %#x: %v %v", name, fill, err, in.Damages)
			}
			if d := time.Since(begin); src.n > 32<<20 || m1.TotalAlloc-m0.TotalAlloc > 64<<20 || d > 10*time.Second {
				t.Errorf("%s, %#x: %d bytes read, %d allocated, %v", name, fill, src.n, m1.TotalAlloc-m0.TotalAlloc, d)
			}
		}
	}
}

// A header that claims much must not allocate much before the bytes are there.
func TestClaims(t *testing.T) {
	f := pcapFile(le, magicPcap, 2, 4, 65535, 249).u32(1, 2, maxBigPacket-1, maxBigPacket).raw(payload(1000)...)
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	_, in := mustRead(t, f.Bytes())
	runtime.ReadMemStats(&m1)
	if !in.EndedEarly || m1.TotalAlloc-m0.TotalAlloc > 8<<20 {
		t.Errorf("%d bytes allocated, %v", m1.TotalAlloc-m0.TotalAlloc, in.Damages)
	}
}
