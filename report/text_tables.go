package report

import (
	"fmt"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

// tables prints the analyzers' tables that are meant for people: those that the
// report opens with, or the others.
func (r *textRenderer) tables(c *Capture, lead bool) {
	for _, t := range c.Tables {
		if !t.Text || t.Lead != lead || len(t.Rows) == 0 {
			continue
		}
		r.heading(title(t.Name), t.Doc)
		g := grid{}
		for _, col := range t.Columns {
			if col.Only != analyzers.Programs {
				g.columns = append(g.columns, textColumn(col))
			}
		}
		n := r.shown(len(t.Rows))
		start, _ := c.FirstTime.Nanos()
		for i := range n {
			row := make([]string, 0, len(t.Columns))
			for c := range t.Columns {
				if t.Columns[c].Only != analyzers.Programs {
					row = append(row, cellText(t.Columns[c].Type, t.Cell(i, c), start))
				}
			}
			g.rows = append(g.rows, row)
		}
		g.keepNames()
		g.dropEmpty(true)
		g.write(&r.p, 2, r.opt.Width)
		r.more(len(t.Rows)-n, 2)
		if t.Truncated > 0 {
			r.p.text("  ")
			r.p.styled(dim, plural(t.Truncated, "further row was", "further rows were")+" not kept")
			r.p.text("\n")
		}
	}
}

// textColumn says how a column of a type looks.
func textColumn(col analyzers.Column) column {
	c := column{head: strings.ReplaceAll(col.Name, "_", " ")}
	switch col.Type {
	case analyzers.ColCount, analyzers.ColDuration, analyzers.ColTime, analyzers.ColFrame, analyzers.ColRatio, analyzers.ColNumber:
		c.right = true
	default:
		c.min, c.flow = 12, col.Type == analyzers.ColFlow
	}
	return c
}

// cellText prints a cell of a type; see Table for what it holds. Times are
// seconds since start, the first packet.
func cellText(typ analyzers.ColumnType, v any, start int64) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case Time:
		return offset(v, start)
	case Frame:
		return frameText(v)
	case []Frame:
		const most = 8
		s := make([]string, 0, most+1)
		for i, f := range v {
			if i == most {
				s = append(s, fmt.Sprintf("and %s more", Count(len(v)-most)))
				break
			}
			s = append(s, frameText(f))
		}
		return strings.Join(s, ", ")
	case []string:
		return strings.Join(v, ", ")
	case *Flow:
		if v == nil {
			return "-"
		}
		return flowText(v)
	case float64:
		if typ == analyzers.ColRatio {
			return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
		}
		return strconv.FormatFloat(v, 'g', 4, 64)
	case int64:
		if typ == analyzers.ColDuration {
			return Duration(v)
		}
		return Count(v)
	case uint64:
		return Count(v)
	case int:
		return Count(v)
	}
	return Escape(fmt.Sprint(v))
}

func frameText(f Frame) string {
	s := strconv.FormatUint(f.Number, 10)
	if f.File != "" {
		s += " of " + f.File
	}
	return s
}

// title makes a heading of a snake_case name; the words for which people write
// capitals get them.
func title(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		switch w {
		case "dns", "http", "icmp", "ip", "map", "mtu", "sccp", "sctp", "sms", "ssh", "tcap", "tcp", "tls", "udp", "vlan":
			words[i] = strings.ToUpper(w)
		}
	}
	s := strings.Join(words, " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
