package golden

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers"
	"pcaptriage/report"
	"pcaptriage/report/verdict"
)

var probe = &analyzers.Analyzer{Name: "probe", Rules: []analyzers.Rule{{Code: "r-bad"}, {Code: "r-odd"}, {Code: "r-note"}},
	Metrics: []analyzers.Metric{{Name: "m.time", Unit: "ns"}, {Name: "m.idle", Unit: "ns"}}}

func ptr[T any](v T) *T { return &v }

func finding(id, rule, severity, dst string) *report.Finding {
	return &report.Finding{ID: id, Rule: rule, Analyzer: "probe", Severity: severity, Confidence: "certain", Message: "message of " + id, Count: 3,
		FirstTime: report.At(1e18), LastTime: report.At(1e18 + 5),
		Flow:    &report.Flow{Proto: "tcp", Src: ptr("10.0.0.1"), Dst: ptr(dst), DPort: ptr(uint16(443)), Tunnel: []string{}},
		Measure: report.Measure{Name: "delay", Value: 2e6, Unit: "ns"}, EvidenceTotal: 2, Attrs: map[string]any{"mtu": int64(1480), "deep": map[string]any{"a": int64(1)}},
		Evidence: []report.Evidence{{Frame: 7, Role: "first", Time: report.At(1e18)}, {Frame: 9, Role: "second"}}, WiresharkFilter: ptr("frame.number in {7,9}")}
}

// latency draws n values around base.
func latency(metric, server string, seed uint64, n int, base float64) *report.LatencyRow {
	rnd := rand.New(rand.NewPCG(seed, 1))
	r := &report.LatencyRow{Metric: metric, Unit: "ns", Labels: report.Labels{{Name: "server", Value: server}}, Count: uint64(n),
		Sketch: report.Sketch{Mapping: "logarithmic", RelativeAccuracy: 0.01, Bins: [][2]int64{{5, int64(n)}}}}
	for range n {
		v := int64(base * (0.8 + 0.4*rnd.Float64()))
		r.Sample, r.Sum = append(r.Sample, v), r.Sum+v
	}
	slices.Sort(r.Sample)
	at := func(q float64) int64 { return r.Sample[int(q*float64(n-1))] }
	r.Min, r.P50, r.P90, r.P95, r.P99, r.Max = at(0), at(.5), at(.9), at(.95), at(.99), at(1)
	return r
}

// capture is a capture in dir; seed makes it another recording.
func capture(dir string, seed uint64) *report.Capture {
	c := &report.Capture{Path: dir + "a.pcap", Format: ptr("pcap"), Compression: ptr("none"), Packets: ptr(50 + seed), Bytes: ptr(uint64(5000)),
		FirstTime: report.At(1e18 + int64(seed)), LastTime: report.At(2e18),
		LinkTypes: []report.LinkType{{LinkType: 1, ReadAs: 1, Name: "EN10MB", Packets: 50}},
		Coverage: &report.Coverage{Records: 50, Decoded: 50, FlowsCreated: 3, Undecoded: map[string]uint64{}, TableRowsCut: map[string]uint64{"t": 4},
			Damages: []string{}, AnalyzersFailed: []report.Failure{}, InternalErrors: []string{}},
		Findings: []*report.Finding{finding("f1", "r-bad", "error", "10.0.0.2"), finding("f2", "r-odd", "warning", "10.0.0.3"), finding("f3", "r-note", "info", "10.0.0.4")},
		Latency: []*report.LatencyRow{latency("m.time", "10.0.0.2:443", seed, 60, 1e6), latency("m.time", "10.0.0.3:443", seed, 3, 2e6),
			latency("m.idle", "10.0.0.2:443", seed, 60, 5e6)},
		Tables: report.Tables{{Name: "t", Columns: []analyzers.Column{{Name: "n"}}, Rows: [][]any{{int64(1)}}}}}
	return c
}

func header() report.GoldenHeader { return Header([]*analyzers.Analyzer{probe}, nil) }

func options() *Options {
	return &Options{Tolerance: 10, Now: header(), Rules: map[string]string{"r-bad": "probe", "r-odd": "probe", "r-note": "probe", "i-rule": "idle"},
		Neutral: map[string]bool{"m.idle": true}}
}

