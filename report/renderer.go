package report

import (
	"fmt"
	"io"
	"strings"

	"pcaptriage/analyzers"
)

// Renderer writes a report in one format. Begin comes first, Capture once for
// each capture as soon as it is done, End last; a renderer may write at any of
// them and keeps no capture longer than the call. After an error the renderer
// is of no more use.
type Renderer interface {
	Begin(tool Tool) error
	Capture(c *Capture) error
	End(t *Totals) error
}

// Options of the renderers.
type Options struct {
	// Width is the number of columns that the text report may take; 0: 100.
	Width int
	// Colour lets the text report use ANSI colours.
	Colour bool
	// Top is the number of findings, and of rows a table, that the reports for
	// people (text, Markdown) show of a capture; 0: all. Nothing is ever left out
	// of the other formats.
	Top int
	// FailOn is the severity from which on a finding fails the test case of its
	// capture (JUnit); "": none does.
	FailOn string
	// Analyzers explain the rules of findings (SARIF, Markdown).
	Analyzers []*analyzers.Analyzer
}

// rule finds a rule by its code; nil when Analyzers do not have it.
func (o *Options) rule(code string) *analyzers.Rule {
	for _, a := range o.Analyzers {
		if r := a.Rule(code); r != nil {
			return r
		}
	}
	return nil
}

// formats in the order that messages list them.
var formats = []struct {
	name string
	make func(w io.Writer, opt Options) Renderer
}{
	{"text", func(w io.Writer, opt Options) Renderer { return newText(w, opt) }},
	{"json", func(w io.Writer, _ Options) Renderer { return &jsonRenderer{w: w} }},
	{"ndjson", func(w io.Writer, _ Options) Renderer { return &ndjsonRenderer{w: w} }},
	{"csv", func(w io.Writer, _ Options) Renderer { return newCSV(w) }},
	{"junit", func(w io.Writer, opt Options) Renderer { return &junitRenderer{w: w, opt: opt} }},
	{"sarif", func(w io.Writer, opt Options) Renderer { return &sarifRenderer{w: w, opt: opt} }},
	{"markdown", func(w io.Writer, opt Options) Renderer { return &markdownRenderer{w: w, opt: opt} }},
}

// Formats lists the names that NewRenderer knows.
func Formats() []string {
	out := make([]string, len(formats))
	for i := range formats {
		out[i] = formats[i].name
	}
	return out
}

// NewRenderer makes the renderer of a format. The error names the known ones.
func NewRenderer(format string, w io.Writer, opt Options) (Renderer, error) {
	for i := range formats {
		if formats[i].name == format {
			return formats[i].make(w, opt), nil
		}
	}
	return nil, fmt.Errorf("unknown format %q (known: %s)", format, strings.Join(Formats(), ", "))
}

// Render writes a whole report.
func Render(r Renderer, rep *Report) error {
	if err := r.Begin(rep.Tool); err != nil {
		return err
	}
	for _, c := range rep.Captures {
		if err := r.Capture(c); err != nil {
			return err
		}
	}
	return r.End(rep.Totals)
}
