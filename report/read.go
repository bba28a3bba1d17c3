package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"pcaptriage/analyzers"
)

// maxReport is the largest saved report that Read takes.
const maxReport = 1 << 30

// Read reads a saved JSON report back. What Render printed as JSON gives the
// same bytes when it is rendered again; the tables' columns have names but no
// types (see Tables.UnmarshalJSON).
//
// A report is input like a capture: its strings are escaped as Build escapes
// them, and what the model promises (no nil, known severities, samples in
// order) is checked. Members that this version does not know are ignored; a
// schema version that it does not know is an error. Errors are one line and do
// not name the file.
func Read(r io.Reader) (*Report, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxReport {
		return nil, fmt.Errorf("larger than %s", Bytes(maxReport))
	}
	if err := checkHead(raw); err != nil {
		return nil, err
	}
	rep := new(Report)
	if err := json.Unmarshal(escapeStrings(raw), rep); err != nil {
		return nil, readable(err)
	}
	if err := rep.check(); err != nil {
		return nil, err
	}
	return rep, nil
}

// checkHead says whether raw is JSON, a report, and of a version that we know.
func checkHead(raw []byte) error {
	var head struct {
		Version  json.RawMessage `json:"schema_version"`
		Captures json.RawMessage `json:"captures"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return readable(err)
	}
	switch {
	case head.Version == nil:
		return errors.New("no JSON report of pcaptriage: schema_version is missing")
	case string(head.Version) != fmt.Sprint(SchemaVersion):
		return fmt.Errorf("schema_version is %s; this version of pcaptriage reads %d", Escape(cut(string(head.Version), 20)), SchemaVersion)
	case head.Captures == nil:
		return errors.New("no JSON report of pcaptriage analyze: captures is missing")
	}
	return nil
}

// readable puts an error of encoding/json in the words of somebody who has the
// file before them.
func readable(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON: byte %d: %w", syntax.Offset, err)
	case errors.As(err, &typ) && typ.Field == "":
		return fmt.Errorf("no JSON report of pcaptriage: it is a %s, not an object", typ.Value)
	case errors.As(err, &typ):
		return fmt.Errorf("%s: want %s, not %s", typ.Field, typ.Type, Escape(typ.Value))
	}
	return err
}

// escapeStrings escapes every string of a valid JSON text, member names too.
// It returns src itself when there is nothing to do.
func escapeStrings(src []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(src); {
		if src[i] != '"' {
			i++
			continue
		}
		end := stringEnd(src, i)
		if lit := src[i:end]; !plainASCII(lit[1 : len(lit)-1]) {
			var s string
			// The text is valid JSON, so its strings are.
			if json.Unmarshal(lit, &s) == nil && !isClean(s) {
				out = appendString(append(out, src[done:i]...), Escape(s))
				done = end
			}
		}
		i = end
	}
	if done == 0 {
		return src
	}
	return append(out, src[done:]...)
}

// plainASCII: no escape sequence, no control character, ASCII only.
func plainASCII(b []byte) bool {
	for _, c := range b {
		if c == '\\' || c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// check holds a report that was read against what the model promises, and sets
// what has no member of its own.
func (r *Report) check() error {
	if r.Captures == nil {
		return errors.New("captures is null")
	}
	for i, c := range r.Captures {
		if c == nil {
			return fmt.Errorf("captures[%d] is null", i)
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("captures[%d]: %w", i, err)
		}
	}
	if r.Totals == nil {
		return errors.New("totals is missing")
	}
	return nil
}

func (c *Capture) check() error {
	if c.Coverage == nil {
		return errors.New("coverage is missing")
	}
	if c.Packets == nil && c.Error == "" {
		return errors.New("packets is missing, and no error says why")
	}
	for i, f := range c.Findings {
		if f == nil {
			return fmt.Errorf("findings[%d] is null", i)
		}
		if err := f.check(); err != nil {
			return fmt.Errorf("findings[%d]: %w", i, err)
		}
	}
	for i, row := range c.Latency {
		if row == nil {
			return fmt.Errorf("latency[%d] is null", i)
		}
		if err := row.check(); err != nil {
			return fmt.Errorf("latency[%d] (%s): %w", i, row.Metric, err)
		}
	}
	for i, f := range c.Files {
		if f == nil {
			return fmt.Errorf("files[%d] is null", i)
		}
	}
	return nil
}

func (f *Finding) check() error {
	if f.ID == "" || f.Rule == "" {
		return errors.New("id or rule is missing")
	}
	for _, s := range severities {
		if f.Severity == s.String() {
			f.severity = s
		}
	}
	if f.severity == analyzers.SeverityDefault {
		return fmt.Errorf("unknown severity %q", f.Severity)
	}
	return nil
}

func (row *LatencyRow) check() error {
	switch {
	case row.Metric == "":
		return errors.New("metric is missing")
	case !slices.IsSorted(row.Sample):
		return errors.New("sample is not in ascending order")
	case uint64(len(row.Sample)) > row.Count:
		return fmt.Errorf("sample of %d values, but count is %d", len(row.Sample), row.Count)
	}
	for i, bin := range row.Sketch.Bins {
		if bin[1] < 0 || i > 0 && bin[0] <= row.Sketch.Bins[i-1][0] {
			return errors.New("bins are not in ascending order, or count below 0")
		}
	}
	return nil
}

// UnmarshalJSON reads what MarshalJSON prints; null is the zero Measure.
func (m *Measure) UnmarshalJSON(b []byte) error {
	*m = Measure{}
	var v struct {
		Name  string `json:"name"`
		Value int64  `json:"value"`
		Unit  string `json:"unit"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	m.Name, m.Value, m.Unit = v.Name, v.Value, v.Unit
	return nil
}

// UnmarshalJSON reads an object, keeping the order of its members.
func (l *Labels) UnmarshalJSON(b []byte) error {
	*l = Labels{}
	return eachMember(b, "labels", func(name string, value json.RawMessage) error {
		label := Label{Name: name}
		if err := json.Unmarshal(value, &label.Value); err != nil {
			return err
		}
		*l = append(*l, label)
		return nil
	})
}

// UnmarshalJSON reads what MarshalJSON prints: a number, or an object with the
// file.
func (f *Frame) UnmarshalJSON(b []byte) error {
	*f = Frame{}
	if len(b) > 0 && b[0] != '{' {
		return json.Unmarshal(b, &f.Number)
	}
	var v struct {
		File  string `json:"file"`
		Frame uint64 `json:"frame"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	f.File, f.Number = v.File, v.Frame
	return nil
}

// UnmarshalJSON reads a finding. Whole numbers in Attrs are int64 or uint64,
// as the analyzers set them.
func (f *Finding) UnmarshalJSON(b []byte) error {
	type plain Finding // without this method
	v := struct {
		*plain
		Attrs json.RawMessage `json:"attrs"`
	}{plain: (*plain)(f)}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	f.Attrs = map[string]any{}
	if v.Attrs == nil {
		return nil
	}
	attrs, err := exactNumbers(v.Attrs)
	if err != nil {
		return err
	}
	switch attrs := attrs.(type) {
	case nil:
	case map[string]any:
		f.Attrs = attrs
	default:
		return errors.New("attrs is no object")
	}
	return nil
}

// eachMember calls f for the members of a JSON object in their order. null has
// none. The value is valid until f returns.
func eachMember(b []byte, what string, f func(name string, value json.RawMessage) error) error {
	if string(b) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("%s is no object", what)
	}
	var value json.RawMessage
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := d.Decode(&value); err != nil {
			return err
		}
		s, _ := name.(string) // a member's name is a string in valid JSON
		if err := f(s, value); err != nil {
			return fmt.Errorf("%s: %w", s, readable(err))
		}
	}
	return nil
}
