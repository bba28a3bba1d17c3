package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the goldens of whole reports")

// textGolden follows the name of a capture: what analyze prints about it.
const textGolden = ".golden.txt"

// TestGoldens holds what the program prints about each capture of
// testdata/pcaps against the files beside it: the text as a user sees it, whose
// differences a reviewer can read, and the JSON by the program's own verb for
// that. `make update` rewrites these files, and removes those of captures that
// are gone; it is refused where the environment has CI set.
func TestGoldens(t *testing.T) {
	if *update && os.Getenv("CI") != "" {
		t.Fatal("-update is refused under CI")
	}
	if testing.Short() {
		t.Skip("starts the program some hundred times; the analyzers' own tests run the same captures")
	}
	pcaps, err := filepath.Abs("../../testdata/pcaps")
	if err != nil {
		t.Fatal(err)
	}
	captures := goldenCaptures(t, pcaps)
	orphans(t, pcaps, captures)
	// A script a capture, so that each runs and fails on its own.
	dir := t.TempDir()
	check := "check --quiet ."
	if *update {
		check = "check --quiet --update ."
	}
	if err := os.WriteFile(filepath.Join(dir, "json.txtar"), []byte("cd $PCAPS\nexec pcaptriage "+check+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		script := fmt.Sprintf("cd $PCAPS\nexec pcaptriage analyze %s\n! stderr .\ngolden %s\n", c, c+textGolden)
		name := strings.NewReplacer("/", "_", ".", "_").Replace(c) + ".txtar"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PCAPS", pcaps)
			env.Setenv("NO_COLOR", "")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"golden": cmdGolden},
	})
}

// cmdGolden compares standard output with a golden, or writes that.
func cmdGolden(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: golden FILE")
	}
	name, got := ts.MkAbs(args[0]), ts.ReadFile("stdout")
	for i, line := range strings.Split(got, "\n") {
		if w := displaywidth.String(line); w > 100 {
			ts.Fatalf("line %d of the report is %d columns wide: %s", i+1, w, line)
		}
	}
	want, err := os.ReadFile(name)
	switch {
	case string(want) == got && err == nil:
	case *update:
		ts.Check(os.WriteFile(name, []byte(got), 0o666))
	case err != nil:
		ts.Fatalf("no golden (make update writes it): %v", err)
	default:
		ts.Fatalf("%s differs (make update, after a look):\n%s", args[0], cmp.Diff(string(want), got))
	}
}

// goldenCaptures lists the captures, relative to the directory, with slashes.
func goldenCaptures(t *testing.T, pcaps string) (names []string) {
	t.Helper()
	for _, ending := range []string{".pcap", ".pcapng"} {
		files, err := filepath.Glob(filepath.Join(pcaps, "*", "*"+ending))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			rel, err := filepath.Rel(pcaps, f)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.ToSlash(rel))
		}
	}
	if len(names) < 100 {
		t.Fatalf("only %d captures in %s", len(names), pcaps)
	}
	return names
}

// orphans tells, or under -update removes, goldens without a capture.
func orphans(t *testing.T, pcaps string, captures []string) {
	t.Helper()
	there := map[string]bool{}
	for _, c := range captures {
		there[c] = true
	}
	files, err := filepath.Glob(filepath.Join(pcaps, "*", "*.golden.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		rel, err := filepath.Rel(pcaps, f)
		if err != nil {
			t.Fatal(err)
		}
		rel = filepath.ToSlash(rel)
		capture, _, _ := strings.Cut(rel, ".golden.")
		switch {
		case there[capture]:
		case *update:
			if err := os.Remove(f); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s belongs to no capture (make update removes it)", rel)
		}
	}
}
