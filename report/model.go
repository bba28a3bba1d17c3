// Package report holds the one model of a report and its renderers, a file
// each. Build makes the model from what the engine found; the JSON names of
// its fields are a promise to CI jobs (schema/report-v1.schema.json).
//
// Every string in a built model is escaped (see Escape): it holds no control
// character, whatever packets or file names contained.
package report

import (
	"encoding/json"
	"fmt"
	"time"

	"pcaptriage/analyzers"
)

// SchemaVersion is the version of the JSON report.
const SchemaVersion = 1

// Report is a whole report: one entry a capture, or a series of files.
type Report struct {
	SchemaVersion int  `json:"schema_version"`
	Tool          Tool `json:"tool"`
	// Golden is there in goldens only, and printed by WriteGolden only.
	Golden   *GoldenHeader `json:"golden,omitempty"`
	Captures []*Capture    `json:"captures"`
	Totals   *Totals       `json:"totals"`
}

// Tool names the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Totals sums up all captures. The zero value is not usable; see NewTotals.
type Totals struct {
	FindingsByRule     map[string]uint64 `json:"findings_by_rule"`
	FindingsBySeverity map[string]uint64 `json:"findings_by_severity"`
	Captures           uint64            `json:"captures"`
	Unreadable         uint64            `json:"unreadable"`    // of Captures
	Packets            uint64            `json:"packets"`       // in all readable captures
	FilesSkipped       uint64            `json:"files_skipped"` // in directories: no capture's magic
	Interrupted        bool              `json:"interrupted"`
	InputsNotReached   uint64            `json:"inputs_not_reached"` // because of the interruption
}

// Capture is one capture's part of a report. What is null in an unreadable one
// is a pointer here.
type Capture struct {
	Path string `json:"path"`
	// Files lists the files of a series in the order read; nil otherwise.
	Files       []*File    `json:"files,omitempty"`
	Format      *string    `json:"format"`
	Compression *string    `json:"compression"`
	LinkTypes   []LinkType `json:"link_types"`
	Packets     *uint64    `json:"packets"`
	Bytes       *uint64    `json:"bytes"` // on the wire
	FirstTime   Time       `json:"first_time"`
	LastTime    Time       `json:"last_time"`
	// Shows names personal data that this part holds because it was asked for:
	// subscribers (numbers in full), content (texts of short messages).
	Shows []string `json:"shows,omitempty"`
	// Analyzers are those that ran, failed ones too: what another would have found
	// is not known. Nil in a report that does not say.
	Analyzers []string `json:"analyzers,omitempty"`
	// Error says why nothing at all could be read; then Packets is null.
	Error    string        `json:"error,omitempty"`
	Coverage *Coverage     `json:"coverage"`
	Findings []*Finding    `json:"findings"`
	Latency  []*LatencyRow `json:"latency"`
	Tables   Tables        `json:"tables"`
}

// Unreadable reports whether nothing could be read.
func (c *Capture) Unreadable() bool { return c.Packets == nil }

// File is one file of a series.
type File struct {
	Path        string     `json:"path"`
	Format      string     `json:"format"`
	Compression string     `json:"compression"`
	LinkTypes   []LinkType `json:"link_types"`
	Packets     uint64     `json:"packets"`
	Bytes       uint64     `json:"bytes"`
	FirstTime   Time       `json:"first_time"`
	LastTime    Time       `json:"last_time"`
}

// LinkType is one capture interface and its link type.
type LinkType struct {
	Interface int    `json:"interface"`
	LinkType  uint16 `json:"linktype"` // LINKTYPE_ value as declared
	ReadAs    uint16 `json:"read_as"`  // what its packets were decoded as
	Name      string `json:"name"`     // of LinkType, without LINKTYPE_
	Packets   uint64 `json:"packets"`
	File      string `json:"file,omitempty"` // in a series
}

