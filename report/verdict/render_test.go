package verdict

import (
	"io"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/report"
	"pcaptriage/report/junit/junittest"
	"pcaptriage/report/sarif/sariftest"
)

// sample is a verdict with a case of each kind and status.
func sample() *Verdict {
	return &Verdict{
		Tool:  report.Tool{Name: "pcaptriage", Version: "1.2.3"},
		Rules: []*analyzers.Rule{{Code: "pmtu-stall", Severity: analyzers.Warning, Title: "stood still", Explanation: "Why.", Recognised: "How.", Remedy: "What."}},
		Notes: []string{"2 files skipped"},
		Cases: []*Case{
			{Capture: "caps/a.pcap", Name: "golden", Kind: Golden, Status: Fail, Severity: "error",
				Location: Location{File: "caps/a.pcap.golden.json"}, Message: "1 finding appeared, 1 vanished",
				Problems: []*Problem{
					{Change: Appeared, Fails: true, Severity: "error", Rule: "pmtu-stall", FindingID: "f00d", Message: "new: pmtu-stall, tcp 10.0.0.1 -> 10.0.0.2:443: stood still for 249 ms | <b>",
						Details: []string{"p50 1 ms -> 2 ms"}, Frames: []report.Evidence{{Frame: 17}, {Frame: 25}}, Filter: "frame.number in {17,25}"},
					{Change: Vanished, Fails: true, Severity: "warning", Rule: "connect-refused", FindingID: "beef", Message: "gone: connect-refused",
						Frames: []report.Evidence{{Frame: 3}}, Filter: "frame.number in {3}"},
					{Change: NewRule, Severity: "info", Rule: "ssh-grace", FindingID: "cafe", Message: "new rule: ssh-grace"},
				}},
			{Capture: "caps/a.pcap", Name: "handshake is fast", Kind: Budget, Status: Fail, Severity: "warning",
				Location: Location{File: "budget.yaml", Line: 12, Column: 3}, Message: "p99 is 80 ms, want less than 50 ms",
				Problems: []*Problem{{Change: Violated, Fails: true, Severity: "warning", Message: "p99 is 80 ms, want less than 50 ms"}}},
			{Capture: "caps/a.pcap", Name: "no data", Kind: Budget, Status: Skipped, Severity: "warning",
				Location: Location{File: "budget.yaml", Line: 20}, Message: "nothing matched, which allow_empty permits"},
			{Capture: "caps/b.pcap", Name: "golden", Kind: Golden, Status: Pass, Severity: "error",
				Location: Location{File: "caps/b.pcap.golden.json"}, Message: "3 findings and 12 latency rows as in the golden"},
			{Capture: "caps/c.pcap", Name: "input", Kind: Input, Status: Error, Severity: "error", Location: Location{File: "caps/c.pcap"},
				Message: "no such file or directory", Problems: []*Problem{{Change: Unreadable, Fails: true, Severity: "error", Message: "no such file or directory"}}},
			{Name: "orphan", Kind: Budget, Status: Error, Severity: "error", Location: Location{File: "budget.yaml", Line: 30}, Message: "no capture matched"},
		},
	}
}

