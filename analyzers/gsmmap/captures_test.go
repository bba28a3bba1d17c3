package gsmmap_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/gsmmap"
)

const captures = "../../testdata/pcaps/gsmmap"

func TestCaptures(t *testing.T) {
	analyzertest.Run(t, captures, gsmmap.Analyzer)
}

// Every rule speaks in at least one capture and is silent in at least one: by
// what is written beside them by hand.
func TestEveryRuleSpeaks(t *testing.T) {
	wants, err := filepath.Glob(captures + "/*.want")
	if err != nil || len(wants) == 0 {
		t.Fatal(err, len(wants))
	}
	speaks := map[string]int{}
	for _, name := range wants {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		here := map[string]bool{}
		for _, line := range strings.Split(string(content), "\n") {
			rule, _, _ := strings.Cut(line, " ")
			here[rule] = true
		}
		for rule := range here {
			speaks[rule]++
		}
	}
	for _, r := range gsmmap.Analyzer.Rules {
		if n := speaks[r.Code]; n == 0 || n == len(wants) {
			t.Errorf("%s speaks in %d of %d captures", r.Code, n, len(wants))
		}
	}
}
