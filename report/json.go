package report

import (
	"bufio"
	"bytes"
	"io"
	"runtime"
)

// jsonRenderer writes the JSON report, a capture at a time.
type jsonRenderer struct {
	w io.Writer
	n int
}

func (r *jsonRenderer) Begin(tool Tool) error {
	head, err := marshalPlain(tool)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("{\n  \"schema_version\": 1,\n  \"tool\": ")
	indentJSON(&b, head, 1)
	b.WriteString(",\n  \"captures\": [")
	_, err = r.w.Write(b.Bytes())
	return err
}

func (r *jsonRenderer) Capture(c *Capture) error {
	plain := *c
	plain.Findings, plain.Latency, plain.Tables = nil, nil, nil
	raw, err := marshalPlain(&plain)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if r.n > 0 {
		b.WriteByte(',')
	}
	b.WriteString("\n    ")
	indentJSON(&b, raw, 2)
	r.n++
	// Of the rest there can be thousands: it is written as it is made, in place of
	// the empty lists that end the capture's object.
	b.Truncate(b.Len() - len(noLists))
	w := bufio.NewWriterSize(r.w, 64<<10)
	w.Write(b.Bytes())
	w.WriteString(`"findings": `)
	if err := writeList(w, c.Findings, 3); err != nil {
		return err
	}
	w.WriteString("," + newline(3) + `"latency": `)
	if err := writeList(w, c.Latency, 3); err != nil {
		return err
	}
	w.WriteString("," + newline(3) + `"tables": `)
	if err := writeTables(w, c.Tables, 3); err != nil {
		return err
	}
	w.WriteString("\n    }")
	return w.Flush()
}

// noLists is how a capture without any ends.
const noLists = `"findings": null,
      "latency": null,
      "tables": {}
    }`

// writeList writes an array of objects, a line each or more, at the given depth.
func writeList[T any](w *bufio.Writer, list []T, depth int) error {
	if len(list) == 0 {
		text := "[]"
		if list == nil {
			text = "null"
		}
		_, err := w.WriteString(text)
		return err
	}
	var raw, text bytes.Buffer
	e := plainEncoder(&raw)
	before := byte('[')
	for _, v := range list {
		raw.Reset()
		if err := e.Encode(v); err != nil {
			return err
		}
		text.Reset()
		text.WriteByte(before)
		text.WriteString(newline(depth + 1))
		indentJSON(&text, bytes.TrimSuffix(raw.Bytes(), []byte("\n")), depth+1)
		w.Write(text.Bytes())
		before = ','
	}
	w.WriteString(newline(depth))
	return w.WriteByte(']')
}

// writeTables writes the tables' object with its members at the given depth: a
// line a row, however long, since there can be thousands and it is programs and
// grep that read them. An error of w shows when it is flushed.
func writeTables(w *bufio.Writer, tables Tables, depth int) error {
	if len(tables) == 0 {
		_, err := w.WriteString("{}")
		return err
	}
	open := byte('{')
	texts := make([][]byte, runtime.GOMAXPROCS(0))
	for _, t := range tables {
		w.WriteByte(open)
		open = ','
		w.WriteString(newline(depth + 1))
		w.Write(appendString(nil, t.Name))
		w.WriteString(": [")
		if err := writeRows(w, t, newline(depth+2), texts); err != nil {
			return err
		}
		if len(t.Rows) > 0 {
			w.WriteString(newline(depth + 1))
		}
		w.WriteByte(']')
	}
	w.WriteString(newline(depth))
	return w.WriteByte('}')
}

// writeRows writes a table's rows with before, the beginning of a line, in front
// of each: as many parts at a time as there are texts to write them to, so that the
// text of a long table is never there as a whole.
func writeRows(w *bufio.Writer, t *Table, before string, texts [][]byte) error {
	keys := rowKeys(t)
	errs := make([]error, len(texts))
	for first := 0; first < parts(len(t.Rows)); first += len(texts) {
		n := min(len(texts), parts(len(t.Rows))-first)
		sideBySide(n, func(i int) {
			lo, hi := part(first+i, len(t.Rows))
			if texts[i] == nil && hi-lo == partRows {
				texts[i] = make([]byte, 0, partText)
			}
			texts[i], errs[i] = appendRows(texts[i][:0], t, keys, before, lo, hi)
		})
		for i, text := range texts[:n] {
			if errs[i] != nil {
				return errs[i]
			}
			w.Write(text)
		}
	}
	return nil
}

// appendRows appends rows lo to hi, with commas and before between them.
func appendRows(b []byte, t *Table, keys [][]byte, before string, lo, hi int) ([]byte, error) {
	for i := lo; i < hi; i++ {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, before...)
		var err error
		if b, err = appendRow(b, t, keys, i); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (r *jsonRenderer) End(t *Totals) error {
	raw, err := marshalPlain(t)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if r.n > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("],\n  \"totals\": ")
	indentJSON(&b, raw, 1)
	b.WriteString("\n}\n")
	_, err = r.w.Write(b.Bytes())
	return err
}
