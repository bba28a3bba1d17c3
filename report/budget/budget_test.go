package budget

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/report"
	"pcaptriage/report/verdict"
)

// catalogue has three analyzers, of which one does not run.
func catalogue() *Catalogue {
	probe := &analyzers.Analyzer{Name: "probe",
		Rules: []analyzers.Rule{{Code: "pmtu-stall"}, {Code: "pmtu-hole"}, {Code: "connect-refused"}},
		Metrics: []analyzers.Metric{
			{Name: "tcp.handshake", Unit: "ns", Labels: []string{"server"}},
			{Name: "http.response", Unit: "ns", Labels: []string{"server", "reused"}},
			{Name: "window", Unit: "bytes", Labels: []string{"server"}},
		}}
	idle := &analyzers.Analyzer{Name: "idle", Rules: []analyzers.Rule{{Code: "idle-rule"}},
		Metrics: []analyzers.Metric{{Name: "idle.time", Unit: "ns", Labels: []string{"server"}}}}
	return &Catalogue{All: []*analyzers.Analyzer{probe, idle}, Running: []*analyzers.Analyzer{probe},
		Suggest: func(name string, known []string) string {
			for _, k := range known {
				if len(name) > 3 && strings.HasPrefix(k, name[:3]) {
					return " (did you mean " + k + "?)"
				}
			}
			return ""
		}}
}

// row is a latency row of values in ms.
func row(metric string, labels report.Labels, ms ...int64) *report.LatencyRow {
	r := &report.LatencyRow{Metric: metric, Unit: "ns", Labels: labels, Count: uint64(len(ms))}
	for i, v := range ms {
		v *= 1e6
		r.Sample, r.Sum, r.Max = append(r.Sample, v), r.Sum+v, v
		if i == 0 {
			r.Min = v
		}
	}
	return r
}

func always(string) bool { return true }

func ptr[T any](v T) *T { return &v }

// sample is a capture with findings, latencies and a clean ledger.
func sample() *report.Capture {
	server := func(s string) report.Labels { return report.Labels{{Name: "server", Value: s}} }
	reused := func(s string) report.Labels {
		return report.Labels{{Name: "server", Value: "10.0.0.2:443"}, {Name: "reused", Value: s}}
	}
	flow := &report.Flow{Proto: "tcp", Src: ptr("10.0.0.1"), SPort: ptr(uint16(40000)), Dst: ptr("2001:db8::1"), DPort: ptr(uint16(443))}
	return &report.Capture{Path: "dir/a.pcap", Packets: ptr(uint64(50)), Bytes: ptr(uint64(5000)),
		FirstTime: report.At(1e18), LastTime: report.At(1e18 + 2e9),
		Coverage: &report.Coverage{Records: 50, Decoded: 48, Undecoded: map[string]uint64{"bad_ip": 1, "bad_l4": 1}, Drops: ptr(uint64(0))},
		Findings: []*report.Finding{
			{ID: "a1", Rule: "pmtu-stall", Analyzer: "probe", Severity: "warning", Confidence: "certain", Message: "stood still", Flow: flow, Count: 3,
				Evidence: []report.Evidence{{Frame: 31}, {Frame: 33}}},
			{ID: "a2", Rule: "connect-refused", Analyzer: "probe", Severity: "error", Confidence: "likely", Message: "refused", Count: 1},
		},
		Latency: []*report.LatencyRow{
			row("tcp.handshake", server("10.0.0.2:443"), 1, 2, 3, 61),
			row("tcp.handshake", server("10.0.0.3:443"), 5),
			row("http.response", reused("yes"), 1, 1, 1, 2, 2, 2, 3, 3, 3),
			row("http.response", reused("no"), 9),
		}}
}

