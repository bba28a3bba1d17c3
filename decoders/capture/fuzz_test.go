package capture

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
)

// check reads b with large slabs, with small ones, and in small pieces: the same
// must be found each time, in bounded memory.
func check(t *testing.T, b []byte) {
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	recs, in, err := readAll(t, bytes.NewReader(b), Options{MaxSkip: 1 << 20})
	runtime.ReadMemStats(&m1)
	// A decompressor allocates the window that the header asks for, up to its cap.
	if n := m1.TotalAlloc - m0.TotalAlloc; n > 64<<20+64*uint64(len(b)) && sniffCompression(b) == noCompression {
		t.Fatalf("%d bytes allocated for %d", n, len(b))
	}
	want := facts(recs, in, err)
	if got := facts(readAll(t, bytes.NewReader(b), Options{SlabSize: 64, MaxSkip: 1 << 20})); got != want {
		t.Fatalf("small slabs:\n%s\nlarge:\n%s", got, want)
	}
	if in != nil && in.Compression != "none" {
		return // how far the decompressor had read ahead may differ
	}
	if got := facts(readAll(t, &dripFile{drip{b, 31}}, Options{SlabSize: 200, MaxSkip: 1 << 20})); got != want {
		t.Fatalf("in pieces:\n%s\nat once:\n%s", got, want)
	}
	// A pipe cannot be looked ahead in, so a variant of pcap or snoop that only its
	// records show may be taken for the ordinary one.
	if in == nil || in.Format != FormatPcapNG {
		return
	}
	if got := facts(readAll(t, &drip{b, 31}, Options{SlabSize: 200, MaxSkip: 1 << 20})); got != want {
		t.Fatalf("through a pipe:\n%s\nat once:\n%s", got, want)
	}
}

// dripFile is a drip that counts as a file.
type dripFile struct{ drip }

func (d *dripFile) Len() int { return len(d.b) }

func FuzzPcap(f *testing.F) {
	for name, b := range samples() {
		if name != "large" {
			f.Add(b)
		}
	}
	f.Add(pcapFile(le, magicPcap, 2, 2, 96, 6).rec(1, 1, 4, 4).Bytes())
	f.Add(pcapFile(be, magicIxiaSW, 2, 4, 96, 1).u32(1).rec(1, 1, 4, 4).Bytes())
	f.Add(modified(be, magicPcapMod, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 && !isPcapMagic(binary.LittleEndian.Uint32(b)) && !isPcapMagic(binary.BigEndian.Uint32(b)) {
			b = append(smallPcap(le, magicPcap), b...)
		}
		check(t, b)
	})
}

func FuzzPcapNG(f *testing.F) {
	f.Add(smallNG(le))
	f.Add(smallNG(be))
	f.Add(samples()["ng hole"])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 && binary.LittleEndian.Uint32(b) != blockSHB {
			b = append(smallNG(le), b...)
		}
		check(t, b)
	})
}

func FuzzSnoop(f *testing.F) {
	f.Add(smallSnoop())
	f.Add(snoopFile(2, 10).srec(1, 2, 8, 8, 16, 0).Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if !bytes.HasPrefix(b, []byte(snoopMagic)) {
			b = append(smallSnoop(), b...)
		}
		check(t, b)
	})
}

func FuzzCompressed(f *testing.F) {
	for _, how := range packers {
		f.Add(pack(f, how, smallPcap(le, magicPcap)))
	}
	f.Add(pack(f, "gzip", pack(f, "zstd", smallNG(le))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		check(t, b)
	})
}
