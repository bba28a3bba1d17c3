package verdict

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/report"
)

// TextOptions are what the text of a verdict depends on.
type TextOptions struct {
	report.Options
	// Quiet leaves out what holds.
	Quiet bool
}

// WriteText writes a verdict for the log of a job: a line for each promise that
// holds, what is wrong with the others, and the sum at the end, where people
// look first. Options.Top is the number of problems that it shows of a case.
func WriteText(w io.Writer, v *Verdict, opt TextOptions) error {
	t := &text{Page: report.NewPage(w, opt.Options), top: opt.Top}
	for _, c := range v.Cases {
		if !opt.Quiet || c.Status == Fail || c.Status == Error || len(c.Problems) > 0 {
			t.testCase(c)
		}
	}
	for _, note := range v.Notes {
		t.Paragraph(report.Odd, 0, note)
	}
	if len(v.Cases) > 0 && !opt.Quiet {
		t.Blank()
	}
	t.sum(v)
	return t.Flush()
}

type text struct {
	*report.Page
	top int
}

// words are how a status is printed, and how it stands out.
func (s Status) words() (string, report.Look) {
	switch s {
	case Pass:
		return "ok", report.Good
	case Fail:
		return "FAIL", report.LookError
	case Error:
		return "ERROR", report.LookError
	}
	return "skip", report.Odd
}

func (t *text) testCase(c *Case) {
	word, look := c.Status.words()
	head := word + " " + captureName(c) + ": " + c.Name
	if len(c.Problems) == 1 && c.Problems[0].Message == c.Message {
		t.Paragraph(look, 0, head)
	} else {
		t.Paragraph(look, 0, head+": "+c.Message)
	}
	if c.Status == Pass && len(c.Problems) == 0 || c.Status == Skipped {
		return
	}
	if at := c.Location.String(); at != "" && at != c.Capture && c.Status != Pass {
		t.Paragraph(report.Dim, 2, "promised in "+at)
	}
	for i, p := range c.Problems {
		if t.top > 0 && i == t.top {
			t.Paragraph(report.Dim, 2, fmt.Sprintf("... and %s more (--top 0 shows all)", report.Count(len(c.Problems)-i)))
			break
		}
		t.problem(p)
	}
}

// problem writes what is wrong; what does not fail is a remark.
func (t *text) problem(p *Problem) {
	label, look := p.Severity, report.SeverityLook(p.Severity)
	if !p.Fails {
		label, look = "remark", report.Dim
	}
	t.Paragraph(look, 2, label+": "+p.Message)
	for _, d := range p.Details {
		t.Paragraph(report.Plain, 6, d)
	}
	var facts []string
	if frames, _ := p.cited(); frames != "" {
		facts = append(facts, frames)
	}
	if p.Location.Line > 0 {
		facts = append(facts, p.Location.String())
	}
	if len(facts) > 0 {
		t.Paragraph(report.Dim, 6, strings.Join(facts, "; "))
	}
}

// sum is the last line.
func (t *text) sum(v *Verdict) {
	n := v.Counts()
	look := report.Good
	if n.Fail+n.Error > 0 {
		look = report.LookError
	}
	captures := map[string]bool{}
	for _, c := range v.Cases {
		if c.Capture != "" {
			captures[c.Capture] = true
		}
	}
	s := headline(n)
	if len(captures) != 1 {
		s += fmt.Sprintf(" (%s captures)", report.Count(len(captures)))
	}
	t.Paragraph(look, 0, s)
}
