package report

import (
	"fmt"
	"slices"
	"strconv"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// source says what the cells that an analyzer made mean. They become a report's
// when they are printed: a table can have ten thousand rows, of which a text shows
// ten, and a JSON report needs none but as text.
type source struct{ paths paths }

// paths are the files of a series by index, none for a single capture.
type paths []string

// of is the file of a reference in a series, "" otherwise.
func (p paths) of(r decoders.FrameRef) string {
	if r.File() >= len(p) {
		return ""
	}
	return p[r.File()]
}

func (s *source) frame(f decoders.FrameRef) Frame { return Frame{s.paths.of(f), f.Frame()} }

// Cell returns what a cell holds, see Table.
func (t *Table) Cell(row, column int) any {
	v := t.Rows[row][column]
	if t.source == nil {
		return v
	}
	return t.source.cell(t.Columns[column].Type, v)
}

// cell converts a cell of an analyzer. One that is what it should be already is
// returned as it came: an interface costs an allocation.
func (s *source) cell(typ analyzers.ColumnType, v any) any {
	switch typ {
	case analyzers.ColTime:
		if ns, ok := v.(int64); ok {
			return At(ns)
		}
		return Time{}
	case analyzers.ColFrame:
		if f, ok := v.(decoders.FrameRef); ok {
			return s.frame(f)
		}
		return nil
	case analyzers.ColFrames:
		refs, _ := v.([]decoders.FrameRef)
		out := make([]Frame, len(refs))
		for i, f := range refs {
			out[i] = s.frame(f)
		}
		return out
	case analyzers.ColFlow:
		f, _ := v.(*analyzers.FlowRef)
		return flowOf(f)
	case analyzers.ColStrings:
		list, _ := v.([]string)
		if list != nil && !slices.ContainsFunc(list, unclean) {
			return v
		}
		return escapeAll(list)
	case analyzers.ColString:
		text, ok := v.(string)
		switch {
		case !ok:
			return Escape(fmt.Sprint(v))
		case isClean(text):
			return v
		}
		return Escape(text)
	}
	switch v := v.(type) {
	case int64, uint64, bool, nil:
		return v
	}
	return cleanAttr(v)
}

func unclean(s string) bool { return !isClean(s) }

// append appends as JSON what cell returns, without the way over it where that
// would take memory.
func (s *source) append(b []byte, typ analyzers.ColumnType, v any) ([]byte, error) {
	switch v := v.(type) {
	case int64:
		if typ == analyzers.ColTime {
			return appendTime(b, At(v)), nil
		}
	case decoders.FrameRef:
		if typ == analyzers.ColFrame && s.paths == nil {
			return strconv.AppendUint(b, v.Frame(), 10), nil
		}
	case []decoders.FrameRef:
		if typ == analyzers.ColFrames && s.paths == nil {
			b = append(b, '[')
			for i, f := range v {
				if i > 0 {
					b = append(b, ',')
				}
				b = strconv.AppendUint(b, f.Frame(), 10)
			}
			return append(b, ']'), nil
		}
	case *analyzers.FlowRef:
		if typ == analyzers.ColFlow && v != nil {
			return appendFlowRef(b, v), nil
		}
	}
	return appendCell(b, s.cell(typ, v))
}

// appendFlowRef appends what appendFlow makes of flowOf(f).
func appendFlowRef(b []byte, f *analyzers.FlowRef) []byte {
	var room [2][64]byte // an address takes 45 bytes at most, and quotes
	end := func(i int, a decoders.Addr) []byte {
		if a.IsZero() {
			return nil
		}
		return append(a.Netip().AppendTo(append(room[i][:0], '"')), '"')
	}
	port := func(p *uint16) *uint16 {
		if *p == 0 {
			return nil
		}
		return p
	}
	return appendFlowParts(b, Escape(f.Proto), end(0, f.Src), port(&f.SPort), end(1, f.Dst), port(&f.DPort), escapeAll(f.Tunnel))
}
