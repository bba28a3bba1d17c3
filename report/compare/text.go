package compare

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/stats"
)

// WriteText writes a comparison for people, as benchstat shows benchmarks: what
// came and went, then the latencies side by side, "~" where a change is no more
// than chance. percent is that of Regressions, below 0 when nobody asked.
func WriteText(w io.Writer, c *Comparison, percent float64, opt report.Options) error {
	t := &text{Page: report.NewPage(w, opt), top: opt.Top}
	t.sides(c)
	for _, p := range c.Pairs {
		t.pair(p, len(c.Pairs) > 1)
	}
	t.unpaired("A", c.OnlyA)
	t.unpaired("B", c.OnlyB)
	t.legend(c)
	t.verdict(c, percent)
	return t.Flush()
}

type text struct {
	*report.Page
	top int
	// few and tilde: the legend has to explain "few" and "~".
	few, tilde, sampled, shape bool
}

func (t *text) sides(c *Comparison) {
	for _, s := range []struct {
		name string
		*Side
	}{{"A", c.A}, {"B", c.B}} {
		facts := fmt.Sprintf("%d captures", len(s.Captures))
		if len(s.Captures) == 1 {
			facts = report.CaptureFacts(s.Captures[0].Capture)
		}
		t.Paragraph(report.Plain, 0, s.name+": "+s.Side.Name+": "+facts)
	}
	for _, r := range c.Remarks {
		t.Paragraph(report.Odd, 0, r)
	}
}

// pair writes what differs between the two. Of many pairs one without any
// difference is a line.
func (t *text) pair(p *Pair, many bool) {
	t.Blank()
	if many && p.equal() {
		t.Paragraph(report.Plain, 0, fmt.Sprintf("%s: no difference (%d findings, %d latency rows)", p.title(), p.Same, len(p.Rows)))
		return
	}
	if many {
		t.Paragraph(report.Bold, 0, p.title())
	}
	for _, r := range p.Remarks {
		t.Paragraph(report.Odd, 0, r)
	}
	if p.A.Unreadable() || p.B.Unreadable() {
		return
	}
	if len(p.Remarks) > 0 {
		t.Blank()
	}
	t.findings(p)
	t.latency(p, many)
}

// equal: nothing is to be said of the pair.
func (p *Pair) equal() bool {
	if len(p.Remarks)+len(p.Appeared)+len(p.Vanished)+len(p.Changed) > 0 {
		return false
	}
	for _, r := range p.Rows {
		if r.moved() {
			return false
		}
	}
	return true
}

// moved: the row is on one side only, or changed by more than chance.
func (r *Row) moved() bool {
	return r.A == nil || r.B == nil || r.P50.Significant() || r.P95.Significant() || r.Shape.Significant()
}

// shown cuts a list to --top, and says so.
func shown[T any](t *text, list []T) []T {
	if t.top > 0 && len(list) > t.top {
		return list[:t.top]
	}
	return list
}

func (t *text) more(hidden int) {
	if hidden > 0 {
		t.Line(report.Dim, fmt.Sprintf("  ... and %d more (see --top and --format json)", hidden))
	}
}

func (t *text) findings(p *Pair) {
	n := len(p.Appeared) + len(p.Vanished) + len(p.Changed)
	note := fmt.Sprintf("%d new, %d gone, %d changed, %d the same", len(p.Appeared), len(p.Vanished), len(p.Changed), p.Same)
	if n == 0 && p.Same == 0 {
		note = "none on either side"
		if len(p.UnmatchedA)+len(p.UnmatchedB) > 0 {
			note = "none to compare"
		}
	} else if n == 0 {
		note = fmt.Sprintf("no difference: %d on both sides", p.Same)
	}
	t.Heading("Findings", note)
	for _, f := range shown(t, worstFirst(p.Appeared)) {
		t.finding("new", "B", f)
	}
	t.more(len(p.Appeared) - len(shown(t, p.Appeared)))
	for _, ch := range shown(t, p.Changed) {
		t.Paragraph(report.Plain, 2, fmt.Sprintf("changed  %s %s  %s", ch.B.Severity, ch.B.Rule, report.FlowText(ch.B.Flow)))
		t.Paragraph(report.Plain, 11, strings.Join(ch.Differs, ", "))
	}
	t.more(len(p.Changed) - len(shown(t, p.Changed)))
	for _, f := range shown(t, worstFirst(p.Vanished)) {
		t.finding("gone", "A", f)
	}
	t.more(len(p.Vanished) - len(shown(t, p.Vanished)))
}

