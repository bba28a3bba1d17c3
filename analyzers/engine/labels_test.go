package engine_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/linkscore"
)

func linkCapture(name string) string {
	return filepath.Join("..", "..", "testdata", "pcaps", "linktype", name)
}

// asStream opens a file's bytes as a pipe would bring them, n at a time.
func asStream(t *testing.T, name string, n int) func(string, capture.Options) (*capture.Reader, error) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return func(name string, o capture.Options) (*capture.Reader, error) {
		return capture.NewReader(&trickle{b, n}, name, o)
	}
}

type trickle struct {
	b []byte
	n int
}

func (r *trickle) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.n)], r.b)
	r.b = r.b[n:]
	return n, nil
}

// A mislabelled capture is read as what it is, file or stream, in whatever
// pieces it comes; a right one and a trusted one as declared.
func TestLabels(t *testing.T) {
	for _, c := range []struct {
		file    string
		trust   bool
		kinds   []linkscore.Kind
		readAs  []uint16
		decoded uint64
	}{
		{"openbsd-lo0.pcap", false, []linkscore.Kind{linkscore.Mislabelled}, []uint16{108}, 45},
		{"openbsd-lo0.pcap", true, nil, nil, 0},
		{"raw-12.pcap", false, []linkscore.Kind{linkscore.OK}, []uint16{12}, 45},
		{"mixed.pcapng", false, []linkscore.Kind{linkscore.OK, linkscore.Mislabelled}, []uint16{1, 108}, 72},
		{"sections.pcapng", false, []linkscore.Kind{linkscore.Mislabelled, linkscore.OK}, []uint16{108, 108}, 45},
		{"empty.pcap", false, []linkscore.Kind{linkscore.TooFew}, []uint16{12}, 0},
	} {
		name := linkCapture(c.file)
		for how, opt := range map[string]engine.Options{
			"file":              {},
			"file, small slabs": {SlabSize: 64, Workers: 3},
			"stream":            {Open: asStream(t, name, 1<<20)},
			"stream, drops":     {Open: asStream(t, name, 50), SlabSize: 64},
		} {
			opt.Analyzers = []*analyzers.Analyzer{recorder("recorder", nil)}
			opt.TrustLinkType = c.trust
			res, err := engine.Run(context.Background(), []string{name}, opt)
			if err != nil {
				t.Fatal(err)
			}
			if res.Ledger.Decoded != c.decoded || len(res.Facts.Links) != len(c.kinds) {
				t.Errorf("%s as %s: %d decoded, links %+v", c.file, how, res.Ledger.Decoded, res.Facts.Links)
				continue
			}
			for i, l := range res.Facts.Links {
				if l.Kind != c.kinds[i] || l.ReadAs != c.readAs[i] || l.Interface != i {
					t.Errorf("%s as %s: %+v", c.file, how, l)
				}
			}
		}
	}
}

// More than the limit of a stream: an interface that is first seen behind it is
// taken as declared, and so reported.
func TestLateInterface(t *testing.T) {
	first, err := os.ReadFile(linkCapture("sections.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	// Sections can be put one behind the other; each has 45 packets.
	b := bytes.Repeat(first, 10)
	opt := engine.Options{Analyzers: []*analyzers.Analyzer{recorder("recorder", nil)}}
	opt.Open = func(name string, o capture.Options) (*capture.Reader, error) {
		return capture.NewReader(iotest.HalfReader(bytes.NewReader(b)), name, o)
	}
	res, err := engine.Run(context.Background(), []string{"x"}, opt)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(res.Facts.Links); n != 20 {
		t.Fatalf("%d interfaces", n)
	}
	for i, l := range res.Facts.Links {
		looked := 0
		for _, v := range res.Facts.Links[:i] {
			looked += v.Packets
		}
		if looked >= linkscore.StreamLimits.Records && (l.Kind != linkscore.NotScored || l.ReadAs != l.Declared) {
			t.Errorf("interface %d: %+v", i, l)
		}
	}
	if res.Ledger.Records != 450 {
		t.Errorf("%d records", res.Ledger.Records)
	}
}

// Frame numbers and times of what was held back stay what they are.
func TestHeldRecordsStayTheSame(t *testing.T) {
	name := linkCapture("loopback-ethernet.pcap")
	frames := func(opt engine.Options) (out []analyzers.Event) {
		a := recorder("recorder", nil)
		a.Conclude = func(c *analyzers.Conclusion) { out = c.Correlator.(*recorderResult).log }
		opt.Analyzers = []*analyzers.Analyzer{a}
		if _, err := engine.Run(context.Background(), []string{name}, opt); err != nil {
			t.Fatal(err)
		}
		return out
	}
	file, stream := frames(engine.Options{}), frames(engine.Options{Open: asStream(t, name, 99)})
	if len(file) == 0 || len(file) != len(stream) {
		t.Fatalf("%d events of the file, %d of the stream", len(file), len(stream))
	}
	for i := range file {
		if file[i] != stream[i] {
			t.Fatalf("event %d: %+v, of the stream %+v", i, file[i], stream[i])
		}
	}
	if file[0].Frame != decoders.FrameRef(1) {
		t.Errorf("first frame %d", file[0].Frame)
	}
}
