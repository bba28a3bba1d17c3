package report

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/report/markdown"
)

// markdownRenderer writes the report for a job summary or a merge request: what
// was found in tables, and behind folds what the rules mean and how long things
// took.
type markdownRenderer struct {
	w       io.Writer
	opt     Options
	body    strings.Builder
	rules   map[string]bool // of the findings shown
	summary [][]string
	left    uint64 // captures whose details are left out
}

// maxMarkdown is how long the captures' details may become: a job summary holds
// 1 MiB, and the whole is refused when it is longer.
const maxMarkdown = 600_000

func (r *markdownRenderer) Begin(Tool) error {
	r.rules = map[string]bool{}
	return nil
}

func (r *markdownRenderer) Capture(c *Capture) error {
	b := &r.body
	verdict := CaptureVerdict(c)
	if b.Len() > maxMarkdown {
		r.left++
		r.summary = append(r.summary, []string{markdown.Text(c.Path), markdown.Text(verdict)})
		return nil
	}
	fmt.Fprintf(b, "\n### %s\n\n", markdown.Text(c.Path))
	b.WriteString("**" + markdown.Text(verdict) + "**")
	r.summary = append(r.summary, []string{markdown.Text(c.Path), markdown.Text(verdict)})
	if c.Unreadable() {
		b.WriteString("\n")
		return nil
	}
	b.WriteString(": " + markdown.Text(CaptureFacts(c)) + "\n")
	if cov := c.Coverage; cov.Error != "" {
		b.WriteString("\n" + markdown.Text(cov.Error) + "\n")
	}
	if len(c.Shows) > 0 {
		b.WriteString("\nThis report shows personal data, because it was asked for: " + markdown.Text(strings.Join(c.Shows, ", ")) + ".\n")
	}
	r.findings(c)
	r.latency(c)
	return nil
}

func (r *markdownRenderer) End(t *Totals) error {
	var b strings.Builder
	b.WriteString("## pcaptriage: " + totalCounts(t) + "\n")
	if t.Interrupted {
		b.WriteString("\nInterrupted: the report covers what was read until then.\n")
	}
	if len(r.summary) > 1 {
		b.WriteString("\n")
		markdown.Table(&b, []markdown.Column{{Head: "capture"}, {Head: "verdict"}}, r.summary)
	}
	b.WriteString(r.body.String())
	if r.left > 0 {
		fmt.Fprintf(&b, "\nDetails of %s are left out: a job summary would not hold them.\n", plural(r.left, "further capture", "further captures"))
	}
	for _, code := range sortedKeys(r.rules) {
		if rule := r.opt.rule(code); rule != nil {
			b.WriteString("\n" + MarkdownRule(rule))
		}
	}
	_, err := io.WriteString(r.w, b.String())
	return err
}

// totalCounts is "1 error, 2 warnings in 3 captures".
func totalCounts(t *Totals) string {
	var parts []string
	for _, s := range [...][3]string{{"error", "error", "errors"}, {"warning", "warning", "warnings"}, {"info", "info", "info"}} {
		if n := t.FindingsBySeverity[s[0]]; n > 0 {
			parts = append(parts, plural(n, s[1], s[2]))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no findings"}
	}
	out := strings.Join(parts, ", ") + " in " + plural(t.Captures, "capture", "captures")
	if t.Unreadable > 0 {
		out += fmt.Sprintf(", %s not readable", Count(t.Unreadable))
	}
	return out
}

// findings adds the table of findings, worst first.
func (r *markdownRenderer) findings(c *Capture) {
	list := worstFirst(c.Findings)
	n := len(list)
	if r.opt.Top > 0 {
		n = min(n, r.opt.Top)
	}
	if n == 0 {
		return
	}
	start, _ := c.FirstTime.Nanos()
	var rows [][]string
	for _, f := range list[:n] {
		r.rules[f.Rule] = true
		rows = append(rows, []string{f.Severity, markdown.Code(f.Rule), markdown.Text(offset(f.Time, start)), markdown.Text(flowText(f.Flow)),
			markdown.Text(qualified(f)), markdown.Text(strings.TrimPrefix(strings.TrimPrefix(frameList(f), "frames "), "frame "))})
	}
	r.body.WriteString("\n")
	markdown.Table(&r.body, []markdown.Column{{Head: "severity"}, {Head: "rule"}, {Head: "at", Right: true}, {Head: "flow"}, {Head: "what"}, {Head: "frames"}}, rows)
	if hidden := len(list) - n; hidden > 0 {
		fmt.Fprintf(&r.body, "\n... and %s more.\n", Count(hidden))
	}
}

// latency adds the latency rows, folded.
func (r *markdownRenderer) latency(c *Capture) {
	n := len(c.Latency)
	if r.opt.Top > 0 {
		n = min(n, r.opt.Top)
	}
	if n == 0 {
		return
	}
	b := &r.body
	fmt.Fprintf(b, "\n<details><summary>Latency (%s)</summary>\n\n", plural(uint64(len(c.Latency)), "row", "rows"))
	var rows [][]string
	for _, row := range c.Latency[:n] {
		cells := []string{markdown.Text(row.Metric), markdown.Text(row.Labels.String()), Count(row.Count)}
		for _, v := range []int64{row.P50, row.P95, row.P99, row.Max} {
			cells = append(cells, Value(v, row.Unit))
		}
		rows = append(rows, cells)
	}
	markdown.Table(b, []markdown.Column{{Head: "metric"}, {Head: "labels"}, {Head: "count", Right: true}, {Head: "p50", Right: true},
		{Head: "p95", Right: true}, {Head: "p99", Right: true}, {Head: "max", Right: true}}, rows)
	if hidden := len(c.Latency) - n; hidden > 0 {
		fmt.Fprintf(b, "\n... and %s more.\n", Count(hidden))
	}
	b.WriteString("\n</details>\n")
}

// MarkdownRule folds what pcaptriage explain says of a rule behind a line.
func MarkdownRule(rule *analyzers.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>What <code>%s</code> means: %s</summary>\n", rule.Code, markdown.Text(rule.Title))
	for _, s := range ruleSections(rule) {
		fmt.Fprintf(&b, "\n**%s**\n\n%s\n", s.head, paragraphs(s.text))
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

// String is "server=10.0.0.2:443, reused=yes".
func (l Labels) String() string {
	parts := make([]string, len(l))
	for i := range l {
		parts[i] = l[i].Name + "=" + l[i].Value
	}
	return strings.Join(parts, ", ")
}
