package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// No renderer lets a control character of a packet through, or an invisible one.
func TestNoRendererPrintsControlCharacters(t *testing.T) {
	rep := buildAll(t)
	for _, format := range Formats() {
		for _, r := range renderTo(t, format, Options{}, rep) {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%s prints %U", format, r)
			}
		}
	}
}

func TestTextFitsItsWidth(t *testing.T) {
	rep := buildAll(t)
	for _, w := range []int{80, 100, 140} {
		for _, l := range strings.Split(renderTo(t, "text", Options{Width: w}, rep), "\n") {
			if width(l) > w {
				t.Errorf("%d columns for %d: %s", width(l), w, l)
			}
			if strings.HasSuffix(l, " ") {
				t.Errorf("blanks at the end of %q", l)
			}
		}
	}
}

// Colour adds escape sequences and changes nothing else.
func TestColour(t *testing.T) {
	rep := buildAll(t)
	plain, colour := renderTo(t, "text", Options{}, rep), renderTo(t, "text", Options{Colour: true}, rep)
	if strings.Contains(plain, "\x1b") {
		t.Error("escape sequences without colour")
	}
	if !strings.Contains(colour, "\x1b[1;31m") {
		t.Error("no red for the error")
	}
	var b strings.Builder
	for rest := colour; rest != ""; {
		before, after, found := strings.Cut(rest, "\x1b[")
		b.WriteString(before)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "m")
	}
	if d := cmp.Diff(plain, b.String()); d != "" {
		t.Error(d)
	}
}

func TestTextOrderAndTop(t *testing.T) {
	out := renderTo(t, "text", Options{}, build([]Input{testInput()}, Tool{}))
	bad, note := strings.Index(out, "probe-bad"), strings.Index(out, "probe-note")
	if bad < 0 || note < bad {
		t.Errorf("the error must come before the note:\n%s", out)
	}
	out = renderTo(t, "text", Options{Top: 1}, build([]Input{testInput()}, Tool{}))
	if strings.Contains(out, "probe-note") || !strings.Contains(out, "... and 2 more") {
		t.Errorf("--top 1 shows more than one finding, or does not say so:\n%s", out)
	}
}

// What says that the capture lacks something stands before what is concluded
// from it: a table that leads before the findings, a rule that leads before
// errors.
func TestTextLeads(t *testing.T) {
	rep := build([]Input{testInput()}, Tool{})
	c := rep.Captures[0]
	c.Shows = []string{"subscribers", "content"}
	c.Tables[0].Lead = true
	for _, f := range c.Findings {
		f.lead = f.Rule == "probe-note"
	}
	out := renderTo(t, "text", Options{}, rep)
	at := -1
	for _, s := range []string{"shows subscribers' numbers in full (--show-subscribers)", "(--show-content)",
		"Every type", "probe-note", "probe-bad", "tcp.handshake"} {
		i := strings.Index(out, s)
		if i <= at {
			t.Fatalf("%q does not stand where it should:\n%s", s, out)
		}
		at = i
	}
}

// Names are not broken in the middle while there is room elsewhere.
func TestTextKeepsNames(t *testing.T) {
	const name = "sendRoutingInfoForSM"
	table := &Table{Name: "t", Text: true, Columns: []analyzers.Column{
		{Name: "operation", Type: analyzers.ColString}, {Name: "peer", Type: analyzers.ColString}, {Name: "errors", Type: analyzers.ColStrings}},
		Rows: [][]any{{name, "2001:db8:1111:2222:3333:4444:5555:6666", []string{strings.Repeat("absentSubscriberSM (6) ", 4)}}}}
	var b strings.Builder
	r := newText(&b, Options{Width: 70})
	r.tables(&Capture{Tables: Tables{table}}, false)
	if err := r.p.flush(); err != nil || !strings.Contains(b.String(), name) || !strings.Contains(b.String(), "absentSubscriberSM") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestTextSaysWhatIsMissing(t *testing.T) {
	out := renderTo(t, "text", Options{}, buildAll(t))
	for _, want := range []string{
		"1 error, 2 info; file cut short", "not readable: no such file or directory", "no timestamps",
		"3 packets dropped by the capture", "5 packets (10 %) not decoded: 3 with an impossible IP header, 2 cut within the header",
		"1 packet (2 %) of a link type", "7 flows given up", "8 verdicts withheld", "analyzer broken failed at frame 9",
		"offset 4711: record length makes no sense; 17 bytes skipped", "frames 33, 31 and 10 more", "in tunnel ipip 10.0.0.5>10.0.0.6",
		"tcp 10.0.0.1:54321 -> [2001:db8::1]:443", "(likely)", "tcp * -> 10.0.0.2:80", "series of 2 files",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in the text report", want)
		}
	}
	quiet := renderTo(t, "text", Options{}, build([]Input{quietInput()}, Tool{}))
	if strings.Contains(quiet, "Coverage") || !strings.Contains(quiet, "no findings") {
		t.Errorf("a capture without losses needs no coverage section:\n%s", quiet)
	}
}