// assertionOf loads a budget of one expression.
func assertionOf(t *testing.T, expr, more string) *Assertion {
	t.Helper()
	b, errs := Load("b.yaml", []byte("assertions:\n  - name: x\n    expr: |\n      "+strings.ReplaceAll(expr, "\n", "\n      ")+"\n"+more), catalogue())
	if len(errs) > 0 {
		t.Fatalf("%s: %v", expr, errs)
	}
	return b.Assertions[0]
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct {
		expr    string
		status  verdict.Status
		message string // part of the case's
	}{
		// As the issue of this feature has them.
		{`count(rule == "pmtu-stall") == 0`, verdict.Fail, `count(rule == "pmtu-stall") == 0 does not hold: count(rule == "pmtu-stall") is 1`},
		{`p99("tcp.handshake", server == "10.0.0.2:443") < 50ms`, verdict.Fail, "is 61.0 ms (4 observations)"},
		{`share("http.response", reused == "yes") > 0.9`, verdict.Fail, "is 0.9 (9 of 10 observations)"},
		{`coverage.ended_early == false`, verdict.Pass, "coverage.ended_early is false"},

		{`count() == 2`, verdict.Pass, "count() is 2"},
		{`count(rule == "pmtu-hole") == 0`, verdict.Pass, "is 0"},
		{`count(rule in ["pmtu-stall", "pmtu-hole"]) == 1`, verdict.Pass, ""},
		{`count(rule not in ["pmtu-stall"]) == 1`, verdict.Pass, ""},
		{`count(rule startsWith "pmtu-") == 1`, verdict.Pass, ""},
		{`count(rule matches "^connect-(refused|dropped)$") == 1`, verdict.Pass, ""},
		{`count(severity == "error" or severity == "warning") <= 1`, verdict.Fail, ""},
		{`count(severity != "info" && confidence == "certain") == 1`, verdict.Pass, ""},
		{`count(analyzer == "probe") == 2`, verdict.Pass, ""},
		{`count(server == "[2001:db8::1]:443" and src == "10.0.0.1" and dport == 443 and sport > 1023 and proto == "tcp") == 1`, verdict.Pass, ""},
		{`count(count > 2) == 1`, verdict.Pass, ""},
		{`count(not (rule == "pmtu-stall")) == 1`, verdict.Pass, ""},
		{`count(rule == "pmtu-stall" ? dport == 443 : true) == 2`, verdict.Pass, ""},
		{`p50("tcp.handshake") == 3ms`, verdict.Pass, "(5 observations in 2 rows)"},
		{`p90("tcp.handshake") == 61ms and p95("tcp.handshake") == 61ms`, verdict.Pass, ""},
		{`max("tcp.handshake", server != "10.0.0.2:443") == 5ms`, verdict.Pass, ""},
		{`min("tcp.handshake") >= 1ms`, verdict.Pass, ""},
		{`mean("tcp.handshake") == 14400us`, verdict.Pass, "14.4 ms"},
		{`mean("tcp.handshake") == 14400µs`, verdict.Pass, ""},
		{`max("tcp.handshake") - min("tcp.handshake") == 60ms`, verdict.Pass, ""},
		{`p99("tcp.handshake") / p50("tcp.handshake") < 25`, verdict.Pass, ""},
		{`p99("tcp.handshake") < 25 * p50("tcp.handshake")`, verdict.Pass, ""},
		{`p99("tcp.handshake", server endsWith ":443") < 1m30s`, verdict.Pass, ""},
		{`p50("tcp.handshake") < 3.5ms and p50("tcp.handshake") > 2.5ms`, verdict.Pass, ""},
		{`min("tcp.handshake") > 0`, verdict.Pass, ""},
		{`-min("tcp.handshake") < 0`, verdict.Pass, ""},
		{`observations("tcp.handshake") == 5`, verdict.Pass, ""},
		{`observations("window") == 0`, verdict.Pass, ""},
		{`share("http.response", reused == "no") == 0.1`, verdict.Pass, ""},
		{`coverage.undecoded <= 2 and coverage.drops == 0 and coverage.error == "" and coverage.damages == 0`, verdict.Pass, ""},
		{`coverage.truncated_by_snaplen == 0 || packets < 10`, verdict.Pass, ""},
		{`packets >= 50 and bytes > 4999 and duration == 2s`, verdict.Pass, "bytes is 5,000; duration is 2.00 s"},
		{`packets in [49, 50]`, verdict.Pass, ""},
		{"// don't\np50(\"tcp.handshake\") /* isn't it */ == 3ms", verdict.Pass, ""},
		{`1ms < p50("tcp.handshake") < 4ms`, verdict.Pass, ""},

		{`(packets + 1) / 2 == 25.5 and 3 / 2 == packets / 50 + 0.5`, verdict.Pass, ""},

		// No data is no pass, nor is a share of nothing: in floating point all of
		// these would hold.
		{`packets / coverage.drops > 1`, verdict.Fail, "no data to judge by: division by zero: packets is 50; coverage.drops is 0"},
		{`coverage.drops / coverage.drops != 0.5`, verdict.Fail, "division by zero"},
		{`duration / (packets - 50) > 1s`, verdict.Fail, "division by zero"},
		{`not (packets / 0 < 5)`, verdict.Fail, "division by zero"},
		{`p99("tcp.handshake", server == "10.9.9.9:443") < 50ms`, verdict.Fail, "there is server 10.0.0.2:443; server 10.0.0.3:443"},
		{`max("window") < 50`, verdict.Fail, "the capture has no window"},
		{`share("http.response", reused == "yse") < 0.5`, verdict.Fail, `no http.response with reused == "yse"`},
		{`share("window", server == "x") < 0.5`, verdict.Fail, "no data"},
		{`share("http.response", reused == "yse") > 0.5 or packets > 1`, verdict.Fail, "no data"},
		{`packets > 1 or share("http.response", reused == "yse") > 0.5`, verdict.Fail, "no data"},
	} {
		a := assertionOf(t, c.expr, "")
		got := a.Judge(sample(), always)
		if got.Status != c.status || !strings.Contains(got.Message, c.message) {
			t.Errorf("%s: %s (%s), want %s (%s)", c.expr, got.Status, got.Message, c.status, c.message)
		}
		if strings.Contains(got.Message, durationPrefix) || strings.ContainsRune(got.Message, '\n') {
			t.Errorf("%s: message %q", c.expr, got.Message)
		}
		if (got.Status == verdict.Fail) != (len(got.Problems) > 0) {
			t.Errorf("%s: %s with %d problems", c.expr, got.Status, len(got.Problems))
		}
	}
}

