package verdict

import (
	"encoding/json"
	"io"

	"pcaptriage/report"
)

// SchemaVersion is the version of the JSON form of a verdict
// (schema/check-v1.schema.json in package report).
const SchemaVersion = 1

type jsonVerdict struct {
	SchemaVersion int         `json:"schema_version"`
	Tool          report.Tool `json:"tool"`
	Totals        jsonTotals  `json:"totals"`
	Cases         []jsonCase  `json:"cases"`
	Notes         []string    `json:"notes"`
}

type jsonTotals struct {
	Pass    int `json:"pass"`
	Fail    int `json:"fail"`
	Error   int `json:"error"`
	Skipped int `json:"skipped"`
}

type jsonCase struct {
	Capture  *string       `json:"capture"` // null: the assertion matched no capture
	Name     string        `json:"name"`
	Kind     Kind          `json:"kind"`
	Status   Status        `json:"status"`
	Severity string        `json:"severity"`
	Message  string        `json:"message"`
	Location *jsonLocation `json:"location"`
	Problems []jsonProblem `json:"problems"`
}

type jsonLocation struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type jsonProblem struct {
	Change    Change            `json:"change"`
	Fails     bool              `json:"fails"`
	Severity  string            `json:"severity"`
	Rule      *string           `json:"rule"`
	FindingID *string           `json:"finding_id"`
	Message   string            `json:"message"`
	Details   []string          `json:"details"`
	Evidence  []report.Evidence `json:"evidence"`
	Filter    *string           `json:"wireshark_filter"`
	Location  *jsonLocation     `json:"location"`
}

// WriteJSON writes a verdict as JSON.
func WriteJSON(w io.Writer, v *Verdict) error {
	n := v.Counts()
	doc := jsonVerdict{SchemaVersion: SchemaVersion, Tool: v.Tool, Totals: jsonTotals(n),
		Cases: []jsonCase{}, Notes: append([]string{}, v.Notes...)}
	for _, c := range v.Cases {
		out := jsonCase{Capture: orNull(c.Capture), Name: c.Name, Kind: c.Kind, Status: c.Status, Severity: c.Severity, Message: c.Message,
			Location: c.Location.json(), Problems: []jsonProblem{}}
		for _, p := range c.Problems {
			out.Problems = append(out.Problems, jsonProblem{p.Change, p.Fails, p.Severity, orNull(p.Rule), orNull(p.FindingID), p.Message,
				append([]string{}, p.Details...), append([]report.Evidence{}, p.Frames...), orNull(p.Filter), c.Place(p).json()})
		}
		doc.Cases = append(doc.Cases, out)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (l Location) json() *jsonLocation {
	if l.File == "" {
		return nil
	}
	return &jsonLocation{l.File, l.Line, l.Column}
}