// made is the golden of a capture, written and read.
func made(t *testing.T, h report.GoldenHeader, c *report.Capture) *Golden {
	t.Helper()
	raw, err := Encode(h, c)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Decode("a.pcap.golden.json", raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return g
}

// told are a case's problems, a line each.
func told(c *verdict.Case) string {
	var b strings.Builder
	for _, p := range c.Problems {
		kind := "FAILS"
		if !p.Fails {
			kind = "known"
		}
		fmt.Fprintf(&b, "%s %s %s: %s\n", kind, p.Severity, p.Change, p.Message)
		for _, d := range p.Details {
			fmt.Fprintf(&b, "  %s\n", d)
		}
	}
	return b.String()
}

func TestUnchanged(t *testing.T) {
	g := made(t, header(), capture("x/", 0))
	// The directory of a capture is not its report's affair.
	got := Compare(g, capture("/elsewhere/y/", 0), options())
	if got.Status != verdict.Pass || len(got.Problems) > 0 || got.Message != "3 findings and 3 latency rows, as in the golden" {
		t.Errorf("%s: %s\n%s", got.Status, got.Message, told(got))
	}
	if got.Capture != "/elsewhere/y/a.pcap" || got.Location.File != "a.pcap.golden.json" {
		t.Errorf("%+v", got)
	}
}

func TestNormalise(t *testing.T) {
	c := capture("some/dir/", 0)
	c.Coverage.Damages = []string{"some/dir/a.pcap: frame 3, offset 9: broken"}
	c.Coverage.Error = c.Coverage.Damages[0]
	c.Findings[0].Message = "some/dir/a.pcap lies; application/json does not"
	raw, err := Encode(header(), c)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(raw); strings.Contains(s, "some/dir") || !strings.Contains(s, "a.pcap lies; application/json does not") || strings.Contains(s, `"n": 1`) {
		t.Errorf("not normalised:\n%s", s)
	}
	if c.Path != "some/dir/a.pcap" || len(c.Tables) != 1 || c.Coverage.TableRowsCut["t"] != 4 || !strings.HasPrefix(c.Coverage.Damages[0], "some/dir") {
		t.Error("the report itself was changed")
	}
	again, err := Encode(header(), c)
	if err != nil || string(again) != string(raw) {
		t.Error("the same report gives two goldens")
	}
	if strings.Contains(string(raw), `"version": "`) && !strings.Contains(string(raw), `"version": ""`) {
		t.Error("the tool's version is in the golden")
	}
}

// Every change of the very capture is told, as a person wants it.
func TestSameCapture(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*report.Capture)
		want   string
	}{
		{"appeared", func(c *report.Capture) {
			c.Findings = append(c.Findings, finding("f9", "r-bad", "warning", "10.0.0.9"))
		},
			"FAILS warning finding-appeared: new: r-bad, tcp 10.0.0.1 -> 10.0.0.9:443: message of f9\n"},
		{"vanished", func(c *report.Capture) { c.Findings = c.Findings[1:] },
			"FAILS error finding-vanished: gone: r-bad, tcp 10.0.0.1 -> 10.0.0.2:443: message of f1\n"},
		{"another id is the same finding", func(c *report.Capture) { c.Findings[0].ID = "f7" }, ""},
		{"count and measure", func(c *report.Capture) { c.Findings[0].Count, c.Findings[0].Measure.Value = 4, 3e6 },
			"FAILS error finding-changed: changed: r-bad, tcp 10.0.0.1 -> 10.0.0.2:443: count, measure\n  count 3 -> 4\n  measure delay 2.00 ms -> delay 3.00 ms\n"},
		{"message", func(c *report.Capture) { c.Findings[2].Message = "other" },
			"FAILS info finding-changed: changed: r-note, tcp 10.0.0.1 -> 10.0.0.4:443: message\n  was: message of f3\n  now: other\n"},
		{"attributes", func(c *report.Capture) { c.Findings[2].Attrs = map[string]any{"mtu": int64(1400), "new": "x"} },
			"FAILS info finding-changed: changed: r-note, tcp 10.0.0.1 -> 10.0.0.4:443: deep, mtu, new\n  deep {\"a\":1} -> none\n  mtu 1480 -> 1400\n  new none -> x\n"},
		{"frames and times", func(c *report.Capture) {
			f := c.Findings[2]
			f.Evidence, f.LastTime = []report.Evidence{{Frame: 8, Role: "first"}, {Frame: 9, Role: "second"}}, report.Time{}
		}, "FAILS info finding-changed: changed: r-note, tcp 10.0.0.1 -> 10.0.0.4:443: frames, last time\n  frames frames 7, 9 -> frames 8, 9\n  last time 2001-09-09T01:46:40.000000005Z -> none\n"},
		{"latency", func(c *report.Capture) { c.Latency[1].P99, c.Latency[1].Max = 4e6, 8e6 },
			"FAILS warning latency-changed: latency changed: m.time, server 10.0.0.3:443: p99 2.18 ms -> 4.00 ms (+84 %), max 2.25 ms -> 8.00 ms (+256 %)\n"},
		{"a latency by a nanosecond", func(c *report.Capture) { c.Latency[0].Max++ },
			"FAILS warning latency-changed: latency changed: m.time, server 10.0.0.2:443: max 1,192,835 ns -> 1,192,836 ns (0 %)\n"},
		{"latency came", func(c *report.Capture) { c.Latency = append(c.Latency, latency("m.time", "10.0.0.8:443", 1, 1, 1e6)) },
			"FAILS warning latency-changed: new latency: m.time, server 10.0.0.8:443: 1 observation, p50 936 µs, p95 936 µs, max 936 µs\n"},
		{"latency gone", func(c *report.Capture) { c.Latency = c.Latency[:2] },
			"FAILS warning latency-changed: latency gone: m.idle, server 10.0.0.2:443: 60 observations"},
		{"coverage", func(c *report.Capture) {
			c.Coverage.Decoded, c.Coverage.Undecoded = 48, map[string]uint64{"bad_ip": 1, "bad_l4": 1}
		},
			"FAILS warning coverage-changed: coverage changed: 2 counts\n  decoded 50 -> 48\n  undecoded 0 -> 1 bad ip, 1 bad l4\n"},
		{"one count", func(c *report.Capture) { c.Coverage.Drops = ptr(uint64(0)) },
			"FAILS warning coverage-changed: coverage changed: drops not told -> 0\n"},
		{"link type", func(c *report.Capture) { c.LinkTypes[0].ReadAs = 101 },
			"FAILS warning capture-changed: link types changed: EN10MB -> EN10MB (read as 101)\n"},
		{"compression", func(c *report.Capture) { c.Compression = ptr("zstd") }, ""},
		{"tables", func(c *report.Capture) { c.Tables = nil }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := capture("x/", 0)
			c.change(now)
			got := Compare(made(t, header(), capture("x/", 0)), now, options())
			if s := told(got); !strings.HasPrefix(s, c.want) || c.want == "" && s != "" || strings.HasSuffix(c.want, "\n") && s != c.want {
				t.Errorf("-want +got:\n%s", cmp.Diff(c.want, s))
			}
			if (got.Status == verdict.Fail) != (c.want != "") {
				t.Errorf("%s: %s", got.Status, got.Message)
			}
		})
	}
}

