package golden

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/compare"
	"pcaptriage/report/stats"
	"pcaptriage/report/verdict"
)

// level is that of the tests for latencies of another recording, which are
// those of diff. It is stricter than what diff marks: a job that fails by chance
// once in twenty runs is one that people stop looking at.
const level = 0.01

// latency compares the latency rows of metrics that both tools know.
func (d *comparison) latency() {
	if !d.same {
		d.latencyRecorded()
		return
	}
	p := pair(d.g.Capture.Latency, d.now.Latency, rowKey)
	d.rowsCame(p.come)
	d.rowsGone(p.gone)
	for _, both := range p.both {
		d.rowChanged(both[0], both[1])
	}
}

// rowsCame are rows that the golden does not have: in another recording there
// may be other servers.
func (d *comparison) rowsCame(list []*report.LatencyRow) {
	for _, r := range list {
		known := d.thenMetrics[r.Metric]
		d.add(latencyProblem(known && d.same || !known && d.opt.Strict, "new latency: ", r, rowText(r)))
	}
}

// solid is from how many observations on a row is more than chance: what
// happened once may not happen in another recording.
const solid = 5

// rowsGone are rows that only the golden has: something is no longer done.
func (d *comparison) rowsGone(list []*report.LatencyRow) {
	for _, r := range list {
		if d.nowMetrics[r.Metric] {
			fails := d.same || r.Count >= solid || len(d.now.Latency) == 0
			d.add(latencyProblem(fails, "latency gone: ", r, rowText(r)))
		}
	}
}

// latencyRecorded judges the rows of another recording.
func (d *comparison) latencyRecorded() {
	var gone, come []*report.LatencyRow
	var unsure []*compare.Row
	for _, r := range d.recording.Rows {
		switch {
		case r.A == nil:
			come = append(come, r.B)
		case r.B == nil:
			gone = append(gone, r.A)
		case d.unsure(r):
			unsure = append(unsure, r)
		default:
			d.shifted(r)
		}
	}
	d.tooFew(unsure)
	d.rowsCame(come)
	d.rowsGone(gone)
}

func latencyProblem(fails bool, word string, r *report.LatencyRow, text string) *verdict.Problem {
	severity := "warning"
	if !fails {
		severity = "info"
	}
	return &verdict.Problem{Change: verdict.Latency, Fails: fails, Severity: severity, Message: word + rowTitle(r) + ": " + text}
}

// rowTitle is "tcp.handshake, server 10.0.0.2:443".
func rowTitle(r *report.LatencyRow) string {
	s := r.Metric
	for _, l := range r.Labels {
		s += ", " + l.Name + " " + l.Value
	}
	return s
}

func rowText(r *report.LatencyRow) string {
	return fmt.Sprintf("%s, p50 %s, p95 %s, max %s", plural(int(min(r.Count, math.MaxInt32)), "observation", "observations"),
		value(r, r.P50), value(r, r.P95), value(r, r.Max))
}

// value prints a value in the row's unit.
func value(r *report.LatencyRow, v int64) string {
	if r.Unit == "ns" {
		return report.Duration(v)
	}
	return report.Count(v) + " " + r.Unit
}

// rowChanged compares a row of the very same capture.
func (d *comparison) rowChanged(then, now *report.LatencyRow) {
	var details []string
	add := func(name string, a, b int64) {
		if a != b {
			details = append(details, fromTo(name, now, a, b))
		}
	}
	if then.Unit != now.Unit {
		details = append(details, "unit "+then.Unit+" -> "+now.Unit)
	}
	if then.Count != now.Count {
		details = append(details, "count "+report.Count(then.Count)+" -> "+report.Count(now.Count))
	}
	add("min", then.Min, now.Min)
	add("p50", then.P50, now.P50)
	add("p90", then.P90, now.P90)
	add("p95", then.P95, now.P95)
	add("p99", then.P99, now.P99)
	add("max", then.Max, now.Max)
	if len(details) == 0 {
		add("sum", then.Sum, now.Sum)
	}
	if len(details) > 0 {
		d.add(latencyProblem(true, "latency changed: ", now, strings.Join(details, ", ")))
	}
}

