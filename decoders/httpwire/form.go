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
//
// The fields lie as they are used: one line of the cache tells whether a head
// fits, but for its text, and the next two have what is told of it.
type form struct {
	start  uint64 // its first eight bytes, as far as mask goes: the method, or the version
	mask   uint64
	tail   uint64 // its last eight bytes
	last   []byte // what follows the last of target and length, to the end of own
	target span   // of own, and open; empty in a status line
	length span   // the digits of Content-Length, likewise; empty unless sized
	open   uint32 // lines behind the start line with an open value
	kind   Kind   // msg.Kind
	sized  bool   // there is a Content-Length
	// framed: the body ends as Content-Length says. Otherwise all heads of the
	// form have the framing of msg.
	framed bool
	varies bool // the last head that fitted differed from own in an open value

	used uint32
	lead []byte // of own, between target and length; empty unless sized
	// msg is what the head says. What is open in it, recall fills in anew for
	// each head.
	msg  Message
	head Head // its slices point into own

	own     []byte // the head it was made of
	nPlaces uint8
	places  [maxOpen + 1]span // open values and length; valid up to nPlaces

	_ [16]byte // a whole number of lines
}

// span is a run of bytes.
type span struct{ from, to uint16 }

const (
	maxOpen  = 16
	maxLines = 32
	maxForm  = 2048 // bytes
	maxSize  = 18   // digits of a Content-Length that is read in passing

	noStart = 1 // a form's start that with mask 0 no head has
)

// fit is what a head has in the open places of its form.
type fit struct {
	n      int   // bytes of the head, 0: it does not fit
	target int   // where the target ends
	length int64 // Content-Length
}

// match compares the head at the beginning of b with f. Open values, too, change
// now and then only, like dates, so that they are compared like everything else;
// where they were seen to change, and for want of a better form, they are looked
// at one by one.
func (f *form) match(b []byte) (at fit) {
	if len(b) < 8 || len(b) > MaxHead || binary.LittleEndian.Uint64(b)&f.mask != f.start {
		return fit{}
	}
	if f.target.to != 0 {
		at.target = nextBelow(b, int(f.target.from), ' '+1)
		if at.target <= int(f.target.from) {
			return fit{}
		}
	}
	rest := at.target
	if f.sized {
		n := 0
		if rest += len(f.lead); rest <= len(b) {
			at.length, n = number(b[rest:])
		}
		if n == 0 {
			return f.mayVary(b, at)
		}
		rest += n
	}
	end := rest + len(f.last)
	// Heads that have much in common differ in their last line, as a rule.
	if end > len(b) || len(f.last) >= 8 && binary.LittleEndian.Uint64(b[end-8:end]) != f.tail || string(b[rest:end]) != string(f.last) ||
		f.sized && string(b[at.target:at.target+len(f.lead)]) != string(f.lead) {
		return f.mayVary(b, at)
	}
	if f.varies {
		f.varies = false
	}
	at.n = end
	return at
}

// mayVary is loose if that was of use the last time.
func (f *form) mayVary(b []byte, at fit) fit {
	if !f.varies {
		return fit{}
	}
	return f.loose(b, at.target)
}

// matchLoose is match where open values may differ from those in own.
func (f *form) matchLoose(b []byte) fit {
	if f.open == 0 || len(b) < 8 || binary.LittleEndian.Uint64(b)&f.mask != f.start {
		return fit{}
	}
	target := 0
	if f.target.to != 0 {
		target = nextBelow(b, int(f.target.from), ' '+1)
		if target <= int(f.target.from) {
			return fit{}
		}
	}
	return f.loose(b, target)
}

// number reads the digits that b begins with, and returns their number, too; 0
// if there are none, or more than anybody needs.
func number(b []byte) (v int64, n int) {
	if len(b) >= 8 {
		// Eight bytes at a time, without a branch on how many are digits: a bit of
		// odd is set in the first that is none, and perhaps in those above it.
		const ones = 0x0101010101010101
		x := binary.LittleEndian.Uint64(b) ^ '0'*ones
		if odd := (x | (x + 6*ones)) & (0xf0 * ones); odd&0xff == 0 && odd != 0 {
			n = bits.TrailingZeros64(odd) / 8
			x <<= 64 - 8*n  // as if it had zeros before
			x = x*10 + x>>8 // pairs of digits, in every other byte
			const pair = 0x000000ff000000ff
			x = (x&pair)*(100+1000000<<32) + (x>>16&pair)*(1+10000<<32)
			return int64(x >> 32), n
		}
	}
	for _, c := range b {
		if c -= '0'; c > 9 {
			break
		}
		v = v*10 + int64(c)
		if n++; n > maxSize {
			return 0, 0
		}
	}
	return v, n
}

