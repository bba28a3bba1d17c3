package ssh_test

import (
	"context"
	"path/filepath"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/fragneeded"
	"pcaptriage/analyzers/ssh"
)

const lab = "../../testdata/pcaps/ssh"

// Each rule speaks in the capture made for it, and none in the quiet ones.
func TestCaptures(t *testing.T) {
	analyzertest.Run(t, lab, fragneeded.Analyzer, ssh.Analyzer)
}

// The same rules speak in captures made afresh.
func TestLabCheck(t *testing.T) {
	analyzertest.Fresh(t, lab, fragneeded.Analyzer, ssh.Analyzer)
}

// Captures made for other analyzers say nothing about SSH, and have no sessions.
func TestQuiet(t *testing.T) {
	for _, area := range []string{"connect", "fragneeded", "keepalive", "linktype", "gsmmap"} {
		files, err := filepath.Glob("../../testdata/pcaps/" + area + "/*[pg]") // .pcap and .pcapng
		if err != nil || len(files) == 0 {
			t.Fatalf("no captures of %s (%v)", area, err)
		}
		for _, file := range files {
			o := outcome(t, run(t, file))
			for _, f := range o.Findings {
				t.Errorf("%s: %s: %s", file, f.Rule, f.Message)
			}
			if n := len(o.Tables[0].Rows); n > 0 {
				t.Errorf("%s: %d sessions", file, n)
			}
		}
	}
}

// run analyzes a capture with the analyzer and what it requires.
func run(t testing.TB, file string) *engine.Result {
	t.Helper()
	res, err := engine.Run(context.Background(), []string{file}, engine.Options{Analyzers: []*analyzers.Analyzer{fragneeded.Analyzer, ssh.Analyzer}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func outcome(t testing.TB, res *engine.Result) *analyzers.Outcome {
	t.Helper()
	r := res.Results[len(res.Results)-1]
	if r.Failed || len(res.Internal) > 0 {
		t.Fatalf("%s %v", r.Failure, res.Internal)
	}
	return &r.Outcome
}
