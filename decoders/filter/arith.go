package filter

import (
	"strconv"

	"pcaptriage/decoders"
)

// value is a compiled arithmetic expression. ok false means that the packet is
// not of the protocol that the expression loads from: the comparison is then
// false. Arithmetic is modulo 2^32, unsigned, as in BPF.
type value struct {
	get      func(v *view) (n uint32, ok bool)
	constant bool
	n        uint32 // valid if constant
}

func constant(n uint32) value {
	return value{func(*view) (uint32, bool) { return n, true }, true, n}
}

// levels are the binary operators by binding strength, weakest first
// (libpcap's grammar has | and & on one level).
var levels = [][]string{{"|", "&", "^"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}}

func (p *parser) sum(level int) (value, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.sum(level + 1)
	if err != nil {
		return left, err
	}
	for {
		op := p.peek()
		if !p.accept(levels[level]...) {
			return left, nil
		}
		right, err := p.sum(level + 1)
		if err != nil {
			return left, err
		}
		if (op == "/" || op == "%") && right.constant && right.n == 0 {
			return left, &fatalError{p.fail("division by zero")}
		}
		left = operate(left, op, right)
	}
}

func operate(l value, op string, r value) value {
	get := func(v *view) (uint32, bool) {
		a, ok := l.get(v)
		if !ok {
			return 0, false
		}
		b, ok := r.get(v)
		if !ok {
			return 0, false
		}
		switch op {
		case "|":
			return a | b, true
		case "&":
			return a & b, true
		case "^":
			return a ^ b, true
		case "<<":
			return a << b, true
		case ">>":
			return a >> b, true
		case "+":
			return a + b, true
		case "-":
			return a - b, true
		case "*":
			return a * b, true
		}
		if b == 0 { // BPF rejects the packet
			v.cut = true
			return 0, false
		}
		if op == "/" {
			return a / b, true
		}
		return a % b, true
	}
	if l.constant && r.constant {
		n, _ := get(&view{})
		return constant(n)
	}
	return value{get: get}
}

func (p *parser) unary() (value, error) {
	if err := p.enter(); err != nil {
		return value{}, err
	}
	defer func() { p.depth-- }()
	if p.accept("-") {
		x, err := p.unary()
		return operate(constant(0), "-", x), err
	}
	if p.accept("(") {
		x, err := p.sum(0)
		if err == nil && !p.accept(")") {
			err = p.fail("missing )")
		}
		return x, err
	}
	w := p.peek()
	if w == "len" {
		p.at++
		return value{get: func(v *view) (uint32, bool) { return v.wireLen, true }}, nil
	}
	if n, ok := constants[w]; ok {
		p.at++
		return constant(n), nil
	}
	if p.at+1 < len(p.toks) && p.toks[p.at+1].text == "[" {
		return p.load(w)
	}
	if w == "" || !digit(w[0]) {
		return value{}, p.fail("want a number")
	}
	n, err := strconv.ParseUint(w, 0, 32)
	if err != nil {
		return value{}, p.fail("want a number")
	}
	p.at++
	return constant(uint32(n)), nil
}

// load is PROTO[OFFSET] or PROTO[OFFSET:SIZE].
func (p *parser) load(proto string) (value, error) {
	base, ok := p.base(proto)
	if !ok {
		return value{}, &fatalError{p.fail(strconv.Quote(proto+"[...]") + " is not supported")}
	}
	p.at += 2
	off, err := p.sum(0)
	if err != nil {
		return value{}, &fatalError{err}
	}
	size := uint32(1)
	if p.accept(":") {
		if size, err = p.number(4); err != nil || size == 0 || size == 3 {
			return value{}, &fatalError{p.fail("want a size of 1, 2 or 4")}
		}
	}
	if !p.accept("]") {
		return value{}, &fatalError{p.fail("missing ]")}
	}
	return value{get: func(v *view) (uint32, bool) {
		at, ok := base(v)
		if !ok {
			return 0, false
		}
		o, ok := off.get(v)
		if !ok || o > uint32(len(v.data)) {
			v.cut = v.cut || ok
			return 0, false
		}
		switch at += int(o); size {
		case 1:
			return v.u8(at), true
		case 2:
			return v.u16(at), true
		}
		return v.u32(at), true
	}}, nil
}

// base returns where a protocol's header begins. Transport headers are found
// under IPv4 in first fragments only, icmp6's under IPv6 without extension
// headers, as in libpcap.
func (p *parser) base(proto string) (func(v *view) (int, bool), bool) {
	tags := p.tags
	if proto == "ether" || proto == "link" {
		return func(v *view) (int, bool) { return 0, true }, true
	}
	if et, ok := etherProtocols[proto]; ok {
		return func(v *view) (int, bool) { return v.net(tags), v.etherType(tags) == et }, true
	}
	pr, ok := ipProtocols[proto]
	if proto == "icmp6" || proto == "icmpv6" {
		return func(v *view) (int, bool) {
			n := v.net(tags)
			return n + 40, v.etherType(tags) == etIPv6 && v.u8(n+6) == decoders.ProtoICMPv6
		}, true
	}
	if !ok {
		return nil, false
	}
	return func(v *view) (int, bool) {
		n := v.net(tags)
		if v.etherType(tags) != etIPv4 || v.u8(n+9) != pr.number || v.u16(n+6)&0x1fff != 0 {
			return 0, false
		}
		return n + int(v.u8(n)&0xf)*4, true
	}, true
}

func compare(l value, op string, r value) node {
	return func(v *view) bool {
		a, ok := l.get(v)
		if !ok {
			return false
		}
		b, ok := r.get(v)
		if !ok {
			return false
		}
		switch op {
		case ">":
			return a > b
		case "<":
			return a < b
		case ">=":
			return a >= b
		case "<=":
			return a <= b
		case "!=":
			return a != b
		}
		return a == b
	}
}

// constants are pcap-filter(7)'s names for offsets and values.
var constants = map[string]uint32{
	"tcpflags": 13, "tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
	"icmptype": 0, "icmpcode": 1, "icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
	"icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13, "icmp-tstampreply": 14,
	"icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,
	"icmp6type": 0, "icmp6code": 1, "icmp6-destinationunreach": 1, "icmp6-destinationrunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3,
	"icmp6-parameterproblem": 4, "icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134,
	"icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137,
}
