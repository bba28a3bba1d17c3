package httpwire

// recall reads a head of a known form that b begins with, and as much of its body
// as b has, if that has a length. It returns how many bytes it read: none if the
// head is not whole, is of no known form, or has to be looked at for other
// reasons. p must be between messages; b begins at at.
func (d *Decoder) recall(p *Parser, q *Queue, b []byte, at Mark, h Handler) (n int) {
	f, has := d.forms.find(p, b)
	if f == nil {
		return 0
	}
	var r *Pending
	if f.msg.Kind == Response {
		// Without such a request, or with one that changes what the head means,
		// see announce.
		if r = q.At(0); r == nil || q.unsure || r.Method == HEAD || r.Method == CONNECT {
			return 0
		}
	}
	f.used++
	// The message is told from the form: most are over at once, and the parser,
	// which often has to be fetched from memory, need not know of them.
	m := &f.msg
	f.fill(has)
	m.Begin = at
	at.Off += uint64(has.n)
	m.Last = at
	p.count++
	p.kind = f.kind
	if r != nil {
		m.Method = r.Method
		h.Head(m, &f.head, r)
	} else {
		r = q.push(m)
		p.serial = q.pushed
		f.head.Target = bounded(b[f.target.from:has.target])
		h.Head(m, &f.head, nil)
		f.head.Target = nil // it was only borrowed
	}
	n = has.n
	switch m.Framing {
	case NoBody:
	case ByLength:
		body := min(m.Length, int64(len(b)-n))
		n += int(body)
		m.Body = uint64(body)
		m.Last.Off += m.Body
		if body < m.Length {
			p.openWith(m)
			p.state = inBody
			p.remain = uint64(m.Length - body)
			if f.kind == Request && r != nil {
				r.Last = m.Last
			}
			return n
		}
	default:
		p.openWith(m)
		d.enter(p, q, h)
		return n
	}
	if f.kind == Response {
		h.Done(m, r)
		q.pop()
		return n
	}
	if r != nil {
		r.Last, r.Whole = m.Last, true
	}
	h.Done(m, nil)
	return n
}

// openWith makes m the message under way.
func (p *Parser) openWith(m *Message) {
	p.msg = *m
	p.open = true
}

// fill makes f.msg what a head of the form says that has those open places.
func (f *form) fill(has fit) {
	m := &f.msg
	m.HeadLen = uint32(has.n)
	m.Body = 0
	if !f.sized {
		return
	}
	m.Length = has.length
	if f.framed {
		m.Framing = ByLength
		if m.Length == 0 {
			m.Framing = NoBody
		}
	}
}
