package report

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/report/junit"
)

// junitRenderer writes a test case a capture. A capture's case fails when it has
// findings that Options.FailOn names; it is an error when the capture could not
// be read whole or an analyzer failed. All findings are in its output.
type junitRenderer struct {
	w     io.Writer
	opt   Options
	cases []junit.Case
}

func (r *junitRenderer) Begin(Tool) error { return nil }

func (r *junitRenderer) Capture(c *Capture) error {
	r.cases = append(r.cases, junit.Case{Class: "pcaptriage.analyze", Name: c.Path,
		Problem: r.problem(c), Output: plainFindings(c)})
	return nil
}

func (r *junitRenderer) End(t *Totals) error {
	s := junit.Suite{Name: "pcaptriage analyze", Cases: r.cases}
	if t.Interrupted {
		s.Output = "Interrupted: the report covers what was read until then.\n"
	}
	return junit.Write(r.w, "pcaptriage", []junit.Suite{s})
}

// problem is why a capture's case does not pass, nil when it does.
func (r *junitRenderer) problem(c *Capture) *junit.Problem {
	cov := c.Coverage
	fail := func(typ, message string, details ...string) *junit.Problem {
		return &junit.Problem{Kind: junit.Error, Type: typ, Message: message, Text: strings.Join(append([]string{message}, details...), "\n")}
	}
	switch {
	case c.Unreadable():
		return fail("input-unreadable", "not readable: "+c.Error)
	case len(cov.AnalyzersFailed) > 0:
		return fail("internal-error", cov.AnalyzersFailed[0].Error)
	case cov.InternalErrorCount > 0:
		return fail("internal-error", strings.Join(cov.InternalErrors, "; "))
	case cov.EndedEarly || cov.DamageCount > 0 || cov.Error != "":
		return fail("input-damaged", cov.Error, cov.Damages...)
	}
	var bad []*Finding
	for _, f := range worstFirst(c.Findings) {
		if r.opt.fails(f) {
			bad = append(bad, f)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	message := bad[0].Rule + ": " + bad[0].Message
	if n := len(bad) - 1; n > 0 {
		message += fmt.Sprintf(" (and %s)", plural(uint64(n), "further finding", "further findings"))
	}
	var text strings.Builder
	for _, f := range bad {
		plainFinding(&text, f)
	}
	return &junit.Problem{Kind: junit.Failure, Type: bad[0].Rule, Message: message, Text: text.String()}
}

// fails: the finding is of a severity that FailOn names, or a worse one.
func (o *Options) fails(f *Finding) bool {
	for _, s := range severities { // worst first
		if f.Severity == s.String() {
			return o.FailOn != ""
		}
		if o.FailOn == s.String() {
			return false
		}
	}
	return false
}

// plainFindings lists a capture's findings as plain text, worst first.
func plainFindings(c *Capture) string {
	var b strings.Builder
	for _, f := range worstFirst(c.Findings) {
		plainFinding(&b, f)
	}
	return b.String()
}

// plainFinding adds a finding in two or three lines.
func plainFinding(b *strings.Builder, f *Finding) {
	fmt.Fprintf(b, "%s %s", f.Severity, f.Rule)
	if s := flowText(f.Flow); s != "" {
		b.WriteString("  " + s)
	}
	b.WriteString("\n  " + qualified(f) + "\n")
	if s := frameList(f); s != "" {
		b.WriteString("  " + s + "\n")
	}
}
