package sshwire

import (
	"bytes"

	"pcaptriage/decoders/stream"
)

// Decoder feeds the parsers of one virtual shard. It belongs to one goroutine
// at a time.
type Decoder struct {
	scratch *stream.Scratch
	// What handlers borrow.
	version Version
	packet  Packet
}

// NewDecoder returns a Decoder that keeps incomplete lines and packets in s,
// which it may share with other decoders of the shard.
func NewDecoder(s *stream.Scratch) *Decoder { return &Decoder{scratch: s} }

// input is what is left of a chunk.
type input struct {
	stream.Mark
	b        []byte
	boundary bool
}

func (in *input) skip(n int) {
	in.b = in.b[n:]
	in.Off += uint64(n)
	if n > 0 {
		in.boundary = false
	}
}

// Data feeds the next bytes of p's direction. peer is the other direction's
// parser, whose version decides between SSH-1 and SSH-2; nil is allowed.
func (d *Decoder) Data(p, peer *Parser, c stream.Chunk, h Handler) {
	in := input{Mark: c.Mark(), b: c.Bytes, boundary: c.Boundary}
	for len(in.b) > 0 {
		switch p.phase {
		case Text:
			d.readText(p, &in, h)
		case Plain:
			d.readPlain(p, peer, &in, h)
		case Encrypted:
			h.Encrypted(in.b, uint64(len(in.b)), in.Mark, in.boundary)
			return
		case Lost:
			if !p.find(&in) {
				return
			}
		default:
			return
		}
	}
}

// Gap tells of missing bytes.
func (d *Decoder) Gap(p *Parser, g stream.Gap, h Handler) {
	at := stream.Mark{Off: g.Off, Time: g.Time, Frame: g.Frame}
	known := g.Cause != stream.CauseRestart
	switch {
	case p.phase == Encrypted && known:
		h.Encrypted(nil, g.Len, at, false)
	case p.phase == Encrypted || p.phase == Closed || p.phase == Lost:
	case p.phase == Plain && p.inPacket && known:
		n := min(g.Len, uint64(p.remain))
		d.miss(p, g, n, h)
		if n < g.Len && p.phase == Plain {
			p.phase = Lost
			h.Fault(FaultLost, at)
		} else if n < g.Len {
			h.Encrypted(nil, g.Len-n, stream.Mark{Off: g.Off + n, Time: g.Time, Frame: g.Frame}, false)
		}
	default:
		d.breakOff(p, h)
		p.phase = Lost
		h.Fault(FaultLost, at)
	}
}

// miss tells that n bytes of the packet under way are missing.
func (d *Decoder) miss(p *Parser, g stream.Gap, n uint64, h Handler) {
	p.part = true
	if p.cut == 0 {
		p.cut = g.Cause
	}
	p.remain -= uint32(n)
	to := stream.Mark{Off: g.Off + n}
	if g.Cause == stream.CauseSnap {
		to.Time, to.Frame = g.Time, g.Frame // that segment did bring them
	}
	p.last.Extend(to)
	d.packetDone(p, h)
}

// End tells that no more bytes come.
func (d *Decoder) End(p *Parser, h Handler) {
	if p.phase == Closed {
		return
	}
	d.breakOff(p, h)
	p.phase = Closed
}

// breakOff reports what there is of a line or packet that will not be completed.
func (d *Decoder) breakOff(p *Parser, h Handler) {
	if !p.open {
		return
	}
	b, ok := d.scratch.Bytes(p.note)
	switch {
	case p.inPacket:
		d.report(p, b, true, h)
		return
	case !ok:
	case p.phase == Text || p.inLine:
		d.line(p, b, EndCut, h)
	}
	d.drop(p)
}

// drop forgets the line or packet under way.
func (d *Decoder) drop(p *Parser) {
	d.scratch.Free(&p.note)
	p.open, p.inPacket, p.inLine, p.part = false, false, false, false
	p.held, p.remain, p.cut = 0, 0, 0
}

// start opens a line or packet at in.
func (p *Parser) start(in *input) {
	if !p.open {
		p.open = true
		p.begin, p.last = in.Mark, in.Mark
	}
}

// keep copies n bytes of in to what is under way.
func (d *Decoder) keep(p *Parser, in *input, n int, h Handler) bool {
	ok := d.scratch.Append(&p.note, in.b[:n])
	p.held += uint32(n)
	p.take(in, n)
	if !ok {
		d.drop(p)
		p.phase = Lost
		h.Fault(FaultMemory, in.Mark)
	}
	return ok
}

// take gives n bytes of in to what is under way.
func (p *Parser) take(in *input, n int) {
	in.skip(n)
	p.last.Extend(in.Mark)
}

// readText reads lines up to the identification string.
func (d *Decoder) readText(p *Parser, in *input, h Handler) {
	if !p.open && p.lines == 0 && in.b[0] == 0 {
		// A packet where text should be: the capture began in the key exchange.
		p.phase = Plain
		return
	}
	if !d.readLine(p, in, h) {
		d.drop(p)
		p.phase = Lost
		h.Fault(FaultNotSSH, in.Mark)
	}
}

// readLine reads to the end of a line. It returns false when this is no text, or
// too much.
func (d *Decoder) readLine(p *Parser, in *input, h Handler) bool {
	p.start(in)
	b, whole := in.b, false
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b, whole = b[:i+1], true
	}
	if int(p.held)+len(b) > MaxLine || !isText(b) && !d.inVersion(p, b) {
		return false
	}
	if p.text += uint32(len(b)); p.text > MaxText || p.lines >= MaxLines {
		return false
	}
	if !whole {
		d.keep(p, in, len(b), h)
		return true
	}
	text := b
	if p.held > 0 {
		if !d.keep(p, in, len(b), h) {
			return true
		}
		text, _ = d.scratch.Bytes(p.note)
	} else {
		p.take(in, len(b))
	}
	how := EndLF
	text = text[:len(text)-1]
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text, how = text[:n-1], EndCRLF
	}
	d.line(p, text, how, h)
	d.drop(p)
	return true
}

// inVersion reports whether b, and what was kept before it, begins like an
// identification string. Some are padded with NUL.
func (d *Decoder) inVersion(p *Parser, b []byte) bool {
	var start [6]byte // what judgeVersion reads
	had, _ := d.scratch.Bytes(p.note)
	n := copy(start[:], had)
	n += copy(start[n:], b)
	return p.phase == Text && judgeVersion(start[:n]) == yes
}

// line reports a line, or what there is of it.
func (d *Decoder) line(p *Parser, text []byte, how Ending, h Handler) {
	at := Span{p.begin, p.last}
	if p.phase == Text {
		if v, ok := ParseVersion(text); ok {
			v.Ending = how
			p.version = v.Protocol
			p.phase = Plain
			d.version = v
			h.Version(&d.version, at)
			return
		}
	}
	p.lines++
	h.Line(text, at)
}

// isText reports whether b could be a line: no control characters but those that
// text has, UTF-8 and other 8-bit text allowed.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' && c != 0x1b || c == 0x7f {
			return false
		}
	}
	return true
}

// find looks whether a lost parser finds its place at the beginning of a segment.
func (p *Parser) find(in *input) bool {
	if !in.boundary || p.tries >= maxTries {
		return false
	}
	p.tries++
	if p.version == NoProtocol && judgeVersion(in.b) == yes {
		p.phase = Text
		return true
	}
	if h, ok := readHeader(in.b); ok && h.check() == 0 && (h.certain() || p.version != NoProtocol && h.likely()) {
		p.phase = Plain
		return true
	}
	return false
}
