package verdict

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pcaptriage/report"
)

func asText(opt TextOptions) func(io.Writer, *Verdict) error {
	return func(w io.Writer, v *Verdict) error { return WriteText(w, v, opt) }
}

const wantText = `FAIL caps/a.pcap: golden: 1 finding appeared, 1 vanished
  promised in caps/a.pcap.golden.json
  error: new: pmtu-stall, tcp 10.0.0.1 -> 10.0.0.2:443: stood still for 249 ms | <b>
      p50 1 ms -> 2 ms
      frames 17, 25
  warning: gone: connect-refused
      frame 3 when the golden was made
  remark: new rule: ssh-grace
FAIL caps/a.pcap: handshake is fast
  promised in budget.yaml:12:3
  warning: p99 is 80 ms, want less than 50 ms
skip caps/a.pcap: no data: nothing matched, which allow_empty permits
ok caps/b.pcap: golden: 3 findings and 12 latency rows as in the golden
ERROR caps/c.pcap: input
  error: no such file or directory
ERROR no capture: orphan: no capture matched
  promised in budget.yaml:30
2 files skipped

2 of 6 failed, 2 could not be judged (3 captures)
`

func TestText(t *testing.T) {
	if d := cmp.Diff(wantText, rendered(t, asText(TextOptions{}), sample())); d != "" {
		t.Error(d)
	}
	quiet := rendered(t, asText(TextOptions{Quiet: true}), sample())
	if strings.Contains(quiet, "caps/b.pcap") || strings.Contains(quiet, "skip caps") || !strings.Contains(quiet, "ERROR no capture") {
		t.Errorf("quiet:\n%s", quiet)
	}
	top := rendered(t, asText(TextOptions{Options: report.Options{Top: 1}}), sample())
	if strings.Contains(top, "ssh-grace") || !strings.Contains(top, "... and 2 more (--top 0 shows all)") {
		t.Errorf("top 1:\n%s", top)
	}
	for _, line := range strings.Split(rendered(t, asText(TextOptions{Options: report.Options{Width: 60}}), sample()), "\n") {
		if utf8.RuneCountInString(line) > 60 {
			t.Errorf("too wide: %q", line)
		}
	}
	if s := rendered(t, asText(TextOptions{}), &Verdict{}); s != "nothing to check (0 captures)\n" {
		t.Errorf("no case: %q", s)
	}
}

func TestJSON(t *testing.T) {
	raw, err := report.Schemas.ReadFile("schema/check-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///check", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:///check")
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*Verdict{"full": sample(), "none": {Tool: report.Tool{Name: "pcaptriage"}}} {
		text := rendered(t, WriteJSON, v)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	// Every kind of change is in the schema.
	for _, c := range []Change{Appeared, Vanished, Changed, NewRule, RetiredRule, Latency, Coverage, Facts, Missing, Unusable, Orphaned,
		Stale, Violated, NoData, Unreadable, Damaged, Internal} {
		if !strings.Contains(string(raw), `"`+string(c)+`"`) {
			t.Errorf("the schema has no %s", c)
		}
	}
	var got struct {
		Totals map[string]int
		Cases  []struct {
			Capture  *string
			Status   string
			Problems []struct {
				FindingID *string `json:"finding_id"`
				Location  struct {
					File string
					Line int
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(rendered(t, WriteJSON, sample())), &got); err != nil {
		t.Fatal(err)
	}
	if got.Totals["fail"] != 2 || got.Totals["error"] != 2 || got.Cases[5].Capture != nil || *got.Cases[0].Problems[0].FindingID != "f00d" ||
		got.Cases[1].Problems[0].Location.Line != 12 {
		t.Errorf("%+v", got)
	}
}

func TestWrite(t *testing.T) {
	for _, format := range Formats() {
		var b strings.Builder
		if err := Write(&b, format, sample(), TextOptions{}); err != nil || !strings.Contains(b.String(), "caps/a.pcap") {
			t.Errorf("%s: %v\n%s", format, err, b.String())
		}
	}
	if err := Write(io.Discard, "yaml", sample(), TextOptions{}); err == nil {
		t.Error("yaml is written")
	}
}
