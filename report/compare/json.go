package compare

import (
	"encoding/json"
	"io"
	"math"
	"slices"

	"pcaptriage/report"
	"pcaptriage/report/stats"
)

// SchemaVersion is that of the JSON form (report/schema/diff-v1.schema.json).
const SchemaVersion = 1

type jsonDoc struct {
	SchemaVersion int         `json:"schema_version"`
	Tool          report.Tool `json:"tool"`
	A             jsonSide    `json:"a"`
	B             jsonSide    `json:"b"`
	Remarks       []string    `json:"remarks"`
	Alpha         float64     `json:"alpha"`
	Tests         int         `json:"tests"`
	Pairs         []jsonPair  `json:"pairs"`
	OnlyA         []jsonAlone `json:"only_a"`
	OnlyB         []jsonAlone `json:"only_b"`
	// Percent is null when --fail-on-regression was not given; the regressions
	// are then those of 0 percent.
	Percent     *float64 `json:"fail_on_percent"`
	Regressions []string `json:"regressions"`
}

type jsonSide struct {
	Path     string      `json:"path"`
	Tool     report.Tool `json:"tool"`
	Captures int         `json:"captures"`
}

type jsonAlone struct {
	Name     string         `json:"name"`
	Findings map[string]int `json:"findings_by_severity"`
	Error    string         `json:"error,omitempty"`
}

type jsonPair struct {
	Name     string       `json:"name"`
	A        jsonCapture  `json:"a"`
	B        jsonCapture  `json:"b"`
	Remarks  []string     `json:"remarks"`
	Findings jsonFindings `json:"findings"`
	Latency  []jsonRow    `json:"latency"`
}

type jsonCapture struct {
	Path      string   `json:"path"`
	Packets   *uint64  `json:"packets"`
	Error     string   `json:"error,omitempty"`
	Damaged   bool     `json:"damaged"`
	Analyzers []string `json:"analyzers,omitempty"`
}

type jsonFindings struct {
	Appeared  []*report.Finding `json:"appeared"`
	Vanished  []*report.Finding `json:"vanished"`
	Changed   []jsonChanged     `json:"changed"`
	Same      int               `json:"same"`
	UnmatchA  map[string]int    `json:"not_compared_a"`
	UnmatchB  map[string]int    `json:"not_compared_b"`
	Different bool              `json:"different"`
}

type jsonChanged struct {
	A       *report.Finding `json:"a"`
	B       *report.Finding `json:"b"`
	Differs []string        `json:"differs"`
}

type jsonRow struct {
	Metric  string        `json:"metric"`
	Labels  report.Labels `json:"labels"` // A's where it has the row
	LabelsB report.Labels `json:"labels_b,omitempty"`
	Unit    string        `json:"unit"`
	Neutral bool          `json:"neutral"`
	A       *jsonNumbers  `json:"a"`
	B       *jsonNumbers  `json:"b"`
	P50     *jsonChange   `json:"p50"`
	P95     *jsonChange   `json:"p95"`
	Shape   *jsonChange   `json:"shape"`
}

type jsonNumbers struct {
	Count   uint64 `json:"count"`
	Sampled int    `json:"sampled"`
	Min     int64  `json:"min"`
	P50     int64  `json:"p50"`
	P95     int64  `json:"p95"`
	P99     int64  `json:"p99"`
	Max     int64  `json:"max"`
}

type jsonChange struct {
	Test        string   `json:"test"`
	P           float64  `json:"p"`
	Adjusted    float64  `json:"p_adjusted"`
	TooFew      bool     `json:"too_few"`
	Significant bool     `json:"significant"`
	Ratio       *float64 `json:"ratio,omitempty"` // B/A - 1; absent for a growth from 0
}

// WriteJSON writes a comparison for programs.
func WriteJSON(w io.Writer, c *Comparison, tool report.Tool, percent float64) error {
	d := jsonDoc{SchemaVersion: SchemaVersion, Tool: tool, A: sideOf(c.A), B: sideOf(c.B), Remarks: notNil(c.Remarks), Alpha: stats.Alpha,
		Tests: c.Tests, Pairs: []jsonPair{}, OnlyA: aloneOf(c.OnlyA), OnlyB: aloneOf(c.OnlyB), Regressions: notNil(c.Regressions(max(percent, 0)))}
	if percent >= 0 {
		d.Percent = &percent
	}
	for _, p := range c.Pairs {
		d.Pairs = append(d.Pairs, pairOf(p))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func sideOf(s *Side) jsonSide { return jsonSide{s.Name, s.Tool, len(s.Captures)} }

func aloneOf(list []Named) []jsonAlone {
	out := []jsonAlone{}
	for _, n := range list {
		a := jsonAlone{Name: n.Name, Findings: map[string]int{"error": 0, "warning": 0, "info": 0}, Error: n.Error}
		for _, f := range n.Findings {
			a.Findings[f.Severity]++
		}
		out = append(out, a)
	}
	return out
}

func pairOf(p *Pair) jsonPair {
	f := jsonFindings{Appeared: notNil(p.Appeared), Vanished: notNil(p.Vanished), Changed: []jsonChanged{}, Same: p.Same,
		UnmatchA: p.UnmatchedA, UnmatchB: p.UnmatchedB, Different: len(p.Appeared)+len(p.Vanished)+len(p.Changed) > 0}
	if f.UnmatchA == nil {
		f.UnmatchA, f.UnmatchB = map[string]int{}, map[string]int{}
	}
	for _, ch := range p.Changed {
		f.Changed = append(f.Changed, jsonChanged(ch))
	}
	out := jsonPair{Name: p.Name, A: captureOf(p.A), B: captureOf(p.B), Remarks: notNil(p.Remarks), Findings: f, Latency: []jsonRow{}}
	for _, r := range p.Rows {
		row := jsonRow{Metric: r.Metric, Labels: r.Labels, Unit: r.Unit, Neutral: r.Neutral, A: numbersOf(r.A), B: numbersOf(r.B)}
		if r.A != nil && r.B != nil {
			if !slices.Equal(r.A.Labels, r.B.Labels) {
				row.LabelsB = r.B.Labels
			}
			row.P50, row.P95, row.Shape = changeOf("mann-whitney", &r.P50), changeOf("tail", &r.P95), changeOf("kolmogorov-smirnov", &r.Shape)
			row.Shape.Ratio = nil
		}
		out.Latency = append(out.Latency, row)
	}
	return out
}

func captureOf(c *report.Capture) jsonCapture {
	cov := c.Coverage
	return jsonCapture{c.Path, c.Packets, c.Error, cov.EndedEarly || cov.DamageCount > 0 || cov.Error != "", c.Analyzers}
}

func numbersOf(r *report.LatencyRow) *jsonNumbers {
	if r == nil {
		return nil
	}
	return &jsonNumbers{r.Count, len(r.Sample), r.Min, r.P50, r.P95, r.P99, r.Max}
}

func changeOf(test string, c *Change) *jsonChange {
	out := &jsonChange{Test: test, P: c.P, Adjusted: c.Adjusted, TooFew: c.TooFew, Significant: c.Significant()}
	if ratio := c.Ratio(); !math.IsInf(ratio, 0) {
		out.Ratio = &ratio
	}
	return out
}

// notNil prints as [] when it is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
