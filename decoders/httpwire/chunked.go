package httpwire

// phase is a place in the chunked coding (RFC 9112 7.1).
type phase uint8

const (
	chunkSize   phase = iota // hexadecimal digits
	chunkBlank               // blanks behind them
	chunkExt                 // chunk-ext, up to the end of the line
	chunkLF                  // behind its CR
	chunkData                //
	chunkEnd                 // CR LF behind the data
	chunkEndLF               //
	trailerLine              // at the beginning of a trailer line
	trailerText              // within one
	trailerLF                // behind a CR at the beginning of one
)

// maxChunkLine is the longest chunk-size line that net/http takes.
const maxChunkLine = 4096

// maxTrailer bounds the trailer lines, in bytes each.
const maxTrailer = 1<<16 - 1

func (p *Parser) startChunk() {
	p.phase = chunkSize
	p.remain = 0
	p.digits = 0
	p.line = 0
}

// chunked reads chunked coding, in steps of one byte except for the data.
func (d *Decoder) chunked(p *Parser, q *Queue, in *input, h Handler) {
	m := &p.msg
	if p.phase == chunkData {
		n := int(min(uint64(len(in.b)), p.remain))
		m.Body += uint64(n)
		p.remain -= uint64(n)
		p.take(q, in, n)
		if p.remain == 0 {
			p.phase = chunkEnd
		}
		return
	}
	c := in.b[0]
	p.take(q, in, 1)
	if p.phase >= trailerLine {
		d.trailer(p, q, c, h)
		return
	}
	if !p.chunkByte(c) {
		m.Flags |= Malformed
		p.loseTrack(q)
	}
}

// chunkByte takes one byte of the coding around the data; false means that it
// makes no sense.
func (p *Parser) chunkByte(c byte) bool {
	m := &p.msg
	if p.phase <= chunkExt {
		if p.line++; p.line >= maxChunkLine {
			m.Flags |= Malformed
			p.line = 1
		}
	}
	switch p.phase {
	case chunkSize:
		if v, ok := hexDigit(c); ok {
			if p.digits == 16 {
				return false
			}
			p.digits++
			p.remain = p.remain<<4 | uint64(v)
			return true
		}
		if p.digits == 0 {
			return false
		}
		return p.afterSize(c)
	case chunkBlank, chunkExt:
		return p.afterSize(c)
	case chunkLF:
		if c != '\n' {
			return false
		}
		p.sized()
	case chunkEnd:
		switch c {
		case '\r':
			p.phase = chunkEndLF
		case '\n':
			m.Flags |= Malformed
			p.startChunk()
		default:
			return false
		}
	case chunkEndLF:
		if c != '\n' {
			return false
		}
		p.startChunk()
	}
	return true
}

// afterSize takes a byte between the size and the end of its line. Blanks may
// stand there; net/http refuses them before an extension.
func (p *Parser) afterSize(c byte) bool {
	switch {
	case c == '\r':
		p.phase = chunkLF
	case c == '\n':
		p.msg.Flags |= Malformed // not CR LF
		p.sized()
	case p.phase == chunkExt:
	case c == ';':
		if p.phase == chunkBlank {
			p.msg.Flags |= Malformed
		}
		p.phase = chunkExt
	case c == ' ' || c == '\t':
		p.phase = chunkBlank
	default:
		return false
	}
	return true
}

// sized: the chunk-size line is over.
func (p *Parser) sized() {
	p.line = 0
	p.phase = chunkData
	if p.remain == 0 {
		p.phase = trailerLine
	}
}

// trailer takes a byte behind the last chunk.
func (d *Decoder) trailer(p *Parser, q *Queue, c byte, h Handler) {
	m := &p.msg
	if p.line == maxTrailer {
		p.loseTrack(q)
		return
	}
	p.line++
	switch {
	case p.phase == trailerText:
		if c == '\n' {
			p.phase = trailerLine
			p.line = 0
		}
	case c == '\n':
		if p.phase == trailerLine {
			m.Flags |= Malformed // not CR LF
		}
		d.done(p, q, h)
	case c == '\r' && p.phase == trailerLine:
		p.phase = trailerLF
	default:
		m.Flags |= Trailers
		p.phase = trailerText
	}
}

func hexDigit(c byte) (v byte, ok bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
