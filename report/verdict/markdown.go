package verdict

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/markdown"
)

// WriteMarkdown writes the verdict for a job summary: how many promises hold,
// what is wrong with the others, and behind folds what holds and what the rules
// mean.
func WriteMarkdown(w io.Writer, v *Verdict) error {
	var b strings.Builder
	b.WriteString("## pcaptriage check: " + headline(v.Counts()) + "\n")
	for _, note := range v.Notes {
		b.WriteString("\n" + markdown.Text(note) + "\n")
	}
	var bad, good [][]string
	for _, c := range v.Cases {
		row := []string{string(c.Status), markdown.Text(captureName(c)), markdown.Text(c.Name), markdown.Text(c.Message)}
		if c.Status == Fail || c.Status == Error {
			row[0] = "**" + row[0] + "**"
			bad = append(bad, row)
		} else {
			good = append(good, row)
		}
	}
	columns := []markdown.Column{{Head: "status"}, {Head: "capture"}, {Head: "promise"}, {Head: "outcome"}}
	if len(bad) > 0 {
		b.WriteString("\n")
		markdown.Table(&b, columns, bad)
	}
	for _, c := range v.Cases {
		if len(c.Problems) > 0 {
			markdownCase(&b, c)
		}
	}
	if len(good) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n", goodHeadline(v.Counts()))
		markdown.Table(&b, columns, good)
		b.WriteString("\n</details>\n")
	}
	for _, r := range v.Rules {
		b.WriteString("\n" + report.MarkdownRule(r))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// headline is "1 of 5 promises failed, 1 could not be judged".
func headline(n Counts) string {
	total := n.Total()
	switch {
	case total == 0:
		return "nothing to check"
	case n.Fail+n.Error == 0 && n.Skipped == 0:
		return fmt.Sprintf("%d of %d hold", n.Pass, total)
	case n.Fail+n.Error == 0:
		return fmt.Sprintf("%d of %d hold, %d skipped", n.Pass, total, n.Skipped)
	case n.Error == 0:
		return fmt.Sprintf("%d of %d failed", n.Fail, total)
	case n.Fail == 0:
		return fmt.Sprintf("%d of %d could not be judged", n.Error, total)
	}
	return fmt.Sprintf("%d of %d failed, %d could not be judged", n.Fail, total, n.Error)
}

func goodHeadline(n Counts) string {
	if n.Skipped == 0 {
		return fmt.Sprintf("%d passed", n.Pass)
	}
	return fmt.Sprintf("%d passed, %d skipped", n.Pass, n.Skipped)
}

// markdownCase lists what is wrong in a case.
func markdownCase(b *strings.Builder, c *Case) {
	fmt.Fprintf(b, "\n### %s: %s\n\n", markdown.Text(captureName(c)), markdown.Text(c.Name))
	if s := c.Location.String(); s != "" && s != c.Capture {
		b.WriteString("Promised in " + markdown.Code(s) + ".\n\n")
	}
	for _, p := range c.Problems {
		label := "**" + p.Severity + "**"
		if !p.Fails {
			label = "remark"
		}
		b.WriteString("- " + label + ": " + markdown.Text(p.Message) + "\n")
		for _, d := range p.Details {
			b.WriteString("  - " + markdown.Text(d) + "\n")
		}
		if frames, filter := p.cited(); frames != "" {
			b.WriteString("  - " + markdown.Text(frames))
			if filter != "" {
				b.WriteString(": " + markdown.Code(filter))
			}
			b.WriteString("\n")
		}
	}
}
