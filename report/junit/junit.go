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
	"unicode"
	"unicode/utf8"
)

// Suite is a group of cases.
type Suite struct {
	Name  string
	File  string // what it is about; "": nothing in particular
	Cases []Case
	// Output is text for people about the suite as a whole.
	Output string
}

// Case is one test case: it passes when it has no Problem.
type Case struct {
	Class string // groups cases in most viewers
	Name  string
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
	File     string    `xml:"file,attr,omitempty"`
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
	out := xmlSuite{Name: legal(s.Name), File: legal(s.File), Tests: len(s.Cases)}
	if s.Output != "" {
		out.Output = &xmlText{legal(s.Output)}
	}
	seen := map[string]int{}
	for i := range s.Cases {
		c := &s.Cases[i]
		x := xmlCase{Class: legal(c.Class), Name: legal(c.Name)}
		key := x.Class + "\x00" + x.Name
		if seen[key]++; seen[key] > 1 { // readers take cases of one name for one
			x.Name += fmt.Sprintf(" (%d)", seen[key])
		}
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

// legal makes visible what XML 1.0 (section 2.2) has no form for and what a
// terminal that shows the file would obey: everything that is not printed, but
// line breaks and tabs.
func legal(s string) string {
	var b strings.Builder
	clean := true
	for rest := s; len(rest) > 0; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, rest[0])
			clean = false
		case unicode.IsPrint(r) || r == '\n' || r == '\t':
			b.WriteString(rest[:n])
		default:
			form := `\U%08x`
			switch {
			case r < 0x80:
				form = `\x%02x`
			case r <= 0xffff:
				form = `\u%04x`
			}
			fmt.Fprintf(&b, form, r)
			clean = false
		}
		rest = rest[n:]
	}
	if clean {
		return s
	}
	return b.String()
}
