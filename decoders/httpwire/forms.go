package httpwire

import "encoding/binary"

// Forms remembers heads; what it remembers never changes what is read, but how long
// that takes. It belongs to one goroutine at a time, and all decoders of that may
// share it: then it stays in the cache. A direction remembers the form of its last one, which
// as a rule fits the next, too; otherwise a hint from its first bytes tells where
// to look for its form: at formProbes places, beginning with one of the first
// numForms.
type Forms struct {
	table  [numForms + formProbes - 1]form
	hints  [numForms + formProbes - 1]formHint // of table; 0: that place is free
	wasted uint32                              // how many forms in a row were given up without use
}

const (
	formBits   = 7
	numForms   = 1 << formBits
	formProbes = 4

	maxWasted = 64 // from then on, only
	learnEach = 16 // one in so many heads is learnt
)

// formRef is a place in Forms, counted from 1; 0: none.
type formRef uint8

// find returns the form of the head at the beginning of b, nil if it is not
// known, and what b has in the open places.
func (t *Forms) find(p *Parser, b []byte) (f *form, at fit) {
	if p.form != 0 {
		if f = &t.table[p.form-1]; f.kind == p.kind {
			if at = f.match(b); at.n > 0 {
				return f, at
			}
		}
	}
	return t.findOther(p, b)
}

// findOther is find where the last form is of no use. Many directions have two
// forms that take turns.
func (t *Forms) findOther(p *Parser, b []byte) (f *form, at fit) {
	if p.other != 0 {
		if f = &t.table[p.other-1]; f.kind == p.kind {
			if at = f.match(b); at.n > 0 {
				p.form, p.other = p.other, p.form
				return f, at
			}
		}
	}
	return t.search(p, b)
}

// search is find where no form is at hand, or where values differ from those that
// were seen last.
func (t *Forms) search(p *Parser, b []byte) (f *form, at fit) {
	hint, ok := hintOf(b)
	if ok {
		if f, at = t.atHint(p, b, hint, (*form).match); f != nil {
			return f, at
		}
	}
	for _, ref := range [2]formRef{p.form, p.other} {
		if ref != 0 && t.table[ref-1].kind == p.kind {
			if at = t.table[ref-1].matchLoose(b); at.n > 0 {
				t.use(p, ref)
				return &t.table[ref-1], at
			}
		}
	}
	if ok {
		return t.atHint(p, b, hint, (*form).matchLoose)
	}
	return nil, fit{}
}

// atHint tries the forms of a hint, but for those that p had last: whoever calls it
// has tried them.
func (t *Forms) atHint(p *Parser, b []byte, hint formHint, match func(*form, []byte) fit) (f *form, at fit) {
	first := hint.place()
	for i := first; i < first+formProbes; i++ {
		if ref := formRef(i + 1); t.hints[i] != hint || ref == p.form || ref == p.other {
			continue
		}
		f = &t.table[i]
		if p.kind != 0 && p.kind != f.kind {
			continue
		}
		if at = match(f, b); at.n > 0 {
			t.use(p, formRef(i+1))
			return f, at
		}
	}
	return nil, fit{}
}

// use makes a form that of p's last head.
func (*Forms) use(p *Parser, ref formRef) {
	if p.form != ref {
		p.form, p.other = ref, p.form
	}
}

// learn remembers the head that is all of b and that s describes.
func (t *Forms) learn(p *Parser, s *quick, b []byte) {
	if len(b) > maxForm {
		return
	}
	hint, ok := hintOf(b)
	if !ok {
		return
	}
	first := hint.place()
	place := first
	for i := first; i < first+formProbes; i++ {
		f := &t.table[i]
		if t.hints[i] == hint && f.widen(b) {
			p.form, p.other = formRef(i+1), p.form
			return
		}
		if t.hints[i] == 0 || f.used < t.table[place].used {
			place = i
		}
	}
	if t.waste(place) {
		return
	}
	for i := range t.table[first : first+formProbes] {
		t.table[first+i].used /= 2 // what was of use once does not stay for ever
	}
	t.hints[place] = 0
	if t.table[place].learn(s, b) {
		t.hints[place] = hint
		p.form, p.other = formRef(place+1), p.form
	}
}

// waste reports whether heads come that much in ever new forms that learning
// another one, at the place i, would only cost time.
func (t *Forms) waste(i int) bool {
	if t.hints[i] == 0 || t.table[i].used > 0 {
		t.wasted = 0
		return false
	}
	t.wasted++
	return t.wasted > maxWasted && t.wasted%learnEach != 0
}

// formHint is a hash of what heads of the same form have in common, never 0.
type formHint uint32

// place is the first of the places where a form may be.
func (h formHint) place() int { return int(h >> (32 - formBits)) }

// hintOf hashes the status and the first field's name, or the method and the
// first field, which as a rule is the Host.
func hintOf(b []byte) (hint formHint, ok bool) {
	const version, low7 = 0x2e312f50545448, 1<<56 - 1 // "HTTP/1.", and its bytes
	if len(b) < len("HTTP/1.1 200 OK\r\nDate: x\r") {
		return 0, false
	}
	x := binary.LittleEndian.Uint64(b)
	if x&low7 == version {
		b = b[len("HTTP/1.1 "):]
	} else {
		at := nextBelow(b, nextBelow(b, 0, ' '+1)+1, ' '+1) + len(" HTTP/1.1\r\nHost: ")
		if at+16 > len(b) {
			return 0, false
		}
		x &= 1<<16 - 1 // tells methods apart
		b = b[at:]
	}
	x = mix(binary.LittleEndian.Uint64(b)^x, binary.LittleEndian.Uint64(b[8:]))
	return formHint(x*0x9e3779b97f4a7c15>>32) | 1, true
}
