package filter

import (
	"strconv"
	"strings"
)

// maxDepth bounds nested parentheses and negations.
const maxDepth = 200

type parser struct {
	expr  string
	toks  []token
	at    int
	depth int
	// tags is the number of "vlan" primitives so far: in libpcap each of them
	// moves everything behind it, wherever it stands in the expression.
	tags int
	last qualifiers // of the last primitive, for ids without a keyword
}

// qualifiers are what can stand before an id.
type qualifiers struct {
	proto string // "", "ether", "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp"
	dir   string // "", "src", "dst", "and"
	kind  string // "", "host", "net", "port", "portrange", "proto"
	set   bool
}

func (p *parser) fail(msg string) error {
	pos := len(p.expr)
	if p.at < len(p.toks) {
		pos = p.toks[p.at].pos
	}
	return &SyntaxError{p.expr, pos, msg}
}

func (p *parser) peek() string {
	if p.at < len(p.toks) {
		return p.toks[p.at].text
	}
	return ""
}

func (p *parser) accept(words ...string) bool {
	for _, w := range words {
		if p.at < len(p.toks) && p.toks[p.at].text == w {
			p.at++
			return true
		}
	}
	return false
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("nested too deep")
	}
	return nil
}

func (p *parser) parse() (node, error) {
	if len(p.toks) == 0 {
		return nil, p.fail("nothing to match")
	}
	n, err := p.chain((*parser).term)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.toks) {
		return nil, p.fail("syntax error")
	}
	return n, nil
}

// chain is operand {and|or operand}, from the left.
func (p *parser) chain(operand func(*parser) (node, error)) (node, error) {
	left, err := operand(p)
	if err != nil {
		return nil, err
	}
	for {
		and := p.accept("and", "&&")
		if !and && !p.accept("or", "||") {
			return left, nil
		}
		right, err := operand(p)
		if err != nil {
			return nil, err
		}
		l := left
		if and {
			left = func(v *view) bool { return l(v) && !v.cut && right(v) }
		} else {
			left = func(v *view) bool { return l(v) || !v.cut && right(v) }
		}
	}
}

// term is [not] primitive, or an expression in parentheses.
func (p *parser) term() (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if p.accept("not", "!") {
		n, err := p.term()
		if err != nil {
			return nil, err
		}
		return func(v *view) bool { return !n(v) }, nil
	}
	if n, ok, err := p.relation(); ok || err != nil {
		return n, err
	}
	if p.accept("(") {
		n, err := p.chain((*parser).term)
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, p.fail("missing )")
		}
		return n, nil
	}
	return p.primitive()
}

// relation tries arithmetic relop arithmetic; ok is false, and nothing taken,
// when that is not what stands here.
func (p *parser) relation() (n node, ok bool, err error) {
	start, tags := p.at, p.tags
	left, err := p.sum(0)
	if err != nil {
		p.at, p.tags = start, tags
		if fatal, is := err.(*fatalError); is {
			return nil, false, fatal.error
		}
		return nil, false, nil
	}
	op := p.peek()
	switch op {
	case ">", "<", ">=", "<=", "=", "==", "!=":
		p.at++
	default:
		p.at, p.tags = start, tags
		return nil, false, nil
	}
	right, err := p.sum(0)
	if err != nil {
		if fatal, is := err.(*fatalError); is {
			err = fatal.error
		}
		return nil, false, err
	}
	return compare(left, op, right), true, nil
}

// fatalError is an error inside something that can only be arithmetic.
type fatalError struct{ error }

// ids parses what follows qualifiers: an id, or ids in parentheses.
func (p *parser) ids(q qualifiers) (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if p.accept("not", "!") {
		n, err := p.ids(q)
		if err != nil {
			return nil, err
		}
		return func(v *view) bool { return !n(v) }, nil
	}
	if p.accept("(") {
		n, err := p.chain(func(p *parser) (node, error) { return p.ids(q) })
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, p.fail("missing )")
		}
		return n, nil
	}
	return p.id(q)
}

// primitive is a keyword with what belongs to it, or an id that takes the last
// keyword.
func (p *parser) primitive() (node, error) {
	switch word := p.peek(); word {
	case "":
		return nil, p.fail("something to match is missing")
	case "vlan":
		p.at++
		return p.vlan()
	case "less", "greater":
		p.at++
		n, err := p.number(0xffffffff)
		if err != nil {
			return nil, err
		}
		if word == "less" {
			return func(v *view) bool { return v.wireLen <= n }, nil
		}
		return func(v *view) bool { return v.wireLen >= n }, nil
	case "broadcast", "multicast":
		p.at++
		return p.cast("ether", word)
	}
	q, any, err := p.qualify()
	if err != nil {
		return nil, err
	}
	if !any {
		if !p.last.set {
			q = qualifiers{set: true}
		} else {
			q = p.last
		}
		return p.id(q)
	}
	if q.proto != "" && q.dir == "" && q.kind == "" {
		if w := p.peek(); w == "broadcast" || w == "multicast" {
			p.at++
			return p.cast(q.proto, w)
		}
		if !p.idFollows() {
			return p.protocol(q.proto)
		}
	}
	q.set = true
	p.last = q
	return p.ids(q)
}

// idFollows reports whether the next token can begin an id.
func (p *parser) idFollows() bool {
	w := p.peek()
	return w != "" && (digit(w[0]) || strings.Contains(w, ":") || strings.Contains(w, "."))
}

// qualify reads protocol, direction and type keywords.
func (p *parser) qualify() (q qualifiers, any bool, err error) {
	start := p.at
	if proto, ok := protocolName(p.peek()); ok {
		p.at++
		q.proto = proto
	}
	switch {
	case p.accept("src"):
		q.dir = "src"
		if p.accept("or", "||") {
			if !p.accept("dst") {
				return q, false, p.fail("want dst after \"src or\"")
			}
			q.dir = ""
		} else if p.at+1 < len(p.toks) && (p.peek() == "and" || p.peek() == "&&") && p.toks[p.at+1].text == "dst" {
			p.at += 2
			q.dir = "and"
		}
	case p.accept("dst"):
		q.dir = "dst"
		if p.at+1 < len(p.toks) && p.toks[p.at+1].text == "src" {
			switch p.peek() {
			case "or", "||":
				p.at += 2
				q.dir = ""
			case "and", "&&":
				p.at += 2
				q.dir = "and"
			}
		}
	}
	switch w := p.peek(); w {
	case "host", "net", "port", "portrange", "proto":
		p.at++
		q.kind = w
	case "gateway", "protochain", "inbound", "outbound", "mpls", "pppoed", "pppoes", "geneve", "vxlan", "ifname", "on", "rnr", "rset", "reason", "action", "type", "subtype", "dir", "wlan", "atalk", "iso", "lane":
		return q, false, p.fail(strconv.Quote(w) + " is not supported")
	}
	return q, p.at > start, nil
}

// number parses a number (decimal, 0x, or octal) up to limit.
func (p *parser) number(limit uint32) (uint32, error) {
	n, err := strconv.ParseUint(p.peek(), 0, 32)
	if err != nil || uint32(n) > limit || strings.Contains(p.peek(), "_") {
		return 0, p.fail("want a number from 0 to " + strconv.FormatUint(uint64(limit), 10))
	}
	p.at++
	return uint32(n), nil
}
