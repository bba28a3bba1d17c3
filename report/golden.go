package report

import (
	"bytes"
	"fmt"
	"io"
)

// GoldenVersion is the version of goldens: of what GoldenHeader says and of how
// the capture in them is normalised (see package golden).
const GoldenVersion = 1

// GoldenHeader is the part of a golden that a saved report does not have: what
// made it, without the tool's version, which changes more often than reports.
type GoldenHeader struct {
	Version int `json:"version"`
	// Rules and Metrics are those of the analyzers that ran, ascending. What is
	// found of others is new to the golden, and no change of the capture.
	Rules   []string `json:"rules"`
	Metrics []string `json:"metrics"`
	// Options are those that change results, by the flag's name, or for --set by
	// the analyzer's option; never those of the output.
	Options map[string]string `json:"options"`
}

// WriteGolden writes a JSON report of one capture that is a golden.
func WriteGolden(w io.Writer, tool Tool, header GoldenHeader, c *Capture) error {
	var b bytes.Buffer
	r := &jsonRenderer{w: &b}
	if err := r.Begin(tool); err != nil {
		return err
	}
	const captures = "\n  \"captures\": ["
	head, ok := bytes.CutSuffix(b.Bytes(), []byte(captures))
	if !ok {
		return fmt.Errorf("a report begins with %q", b.String()) // cannot happen; a test would notice
	}
	b.Truncate(len(head))
	raw, err := marshalPlain(header)
	if err != nil {
		return err
	}
	b.WriteString("\n  \"golden\": ")
	indentJSON(&b, raw, 1)
	b.WriteString("," + captures)
	if err := r.Capture(c); err != nil {
		return err
	}
	totals := NewTotals()
	totals.Add(c)
	if err := r.End(totals); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}
