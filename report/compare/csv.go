package compare

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"

	"pcaptriage/report"
)

// csvColumns is the one header: "type" tells a finding (change: new, gone,
// changed) from a latency row (change: that of p50, see significant). Latencies
// are in their unit, ratios are B/A - 1.
var csvColumns = []string{"type", "capture", "change", "severity", "rule", "flow", "message", "count_a", "count_b",
	"metric", "labels", "unit", "p50_a", "p50_b", "p50_ratio", "p50_p_adjusted", "p50_significant",
	"p95_a", "p95_b", "p95_ratio", "p95_p_adjusted", "p95_significant"}

// WriteCSV writes a comparison for spreadsheets and awk.
func WriteCSV(w io.Writer, c *Comparison) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvColumns); err != nil {
		return err
	}
	put := func(cells map[string]string) {
		rec := make([]string, len(csvColumns))
		for i, name := range csvColumns {
			rec[i] = report.CSVCell(cells[name])
		}
		_ = out.Write(rec) // an error sticks, Flush tells it
	}
	for _, p := range c.Pairs {
		finding := func(change string, a, b *report.Finding) {
			f := b
			if f == nil {
				f = a
			}
			cells := map[string]string{"type": "finding", "capture": p.title(), "change": change, "severity": f.Severity, "rule": f.Rule,
				"flow": report.FlowText(f.Flow), "message": f.Message}
			if a != nil {
				cells["count_a"] = strconv.FormatUint(a.Count, 10)
			}
			if b != nil {
				cells["count_b"] = strconv.FormatUint(b.Count, 10)
			}
			put(cells)
		}
		for _, f := range p.Appeared {
			finding("new", nil, f)
		}
		for _, f := range p.Vanished {
			finding("gone", f, nil)
		}
		for _, ch := range p.Changed {
			finding("changed", ch.A, ch.B)
		}
		for _, r := range p.Rows {
			put(rowCells(p, r))
		}
	}
	out.Flush()
	return out.Error()
}

func rowCells(p *Pair, r *Row) map[string]string {
	cells := map[string]string{"type": "latency", "capture": p.title(), "metric": r.Metric, "unit": r.Unit,
		"labels": strings.ReplaceAll(r.labelText(), ", ", "; ")}
	number := func(v int64) string { return strconv.FormatInt(v, 10) }
	if r.A != nil {
		cells["count_a"], cells["p50_a"], cells["p95_a"] = strconv.FormatUint(r.A.Count, 10), number(r.A.P50), number(r.A.P95)
	}
	if r.B != nil {
		cells["count_b"], cells["p50_b"], cells["p95_b"] = strconv.FormatUint(r.B.Count, 10), number(r.B.P50), number(r.B.P95)
	}
	switch {
	case r.A == nil:
		cells["change"] = "new"
		return cells
	case r.B == nil:
		cells["change"] = "gone"
		return cells
	}
	for name, c := range map[string]*Change{"p50": &r.P50, "p95": &r.P95} {
		if ratio := c.Ratio(); !math.IsInf(ratio, 0) {
			cells[name+"_ratio"] = strconv.FormatFloat(ratio, 'f', 4, 64)
		}
		cells[name+"_significant"] = strconv.FormatBool(c.Significant())
		if !c.TooFew {
			cells[name+"_p_adjusted"] = strconv.FormatFloat(c.Adjusted, 'g', 4, 64)
		}
	}
	return cells
}
