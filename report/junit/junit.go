// Package junit writes JUnit XML, the report of test results that CI systems
// read. There is no standard; this is the subset that the schema of Jenkins'
// xUnit plug-in (junit-10.xsd) allows and that Jenkins, GitLab and GitHub's
// actions agree on. Nothing here has a duration or a moment: a capture is no
// test run, and invented times would end in the statistics of test runners.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Suite is a group of cases.
type Suite struct {
	Name  string
	Cases []Case
	// Output is text for people about the suite as a whole.
	Output string
}

// Case is one test case: it passes when it has no Problem.
type Case struct {
	Class string // groups cases in most viewers
	Name  string
	File  string // where it belongs; "": nowhere
	// Problem is why the case does not pass; nil: it does.
	Problem *Problem
	// Output is text for people, whatever the outcome; may have several lines.
	Output string
}

// Kind of a problem.
type Kind uint8

// The kinds: what was asserted does not hold, it could not be found out, or it
// was not asked.
const (
	Failure Kind = iota + 1
	Error
	Skipped
)

// Problem is why a case does not pass.
type Problem struct {
	Kind    Kind
	Type    string // a word for machines: a rule's code
	Message string // one line
	Text    string // several lines; "" repeats Message
}

type xmlSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suites   []xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name     string    `xml:"name,attr"`
	Tests    int       `xml:"tests,attr"`
	Failures int       `xml:"failures,attr"`
	Errors   int       `xml:"errors,attr"`
	Skipped  int       `xml:"skipped,attr"`
	Cases    []xmlCase `xml:"testcase"`
	Output   *xmlText  `xml:"system-out"`
}

type xmlCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	File    string      `xml:"file,attr,omitempty"`
	Skipped *xmlProblem `xml:"skipped"`
	Error   *xmlProblem `xml:"error"`
	Failure *xmlProblem `xml:"failure"`
	Output  *xmlText    `xml:"system-out"`
}

type xmlProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"` // line breaks stay readable
}

type xmlText struct {
	Text string `xml:",cdata"`
}

// Write writes the suites as one document. Characters that XML 1.0 cannot hold
// are written as \x1b or \u2028 in plain characters.
func Write(w io.Writer, name string, suites []Suite) error {
	doc := xmlSuites{Name: legal(name)}
	for i := range suites {
		s := convert(&suites[i])
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Errors += s.Errors
		doc.Suites = append(doc.Suites, s)
	}
	raw, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, raw)
	return err
}

func convert(s *Suite) xmlSuite {
	out := xmlSuite{Name: legal(s.Name), Tests: len(s.Cases)}
	if s.Output != "" {
		out.Output = &xmlText{legal(s.Output)}
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		x := xmlCase{Class: legal(c.Class), Name: legal(c.Name), File: legal(c.File)}
		if c.Output != "" {
			x.Output = &xmlText{legal(c.Output)}
		}
		if p := c.Problem; p != nil {
			body := &xmlProblem{Message: legal(p.Message), Type: legal(p.Type), Text: legal(p.Text)}
			if body.Text == "" {
				body.Text = body.Message
			}
			switch p.Kind {
			case Skipped:
				x.Skipped, body.Type, body.Text = body, "", ""
				out.Skipped++
			case Error:
				x.Error = body
				out.Errors++
			default:
				x.Failure = body
				out.Failures++
			}
		}
		out.Cases = append(out.Cases, x)
	}
	return out
}

// legal replaces what XML 1.0 (section 2.2) has no form for, even escaped.
func legal(s string) string {
	clean := true
	for i, r := range s {
		clean = clean && isChar(r) && !(r == utf8.RuneError && invalidAt(s[i:]))
	}
	if clean {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case isChar(r):
			b.WriteString(s[:n])
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[n:]
	}
	return b.String()
}

func invalidAt(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n == 1
}

// isChar: the production Char, without the C1 controls and the line separators,
// which it allows and terminals do not like.
func isChar(r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return true
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfffe, r == 0xffff:
		return false
	}
	return true
}