// In another recording numbers differ by nature.
func TestRecordedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*report.Capture)
		want   string
	}{
		{"noise", func(*report.Capture) {}, ""},
		{"times, frames, numbers, ids", func(c *report.Capture) {
			for _, f := range c.Findings {
				f.ID += "x"
				f.Flow.SPort, f.Flow.DPort = ptr(uint16(4711)), ptr(uint16(8443))
				f.Evidence, f.FirstTime, f.Measure.Value, f.Count, f.Message = f.Evidence[:1], report.At(7), 99, 4, "another number"
			}
			c.Coverage.FlowsCreated, c.Coverage.OutOfOrder, c.Coverage.Duplicates = 99, 7, 3
		}, ""},
		{"appeared", func(c *report.Capture) { c.Findings = append(c.Findings, finding("f9", "r-note", "info", "10.0.0.9")) },
			"known info finding-appeared: new: r-note, tcp 10.0.0.1 -> 10.0.0.9:443: message of f9\n"},
		{"appeared and matters", func(c *report.Capture) {
			c.Findings = append(c.Findings, finding("f9", "r-odd", "warning", "10.0.0.9"))
		},
			"FAILS warning finding-appeared: new: r-odd, tcp 10.0.0.1 -> 10.0.0.9:443: message of f9\n"},
		{"an info vanished", func(c *report.Capture) { c.Findings = c.Findings[:2] },
			"known info finding-vanished: gone: r-note, tcp 10.0.0.1 -> 10.0.0.4:443: message of f3\n"},
		{"vanished", func(c *report.Capture) { c.Findings = c.Findings[1:] },
			"FAILS error finding-vanished: gone: r-bad, tcp 10.0.0.1 -> 10.0.0.2:443: message of f1\n"},
		{"worse", func(c *report.Capture) { c.Findings[1].Severity = "error" },
			"FAILS error finding-changed: changed: r-odd, tcp 10.0.0.1 -> 10.0.0.3:443: severity warning -> error\n  now: message of f2\n"},
		{"milder", func(c *report.Capture) { c.Findings[0].Severity = "info" },
			"known info finding-changed: changed: r-bad, tcp 10.0.0.1 -> 10.0.0.2:443: severity error -> info\n  now: message of f1\n"},
		{"many times", func(c *report.Capture) { c.Findings[0].Count = 300 },
			"known error finding-changed: changed: r-bad, tcp 10.0.0.1 -> 10.0.0.2:443: count 3 -> 300\n  now: message of f1\n"},
		{"latency grew", func(c *report.Capture) { c.Latency[0] = latency("m.time", "10.0.0.2:443", 9, 60, 3e6) },
			"FAILS warning latency-changed: latency grew: m.time, server 10.0.0.2:443: p50 1.06 ms -> 3.01 ms (+184 %), p95 1.18 ms -> 3.58 ms (+204 %), n 60 -> 60, p < 0.0001\n"},
		{"latency grew within the tolerance", func(c *report.Capture) { c.Latency[0] = latency("m.time", "10.0.0.2:443", 9, 60, 1.06e6) }, ""},
		{"latency shrank", func(c *report.Capture) { c.Latency[0] = latency("m.time", "10.0.0.2:443", 9, 60, 0.3e6) },
			"known info latency-changed: latency shrank: m.time, server 10.0.0.2:443: p50 1.06 ms -> 301 µs (-72 %)"},
		{"too few", func(c *report.Capture) { c.Latency[1] = latency("m.time", "10.0.0.3:443", 9, 3, 20e6) },
			"known info latency-changed: latency longer, of too few values to tell that from chance: m.time, server 10.0.0.3:443: p50 2."},
		{"pauses of users", func(c *report.Capture) { c.Latency[2] = latency("m.idle", "10.0.0.2:443", 9, 60, 50e6) },
			"known info latency-changed: latency is longer, which is neither better nor worse: m.idle, server 10.0.0.2:443"},
		{"gone", func(c *report.Capture) { c.Latency = c.Latency[1:] },
			"FAILS warning latency-changed: latency gone: m.time, server 10.0.0.2:443: 60 observations"},
		{"what happened three times is gone", func(c *report.Capture) { c.Latency = slices.Delete(c.Latency, 1, 2) },
			"known info latency-changed: latency gone: m.time, server 10.0.0.3:443: 3 observations"},
		{"nothing is left", func(c *report.Capture) { c.Latency = nil },
			"FAILS warning latency-changed: latency gone: m.time, server 10.0.0.2:443: 60 observations"},
		{"another server", func(c *report.Capture) { c.Latency = append(c.Latency, latency("m.time", "10.0.0.9:80", 9, 9, 1e6)) },
			"known info latency-changed: new latency: m.time, server 10.0.0.9:80: 9 observations"},
		{"another port", func(c *report.Capture) { c.Latency[1] = latency("m.time", "10.0.0.3:41234", 9, 3, 2e6) },
			""},
		{"loss", func(c *report.Capture) { c.Coverage.Drops, c.Coverage.EndedEarly = ptr(uint64(5)), true },
			"FAILS warning coverage-changed: coverage changed: 2 counts\n  drops not told -> 5\n  ended_early no -> yes\n"},
		{"link type", func(c *report.Capture) { c.LinkTypes[0].Name = "LINUX_SLL2" },
			"known warning capture-changed: link types changed: EN10MB -> LINUX_SLL2\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := capture("x/", 1)
			c.change(now)
			got := Compare(made(t, header(), capture("x/", 0)), now, options())
			if s := told(got); !strings.HasPrefix(s, c.want) || c.want == "" && s != "" || strings.HasSuffix(c.want, "\n") && s != c.want {
				t.Errorf("-want +got:\n%s", cmp.Diff(c.want, s))
			}
			if (got.Status == verdict.Fail) != strings.HasPrefix(c.want, "FAILS") {
				t.Errorf("%s: %s", got.Status, got.Message)
			}
		})
	}
}