func TestAllowEmpty(t *testing.T) {
	const allow = "    allow_empty: true\n"
	for _, c := range []struct {
		expr   string
		status verdict.Status
	}{
		{`p99("tcp.handshake", server == "10.9.9.9:443") < 50ms`, verdict.Skipped},
		{`share("http.response", reused == "yse") < 0.5`, verdict.Pass}, // the share is 0
		{`share("http.response", reused == "yse") > 0.5`, verdict.Fail},
		{`share("window", server == "x") > 0.5`, verdict.Skipped},
		// What has data is judged all the same.
		{`count() == 0 and max("window") < 5`, verdict.Fail},
		{`count() == 2 and max("window") < 5`, verdict.Pass},
		{`max("window") < 5 and count() == 0`, verdict.Fail},
	} {
		if got := assertionOf(t, c.expr, allow).Judge(sample(), always); got.Status != c.status {
			t.Errorf("%s: %s (%s), want %s", c.expr, got.Status, got.Message, c.status)
		}
	}
	c := sample()
	c.Coverage.Drops = nil
	if got := assertionOf(t, "coverage.drops == 0", "").Judge(c, always); got.Status != verdict.Fail || !strings.Contains(got.Message, "does not say") {
		t.Errorf("unknown drops: %s (%s)", got.Status, got.Message)
	}
	if got := assertionOf(t, "coverage.drops == 0", allow).Judge(c, always); got.Status != verdict.Skipped {
		t.Errorf("unknown drops: %s (%s)", got.Status, got.Message)
	}
}

