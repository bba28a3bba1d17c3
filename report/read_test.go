package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, doc string) *Report {
	t.Helper()
	rep, err := Read(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// What was printed and read prints the same, to the byte, at first sight and
// once more.
func TestReadRoundTrip(t *testing.T) {
	in := testInput()
	in.Capture.Results[0].Outcome.Findings[0].Attrs = map[string]any{
		"big": uint64(1<<64 - 1), "small": int64(-1 << 63), "odd": int64(1<<53 + 1), "ratio": 0.1, "whole": 2.0, "huge": 1e300,
		"text": "<a> & b", "none": nil, "yes": true, "list": []any{int64(9007199254740993), "x"}, "map": map[string]any{"n": uint64(7)},
	}
	for name, inputs := range map[string][]Input{
		"all": {testInput(), quietInput(), missingInput(), timelessInput(), seriesInput()}, "none": {}, "attrs": {in},
	} {
		t.Run(name, func(t *testing.T) {
			want := renderTo(t, "json", Options{}, build(inputs, Tool{Name: "pcaptriage", Version: "1.2.3"}))
			rep := read(t, want)
			if d := cmp.Diff(want, renderTo(t, "json", Options{}, rep)); d != "" {
				t.Errorf("-printed +read and printed again:\n%s", d)
			}
			if d := cmp.Diff(Tool{Name: "pcaptriage", Version: "1.2.3"}, rep.Tool); d != "" {
				t.Error(d)
			}
		})
	}
}

// The model that was read is the one that was built, tables' types apart.
func TestReadGivesTheModel(t *testing.T) {
	want := build([]Input{testInput(), missingInput(), seriesInput()}, Tool{Name: "pcaptriage", Version: "1.2.3"})
	got := read(t, renderTo(t, "json", Options{}, want))
	for i, c := range want.Captures {
		g := got.Captures[i]
		for j, f := range c.Findings {
			if g.Findings[j].severity != f.severity || g.Findings[j].Measure != f.Measure || g.Findings[j].Time != f.Time {
				t.Errorf("%v read as %v", f, g.Findings[j])
			}
		}
		for j, row := range c.Latency {
			if d := cmp.Diff(row, g.Latency[j]); d != "" {
				t.Error(d)
			}
		}
		if d := cmp.Diff(c.Coverage, g.Coverage); d != "" {
			t.Error(d)
		}
	}
	if !got.Captures[1].Unreadable() || len(got.Captures[2].Files) != 2 {
		t.Error("an unreadable capture or a series was not read as one")
	}
	cells := got.Captures[0].Tables[0].Rows[0]
	if f, ok := cells[7].(*Flow); !ok || *f.SPort != 53 {
		t.Errorf("flow cell %v", cells[7])
	}
	if n, ok := cells[2].(int64); !ok || n != 1_030_000_000 {
		t.Errorf("duration cell %v", cells[2])
	}
	if f, ok := got.Captures[2].Tables[0].Rows[0][4].(Frame); !ok || f.File != "a.pcap" {
		t.Errorf("frame cell %v", got.Captures[2].Tables[0].Rows[0][4])
	}
}

// A report can come from anywhere: what is printed of it is escaped like what
// comes from packets.
func TestReadEscapes(t *testing.T) {
	clean := renderTo(t, "json", Options{}, build([]Input{testInput()}, Tool{Name: "pcaptriage", Version: "1"}))
	for _, evil := range []string{`\u001b[31m`, `\n`, "\u202e", `\u202e`, "\xff"} {
		doc := strings.ReplaceAll(clean, "a note", "a note "+evil)
		doc = strings.ReplaceAll(doc, `"mtu"`, `"mtu`+evil+`"`)
		doc = strings.ReplaceAll(doc, `"ipip 10.0.0.5>10.0.0.6"`, `"`+evil+`"`)
		rep := read(t, doc)
		if m := rep.Captures[0].Findings[0].Message; m == "a note" || !isClean(m) {
			t.Errorf("%q was read as %q", evil, m)
		}
		for k := range rep.Captures[0].Findings[2].Attrs {
			if !isClean(k) {
				t.Errorf("attribute %q", k)
			}
		}
		for _, hop := range rep.Captures[0].Findings[2].Flow.Tunnel {
			if !isClean(hop) {
				t.Errorf("tunnel %q", hop)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	doc := renderTo(t, "json", Options{}, build([]Input{testInput(), seriesInput()}, Tool{Name: "pcaptriage", Version: "1"}))
	spoil := func(old, new string) string {
		if !strings.Contains(doc, old) {
			t.Fatalf("the report has no %q", old)
		}
		return strings.Replace(doc, old, new, 1)
	}
	for _, c := range []struct{ name, doc, want string }{
		{"empty", "", "no JSON: byte 0"},
		{"text", "hello", "no JSON: byte 1"},
		{"cut", doc[:len(doc)/2], "no JSON: byte"},
		{"something behind it", doc + "{}", "no JSON: byte"},
		{"array", "[]", "it is a array, not an object"},
		{"no report", "{}", "schema_version is missing"},
		{"info", `{"schema_version": 1, "files": []}`, "captures is missing"},
		{"newer", spoil(`"schema_version": 1`, `"schema_version": 2`), "schema_version is 2; this version of pcaptriage reads 1"},
		{"version of another type", spoil(`"schema_version": 1`, `"schema_version": "1"`), `schema_version is "1"`},
		{"null captures", `{"schema_version": 1, "captures": null, "totals": {}}`, "captures is null"},
		{"null capture", `{"schema_version": 1, "captures": [null], "totals": {}}`, "captures[0] is null"},
		{"no totals", `{"schema_version": 1, "captures": []}`, "totals is missing"},
		{"no coverage", `{"schema_version": 1, "captures": [{"packets": 1}], "totals": {}}`, "captures[0]: coverage is missing"},
		{"no packets", `{"schema_version": 1, "captures": [{"coverage": {}}], "totals": {}}`, "captures[0]: packets is missing"},
		{"wrong type", spoil(`"count": 3`, `"count": "3"`), "want uint64, not string"},
		{"severity", spoil(`"severity": "error"`, `"severity": "fatal"`), `captures[0]: findings[2]: unknown severity "fatal"`},
		{"no id", spoil(`"id": "id-bad"`, `"id": ""`), "id or rule is missing"},
		{"time", spoil(`"2026-03-04T05:06:07.623456789Z"`, `"yesterday"`), `time "yesterday"`},
		{"time out of range", spoil(`"2026-03-04T05:06:07.623456789Z"`, `"9999-03-04T05:06:07.623456789Z"`), "out of range"},
		{"columns", spoil(`"took":null`, `"toke": null`), "every_type: row 1: toke: the first row has other columns"},
		{"sample", spoil(`"sample": [1000000,`, `"sample": [9000000,`), "sample is not in ascending order"},
		{"table", spoil(`"every_type": [`, `"x": 1, "every_type": [`), "a table is an array of objects"},
		{"number", spoil(`"mtu": 1480`, `"mtu": 1e999`), "out of range"},
	} {
		rep, err := Read(strings.NewReader(c.doc))
		switch {
		case err == nil:
			t.Errorf("%s: read as %d captures", c.name, len(rep.Captures))
		case !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: error %q, want %q", c.name, err, c.want)
		case strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: error of several lines: %q", c.name, err)
		}
	}
}

// A member that a later version adds does not keep this one from reading.
func TestReadIgnoresWhatIsNew(t *testing.T) {
	doc := renderTo(t, "json", Options{}, build([]Input{testInput()}, Tool{Name: "pcaptriage", Version: "1"}))
	rep := read(t, strings.Replace(doc, `"rule": "probe-bad"`, `"rule": "probe-bad", "novel": {"a": [1]}`, 1))
	if rep.Captures[0].Findings[2].Rule != "probe-bad" {
		t.Error("the rule was lost")
	}
}

func FuzzRead(f *testing.F) {
	var b strings.Builder
	if err := Render(&jsonRenderer{w: &b}, build([]Input{testInput(), seriesInput(), missingInput()}, Tool{Name: "pcaptriage", Version: "1"})); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	f.Add(`{"schema_version": 1, "captures": [], "totals": {}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		rep, err := Read(strings.NewReader(doc))
		if err != nil {
			if !isClean(err.Error()) {
				t.Errorf("error %q", err)
			}
			return
		}
		for _, format := range Formats() {
			r, err := NewRenderer(format, &strings.Builder{}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := Render(r, rep); err != nil {
				t.Fatal(err)
			}
		}
	})
}
