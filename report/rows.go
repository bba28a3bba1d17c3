package report

import (
	"strconv"

	"pcaptriage/analyzers"
)

// A table of attempts or exchanges has thousands of rows, and the general
// encoder takes longer for them than the analysis of the capture. So rows are
// written cell by cell, by the types that a table holds.

// rowKeys are a table's keys in JSON as they stand before a row's cells, with
// brace or comma in front; empty for columns that are for people.
func rowKeys(t *Table) [][]byte {
	keys := make([][]byte, len(t.Columns))
	before := byte('{')
	for c := range t.Columns {
		if t.Columns[c].Only != analyzers.People {
			keys[c] = append(appendString([]byte{before}, t.Columns[c].Name), ':')
			before = ','
		}
	}
	return keys
}

// appendRow appends a table's row as a JSON object.
func appendRow(b []byte, t *Table, keys [][]byte, row int) ([]byte, error) {
	start := len(b)
	for c, cell := range t.Rows[row] {
		if len(keys[c]) == 0 {
			continue
		}
		b = append(b, keys[c]...)
		var err error
		if t.source != nil {
			b, err = t.source.append(b, t.Columns[c].Type, cell)
		} else {
			b, err = appendCell(b, cell)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(b) == start {
		b = append(b, '{')
	}
	return append(b, '}'), nil
}

// appendCell appends one cell (see Table for the types).
func appendCell(b []byte, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendString(b, v), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case uint64:
		return strconv.AppendUint(b, v, 10), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case *Flow:
		if v == nil {
			return append(b, "null"...), nil
		}
		return appendFlow(b, v), nil
	case Time:
		return appendTime(b, v), nil
	case []string:
		if v != nil {
			return appendStrings(b, v), nil
		}
	case Frame:
		if v.File == "" {
			return strconv.AppendUint(b, v.Number, 10), nil
		}
	case []Frame:
		b = append(b, '[')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendCell(b, f); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	raw, err := marshalPlain(cell)
	return append(b, raw...), err
}

// appendFlow appends what the general encoder makes of a Flow.
func appendFlow(b []byte, f *Flow) []byte {
	end := func(s *string) []byte {
		if s == nil {
			return nil
		}
		return appendString(nil, *s)
	}
	return appendFlowParts(b, f.Proto, end(f.Src), f.SPort, end(f.Dst), f.DPort, f.Tunnel)
}

// appendFlowParts appends a flow. src and dst are JSON, nil for null.
func appendFlowParts(b []byte, proto string, src []byte, sport *uint16, dst []byte, dport *uint16, tunnel []string) []byte {
	end := func(key string, text []byte) {
		b = append(b, key...)
		if text == nil {
			b = append(b, "null"...)
		}
		b = append(b, text...)
	}
	port := func(key string, p *uint16) {
		b = append(b, key...)
		if p == nil {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendUint(b, uint64(*p), 10)
		}
	}
	b = appendString(append(b, `{"proto":`...), proto)
	end(`,"src":`, src)
	port(`,"sport":`, sport)
	end(`,"dst":`, dst)
	port(`,"dport":`, dport)
	b = append(b, `,"tunnel":`...)
	if tunnel == nil {
		return append(b, "null}"...)
	}
	return append(appendStrings(b, tunnel), '}')
}

// appendStrings appends a JSON array of strings.
func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString appends a JSON string. What needs an escape goes to the general
// encoder; nearly nothing does.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			raw, err := marshalPlain(s)
			if err != nil { // a string always has an encoding
				panic(err)
			}
			return append(b, raw...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

// appendTime appends what Time.MarshalJSON returns.
func appendTime(b []byte, t Time) []byte {
	if !t.known {
		return append(b, "null"...)
	}
	return append(t.append(append(b, '"')), '"')
}
