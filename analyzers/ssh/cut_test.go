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
// ends earlier or begins later, at this or that record, shows no trouble that the
// whole one does not show.
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
			rules := func(from, to int) map[string]bool {
				part := analyzertest.File{Link: f.Link, Records: f.Records[from:to]}
				res := analyzertest.Analyze(t, name, part.Bytes(), engine.Options{Analyzers: list, Workers: 1})
				out := map[string]bool{}
				for _, x := range outcome(t, res).Findings {
					out[x.Rule] = true
				}
				return out
			}
			whole := rules(0, len(f.Records))
			step := 1 + len(f.Records)/50
			for n := 1; n < len(f.Records); n += step {
				for rule := range rules(0, n) {
					if !whole[rule] {
						t.Errorf("%s speaks when the capture ends with record %d", rule, n)
					}
				}
				for rule := range rules(n, len(f.Records)) {
					// Without the handshake's MSS the black hole is plain loss.
					if !whole[rule] && !(rule == "ssh-loss" && whole["ssh-mtu-blackhole"]) {
						t.Errorf("%s speaks when the capture begins behind record %d", rule, n)
					}
				}
			}
		})
	}
}
