package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pcaptriage/analyzers"
)

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, err := Schemas.ReadFile("schema/" + name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///"+name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:///" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, doc []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatalf("not JSON: %v\n%s", err, doc)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
}

func renderTo(t *testing.T, format string, opt Options, rep *Report) string {
	t.Helper()
	var b bytes.Buffer
	r, err := NewRenderer(format, &b, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := Render(r, rep); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONMatchesItsSchema(t *testing.T) {
	s := compileSchema(t, "report-v1.schema.json")
	for name, in := range map[string][]Input{
		"full": {testInput()}, "quiet": {quietInput()}, "unreadable": {missingInput()}, "no times": {timelessInput()},
		"series": {seriesInput()}, "none": {}, "all": {testInput(), missingInput(), quietInput()},
	} {
		t.Run(name, func(t *testing.T) {
			rep := build(in, Tool{"pcaptriage", "1.2.3"})
			validate(t, s, []byte(renderTo(t, "json", Options{}, rep)))
		})
	}
}

// The schema has to refuse what it should, or the test above proves nothing.
func TestSchemaRefuses(t *testing.T) {
	s := compileSchema(t, "report-v1.schema.json")
	for name, spoil := range map[string]func(*Report){
		"unknown severity":      func(r *Report) { r.Captures[0].Findings[0].Severity = "fatal" },
		"nine frames":           func(r *Report) { r.Captures[0].Findings[0].Evidence = make([]Evidence, 9) },
		"null packets no error": func(r *Report) { r.Captures[0].Packets = nil },
		"no coverage":           func(r *Report) { r.Captures[0].Coverage = nil },
		"other version":         func(r *Report) { r.Tool.Name = ""; r.Totals = nil },
	} {
		t.Run(name, func(t *testing.T) {
			rep := build([]Input{testInput()}, Tool{"pcaptriage", "1"})
			spoil(rep)
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(renderTo(t, "json", Options{}, rep))))
			if err != nil {
				t.Fatal(err)
			}
			if s.Validate(v) == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

func TestInfoMatchesItsSchema(t *testing.T) {
	s := compileSchema(t, "info-v1.schema.json")
	var b bytes.Buffer
	files := []*Info{
		NewInfo("a.pcap", testInfo("a.pcap"), false, nil),
		NewInfo("missing.pcap", nil, false, missingInput().Err),
		NewInfo("t.pcap", timelessInput().Files[0], true, nil),
	}
	if err := WriteInfoJSON(&b, Tool{"pcaptriage", "1"}, files); err != nil {
		t.Fatal(err)
	}
	validate(t, s, b.Bytes())
}

// The names that CI jobs read, spelled out: the schema could drift with the
// code, this list may not.
func TestJSONNames(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(renderTo(t, "json", Options{}, build([]Input{testInput()}, Tool{"pcaptriage", "1"}))), &doc); err != nil {
		t.Fatal(err)
	}
	get := func(path ...any) any {
		t.Helper()
		var v any = doc
		for _, p := range path {
			switch p := p.(type) {
			case string:
				m, ok := v.(map[string]any)
				if !ok {
					t.Fatalf("%v: no object at %v", path, p)
				}
				if v, ok = m[p]; !ok {
					t.Fatalf("%v: no member %q", path, p)
				}
			case int:
				v = v.([]any)[p]
			}
		}
		return v
	}
	// The findings' order is first frame, rule, id: note and odd cite frame 2.
	for _, c := range []struct {
		want any
		path []any
	}{
		{1.0, []any{"schema_version"}},
		{"pcaptriage", []any{"tool", "name"}},
		{"a.pcap", []any{"captures", 0, "path"}},
		{"pcapng", []any{"captures", 0, "format"}},
		{"gzip", []any{"captures", 0, "compression"}},
		{50.0, []any{"captures", 0, "packets"}},
		{9097.0, []any{"captures", 0, "bytes"}},
		{"2026-03-04T05:06:07.123456789Z", []any{"captures", 0, "first_time"}},
		{"2026-03-04T05:06:09.433456789Z", []any{"captures", 0, "last_time"}},
		{1.0, []any{"captures", 0, "link_types", 0, "linktype"}},
		{1.0, []any{"captures", 0, "link_types", 0, "read_as"}},
		{"EN10MB", []any{"captures", 0, "link_types", 0, "name"}},
		{49.0, []any{"captures", 0, "link_types", 0, "packets"}},
		{50.0, []any{"captures", 0, "coverage", "records"}},
		{44.0, []any{"captures", 0, "coverage", "decoded"}},
		{3.0, []any{"captures", 0, "coverage", "undecoded", "bad_ip"}},
		{2.0, []any{"captures", 0, "coverage", "undecoded", "truncated_l4"}},
		{1.0, []any{"captures", 0, "coverage", "unknown_linktype"}},
		{5.0, []any{"captures", 0, "coverage", "truncated_by_snaplen"}},
		{3.0, []any{"captures", 0, "coverage", "out_of_order"}},
		{4.0, []any{"captures", 0, "coverage", "duplicates"}},
		{2.0, []any{"captures", 0, "coverage", "timestamp_outliers"}},
		{6.0, []any{"captures", 0, "coverage", "fragments_incomplete"}},
		{7.0, []any{"captures", 0, "coverage", "flows_evicted"}},
		{8.0, []any{"captures", 0, "coverage", "verdicts_withheld"}},
		{9.0, []any{"captures", 0, "coverage", "labels_folded"}},
		{3.0, []any{"captures", 0, "coverage", "drops"}},
		{17.0, []any{"captures", 0, "coverage", "bytes_skipped"}},
		{true, []any{"captures", 0, "coverage", "ended_early"}},
		{"a.pcap: frame 20, offset 4711: record length makes no sense; 17 bytes skipped", []any{"captures", 0, "coverage", "error"}},
		{2.0, []any{"captures", 0, "coverage", "damage_count"}},
		{"probe-note", []any{"captures", 0, "findings", 0, "rule"}},
		{"probe-odd", []any{"captures", 0, "findings", 1, "rule"}},
		{"id-bad", []any{"captures", 0, "findings", 0, "caused_by"}},
		{nil, []any{"captures", 0, "findings", 0, "time"}},
		{nil, []any{"captures", 0, "findings", 0, "measure"}},
		{nil, []any{"captures", 0, "findings", 0, "flow", "src"}},
		{nil, []any{"captures", 0, "findings", 0, "flow", "sport"}},
		{nil, []any{"captures", 0, "findings", 1, "flow"}},
		{"info", []any{"captures", 0, "findings", 1, "severity"}},
		{"possible", []any{"captures", 0, "findings", 1, "confidence"}},
		{"id-bad", []any{"captures", 0, "findings", 2, "id"}},
		{"probe", []any{"captures", 0, "findings", 2, "analyzer"}},
		{"error", []any{"captures", 0, "findings", 2, "severity"}},
		{"3 of 3 attempts failed: " + hostileEscaped, []any{"captures", 0, "findings", 2, "message"}},
		{"2001:db8::1", []any{"captures", 0, "findings", 2, "flow", "dst"}},
		{54321.0, []any{"captures", 0, "findings", 2, "flow", "sport"}},
		{"ipip 10.0.0.5>10.0.0.6", []any{"captures", 0, "findings", 2, "flow", "tunnel", 0}},
		{"2026-03-04T05:06:07.623456789Z", []any{"captures", 0, "findings", 2, "first_time"}},
		{"2026-03-04T05:06:08.023456789Z", []any{"captures", 0, "findings", 2, "last_time"}},
		{3.0, []any{"captures", 0, "findings", 2, "count"}},
		{206534350.0, []any{"captures", 0, "findings", 2, "measure", "value"}},
		{33.0, []any{"captures", 0, "findings", 2, "evidence", 0, "frame"}},
		{nil, []any{"captures", 0, "findings", 2, "evidence", 1, "time"}},
		{12.0, []any{"captures", 0, "findings", 2, "evidence_total"}},
		{1480.0, []any{"captures", 0, "findings", 2, "attrs", "mtu"}},
		{hostileEscaped, []any{"captures", 0, "findings", 2, "attrs", "deep", hostileEscaped}},
		{"frame.number in {31,33}", []any{"captures", 0, "findings", 2, "wireshark_filter"}},
		{"tcp.handshake", []any{"captures", 0, "latency", 0, "metric"}},
		{"10.0.0.2:80", []any{"captures", 0, "latency", 0, "labels", "server"}},
		{1.0, []any{"captures", 0, "latency", 0, "sketch", "zero"}},
		{"[2001:db8::1]:443", []any{"captures", 0, "latency", 1, "labels", "server"}},
		{300.0, []any{"captures", 0, "latency", 1, "count"}},
		{1e6, []any{"captures", 0, "latency", 1, "min"}},
		{3e8, []any{"captures", 0, "latency", 1, "max"}},
		{45150e6, []any{"captures", 0, "latency", 1, "sum"}},
		{1234567.0, []any{"captures", 0, "tables", "every_type", 0, "n"}},
		{7.0, []any{"captures", 0, "tables", "every_type", 0, "first"}},
		{9.0, []any{"captures", 0, "tables", "every_type", 0, "all", 1}},
		{"10.0.0.2", []any{"captures", 0, "tables", "every_type", 0, "flow", "dst"}},
		{"2026-03-04T05:06:07.123456790Z", []any{"captures", 0, "tables", "every_type", 0, "at"}},
		{nil, []any{"captures", 0, "tables", "every_type", 1, "took"}},
		{nil, []any{"captures", 0, "tables", "every_type", 1, "flow"}},
		{4.0, []any{"captures", 0, "coverage", "table_rows_cut", "every_type"}},
		{1.0, []any{"totals", "findings_by_rule", "probe-bad"}},
		{1.0, []any{"totals", "findings_by_severity", "error"}},
		{0.0, []any{"totals", "findings_by_severity", "warning"}},
		{2.0, []any{"totals", "findings_by_severity", "info"}},
	} {
		if got := get(c.path...); got != c.want {
			t.Errorf("%v is %v, want %v", c.path, got, c.want)
		}
	}
	if n := len(get("captures", 0, "latency", 1, "sample").([]any)); n != analyzers.SampleSize {
		t.Errorf("sample of %d values, want %d", n, analyzers.SampleSize)
	}
}

func TestUnreadableIsNull(t *testing.T) {
	c := build([]Input{missingInput()}, Tool{}).Captures[0]
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	if v, ok := m["packets"]; !ok || v != nil {
		t.Errorf("packets is %v, want null", v)
	}
	if m["error"] != "no such file or directory" {
		t.Errorf("error is %v", m["error"])
	}
}

func TestSeriesCitesFiles(t *testing.T) {
	c := build([]Input{seriesInput()}, Tool{}).Captures[0]
	if len(c.Files) != 2 || c.Files[1].Path != "b.pcap" {
		t.Fatalf("files: %+v", c.Files)
	}
	if *c.Packets != 100 {
		t.Errorf("packets %d, want the sum of both files", *c.Packets)
	}
	f := c.Findings[2]
	if f.Evidence[2].File != "b.pcap" || f.Evidence[2].Frame != 5 || f.Evidence[0].File != "a.pcap" {
		t.Errorf("evidence %+v", f.Evidence)
	}
	want := []FileFilter{{"a.pcap", "frame.number in {31,33}"}, {"b.pcap", "frame.number in {5}"}}
	if len(f.WiresharkFilters) != 2 || f.WiresharkFilters[0] != want[0] || f.WiresharkFilters[1] != want[1] || f.File != "a.pcap" {
		t.Errorf("filters %+v of %s", f.WiresharkFilters, f.File)
	}
}
