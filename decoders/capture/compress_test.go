package capture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// bzip2Small is smallPcap(le, magicPcap) packed with bzip2, which Go cannot do.
const bzip2Small = "" +
	"QlpoOTFBWSZTWZ2+Pv4AAKb7//6IjAgQIECACAACAAAA/////////0AIAEQAAEAgALAAtjGCMjRgmmQGEyGmJkAwTQaMTBB6hCah" +
	"AYTZQNMIAAGgNAAAAAiqiZNMmjEZANGRtEwjEMmJk0YRhNDMkokAR1mF0jp0FLx0RfxhYZI6CkmEQQYQELGR/6SevkXz3gqREP8a" +
	"Aw1oj2j3DSGAaY1Bp94yRqjWGuPBYGAfAfEbI2htj2J5J5p6JcS6nqnDAFkLwXwwBz+waoArOJ93G/D8uRtGUzGc+j7NBd0/1d/3" +
	"8+4gCAEzA/TyApG/i7kinChITt8ffwA="

// pack compresses b.
func pack(t testing.TB, how string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch how {
	case "none":
		return b
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zstd":
		w, err = zstd.NewWriter(&out)
	case "lz4":
		lw := lz4.NewWriter(&out)
		err = lw.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
		w = lw
	case "xz":
		w, err = xz.NewWriter(&out)
	case "bzip2":
		if !bytes.Equal(b, smallPcap(le, magicPcap)) {
			t.Fatal("only one file is packed with bzip2")
		}
		p, err := base64.StdEncoding.DecodeString(bzip2Small)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var packers = []string{"gzip", "zstd", "lz4", "xz", "bzip2"}

func TestCompressed(t *testing.T) {
	b := smallPcap(le, magicPcap)
	recs, in := mustRead(t, b)
	want := facts(recs, in, nil)
	for _, how := range packers {
		for _, n := range []int{1, 1000} {
			recs, in, err := readAll(t, &drip{pack(t, how, b), n}, Options{})
			if err != nil || in.Compression != how {
				t.Fatalf("%s: %v", how, err)
			}
			in.Compression = "none"
			if got := facts(recs, in, nil); got != want {
				t.Errorf("%s: %s\nwant %s", how, got, want)
			}
		}
	}
}

// Files compressed in several members, as rotation and appending make them.
func TestCompressedMembers(t *testing.T) {
	b := smallPcap(le, magicPcap)
	for _, how := range packers[:4] {
		for cut := 0; cut <= len(b); cut += 37 {
			all := append(pack(t, how, b[:cut]), pack(t, how, b[cut:])...)
			recs, in := mustRead(t, all)
			if len(recs) != 6 || in.DamageCount != 0 {
				t.Fatalf("%s cut at %d: %d records, %v", how, cut, len(recs), in.Damages)
			}
		}
	}
}

// large is a file whose compressed form is larger than the decompressors' blocks.
func large() []byte {
	f := pcapFile(le, magicPcap, 2, 4, 65535, 1)
	x := uint32(1)
	for i := range 3000 {
		f.rec(1700000000+uint32(i), 0, 400, 400)
		b := f.Bytes()
		for j := range 400 { // noise
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			b[len(b)-1-j] = byte(x) | 0x80
		}
	}
	return f.Bytes()
}

func TestCompressedTruncated(t *testing.T) {
	b := large()
	for _, how := range packers[:4] {
		p := pack(t, how, b)
		recs, in := mustRead(t, p[:len(p)*3/4])
		if len(recs) < 1000 || len(recs) >= 3000 || !in.EndedEarly || in.DamageCount != 1 || !strings.Contains(in.Damages[0].Reason, how+" data is cut short") {
			t.Errorf("%s: %d records, %v", how, len(recs), in.Damages)
		}
		small := pack(t, how, smallPcap(le, magicPcap))
		for n := range small {
			_, in, err := readAll(t, bytes.NewReader(small[:n]), Options{})
			switch {
			case err != nil:
				if !errors.Is(err, ErrNotCapture) {
					t.Errorf("%s, %d bytes: %v", how, n, err)
				}
			case in.DamageCount == 0 && n < len(small)-24: // then only an index or checksum is missing
				t.Errorf("%s, %d of %d bytes: nothing told", how, n, len(small))
			}
		}
	}
}

func TestCompressedCorrupt(t *testing.T) {
	b := large()
	for _, how := range packers[:4] {
		p := bytes.Clone(pack(t, how, b))
		for i := range 64 {
			p[len(p)*3/4+i] ^= 0xff
		}
		recs, in := mustRead(t, p)
		if len(recs) < 500 || in.DamageCount == 0 {
			t.Errorf("%s: %d records, %v", how, len(recs), in.Damages)
		}
	}
	// Rubbish behind a whole member.
	recs, in := mustRead(t, append(pack(t, "gzip", b), "rubbish, more rubbish"...))
	if len(recs) != 3000 || in.DamageCount != 1 || in.EndedEarly {
		t.Errorf("%d records, %v", len(recs), in.Damages)
	}
}

func TestCompressedOther(t *testing.T) {
	_, _, err := readAll(t, bytes.NewReader(pack(t, "gzip", []byte("hello, world\n"))), Options{})
	if !errors.Is(err, ErrNotCapture) || err.Error() != "test: not a capture file: it is text (inside gzip)" {
		t.Error(err)
	}
	// Compressed twice.
	_, _, err = readAll(t, bytes.NewReader(pack(t, "xz", pack(t, "gzip", []byte("hello")))), Options{})
	if !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrNotCapture) {
		t.Error(err)
	}
}

// A dictionary of 1.5 GiB is refused before it is allocated.
func TestXZDictionary(t *testing.T) {
	p := bytes.Clone(pack(t, "xz", smallPcap(le, magicPcap)))
	h := p[12 : 12+(int(p[12])+1)*4]
	i := bytes.IndexByte(h, xzFilterLZMA2)
	h[i+2] = 37
	binary.LittleEndian.PutUint32(h[len(h)-4:], crc32.ChecksumIEEE(h[:len(h)-4]))
	_, _, err := readAll(t, bytes.NewReader(p), Options{})
	if err == nil || !strings.Contains(err.Error(), "larger than the limit") {
		t.Error(err)
	}
}
