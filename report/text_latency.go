package report

import (
	"fmt"
	"strings"
)

// sparkCells is the width of the distribution column.
const sparkCells = 16

// latency prints the latency rows: neighbouring metrics with the same labels
// share a table, and all rows of a table share the logarithmic axis of the
// distribution column, so that the eye can compare them.
func (r *textRenderer) latency(c *Capture) {
	for rows := c.Latency; len(rows) > 0; {
		n := 1
		for n < len(rows) && sameLabels(rows[0], rows[n]) {
			n++
		}
		r.latencyTable(rows[:n])
		rows = rows[n:]
	}
}

func sameLabels(a, b *LatencyRow) bool {
	if len(a.Labels) != len(b.Labels) || a.Unit != b.Unit {
		return false
	}
	for i := range a.Labels {
		if a.Labels[i].Name != b.Labels[i].Name {
			return false
		}
	}
	return true
}

func (r *textRenderer) latencyTable(rows []*LatencyRow) {
	axis := newAxis(rows)
	g := grid{columns: []column{{head: "metric"}}}
	for _, l := range rows[0].Labels {
		g.columns = append(g.columns, column{head: strings.ReplaceAll(l.Name, "_", " "), min: len("255.255.255.255:65535")})
	}
	for _, h := range []string{"count", "p50", "p95", "p99", "max"} {
		g.columns = append(g.columns, column{head: h, right: true})
	}
	g.columns = append(g.columns, column{head: "distribution", extra: true})
	n := r.shown(len(rows))
	previous := ""
	for _, row := range rows[:n] {
		cells := []string{row.Metric}
		if row.Metric == previous {
			cells[0] = ""
		}
		previous = row.Metric
		for _, l := range row.Labels {
			cells = append(cells, l.Value)
		}
		cells = append(cells, Count(row.Count))
		for _, v := range []int64{row.P50, row.P95, row.P99, row.Max} {
			cells = append(cells, Value(v, row.Unit))
		}
		g.rows = append(g.rows, append(cells, axis.spark(row)))
	}
	note := ""
	if _, fits := g.widths(r.opt.Width - 2); fits { // otherwise the column goes
		note = fmt.Sprintf("distribution from %s to %s, logarithmic", Value(axis.min, rows[0].Unit), Value(axis.max, rows[0].Unit))
	}
	r.heading("Latency", note)
	g.write(&r.p, 2, r.opt.Width)
	r.more(len(rows)-n, 2)
}

// Value prints a number with its unit.
func Value(v int64, unit string) string {
	switch unit {
	case "ns":
		return Duration(v)
	case "count", "":
		return Count(v)
	}
	return Count(v) + " " + unit
}

// axis maps sketch bins, which are logarithmic already, to cells.
type axis struct {
	min, max    int64 // values
	first, last int64 // bin indices
}

func newAxis(rows []*LatencyRow) axis {
	a := axis{min: rows[0].Min, max: rows[0].Max, first: 1, last: 0}
	for _, row := range rows {
		a.min, a.max = min(a.min, row.Min), max(a.max, row.Max)
		for _, b := range row.Sketch.Bins {
			if a.first > a.last {
				a.first, a.last = b[0], b[0]
			}
			a.first, a.last = min(a.first, b[0]), max(a.last, b[0])
		}
	}
	return a
}

// spark draws a row's distribution: a block a cell, its height the share of
// the values relative to the fullest cell. Any value at all shows.
func (a axis) spark(row *LatencyRow) string {
	var cells [sparkCells]int64
	cells[0] = int64(row.Sketch.Zero)
	for _, b := range row.Sketch.Bins {
		cells[(b[0]-a.first)*sparkCells/(a.last-a.first+1)] += b[1]
	}
	var most int64
	for _, n := range cells {
		most = max(most, n)
	}
	if most == 0 {
		return ""
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	out := make([]rune, sparkCells)
	for i, n := range cells {
		out[i] = ' '
		if n > 0 {
			out[i] = blocks[(n*int64(len(blocks))-1)/most]
		}
	}
	return strings.TrimRight(string(out), " ")
}
