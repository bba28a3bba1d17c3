package compare

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pcaptriage/report"
)

var tool = report.Tool{Name: "pcaptriage", Version: "1"}

func ptr[T any](v T) *T { return &v }

func capt(path string) *report.Capture {
	return &report.Capture{Path: path, Packets: ptr(uint64(10)), Bytes: ptr(uint64(1000)), Coverage: &report.Coverage{}, Analyzers: []string{"connect"}}
}

// found makes a finding of a flow from 10.0.0.1 to a server.
func found(id, rule, severity, server string, port uint16) *report.Finding {
	return &report.Finding{ID: id, Rule: rule, Analyzer: "connect", Severity: severity, Confidence: "certain", Count: 1, Message: rule + " happened",
		Flow: &report.Flow{Proto: "tcp", Src: ptr("10.0.0.1"), Dst: &server, DPort: &port}, Evidence: []report.Evidence{{Frame: 3}}, EvidenceTotal: 1}
}

// row makes a latency row of log-normal values around a median in µs.
func row(server string, r *rand.Rand, n int, median, spread float64) *report.LatencyRow {
	out := &report.LatencyRow{Metric: "tcp.handshake", Unit: "ns", Count: uint64(n), Labels: report.Labels{{Name: "server", Value: server}}}
	for range n {
		out.Sample = append(out.Sample, int64(1e3*median*math.Exp(r.NormFloat64()*spread)))
	}
	slices.Sort(out.Sample)
	at := func(q float64) int64 { return out.Sample[max(0, int(math.Ceil(q*float64(n)))-1)] }
	out.Min, out.P50, out.P95, out.P99, out.Max = at(0), at(.5), at(.95), at(.99), at(1)
	return out
}

func side(captures ...*report.Capture) *Side {
	return &Side{Name: "side", Tool: tool, Captures: Names(captures)}
}

func TestFindingsAreMatched(t *testing.T) {
	a, b := capt("a"), capt("b")
	counted := found("same-id", "connect-dropped", "error", "10.0.0.2", 443)
	again := found("same-id", "connect-dropped", "warning", "10.0.0.2", 443)
	again.Count = 5
	a.Findings = []*report.Finding{
		found("1", "connect-refused", "warning", "10.0.0.2", 80), counted,
		found("port-a", "connect-refused", "warning", "10.0.0.3", 40001),
		found("gone", "connect-reset-early", "warning", "10.0.0.4", 80),
	}
	b.Findings = []*report.Finding{
		found("new", "connect-scan", "error", "10.0.0.5", 80), again,
		found("port-b", "connect-refused", "warning", "10.0.0.3", 40002),
		found("1", "connect-refused", "warning", "10.0.0.2", 80),
	}
	p := Compare(side(a), side(b), Options{}).Pairs[0]
	if p.Same != 1 || len(p.Appeared) != 1 || p.Appeared[0].ID != "new" || len(p.Vanished) != 1 || p.Vanished[0].ID != "gone" {
		t.Errorf("same %d, appeared %v, vanished %v", p.Same, p.Appeared, p.Vanished)
	}
	var differs []string
	for _, ch := range p.Changed {
		differs = append(differs, strings.Join(ch.Differs, ", "))
	}
	if want := []string{"severity error -> warning, count 1 -> 5", "port 40001 -> 40002"}; !slices.Equal(differs, want) {
		t.Errorf("changed: %q, want %q", differs, want)
	}
}

// Times, frames and measured numbers differ between any two recordings.
func TestWhatAlwaysDiffersIsNoChange(t *testing.T) {
	a, b := capt("a"), capt("b")
	x, y := found("1", "pmtu-stall", "warning", "10.0.0.2", 80), found("1", "pmtu-stall", "warning", "10.0.0.2", 80)
	x.Measure, y.Measure = report.Measure{Name: "delay", Value: 204e6, Unit: "ns"}, report.Measure{Name: "delay", Value: 207e6, Unit: "ns"}
	y.Message, y.Evidence[0].Frame, y.Time = "another number", 99, report.At(7)
	a.Findings, b.Findings = []*report.Finding{x}, []*report.Finding{y}
	if p := Compare(side(a), side(b), Options{}).Pairs[0]; p.Same != 1 || len(p.Changed) != 0 {
		t.Errorf("same %d, changed %v", p.Same, p.Changed)
	}
}

