package report

import (
	"bytes"
	"io"
)

// ndjsonRenderer writes one JSON object a line, "type" first: capture, finding,
// latency and table_row for each capture as soon as it is done, totals at the
// end. All lines of a capture carry its path.
type ndjsonRenderer struct {
	w    io.Writer
	tool Tool
}

func (r *ndjsonRenderer) Begin(tool Tool) error {
	r.tool = tool
	return nil
}

// captureLine is a capture without its findings, latency rows and tables, which
// have lines of their own.
type captureLine struct {
	Type          string     `json:"type"`
	SchemaVersion int        `json:"schema_version"`
	Tool          Tool       `json:"tool"`
	Path          string     `json:"path"`
	Files         []*File    `json:"files,omitempty"`
	Format        *string    `json:"format"`
	Compression   *string    `json:"compression"`
	LinkTypes     []LinkType `json:"link_types"`
	Packets       *uint64    `json:"packets"`
	Bytes         *uint64    `json:"bytes"`
	FirstTime     Time       `json:"first_time"`
	LastTime      Time       `json:"last_time"`
	Shows         []string   `json:"shows,omitempty"`
	Analyzers     []string   `json:"analyzers,omitempty"`
	Error         string     `json:"error,omitempty"`
	Coverage      *Coverage  `json:"coverage"`
}

type findingLine struct {
	Type string `json:"type"`
	Path string `json:"path"`
	*Finding
}

type latencyLine struct {
	Type string `json:"type"`
	Path string `json:"path"`
	*LatencyRow
}

type tableLine struct {
	Type  string `json:"type"`
	Path  string `json:"path"`
	Table string `json:"table"`
	Row   Row    `json:"row"`
}

type totalsLine struct {
	Type string `json:"type"`
	*Totals
}

func (r *ndjsonRenderer) Capture(c *Capture) error {
	lines := []any{captureLine{"capture", SchemaVersion, r.tool, c.Path, c.Files, c.Format, c.Compression, c.LinkTypes,
		c.Packets, c.Bytes, c.FirstTime, c.LastTime, c.Shows, c.Analyzers, c.Error, c.Coverage}}
	for _, f := range c.Findings {
		lines = append(lines, findingLine{"finding", c.Path, f})
	}
	for _, row := range c.Latency {
		lines = append(lines, latencyLine{"latency", c.Path, row})
	}
	for _, t := range c.Tables {
		for i := range t.Rows {
			lines = append(lines, tableLine{"table_row", c.Path, t.Name, Row{t, i}})
		}
	}
	return r.lines(lines)
}

func (r *ndjsonRenderer) End(t *Totals) error { return r.lines([]any{totalsLine{"totals", t}}) }

// lines writes the objects in one go, so that a reader of the stream never
// sees half a capture for long.
func (r *ndjsonRenderer) lines(values []any) error {
	var b bytes.Buffer
	for _, v := range values {
		raw, err := marshalPlain(v)
		if err != nil {
			return err
		}
		b.Write(raw)
		b.WriteByte('\n')
	}
	_, err := r.w.Write(b.Bytes())
	return err
}
