package report

import (
	"fmt"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
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
			out := &Table{Name: t.Spec.Name, Doc: t.Spec.Doc, Text: t.Spec.Text, Lead: t.Spec.Lead, Columns: t.Spec.Columns, Truncated: t.Truncated}
			out.Rows = b.rows(t)
			b.out.Tables = append(b.out.Tables, out)
			if t.Truncated > 0 {
				b.out.Coverage.TableRowsCut[t.Spec.Name] = t.Truncated
			}
		}
	}
}

// rows converts a table's rows.
func (b *builder) rows(t *analyzers.Table) [][]any {
	n := len(t.Rows)
	if n == 0 {
		return nil
	}
	out := make([][]any, n)
	sideBySide(parts(n), func(i int) {
		own := *b
		own.addrs = map[decoders.Addr]*string{}
		lo, hi := part(i, n)
		own.convert(t, out, lo, hi)
	})
	return out
}

// convert converts rows lo to hi; their cells are in one piece of memory.
func (b *builder) convert(t *analyzers.Table, out [][]any, lo, hi int) {
	columns := t.Spec.Columns
	cells := make([]any, (hi-lo)*len(columns))
	for i := lo; i < hi; i++ {
		row := cells[:len(columns):len(columns)]
		cells = cells[len(columns):]
		for c := range columns {
			row[c] = b.cell(columns[c].Type, t.Rows[i][c])
		}
		out[i] = row
	}
}

// cell converts a cell to what its column type promises in Table. A cell that
// is that already is returned as it came: an interface costs an allocation.
func (b *builder) cell(typ analyzers.ColumnType, v any) any {
	switch typ {
	case analyzers.ColTime:
		if ns, ok := v.(int64); ok {
			return At(ns)
		}
		return Time{}
	case analyzers.ColFrame:
		if f, ok := v.(decoders.FrameRef); ok {
			return b.frame(f)
		}
		return nil
	case analyzers.ColFrames:
		refs, _ := v.([]decoders.FrameRef)
		out := make([]Frame, len(refs))
		for i, f := range refs {
			out[i] = b.frame(f)
		}
		return out
	case analyzers.ColFlow:
		f, _ := v.(*analyzers.FlowRef)
		return b.flowOf(f)
	case analyzers.ColStrings:
		s, _ := v.([]string)
		if s != nil && !slices.ContainsFunc(s, unclean) {
			return v
		}
		return escapeAll(s)
	case analyzers.ColString:
		s, ok := v.(string)
		switch {
		case !ok:
			return Escape(fmt.Sprint(v))
		case isClean(s):
			return v
		}
		return Escape(s)
	}
	switch v := v.(type) {
	case int64, uint64, bool, nil:
		return v
	}
	return cleanAttr(v)
}

func unclean(s string) bool { return !isClean(s) }

func (b *builder) frame(f decoders.FrameRef) Frame { return Frame{b.fileName(f), f.Frame()} }
