package report

import (
	"pcaptriage/analyzers"
)

// latency fills in the latency rows, in the analyzers' order.
func (b *builder) latency() {
	for _, r := range b.res.Results {
		for _, row := range r.Outcome.Latency {
			b.out.Latency = append(b.out.Latency, latencyOf(row))
		}
	}
}

func latencyOf(row *analyzers.LatencyRow) *LatencyRow {
	out := &LatencyRow{
		Metric: row.Metric.Name, Unit: row.Metric.Unit, Labels: Labels{}, Count: row.Count,
		Min: row.Min, P50: row.P50, P90: row.P90, P95: row.P95, P99: row.P99, Max: row.Max, Sum: row.Sum,
		Sketch: Sketch{Mapping: "logarithmic", RelativeAccuracy: analyzers.RelativeAccuracy, Zero: row.Zero,
			Bins: make([][2]int64, len(row.Bins))},
		Sample: append([]int64{}, row.Sample...),
	}
	for i, v := range row.Values {
		if i < len(row.Metric.Labels) {
			out.Labels = append(out.Labels, Label{row.Metric.Labels[i], Escape(v)})
		}
	}
	for i, bin := range row.Bins {
		out.Sketch.Bins[i] = [2]int64{int64(bin.Index), int64(bin.Count)}
	}
	return out
}

// tables fills in the analyzers' tables.
func (b *builder) tables() {
	for _, r := range b.res.Results {
		for _, t := range r.Outcome.Tables {
			b.out.Tables = append(b.out.Tables, &Table{Name: t.Spec.Name, Doc: t.Spec.Doc, Text: t.Spec.Text, Lead: t.Spec.Lead && !t.Aside,
				Columns: t.Spec.Columns, Rows: t.Rows, Truncated: t.Truncated, source: &source{b.paths}})
			if t.Truncated > 0 {
				b.out.Coverage.TableRowsCut[t.Spec.Name] = t.Truncated
			}
		}
	}
}