// fromTo is "p50 1.20 ms -> 4.80 ms (+300 %)". Where both print alike, the
// figures are told.
func fromTo(name string, r *report.LatencyRow, then, now int64) string {
	a, b := value(r, then), value(r, now)
	if a == b && then != now {
		a, b = report.Count(then)+" "+r.Unit, report.Count(now)+" "+r.Unit
	}
	return fmt.Sprintf("%s %s -> %s (%s)", name, a, b, percent(then, now))
}

// percent is the change in percent.
func percent(then, now int64) string {
	if then == 0 {
		return "from 0"
	}
	p := 100 * (float64(now) - float64(then)) / float64(then)
	switch {
	case p >= 900:
		return fmt.Sprintf("x %.3g", math.Round(1+p/100))
	case math.Abs(p) < 0.1:
		return "0 %"
	case math.Abs(p) < 10:
		return fmt.Sprintf("%+.1f %%", p)
	}
	return fmt.Sprintf("%+.0f %%", p)
}

// shifted judges a row of another recording.
func (d *comparison) shifted(r *compare.Row) {
	change := fromTo("p50", r.B, r.A.P50, r.B.P50) + ", " + fromTo("p95", r.B, r.A.P95, r.B.P95) + observations(r)
	p50, p95 := d.beyond(&r.P50, level), d.beyond(&r.P95, level)
	sure := chance(min(r.P50.Adjusted, r.P95.Adjusted))
	switch {
	case p50 > 0 || p95 > 0:
		word := "latency grew: "
		if r.Neutral {
			word = "latency is longer, which is neither better nor worse: "
		}
		d.add(latencyProblem(!r.Neutral, word, r.B, change+", "+sure))
	case p50 < 0 || p95 < 0:
		d.add(latencyProblem(false, "latency shrank: ", r.B, change+", "+sure))
	case !r.Neutral && (d.beyond(&r.P50, stats.Alpha) > 0 || d.beyond(&r.P95, stats.Alpha) > 0):
		d.add(latencyProblem(false, "latency probably grew: ", r.B, change+", "+sure))
	}
}

func observations(r *compare.Row) string {
	return fmt.Sprintf(", n %s -> %s", report.Count(r.A.Count), report.Count(r.B.Count))
}

// manyPercent is from what growth on a row with few values is worth a remark.
const manyPercent = 100

// unsure: the latency is much longer, and its values are too few to tell that
// from chance.
func (d *comparison) unsure(r *compare.Row) bool {
	return r.A.Unit == r.B.Unit && r.P50.TooFew && !r.Neutral && 100*r.P50.Ratio() > max(manyPercent, d.opt.Tolerance)
}

// tooFew makes one remark about all such rows, those that grew most first.
func (d *comparison) tooFew(rows []*compare.Row) {
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b *compare.Row) int { return cmp.Compare(b.P50.Ratio(), a.P50.Ratio()) })
	text := func(r *compare.Row) string {
		return rowTitle(r.B) + ": " + fromTo("p50", r.B, r.A.P50, r.B.P50) + observations(r)
	}
	p := &verdict.Problem{Change: verdict.Latency, Severity: "info"}
	if len(rows) == 1 {
		p.Message = "latency longer, of too few values to tell that from chance: " + text(rows[0])
		d.add(p)
		return
	}
	p.Message = fmt.Sprintf("%d latencies longer, of too few values to tell that from chance", len(rows))
	const most = 3
	for _, r := range rows[:min(most, len(rows))] {
		p.Details = append(p.Details, text(r))
	}
	if n := len(rows) - most; n > 0 {
		p.Details = append(p.Details, fmt.Sprintf("... and %d more", n))
	}
	d.add(p)
}

// beyond is 1 for a growth by more than chance, at that level, and tolerance, -1
// for the contrary, else 0.
func (d *comparison) beyond(c *compare.Change, level float64) int {
	switch percent := 100 * c.Ratio(); {
	case c.TooFew || c.Adjusted >= level:
		return 0
	case percent > d.opt.Tolerance:
		return 1
	case percent < -d.opt.Tolerance:
		return -1
	}
	return 0
}

func chance(p float64) string {
	if p < 0.0001 {
		return "p < 0.0001"
	}
	return fmt.Sprintf("p = %.4f", p)
}
