package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// An extract of whole connections shows what the capture showed, but for what
// rests on connections that are not cited (scans, selective drops): of the golden
// captures at least six in seven have the same rules. Every fourth is looked at.
func TestExtractShowsItAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	files, err := filepath.Glob("../../testdata/pcaps/*/*.pcap")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	var lost []string
	for i, file := range files {
		if i%4 != 0 {
			continue
		}
		out := filepath.Join(t.TempDir(), "out.pcap")
		if run([]string{"extract", "-q", "--whole-flows", "-o", out, file}, nil, io.Discard, io.Discard) != exitOK {
			continue // no findings, or damaged
		}
		checked++
		if !slices.Equal(rulesOf(t, out), rulesOf(t, file)) {
			lost = append(lost, file)
		}
	}
	if checked < 20 || len(lost)*7 > checked {
		t.Errorf("of %d captures %d have other rules in the extract: %v", checked, len(lost), lost)
	}
}

// rulesOf are the rules of a capture's findings.
func rulesOf(t *testing.T, file string) (out []string) {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "report.json")
	run([]string{"analyze", "-q", "--output", "json=" + saved, file}, nil, io.Discard, io.Discard)
	defer os.Remove(saved)
	rep, err := readReport(t.Context(), saved)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Captures[0].Findings {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
