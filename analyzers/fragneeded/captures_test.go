package fragneeded_test

import (
	"path/filepath"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/fragneeded"
)

// Each rule speaks in the capture made for it, and none in the quiet ones.
func TestCaptures(t *testing.T) {
	analyzertest.Run(t, "../../testdata/pcaps/fragneeded", fragneeded.Analyzer)
}

var analyzerList = []*analyzers.Analyzer{fragneeded.Analyzer}

// elsewhere are the captures made for other analyzers that hold path MTU
// trouble all the same, by their MANIFEST.
var elsewhere = map[string]string{
	"ssh/blackhole-kexinit.pcap":        "pmtu-blackhole-silent",
	"ssh/blackhole-kexinit-server.pcap": "pmtu-blackhole-silent",
	"ssh/blackhole-reply.pcap":          "pmtu-blackhole-silent",
	"ssh/blackhole-reply-server.pcap":   "pmtu-blackhole-silent",
	"ssh/pmtud.pcap":                    "pmtu-recovered pmtu-mss-mismatch",
}

// The captures made for other analyzers hold plain loss, slow servers, idle
// applications, dead peers, zero windows and much else, and apart from those
// named nothing of path MTU discovery.
func TestOtherCapturesAreQuiet(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pcaps/*/*[pg]")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d captures (%v)", len(files), err)
	}
	for _, file := range files {
		area := filepath.Base(filepath.Dir(file))
		if area == "fragneeded" {
			continue
		}
		var got []string
		for _, f := range run(t, file).Findings {
			got = append(got, f.Rule)
		}
		name := area + "/" + filepath.Base(file)
		if rules := strings.Join(got, " "); rules != elsewhere[name] {
			t.Errorf("%s: %q, want %q", name, rules, elsewhere[name])
		}
	}
}

func run(t *testing.T, file string) *analyzers.Outcome {
	t.Helper()
	return runOptions(t, file, engine.Options{})
}

func runOptions(t *testing.T, file string, opt engine.Options) *analyzers.Outcome {
	t.Helper()
	opt.Analyzers = analyzerList
	return &analyzertest.AnalyzeFile(t, file, opt).Results[0].Outcome
}

// The same rules speak in captures made afresh.
func TestLabCheck(t *testing.T) {
	analyzertest.Fresh(t, "../../testdata/pcaps/fragneeded", fragneeded.Analyzer)
}
