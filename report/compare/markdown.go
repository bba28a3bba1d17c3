package compare

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/markdown"
)

// WriteMarkdown writes a comparison for a job summary or a merge request.
func WriteMarkdown(w io.Writer, c *Comparison, percent float64, opt report.Options) error {
	m := &marked{text: text{top: opt.Top}}
	m.b.WriteString("## pcaptriage diff: " + markdown.Text(c.headline(percent)) + "\n\n")
	for _, s := range []struct {
		name string
		*Side
	}{{"A", c.A}, {"B", c.B}} {
		fmt.Fprintf(&m.b, "- %s: %s\n", s.name, markdown.Text(s.Side.Name))
	}
	for _, r := range c.Remarks {
		m.b.WriteString("\n" + markdown.Text(r) + "\n")
	}
	if percent >= 0 {
		if bad := c.Regressions(percent); len(bad) > 0 {
			m.b.WriteString("\n### Regressions\n\n")
			for _, s := range bad {
				m.b.WriteString("- " + markdown.Text(s) + "\n")
			}
		}
	}
	for _, p := range c.Pairs {
		m.pair(p)
	}
	m.alone("A", c.OnlyA)
	m.alone("B", c.OnlyB)
	_, err := io.WriteString(w, m.b.String())
	return err
}

// headline counts what differs.
func (c *Comparison) headline(percent float64) string {
	appeared, vanished, slower, faster := 0, 0, 0, 0
	for _, p := range c.Pairs {
		appeared += len(p.Appeared)
		vanished += len(p.Vanished)
		for _, r := range p.Rows {
			switch {
			case len(r.worse(0)) > 0:
				slower++
			case !r.Neutral && (r.P50.Significant() || r.P95.Significant()):
				faster++
			}
		}
	}
	s := fmt.Sprintf("%d findings new, %d gone; %d latencies slower, %d faster", appeared, vanished, slower, faster)
	if percent >= 0 {
		s = fmt.Sprintf("%d regressions; %s", len(c.Regressions(percent)), s)
	}
	return s
}

// marked writes Markdown; its text knows how a change is said.
type marked struct {
	text
	b strings.Builder
}

func (m *marked) pair(p *Pair) {
	if p.Name != "" {
		m.b.WriteString("\n### " + markdown.Text(p.Name) + "\n")
	}
	for _, r := range p.Remarks {
		m.b.WriteString("\n" + markdown.Text(r) + "\n")
	}
	var rows [][]string
	add := func(change, side string, f *report.Finding, what string) {
		frames := strings.TrimPrefix(strings.TrimPrefix(report.FrameList(f.Evidence, f.EvidenceTotal), "frames "), "frame ")
		if frames != "" {
			frames += " of " + side
		}
		rows = append(rows, []string{"**" + change + "**", f.Severity, markdown.Code(f.Rule), markdown.Text(report.FlowText(f.Flow)), markdown.Text(what), markdown.Text(frames)})
	}
	for _, f := range shown(&m.text, worstFirst(p.Appeared)) {
		add("new", "B", f, f.Message)
	}
	for _, ch := range shown(&m.text, p.Changed) {
		add("changed", "B", ch.B, strings.Join(ch.Differs, ", "))
	}
	for _, f := range shown(&m.text, worstFirst(p.Vanished)) {
		add("gone", "A", f, f.Message)
	}
	if len(rows) > 0 {
		m.b.WriteString("\n")
		markdown.Table(&m.b, []markdown.Column{{Head: "finding"}, {Head: "severity"}, {Head: "rule"}, {Head: "flow"}, {Head: "what"}, {Head: "frames"}}, rows)
		if hidden := len(p.Appeared) + len(p.Changed) + len(p.Vanished) - len(rows); hidden > 0 {
			fmt.Fprintf(&m.b, "\n... and %d more.\n", hidden)
		}
	} else if p.Same > 0 {
		fmt.Fprintf(&m.b, "\nNo difference in findings: %d on both sides.\n", p.Same)
	} else if !p.A.Unreadable() && !p.B.Unreadable() {
		m.b.WriteString("\nNo findings to compare.\n")
	}
	m.latencyRows(p)
}

// latencyRows adds the rows that changed in a table, the others folded.
func (m *marked) latencyRows(p *Pair) {
	var moved, still [][]string
	for _, r := range p.Rows {
		cells := []string{markdown.Text(r.Metric), markdown.Text(r.labelText()), count(r.A) + " / " + count(r.B)}
		for _, c := range []*Change{&r.P50, &r.P95} {
			parts := m.change(r, c)
			cells = append(cells, parts[0]+" / "+parts[1], markdown.Text(parts[2]))
		}
		cells = append(cells, markdown.Text(m.least(r)))
		if r.moved() {
			moved = append(moved, cells)
		} else {
			still = append(still, cells)
		}
	}
	columns := []markdown.Column{{Head: "metric"}, {Head: "labels"}, {Head: "n", Right: true}, {Head: "p50 A / B", Right: true}, {Head: "change", Right: true},
		{Head: "p95 A / B", Right: true}, {Head: "change", Right: true}, {Head: "p", Right: true}}
	if len(moved) > 0 {
		m.b.WriteString("\n")
		markdown.Table(&m.b, columns, shown(&m.text, moved))
		if hidden := len(moved) - len(shown(&m.text, moved)); hidden > 0 {
			fmt.Fprintf(&m.b, "\n... and %d more.\n", hidden)
		}
	}
	if len(still) > 0 {
		fmt.Fprintf(&m.b, "\n<details><summary>Latency without a change that is more than chance: %s</summary>\n\n", rowCount(len(still)))
		markdown.Table(&m.b, columns, shown(&m.text, still))
		m.b.WriteString("\n</details>\n")
	}
}

func rowCount(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func (m *marked) alone(side string, list []Named) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(&m.b, "\n### Only in %s, not compared\n\n", side)
	for _, n := range list {
		m.b.WriteString("- " + markdown.Text(n.Name) + ": " + markdown.Text(report.CaptureVerdict(n.Capture)) + "\n")
	}
}
