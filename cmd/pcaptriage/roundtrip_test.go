package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers/all"
	"pcaptriage/report"
)

// TestSavedReports: the JSON report of every capture that there is, read back
// and printed again, gives the same bytes. So nothing that an analyzer puts
// into a report is lost on the way to merge, diff and check.
func TestSavedReports(t *testing.T) {
	dirs := []string{filepath.Join("..", "..", "testdata", "pcaps")}
	if foreign := filepath.Join("..", "..", "..", "shared", "pcaps"); !testing.Short() {
		if _, err := os.Stat(foreign); err == nil {
			dirs = append(dirs, foreign)
		}
	}
	for _, dir := range dirs {
		a, stdout, stderr := newApp(all.Analyzers()...)
		switch code := a.run([]string{"analyze", "--format", "json", dir}); code {
		case exitOK, exitDamaged:
		default:
			t.Fatalf("%s: exit code %d:\n%s", dir, code, stderr)
		}
		rep, err := report.Read(bytes.NewReader(stdout.Bytes()))
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		if len(rep.Captures) < 10 {
			t.Errorf("%s: only %d captures", dir, len(rep.Captures))
		}
		var again bytes.Buffer
		r, err := report.NewRenderer("json", &again, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := report.Render(r, rep); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stdout.Bytes(), again.Bytes()) {
			t.Errorf("%s: -printed +read and printed again:\n%s", dir, firstDifference(stdout.Bytes(), again.Bytes()))
		}
	}
}

// firstDifference shows where two texts part: reports are too long for a diff
// of the whole.
func firstDifference(a, b []byte) string {
	la, lb := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(la), len(lb)) {
		if !bytes.Equal(la[i], lb[i]) {
			return cmp.Diff(string(la[i]), string(lb[i]))
		}
	}
	return "one is longer"
}
