package report

import (
	"encoding/csv"
	"io"
	"sort"
	"strconv"
	"strings"
)

// csvColumns is the one header of the CSV report. Every record has all columns,
// so that a spreadsheet, a database or awk can read it; "type" tells a capture's
// summary, a finding and a latency row apart, and what a type does not have is
// empty. Latencies are in ns. The analyzers' tables are in the JSON formats only.
var csvColumns = []string{
	"type", "path", "rule", "analyzer", "severity", "confidence", "count", "message",
	"first_time", "last_time", "proto", "src", "sport", "dst", "dport", "tunnel",
	"measure", "value", "unit", "file", "frames", "frames_total", "id",
	"metric", "labels", "min", "p50", "p90", "p95", "p99", "max", "sum",
	"format", "compression", "packets", "bytes", "records", "decoded",
	"errors", "warnings", "infos", "ended_early", "interrupted", "error",
}

type csvRenderer struct{ w *csv.Writer }

func newCSV(w io.Writer) *csvRenderer { return &csvRenderer{csv.NewWriter(w)} }

func (r *csvRenderer) Begin(Tool) error {
	if err := r.w.Write(csvColumns); err != nil {
		return err
	}
	return r.flush()
}

func (r *csvRenderer) Capture(c *Capture) error {
	if err := r.write(captureRecord(c)); err != nil {
		return err
	}
	for _, f := range c.Findings {
		if err := r.write(findingRecord(c, f)); err != nil {
			return err
		}
	}
	for _, row := range c.Latency {
		if err := r.write(latencyRecord(c, row)); err != nil {
			return err
		}
	}
	return r.flush()
}

func (r *csvRenderer) End(*Totals) error { return r.flush() }

func (r *csvRenderer) flush() error {
	r.w.Flush()
	return r.w.Error()
}

// write writes a record; every cell is guarded against being a formula.
func (r *csvRenderer) write(cells map[string]string) error {
	rec := make([]string, len(csvColumns))
	for i, name := range csvColumns {
		rec[i] = CSVCell(cells[name])
	}
	return r.w.Write(rec)
}

func captureRecord(c *Capture) map[string]string {
	rec := map[string]string{"type": "capture", "path": c.Path, "error": c.Coverage.Error,
		"first_time": c.FirstTime.String(), "last_time": c.LastTime.String()}
	if c.Unreadable() {
		return rec
	}
	n := countSeverities(c.Findings)
	for k, v := range map[string]uint64{
		"packets": *c.Packets, "bytes": *c.Bytes, "records": c.Coverage.Records, "decoded": c.Coverage.Decoded,
		"errors": n[0], "warnings": n[1], "infos": n[2],
	} {
		rec[k] = strconv.FormatUint(v, 10)
	}
	rec["format"], rec["compression"] = *c.Format, *c.Compression
	rec["ended_early"] = strconv.FormatBool(c.Coverage.EndedEarly)
	rec["interrupted"] = strconv.FormatBool(c.Coverage.Interrupted)
	return rec
}

func findingRecord(c *Capture, f *Finding) map[string]string {
	frames := make([]string, len(f.Evidence))
	for i := range f.Evidence {
		frames[i] = strconv.FormatUint(f.Evidence[i].Frame, 10)
	}
	rec := map[string]string{
		"type": "finding", "path": c.Path, "rule": f.Rule, "analyzer": f.Analyzer, "severity": f.Severity,
		"confidence": f.Confidence, "count": strconv.FormatUint(f.Count, 10), "message": f.Message,
		"first_time": f.FirstTime.String(), "last_time": f.LastTime.String(),
		"file": f.File, "frames": strings.Join(frames, " "), "frames_total": strconv.FormatUint(f.EvidenceTotal, 10), "id": f.ID,
	}
	if f.Measure != (Measure{}) {
		rec["measure"], rec["unit"] = f.Measure.Name, f.Measure.Unit
		rec["value"] = strconv.FormatInt(f.Measure.Value, 10)
	}
	if f.Flow != nil {
		rec["proto"], rec["tunnel"] = f.Flow.Proto, strings.Join(f.Flow.Tunnel, "; ")
		rec["src"], rec["sport"] = orEmpty(f.Flow.Src), portOrEmpty(f.Flow.SPort)
		rec["dst"], rec["dport"] = orEmpty(f.Flow.Dst), portOrEmpty(f.Flow.DPort)
	}
	return rec
}

func latencyRecord(c *Capture, row *LatencyRow) map[string]string {
	labels := make([]string, len(row.Labels))
	for i, l := range row.Labels {
		labels[i] = l.Name + "=" + l.Value
	}
	rec := map[string]string{"type": "latency", "path": c.Path, "metric": row.Metric, "labels": strings.Join(labels, "; "),
		"unit": row.Unit, "count": strconv.FormatUint(row.Count, 10)}
	for k, v := range map[string]int64{"min": row.Min, "p50": row.P50, "p90": row.P90, "p95": row.P95,
		"p99": row.P99, "max": row.Max, "sum": row.Sum} {
		rec[k] = strconv.FormatInt(v, 10)
	}
	return rec
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func portOrEmpty(p *uint16) string {
	if p == nil {
		return ""
	}
	return strconv.Itoa(int(*p))
}

// countSeverities counts findings by severity, worst first.
func countSeverities(findings []*Finding) (n [len(severities)]uint64) {
	for _, f := range findings {
		for i, s := range severities {
			if f.Severity == s.String() {
				n[i]++
			}
		}
	}
	return n
}

// sortedKeys are the keys of m in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