// finding writes a finding that only one side has; its frames are that side's.
func (t *text) finding(word, side string, f *report.Finding) {
	look := report.SeverityLook(f.Severity)
	if word == "gone" {
		look = report.Good
	}
	t.Paragraph(look, 2, strings.TrimRight(fmt.Sprintf("%-7s  %s %s  %s", word, f.Severity, f.Rule, report.FlowText(f.Flow)), " "))
	t.Paragraph(report.Plain, 11, f.Message)
	if s := report.FrameList(f.Evidence, f.EvidenceTotal); s != "" {
		t.Paragraph(report.Dim, 11, s+" of "+side)
	}
}

// latency writes the rows of both sides in tables, a metric each. Of many pairs
// only the rows that changed are shown.
func (t *text) latency(p *Pair, many bool) {
	var rows []*Row
	same := 0
	for _, r := range p.Rows {
		if many && !r.moved() {
			same++
			continue
		}
		rows = append(rows, r)
	}
	if len(p.Rows) == 0 {
		return
	}
	t.Blank()
	note := ""
	if same > 0 {
		note = fmt.Sprintf("not shown: %d without a change that is more than chance", same)
	}
	t.Heading("Latency", note)
	cut := shown(t, rows)
	for len(cut) > 0 {
		n := 1
		for n < len(cut) && cut[n].Metric == cut[0].Metric && sameNames(cut[n].Labels, cut[0].Labels) {
			n++
		}
		t.metric(cut[:n])
		cut = cut[n:]
	}
	t.more(len(rows) - len(shown(t, rows)))
}

func sameNames(a, b report.Labels) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name {
			return false
		}
	}
	return true
}

// metric writes the rows of one metric.
func (t *text) metric(rows []*Row) {
	t.Line(report.Bold, "  "+rows[0].Metric)
	look := func(cell string) report.Look {
		switch {
		case rows[0].Neutral:
			return report.Plain
		case strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "x"):
			return report.LookError
		case strings.HasPrefix(cell, "-") && cell != "-":
			return report.Good
		}
		return report.Plain
	}
	var columns []report.PageColumn
	for _, l := range rows[0].Labels {
		columns = append(columns, report.PageColumn{Head: strings.ReplaceAll(l.Name, "_", " "), Min: 15})
	}
	if len(columns) == 0 {
		columns = append(columns, report.PageColumn{Head: "row"})
	}
	columns = append(columns, report.PageColumn{Head: "n A", Right: true}, report.PageColumn{Head: "n B", Right: true},
		report.PageColumn{Head: "p50 A", Right: true}, report.PageColumn{Head: "p50 B", Right: true}, report.PageColumn{Head: "change", Right: true, Look: look},
		report.PageColumn{Head: "p95 A", Right: true}, report.PageColumn{Head: "p95 B", Right: true}, report.PageColumn{Head: "change", Right: true, Look: look},
		report.PageColumn{Head: "p", Right: true, Extra: true})
	var cells [][]string
	for _, r := range rows {
		row := r.labels()
		if len(r.Labels) == 0 {
			row = append(row, "all")
		}
		row = append(row, count(r.A), count(r.B))
		row = append(row, t.change(r, &r.P50)...)
		row = append(row, t.change(r, &r.P95)...)
		cells = append(cells, append(row, t.least(r)))
		t.sampled = t.sampled || sampled(r.A) || sampled(r.B)
	}
	t.Table(4, columns, cells)
}

