package ber

import "errors"

// Limits on what one element may make the reader do.
const (
	// MaxDepth is how deep indefinite lengths may nest.
	MaxDepth = 32
	// MaxElements is how many elements are looked at to find the end of an
	// indefinite length, and how many a Reader gives out.
	MaxElements = 4096
)

// Errors of Read. All but ErrShort leave nothing usable in the element.
var (
	// ErrShort: the element goes beyond the bytes that are there. The element
	// holds what there is of its content.
	ErrShort = errors.New("ber: element goes beyond the data")
	// ErrTag: a tag number of more than 24 bits.
	ErrTag = errors.New("ber: tag number is too large")
	// ErrLength: a length of more than 4 octets, the reserved form 0xff, or an
	// indefinite length of a primitive element.
	ErrLength = errors.New("ber: length makes no sense")
	// ErrLimit: more nesting or more elements than are followed.
	ErrLimit = errors.New("ber: nested too deeply or too many elements")
)

// Tags of universal types (X.680 8.4), with the constructed bit where it belongs.
const (
	Boolean     = 0x01
	Integer     = 0x02
	OctetString = 0x04
	Null        = 0x05
	OID         = 0x06
	External    = 0x28
	Enumerated  = 0x0a
	Sequence    = 0x30
)

// constructed is the bit of the identifier octet that says that the content is
// made of elements (X.690 8.1.2.5).
const constructed = 0x20

// Element is one tag, length and value.
type Element struct {
	// Tag is the identifier octet as it stands (class, constructed bit and
	// number: 0x62, 0xa1, 0x04); a multi-octet tag has its first octet in bits
	// 24 to 31 and its number below.
	Tag uint32
	// Content is the value, without the end-of-contents octets of an
	// indefinite length. It is a view of the input.
	Content []byte
	// Raw is the whole element, header and end-of-contents octets included; a
	// view of the input.
	Raw []byte
	// Missing is how many octets of a definite-length value were not in the
	// data; 0 unless Read gave ErrShort (and 0 then too when the header itself
	// is cut or the length is indefinite).
	Missing int
	// Indefinite: the length was of the indefinite form.
	Indefinite bool
}

// Constructed reports whether the content is made of elements.
func (e *Element) Constructed() bool {
	if e.Tag > 0xff {
		return e.Tag>>24&constructed != 0
	}
	return e.Tag&constructed != 0
}

// Read reads the element at the start of b. rest is what follows it. With
// ErrShort, the element holds the part of the content that is there, and rest
// is empty.
func Read(b []byte) (e Element, rest []byte, err error) {
	n, length, err := e.header(b)
	if err != nil {
		return Element{}, nil, err
	}
	if e.Indefinite {
		content, end, err := findEnd(b[n:])
		if err != nil && err != ErrShort {
			return Element{}, nil, err
		}
		e.Content, e.Raw = b[n:n+content], b[:n+end]
		return e, b[n+end:], err
	}
	have := len(b) - n
	if length > have {
		e.Content, e.Raw, e.Missing = b[n:], b, length-have
		return e, nil, ErrShort
	}
	e.Content, e.Raw = b[n:n+length], b[:n+length]
	return e, b[n+length:], nil
}

// header reads identifier and length octets (X.690 8.1.2, 8.1.3); n is their number.
func (e *Element) header(b []byte) (n, length int, err error) {
	if len(b) < 2 {
		return 0, 0, ErrShort
	}
	e.Tag, n = uint32(b[0]), 1
	if b[0]&0x1f == 0x1f {
		num := uint32(0)
		for {
			if n == len(b) {
				return 0, 0, ErrShort
			}
			o := b[n]
			n++
			num = num<<7 | uint32(o&0x7f)
			if num > 1<<24-1 {
				return 0, 0, ErrTag
			}
			if o&0x80 == 0 {
				break
			}
			if n > 8 { // leading zeroes without end
				return 0, 0, ErrTag
			}
		}
		e.Tag = uint32(b[0])<<24 | num
	}
	if n == len(b) {
		return 0, 0, ErrShort
	}
	o := b[n]
	n++
	switch {
	case o < 0x80:
		return n, int(o), nil
	case o == 0x80:
		if !e.Constructed() {
			return 0, 0, ErrLength
		}
		e.Indefinite = true
		return n, 0, nil
	}
	k := int(o & 0x7f)
	if k > 4 {
		return 0, 0, ErrLength
	}
	if len(b)-n < k {
		return 0, 0, ErrShort
	}
	var l uint32
	for _, o := range b[n : n+k] {
		l = l<<8 | uint32(o)
	}
	if l > 1<<31-1 {
		return 0, 0, ErrLength
	}
	return n + k, int(l), nil
}

// findEnd finds the end-of-contents octets (00 00) of an indefinite length
// whose content starts b: content is the number of octets before them, end the
// number with them. It walks with a counter instead of recursion.
func findEnd(b []byte) (content, end int, err error) {
	depth, i := 1, 0
	for seen := 0; ; seen++ {
		if seen == MaxElements {
			return i, i, ErrLimit
		}
		if len(b)-i >= 2 && b[i] == 0 && b[i+1] == 0 {
			depth--
			if depth == 0 {
				return i, i + 2, nil
			}
			i += 2
			continue
		}
		var e Element
		n, length, err := e.header(b[i:])
		switch {
		case err == ErrShort, err == nil && length > len(b)-i-n:
			return len(b), len(b), ErrShort
		case err != nil:
			return i, i, err
		}
		i += n + length
		if e.Indefinite {
			depth++
			if depth > MaxDepth {
				return i, i, ErrLimit
			}
		}
	}
}
