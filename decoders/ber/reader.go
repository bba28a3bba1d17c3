package ber

// Reader goes through the elements of a constructed value, one after the other.
type Reader struct {
	rest []byte
	err  error
	seen int
	// E is the current element, valid after Next returned true. With ErrShort
	// from Err it is the cut one.
	E Element
}

// NewReader reads the elements in content.
func NewReader(content []byte) Reader { return Reader{rest: content} }

// Next moves to the next element. A cut last element is still given out, with
// Err returning ErrShort; any other error ends the walk.
func (r *Reader) Next() bool {
	if r.err != nil || len(r.rest) == 0 {
		return false
	}
	if r.seen == MaxElements {
		r.err = ErrLimit
		return false
	}
	r.seen++
	var e Element
	e, r.rest, r.err = Read(r.rest)
	if r.err != nil && (r.err != ErrShort || e.Raw == nil) {
		return false
	}
	r.E = e
	return true
}

// Err is what stopped the walk before its end, or nil.
func (r *Reader) Err() error { return r.err }