// Of a capture at which nobody could look, "no findings" proves nothing.
func TestNothingAnalyzed(t *testing.T) {
	c := sample()
	c.Findings, c.Coverage.Decoded = nil, 0
	if got := assertionOf(t, `count(rule == "pmtu-stall") == 0`, "").Judge(c, always); got.Status != verdict.Fail || got.Problems[0].Change != verdict.NoData {
		t.Errorf("%s (%s)", got.Status, got.Message)
	}
	c = sample()
	c.Coverage.AnalyzersFailed = []report.Failure{{Analyzer: "probe", Error: "probe failed at frame 9"}}
	if got := assertionOf(t, `count(rule == "pmtu-hole") == 0`, "").Judge(c, always); got.Status != verdict.Error {
		t.Errorf("%s (%s)", got.Status, got.Message)
	}
}

func TestProblems(t *testing.T) {
	a := assertionOf(t, `count(rule == "pmtu-stall") == 0`, "    severity: warning\n    message: The tunnel's\n      MTU.\n")
	got := a.Judge(sample(), always)
	p := got.Problems[0]
	if p.Change != verdict.Violated || !p.Fails || p.Severity != "warning" || got.Severity != "warning" || p.Rule != "pmtu-stall" || p.FindingID != "a1" || len(p.Frames) != 2 {
		t.Errorf("%+v", p)
	}
	if want := []string{"The tunnel's MTU.", "warning pmtu-stall: stood still (frames 31, 33)"}; fmt.Sprint(p.Details) != fmt.Sprint(want) {
		t.Errorf("details %q, want %q", p.Details, want)
	}
	if got.Location != (verdict.Location{File: "b.yaml", Line: 4}) {
		t.Errorf("location %+v", got.Location)
	}
	milder := a.Judge(sample(), func(severity string) bool { return severity == "error" })
	if milder.Status != verdict.Pass || len(milder.Problems) != 1 || milder.Problems[0].Fails || !strings.Contains(milder.Message, "does not hold") {
		t.Errorf("a warning where only errors count: %+v", milder)
	}
	u := a.Unmatched(always)
	if u.Status != verdict.Fail || u.Capture != "" {
		t.Errorf("%+v", u)
	}
}

