package report

import (
	"io"
)

// Page lays out text for people, for what is no analysis of a capture: it has
// the look of the text report. Strings are escaped already. Write errors come
// with Flush.
type Page struct {
	p     printer
	width int
}

// NewPage makes a page of Options.Width columns.
func NewPage(w io.Writer, opt Options) *Page {
	return &Page{printer{w: w, colour: opt.Colour}, lineOf(opt)}
}

// Look is how a piece of text stands out.
type Look uint8

// The looks. The last three are those of a severity.
const (
	Plain Look = iota
	Bold
	Dim
	Good
	Odd // something is missing or damaged
	LookError
	LookWarning
	LookInfo
)

func (l Look) style() style {
	return [...]style{plain, bold, dim, green, magenta, red, yellow, cyan}[l]
}

// SeverityLook is the look of a severity's name.
func SeverityLook(severity string) Look {
	switch severity {
	case "error":
		return LookError
	case "warning":
		return LookWarning
	}
	return LookInfo
}

// Line writes a line as it is, which has to fit.
func (pg *Page) Line(look Look, s string) {
	pg.p.styled(look.style(), s)
	pg.p.text("\n")
}

// Blank writes an empty line.
func (pg *Page) Blank() { pg.p.text("\n") }

// Paragraph writes s after indent blanks, wrapped.
func (pg *Page) Paragraph(look Look, indent int, s string) {
	pg.p.paragraph(s, indent, pg.width, look.style())
}

// Heading writes a heading and behind it, or below when there is no room, a
// note.
func (pg *Page) Heading(s, note string) {
	pg.p.styled(bold, s)
	if note == "" || width(s)+2+width(note) > pg.width {
		pg.p.text("\n")
		if note != "" {
			pg.p.paragraph(note, 0, pg.width, dim)
		}
		return
	}
	pg.p.text("  ")
	pg.p.styled(dim, note)
	pg.p.text("\n")
}

// PageColumn is a column of a table on a page.
type PageColumn struct {
	Head  string
	Right bool // numbers
	Min   int  // its cells may wrap down to this width; 0: never
	Extra bool // a table that does not fit does without it
	Look  func(cell string) Look
}

// Table writes a table after indent blanks.
func (pg *Page) Table(indent int, columns []PageColumn, rows [][]string) {
	g := grid{rows: rows}
	for _, c := range columns {
		col := column{head: c.Head, right: c.Right, min: c.Min, extra: c.Extra}
		if look := c.Look; look != nil {
			col.style = func(cell string) style { return look(cell).style() }
		}
		g.columns = append(g.columns, col)
	}
	g.write(&pg.p, indent, pg.width)
}

// Flush writes what was laid out.
func (pg *Page) Flush() error { return pg.p.flush() }
