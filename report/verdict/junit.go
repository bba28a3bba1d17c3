package verdict

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/junit"
)

// WriteJUnit writes a test suite a capture and a test case a promise. A case's
// name holds the capture's too: many viewers show no suites.
func WriteJUnit(w io.Writer, v *Verdict) error {
	var suites []junit.Suite
	at := map[string]int{}
	for _, c := range v.Cases {
		name := captureName(c)
		i, ok := at[name]
		if !ok {
			i = len(suites)
			at[name] = i
			suites = append(suites, junit.Suite{Name: name, File: c.Capture})
		}
		suites[i].Cases = append(suites[i].Cases, junitCase(c))
	}
	if len(v.Notes) > 0 {
		suites = append(suites, junit.Suite{Name: "pcaptriage check", Output: strings.Join(v.Notes, "\n") + "\n"})
	}
	return junit.Write(w, "pcaptriage check", suites)
}

// captureName stands for the capture in headings.
func captureName(c *Case) string {
	if c.Capture == "" {
		return "no capture"
	}
	return c.Capture
}

func junitCase(c *Case) junit.Case {
	out := junit.Case{Class: "pcaptriage.check." + string(c.Kind), Name: captureName(c) + ": " + c.Name}
	switch c.Status {
	case Pass:
		out.Output = caseText(c)
		return out
	case Skipped:
		out.Problem = &junit.Problem{Kind: junit.Skipped, Message: c.Message}
		return out
	}
	out.Problem = &junit.Problem{Kind: junit.Failure, Type: string(c.Kind), Message: c.Message, Text: caseText(c)}
	if c.Status == Error {
		out.Problem.Kind = junit.Error
	}
	if p := first(c); p != nil {
		out.Problem.Type = string(p.Change)
		if len(c.Problems) == 1 {
			out.Problem.Message = p.Message
		}
	}
	return out
}

// first is the first problem that makes the case fail, nil without any.
func first(c *Case) *Problem {
	for _, p := range c.Problems {
		if p.Fails {
			return p
		}
	}
	return nil
}

// caseText says as plain text how a case ended and what is wrong.
func caseText(c *Case) string {
	var b strings.Builder
	if len(c.Problems) != 1 || c.Problems[0].Message != c.Message { // else it follows
		b.WriteString(c.Message + "\n")
	}
	if s := c.Location.String(); s != "" && s != c.Capture {
		b.WriteString("promised in " + s + "\n")
	}
	for _, p := range c.Problems {
		label := p.Severity
		if !p.Fails {
			label = "remark"
		}
		fmt.Fprintf(&b, "\n%s: %s\n", label, p.Message)
		for _, d := range p.Details {
			b.WriteString("  " + d + "\n")
		}
		frames, filter := p.cited()
		if frames != "" {
			b.WriteString("  " + frames + "\n")
		}
		if filter != "" {
			b.WriteString("  Wireshark: " + filter + "\n")
		}
		if p.Rule != "" {
			b.WriteString("  more: pcaptriage explain " + p.Rule + "\n")
		}
	}
	return b.String()
}

// cited are the frames that a problem cites, and a display filter for them. Those
// of a finding that is gone are of the golden's capture, which may be another one:
// in the present capture the filter would show anything.
func (p *Problem) cited() (frames, filter string) {
	frames, filter = report.FrameList(p.Frames, 0), p.Filter
	if p.Change == Violated { // its details name the frames of each finding
		return "", filter
	}
	if frames != "" && (p.Change == Vanished || p.Change == RetiredRule) {
		return frames + " when the golden was made", ""
	}
	return frames, filter
}

// String is "file:line:column" as far as they are known.
func (l Location) String() string {
	s := l.File
	if l.Line > 0 {
		s += fmt.Sprintf(":%d", l.Line)
		if l.Column > 0 {
			s += fmt.Sprintf(":%d", l.Column)
		}
	}
	return s
}
