package httpwire

// recall reads a head of a known form that lies whole at the beginning of in, and
// reports whether it did. p must be between messages, and know that.
func (d *Decoder) recall(p *Parser, q *Queue, in *input, h Handler) bool {
	b := in.b
	f, at := d.forms.find(p, b)
	if f == nil {
		return false
	}
	var r *Pending
	if f.msg.Kind == Response {
		// Without such a request, or with one that changes what the head means,
		// see announce.
		if r = q.At(0); r == nil || q.unsure || r.Method == HEAD || r.Method == CONNECT {
			return false
		}
	}
	f.used++
	p.open = true
	p.count++
	p.kind = f.msg.Kind
	m := &p.msg
	*m = f.msg
	m.Begin = in.Mark
	in.b = b[at.n:]
	in.Off += uint64(at.n)
	in.boundary = false
	m.Last = in.Mark
	m.HeadLen = uint32(at.n)
	if f.sized {
		m.Length = at.length
		if f.framed {
			m.Framing = NoBody
			if at.length > 0 {
				m.Framing = ByLength
			}
		}
	}
	if r != nil {
		m.Method = r.Method
		h.Head(m, &f.head, r)
	} else {
		p.serial = q.push(m)
		f.head.Target = bounded(b[f.parts[0].to:at.target])
		h.Head(m, &f.head, nil)
		f.head.Target = nil // it was only borrowed
	}
	d.enter(p, q, h)
	return true
}