// A tunnel's kind tells findings apart, its ends' addresses do not.
func TestTunnelsByKind(t *testing.T) {
	x, y := found("1", "r", "info", "10.0.0.2", 80), found("2", "r", "info", "10.0.0.2", 80)
	x.Flow.Tunnel, y.Flow.Tunnel = []string{"ipip 1.1.1.1>2.2.2.2"}, []string{"ipip 3.3.3.3>4.4.4.4"}
	if hosts(x) != hosts(y) {
		t.Error("two ends make two findings")
	}
	if y.Flow.Tunnel = []string{"gre 1.1.1.1>2.2.2.2"}; hosts(x) == hosts(y) {
		t.Error("two kinds of tunnel are one finding")
	}
}

func TestAnalyzersOfOneSideOnly(t *testing.T) {
	a, b := capt("a"), capt("b")
	b.Analyzers = []string{"linktype"}
	a.Findings = []*report.Finding{found("1", "connect-refused", "warning", "10.0.0.2", 80)}
	p := Compare(side(a), side(b), Options{}).Pairs[0]
	if len(p.Vanished) != 0 || p.UnmatchedA["connect"] != 1 || len(p.Remarks) != 2 {
		t.Errorf("vanished %v, unmatched %v, remarks %q", p.Vanished, p.UnmatchedA, p.Remarks)
	}
	// One that failed did not look either; a report that does not say has all.
	b.Analyzers, b.Coverage.AnalyzersFailed = []string{"connect"}, []report.Failure{{Analyzer: "connect", Error: "x"}}
	if p := Compare(side(a), side(b), Options{}).Pairs[0]; len(p.Vanished) != 0 {
		t.Error("a failed analyzer's finding is called gone")
	}
	b.Analyzers, b.Coverage.AnalyzersFailed = nil, nil
	if p := Compare(side(a), side(b), Options{}).Pairs[0]; len(p.Vanished) != 1 {
		t.Error("an old report without a list of analyzers hides what is gone")
	}
}

// The share of comparisons of equal distributions that find a change anywhere in
// thirty rows has to be near the level that is promised.
func TestNoiseAloneIsNoChange(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	alarms := 0
	const trials = 60
	for range trials {
		a, b := capt("a"), capt("b")
		for i := range 30 {
			server := fmt.Sprintf("10.0.0.%d:80", i)
			a.Latency = append(a.Latency, row(server, r, 8+r.IntN(100), 500, 0.8))
			b.Latency = append(b.Latency, row(server, r, 8+r.IntN(100), 500, 0.8))
		}
		if len(Compare(side(a), side(b), Options{}).Regressions(0)) > 0 {
			alarms++
		}
	}
	// A regression is one direction of a two-sided test: 2.5 % and a little.
	if alarms > trials/10 {
		t.Errorf("%d of %d comparisons of noise have a regression", alarms, trials)
	}
}

// What is really slower has to be found among as many rows that are not.
func TestRegressionAmongNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	missed := 0
	const trials = 20
	for range trials {
		a, b := capt("a"), capt("b")
		for i := range 30 {
			server := fmt.Sprintf("10.0.0.%d:80", i)
			median := 500.0
			if i == 7 {
				median = 800
			}
			a.Latency = append(a.Latency, row(server, r, 60, 500, 0.5))
			b.Latency = append(b.Latency, row(server, r, 60, median, 0.5))
		}
		bad := Compare(side(a), side(b), Options{}).Regressions(10)
		if !slices.ContainsFunc(bad, func(s string) bool { return strings.HasPrefix(s, "tcp.handshake server=10.0.0.7:80: p50 ") }) {
			missed++
		}
	}
	if missed > 2 {
		t.Errorf("%d of %d regressions of 60 %% missed", missed, trials)
	}
}

