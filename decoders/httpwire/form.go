package httpwire

import "bytes"

// form is a head that was read before, with the places left open where others
// like it differ: the target, the digits of Content-Length, and the values of
// fields that do not matter, once they were seen to change. Clients and servers
// write the same heads again and again, so most are one that is known, and
// comparing takes a tenth of the time that reading does.
//
// A head that fits has the same lines in the same order, whatever matters in
// them included, so that it means the same but for the target and the length.
// Only plain heads (see quick) become forms, and only plain ones fit.
type form struct {
	own   []byte // the head it was made of
	open  uint32 // lines behind the start line with an open value
	n     uint8  // of parts; 0: the place is free
	sized bool   // Content-Length is open
	// framed: the body ends as Content-Length says. Otherwise all heads of the
	// form have the framing of msg.
	framed bool
	used   uint32

	parts [maxParts]part
	msg   Message // what the head says, apart from what is open
	head  Head    // its slices point into own
}

// part is a run of own that all heads of the form have, and what is open behind
// it, which in own goes as far as the next part.
type part struct {
	from, to uint16
	open     opening
}

type opening uint8

const (
	openNothing opening = iota // the head ends
	openTarget                 // neither blank nor control character
	openLength                 // digits
	openValue                  // no control character
)

const (
	maxParts = 16
	maxOpen  = maxParts - 3 // lines: the target, the length and the end take parts, too
	maxLines = 32
	maxForm  = 2048 // bytes
	maxSize  = 18   // digits of a Content-Length that is read in passing
)

// fit is what a head has in the open places of its form.
type fit struct {
	n      int   // bytes of the head, 0: it does not fit
	target int   // where the target ends
	length int64 // Content-Length
}

// match compares the head at the beginning of b with f.
func (f *form) match(b []byte) (at fit) {
	i := 0
	for k := range f.parts[:f.n] {
		p := &f.parts[k]
		same := f.own[p.from:p.to]
		if len(b)-i < len(same) || string(b[i:i+len(same)]) != string(same) {
			return fit{}
		}
		i += len(same)
		switch p.open {
		case openTarget:
			at.target = nextBelow(b, i, ' '+1)
			if at.target == i {
				return fit{}
			}
			i = at.target
		case openLength:
			from := i
			for i < len(b) && isDigit(b[i]) {
				at.length = at.length*10 + int64(b[i]-'0')
				i++
			}
			if i == from || i-from > maxSize {
				return fit{}
			}
		case openValue:
			i = f.value(p.to, f.parts[k+1].from, b, i)
		}
	}
	if i > MaxHead {
		return fit{}
	}
	at.n = i
	return at
}

// value returns the end of the open value of b at i. Many change now and then
// only, like dates: the last one of that length is kept, from from to to in own.
func (f *form) value(from, to uint16, b []byte, i int) int {
	last := f.own[from:to]
	if end := i + len(last); end < len(b) && b[end] == '\r' && string(b[i:end]) == string(last) {
		return end
	}
	end := nextBelow(b, i, ' ')
	if end-i == len(last) {
		copy(last, b[i:end])
	}
	return end
}

// learn makes f the form of the head that is all of b and that s describes. If
// that is no use, f is free afterwards.
func (f *form) learn(s *quick, b []byte) {
	*f = form{own: append(f.own[:0], b...)}
	m := &f.msg
	m.Length, m.KeepAliveTimeout, m.KeepAliveMax = -1, -1, -1
	s.takeStart(m, f.own, &f.head)
	var said fields
	s.takeFields(f.own, &said, m, &f.head)
	said.frame(m)
	if m.Flags&(Malformed|Conflict) != 0 || m.Framing == NotKnown || m.Framing == Tunnel || m.Status/100 == 1 || m.Method == CONNECT {
		return
	}
	if said.nLength > 0 {
		f.sized = true
		f.framed = m.Kind == Request || m.Status != 204 && m.Status != 304
	}
	f.divide()
}

// widen makes f fit b, another plain head, if they differ only in values of
// fields that do not matter.
func (f *form) widen(b []byte) bool {
	own, open := f.own, f.open
	i, j := bytes.IndexByte(own, '\r'), bytes.IndexByte(b, '\r')
	if !f.startsLike(own[:i], b[:j]) {
		return false
	}
	for line := 0; ; line++ {
		own, b = own[i+2:], b[j+2:]
		i, j = bytes.IndexByte(own, '\r'), bytes.IndexByte(b, '\r')
		if i == 0 || j == 0 {
			break
		}
		if string(own[:i]) == string(b[:j]) {
			continue
		}
		name := bytes.IndexByte(own, ':')
		if name >= j || string(own[:name+1]) != string(b[:name+1]) {
			return false
		}
		switch {
		case !matters(own[0], name):
			open |= 1 << line
		case !f.sized || !isLength(own[:name]):
			return false
		}
	}
	if i != j || open == f.open || onesIn(open) > maxOpen {
		return false
	}
	f.open = open
	f.divide()
	return true
}

// startsLike reports whether two start lines differ in the target only.
func (f *form) startsLike(own, line []byte) bool {
	if f.msg.Kind == Response {
		return string(own) == string(line)
	}
	method := bytes.IndexByte(own, ' ') + 1
	const version = len(" HTTP/1.1")
	return len(line) > method+version && string(own[:method]) == string(line[:method]) &&
		string(own[len(own)-version:]) == string(line[len(line)-version:])
}

// divide finds the parts of f. It leaves f free if there are too many lines, or
// a Content-Length that is not just digits.
func (f *form) divide() {
	f.n = 0
	from, n := 0, 0
	add := func(to, next int, open opening) {
		f.parts[n] = part{from: uint16(from), to: uint16(to), open: open}
		n++
		from = next
	}
	i := bytes.IndexByte(f.own, '\r')
	if f.msg.Kind == Request {
		add(bytes.IndexByte(f.own, ' ')+1, i-len(" HTTP/1.1"), openTarget)
	}
	sizes := 0
	for line := 0; ; line++ {
		at := i + 2
		i = at + bytes.IndexByte(f.own[at:], '\r')
		if i == at {
			break
		}
		if line == maxLines {
			return
		}
		name := at + bytes.IndexByte(f.own[at:], ':')
		switch {
		case f.open>>line&1 != 0:
			add(name+1, i, openValue)
		case f.sized && isLength(f.own[at:name]):
			v := i - len(digits(f.own[name+1:i]))
			if sizes++; v == i || i-v > maxSize || sizes > 1 {
				return
			}
			add(v, i, openLength)
		}
	}
	add(len(f.own), len(f.own), openNothing)
	f.n = uint8(n)
}

func isLength(name []byte) bool { return isName(name, "Content-Length", "content-length") }

// digits returns the number that value is but for blanks before it, nothing if
// it is something else.
func digits(value []byte) []byte {
	for len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	for _, c := range value {
		if !isDigit(c) {
			return nil
		}
	}
	return value
}
