package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// capture of this package's tests: 3 findings of severity warning.
func refused() string {
	return filepath.Join("..", "..", "testdata", "pcaps", "connect", "refused.pcap")
}

func fake(name string, requires ...string) *analyzers.Analyzer {
	return &analyzers.Analyzer{Name: name, Doc: "A fake.", Requires: requires,
		Rules: []analyzers.Rule{{Code: name + "-rule", Severity: analyzers.Info, Title: "t", Explanation: "e", Recognised: "r", Remedy: "m"}},
		Config: func() any {
			return &struct {
				N int `opt:"n" doc:"a number"`
			}{7}
		},
		Conclude: func(*analyzers.Conclusion) {}}
}

// panicky is an analyzer that fails inside.
type panicky struct{}

func (panicky) Packet(*decoders.Packet, *flow.Flow, *analyzers.Out)       { panic("boom\x1b[31m") }
func (panicky) FlowEnd(*flow.Flow, flow.EndReason, int64, *analyzers.Out) {}
func (panicky) End(int64, *analyzers.Out) analyzers.Result                { return nil }
func newApp(list ...*analyzers.Analyzer) (a *app, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return &app{stdin: strings.NewReader(""), stdout: stdout, stderr: stderr, analyzers: list}, stdout, stderr
}

func TestAnalyzerFailureIsExit5(t *testing.T) {
	bad := fake("bad")
	bad.Needs, bad.NewFlowPart = analyzers.NeedTCP, func(*analyzers.Env) analyzers.FlowPart { return panicky{} }
	a, stdout, stderr := newApp(fake("good"), bad)
	if code := a.run([]string{"analyze", refused()}); code != exitInternal {
		t.Errorf("exit code %d, want %d", code, exitInternal)
	}
	if !strings.Contains(stderr.String(), "bad failed at frame 1") || !strings.Contains(stderr.String(), `boom\x1b[31m`) {
		t.Errorf("stderr %q", stderr)
	}
	if !strings.Contains(stdout.String(), "18 packets") || !strings.Contains(stdout.String(), "an analyzer failed") {
		t.Errorf("the rest of the report does not stand:\n%s", stdout)
	}
}

func TestInvalidAnalyzersAreExit5(t *testing.T) {
	a, _, stderr := newApp(fake("twice"), fake("twice"))
	if code := a.run([]string{"version"}); code != exitInternal || !strings.Contains(stderr.String(), "twice") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

func TestExitPrecedence(t *testing.T) {
	all := []int{exitFindings, exitDamaged, exitUnreadable, exitInternal, exitUsage, exitInterrupted}
	for i := range all {
		var e events
		for _, c := range all[:i+1] {
			e.note(c)
		}
		if e.code() != all[i] {
			t.Errorf("of %v the exit code is %d", all[:i+1], e.code())
		}
	}
	if c := new(events).code(); c != exitOK {
		t.Errorf("without anything the exit code is %d", c)
	}
}

func TestChosen(t *testing.T) {
	a, _, _ := newApp(fake("base"), fake("mid", "base"), fake("top", "mid"), fake("other"))
	for _, c := range []struct {
		enable, disable []string
		want, err       string
	}{
		{nil, nil, "base mid top other", ""},
		{[]string{"top"}, nil, "base mid top", ""},
		{[]string{"other"}, nil, "other", ""},
		{nil, []string{"top", "mid"}, "base other", ""},
		{nil, []string{"base"}, "", "mid needs its results"},
		{[]string{"other"}, []string{"other"}, "", "leave no analyzer"},
		{[]string{"othr"}, nil, "", "did you mean other"},
	} {
		list, err := a.chosen(c.enable, c.disable)
		var names []string
		for _, an := range list {
			names = append(names, an.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("enable %v, disable %v: %q, want %q", c.enable, c.disable, got, c.want)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("enable %v, disable %v: error %v, want %q", c.enable, c.disable, err, c.err)
		}
	}
}

// Options of analyzers that do not run are checked, but no error: a
// configuration file serves several command lines.
func TestSettingsOfDisabledAnalyzers(t *testing.T) {
	a, _, _ := newApp(fake("one"), fake("two"))
	set, err := a.settings([]string{"one.n=1", "two.n=2"}, a.analyzers[:1])
	if err != nil || len(set) != 1 || set["one.n"] != "1" {
		t.Errorf("settings %v, error %v", set, err)
	}
	if _, err := a.settings([]string{"two.n=x"}, a.analyzers[:1]); err == nil {
		t.Error("a bad value of an analyzer that does not run is not told")
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "1048576": 1 << 20, "512M": 512 << 20, "2g": 2 << 30, "2GiB": 2 << 30, "10 kB": 10 << 10, "1T": 1 << 40} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"0", "-1", "M", "1.5G", "1X", "9999999999T", "1MM"} {
		if n, err := parseSize(s); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", s, n)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"connect-dropped", "connect-dropped-selectively", "keepalive-flood", "pmtu-stall"}
	for name, want := range map[string][]string{
		"connect-dropepd": {"connect-dropped"},
		"stall":           {"pmtu-stall"},
		"keepalive-":      {"keepalive-flood"},
		"xyzzy":           {},
	} {
		if got := nearest(name, known); !slices.Equal(got, want) {
			t.Errorf("nearest(%q) = %v, want %v", name, got, want)
		}
	}
	if d := distance("abcd", "acbd"); d != 1 {
		t.Errorf("a swap of neighbours counts %d", d)
	}
}
