package keepalive_test

import (
	"context"
	"path/filepath"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/keepalive"
)

// Each rule speaks in the capture made for it, and none in the quiet ones.
func TestCaptures(t *testing.T) {
	analyzertest.Run(t, "../../testdata/pcaps/keepalive", keepalive.Analyzer)
}

// The same rules speak in captures made afresh.
func TestLabCheck(t *testing.T) {
	analyzertest.Fresh(t, "../../testdata/pcaps/keepalive", keepalive.Analyzer)
}

// Captures made for other analyzers say nothing about keep-alive.
func TestQuiet(t *testing.T) {
	for _, area := range []string{"connect", "fragneeded", "ssh", "linktype"} {
		files, err := filepath.Glob("../../testdata/pcaps/" + area + "/*[pg]") // .pcap and .pcapng
		if err != nil || len(files) == 0 {
			t.Fatalf("no captures of %s (%v)", area, err)
		}
		for _, file := range files {
			res, err := engine.Run(context.Background(), []string{file}, engine.Options{Analyzers: []*analyzers.Analyzer{keepalive.Analyzer}, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			if r := res.Results[0]; r.Failed || len(res.Internal) > 0 {
				t.Errorf("%s: %s %v", file, r.Failure, res.Internal)
			}
			for _, f := range res.Results[0].Outcome.Findings {
				t.Errorf("%s: %s: %s", file, f.Rule, f.Message)
			}
		}
	}
}