func TestRegressionRules(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	a, b := capt("a"), capt("b")
	a.Latency = []*report.LatencyRow{row("10.0.0.2:80", r, 100, 500, 0.2), row("10.0.0.9:80", r, 100, 500, 0.2)}
	b.Latency = []*report.LatencyRow{row("10.0.0.2:80", r, 100, 600, 0.2), row("10.0.0.3:80", r, 100, 9000, 0.2)}
	c := Compare(side(a), side(b), Options{})
	if n := len(c.Regressions(10)); n != 1 {
		t.Errorf("%d regressions for 10 %%: %q", n, c.Regressions(10))
	}
	if bad := c.Regressions(60); len(bad) != 0 {
		t.Errorf("20 %% is 60 %%: %q", bad)
	}
	if bad := Compare(side(a), side(b), Options{Neutral: map[string]bool{"tcp.handshake": true}}).Regressions(0); len(bad) != 0 {
		t.Errorf("a longer pause is worse: %q", bad)
	}
	// Severity: infos come and go, a finding that got worse does not pass.
	info, warning := found("1", "r", "info", "10.0.0.2", 80), found("2", "s", "warning", "10.0.0.2", 80)
	worse := found("2", "s", "error", "10.0.0.2", 80)
	a.Latency, b.Latency = nil, nil
	a.Findings, b.Findings = []*report.Finding{warning}, []*report.Finding{worse, info}
	if bad := Compare(side(a), side(b), Options{}).Regressions(10); len(bad) != 1 || !strings.Contains(bad[0], "s is now of severity error") {
		t.Errorf("%q", bad)
	}
	if bad := Compare(side(b), side(a), Options{}).Regressions(10); len(bad) != 0 {
		t.Errorf("milder and gone is worse: %q", bad)
	}
}

// A job must not pass because its captures have other names.
func TestNothingComparedIsARegression(t *testing.T) {
	lost := capt("a")
	lost.Packets, lost.Error = nil, "gone"
	for name, c := range map[string]*Comparison{
		"no partners": Compare(side(capt("a"), capt("b")), side(capt("c"), capt("d")), Options{}),
		"unreadable":  Compare(side(lost), side(capt("a")), Options{}),
		"empty":       Compare(&Side{}, side(capt("a")), Options{}),
	} {
		if bad := c.Regressions(10); len(bad) != 1 || !strings.HasPrefix(bad[0], "nothing was compared") {
			t.Errorf("%s: %q", name, bad)
		}
	}
}

func TestTailRegression(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	a, b := capt("a"), capt("b")
	a.Latency = []*report.LatencyRow{row("10.0.0.2:80", r, 200, 500, 0.05)}
	slow := row("10.0.0.2:80", r, 200, 500, 0.05)
	for i := 184; i < 200; i++ { // one in twelve waits for a timer
		slow.Sample[i] += 200e6
	}
	slow.P95, slow.P99, slow.Max = slow.Sample[189], slow.Sample[197], slow.Sample[199]
	b.Latency = []*report.LatencyRow{slow}
	p := Compare(side(a), side(b), Options{}).Pairs[0].Rows[0]
	if p.P50.Significant() || !p.P95.Significant() {
		t.Errorf("p50 %+v, p95 %+v", p.P50, p.P95)
	}
}

