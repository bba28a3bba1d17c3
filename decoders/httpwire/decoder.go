package httpwire

import "pcaptriage/decoders/stream"

// Decoder feeds the parsers of one virtual shard. It belongs to one goroutine
// at a time.
type Decoder struct {
	forms   *Forms
	scratch *stream.Scratch
	folded  []byte // unfolded fields of the head being read
	head    Head
	quick   quick // the head being read, if it is a plain one
	long    bool  // for tests: read every head the long way
}

// NewDecoder returns a Decoder that keeps incomplete heads in s, which it may
// share with other decoders of the shard, and remembers heads in f, which it may
// share with others of the same goroutine.
func NewDecoder(s *stream.Scratch, f *Forms) *Decoder {
	return &Decoder{scratch: s, forms: f}
}

// Data feeds the next bytes of p's direction. q is the connection's, shared by
// both directions.
func (d *Decoder) Data(p *Parser, q *Queue, c stream.Chunk, h Handler) {
	d.read(p, q, &input{Mark: c.Mark(), b: c.Bytes, boundary: c.Boundary}, h)
}

// Segment is Data for bytes that a segment begins with, at a place in the stream
// that is the segment's.
func (d *Decoder) Segment(p *Parser, q *Queue, b []byte, at Mark, h Handler) {
	if p.state == inBody && uint64(len(b)) < p.remain && p.msg.Flags&Unpaired == 0 && !q.tunnel {
		// In the middle of a body, as most that come in many segments are.
		n := uint64(len(b))
		p.msg.Body += n
		p.remain -= n
		at.Off += n
		p.extend(q, at)
		return
	}
	n, tried := 0, false
	if p.between() && !q.tunnel && !d.long {
		n = d.recall(p, q, b, at, h)
		if n == len(b) {
			return
		}
		tried = n == 0
	}
	at.Off += uint64(n)
	d.read(p, q, &input{Mark: at, b: b[n:], boundary: n == 0, tried: tried}, h)
}

// read takes the bytes of in.
func (d *Decoder) read(p *Parser, q *Queue, in *input, h Handler) {
	if q.tunnel {
		d.abandon(p, q, h)
	}
	if p.answersHEAD(in) {
		p.msg.Method, p.msg.Framing = HEAD, NoBody
		d.done(p, q, h)
	}
	for len(in.b) > 0 {
		switch p.state {
		case seeking:
			if !in.tried && p.between() && !d.long {
				if n := d.recall(p, q, in.b, in.Mark, h); n > 0 {
					in.skip(n)
					continue
				}
			}
			d.seek(p, q, in, h)
		case inBody:
			d.body(p, q, in, h)
		case inChunked:
			d.chunked(p, q, in, h)
		case untilClose:
			p.msg.Body += uint64(len(in.b))
			p.take(q, in, len(in.b))
		default:
			return
		}
	}
}

// Gap tells of missing bytes.
func (d *Decoder) Gap(p *Parser, q *Queue, g stream.Gap, h Handler) {
	if q.tunnel {
		d.abandon(p, q, h)
	}
	known := g.Cause != stream.CauseRestart
	switch p.state {
	case opaque, over:
		return
	case untilClose:
		p.msg.Body += g.Len
	case inBody:
		if known && g.Len <= p.remain {
			p.msg.Body += g.Len
			p.remain -= g.Len
			p.miss(q, g)
			if p.remain == 0 {
				d.done(p, q, h)
			}
			return
		}
		p.msg.Body += p.remain
		d.loseBody(p, q, g, h)
		return
	case inChunked:
		if known && p.phase == chunkData && g.Len <= p.remain {
			p.msg.Body += g.Len
			p.remain -= g.Len
			p.miss(q, g)
			if p.remain == 0 {
				p.phase = chunkEnd
			}
			return
		}
		p.loseTrack(q)
	case seeking:
		if !p.note.Empty() {
			d.cutHead(p, q, h)
		}
		p.loseTrack(q)
	}
	p.miss(q, g)
}

// End tells that no more bytes come.
func (d *Decoder) End(p *Parser, q *Queue, how stream.Ending, h Handler) {
	if p.state == over {
		return
	}
	cut := !p.note.Empty()
	if cut {
		d.cutHead(p, q, h)
	}
	if p.open {
		switch {
		case p.state == untilClose && how == stream.EndFIN:
		case p.state == seeking && !cut:
			p.msg.Flags |= Partial // its end was not known in any case
		default:
			p.msg.Flags |= Partial | Truncated
		}
		d.done(p, q, h)
	}
	d.scratch.Free(&p.note)
	if p.state != opaque {
		p.state = over
	}
}

// answersHEAD reports whether the response under way, to a request that was not
// seen, must answer a HEAD: where its body should begin is the next response.
func (p *Parser) answersHEAD(in *input) bool {
	return p.open && p.state != seeking && p.msg.Flags&Unpaired != 0 && in.boundary &&
		in.Off == p.msg.Begin.Off+uint64(p.msg.HeadLen) && judge(Response, in.b) == yes
}

// abandon stops reading p, as the connection has become a tunnel.
func (d *Decoder) abandon(p *Parser, q *Queue, h Handler) {
	if p.state == opaque || p.state == over {
		return
	}
	d.scratch.Free(&p.note)
	if p.open {
		d.done(p, q, h)
	}
	p.state = opaque
}

// input is what is left of a chunk.
type input struct {
	Mark
	b        []byte
	boundary bool
	tried    bool // recall has had no success with what b begins with
}

func (in *input) skip(n int) {
	in.tried = false
	in.b = in.b[n:]
	in.Off += uint64(n)
	if n > 0 {
		in.boundary = false
	}
}

// take gives n bytes to the message under way.
func (p *Parser) take(q *Queue, in *input, n int) {
	in.skip(n)
	p.extend(q, in.Mark)
}

// extend moves the end of the message under way to m.
func (p *Parser) extend(q *Queue, m Mark) {
	if !p.open {
		return
	}
	p.msg.Last.Extend(m)
	if p.kind == Request {
		q.update(p.serial, &p.msg, false)
	}
}

// miss notes that the message under way lacks the bytes of g.
func (p *Parser) miss(q *Queue, g stream.Gap) {
	if !p.open {
		return
	}
	p.msg.Missing += g.Len
	p.msg.Flags |= Partial
	to := Mark{Off: g.Off + g.Len}
	if g.Cause == stream.CauseSnap {
		to.Time, to.Frame = g.Time, g.Frame // that segment did bring them
	}
	p.extend(q, to)
}

// loseTrack: from here on, nobody knows where a message begins.
func (p *Parser) loseTrack(q *Queue) {
	if p.open {
		p.msg.Flags |= Partial
	}
	p.state = seeking
	p.lost = true
	q.unsure = true
}

// loseBody ends a message that a hole runs beyond.
func (d *Decoder) loseBody(p *Parser, q *Queue, g stream.Gap, h Handler) {
	g.Len = min(g.Len, p.remain)
	p.miss(q, g)
	d.done(p, q, h)
	p.loseTrack(q)
}

// done ends the message under way.
func (d *Decoder) done(p *Parser, q *Queue, h Handler) {
	p.open = false
	p.state = seeking
	p.lost = false
	m := &p.msg
	if m.Kind == Request {
		q.update(p.serial, m, true)
		h.Done(m, nil)
		return
	}
	var r *Pending
	if m.Flags&Unpaired == 0 {
		r = q.At(0)
	}
	h.Done(m, r)
	if r != nil && m.Flags&Informational == 0 {
		q.pop()
	}
}
