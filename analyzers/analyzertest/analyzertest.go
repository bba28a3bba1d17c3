// Package analyzertest runs an analyzer over captures and holds the result
// against hand-written expectations and machine-made goldens.
//
// A case is a capture X with a file X.want beside it (see want.go for its
// form). X.NAME.golden is the machine golden of the whole result of analyzer
// NAME: `go test -update` rewrites it, never the .want file, and is refused
// where the environment has CI set.
package analyzertest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders/capture"
)

var update = flag.Bool("update", false, "rewrite the machine-made goldens")

// Run tests list's last analyzer (the others are those it requires) on every
// capture in dir that has a .want file.
func Run(t *testing.T, dir string, list ...*analyzers.Analyzer) {
	t.Helper()
	wants, err := filepath.Glob(filepath.Join(dir, "*.want"))
	if err != nil || len(wants) == 0 {
		t.Fatalf("no .want files in %s (%v)", dir, err)
	}
	for _, w := range wants {
		t.Run(strings.TrimSuffix(filepath.Base(w), ".want"), func(t *testing.T) {
			t.Parallel()
			runCase(t, strings.TrimSuffix(w, ".want"), w, list)
		})
	}
}

func runCase(t *testing.T, file, wantFile string, list []*analyzers.Analyzer) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wants, err := readWants(wantFile)
	if err != nil {
		t.Fatal(err)
	}
	res := run(t, file, data, engine.Options{Analyzers: list})
	last := res.Results[len(res.Results)-1]
	if last.Failed || len(res.Internal) > 0 {
		t.Fatalf("%s %v", last.Failure, res.Internal)
	}
	for _, p := range match(wants, last.Outcome.Findings) {
		t.Errorf("%s: %s", filepath.Base(wantFile), p)
	}
	base := mustDump(t, res)
	golden(t, fmt.Sprintf("%s.%s.golden", file, last.Analyzer.Name), base)
	variations(t, file, data, list, base)
	truncations(t, file, data, list)
}

// golden compares with, or under -update writes, the machine golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("-update is refused under CI")
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Errorf("no golden (make update writes it): %v", err)
		return
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: differs from the golden (make update, after a look):\n%s", filepath.Base(name), d)
	}
}

// variations runs the case over workers, slab sizes and sweep intervals: the
// result must be the same to the byte.
func variations(t *testing.T, file string, data []byte, list []*analyzers.Analyzer, base []byte) {
	for _, workers := range []int{1, 2, 7} {
		for _, slab := range []int{64, 1000, 1 << 20} {
			for _, sweep := range []int{1, 3, 1000} {
				res := run(t, file, data, engine.Options{Analyzers: list, Workers: workers, SlabSize: slab, SweepSlabs: sweep})
				if got := mustDump(t, res); !bytes.Equal(got, base) {
					t.Fatalf("workers=%d slab=%d sweep=%d changes the result:\n%s", workers, slab, sweep, cmp.Diff(string(base), string(got)))
				}
			}
		}
	}
}

// maxTruncations bounds the work on a long capture: with more records than
// this, cuts are spread evenly over them.
const maxTruncations = 300

// truncations cuts the file after its records: no part may fail, and the
// ledger must add up.
func truncations(t *testing.T, file string, data []byte, list []*analyzers.Analyzer) {
	ends := recordEnds(t, file, data)
	step := max(1, len(ends)/maxTruncations)
	for i := 0; i < len(ends); i += step {
		res := run(t, file, data[:ends[i]], engine.Options{Analyzers: list, Workers: 1})
		l := &res.Ledger
		if sum := l.Decoded + l.SumUndecoded() + l.UnknownLinkType; l.Records != sum || l.Records != res.Files[0].Packets {
			t.Fatalf("cut after record %d: %d records, but decoded %d + undecoded %d + unknown link type %d; the reader counted %d",
				i+1, l.Records, l.Decoded, l.SumUndecoded(), l.UnknownLinkType, res.Files[0].Packets)
		}
		for _, ar := range res.Results {
			if ar.Failed {
				t.Fatalf("cut after record %d: %s", i+1, ar.Failure)
			}
		}
		if len(res.Internal) > 0 {
			t.Fatalf("cut after record %d: %v", i+1, res.Internal)
		}
	}
}

// recordEnds returns the file offset behind each record, for uncompressed files.
func recordEnds(t *testing.T, file string, data []byte) (ends []int64) {
	r, err := capture.NewReader(bytes.NewReader(data), file, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		slab, err := r.Next()
		if err != nil {
			break
		}
		for i := range slab.Recs {
			rec := &slab.Recs[i]
			ends = append(ends, slab.BufOffset+int64(rec.Off)+int64(rec.Len))
		}
		slab.Release()
	}
	if r.Info().Compression != "none" {
		return nil
	}
	return ends
}

func run(t testing.TB, file string, data []byte, opt engine.Options) *engine.Result {
	t.Helper()
	if opt.SlabSize == 0 {
		opt.SlabSize = 64 << 10 // most captures fit, and a run does not clear megabytes
	}
	opt.Open = func(name string, o capture.Options) (*capture.Reader, error) {
		return capture.NewReader(bytes.NewReader(data), name, o)
	}
	res, err := engine.Run(context.Background(), []string{file}, opt)
	if err != nil {
		t.Fatal(err)
	}
	plausible(t, file, res)
	return res
}

// plausible checks what must hold for every finding: its times lie in order and
// not before the capture, and it cites frames that there are. (It may end
// behind the capture's last packet, at a deadline.)
func plausible(t testing.TB, file string, res *engine.Result) {
	t.Helper()
	info := res.Files[0]
	for _, r := range res.Results {
		for _, f := range r.Outcome.Findings {
			if f.HasTime && (f.LastTime < f.FirstTime || info.HasTime && f.FirstTime < info.FirstTime) {
				t.Errorf("%s: %s lasts from %d to %d, the capture begins at %d", file, f.Rule, f.FirstTime, f.LastTime, info.FirstTime)
			}
			for _, e := range f.Evidence {
				if n := e.Frame.Frame(); n == 0 || n > info.Frames || e.HasTime && info.HasTime && e.Time < info.FirstTime {
					t.Errorf("%s: %s cites frame %d of %d at %d", file, f.Rule, n, info.Frames, e.Time)
				}
			}
		}
	}
}

func mustDump(t *testing.T, res *engine.Result) []byte {
	t.Helper()
	b, err := dump(res)
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}