// In another recording every loss that the golden does not have fails, and
// what varies with the traffic does not.
func TestLosses(t *testing.T) {
	for name, spoil := range map[string]func(*report.Coverage){
		"undecoded":             func(c *report.Coverage) { c.Undecoded = map[string]uint64{"bad_ip": 1} },
		"unknown_linktype":      func(c *report.Coverage) { c.UnknownLinkType = 1 },
		"truncated_by_snaplen":  func(c *report.Coverage) { c.TruncatedBySnaplen = 1 },
		"flows_evicted":         func(c *report.Coverage) { c.FlowsEvicted = 1 },
		"labels_folded":         func(c *report.Coverage) { c.LabelsFolded = 1 },
		"drops":                 func(c *report.Coverage) { c.Drops = ptr(uint64(1)) },
		"bytes_skipped":         func(c *report.Coverage) { c.BytesSkipped = 1 },
		"ended_early":           func(c *report.Coverage) { c.EndedEarly = true },
		"damage_count":          func(c *report.Coverage) { c.DamageCount = 1 },
		"internal_error_count":  func(c *report.Coverage) { c.InternalErrorCount = 1 },
		"interrupted":           func(c *report.Coverage) { c.Interrupted = true },
		"- flows_created":       func(c *report.Coverage) { c.FlowsCreated = 99 },
		"- out_of_order":        func(c *report.Coverage) { c.OutOfOrder = 1 },
		"- duplicates":          func(c *report.Coverage) { c.Duplicates = 1 },
		"- fragments":           func(c *report.Coverage) { c.FragmentsIncomplete = 1 },
		"- verdicts_withheld":   func(c *report.Coverage) { c.VerdictsWithheld = 1 },
		"- records and decoded": func(c *report.Coverage) { c.Records, c.Decoded = 70, 70 },
	} {
		now := capture("x/", 1)
		spoil(now.Coverage)
		got := Compare(made(t, header(), capture("x/", 0)), now, options())
		want := verdict.Fail
		if strings.HasPrefix(name, "- ") {
			want = verdict.Pass
		}
		if got.Status != want || want == verdict.Pass && len(got.Problems) > 0 {
			t.Errorf("%s: %s\n%s", name, got.Status, told(got))
		}
		// The other way round less is lost: good to know at most.
		if got := Compare(made(t, header(), now), capture("x/", 0), options()); got.Status != verdict.Pass {
			t.Errorf("%s mended: %s\n%s", name, got.Status, told(got))
		}
	}
}

