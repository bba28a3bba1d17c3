package report

import (
	"io"
	"strings"

	"pcaptriage/analyzers"
)

// WriteRules lists the rules of analyzers for people.
func WriteRules(w io.Writer, list []*analyzers.Analyzer, opt Options) error {
	p := printer{w: w, colour: opt.Colour}
	for i, a := range list {
		if i > 0 {
			p.text("\n")
		}
		p.styled(bold, a.Name)
		p.text("\n")
		rules(a).write(&p, 2, lineOf(opt))
	}
	p.text("\nMore about one of them: pcaptriage explain RULE\n")
	return p.flush()
}

// rules is the table of an analyzer's rules.
func rules(a *analyzers.Analyzer) *grid {
	g := &grid{columns: []column{{head: "rule"}, {head: "severity", style: severityStyle}, {head: "meaning", min: 20}}}
	for i := range a.Rules {
		r := &a.Rules[i]
		g.rows = append(g.rows, []string{r.Code, r.Severity.String(), r.Title})
	}
	return g
}

// WriteRule explains one rule.
func WriteRule(w io.Writer, a *analyzers.Analyzer, r *analyzers.Rule, opt Options) error {
	p := printer{w: w, colour: opt.Colour}
	p.styled(bold, r.Code)
	p.text(": " + r.Title + "\n")
	p.text("analyzer " + a.Name + ", severity ")
	p.styled(severityStyle(r.Severity.String()), r.Severity.String())
	p.text("\n")
	for _, s := range ruleSections(r) {
		p.text("\n")
		p.styled(bold, s.head)
		p.text("\n")
		p.prose(s.text, 2, lineOf(opt))
	}
	return p.flush()
}

// WriteAnalyzer describes one analyzer: rules, metrics, tables, options.
func WriteAnalyzer(w io.Writer, a *analyzers.Analyzer, options []analyzers.Option, opt Options) error {
	p := printer{w: w, colour: opt.Colour}
	line := lineOf(opt)
	p.styled(bold, a.Name)
	p.text("\n")
	p.prose(a.Doc, 2, line)
	if len(a.Requires) > 0 {
		p.paragraph("Needs the results of "+strings.Join(a.Requires, ", ")+".", 2, line, plain)
	}
	section := func(head string, g *grid) {
		if len(g.rows) > 0 {
			p.text("\n  ")
			p.styled(bold, head)
			p.text("\n")
			g.write(&p, 4, line)
		}
	}
	section("Rules", rules(a))
	metrics := &grid{columns: []column{{head: "metric"}, {head: "unit"}, {head: "labels"}, {head: "meaning", min: 20}}}
	for i := range a.Metrics {
		m := &a.Metrics[i]
		metrics.rows = append(metrics.rows, []string{m.Name, m.Unit, strings.Join(m.Labels, ", "), m.Doc})
	}
	section("Metrics", metrics)
	tables := &grid{columns: []column{{head: "table"}, {head: "columns", min: 20}, {head: "meaning", min: 20}}}
	for i := range a.Tables {
		t := &a.Tables[i]
		names := make([]string, len(t.Columns))
		for j := range t.Columns {
			names[j] = t.Columns[j].Name
		}
		tables.rows = append(tables.rows, []string{t.Name, strings.Join(names, ", "), t.Doc})
	}
	section("Tables", tables)
	settings := &grid{columns: []column{{head: "option"}, {head: "type"}, {head: "default"}, {head: "meaning", min: 20}}}
	for _, o := range options {
		settings.rows = append(settings.rows, []string{a.Name + "." + o.Name, o.Type, o.Default, o.Doc})
	}
	section("Options (--set)", settings)
	return p.flush()
}

// lineOf is the width of lines of text.
func lineOf(opt Options) int {
	if opt.Width <= 0 {
		return defaultWidth
	}
	return opt.Width
}

// prose adds paragraphs, which a blank line separates, wrapped for reading: 90
// columns at most.
func (p *printer) prose(s string, indent, w int) {
	for i, para := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			p.text("\n")
		}
		p.paragraph(para, indent, min(w, 90), plain)
	}
}
