package report

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
)

// hostile is a string as a packet could carry it: terminal escapes, a line
// break, a right-to-left override, a byte that is not UTF-8.
const hostile = "a\x1b[31mb\nc\u202ed\xffe"

const hostileEscaped = `a\x1b[31mb\nc\u202ed\xffe`

var t0 = time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.UTC).UnixNano()

func addr(s string) decoders.Addr { return decoders.AddrFrom(netip.MustParseAddr(s)) }

// testAnalyzer declares a rule of each severity, a metric and a table with
// every column type.
var testAnalyzer = &analyzers.Analyzer{
	Name: "probe",
	Rules: []analyzers.Rule{
		{Code: "probe-bad", Severity: analyzers.Error, Title: "bad"},
		{Code: "probe-odd", Severity: analyzers.Warning, Title: "odd"},
		{Code: "probe-note", Severity: analyzers.Info, Title: "note"},
	},
	Metrics: []analyzers.Metric{{Name: "tcp.handshake", Unit: "ns", Doc: "d", Labels: []string{"server"}, Render: analyzers.ServerLabel}},
	Tables: []analyzers.TableSpec{{Name: "every_type", Doc: "Every column type.", Text: true, Columns: []analyzers.Column{
		{Name: "text", Type: analyzers.ColString}, {Name: "n", Type: analyzers.ColCount}, {Name: "took", Type: analyzers.ColDuration},
		{Name: "at", Type: analyzers.ColTime}, {Name: "first", Type: analyzers.ColFrame}, {Name: "all", Type: analyzers.ColFrames},
		{Name: "share", Type: analyzers.ColRatio}, {Name: "flow", Type: analyzers.ColFlow}, {Name: "ok", Type: analyzers.ColBool},
		{Name: "names", Type: analyzers.ColStrings},
	}}},
}

// testInput is an input with something in every place of the report.
func testInput() Input {
	bad := &analyzers.Finding{
		Rule: "probe-bad", ID: "id-bad", Confidence: analyzers.Certain, Message: "3 of 3 attempts failed: " + hostile,
		Flow: &analyzers.FlowRef{Proto: "tcp", Src: addr("10.0.0.1"), SPort: 54321, Dst: addr("2001:db8::1"), DPort: 443,
			Tunnel: []string{"ipip 10.0.0.5>10.0.0.6"}},
		FirstTime: t0 + 5e8, LastTime: t0 + 9e8, HasTime: true, Count: 3,
		Measure: &analyzers.Measure{Name: "waited", Value: 206534350, Unit: "ns"},
		Citations: analyzers.Citations{EvidenceTotal: 12,
			Evidence: []analyzers.Evidence{{Frame: 33, Role: "second", Time: t0 + 6e8, HasTime: true}, {Frame: 31, Role: "first " + hostile}}},
		Attrs: map[string]any{"mtu": int64(1480), "names": []string{hostile}, "deep": map[string]any{hostile: hostile}},
	}
	note := &analyzers.Finding{Rule: "probe-note", ID: "id-note", Confidence: analyzers.Likely, Message: "a note",
		Citations: analyzers.Citations{Evidence: []analyzers.Evidence{{Frame: 2, Role: "r"}}}, CausedBy: bad,
		Flow: &analyzers.FlowRef{Proto: "tcp", Dst: addr("10.0.0.2"), DPort: 80}}
	odd := &analyzers.Finding{Rule: "probe-odd", ID: "id-odd", Severity: analyzers.Info, Confidence: analyzers.Possible,
		Message: "milder than its rule", Citations: analyzers.Citations{Evidence: []analyzers.Evidence{{Frame: 2, Role: "r"}}}}

	latencies := analyzers.NewLatencies(testAnalyzer.Metrics)
	for i := range int64(300) {
		latencies.Observe(0, analyzers.LabelKey{A: addr("2001:db8::1"), PA: 443}, (i+1)*1e6, uint64(i*7919))
	}
	latencies.Observe(0, analyzers.LabelKey{A: addr("10.0.0.2"), PA: 80}, 0, 1)

	flow := &analyzers.FlowRef{Proto: "udp", Src: addr("10.0.0.1"), SPort: 53, Dst: addr("10.0.0.2"), DPort: 53}
	table := &analyzers.Table{Spec: &testAnalyzer.Tables[0], Truncated: 4, Rows: [][]any{
		{hostile, uint64(1234567), int64(1_030_000_000), t0 + 1, decoders.FrameRef(7), []decoders.FrameRef{7, 9}, 0.25, flow, true, []string{hostile}},
		{"", int64(0), nil, nil, nil, []decoders.FrameRef(nil), nil, (*analyzers.FlowRef)(nil), false, []string(nil)},
	}}

	c := &analyzers.Capture{Results: []*analyzers.AnalyzerResult{
		{Analyzer: testAnalyzer, Outcome: analyzers.Outcome{
			Findings: []*analyzers.Finding{bad, odd, note}, Latency: latencies.Rows(), Tables: []*analyzers.Table{table}}},
		{Analyzer: &analyzers.Analyzer{Name: "broken"}, Failed: true, Failure: "analyzer broken failed at frame 9: " + hostile},
	}}
	l := &c.Ledger
	l.Records, l.Decoded, l.UnknownLinkType = 50, 44, 1
	l.Undecoded[decoders.BadIP], l.Undecoded[decoders.TruncatedL4] = 3, 2
	l.Undecoded[decoders.UnknownLink] = 1
	l.TruncatedBySnaplen, l.Duplicates, l.OutOfOrder, l.TimestampOutliers = 5, 4, 3, 2
	l.FragmentsIncomplete, l.FlowsCreated, l.FlowsEvicted = 6, 20, 7
	l.VerdictsWithheld, l.LabelsFolded, l.NegativeLatencies, l.ClockResets, l.TunnelsFolded = 8, 9, 10, 11, 12
	c.Internal, c.InternalCount = []string{"frame 3: internal error: x"}, 1
	return Input{Names: []string{"a.pcap"}, Capture: c, Files: []*capture.Info{testInfo("a.pcap")}}
}

