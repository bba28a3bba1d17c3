package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/all"
)

// A failed analyzer's findings are missing, so nothing can be said of goldens
// and budgets, and no golden is written.
func TestCheckWithAFailedAnalyzer(t *testing.T) {
	t.Setenv("CI", "") // --update is refused there
	raw, err := os.ReadFile(refused())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	capture := filepath.Join(dir, "a.pcap")
	if err := os.WriteFile(capture, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	limits := filepath.Join(dir, "b.yaml")
	if err := os.WriteFile(limits, []byte("assertions:\n  - {name: none, expr: count(rule == \"bad-rule\") == 0}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	bad := fake("bad")
	good, _, _ := newApp(bad)
	if code := good.run([]string{"check", "--update", capture}); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	before, err := os.ReadFile(capture + goldenSuffix)
	if err != nil {
		t.Fatal(err)
	}
	bad.Needs, bad.NewFlowPart = analyzers.NeedTCP, func(*analyzers.Env) analyzers.FlowPart { return panicky{} }
	for _, args := range [][]string{{"check", capture}, {"check", "--update", capture}, {"check", "--budget", limits, capture}} {
		a, stdout, _ := newApp(bad)
		if code := a.run(args); code != exitInternal {
			t.Errorf("%v: exit code %d", args, code)
		}
		if s := stdout.String(); !strings.Contains(s, "ERROR "+capture) || !strings.Contains(s, "bad failed at frame 1") || strings.Contains(s, "\nok ") {
			t.Errorf("%v:\n%s", args, s)
		}
	}
	after, err := os.ReadFile(capture + goldenSuffix)
	if err != nil || string(after) != string(before) {
		t.Errorf("the golden was rewritten (%v)", err)
	}
}

// Output does not depend on the number of workers.
func TestGoldensDoNotDependOnWorkers(t *testing.T) {
	t.Setenv("CI", "")
	var first []byte
	for _, workers := range []string{"1", "2", "7"} {
		dir := t.TempDir()
		a, _, stderr := newApp(all.Analyzers()...)
		if code := a.run([]string{"check", "--update", "--workers", workers, "--golden", dir, refused()}); code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		got, err := os.ReadFile(filepath.Join(dir, "refused.pcap"+goldenSuffix))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if string(got) != string(first) {
			t.Errorf("%s workers make another golden", workers)
		}
	}
}