func count(row *report.LatencyRow) string {
	if row == nil {
		return "-"
	}
	return report.Count(row.Count)
}

// sampled: the row has more values than its sample.
func sampled(row *report.LatencyRow) bool { return row != nil && row.Count > uint64(len(row.Sample)) }

// change is a percentile of both sides and what became of it.
func (t *text) change(r *Row, c *Change) []string {
	a, b := "-", "-"
	if r.A != nil {
		a = report.Value(c.A, r.Unit)
	}
	if r.B != nil {
		b = report.Value(c.B, r.Unit)
	}
	switch {
	case r.A == nil:
		return []string{a, b, "new"}
	case r.B == nil:
		return []string{a, b, "gone"}
	case c.TooFew:
		t.few = true
		return []string{a, b, "few"}
	case !c.Significant():
		t.tilde = true
		if c == &r.P50 && r.Shape.Significant() && !r.P95.Significant() {
			t.shape = true
			return []string{a, b, "shape"}
		}
		return []string{a, b, "~"}
	}
	return []string{a, b, ratioText(c.Ratio())}
}

// least is the smaller of the row's adjusted p-values.
func (t *text) least(r *Row) string {
	if r.A == nil || r.B == nil || r.P50.TooFew && r.P95.TooFew {
		return "-"
	}
	return pText(min(r.P50.Adjusted, r.P95.Adjusted))
}

func pText(p float64) string {
	if p < 0.001 {
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", math.Floor(p*1000)/1000)
}

func (t *text) unpaired(side string, list []Named) {
	if len(list) == 0 {
		return
	}
	t.Blank()
	t.Heading("Only in "+side, "no partner of this name on the other side: not compared")
	for _, n := range shown(t, list) {
		t.Paragraph(report.Plain, 2, n.Name+": "+report.CaptureVerdict(n.Capture))
	}
	t.more(len(list) - len(shown(t, list)))
}

// legend explains the signs that were used.
func (t *text) legend(c *Comparison) {
	var parts []string
	if t.tilde {
		parts = append(parts, fmt.Sprintf("~: no more than chance (p of at least %.2f)", stats.Alpha))
	}
	if t.few {
		parts = append(parts, "few: too few values to tell")
	}
	if t.shape {
		parts = append(parts, "shape: the distribution changed, its median did not")
	}
	if c.Tests > 1 {
		parts = append(parts, fmt.Sprintf("p is corrected for %d tests", c.Tests))
	}
	if t.sampled {
		parts = append(parts, "rows of more than 256 values are tested by a sample of as many")
	}
	if len(parts) == 0 {
		return
	}
	t.Blank()
	t.Paragraph(report.Dim, 0, strings.Join(parts, "; ")+".")
}

// verdict says what --fail-on-regression found.
func (t *text) verdict(c *Comparison, percent float64) {
	if percent < 0 {
		return
	}
	t.Blank()
	bad := c.Regressions(percent)
	if len(bad) == 0 {
		where := ""
		if len(c.OnlyA)+len(c.OnlyB) > 0 {
			where = " in what was compared"
		}
		t.Paragraph(report.Good, 0, fmt.Sprintf("No regression%s: no new warning or error, no latency that grew by %.3g %% and more than chance.", where, percent))
		return
	}
	word := "regressions"
	if len(bad) == 1 {
		word = "regression"
	}
	t.Line(report.LookError, fmt.Sprintf("%d %s", len(bad), word))
	for _, s := range bad {
		t.Paragraph(report.Plain, 2, s)
	}
}

// worstFirst orders findings by severity; those of one keep their order.
func worstFirst(list []*report.Finding) []*report.Finding {
	out := append([]*report.Finding(nil), list...)
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i].Severity) > rank(out[j].Severity) })
	return out
}