// What diff would mark and a job should not fail for by chance is a remark.
func TestProbably(t *testing.T) {
	few := func(seed uint64, base float64) *report.Capture {
		c := capture("x/", seed)
		c.Latency = []*report.LatencyRow{latency("m.time", "10.0.0.2:443", seed, 4, base)}
		return c
	}
	got := Compare(made(t, header(), few(0, 1e6)), few(1, 3e6), options())
	want := "known info latency-changed: latency probably grew: m.time, server 10.0.0.2:443: p50 "
	if s := told(got); got.Status != verdict.Pass || !strings.HasPrefix(s, want) || !strings.Contains(s, "p = 0.0286") {
		t.Errorf("%s\n%s", got.Status, s)
	}
}

func TestVersions(t *testing.T) {
	then, now := header(), options()
	then.Rules = []string{"r-bad", "r-note", "retired"}
	then.Metrics = []string{"m.idle"}
	old := capture("x/", 0)
	old.Findings[1].Rule, old.Findings[1].ID = "retired", "f0"
	old.Latency = old.Latency[2:]
	g := made(t, then, old)
	delete(g.coverage, "duplicates")
	fresh := capture("x/", 0)
	fresh.Coverage.Duplicates = 2
	want := []string{
		"warning golden-stale: the golden was made by an older version of pcaptriage, or with fewer analyzers: it knows nothing of the rule r-odd",
		"warning golden-stale: the golden was made by another version of pcaptriage, and knows what this one does not: the rule retired",
		"warning new-rule: new rule: r-odd, tcp 10.0.0.1 -> 10.0.0.3:443: message of f2",
		"warning retired-rule: gone with its rule: retired, tcp 10.0.0.1 -> 10.0.0.3:443: message of f2",
		" latency-changed: new latency: m.time, server 10.0.0.2:443",
		"coverage-changed: coverage changed: duplicates 0 -> 2",
	}
	got := Compare(g, fresh, now)
	if got.Status != verdict.Pass || strings.Contains(told(got), "FAILS") || !strings.Contains(got.Message, "remarks to be known") {
		t.Errorf("%s: %s\n%s", got.Status, got.Message, told(got))
	}
	for _, w := range want {
		if !strings.Contains(told(got), w) {
			t.Errorf("no %q in\n%s", w, told(got))
		}
	}
	now.Strict = true
	got = Compare(g, fresh, now)
	if got.Status != verdict.Fail || strings.Contains(told(got), "known") && strings.Contains(told(got), "known warning") {
		t.Errorf("strict: %s: %s\n%s", got.Status, got.Message, told(got))
	}

	// A version that only measures more is newer, too.
	then = header()
	then.Metrics = []string{"m.idle"}
	old = capture("x/", 0)
	old.Latency = old.Latency[2:]
	got = Compare(made(t, then, old), capture("x/", 0), options())
	if want := "known warning golden-stale: the golden was made by an older version of pcaptriage, or with fewer analyzers: it knows nothing of the metric m.time\n"; got.Status != verdict.Pass || !strings.HasPrefix(told(got), want) {
		t.Errorf("%s\n%s", got.Status, told(got))
	}

	// In another recording --strict counts findings of severity info, too.
	strict := options()
	strict.Strict = true
	other := capture("x/", 1)
	other.Findings = other.Findings[:2]
	if got := Compare(made(t, header(), capture("x/", 0)), other, strict); got.Status != verdict.Fail {
		t.Errorf("strict, another recording: %s\n%s", got.Status, told(got))
	}

	// An analyzer that does not run takes nothing away.
	now = options()
	then = header()
	then.Rules = append(then.Rules, "i-rule")
	old = capture("x/", 0)
	old.Findings = append(old.Findings, finding("i1", "i-rule", "error", "10.0.0.7"))
	old.Latency = append(old.Latency, latency("i.metric", "10.0.0.7:1", 1, 2, 1e6))
	got = Compare(made(t, then, old), capture("x/", 0), now)
	if want := "known info golden-stale: not compared, because they do not run here: the findings and latencies of idle\n"; got.Status != verdict.Pass || told(got) != want {
		t.Errorf("%s\n%s", got.Status, told(got))
	}
}

