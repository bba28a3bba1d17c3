package sarif_test

import (
	"strings"
	"testing"

	"pcaptriage/report/sarif"
	"pcaptriage/report/sarif/sariftest"
)

func plainRun() sarif.Run {
	return sarif.Run{
		Tool:        sarif.Tool{Driver: sarif.Driver{Name: "pcaptriage", Version: "1", Rules: []sarif.Rule{{ID: "some-rule", Name: "SomeRule"}}}},
		Invocations: []sarif.Invocation{{ExecutionSuccessful: true}},
		Results: []sarif.Result{{RuleID: "some-rule", Level: sarif.LevelError, Message: sarif.Plain("text"),
			Locations: []sarif.Location{sarif.At("a b.pcap", 0, 0)}, PartialFingerprints: sarif.Fingerprints("id", "u")}},
	}
}

func write(t *testing.T, runs ...sarif.Run) string {
	t.Helper()
	var b strings.Builder
	if err := sarif.Write(&b, runs); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteIsValid(t *testing.T) {
	if err := sariftest.Check([]byte(write(t, plainRun()))); err != nil {
		t.Error(err)
	}
	nothing := plainRun()
	nothing.Results, nothing.Tool.Driver.Rules = nil, nil
	doc := write(t, nothing)
	if err := sariftest.Check([]byte(doc)); err != nil {
		t.Error(err)
	}
	if !strings.Contains(doc, `"results": []`) {
		t.Errorf("null results mean that nobody looked:\n%s", doc)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*sarif.Run){
		"wrong index":    func(r *sarif.Run) { r.Results[0].RuleIndex = 1 },
		"no location":    func(r *sarif.Run) { r.Results[0].Locations = nil },
		"unknown level":  func(r *sarif.Run) { r.Results[0].Level = "fatal" },
		"no message":     func(r *sarif.Run) { r.Results[0].Message.Text = "" },
		"no fingerprint": func(r *sarif.Run) { r.Results[0].PartialFingerprints = nil },
		"raw path":       func(r *sarif.Run) { r.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI = "a b" },
		"rule twice":     func(r *sarif.Run) { r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, r.Tool.Driver.Rules[0]) },
		"other tool":     func(r *sarif.Run) { r.Tool.Driver.Name = "x" },
		"no invocation":  func(r *sarif.Run) { r.Invocations = nil },
		"long description": func(r *sarif.Run) {
			r.Tool.Driver.Rules[0].FullDescription = &sarif.Text{Text: strings.Repeat("x", 1025)}
		},
		"invisible": func(r *sarif.Run) { r.Results[0].Message.Text = "a\u202eb" },
	} {
		run := plainRun()
		spoil(&run)
		if sariftest.Check([]byte(write(t, run))) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestURI(t *testing.T) {
	for file, want := range map[string]string{
		"a.pcap":            "a.pcap",
		"./captures/a.pcap": "captures/a.pcap",
		"../a.pcap":         "../a.pcap",
		"a b/ü%#?.pcap":     "a%20b/%C3%BC%25%23%3F.pcap",
		"/tmp/a b":          "file:///tmp/a%20b",
		"C:/caps/a.pcap":    "file:///C:/caps/a.pcap",
		"eth0:1.pcap":       "eth0%3A1.pcap",
		"-":                 "stdin",
		`a\x1b.pcap`:        "a%5Cx1b.pcap",
	} {
		if got := sarif.URI(file); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

// Brackets and parentheses in a message must not become a link; an IPv6 address
// stays readable.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"[2001:db8::1]:443 (twice)": "[2001:db8::1]:443 (twice)",
		"[here](http://x)":          `\[here\](http://x)`,
	} {
		if got := sarif.Plain(text).Text; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// The same anomaly in two captures is two alerts; in two runs it is one.
func TestFingerprints(t *testing.T) {
	a, again, other := sarif.Fingerprints("id", "a.pcap"), sarif.Fingerprints("id", "a.pcap"), sarif.Fingerprints("id", "b.pcap")
	const line = "primaryLocationLineHash"
	if a[line] != again[line] || a[line] == other[line] || a[sarif.FingerprintKey] != "id" {
		t.Errorf("%v %v %v", a, again, other)
	}
	if sarif.Fingerprints("", "a.pcap") != nil {
		t.Error("nothing stable has a fingerprint")
	}
}