// loose compares b with f, value by value, from where the target ends, which is
// at target in b.
func (f *form) loose(b []byte, target int) (at fit) {
	at.target = target
	i, j := target, int(f.target.to) // places in b and in own: what is before was compared
	next := func(to int) bool {
		same := f.own[j:to]
		if len(b)-i < len(same) || string(b[i:i+len(same)]) != string(same) {
			return false
		}
		i += len(same)
		return true
	}
	for _, v := range f.places[:f.nPlaces] {
		if !next(int(v.from)) {
			return fit{}
		}
		j = int(v.to)
		if f.sized && v == f.length {
			var n int
			if at.length, n = number(b[i:]); n == 0 {
				return fit{}
			}
			i += n
			continue
		}
		end := nextBelow(b, i, ' ')
		if last := f.own[v.from:v.to]; end-i == len(last) {
			copy(last, b[i:end]) // perhaps it comes again
			f.noteTail()
		}
		i = end
	}
	if !next(len(f.own)) || i > MaxHead {
		return fit{}
	}
	at.n = i
	f.varies = true
	return at
}

// noteTail keeps how own ends.
func (f *form) noteTail() { f.tail = binary.LittleEndian.Uint64(f.own[len(f.own)-8:]) }

// learn makes f the form of the head that is all of b and that s describes, and
// reports whether that is of use.
func (f *form) learn(s *quick, b []byte) bool {
	*f = form{own: append(f.own[:0], b...), start: noStart}
	m := &f.msg
	m.Length, m.KeepAliveTimeout, m.KeepAliveMax = -1, -1, -1
	s.takeStart(m, f.own, &f.head)
	var said fields
	s.takeFields(f.own, &said, m, &f.head)
	said.frame(m)
	if m.Flags&(Malformed|Conflict) != 0 || m.Framing == NotKnown || m.Framing == Tunnel || m.Status/100 == 1 || m.Method == CONNECT {
		return false
	}
	f.kind = m.Kind
	if said.nLength > 0 {
		f.sized = true
		f.framed = m.Kind == Request || m.Status != 204 && m.Status != 304
	}
	return f.divide()
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
	return f.divide()
}

// startsLike reports whether two start lines differ in the target only.
func (f *form) startsLike(own, line []byte) bool {
	if f.kind == Response {
		return string(own) == string(line)
	}
	method := bytes.IndexByte(own, ' ') + 1
	const version = len(" HTTP/1.1")
	return len(line) > method+version && string(own[:method]) == string(line[:method]) &&
		string(own[len(own)-version:]) == string(line[len(line)-version:])
}

// divide finds the open places of f. It reports whether it could: not if there
// are too many lines, or a Content-Length that is not just digits.
func (f *form) divide() bool {
	f.start, f.mask = noStart, 0
	f.nPlaces = 0
	i := bytes.IndexByte(f.own, '\r')
	end := len("HTTP/1.1")
	if f.kind == Request {
		end = bytes.IndexByte(f.own, ' ') + 1
		f.target = span{uint16(end), uint16(i - len(" HTTP/1.1"))}
	}
	add := func(from, to int) span {
		at := span{uint16(from), uint16(to)}
		f.places[f.nPlaces] = at
		f.nPlaces++
		return at
	}
	sizes := 0
	for line := 0; ; line++ {
		at := i + 2
		i = at + bytes.IndexByte(f.own[at:], '\r')
		if i == at {
			break
		}
		if line == maxLines {
			return false
		}
		name := at + bytes.IndexByte(f.own[at:], ':')
		switch {
		case f.open>>line&1 != 0:
			add(name+1, i)
		case f.sized && isLength(f.own[at:name]):
			v := i - len(digits(f.own[name+1:i]))
			if sizes++; v == i || i-v > maxSize || sizes > 1 {
				return false
			}
			f.length = add(v, i)
		}
	}
	f.lead, f.last = nil, f.own[f.target.to:]
	if f.sized {
		f.lead, f.last = f.own[f.target.to:f.length.from], f.own[f.length.to:]
	}
	f.mask = 1<<(8*end) - 1 // methods known by name have seven letters at most
	f.start = binary.LittleEndian.Uint64(f.own) & f.mask
	f.noteTail()
	return true
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
