package capture

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := put("good.txt", pack(t, "gzip", smallNG(le)))
	empty := put("empty.pcap", nil)
	text := put("text.pcap", []byte("no capture\n"))
	zip := put("a.zip", []byte("PK\x03\x04rest of it"))
	locked := put("locked", smallNG(le))
	os.Chmod(locked, 0)

	r, err := Open(good, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if in := drain(t, r); in.Packets != 5 || in.Compression != "gzip" || in.Name != good {
		t.Errorf("%+v", in)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		name, want string
		is         error
	}{
		{filepath.Join(dir, "missing"), "no such file or directory", fs.ErrNotExist},
		{dir, "is a directory", syscall.EISDIR},
		{empty, "not a capture file: it is empty", ErrNotCapture},
		{text, "not a capture file: it is text", ErrNotCapture},
		{zip, "unsupported capture format: zip archive", ErrUnsupported},
		{locked, "permission denied", fs.ErrPermission},
	} {
		_, err := Open(c.name, Options{})
		if c.name == locked && os.Getuid() == 0 {
			continue
		}
		if !errors.Is(err, c.is) || err.Error() != c.name+": "+c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for name, want := range map[string]bool{good: true, empty: false, text: false, zip: false} {
		if ok, err := IsCapture(name); ok != want || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	if _, err := IsCapture(dir); err == nil {
		t.Error("a directory is no error")
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want fileKind
	}{
		{smallPcap(le, magicPcap), kindPcapFile},
		{smallPcap(be, magicPcapNS), kindPcapFile},
		{smallPcap(le, magicPcapMod), kindPcapFile},
		{smallNG(be), kindPcapNG},
		{smallSnoop(), kindSnoop},
		{[]byte("hello"), kindOther},
		{nil, kindOther},
	} {
		if got, _ := sniffFormat(c.b); got != c.want {
			t.Errorf("%.4x: kind %d, want %d", c.b, got, c.want)
		}
	}
	for _, how := range append(packers, "none") {
		if got := sniffCompression(pack(t, how, smallPcap(le, magicPcap))).String(); got != how {
			t.Errorf("%s: %s", how, got)
		}
	}
}

func TestUnsupportedNamed(t *testing.T) {
	erf := &file{o: be}
	for i := range 3 {
		erf.raw(0, 0, 0, 0, byte(i), 0, 0, 0x60).raw(2, 4).u16(80, 0, 60).raw(make([]byte, 64)...)
	}
	for want, b := range map[string][]byte{
		"endace erf":                  erf.Bytes(),
		"netscreen snoop text":        []byte("1.0: ethernet1(i) len=98:00121ebbd132->/0800\n"),
		"microsoft network monitor 2": []byte("GMBU\x00\x02\x01\x00"),
		"novell lanalyzer":            {0x01, 0x10, 0x4c, 0x00, 1, 5},
		"network general sniffer":     []byte("TRSNIFF data    \x1a"),
		"compress (.Z)":               {0x1f, 0x9d, 0x90},
	} {
		_, _, err := readAll(t, bytes.NewReader(b), Options{})
		if !errors.Is(err, ErrUnsupported) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
