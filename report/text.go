package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const defaultWidth = 100

// textRenderer writes the report for people: a verdict line a capture, its
// findings, tables and latencies, and what is missing from them; at the end,
// with several captures, one line a file.
type textRenderer struct {
	p       printer
	opt     Options
	n       int
	summary []summaryRow
}

// summaryRow is a capture's line in the closing table.
type summaryRow struct {
	path, packets, span, verdict string
	worst                        style
}

func newText(w io.Writer, opt Options) *textRenderer {
	if opt.Width <= 0 {
		opt.Width = defaultWidth
	}
	return &textRenderer{p: printer{w: w, colour: opt.Colour}, opt: opt}
}

func (r *textRenderer) Begin(Tool) error { return nil }

func (r *textRenderer) Capture(c *Capture) error {
	if r.n > 0 {
		r.p.text("\n" + strings.Repeat("-", r.opt.Width) + "\n")
	}
	r.n++
	r.verdict(c)
	r.disclosed(c)
	if !c.Unreadable() {
		r.tables(c, true)
		r.findings(c)
		r.tables(c, false)
		r.latency(c)
		r.coverage(c)
	}
	row := summaryRow{path: c.Path, packets: "-", span: "-", verdict: "not readable: " + c.Error, worst: magenta}
	if !c.Unreadable() {
		row.packets, row.span = Count(*c.Packets), span(c)
		row.verdict, row.worst = severityCounts(c.Findings)
		if remarks := coverageRemarks(c); len(remarks) > 0 {
			row.verdict += "; " + strings.Join(remarks, ", ")
		}
	}
	r.summary = append(r.summary, row)
	return r.p.flush()
}

func (r *textRenderer) End(t *Totals) error {
	if len(r.summary) > 1 {
		r.summaryTable(t)
	}
	if t.Interrupted {
		s := "Interrupted: the report covers what was read until then"
		if t.InputsNotReached > 0 {
			s += ", and not " + plural(t.InputsNotReached, "further input", "further inputs")
		}
		r.p.text("\n")
		r.p.paragraph(s+".", 0, r.opt.Width, magenta)
	}
	if t.FilesSkipped > 0 {
		r.p.text("\n" + plural(t.FilesSkipped, "file", "files") + " in directories skipped: no capture's magic number.\n")
	}
	return r.p.flush()
}

// verdict prints the line that says it all: packets, span, findings.
func (r *textRenderer) verdict(c *Capture) {
	name := c.Path
	if len(c.Files) > 0 {
		name = fmt.Sprintf("%s ... %s (series of %s)", c.Files[0].Path, c.Files[len(c.Files)-1].Path,
			plural(uint64(len(c.Files)), "file", "files"))
	}
	if c.Unreadable() {
		r.lead(name, "not readable: "+c.Error, magenta)
		return
	}
	counts, worst := severityCounts(c.Findings)
	r.lead(name, CaptureFacts(c), plain)
	r.p.text("  ")
	r.p.styled(worst, counts)
	if remarks := strings.Join(coverageRemarks(c), ", "); remarks != "" {
		if 2+width(counts)+2+width(remarks) <= r.opt.Width {
			r.p.text("; ")
			r.p.styled(magenta, remarks)
		} else {
			r.p.text("\n")
			r.p.paragraph(remarks, 2, r.opt.Width, magenta)
			return
		}
	}
	r.p.text("\n")
}

// disclosed says what personal data the capture's part holds, so that nobody
// passes it on without knowing.
func (r *textRenderer) disclosed(c *Capture) {
	if len(c.Shows) == 0 {
		return
	}
	what := map[string]string{"subscribers": "subscribers' numbers in full", "content": "texts of short messages"}
	parts := make([]string, len(c.Shows))
	for i, s := range c.Shows {
		parts[i] = s
		if what[s] != "" {
			parts[i] = what[s] + " (--show-" + s + ")"
		}
	}
	r.p.paragraph("shows "+strings.Join(parts, " and "), 2, r.opt.Width, magenta)
}

// CaptureFacts is "32 packets, 8,492 bytes, 451.3 ms from 2026-11-20 14:33:51.184 UTC".
func CaptureFacts(c *Capture) string {
	if c.Unreadable() {
		return "not readable: " + c.Error
	}
	facts := plural(*c.Packets, "packet", "packets") + ", " + Bytes(*c.Bytes)
	if first, ok := c.FirstTime.Nanos(); ok {
		return facts + ", " + span(c) + " from " + clock(first)
	}
	if *c.Packets > 0 {
		facts += ", no timestamps"
	}
	return facts
}

