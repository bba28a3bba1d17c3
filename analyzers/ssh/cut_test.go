package ssh_test

import (
	"path/filepath"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/fragneeded"
	"pcaptriage/analyzers/ssh"
)

// No rule speaks about a session that the capture merely cuts: a capture that
// ends earlier, after this or that record, shows no trouble that the whole one
// does not show.
func TestCutShort(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the engine some thousand times")
	}
	files, err := filepath.Glob(lab + "/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures (%v)", err)
	}
	list := []*analyzers.Analyzer{fragneeded.Analyzer, ssh.Analyzer}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			f, ok := analyzertest.ReadFile(t, name)
			if !ok {
				t.Fatal("several interfaces")
			}
			rules := func(n int) map[string]bool {
				part := analyzertest.File{Link: f.Link, Records: f.Records[:n]}
				res := analyzertest.Analyze(t, name, part.Bytes(), engine.Options{Analyzers: list, Workers: 1})
				out := map[string]bool{}
				for _, x := range outcome(t, res).Findings {
					out[x.Rule] = true
				}
				return out
			}
			whole := rules(len(f.Records))
			step := 1 + len(f.Records)/50
			for n := 1; n < len(f.Records); n += step {
				for rule := range rules(n) {
					if !whole[rule] {
						t.Errorf("%s speaks when the capture ends with record %d", rule, n)
					}
				}
			}
		})
	}
}
