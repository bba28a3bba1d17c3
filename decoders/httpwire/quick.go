package httpwire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// quick is a whole head that lies in one piece and is written as nearly all are:
// a start line of HTTP/1 with a method known by name, CR LF throughout, no
// control character, no folded line. Such a head is read in one pass over its
// bytes. Any other is left to the functions that know all cases; a test compares
// both ways.
//
// It holds no pointers, since storing those costs: all places are offsets in the
// bytes that were scanned.
type quick struct {
	length uint32 // of the head, with the empty line
	first  uint32 // of the start line, without CR LF
	status bool   // it is a status line
	method Method // requests

	// The fields that could matter, in order; valid up to n.
	n      uint32
	fields [maxQuickFields]quickField
}

// maxQuickFields bounds the fields that could matter in a head that is read
// quickly.
const maxQuickFields = 24

// quickField is where a name begins, its colon, and the CR behind the value.
type quickField struct{ name, colon, end uint32 }

// scanStart reads the start line at the beginning of b, of a message of kind k
// (0: of either), and reports whether it could. It changes nothing but s.
func (s *quick) scanStart(k Kind, b []byte) bool {
	end := nextControl(b, 0)
	return lineEnds(b, end) && s.startLine(k, b[:end])
}

// scanFields reads the rest of the head, likewise. b is what scanStart had.
func (s *quick) scanFields(b []byte) bool {
	b = b[:min(len(b), MaxHead)]
	s.n = 0
	i := int(s.first) + 2
	for {
		if i >= len(b) {
			return false
		}
		if b[i] == '\r' {
			break
		}
		at := i
		for i < len(b) && tokenChars[b[i]] {
			i++
		}
		if i == at || i == len(b) || b[i] != ':' {
			return false
		}
		end := nextControl(b, i+1)
		if !lineEnds(b, end) {
			return false
		}
		if matters(b[at], i-at) {
			if s.n == maxQuickFields {
				return false
			}
			s.fields[s.n] = quickField{uint32(at), uint32(i), uint32(end)}
			s.n++
		}
		i = end + 2
	}
	if !lineEnds(b, i) {
		return false
	}
	s.length = uint32(i + 2)
	return true
}

// startLine reads the start line.
func (s *quick) startLine(k Kind, line []byte) bool {
	s.first = uint32(len(line))
	if len(line) < len("HTTP/1.1 200") {
		return false
	}
	const version, low7 = 0x2e312f50545448, 1<<56 - 1 // "HTTP/1.", and its bytes
	if binary.LittleEndian.Uint64(line)&low7 == version {
		s.status = true
		return k != Request && len(line) <= MaxString && isDigit(line[7]) && line[8] == ' ' && isDigit(line[9]) && isDigit(line[10]) && isDigit(line[11]) &&
			(len(line) == 12 || line[12] == ' ')
	}
	s.status = false
	tail := line[len(line)-8:]
	if k == Response || binary.LittleEndian.Uint64(tail)&low7 != version || !isDigit(tail[7]) {
		return false
	}
	i := bytes.IndexByte(line, ' ')
	// One blank behind the method, one before the version, and a target.
	if i <= 0 || i+2 > len(line)-9 || bytes.IndexByte(line[i+1:], ' ') != len(line)-9-(i+1) {
		return false
	}
	s.method = methodOf(line[:i])
	return s.method != Other
}

// matters reports whether a field whose name has that first letter and length
// could be one that fields.take knows.
func matters(first byte, n int) bool {
	switch first | 0x20 {
	case 'h':
		return n == 4
	case 's', 'e':
		return n == 6
	case 'u':
		return n == 7 || n == 10
	case 'k':
		return n == 10
	case 'c':
		return n == 10 || n == 12 || n == 14
	case 't':
		return n == 17
	}
	return false
}

// lineEnds reports whether CR LF is at i.
func lineEnds(b []byte, i int) bool { return i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' }

// nextControl is the index of the first control character (including tab and
// DEL) of b from i on, len(b) if there is none.
func nextControl(b []byte, i int) int { return nextBelow(b, i, ' ') }

// nextBelow is the index of the first character of b from i on that is below
// limit, which is at most 0x80, or is DEL; len(b) if there is none.
func nextBelow(b []byte, i int, limit byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	limits := uint64(limit) * ones
	for i >= 0 && i <= len(b)-8 {
		// Eight bytes at a time: a top bit is set where a byte is under limit, or
		// is 0x7f. A borrow can set further ones, but only above a true one.
		x := binary.LittleEndian.Uint64(b[i:])
		if m := ((x - limits) | (x&^tops + ones)) &^ x & tops; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
		i += 8
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < limit || c == 0x7f {
			return i
		}
	}
	return len(b)
}

// blankless is trim for what holds no tab.
func blankless(b []byte) []byte {
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) == 0 || b[0] != ' ' && b[len(b)-1] != ' ' {
		return b
	}
	return trim(b)
}

// readQuick reads a plain head that lies whole at the beginning of in, and
// reports whether it did.
func (d *Decoder) readQuick(p *Parser, q *Queue, in *input, h Handler) bool {
	s := &d.quick
	if !s.scanStart(p.kind, in.b) || !s.scanFields(in.b) {
		return false
	}
	d.begin(p, q, in.Mark, h)
	d.head = Head{}
	s.takeStart(&p.msg, in.b, &d.head)
	p.kind = p.msg.Kind
	var f fields
	s.takeFields(in.b, &f, &p.msg, &d.head)
	d.forms.learn(p, s, in.b[:s.length])
	p.take(q, in, int(s.length))
	d.announce(p, q, &f, &d.head, h)
	return true
}

// takeStart takes what s found in the start line of b.
func (s *quick) takeStart(m *Message, b []byte, head *Head) {
	m.HeadLen = s.length
	m.Major = 1
	line := b[:s.first]
	if s.status {
		m.Kind = Response
		m.Minor = line[7] - '0'
		m.Status = uint16(line[9]-'0')*100 + uint16(line[10]-'0')*10 + uint16(line[11]-'0')
		if len(line) > 13 {
			head.Reason = bounded(line[13:])
		}
		return
	}
	m.Kind = Request
	m.Method = s.method
	m.Minor = line[len(line)-1] - '0'
	n := len(s.method.String())
	head.Method, head.Target = line[:n], bounded(line[n+1:len(line)-9])
}

// takeFields takes the fields of b that s found to matter.
func (s *quick) takeFields(b []byte, f *fields, m *Message, head *Head) {
	for i := range s.fields[:s.n] {
		at := &s.fields[i]
		f.take(b[at.name:at.colon], blankless(b[at.colon+1:at.end]), m, head)
	}
}
