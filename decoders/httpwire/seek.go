package httpwire

import "bytes"

// maxCRLF is how many bytes of empty lines may precede a message.
const maxCRLF = 4

// seek looks for the beginning of a message and reads its head.
func (d *Decoder) seek(p *Parser, q *Queue, in *input, h Handler) {
	if !p.note.Empty() {
		d.resume(p, q, in, h)
		return
	}
	if p.lost && !in.boundary {
		p.take(q, in, len(in.b))
		return
	}
	if !p.open {
		p.skipEmptyLines(in)
		if len(in.b) == 0 {
			return
		}
	}
	if !d.long && d.readQuick(p, q, in, h) {
		return
	}
	switch judge(p.kind, in.b) {
	case no:
		p.notHere(q, in, len(in.b))
	case yes:
		if n := headEnd(in.b, 0); n > 0 && n <= MaxHead {
			d.begin(p, q, in.Mark, h)
			d.readHead(p, q, in, in.b[:n], n, h)
			return
		}
		d.keep(p, q, in, true, h)
	default:
		d.keep(p, q, in, false, h)
	}
}

// notHere gives up on n bytes: they begin no message.
func (p *Parser) notHere(q *Queue, in *input, n int) {
	if !p.lost {
		q.unsure = true // a response that began before the capture, or in a hole
	}
	p.lost = true
	p.crlf = 0
	p.take(q, in, n)
}

// skipEmptyLines passes over what some peers send behind a body.
func (p *Parser) skipEmptyLines(in *input) {
	n := 0
	for n < len(in.b) && int(p.crlf) < maxCRLF && (in.b[n] == '\r' || in.b[n] == '\n') {
		n++
		p.crlf++
	}
	boundary := in.boundary
	in.skip(n)
	in.boundary = boundary
}

// keep copies what could be the beginning of a head.
func (d *Decoder) keep(p *Parser, q *Queue, in *input, judged bool, h Handler) {
	p.cand = in.Mark
	p.judged = judged
	p.scanned = 0
	d.more(p, q, in, h)
}

// resume goes on with a head of which the beginning was kept.
func (d *Decoder) resume(p *Parser, q *Queue, in *input, h Handler) {
	if _, ok := d.scratch.Bytes(p.note); !ok {
		// It was thrown away for want of memory: like a hole.
		d.scratch.Free(&p.note)
		p.loseTrack(q)
		return
	}
	if p.lost && !p.judged && in.boundary && judge(p.kind, in.b) == yes {
		// What was kept was a guess; this is certain.
		d.scratch.Free(&p.note)
		return
	}
	d.more(p, q, in, h)
}

// more adds to the kept head and reads it if it is complete.
func (d *Decoder) more(p *Parser, q *Queue, in *input, h Handler) {
	had, _ := d.scratch.Bytes(p.note)
	before := len(had)
	add := in.b[:min(len(in.b), MaxHead-before)]
	fresh := p.note.Empty()
	if !d.scratch.Append(&p.note, add) {
		p.loseTrack(q)
		if fresh { // no room even for this: to look at it again would not end
			in.skip(len(add))
		}
		return
	}
	b, _ := d.scratch.Bytes(p.note)
	if !p.judged {
		switch judge(p.kind, b) {
		case no:
			// What is new may still begin a message by itself.
			d.scratch.Free(&p.note)
			p.notHere(q, in, 0)
			return
		case yes:
			p.judged = true
		}
	}
	n := headEnd(b, int(p.scanned))
	if n == 0 {
		p.scanned = uint32(len(b))
		in.skip(len(add))
		if len(b) == MaxHead {
			d.cutHead(p, q, h)
			p.loseTrack(q)
		}
		return
	}
	d.begin(p, q, p.cand, h)
	d.readHead(p, q, in, b[:n], n-before, h)
	d.scratch.Free(&p.note)
}

// begin opens a message at m, ending one whose end was not found.
func (d *Decoder) begin(p *Parser, q *Queue, m Mark, h Handler) {
	if p.open {
		d.done(p, q, h)
	}
	p.open = true
	p.lost = false
	p.count++
	p.serial = 0
	p.msg = Message{}
	p.msg.Begin, p.msg.Last = m, m
	p.msg.Length, p.msg.KeepAliveTimeout, p.msg.KeepAliveMax = -1, -1, -1
	if p.crlf > 0 {
		p.msg.Flags |= LeadingCRLF
		p.crlf = 0
	}
}

