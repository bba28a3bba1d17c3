package linkscore

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
)

// corpus calls f for every capture of the public collection that may lie beside
// the repository; it is never required.
func corpus(t *testing.T, f func(name string, r *capture.Reader)) {
	dir := filepath.Join("..", "..", "..", "shared", "pcaps")
	if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); err != nil {
		t.Skip("no corpus beside the repository")
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		r, err := capture.Open(path, capture.Options{})
		if err != nil {
			return nil
		}
		defer r.Close()
		rel, err := filepath.Rel(dir, path)
		f(rel, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// trulyMislabelled are the files of the corpus that were made with a wrong label,
// and what they are.
func trulyMislabelled(name string) (uint16, bool) {
	base := filepath.Base(name)
	switch {
	case strings.HasPrefix(base, "derived__openbsd_loop_mislabelled12"), base == "derived__loop12_first_packet_tiny.pcap":
		return link.Loop, true
	case base == "derived__loop108_with_hostorder_AF_scapybug.pcap":
		return link.Null, true
	}
	return 0, false
}

// TestCorpus: no rightly labelled file is called mislabelled, every wrong label
// is found. Each verdict that is not ok is logged with its reason.
func TestCorpus(t *testing.T) {
	counts := map[Kind]int{}
	corpus(t, func(name string, r *capture.Reader) {
		vs, err := Read(r, FileLimits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, v := range vs {
			counts[v.Kind]++
			if v.Kind != OK && v.Kind != TooFew {
				t.Logf("%s interface %d: %s: %s", name, i, v.Kind, v.Reason)
			}
			if want, wrong := trulyMislabelled(name); wrong != (v.Kind == Mislabelled) || wrong && v.ReadAs != want {
				t.Errorf("%s interface %d: %s, read as %s: %s", name, i, v.Kind, named(v.ReadAs), v.Reason)
			}
		}
	})
	t.Log(counts)
}
