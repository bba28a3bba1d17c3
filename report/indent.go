package report

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// lineWidth is how long a line of the JSON report gets before a container is
// spread over several lines.
const lineWidth = 100

// indentJSON appends src, valid JSON without blanks, to dst with an indentation
// of two spaces, beginning at the given depth. A container without further
// containers that fits a line stays on one, and so does a long list of
// numbers: evidence, flows, sketches and samples would otherwise fill screens.
func indentJSON(dst *bytes.Buffer, src []byte, depth int) {
	p := indenter{dst: dst, src: src}
	p.value(depth)
}

type indenter struct {
	dst *bytes.Buffer
	src []byte
	pos int
}

func (p *indenter) value(depth int) {
	if p.pos >= len(p.src) {
		return
	}
	switch p.src[p.pos] {
	case '{', '[':
		if end, flat := p.container(); flat && p.fits(end, depth) {
			p.inline(end)
		} else {
			p.spread(depth)
		}
	default:
		end := p.scalar()
		p.dst.Write(p.src[p.pos:end])
		p.pos = end
	}
}

// container reports whether the container at pos may stay on one line, as far
// as its content goes, and where it ends if so.
func (p *indenter) container() (end int, flat bool) {
	deep, arrays := 0, 0
	for i := p.pos; i < len(p.src); {
		switch c := p.src[i]; c {
		case '"':
			i = stringEnd(p.src, i)
			continue
		case '{', '[':
			deep++
			if deep == 2 && p.src[p.pos] == '{' && i+1 < len(p.src) && p.src[i+1] != ']' && p.src[i+1] != '}' {
				arrays++
				if c == '{' || arrays > 1 { // an object may hold a short list
					return 0, false
				}
			}
			if deep == 2 && p.src[p.pos] == '[' && c == '{' || deep > 2 {
				return 0, false
			}
		case '}', ']':
			deep--
			if deep == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return 0, false
}

// fits says whether src[pos:end] stays on one line: short enough, or numbers only.
func (p *indenter) fits(end, depth int) bool {
	b := p.src[p.pos:end]
	if 2*depth+utf8.RuneCount(b)+bytes.Count(b, []byte{','}) <= lineWidth {
		return true
	}
	return b[0] == '[' && !bytes.ContainsAny(b, `"tfn`)
}

// inline copies src[pos:end] with a blank behind each comma and colon.
func (p *indenter) inline(end int) {
	p.dst.Grow(2 * (end - p.pos))
	b := p.dst.AvailableBuffer()
	for p.pos < end {
		c := p.src[p.pos]
		if c == '"' {
			e := stringEnd(p.src, p.pos)
			b = append(b, p.src[p.pos:e]...)
			p.pos = e
			continue
		}
		b = append(b, c)
		if c == ',' || c == ':' {
			b = append(b, ' ')
		}
		p.pos++
	}
	p.dst.Write(b)
}

// spread writes the container at pos with a line a member.
func (p *indenter) spread(depth int) {
	open := p.src[p.pos]
	p.dst.WriteByte(open)
	p.pos++
	for first := true; ; first = false {
		switch c := p.src[p.pos]; c {
		case '}', ']':
			if !first {
				p.newline(depth)
			}
			p.dst.WriteByte(c)
			p.pos++
			return
		case ',':
			p.dst.WriteByte(',')
			p.pos++
		}
		p.newline(depth + 1)
		if open == '{' {
			end := stringEnd(p.src, p.pos)
			p.dst.Write(p.src[p.pos:end])
			p.dst.WriteString(": ")
			p.pos = end + 1
		}
		p.value(depth + 1)
	}
}

func (p *indenter) newline(depth int) { p.dst.WriteString(newline(depth)) }

// newline ends a line and indents the next one.
func newline(depth int) string {
	const some = "\n                                " // 16 levels: nothing of ours is deeper
	if 1+2*depth > len(some) {
		return some + strings.Repeat("  ", depth-len(some)/2)
	}
	return some[:1+2*depth]
}

// scalar finds the end of the string, number or word at pos.
func (p *indenter) scalar() int {
	if p.src[p.pos] == '"' {
		return stringEnd(p.src, p.pos)
	}
	i := p.pos
	for i < len(p.src) && p.src[i] != ',' && p.src[i] != '}' && p.src[i] != ']' {
		i++
	}
	return i
}

// stringEnd is the index behind the JSON string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}