// lead prints "name: text", on one line if it fits.
func (r *textRenderer) lead(name, text string, st style) {
	if width(name)+2+width(text) <= r.opt.Width {
		r.p.styled(bold, name)
		r.p.text(": ")
		r.p.styled(st, text)
		r.p.text("\n")
		return
	}
	r.p.paragraph(name+":", 0, r.opt.Width, bold)
	r.p.paragraph(text, 2, r.opt.Width, st)
}

// severityCounts says "1 error, 2 warnings, 3 infos" and how bad that is.
func severityCounts(findings []*Finding) (string, style) {
	n := countSeverities(findings)
	var parts []string
	worst := green
	for i, name := range [...][2]string{{"error", "errors"}, {"warning", "warnings"}, {"info", "info"}} {
		if n[i] > 0 {
			if len(parts) == 0 {
				worst = severityStyle(name[0])
			}
			parts = append(parts, plural(n[i], name[0], name[1]))
		}
	}
	if len(parts) == 0 {
		return "no findings", worst
	}
	return strings.Join(parts, ", "), worst
}

// CaptureVerdict is "1 error, 2 warnings, file cut short".
func CaptureVerdict(c *Capture) string {
	if c.Unreadable() {
		return "not readable: " + c.Error
	}
	counts, _ := severityCounts(c.Findings)
	return strings.Join(append([]string{counts}, coverageRemarks(c)...), ", ")
}

// coverageRemarks are the few words that a verdict must not go without.
func coverageRemarks(c *Capture) (out []string) {
	cov := c.Coverage
	if cov.Interrupted {
		out = append(out, "interrupted")
	}
	switch {
	case cov.EndedEarly:
		out = append(out, "file cut short")
	case cov.DamageCount > 0:
		out = append(out, "file damaged")
	case cov.Error != "":
		out = append(out, "reading failed")
	}
	if n := cov.Records - cov.Decoded; n > 0 && n*10 >= cov.Records {
		out = append(out, percent(n, cov.Records)+" of the packets not decoded")
	}
	if len(cov.AnalyzersFailed) > 0 {
		out = append(out, "an analyzer failed")
	}
	return out
}

// span is the time between the first and the last packet.
func span(c *Capture) string {
	first, ok := c.FirstTime.Nanos()
	last, ok2 := c.LastTime.Nanos()
	if !ok || !ok2 || last < first {
		return "-"
	}
	if last-first < 0 { // beyond int64: timestamps at both ends of time
		return "over 292 y"
	}
	if last == first {
		return "0 s"
	}
	return Duration(last - first)
}

// clock prints a time for people: to the millisecond, in UTC.
func clock(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000 UTC")
}

// heading begins a section.
func (r *textRenderer) heading(s, note string) {
	r.p.text("\n")
	r.p.styled(bold, s)
	if note != "" {
		if width(s)+2+width(note) <= r.opt.Width {
			r.p.text("  ")
			r.p.styled(dim, note)
		} else {
			r.p.text("\n")
			for _, line := range wrap(note, r.opt.Width) {
				r.p.styled(dim, line)
				r.p.text("\n")
			}
			return
		}
	}
	r.p.text("\n")
}

// more says how many rows were not shown.
func (r *textRenderer) more(hidden int, indent int) {
	if hidden > 0 {
		r.p.text(strings.Repeat(" ", indent))
		r.p.styled(dim, fmt.Sprintf("... and %s more (see --top and --format json)", Count(hidden)))
		r.p.text("\n")
	}
}

// shown is how many of n rows the report shows.
func (r *textRenderer) shown(n int) int {
	if r.opt.Top > 0 && n > r.opt.Top {
		return r.opt.Top
	}
	return n
}

// summaryTable prints one line a capture.
func (r *textRenderer) summaryTable(t *Totals) {
	r.p.text("\n" + strings.Repeat("=", r.opt.Width) + "\n")
	r.heading("Summary", fmt.Sprintf("%s, %s", plural(t.Captures, "capture", "captures"), plural(t.Packets, "packet", "packets")))
	styles := map[string]style{}
	// The path gives way before the verdict wraps, but keeps a readable end.
	room := r.opt.Width - 2 - 3*columnGap
	packets, spans, verdicts := len("packets"), len("span"), len("verdict")
	for _, s := range r.summary {
		packets, spans, verdicts = max(packets, width(s.packets)), max(spans, width(s.span)), max(verdicts, width(s.verdict))
	}
	pathWidth := max(room-packets-spans-min(verdicts, 40), 20)
	g := grid{columns: []column{
		{head: "file"},
		{head: "packets", right: true},
		{head: "span", right: true},
		{head: "verdict", min: 20, style: func(cell string) style { return styles[cell] }},
	}}
	for _, s := range r.summary {
		styles[s.verdict] = s.worst
		g.rows = append(g.rows, []string{shortenPath(s.path, pathWidth), s.packets, s.span, s.verdict})
	}
	g.write(&r.p, 2, r.opt.Width)
}
