package httpwire

import "encoding/binary"

// forms remembers heads. A direction remembers the form of its last one, which
// as a rule fits the next, too; otherwise a head's first bytes tell where to
// look for its form: at formProbes places, beginning with one of the first
// numForms.
type forms struct {
	table [numForms + formProbes - 1]form
}

const (
	numForms   = 64
	formProbes = 4
)

// formRef is a place in forms, counted from 1; 0: none.
type formRef uint8

// find returns the form of the head at the beginning of b, nil if it is not
// known, and what b has in the open places.
func (t *forms) find(p *Parser, b []byte) (f *form, at fit) {
	if p.form != 0 {
		f = &t.table[p.form-1]
		if f.whole && f.msg.Kind == p.kind {
			if at = f.match(b); at.n > 0 {
				return f, at
			}
		}
	}
	first, ok := placesOf(b)
	if !ok {
		return nil, fit{}
	}
	for i := first; i < first+formProbes; i++ {
		f = &t.table[i]
		if !f.whole || p.kind != 0 && p.kind != f.msg.Kind {
			continue
		}
		if at = f.match(b); at.n > 0 {
			p.form = formRef(i + 1)
			return f, at
		}
	}
	return nil, fit{}
}

// learn remembers the head that is all of b and that s describes.
func (t *forms) learn(p *Parser, s *quick, b []byte) {
	if len(b) > maxForm {
		return
	}
	first, ok := placesOf(b)
	if !ok {
		return
	}
	place := first
	for i := first; i < first+formProbes; i++ {
		f := &t.table[i]
		if f.whole && f.widen(b) {
			p.form = formRef(i + 1)
			return
		}
		if !f.whole || f.used < t.table[place].used {
			place = i
		}
	}
	for i := range t.table[first : first+formProbes] {
		t.table[first+i].used /= 2 // what was of use once does not stay for ever
	}
	t.table[place].learn(s, b)
	p.form = formRef(place + 1)
}

// placesOf returns the first of the places where the form of the head at the
// beginning of b may be. They depend on the method, or the version of a status
// line, and on what stands behind a request's target or that version: the
// status, and the first bytes of the fields.
func placesOf(b []byte) (first int, ok bool) {
	const version, low7 = 0x2e312f50545448, 1<<56 - 1 // "HTTP/1.", and its bytes
	if len(b) < 8 {
		return 0, false
	}
	start := binary.LittleEndian.Uint64(b)
	at := len("HTTP/1.1 ")
	if start&low7 != version {
		start &= 1<<16 - 1 // tells methods apart
		at = nextBelow(b, nextBelow(b, 0, ' '+1)+1, ' '+1) + len(" HTTP/1.1")
	}
	const hint = 24
	if at+hint > len(b) {
		return 0, false
	}
	b = b[at : at+hint]
	x := mix(binary.LittleEndian.Uint64(b)^start, binary.LittleEndian.Uint64(b[8:])) ^ binary.LittleEndian.Uint64(b[16:])
	return int(x * 0x9e3779b97f4a7c15 >> 58), true // 6 bits for numForms
}