// Coverage is the ledger of what the report rests on: Records = Decoded + the
// sum of Undecoded + UnknownLinkType. The other counts are subsets or things
// lost elsewhere; see the schema's descriptions.
type Coverage struct {
	Records             uint64            `json:"records"`
	Decoded             uint64            `json:"decoded"`
	Undecoded           map[string]uint64 `json:"undecoded"`
	UnknownLinkType     uint64            `json:"unknown_linktype"`
	FilteredOut         uint64            `json:"filtered_out"` // kept out by --filter; not among records
	TruncatedBySnaplen  uint64            `json:"truncated_by_snaplen"`
	OutOfOrder          uint64            `json:"out_of_order"`
	TimestampOutliers   uint64            `json:"timestamp_outliers"`
	ClockResets         uint64            `json:"clock_resets"`
	Duplicates          uint64            `json:"duplicates"`
	FragmentsIncomplete uint64            `json:"fragments_incomplete"`
	FlowsCreated        uint64            `json:"flows_created"`
	FlowsEvicted        uint64            `json:"flows_evicted"`
	VerdictsWithheld    uint64            `json:"verdicts_withheld"`
	LabelsFolded        uint64            `json:"labels_folded"`
	NegativeLatencies   uint64            `json:"negative_latencies"`
	TunnelsFolded       uint64            `json:"tunnels_folded"`
	TableRowsCut        map[string]uint64 `json:"table_rows_cut"` // by table
	Drops               *uint64           `json:"drops"`          // told by the capture; null: it does not say
	BytesSkipped        uint64            `json:"bytes_skipped"`
	EndedEarly          bool              `json:"ended_early"`
	Interrupted         bool              `json:"interrupted"`
	Error               string            `json:"error"`        // first damage, or why reading ended; "" when all went well
	Damages             []string          `json:"damages"`      // one line each, capped
	DamageCount         uint64            `json:"damage_count"` // their true number
	AnalyzersFailed     []Failure         `json:"analyzers_failed"`
	InternalErrors      []string          `json:"internal_errors"` // one line each, capped
	InternalErrorCount  uint64            `json:"internal_error_count"`
}

// Failure is an analyzer that failed inside; it has no findings then.
type Failure struct {
	Analyzer string `json:"analyzer"`
	Error    string `json:"error"`
}

// Finding is one thing that a person would act on.
type Finding struct {
	ID         string  `json:"id"`
	Rule       string  `json:"rule"`
	Analyzer   string  `json:"analyzer"`
	Severity   string  `json:"severity"`
	Confidence string  `json:"confidence"`
	Message    string  `json:"message"`
	Flow       *Flow   `json:"flow"`
	Time       Time    `json:"time"` // FirstTime again: when it happened
	FirstTime  Time    `json:"first_time"`
	LastTime   Time    `json:"last_time"`
	Count      uint64  `json:"count"`
	Measure    Measure `json:"measure"`
	// Evidence holds at most analyzers.MaxEvidence frames of EvidenceTotal.
	Evidence      []Evidence     `json:"evidence"`
	EvidenceTotal uint64         `json:"evidence_total"`
	Attrs         map[string]any `json:"attrs"`
	// WiresharkFilter shows the evidence; null without any. In a series it is
	// for File, and WiresharkFilters has one for each file cited.
	WiresharkFilter  *string      `json:"wireshark_filter"`
	File             string       `json:"file,omitempty"`
	WiresharkFilters []FileFilter `json:"wireshark_filters,omitempty"`
	CausedBy         *string      `json:"caused_by"`

	severity analyzers.Severity
	lead     bool // its rule's
}

// FileFilter is a display filter for one file of a series.
type FileFilter struct {
	File   string `json:"file"`
	Filter string `json:"filter"`
}

// Flow names a flow. Null addresses and ports stand for several or none.
type Flow struct {
	Proto  string   `json:"proto"`
	Src    *string  `json:"src"` // bare RFC 5952
	SPort  *uint16  `json:"sport"`
	Dst    *string  `json:"dst"`
	DPort  *uint16  `json:"dport"`
	Tunnel []string `json:"tunnel"`
}

// Measure is a finding's main number; the zero value prints as null.
type Measure struct {
	Name  string
	Value int64
	Unit  string
}

// MarshalJSON prints null for the zero Measure.
func (m Measure) MarshalJSON() ([]byte, error) {
	if m == (Measure{}) {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		Name  string `json:"name"`
		Value int64  `json:"value"`
		Unit  string `json:"unit"`
	}{m.Name, m.Value, m.Unit})
}

// Evidence is a frame that a finding rests on.
type Evidence struct {
	Frame uint64 `json:"frame"` // Wireshark's number in its file
	File  string `json:"file,omitempty"`
	Role  string `json:"role"`
	Time  Time   `json:"time"`
}

// LatencyRow is one latency series, values in Unit.
type LatencyRow struct {
	Metric string  `json:"metric"`
	Labels Labels  `json:"labels"`
	Unit   string  `json:"unit"`
	Count  uint64  `json:"count"`
	Min    int64   `json:"min"`
	P50    int64   `json:"p50"`
	P90    int64   `json:"p90"`
	P95    int64   `json:"p95"`
	P99    int64   `json:"p99"`
	Max    int64   `json:"max"`
	Sum    int64   `json:"sum"`
	Sketch Sketch  `json:"sketch"`
	Sample []int64 `json:"sample"` // ascending
}

