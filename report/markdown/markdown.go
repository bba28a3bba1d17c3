// Package markdown writes GitHub-flavoured Markdown, as job summaries and merge
// requests show it. Text from elsewhere becomes text: no markup, no HTML, no
// link, nobody mentioned.
package markdown

import "strings"

// Text escapes s so that it shows as it is, on one line, also in a table cell.
func Text(s string) string {
	if !strings.ContainsAny(s, special) && !strings.Contains(s, "www.") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n' || c == '\r' || c == '\t':
			b.WriteByte(' ')
		case c == '&':
			b.WriteString("&amp;")
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '@' || c == '#': // a mention, an issue
			b.WriteString(entity(c))
		case c == ':' && strings.HasPrefix(s[i:], "://"): // an address that would become a link
			b.WriteString(entity(c))
		case c == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"):
			b.WriteString(entity(c))
		case strings.IndexByte("\\`*_[]|~$!", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// special are the bytes that Text may have to change.
const special = "\n\r\t&<>@#:.\\`*_[]|~$!"

func entity(c byte) string {
	return map[byte]string{'@': "&#64;", '#': "&#35;", ':': "&#58;", '.': "&#46;"}[c]
}

// Code puts s into a code span that also holds backticks and, in a table, bars.
func Code(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, s)
	fence, run := 1, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		fence = max(fence, run+1)
	}
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) == "" {
		pad = " "
	}
	ticks := strings.Repeat("`", fence)
	return ticks + pad + strings.ReplaceAll(s, "|", `\|`) + pad + ticks
}

// Column is a column of a table.
type Column struct {
	Head  string // escaped already
	Right bool   // numbers
}

// Table writes a table of cells that are escaped already. Without rows it
// writes nothing.
func Table(b *strings.Builder, columns []Column, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	line := func(cells []string) {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	heads, rules := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		heads[i], rules[i] = c.Head, "---"
		if c.Right {
			rules[i] = "--:"
		}
	}
	line(heads)
	line(rules)
	for _, r := range rows {
		line(r)
	}
}
