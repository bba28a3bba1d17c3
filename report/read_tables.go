package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

// UnmarshalJSON reads what MarshalJSON prints. JSON does not tell a duration
// from a count, so the columns have no type, and the cells hold what stands
// there: string (times too), int64 or uint64, float64, bool, nil, *Flow, Frame
// (with a file; a plain one is a number), []Frame, []string. A table without
// rows has no columns, and no table has Doc, Text or Truncated, whose number is
// in Coverage.TableRowsCut.
func (t *Tables) UnmarshalJSON(b []byte) error {
	*t = Tables{}
	return eachMember(b, "tables", func(name string, value json.RawMessage) error {
		table := &Table{Name: name}
		var rows []json.RawMessage
		if err := json.Unmarshal(value, &rows); err != nil {
			return errors.New("a table is an array of objects")
		}
		for i, raw := range rows {
			if err := table.readRow(raw); err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
		}
		*t = append(*t, table)
		return nil
	})
}

// readRow appends a row; the first one names the columns.
func (t *Table) readRow(raw []byte) error {
	first := len(t.Rows) == 0
	row := make([]any, 0, len(t.Columns))
	err := eachMember(raw, "row", func(name string, value json.RawMessage) error {
		switch n := len(row); {
		case first:
			t.Columns = append(t.Columns, analyzers.Column{Name: name})
		case n >= len(t.Columns) || t.Columns[n].Name != name:
			return errors.New("the first row has other columns")
		}
		cell, err := readCell(value)
		row = append(row, cell)
		return err
	})
	if err != nil {
		return err
	}
	if len(row) != len(t.Columns) {
		return fmt.Errorf("%d cells, the first row has %d", len(row), len(t.Columns))
	}
	t.Rows = append(t.Rows, row)
	return nil
}

// readCell reads one cell by its shape.
func readCell(raw []byte) (any, error) {
	v, err := exactNumbers(raw)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["proto"]; ok {
			f := new(Flow)
			return f, json.Unmarshal(raw, f)
		}
		if _, ok := v["frame"]; ok {
			var f Frame
			return f, json.Unmarshal(raw, &f)
		}
		return nil, errors.New("neither a flow nor a frame")
	case []any:
		if allStrings(v) {
			s := []string{}
			return s, json.Unmarshal(raw, &s)
		}
		var f []Frame
		return f, json.Unmarshal(raw, &f)
	}
	return v, nil
}

func allStrings(list []any) bool {
	for _, v := range list {
		if _, ok := v.(string); !ok {
			return false
		}
	}
	return true
}

// exactNumbers reads any JSON value. A whole number becomes an int64, or a
// uint64 where that does not hold it: a float64 would lose digits.
func exactNumbers(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return numbers(v)
}

// numbers replaces the json.Numbers in v, in place where v is a container.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = numbers(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func number(s string) (any, error) {
	if !strings.ContainsAny(s, ".eE") && s != "-0" {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
		if n, err := strconv.ParseUint(s, 10, 64); err == nil {
			return n, nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("number %s is out of range", Escape(cut(s, 20)))
	}
	return f, nil
}
