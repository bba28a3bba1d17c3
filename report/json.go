package report

import (
	"bytes"
	"io"
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
	raw, err := marshalPlain(c)
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
	_, err = r.w.Write(b.Bytes())
	return err
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
