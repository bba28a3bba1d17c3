package report

import (
	"strings"
)

// The text report lays out its tables here. tablewriter v1.1.5 was tried and
// does not do: it cuts a word that is longer than its column without a sign
// (an IPv6 address loses its end), takes the width of characters from $LANG,
// so that equal reports differ from machine to machine, and pads every line
// with blanks up to the table's width.

// column is one column of a text table.
type column struct {
	head  string
	right bool // numbers
	min   int  // a narrow table may wrap the column's cells down to this; 0: never
	extra bool // a table that does not fit does without this column
	flow  bool // of flows (see flowText), which take two lines at most
	style func(cell string) style
}

// grid is a text table: two blanks between columns, no lines, no blanks at the
// end of a line.
type grid struct {
	columns []column
	rows    [][]string
}

const columnGap = 2

// write prints the table with the given indentation within w columns. When it
// does not fit, extra columns go, then the widest column that may wrap gives
// way first; when all that is not enough the table is printed in parts, each
// beginning with the first column.
func (g *grid) write(p *printer, indent, w int) {
	widths, fits := g.widths(w - indent)
	for i := len(g.columns) - 1; i >= 0 && !fits; i-- {
		if g.columns[i].extra {
			g.drop(i)
			widths, fits = g.widths(w - indent)
		}
	}
	if !fits {
		g.parts(p, indent, w)
		return
	}
	heads := make([]string, len(g.columns))
	for i, c := range g.columns {
		heads[i] = strings.ToUpper(c.head)
	}
	g.line(p, indent, widths, heads, true)
	for _, row := range g.rows {
		g.line(p, indent, widths, row, false)
	}
}

// parts prints the columns that fit, and the rest in a further table, whose rows
// begin with what tells them apart.
func (g *grid) parts(p *printer, indent, w int) {
	n := len(g.columns) - 1
	for ; n > 2; n-- {
		if _, fits := g.slice(0, n).widths(w - indent); fits {
			break
		}
	}
	if n < 2 { // two columns that do not fit: nothing helps
		g.paragraphs(p, indent, w)
		return
	}
	// Where moving a column or two to the second part makes room, no cell of the
	// first has to wrap, and none by which the rows are told apart.
	for m := n; m > 2; m-- {
		rest := g.rest(m)
		if g.slice(0, m).roomy(m, w-indent) && rest.roomy(len(rest.columns)-(len(g.columns)-m), w-indent) {
			n = m
			break
		}
	}
	for _, part := range []*grid{g.slice(0, n), g.rest(n)} {
		if _, fits := part.widths(w - indent); !fits && len(part.columns) == 2 {
			part.paragraphs(p, indent, w)
		} else {
			part.write(p, indent, w)
		}
	}
}

// slice is a table of columns from to to, after those of the key.
func (g *grid) slice(from, to int, key ...int) *grid {
	out := &grid{}
	for _, k := range key {
		out.columns = append(out.columns, g.columns[k])
	}
	out.columns = append(out.columns, g.columns[from:to]...)
	for _, row := range g.rows {
		cells := make([]string, 0, len(out.columns))
		for _, k := range key {
			cells = append(cells, row[k])
		}
		out.rows = append(out.rows, append(cells, row[from:to]...))
	}
	return out
}

// rest is a table of the columns from n on, after the first and, if that is the
// same in several rows and another of those before n makes a difference, that one.
func (g *grid) rest(n int) *grid {
	if n > 2 && !g.distinct(0, 0) {
		for k := 1; k < n; k++ {
			if !g.columns[k].right && g.distinct(0, k) { // numbers differ by chance
				return g.slice(n, len(g.columns), 0, k)
			}
		}
	}
	return g.slice(n, len(g.columns), 0)
}

// distinct reports whether no two rows have the same cells in columns i and j.
func (g *grid) distinct(i, j int) bool {
	seen := make(map[[2]string]bool, len(g.rows))
	for _, row := range g.rows {
		seen[[2]string{row[i], row[j]}] = true
	}
	return len(seen) == len(g.rows)
}