func rendered(t *testing.T, write func(io.Writer, *Verdict) error, v *Verdict) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wants(t *testing.T, doc string, list ...string) {
	t.Helper()
	for _, want := range list {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
}

func TestJUnit(t *testing.T) {
	doc := rendered(t, WriteJUnit, sample())
	if err := junittest.Check([]byte(doc)); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
	wants(t, doc, `<testsuites name="pcaptriage check" tests="6" failures="2" errors="2">`,
		`<testsuite name="caps/a.pcap" file="caps/a.pcap" tests="3" failures="2" errors="0" skipped="1">`,
		`<testcase classname="pcaptriage.check.golden" name="caps/a.pcap: golden">`,
		`<failure message="1 finding appeared, 1 vanished" type="finding-appeared">`,
		"error: new: pmtu-stall, tcp 10.0.0.1 -> 10.0.0.2:443: stood still for 249 ms | <b>\n  p50 1 ms -> 2 ms\n  frames 17, 25\n  Wireshark: frame.number in {17,25}\n  more: pcaptriage explain pmtu-stall\n",
		"gone: connect-refused\n  frame 3 when the golden was made\n  more:", "remark: new rule: ssh-grace", `<failure message="p99 is 80 ms, want less than 50 ms" type="budget-broken">`, "promised in budget.yaml:12:3\n",
		`<skipped message="nothing matched, which allow_empty permits">`, `name="no capture: orphan"`, "2 files skipped")
}

func TestSARIF(t *testing.T) {
	doc := rendered(t, WriteSARIF, sample())
	if err := sariftest.Check([]byte(doc)); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
	wants(t, doc, `"ruleId": "pmtu-stall"`, `"ruleId": "finding-vanished"`, `"ruleId": "budget-broken"`, `"ruleId": "input-unreadable"`,
		`"uri": "budget.yaml"`, `"startLine": 12`, `"startColumn": 3`, `"uri": "caps/a.pcap.golden.json"`, `"pcaptriageFinding/v1": "f00d"`,
		`"pcaptriageFinding/v1": "budget-broken:handshake is fast:1"`, `"text": "the capture, frames 17, 25"`, `"executionSuccessful": false`,
		`caps/a.pcap: new: pmtu-stall, tcp 10.0.0.1 -> 10.0.0.2:443: stood still for 249 ms | <b> (p50 1 ms -> 2 ms) [frames 17, 25]`,
		`"text": "no capture matched"`, `gone: connect-refused [frame 3 when the golden was made]`)
	if strings.Contains(doc, "frame.number in {3}") {
		t.Error("a filter for another capture's frames")
	}
	if n := strings.Count(doc, `"ruleIndex"`); n != 6 {
		t.Errorf("%d results for 6 problems:\n%s", n, doc)
	}
	if strings.Contains(doc, "as in the golden") {
		t.Error("what holds has a result")
	}
}

func TestMarkdown(t *testing.T) {
	doc := rendered(t, WriteMarkdown, sample())
	wants(t, doc, "## pcaptriage check: 2 of 6 failed, 2 could not be judged\n", "| **fail** | caps/a.pcap | golden | 1 finding appeared, 1 vanished |",
		"- **error**: new: pmtu-stall, tcp 10.0.0.1 -&gt; 10.0.0.2:443: stood still for 249 ms \\| &lt;b&gt;\n  - p50 1 ms -&gt; 2 ms\n  - frames 17, 25: `frame.number in {17,25}`\n",
		"Promised in `budget.yaml:12:3`.", "  - frame 3 when the golden was made\n", "<details><summary>1 passed, 1 skipped</summary>", "<summary>What <code>pmtu-stall</code> means: stood still</summary>")
}

func TestAllHold(t *testing.T) {
	v := sample()
	v.Cases, v.Rules, v.Notes = v.Cases[3:4], nil, nil
	wants(t, rendered(t, WriteMarkdown, v), "## pcaptriage check: 1 of 1 hold\n", "as in the golden")
	doc := rendered(t, WriteSARIF, v)
	if err := sariftest.Check([]byte(doc)); err != nil {
		t.Error(err)
	}
	wants(t, doc, `"results": []`, `"executionSuccessful": true`)
	doc = rendered(t, WriteJUnit, v)
	if err := junittest.Check([]byte(doc)); err != nil {
		t.Error(err)
	}
	wants(t, doc, `tests="1" failures="0" errors="0"`, "as in the golden")
}

// Every kind of change is explained where it is a rule of its own.
func TestEveryChangeIsExplained(t *testing.T) {
	for _, c := range []Change{Appeared, Vanished, Changed, NewRule, RetiredRule, Latency, Coverage, Facts, Missing, Unusable, Orphaned,
		Stale, Violated, NoData, Wrong, Unreadable, Damaged, Internal} {
		if text, ok := changeText(c); !ok || text.short == "" || text.more == "" {
			t.Errorf("%s has no text", c)
		}
	}
}