// Labels are a row's label names and values in the metric's order.
type Labels []Label

// Label is one label.
type Label struct{ Name, Value string }

// MarshalJSON prints an object whose keys keep the metric's order.
func (l Labels) MarshalJSON() ([]byte, error) {
	return marshalOrdered(len(l), func(i int) (string, any) { return l[i].Name, l[i].Value })
}

// Sketch is a DDSketch, so that rows can be merged.
type Sketch struct {
	Mapping          string     `json:"mapping"` // logarithmic: value = gamma^index, gamma = (1+a)/(1-a)
	RelativeAccuracy float64    `json:"relative_accuracy"`
	Zero             uint64     `json:"zero"` // values of 0, in no bin
	Bins             [][2]int64 `json:"bins"` // index, count; ascending
}

// Tables are the analyzers' tables, in the order of analyzers and declaration.
type Tables []*Table

// Table is one analyzer's table. Cell returns, by the column's type: string,
// count: uint64 or int64; duration: int64 ns or nil; time: Time; frame: Frame
// or nil; frames: []Frame; ratio: float64 or nil; flow: *Flow; bool: bool;
// strings: []string.
type Table struct {
	Name      string
	Doc       string
	Text      bool // the text report shows it
	Lead      bool // before the findings
	Columns   []analyzers.Column
	Rows      [][]any
	Truncated uint64 // rows that a cap left out

	source *source // not nil: Rows are the analyzer's; nil: they hold what Cell returns
}

// MarshalJSON prints an object: table name to array of row objects.
func (t Tables) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, table := range t {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, table.Name), ':', '[')
		keys := rowKeys(table)
		for j := range table.Rows {
			if j > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendRow(b, table, keys, j); err != nil {
				return nil, err
			}
		}
		b = append(b, ']')
	}
	return append(b, '}'), nil
}

// Row is one row of a table; it marshals to an object with the columns' names
// in their order.
type Row struct {
	Table *Table
	Index int
}

// MarshalJSON implements json.Marshaler.
func (r Row) MarshalJSON() ([]byte, error) {
	return appendRow(nil, r.Table, rowKeys(r.Table), r.Index)
}

// Frame cites a frame in a table cell: a number, or in a series an object with
// the file.
type Frame struct {
	File   string
	Number uint64
}

// MarshalJSON implements json.Marshaler.
func (f Frame) MarshalJSON() ([]byte, error) {
	if f.File == "" {
		return json.Marshal(f.Number)
	}
	return marshalPlain(struct {
		File  string `json:"file"`
		Frame uint64 `json:"frame"`
	}{f.File, f.Number})
}

// Time is a recorded time; the zero value is "unknown" and prints as null.
type Time struct {
	ns    int64
	known bool
}

// At makes a Time of ns since 1970 UTC.
func At(ns int64) Time { return Time{ns, true} }

// Nanos returns ns since 1970 UTC; ok is false when the time is unknown.
func (t Time) Nanos() (ns int64, ok bool) { return t.ns, t.known }

// String is RFC 3339 with nanoseconds in UTC, "" when unknown.
func (t Time) String() string {
	if !t.known {
		return ""
	}
	return string(t.append(nil))
}

// append appends a known time as String prints it. A long table has one a row,
// and time.AppendFormat reads its layout afresh each time.
func (t Time) append(b []byte) []byte {
	at := time.Unix(0, t.ns).UTC()
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	b = append(digits(b, year, 4), '-')
	b = append(digits(b, int(month), 2), '-')
	b = append(digits(b, day, 2), 'T')
	b = append(digits(b, hour, 2), ':')
	b = append(digits(b, minute, 2), ':')
	b = append(digits(b, second, 2), '.')
	return append(digits(b, at.Nanosecond(), 9), 'Z')
}

// digits appends n as so many digits; it must have no more, and not be negative.
func digits(b []byte, n, width int) []byte {
	b = append(b, "000000000"[:width]...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
	return b
}

// MarshalJSON prints a string, or null when the time is unknown.
func (t Time) MarshalJSON() ([]byte, error) { return appendTime(nil, t), nil }

// UnmarshalJSON reads what MarshalJSON prints.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("time %q: %w", s, err)
	}
	if ns := at.UnixNano(); time.Unix(0, ns).Equal(at) {
		*t = At(ns)
		return nil
	}
	return fmt.Errorf("time %q is out of range", s)
}
