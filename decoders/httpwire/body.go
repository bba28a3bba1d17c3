package httpwire

// body counts bytes of a body with Content-Length.
func (d *Decoder) body(p *Parser, q *Queue, in *input, h Handler) {
	m := &p.msg
	n := int(min(uint64(len(in.b)), p.remain))
	m.Body += uint64(n)
	p.remain -= uint64(n)
	p.take(q, in, n)
	if p.remain == 0 {
		d.done(p, q, h)
	}
}