// paragraphs prints each row as "name value, name value".
func (g *grid) paragraphs(p *printer, indent, w int) {
	for _, row := range g.rows {
		var parts []string
		for i, c := range g.columns {
			if row[i] != "" && row[i] != "-" {
				parts = append(parts, c.head+" "+row[i])
			}
		}
		p.hanging(strings.Join(parts, ", "), indent, indent+2, w)
	}
}

// widths are the columns' widths, and whether the table fits w with them.
func (g *grid) widths(w int) ([]int, bool) {
	out := make([]int, len(g.columns))
	total := columnGap * (len(g.columns) - 1)
	for i, c := range g.columns {
		out[i] = width(c.head)
		for _, row := range g.rows {
			out[i] = max(out[i], width(row[i]))
		}
		total += out[i]
	}
	for total > w {
		widest := -1
		for i, c := range g.columns {
			if c.min > 0 && out[i] > max(c.min, width(c.head)) && (widest < 0 || out[i] > out[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return out, false
		}
		out[widest]--
		total--
	}
	return out, true
}

// roomy reports whether the table fits w without a cell of the first n columns that
// wraps.
func (g *grid) roomy(n, w int) bool {
	widths, fits := g.widths(w)
	for i := range n {
		for _, row := range g.rows {
			fits = fits && width(row[i]) <= widths[i]
		}
	}
	return fits
}

// line prints one row, over several lines when a cell wraps.
func (g *grid) line(p *printer, indent int, widths []int, cells []string, head bool) {
	parts := make([][]string, len(cells))
	height := 1
	for i, c := range cells {
		parts[i] = []string{c}
		if width(c) > widths[i] {
			parts[i] = wrap(c, widths[i])
		}
		height = max(height, len(parts[i]))
	}
	for n := range height {
		blanks := indent
		for i, c := range g.columns {
			cell := ""
			if n < len(parts[i]) {
				cell = parts[i][n]
			}
			padded := pad(cell, widths[i], c.right)
			body := strings.TrimRight(padded, " ")
			if body != "" {
				p.text(strings.Repeat(" ", blanks))
				blanks = 0
				switch {
				case head:
					p.styled(dim, body)
				case c.style != nil:
					p.styled(c.style(cells[i]), body)
				default:
					p.text(body)
				}
			}
			blanks += len(padded) - len(body) + columnGap
		}
		p.text("\n")
	}
}

// longestName is how long a word may be that keeps its column from getting
// narrower: names of operations are not broken, what is longer is.
const longestName = 32

// keepNames makes room in columns that wrap for the longest piece that has no
// punctuation to break at, and for either end of a flow.
func (g *grid) keepNames() {
	for i := range g.columns {
		c := &g.columns[i]
		if c.min == 0 {
			continue
		}
		for _, row := range g.rows {
			if src, dst, ok := strings.Cut(row[i], " -> "); ok && c.flow {
				c.min = max(c.min, width(src), len("-> ")+width(dst))
				continue
			}
			for _, word := range strings.FieldsFunc(row[i], func(r rune) bool { return r == ' ' || strings.ContainsRune(breakable, r) }) {
				if n := width(word) + 1; n <= longestName { // with the punctuation behind it
					c.min = max(c.min, n)
				}
			}
		}
	}
}

// dropEmpty leaves out the columns, but the first, that hold nothing in any
// row; with zeros also those of nothing but 0.
func (g *grid) dropEmpty(zeros bool) {
	for i := len(g.columns) - 1; i > 0; i-- {
		empty := true
		for _, row := range g.rows {
			empty = empty && (row[i] == "" || row[i] == "-" || zeros && row[i] == "0")
		}
		if empty {
			g.drop(i)
		}
	}
}

// drop leaves out column i.
func (g *grid) drop(i int) {
	g.columns = append(g.columns[:i:i], g.columns[i+1:]...)
	for n, row := range g.rows {
		g.rows[n] = append(row[:i:i], row[i+1:]...)
	}
}
