package report

import (
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/report/junit/junittest"
	"pcaptriage/report/sarif/sariftest"
)

var explained = Options{Analyzers: []*analyzers.Analyzer{{Name: "probe", Rules: []analyzers.Rule{{
	Code: "probe-bad", Severity: analyzers.Error, Title: "bad", Explanation: "It is bad.\n\nVery.", Recognised: "By [looking](at it).", Remedy: "Stop it."}}}}}

func TestJUnit(t *testing.T) {
	for failOn, counts := range map[string]string{
		"": `tests="5" failures="0" errors="3"`, "error": `tests="5" failures="0" errors="3"`, "info": `tests="5" failures="0" errors="3"`,
	} {
		doc := renderTo(t, "junit", Options{FailOn: failOn}, buildAll(t))
		if err := junittest.Check([]byte(doc)); err != nil {
			t.Errorf("%v\n%s", err, doc)
		}
		if !strings.Contains(doc, counts) {
			t.Errorf("fail on %q: no %s in\n%s", failOn, counts, doc)
		}
	}
	for _, want := range []string{
		`<error message="not readable: no such file or directory" type="input-unreadable">`,
		`type="internal-error"`, "error probe-bad  tcp 10.0.0.1:54321 -&gt;", "frames 33, 31 and 10 more", hostileEscaped,
	} {
		doc := strings.ReplaceAll(renderTo(t, "junit", Options{}, buildAll(t)), "->", "-&gt;")
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
}

// A capture fails by its worst finding; milder ones than asked for do not count.
func TestJUnitFailOn(t *testing.T) {
	in := testInput()
	in.Capture.Results = in.Capture.Results[:1]
	in.Capture.Internal, in.Capture.InternalCount = nil, 0
	in.Files[0].Damages, in.Files[0].DamageCount, in.Files[0].EndedEarly = nil, 0, false
	in.Capture.Results[0].Outcome.Findings = in.Capture.Results[0].Outcome.Findings[1:] // the infos
	for failOn, want := range map[string]string{
		"": `failures="0"`, "error": `failures="0"`, "warning": `failures="0"`, "info": `failures="1"`,
	} {
		doc := renderTo(t, "junit", Options{FailOn: failOn}, build([]Input{in, quietInput()}, Tool{}))
		if err := junittest.Check([]byte(doc)); err != nil {
			t.Errorf("%v\n%s", err, doc)
		}
		if !strings.Contains(doc, want) {
			t.Errorf("fail on %q: no %s in\n%s", failOn, want, doc)
		}
		if failOn == "info" && !strings.Contains(doc, "(and 1 further finding)") {
			t.Errorf("the message hides the second finding:\n%s", doc)
		}
	}
}

func TestSARIF(t *testing.T) {
	doc := renderTo(t, "sarif", explained, buildAll(t))
	if err := sariftest.Check([]byte(doc)); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
	for _, want := range []string{
		`"ruleId": "probe-bad"`, `"pcaptriageFinding/v1": "id-bad"`, `"uri": "a.pcap"`, `"level": "error"`,
		`"text": "3 of 3 attempts failed: a\\x1b[31mb\\nc\\u202ed\\xffe. Frames 33, 31 and 10 more."`,
		`"name": "tcp 10.0.0.1:54321 -> [2001:db8::1]:443"`, `"executionSuccessful": false`,
		`"text": "missing.pcap: not readable: no such file or directory"`, `"markdown": "## What happens\n\nIt is bad.\n\nVery.\n\n## How`,
		`## How it was recognised\n\nBy \\[looking\\](at it).`,
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
	quiet := renderTo(t, "sarif", explained, build([]Input{quietInput()}, Tool{"pcaptriage", "1"}))
	if err := sariftest.Check([]byte(quiet)); err != nil {
		t.Error(err)
	}
	if !strings.Contains(quiet, `"executionSuccessful": true`) || !strings.Contains(quiet, `"results": []`) {
		t.Errorf("a run without findings:\n%s", quiet)
	}
	series := renderTo(t, "sarif", explained, build([]Input{seriesInput()}, Tool{"pcaptriage", "1"}))
	if !strings.Contains(series, "Frames 33, 31 of a.pcap, 5 of b.pcap and 9 more.") {
		t.Errorf("the files of a series:\n%s", series)
	}
}

func TestMarkdownReport(t *testing.T) {
	out := renderTo(t, "markdown", explained, buildAll(t))
	for _, want := range []string{
		"## pcaptriage: 2 errors, 4 info in 5 captures, 1 not readable\n",
		"| a.pcap | 1 error, 2 info, file cut short, 12 % of the packets not decoded, an analyzer failed |",
		"**not readable: no such file or directory**",
		"| error | `probe-bad` | 0.500000 s | tcp 10.0.0.1:54321 -&gt; \\[2001:db8::1\\]:443 | 3 of 3 attempts failed: a\\\\x1b\\[31mb\\\\nc\\\\u202ed\\\\xffe | 33, 31 and 10 more |",
		"<details><summary>What <code>probe-bad</code> means: bad</summary>", "By \\[looking\\](at it).",
		"<details><summary>Latency (2 rows)</summary>",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	// In a table every line has the bars of its head.
	bars := 0
	for _, line := range strings.Split(out, "\n") {
		n := strings.Count(line, "|") - strings.Count(line, `\|`)
		if !strings.HasPrefix(line, "|") {
			bars = 0
			continue
		}
		if bars == 0 {
			bars = n
		}
		if n != bars {
			t.Errorf("%d bars for %d: %s", n, bars, line)
		}
	}
	if short := renderTo(t, "markdown", Options{Top: 1}, buildAll(t)); !strings.Contains(short, "... and 2 more.") {
		t.Errorf("--top 1 hides findings without saying so:\n%s", short)
	}
}

// A job summary of more than 1 MiB is refused as a whole.
func TestMarkdownStaysShort(t *testing.T) {
	var many []Input
	for range 1000 {
		many = append(many, testInput())
	}
	out := renderTo(t, "markdown", explained, build(many, Tool{"pcaptriage", "1"}))
	if len(out) > 1<<20 || !strings.Contains(out, "further captures are left out") || strings.Count(out, "\n| a.pcap |") != 1000 {
		t.Errorf("%d bytes, %d captures in the summary", len(out), strings.Count(out, "\n| a.pcap |"))
	}
}