func testInfo(name string) *capture.Info {
	return &capture.Info{
		Name: name, Format: capture.FormatPcapNG, Compression: "gzip", VersionMajor: 1, Sections: 1,
		Packets: 50, Frames: 51, Bytes: 9097, FileBytes: 12000, FirstTime: t0, LastTime: t0 + 2_310_000_000, HasTime: true,
		Interfaces: []capture.Interface{
			{LinkType: 1, TSResol: 9, Packets: 49, Dropped: 3, HasDrops: true, SnapLen: 262144, Name: "eth0", Filter: "tcp"},
			{LinkType: 4, TSResol: 0x8a, Packets: 1},
		},
		Blocks: map[string]uint64{"SHB": 1, "EPB": 50}, BytesSkipped: 17, EndedEarly: true, DamageCount: 2,
		Damages: []capture.Damage{
			{Name: name, Frame: 20, Offset: 4711, Reason: "record length makes no sense", Skip: 17},
			{Name: name, Frame: 50, Offset: 9999, Reason: "the file stops inside a packet"},
		},
	}
}

// quietInput is a capture in which all went well.
func quietInput() Input {
	info := &capture.Info{Name: "quiet.pcap", Format: capture.FormatPcap, Compression: "none", Packets: 2, Frames: 2, Bytes: 120,
		FirstTime: t0, LastTime: t0 + 84_000, HasTime: true, Interfaces: []capture.Interface{{LinkType: 1, TSResol: 6, Packets: 2}}}
	c := &analyzers.Capture{}
	c.Ledger.Records, c.Ledger.Decoded = 2, 2
	return Input{Names: []string{"quiet.pcap"}, Capture: c, Files: []*capture.Info{info}}
}

// missingInput could not be read at all.
func missingInput() Input {
	return Input{Names: []string{"missing.pcap"}, Err: errors.New("missing.pcap: no such file or directory")}
}

// timelessInput has packets without timestamps.
func timelessInput() Input {
	in := quietInput()
	in.Files[0].HasTime = false
	return in
}

// seriesInput is a series of two files with evidence in both.
func seriesInput() Input {
	in := testInput()
	in.Series, in.Names = true, []string{"a.pcap", "b.pcap"}
	second := testInfo("b.pcap")
	second.FirstTime, second.LastTime = t0+3e9, t0+4e9
	in.Files = append(in.Files, second)
	f := in.Capture.Results[0].Outcome.Findings[0]
	f.Evidence = append(f.Evidence, analyzers.Evidence{Frame: decoders.FrameRef(1<<48 | 5), Role: "third"})
	return in
}

// build makes the report of inputs.
func build(in []Input, tool Tool) *Report {
	r := &Report{SchemaVersion: SchemaVersion, Tool: tool, Totals: NewTotals()}
	for i := range in {
		c := BuildCapture(&in[i])
		r.Captures = append(r.Captures, c)
		r.Totals.Add(c)
	}
	return r
}

func buildAll(t *testing.T) *Report {
	t.Helper()
	return build([]Input{testInput(), quietInput(), missingInput(), timelessInput(), seriesInput()}, Tool{"pcaptriage", "1.2.3"})
}
