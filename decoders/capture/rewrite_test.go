package capture

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// relabelled gives every interface of capture b that can have one the link type
// to, and returns the new file and the edits.
func relabelled(t *testing.T, b []byte, to uint16) ([]byte, []Edit) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), "x", Options{SlabSize: 4096, MaxSkip: 1 << 20})
	if err != nil || r.Info().Compression != "none" {
		t.Skip(err)
	}
	for {
		s, err := r.Next()
		if err != nil {
			break
		}
		s.Release()
	}
	var edits []Edit
	for i := range r.Info().Interfaces {
		e, err := r.Info().LinkTypeEdit(i, to)
		if err != nil {
			t.Skip(err)
		}
		edits = append(edits, e)
	}
	var out bytes.Buffer
	if _, err := CopyEdited(&out, bytes.NewReader(b), edits); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), edits
}

// FuzzRewrite: the rewritten file differs from the old one in the bytes of its
// link types and nowhere else, and reads as the same packets of the new type.
func FuzzRewrite(f *testing.F) {
	for name, b := range samples() {
		if name != "large" {
			f.Add(b, uint16(108))
		}
	}
	f.Add(modified(be, magicPcapMod, 4), uint16(0))
	f.Add(smallNG(be), uint16(0xffff))
	f.Fuzz(func(t *testing.T, b []byte, to uint16) {
		out, edits := relabelled(t, b, to)
		if len(out) != len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(out))
		}
		at := map[int64]bool{}
		for _, e := range edits {
			if len(e.Put) != 2 || e.Drop != 2 {
				t.Fatalf("edit %+v", e)
			}
			at[e.At], at[e.At+1] = true, true
		}
		for i := range b {
			if b[i] != out[i] && !at[int64(i)] {
				t.Fatalf("byte %d changed", i)
			}
		}
		r, err := NewReader(bytes.NewReader(out), "x", Options{SlabSize: 4096, MaxSkip: 1 << 20})
		if err != nil {
			return // another variant of the format, now that a limit is another
		}
		for {
			s, err := r.Next()
			if err != nil {
				break
			}
			s.Release()
		}
		for i, ifc := range r.Info().Interfaces {
			if i < len(edits) && at[edits[i].At] && ifc.LinkType != to && ifc.Section == 0 && r.Info().DamageCount == 0 {
				t.Fatalf("interface %d is %d, want %d", i, ifc.LinkType, to)
			}
		}
	})
}

// The upper bits of pcap's field stay: they tell the check sequence's length.
func TestUpperBitsStay(t *testing.T) {
	for _, o := range []struct {
		name string
		big  bool
	}{{"little", false}, {"big", true}} {
		order := le
		if o.big {
			order = be
		}
		b := pcapFile(order, magicPcap, 2, 4, 96, 0x24000000|12).rec(1, 1, 4, 4).Bytes()
		out, _ := relabelled(t, b, 108)
		if got := order.AppendUint32(nil, 0x24000000|108); !bytes.Equal(out[20:24], got) {
			t.Errorf("%s: % x", o.name, out[20:24])
		}
	}
}

func TestEditedReader(t *testing.T) {
	src := []byte("0123456789")
	edits := []Edit{{At: 0, Drop: 1, Put: []byte("A")}, {At: 4, Drop: 2}, {At: 8, Put: []byte("xyz")}, {At: 10, Put: []byte("!")}}
	want := "A12367xyz89!"
	for name, r := range map[string]io.Reader{
		"whole":   bytes.NewReader(src),
		"bytes":   iotest.OneByteReader(bytes.NewReader(src)),
		"dataerr": iotest.DataErrReader(bytes.NewReader(src)),
	} {
		got, err := io.ReadAll(Edited(r, edits))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := io.ReadAll(Edited(bytes.NewReader(src), []Edit{{At: 11, Put: []byte("?")}})); err != io.ErrUnexpectedEOF {
		t.Errorf("an edit behind the end: %v", err)
	}
	if err := iotest.TestReader(Edited(bytes.NewReader(src), edits), []byte(want)); err != nil {
		t.Error(err)
	}
}

// What a compressor writes is recognised and read back.
func TestCompressors(t *testing.T) {
	want := smallPcap(le, magicPcap)
	for _, how := range []string{"none", "gzip", "zstd", "lz4", "xz"} {
		name := filepath.Join(t.TempDir(), "x")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		z, err := NewCompressor(f, how)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := z.Write(want); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
		s, err := OpenStream(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(s)
		if err != nil || !bytes.Equal(got, want) || s.Compression != how {
			t.Errorf("%s: %d bytes of %d, taken for %s, %v", how, len(got), len(want), s.Compression, err)
		}
		s.Close()
	}
	if _, err := NewCompressor(io.Discard, "bzip2"); err == nil {
		t.Error("bzip2 is written?")
	}
}

// A clone keeps its records when the reader reuses the slab's memory.
func TestClone(t *testing.T) {
	r, err := NewReader(bytes.NewReader(smallPcap(le, magicPcap)), "x", Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	c := s.Clone()
	for i := range s.Recs {
		a, b := &s.Recs[i], &c.Recs[i]
		if !bytes.Equal(s.Data(a), c.Data(b)) || s.FrameNumber(a) != c.FrameNumber(b) || s.BufOffset+int64(a.Off) != c.BufOffset+int64(b.Off) {
			t.Errorf("record %d differs", i)
		}
	}
	s.Release()
	c.Retain(1)
	c.Release()
	c.Release()
}
