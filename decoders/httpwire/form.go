package httpwire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

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
	own    []byte // the head it was made of
	start  uint64 // its first eight bytes, as far as mask goes: the method, or the version
	mask   uint64
	target span // of own, and open; empty in a status line
	length span // the digits of Content-Length, likewise; valid if sized
	values [maxOpen]span
	open   uint32 // lines behind the start line with an open value
	used   uint32

	whole bool  // there is a form
	nOpen uint8 // values that are valid
	sized bool  // there is a Content-Length
	// framed: the body ends as Content-Length says. Otherwise all heads of the
	// form have the framing of msg.
	framed bool

	msg  Message // what the head says, apart from what is open
	head Head    // its slices point into own
}

// span is a run of bytes.
type span struct{ from, to uint16 }

const (
	maxOpen  = 16
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
	if len(b) < 8 || (binary.LittleEndian.Uint64(b)^f.start)&f.mask != 0 {
		return fit{}
	}
	i, j := 0, 0 // places in b and in own: what is before was compared
	if f.target.to != 0 {
		i, j = nextBelow(b, int(f.target.from), ' '+1), int(f.target.to)
		if i <= int(f.target.from) {
			return fit{}
		}
		at.target = i
	}
	if f.sized {
		from := f.run(b, i, j, int(f.length.from))
		if from == 0 {
			return fit{}
		}
		for i = from; i < len(b) && b[i]-'0' <= 9; i++ {
			at.length = at.length*10 + int64(b[i]-'0')
		}
		if i == from || i-from > maxSize {
			return fit{}
		}
		j = int(f.length.to)
	}
	i = f.run(b, i, j, len(f.own))
	if i > MaxHead {
		return fit{}
	}
	at.n = i
	return at
}

// run compares b from i on with own from j to to, where only values are open. It
// returns where it ends in b, 0 if it does not fit.
func (f *form) run(b []byte, i, j, to int) int {
	same := f.own[j:to]
	if end := i + len(same); i >= 0 && end >= i && end <= len(b) && string(b[i:end]) == string(same) {
		return end // open values, too, change now and then only, like dates
	}
	if f.open == 0 {
		return 0
	}
	return f.loose(b, i, j, to)
}

// loose is run where values differ from those in own.
func (f *form) loose(b []byte, i, j, to int) int {
	for _, v := range f.values[:f.nOpen] {
		if int(v.from) < j || int(v.to) > to {
			continue
		}
		same, last := f.own[j:v.from], f.own[v.from:v.to]
		if len(b)-i < len(same) || string(b[i:i+len(same)]) != string(same) {
			return 0
		}
		i += len(same)
		end := nextBelow(b, i, ' ')
		if end-i == len(last) {
			copy(last, b[i:end]) // perhaps it comes again
		}
		i, j = end, int(v.to)
	}
	same := f.own[j:to]
	if len(b)-i < len(same) || string(b[i:i+len(same)]) != string(same) {
		return 0
	}
	return i + len(same)
}

// learn makes f the form of the head that is all of b and that s describes, if
// that is of use.
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
	if i != j || open == f.open || bits.OnesCount32(open) > maxOpen {
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

// divide finds the open places of f. There is no form if it has too many lines,
// or a Content-Length that is not just digits.
func (f *form) divide() {
	f.whole = false
	f.nOpen = 0
	i := bytes.IndexByte(f.own, '\r')
	end := len("HTTP/1.1")
	if f.msg.Kind == Request {
		end = bytes.IndexByte(f.own, ' ') + 1
		f.target = span{uint16(end), uint16(i - len(" HTTP/1.1"))}
	}
	f.mask = 1<<(8*end) - 1 // methods known by name have seven letters at most
	f.start = binary.LittleEndian.Uint64(f.own) & f.mask
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
			f.values[f.nOpen] = span{uint16(name + 1), uint16(i)}
			f.nOpen++
		case f.sized && isLength(f.own[at:name]):
			v := i - len(digits(f.own[name+1:i]))
			if sizes++; v == i || i-v > maxSize || sizes > 1 {
				return
			}
			f.length = span{uint16(v), uint16(i)}
		}
	}
	f.whole = true
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