func TestRowsAreMatched(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	a, b := capt("a"), capt("b")
	a.Latency = []*report.LatencyRow{row("10.0.0.1:80", r, 5, 1, 0), row("10.0.0.2:40001", r, 5, 1, 0), row("10.0.0.3:1", r, 5, 1, 0), row("10.0.0.3:2", r, 5, 1, 0)}
	b.Latency = []*report.LatencyRow{row("10.0.0.2:40002", r, 5, 1, 0), row("10.0.0.1:80", r, 5, 1, 0), row("10.0.0.3:3", r, 5, 1, 0), row("[2001:db8::1]:1", r, 5, 1, 0)}
	var got []string
	for _, row := range Compare(side(a), side(b), Options{}).Pairs[0].Rows {
		s := strings.Join(row.labels(), "")
		switch {
		case row.A == nil:
			s = "B " + s
		case row.B == nil:
			s = "A " + s
		}
		got = append(got, s)
	}
	want := []string{"10.0.0.1:80", "10.0.0.2:40001 -> 40002", "A 10.0.0.3:1", "A 10.0.0.3:2", "B 10.0.0.3:3", "B [2001:db8::1]:1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPairing(t *testing.T) {
	named := func(names ...string) (out []Named) {
		for _, n := range names {
			out = append(out, Named{n, capt(n)})
		}
		return out
	}
	for _, c := range []struct {
		what  string
		a, b  []Named
		pairs string
		onlyA string
		onlyB string
	}{
		{"one and one, whatever they are called", named("x/a.pcap"), named("b.pcapng"), "x/a.pcap=b.pcapng", "", ""},
		{"relative paths", named("a", "x/b", "c"), named("x/b", "a", "d"), "a=a x/b=x/b", "c", "d"},
		{"a report of a directory", named("caps/a", "caps/x/b"), named("a", "x/b"), "caps/a=a caps/x/b=x/b", "", ""},
		{"compressed", named("a.pcap.gz", "b.pcap"), named("a.pcap", "b.pcap.zst"), "a.pcap.gz=a.pcap b.pcap=b.pcap.zst", "", ""},
		{"base names", named("1/p/a", "2/q/b"), named("x/a", "x/y/b", "x/c"), "1/p/a=x/a 2/q/b=x/y/b", "", "x/c"},
		{"ambiguous base names are not guessed", named("1/a", "2/a"), named("3/a", "4/b"), "", "1/a 2/a", "3/a 4/b"},
		{"nothing", nil, named("a"), "", "", "a"},
	} {
		pairs, onlyA, onlyB := pair(c.a, c.b)
		var got []string
		for _, p := range pairs {
			got = append(got, p.A.Path+"="+p.B.Path)
		}
		if s := strings.Join(got, " "); s != c.pairs || paths(onlyA) != c.onlyA || paths(onlyB) != c.onlyB {
			t.Errorf("%s: pairs %q, only A %q, only B %q", c.what, s, paths(onlyA), paths(onlyB))
		}
	}
}

func paths(list []Named) string {
	var out []string
	for _, n := range list {
		out = append(out, n.Path)
	}
	return strings.Join(out, " ")
}

// varied is a comparison with something in every place.
func varied() *Comparison {
	r := rand.New(rand.NewPCG(21, 22))
	a, b, cut, lost := capt("d/a.pcap"), capt("d/a.pcap"), capt("d/cut.pcap"), capt("d/lost.pcap")
	long := found("9", "connect-dropped-selectively", "error", "2001:db8:1234:5678:9abc:def0:1234:5678", 443)
	long.Message = strings.Repeat("a long message, | `with` <marks> and a \\x1b sequence ", 5)
	a.Findings = []*report.Finding{found("1", "connect-refused", "warning", "10.0.0.2", 80), found("2", "connect-scan", "info", "10.0.0.2", 80)}
	b.Findings = []*report.Finding{long, found("2", "connect-scan", "warning", "10.0.0.2", 80)}
	a.Latency = []*report.LatencyRow{row("10.0.0.2:80", r, 100, 500, 0.3), row("10.0.0.3:80", r, 3, 500, 0.3), row("10.0.0.4:80", r, 9, 1, 0)}
	b.Latency = []*report.LatencyRow{row("10.0.0.2:80", r, 100, 15000, 0.3), row("10.0.0.3:80", r, 3, 500, 0.3), row("[2001:db8:1234:5678:9abc:def0:1234:5678]:65535", r, 9, 1, 0)}
	cut.Coverage.EndedEarly, cut.Coverage.Error = true, "d/cut.pcap: frame 3, offset 99: the file stops inside a packet"
	lost.Packets, lost.Error = nil, "no such file or directory"
	x := &Side{Name: "old", Tool: tool, Captures: Names([]*report.Capture{a, cut, lost, capt("d/alone.pcap")})}
	y := &Side{Name: "new", Tool: report.Tool{Name: "pcaptriage", Version: "2"}, Captures: Names([]*report.Capture{b, capt("d/cut.pcap"), capt("d/lost.pcap")})}
	return Compare(x, y, Options{})
}

func rendered(t *testing.T, format string, c *Comparison, percent float64, opt report.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, c, tool, percent, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONMatchesItsSchema(t *testing.T) {
	raw, err := report.Schemas.ReadFile("schema/diff-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	def, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///s", def); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("mem:///s")
	if err != nil {
		t.Fatal(err)
	}
	spoiled := strings.NewReplacer(`"severity": "error"`, `"severity": "fatal"`)
	for name, c := range map[string]*Comparison{"varied": varied(), "nothing": Compare(&Side{}, &Side{}, Options{})} {
		for _, percent := range []float64{-1, 0, 12.5} {
			doc := rendered(t, "json", c, percent, report.Options{})
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); err != nil {
				t.Errorf("%s: %v\n%s", name, err, doc)
			}
			if bad, err := jsonschema.UnmarshalJSON(strings.NewReader(spoiled.Replace(doc))); name == "varied" && (err != nil || s.Validate(bad) == nil) {
				t.Errorf("the schema takes any severity (%v)", err)
			}
		}
	}
}

func TestText(t *testing.T) {
	out := rendered(t, "text", varied(), 10, report.Options{})
	for _, want := range []string{
		"A: old: 4 captures\n", "A was analyzed by version 1, B by version 2", "Findings  1 new, 1 gone, 1 changed, 0 the same\n",
		"  new error connect-dropped-selectively tcp 10.0.0.1 -> [2001:db8:1234:5678:9abc:def0:1234:5678]:443\n",
		"  changed warning connect-scan tcp 10.0.0.1 -> 10.0.0.2:80\n           severity info -> warning\n",
		"  gone warning connect-refused", "A is damaged or cut short", "A could not be read: no such file or directory.", "Only in A ", "  d/alone.pcap: no findings",
		" x29 ", "3 regressions\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, width := range []int{80, 100} {
		for _, line := range strings.Split(rendered(t, "text", varied(), 10, report.Options{Width: width}), "\n") {
			if displaywidth.String(line) > width || strings.HasSuffix(line, " ") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
	if short := rendered(t, "text", varied(), -1, report.Options{Top: 1}); !strings.Contains(short, "... and ") || strings.Contains(short, "regression") {
		t.Errorf("--top 1 hides rows without saying so, or speaks of regressions unasked:\n%s", short)
	}
}

func TestMarkdown(t *testing.T) {
	out := rendered(t, "markdown", varied(), 10, report.Options{})
	for _, want := range []string{
		"## pcaptriage diff: 3 regressions; 1 findings new, 1 gone; 1 latencies slower, 0 faster\n", "### Regressions\n",
		"| **new** | error | `connect-dropped-selectively` | tcp 10.0.0.1 -&gt; \\[2001:db8:", "\\| \\`with\\` &lt;marks&gt; and a \\\\x1b sequence",
		"### Only in A, not compared\n\n- d/alone.pcap: no findings\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestCSV(t *testing.T) {
	c := varied()
	c.Pairs[0].Appeared[0].Message = "=1+1"
	recs, err := csv.NewReader(strings.NewReader(rendered(t, "csv", c, -1, report.Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range recs[1:] {
		kinds = append(kinds, r[0]+" "+r[2])
		if r[6] == "=1+1" {
			t.Error("a formula")
		}
	}
	want := []string{"finding new", "finding gone", "finding changed", "latency ", "latency ", "latency gone", "latency new"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
}

func TestRatioText(t *testing.T) {
	for ratio, want := range map[float64]string{0.05: "+5.0 %", -0.5: "-50 %", 1.234: "+123 %", 9: "x10", 1233.6: "x1235", math.Inf(1): "from 0", 0: "+0.0 %"} {
		if got := ratioText(ratio); got != want {
			t.Errorf("%v: %s, want %s", ratio, got, want)
		}
	}
}