// readHead reads the whole head b, the last n bytes of which are the next of in.
func (d *Decoder) readHead(p *Parser, q *Queue, in *input, b []byte, n int, h Handler) {
	m := &p.msg
	m.HeadLen = uint32(len(b))
	d.head = Head{}
	i := bytes.IndexByte(b, '\n')
	if !d.startLine(p, chomp(b[:i])) {
		// The HTTP/2 preface: nothing here is HTTP/1.
		p.open = false
		p.count--
		p.state = opaque
		in.skip(n)
		return
	}
	f := d.readFields(b[i+1:], m, &d.head)
	p.take(q, in, n)
	d.announce(p, q, &f, &d.head, h)
}

// startLine reads a start line that judge has accepted; false means the HTTP/2
// preface.
func (d *Decoder) startLine(p *Parser, line []byte) bool {
	m := &p.msg
	if p.kind != Request {
		if s, ok := parseStatusLine(line); ok {
			p.kind, m.Kind = Response, Response
			m.Status, m.Major, m.Minor = s.status, s.major, s.minor
			d.head.Reason = bounded(s.reason)
			return true
		}
	}
	r, _ := parseRequestLine(line)
	if r.isPreface() {
		return false
	}
	p.kind, m.Kind = Request, Request
	m.Method, m.Major, m.Minor = methodOf(r.method), r.major, r.minor
	if r.blanks {
		m.Flags |= Malformed
	}
	d.head.Method, d.head.Target = r.method, bounded(r.target)
	return true
}

// announce decides how the message ends, once its head is read, and tells h.
func (d *Decoder) announce(p *Parser, q *Queue, f *fields, head *Head, h Handler) {
	m := &p.msg
	var r *Pending
	if m.Kind == Response {
		r = d.pair(m, q)
	}
	f.frame(m)
	if m.Kind == Request {
		q.push(m)
		p.serial = q.pushed
	}
	h.Head(m, head, r)
	d.enter(p, q, h)
}

// pair finds the request that m answers.
func (d *Decoder) pair(m *Message, q *Queue) *Pending {
	if m.Status/100 == 1 && m.Status != 101 {
		m.Flags |= Informational
	}
	unsure := q.unsure
	r := q.answer(m.Begin)
	if r == nil {
		m.Flags |= Unpaired
		if !unsure && q.Len() == 0 {
			m.Flags |= Unasked
		}
		q.unsure = true
		if q.Len() > 0 && m.Flags&Informational == 0 {
			q.pop() // one that is only counted
		}
		return nil
	}
	m.Method = r.Method
	return r
}

// enter goes to what follows the head.
func (d *Decoder) enter(p *Parser, q *Queue, h Handler) {
	m := &p.msg
	switch m.Framing {
	case ByLength:
		p.state = inBody
		p.remain = uint64(m.Length)
	case Chunked:
		p.state = inChunked
		p.startChunk()
	case UntilClose:
		p.state = untilClose
	case NotKnown:
		p.loseTrack(q)
	case Tunnel:
		d.done(p, q, h)
		q.tunnel = true
		p.state = opaque
	default:
		d.done(p, q, h)
	}
}

// cutHead makes the best of a head that will not be completed: it reports the
// message if the start line, or enough of it, is there. The rest of the message
// is not known.
func (d *Decoder) cutHead(p *Parser, q *Queue, h Handler) {
	b, ok := d.scratch.Bytes(p.note)
	if !ok || !d.readCutHead(p, q, b, h) {
		p.extend(q, Mark{Off: p.cand.Off + uint64(len(b)), Time: p.cand.Time, Frame: p.cand.Frame})
	}
	d.scratch.Free(&p.note)
}

func (d *Decoder) readCutHead(p *Parser, q *Queue, b []byte, h Handler) bool {
	line, whole := firstLine(b)
	d.head = Head{}
	var r requestLine
	if !whole {
		if _, isStatus := parseStatusLine(line); !isStatus || p.kind == Request {
			var isRequest bool
			if r, isRequest = cutRequestLine(line); !isRequest || p.kind == Response {
				return false
			}
		}
	}
	d.begin(p, q, p.cand, h)
	m := &p.msg
	var f fields
	switch {
	case r.method != nil:
		p.kind, m.Kind = Request, Request
		m.Method = methodOf(r.method)
		d.head.Method, d.head.Target = r.method, bounded(r.target)
	case !d.startLine(p, line):
		p.open = false
		p.count--
		return false
	case whole:
		f = d.readFields(b[bytes.IndexByte(b, '\n')+1:], m, &d.head)
	}
	m.HeadLen = uint32(len(b))
	p.extend(q, Mark{Off: p.cand.Off + uint64(len(b)), Time: p.cand.Time, Frame: p.cand.Frame})
	var req *Pending
	if m.Kind == Response {
		req = d.pair(m, q)
	}
	f.frame(m)
	m.Flags |= Partial | HeadCut
	m.Framing = NotKnown
	if m.Kind == Request {
		q.push(m)
		p.serial = q.pushed
	}
	h.Head(m, &d.head, req)
	p.loseTrack(q)
	return true
}