func TestOtherOptions(t *testing.T) {
	then := Header([]*analyzers.Analyzer{probe}, map[string]string{"filter": "port 80", "probe.n": "1"})
	now := options()
	now.Now.Options["probe.n"] = "2"
	got := Compare(made(t, then, capture("x/", 0)), capture("x/", 3), now)
	want := "FAILS error golden-stale: the golden was made with other options, so the reports cannot be compared\n" +
		"  filter: golden port 80, this run default\n  probe.n: golden 1, this run 2\n"
	if got.Status != verdict.Fail || told(got) != want {
		t.Errorf("%s\n%s", got.Status, told(got))
	}
}

// With --fail-on error what is milder is told and does not fail.
func TestFails(t *testing.T) {
	now := capture("x/", 0)
	now.Findings = now.Findings[:1]
	opt := options()
	opt.Fails = func(severity string) bool { return severity == "error" }
	got := Compare(made(t, header(), capture("x/", 0)), now, opt)
	if got.Status != verdict.Pass || len(got.Problems) != 2 {
		t.Errorf("%s\n%s", got.Status, told(got))
	}
	now.Findings = nil
	if got = Compare(made(t, header(), capture("x/", 0)), now, opt); got.Status != verdict.Fail || !got.Problems[0].Fails || got.Message != "1 finding is gone" {
		t.Errorf("%s: %s\n%s", got.Status, got.Message, told(got))
	}
}

