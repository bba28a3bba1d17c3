// Package sarif holds the part of SARIF 2.1.0 (Static Analysis Results
// Interchange Format, OASIS Standard, 2020) that pcaptriage writes. The names
// are the standard's; section numbers refer to it.
package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"
)

// Version and Schema identify the format (3.13.2, 3.13.3).
const (
	Version = "2.1.0"
	Schema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// Log is a whole file (3.13).
type Log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []Run  `json:"runs"`
}

// Run is one run of a tool (3.14). Results is never nil: null would mean that
// the run failed to look.
type Run struct {
	Tool        Tool         `json:"tool"`
	Invocations []Invocation `json:"invocations,omitempty"`
	Results     []Result     `json:"results"`
	ColumnKind  string       `json:"columnKind,omitempty"`
}

// Tool is the tool (3.18).
type Tool struct {
	Driver Driver `json:"driver"`
}

// Driver is the tool's program (3.19).
type Driver struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Rules   []Rule `json:"rules,omitempty"`
}

// Rule describes a rule (reportingDescriptor, 3.49).
type Rule struct {
	ID                   string         `json:"id"`
	Name                 string         `json:"name,omitempty"` // Pascal case, 3.49.7
	ShortDescription     *Text          `json:"shortDescription,omitempty"`
	FullDescription      *Text          `json:"fullDescription,omitempty"`
	Help                 *Text          `json:"help,omitempty"`
	DefaultConfiguration *Configuration `json:"defaultConfiguration,omitempty"`
	Properties           map[string]any `json:"properties,omitempty"`
}

// Configuration is a rule's (3.50).
type Configuration struct {
	Level string `json:"level"`
}

// Text is a message string with an optional form in Markdown (3.12).
type Text struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

// Plain makes a message of s that is all text: brackets in front of parentheses
// would be a link (3.11.6).
func Plain(s string) Text {
	if strings.Contains(s, "](") {
		s = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(s)
	}
	return Text{Text: s}
}

// Invocation says how the run went (3.20).
type Invocation struct {
	ExecutionSuccessful        bool           `json:"executionSuccessful"`
	ToolExecutionNotifications []Notification `json:"toolExecutionNotifications,omitempty"`
}

// Notification is about the run, not about what was analyzed (3.58).
type Notification struct {
	Level     string     `json:"level,omitempty"`
	Message   Text       `json:"message"`
	Locations []Location `json:"locations,omitempty"`
}

// The levels (3.27.10).
const (
	LevelError   = "error"
	LevelWarning = "warning"
	LevelNote    = "note"
)

// Result is one result (3.27): something that does not hold, which is what a
// result without a kind is (3.27.9). RuleIndex is the rule's place in
// Driver.Rules.
type Result struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Level               string            `json:"level"`
	Message             Text              `json:"message"`
	Locations           []Location        `json:"locations"`
	RelatedLocations    []Location        `json:"relatedLocations,omitempty"`
	PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
	OccurrenceCount     uint64            `json:"occurrenceCount,omitempty"`
	Properties          map[string]any    `json:"properties,omitempty"`
}

// Location is where a result is (3.28).
type Location struct {
	PhysicalLocation *PhysicalLocation `json:"physicalLocation,omitempty"`
	LogicalLocations []LogicalLocation `json:"logicalLocations,omitempty"`
	Message          *Text             `json:"message,omitempty"`
}

// PhysicalLocation is a place in a file (3.29).
type PhysicalLocation struct {
	ArtifactLocation ArtifactLocation `json:"artifactLocation"`
	Region           *Region          `json:"region,omitempty"`
}

// ArtifactLocation names a file (3.4).
type ArtifactLocation struct {
	URI string `json:"uri"`
}

// Region is a part of a file (3.30).
type Region struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

// LogicalLocation is a place by its meaning (3.33): here a flow.
type LogicalLocation struct {
	Name               string `json:"name,omitempty"`
	FullyQualifiedName string `json:"fullyQualifiedName,omitempty"`
	Kind               string `json:"kind,omitempty"`
}

// FingerprintKey is the name under which a finding's stable id goes as a partial
// fingerprint (3.27.17); the number is the version of its computation.
const FingerprintKey = "pcaptriageFinding/v1"

// Fingerprints are the partial fingerprints of what a stable id names, in the
// file called uri: under our name, and under the one by which GitHub follows an
// alert from run to run. That one tells files apart too, since the same anomaly
// in two captures is two alerts.
func Fingerprints(id, uri string) map[string]string {
	if id == "" {
		return nil
	}
	h := sha256.Sum256([]byte(id + "\x00" + uri))
	return map[string]string{FingerprintKey: id, "primaryLocationLineHash": hex.EncodeToString(h[:8]) + ":1"}
}

// At is a location in a file, at a line and a column from 1; 0 stands for the
// file, or the line, as a whole. Code scanning wants a line also where there are
// none, in a capture: the first.
func At(file string, line, column int) Location {
	return Location{PhysicalLocation: &PhysicalLocation{
		ArtifactLocation: ArtifactLocation{URI: URI(file)}, Region: &Region{StartLine: max(line, 1), StartColumn: column}}}
}

// URI makes a URI reference (RFC 3986) of a file's name: a relative one stays
// relative, for the reader to resolve against the checkout.
func URI(file string) string {
	if file == "-" {
		return "stdin"
	}
	file = filepath.ToSlash(file)
	switch {
	case len(file) > 2 && file[1] == ':' && file[2] == '/': // a drive
		return (&url.URL{Scheme: "file", Path: "/" + file}).String()
	case strings.HasPrefix(file, "/"):
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	u := (&url.URL{Path: path.Clean(file)}).String()
	// A colon in the first segment gets ./ in front (RFC 3986, 4.2), which code
	// scanning does not take for a path in the checkout.
	if rest, ok := strings.CutPrefix(u, "./"); ok {
		u = strings.ReplaceAll(rest, ":", "%3A")
	}
	return u
}

// RuleName is a rule's code in Pascal case.
func RuleName(code string) string {
	var b strings.Builder
	for _, part := range strings.Split(code, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// Level is the level of a severity of pcaptriage.
func Level(severity string) string {
	switch severity {
	case "error":
		return LevelError
	case "warning":
		return LevelWarning
	}
	return LevelNote
}

// Write writes a log.
func Write(w io.Writer, runs []Run) error {
	for i := range runs {
		if runs[i].Results == nil {
			runs[i].Results = []Result{}
		}
		if runs[i].ColumnKind == "" {
			runs[i].ColumnKind = "unicodeCodePoints"
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(Log{Schema, Version, runs})
}