func TestNDJSON(t *testing.T) {
	counts := map[string]int{}
	s := bufio.NewScanner(strings.NewReader(renderTo(t, "ndjson", Options{}, buildAll(t))))
	s.Buffer(nil, 1<<20)
	last := ""
	for s.Scan() {
		if !strings.HasPrefix(s.Text(), `{"type":"`) {
			t.Errorf("type is not first: %.60s", s.Text())
		}
		var m map[string]any
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		last = m["type"].(string)
		counts[last]++
		if _, ok := m["path"]; !ok && last != "totals" {
			t.Errorf("no path: %.60s", s.Text())
		}
	}
	if d := cmp.Diff(map[string]int{"capture": 5, "finding": 6, "latency": 4, "table_row": 4, "totals": 1}, counts); d != "" {
		t.Error(d)
	}
	if last != "totals" {
		t.Errorf("the last line is %s", last)
	}
}

// The stream must carry a capture before the next one is begun.
func TestNDJSONStreams(t *testing.T) {
	var b strings.Builder
	r, err := NewRenderer("ndjson", &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := testInput()
	if err := r.Begin(Tool{}); err != nil {
		t.Fatal(err)
	}
	if err := r.Capture(BuildCapture(&in)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 1+3+2+2 {
		t.Errorf("%d lines after the first capture", n)
	}
}

func TestCSV(t *testing.T) {
	in := testInput()
	in.Capture.Results[0].Outcome.Findings[0].Message = "=HYPERLINK(\"http://x\")"
	in.Names[0] = "@a.pcap"
	recs, err := csv.NewReader(strings.NewReader(renderTo(t, "csv", Options{}, build([]Input{in, missingInput()}, Tool{})))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := func(rec []string, name string) string {
		for i, h := range recs[0] {
			if h == name {
				return rec[i]
			}
		}
		t.Fatalf("no column %s", name)
		return ""
	}
	var types []string
	for _, r := range recs[1:] {
		types = append(types, col(r, "type"))
	}
	if d := cmp.Diff([]string{"capture", "finding", "finding", "finding", "latency", "latency", "capture"}, types); d != "" {
		t.Error(d)
	}
	bad := recs[4]
	for name, want := range map[string]string{"rule": "probe-bad", "message": `'=HYPERLINK("http://x")`, "path": "'@a.pcap", "value": "206534350",
		"frames": "33 31", "frames_total": "12", "dst": "2001:db8::1", "dport": "443", "count": "3"} {
		if got := col(bad, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := col(recs[1], "errors") + col(recs[1], "warnings") + col(recs[1], "infos"); got != "102" {
		t.Errorf("severity counts %q", got)
	}
	if got := col(recs[7], "packets"); got != "" {
		t.Errorf("packets of an unreadable file is %q", got)
	}
}

// The layout as a whole is for eyes: the goldens show in a diff what a change
// does to it.
// Every reason for which a packet is not decoded is told in words.
func TestUndecodedWords(t *testing.T) {
	for _, name := range decoders.UndecodedNames[decoders.TruncatedLink:] {
		if words := undecodedWords(name); strings.ContainsAny(words, "_0123456789") || name != "encrypted" && len(strings.Fields(words)) < 3 {
			t.Errorf("%s: %q", name, words)
		}
	}
}

func TestTextGolden(t *testing.T) {
	var info strings.Builder
	for _, i := range []*Info{NewInfo("a.pcap", testInfo("a.pcap"), false, nil), NewInfo("missing.pcap", nil, false, missingInput().Err)} {
		if err := WriteInfoText(&info, i, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, got := range map[string]string{
		"report.txt":  renderTo(t, "text", Options{}, buildAll(t)),
		"report.json": renderTo(t, "json", Options{}, buildAll(t)),
		"info.txt":    info.String(),
	} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got; -update rewrites it):\n%s", file, d)
		}
	}
}

// A table that leads by its nature does not when it is set aside.
func TestTextAside(t *testing.T) {
	for _, aside := range []bool{false, true} {
		in := testInput()
		table := in.Capture.Results[0].Outcome.Tables[0]
		spec := *table.Spec
		spec.Lead = true
		table.Spec, table.Aside = &spec, aside
		out := renderTo(t, "text", Options{}, build([]Input{in}, Tool{}))
		if leads := strings.Index(out, "Every type") < strings.Index(out, "Findings"); leads == aside {
			t.Errorf("aside %v: leads %v", aside, leads)
		}
	}
}