// A failed analyzer's findings are not gone.
func TestFailedAnalyzer(t *testing.T) {
	now := capture("x/", 0)
	now.Findings = nil
	now.Coverage.AnalyzersFailed = []report.Failure{{Analyzer: "probe", Error: "probe failed at frame 9"}}
	if got := Compare(made(t, header(), capture("x/", 0)), now, options()); got.Status != verdict.Error || len(got.Problems) > 0 {
		t.Errorf("%s\n%s", got.Status, told(got))
	}
}

func TestLines(t *testing.T) {
	raw, err := Encode(header(), capture("x/", 0))
	if err != nil {
		t.Fatal(err)
	}
	g, err := Decode("g", raw)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(raw), "\n")
	for id, line := range g.lines {
		if !strings.Contains(lines[line-1], `"id": "`+id+`"`) {
			t.Errorf("line %d has no %s: %s", line, id, lines[line-1])
		}
	}
	if len(g.lines) != 3 {
		t.Errorf("%d lines", len(g.lines))
	}
	now := capture("x/", 0)
	now.Findings = now.Findings[1:]
	if p := Compare(g, now, options()).Problems[0]; p.Location.Line != g.lines["f1"] || p.Location.File != "g" {
		t.Errorf("%+v", p.Location)
	}
}

func TestDecodeRefuses(t *testing.T) {
	raw, err := Encode(header(), capture("x/", 0))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for name, c := range map[string][2]string{
		"conflict": {"<<<<<<< HEAD\n" + doc, "no JSON: byte 1"},
		"cut":      {doc[:len(doc)/3], "no JSON: byte"},
		"report":   {strings.Replace(doc, `"golden"`, `"golde"`, 1), "a report, but no golden"},
		"newer":    {strings.Replace(doc, `"version": 1`, `"version": 2`, 1), "golden of version 2; this version of pcaptriage reads 1"},
		"other":    {"[]", "not an object"},
		"none":     {strings.Replace(doc, "      \"packets\": 50", "      \"packets\": null, \"error\": \"x\"", 1), "could not be read"},
	} {
		if _, err := Decode("g", []byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %q", name, err, c[1])
		}
	}
}

// A golden is input like any other: whatever it holds, comparing with it ends
// in a verdict.
func FuzzCompare(f *testing.F) {
	raw, err := Encode(header(), capture("x/", 0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw))
	f.Add(strings.ReplaceAll(string(raw), "null", `"x"`))
	f.Add(strings.ReplaceAll(string(raw), `"flow": {`, `"flow": null, "x": {`))
	f.Add(`{"schema_version":1,"golden":{"version":1},"captures":[{"packets":50,"coverage":{},"findings":[{"id":"a","rule":"r-bad","severity":"info"}],"latency":[{"metric":"m.time"}]}],"totals":{}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		g, err := Decode("g", []byte(doc))
		if err != nil {
			return
		}
		for _, seed := range []uint64{0, 1} {
			c := Compare(g, capture("x/", seed), options())
			if c.Message == "" || (c.Status == verdict.Fail) != (len(c.Problems) > 0 && c.Problems[0].Fails) {
				t.Errorf("%+v", c)
			}
			for _, p := range c.Problems {
				if p.Message != report.Escape(p.Message) {
					t.Errorf("message %q", p.Message)
				}
			}
		}
	})
}