func TestWrongBudgets(t *testing.T) {
	expr := func(s string) string {
		return "assertions:\n  - name: x\n    expr: '" + strings.ReplaceAll(s, "'", "''") + "'\n"
	}
	for _, c := range []struct{ text, want string }{
		{expr(`p99("tcp.handshke") < 50ms`), `b.yaml:3: assertion "x": character 5: unknown metric "tcp.handshke" (did you mean tcp.handshake?); known: tcp.handshake, http.response, window, idle.time`},
		{expr(`p99("tcp.handshake", sever == "x") < 50ms`), `metric tcp.handshake has no "sever"; it has server`},
		{expr(`p99("tcp.handshake", reused == "yes") < 50ms`), `has no "reused"; it has server`},
		{expr(`p99("idle.time") < 50ms`), "analyzer idle, which does not run (--enable, --disable)"},
		{expr(`count(rule == "pmtu-stal") == 0`), `character 15: unknown rule "pmtu-stal" (did you mean pmtu-stall?)`},
		{expr(`count("pmtu-stal" == rule) == 0`), `unknown rule "pmtu-stal"`},
		{expr(`count(rule != "nope") == 0`), `unknown rule "nope"`},
		{expr(`count(rule in ["pmtu-stall", "nope"]) == 0`), `unknown rule "nope"`},
		{expr(`count(rule == "idle-rule") == 0`), "which does not run"},
		{expr(`count(rule startsWith "nope") == 0`), `no rule of a running analyzer startsWith "nope"`},
		{expr(`count(rule matches "(") == 0`), "missing closing"},
		{expr(`count(rule matches message) == 0`), "want a pattern that is written out"},
		{expr(`count(severity == "fatal") == 0`), `unknown severity "fatal"; known: error, warning, info`},
		{expr(`count(severity != "fatal") == 0`), `unknown severity "fatal"`},
		{expr(`count(confidence in ["sure"]) == 0`), `unknown confidence "sure"; known: certain, likely, possible`},
		{expr(`count(analyzer == "nope") == 0`), `unknown analyzer "nope"`},
		{expr(`count(colour == "red") == 0`), `a finding has no "colour"`},
		{expr(`count(measure.value > 1) == 0`), "only coverage has members"},
		{expr(`coverage.endedearly == false`), `coverage has no "endedearly" (did you mean ended_early?)`},
		{expr(`coverage["ended" + "_early"] == false`), "only coverage has members"},
		{expr(`coverage.ended_early`), ""},
		{expr(`pakets > 1`), `unknown name "pakets"; known: bytes, coverage, duration, packets`},
		{expr(`p98("tcp.handshake") < 1ms`), `unknown function "p98"`},
		{expr(`p99("tcp.handshake")`), "it gives a value; want something that is true or false"},
		{expr(`count("x") == 0`), "the condition gives a value"},
		{expr(`count(rule == "pmtu-stall", 1) == 0`), "2 arguments; count(rule"},
		{expr(`p99(server == "x") < 1ms`), "the metric is to be written out"},
		{expr(`p99() < 1ms`), "0 arguments"},
		{expr(`share("http.response") > 1`), "1 arguments"},
		{expr(`p99 < 1ms`), "p99 is a function: p99("},
		{expr(`p99("tcp.handshake") < 50`), "< between a duration and a number: durations have a unit, such as 50ms"},
		{expr(`p99("tcp.handshake") + 1 < 50ms`), "+ between a duration and a number"},
		{expr(`p99("tcp.handshake") * 1ms < 50ms`), "* between a duration and a duration"},
		{expr(`share("http.response", reused == "yes") > 50ms`), "> between a number and a duration"},
		{expr(`coverage.ended_early == 0`), "== between true or false and a number"},
		{expr(`count(rule > "a") == 0`), "> between a text and a text"},
		{expr(`count() == 0 and packets`), "it gives a value"},
		{expr(`!packets`), "! does not go with a number"},
		{expr(`count(count() > 0) == 0`), "count inside of a condition"},
		{expr(`count(rule == "pmtu-stall"`), "character 26: it ends too early"},
		{expr(`p99("tcp.handshake") < 5ms <`), "character 28: it ends too early"},
		{expr(`p99("tcp.handshake") < 50mss`), "bad number syntax"},
		{expr(`p50("tcp.handshake") in [1ms, 2ms]`), "a duration in a list of a duration"},
		{expr(`coverage.ended_early in [true]`), "true or false in a list of true or false"},
		{expr(`packets in ["a"]`), "a number in a list of a text"},
		{expr(`packets in []`), "want a list such as"},
		{expr(`count(coverage.ended_early) == 0`), "only coverage has members"},
		{expr(`packets.ended_early`), "only coverage has members"},
		{expr(`coverage.ended_early ? packets > 1 : 5`), "want the same kind"},
		{expr(`packets ? true : false`), "the condition is a number"},
		{expr(`true`), "true asks for nothing of the capture"},
		{expr(`count() == 0 and 1ms < 2ms`), "1ms < 2ms asks for nothing of the capture"},
		// What the library could do and a budget must not.
		{expr(`len(1..1000000000) > 0`), "unknown function"},
		{expr(`all(1..9, # > 0)`), "unknown function"},
		{expr(`let x = 1; x == 1`), "no place in a budget"},
		{expr(`packets; true`), "no place in a budget"},
		{expr(`packets | count() > 1`), ""},
		{expr(`packets ** 99 > 1`), "operator ** has no place"},
		{expr(`(packets ?? 1) > 1`), "operator ?? has no place"},
		{expr(`{"a": 1}.a == packets`), "only coverage has members"},
		{expr(`[1, 2] == packets`), "a list has its place"},
		{expr(`count(message + "x" == "y") == 0`), "+ between a text and a text"},
		{expr(`now() == packets`), "unknown function"},
		{expr(strings.Repeat("packets > 1 and ", 1000) + "packets > 1"), "more than 4096 bytes"},
		{expr(strings.Repeat("(", 300) + "packets" + strings.Repeat("+1", 600) + strings.Repeat(")", 300) + "> 0"), "maximum allowed nodes"},

		{"", "b.yaml: the budget is empty"},
		{"assertions: []", "b.yaml:1: assertions: the list is empty"},
		{"assertions: x", "b.yaml:1: assertions: want a list"},
		{"- name: x", "b.yaml:1: the budget: want a mapping with assertions"},
		{"asertions: []", `unknown name "asertions"`},
		{"assertions:\n  - name: x\n", "b.yaml:2: assertion: expr is missing"},
		{"assertions:\n  - expr: packets > 1\n", "b.yaml:2: assertion: name is missing"},
		{"assertions:\n  - name: x\n    expr: packets > 1\n    severty: info\n", `b.yaml:4: assertion: unknown name "severty" (did you mean severity?)`},
		{"assertions:\n  - name: x\n    expr: packets > 1\n    severity: fatal\n", `b.yaml:4: severity "fatal": want error, warning, info`},
		{"assertions:\n  - name: x\n    expr: packets > 1\n    allow_empty: maybe\n", "b.yaml:4: allow_empty: want true or false"},
		{"assertions:\n  - name: x\n    expr: packets > 1\n    file: '['\n", `b.yaml:4: file "[": no valid pattern`},
		{"assertions:\n  - name: x\n    expr: packets > 1\n  - name: x\n    expr: packets > 2\n", `b.yaml:4: assertion "x": the name is taken by that of line 2`},
		{"assertions:\n  - name: x\n    expr: packets > 1\n    expr: packets > 2\n", "b.yaml"},
		{"assertions:\n  - name: x\n    expr: null\n", "b.yaml:3: expr: want a text"},
		{"a: [", "b.yaml: no YAML"},
		{"# nothing\n", "b.yaml: the budget is empty"},
		{"---\n", "b.yaml: the budget is empty"},
		{expr("packets > 1") + "---\n" + expr("packets > 2"), "b.yaml:5: a second YAML document (behind ---): want one, with all assertions"},
		{expr("packets > 1") + "---\na: [", "b.yaml: no YAML"},
		{"assertions:\n  - name: [a]\n    expr: packets > 1\n", "b.yaml:2: name: want a text"},
		{"assertions:\n  - name: x\n    expr: !coverage.ended_early\n", "b.yaml:3: expr: want a text; in quotes, where YAML takes it for something else"},
	} {
		b, errs := Load("b.yaml", []byte(c.text), catalogue())
		if c.text == expr(`coverage.ended_early`) { // true or false as it is
			if len(errs) > 0 {
				t.Errorf("coverage.ended_early: %v", errs)
			}
			continue
		}
		if len(errs) == 0 || b != nil {
			t.Errorf("loaded: %s", c.text)
			continue
		}
		if got := errs[0].Error(); !strings.Contains(got, c.want) || strings.ContainsRune(got, '\n') || strings.Contains(got, durationPrefix) {
			t.Errorf("%.80s:\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

// One document may have markers around it, and a byte order mark before it.
func TestOneDocument(t *testing.T) {
	text := "assertions:\n  - name: x\n    expr: packets > 1\n"
	for _, s := range []string{"---\n" + text, text + "...\n", text + "---\n# the end\n", "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n")} {
		if b, errs := Load("b.yaml", []byte(s), catalogue()); len(errs) > 0 || len(b.Assertions) != 1 {
			t.Errorf("%q: %v", s, errs)
		}
	}
}

// All that is wrong is told at once.
func TestSeveralErrors(t *testing.T) {
	_, errs := Load("b.yaml", []byte("assertions:\n  - name: a\n    expr: x > 1\n  - name: b\n    expr: packets > 1\n  - name: c\n    expr: y > 1\n"), catalogue())
	if len(errs) != 2 || !strings.HasPrefix(errs[1].Error(), "b.yaml:7: ") {
		t.Errorf("%v", errs)
	}
}

func TestPlaces(t *testing.T) {
	b, errs := Load("b.yaml", []byte("# team\nassertions:\n  - name: a\n    expr: packets > 1\n  - expr: >\n      packets > 2\n    name: b\n  - {name: c, expr: 'packets > 3'}\n"), catalogue())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for i, want := range [][2]int{{4, 11}, {6, 0}, {8, 21}} {
		if a := b.Assertions[i]; a.Line != want[0] || a.Column != want[1] {
			t.Errorf("%s stands at %d:%d, want %v", a.Name, a.Line, a.Column, want)
		}
	}
}

// Anchors and aliases are YAML's way to write a text once.
func TestAliases(t *testing.T) {
	b, errs := Load("b.yaml", []byte("assertions:\n  - name: a\n    expr: &e packets > 1\n    message: &m why\n  - name: b\n    expr: *e\n    message: *m\n"), catalogue())
	if len(errs) > 0 || b.Assertions[1].Source != "packets > 1" || b.Assertions[1].Message != "why" {
		t.Errorf("%v, %+v", errs, b)
	}
}

func TestApplies(t *testing.T) {
	for _, c := range []struct {
		pattern, file string
		want          bool
	}{
		{"a.pcap", "a.pcap", true}, {"a.pcap", "/x/y/a.pcap", true}, {"*.pcap", "x/a.pcap", true}, {"*.pcap", "a.pcapng", false},
		{"auth/*.pcap", "/x/auth/a.pcap", true}, {"auth/*.pcap", "a.pcap", false}, {"x/*.pcap", "auth/a.pcap", false},
		{"/x/*/a.pcap", "/x/y/a.pcap", true}, {"/y/a.pcap", "/x/y/a.pcap", false}, {"./a.pcap", "b/a.pcap", true}, {"-", "-", true},
	} {
		if got := (&Assertion{Files: []string{c.pattern}}).Applies(c.file); got != c.want {
			t.Errorf("%s for %s: %v", c.pattern, c.file, got)
		}
	}
	if !(&Assertion{}).Applies("a") || !(&Assertion{Files: []string{"b", "a"}}).Applies("a") {
		t.Error("no pattern, or the second of a list")
	}
}

// An expression ends soon, whatever it says.
func TestBounded(t *testing.T) {
	c := sample()
	for range 20000 {
		c.Findings = append(c.Findings, &report.Finding{Rule: "pmtu-stall", Message: strings.Repeat("a", 200), Severity: "info"})
	}
	a := assertionOf(t, `count(message matches "^(a|aa)*(a|aa)*(a|aa)*b$") == 0`, "")
	begin := time.Now()
	if got := a.Judge(c, always); got.Status != verdict.Pass {
		t.Errorf("%s (%s)", got.Status, got.Message)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{`count(rule == "pmtu-stall") == 0`, `p99("tcp.handshake", server == "x") < 50ms and coverage.ended_early == false`,
		`share("http.response", reused == "yes") > 0.9`, `1ms < p50("tcp.handshake") < 4ms`, `packets in [1,2]`, `count(rule matches "a|b") ? packets > 1 : bytes > 2`} {
		f.Add(s)
	}
	known := catalogue()
	f.Fuzz(func(t *testing.T, source string) {
		a := &Assertion{Name: "x", Source: source, Severity: "error"}
		if err := a.compile(known); err != nil {
			return
		}
		got := a.Judge(sample(), always)
		if got.Status == verdict.Error {
			t.Errorf("%s: compiled, and failed to run: %s", source, got.Message)
		}
		if got.Message != report.Escape(got.Message) {
			t.Errorf("message %q", got.Message)
		}
	})
}
