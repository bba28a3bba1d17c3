package decoders

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"pcaptriage/decoders/capture"
)

// corpusDir holds captures of other origin, which may be absent.
const corpusDir = "../../shared/pcaps"

type record struct {
	file  string
	frame uint64
	link  uint16
	wire  uint32
	data  []byte
}

// corpusIfPresent lists the captures of the given areas, all of them when none
// is given.
func corpusIfPresent(areas ...string) (files []string) {
	if len(areas) == 0 {
		areas = []string{"."}
	}
	for _, a := range areas {
		filepath.WalkDir(filepath.Join(corpusDir, a), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && !strings.Contains(d.Name(), "TRUTH") && filepath.Ext(path) != ".md" && filepath.Ext(path) != ".tsv" {
				files = append(files, path)
			}
			return nil
		})
	}
	return files
}

// corpusFiles is corpusIfPresent for a test that makes no sense without.
func corpusFiles(t testing.TB, areas ...string) []string {
	t.Helper()
	files := corpusIfPresent(areas...)
	if len(files) == 0 {
		t.Skip("no corpus beside the repository")
	}
	return files
}

// eachRecord calls f for every record of a capture file, with data valid until
// f returns. What is no capture has none.
func eachRecord(t testing.TB, file string, f func(r record)) {
	t.Helper()
	rd, err := capture.Open(file, capture.Options{})
	if err != nil {
		return
	}
	defer rd.Close()
	for {
		s, err := rd.Next()
		if s == nil || err != nil {
			return
		}
		for i := range s.Recs {
			r := &s.Recs[i]
			f(record{file, s.FrameNumber(r), rd.Info().Interfaces[r.Iface].LinkType, r.Orig, s.Data(r)})
		}
		s.Release()
	}
}

// Over every record of the corpus: the invariants hold, the short cut decodes
// as the long way does, a reused Packet as a fresh one, and Peek agrees.
func TestCorpus(t *testing.T) {
	var reused Packet
	var records, peeked int
	fails := map[Undecoded]int{}
	for _, file := range corpusFiles(t) {
		eachRecord(t, file, func(r record) {
			records++
			var fresh, long Packet
			fresh.Decode(r.link, r.data, r.wire)
			fails[fresh.Fail]++
			if s := broken(&fresh); s != "" {
				t.Errorf("%s frame %d: %s", r.file, r.frame, s)
			}
			long.decode(r.link, r.data, r.wire)
			if s := diff(&fresh, &long); s != "" {
				t.Errorf("%s frame %d: short cut and long way: %s", r.file, r.frame, s)
			}
			reused.Has &= HasTime
			reused.Decode(r.link, r.data, r.wire)
			if s := diff(&reused, &fresh); s != "" {
				t.Errorf("%s frame %d: reused and fresh: %s", r.file, r.frame, s)
			}
			if h, ok := Peek(r.link, r.data); ok {
				peeked++
				if k, _ := fresh.Key(); fresh.Has&HasPorts == 0 || k.Hash() != h {
					t.Errorf("%s frame %d: Peek disagrees", r.file, r.frame)
				}
			}
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d records, %d peeked, %v", records, peeked, fails)
}
