package filter

// Filter is a compiled expression. It is not safe for concurrent use.
type Filter struct {
	root node
	v    view
}

// node is a compiled condition.
type node func(v *view) bool

// Compile parses an expression. The error is a *SyntaxError.
func Compile(expr string) (*Filter, error) {
	toks, err := lex(expr)
	if err != nil {
		return nil, err
	}
	p := &parser{expr: expr, toks: toks}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Filter{root: root}, nil
}

// Match reports whether a packet passes. linkType must be one that Supports
// knows; of others nothing passes. data are the captured bytes, wireLen the
// length on the wire. It does not allocate.
func (f *Filter) Match(linkType uint16, data []byte, wireLen uint32) bool {
	if !Supports(linkType) {
		return false
	}
	f.v.set(linkType, data, wireLen)
	ok := f.root(&f.v) && !f.v.cut
	f.v.data = nil
	return ok
}
