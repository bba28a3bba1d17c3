package report

import (
	"io"
	"strings"
)

// style is an ANSI SGR parameter string; "" is plain.
type style string

const (
	plain   style = ""
	bold    style = "1"
	dim     style = "2"
	red     style = "1;31"
	yellow  style = "1;33"
	cyan    style = "36"
	green   style = "32"
	magenta style = "1;35"
)

// severityStyle is the colour of a severity.
func severityStyle(s string) style {
	switch s {
	case "error":
		return red
	case "warning":
		return yellow
	}
	return cyan
}

// printer collects text for one write; an error sticks.
type printer struct {
	w      io.Writer
	b      strings.Builder
	colour bool
	err    error
}

// text adds s as it is.
func (p *printer) text(s string) { p.b.WriteString(s) }

// styled adds s in a style, when colours are allowed.
func (p *printer) styled(st style, s string) {
	if !p.colour || st == plain || s == "" {
		p.b.WriteString(s)
		return
	}
	p.b.WriteString("\x1b[" + string(st) + "m" + s + "\x1b[0m")
}

// paragraph adds s wrapped to w columns, each line after indent blanks.
func (p *printer) paragraph(s string, indent, w int, st style) {
	for _, line := range wrap(s, w-indent) {
		p.text(strings.Repeat(" ", indent))
		p.styled(st, line)
		p.text("\n")
	}
}

// hanging adds s wrapped to w columns, the first line after first blanks, the
// others after rest.
func (p *printer) hanging(s string, first, rest, w int) {
	for i, line := range wrap(s, w-rest) {
		p.text(strings.Repeat(" ", first) + line + "\n")
		if i == 0 {
			first = rest
		}
	}
}

// flush writes what was collected.
func (p *printer) flush() error {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, p.b.String())
	}
	p.b.Reset()
	return p.err
}
