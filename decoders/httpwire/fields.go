package httpwire

import "bytes"

// fields collects what a head says about framing and the connection.
type fields struct {
	length      []byte // first Content-Length
	nLength     int
	lengthClash bool // several Content-Length with different values
	coding      []byte
	nCoding     int // Transfer-Encoding fields
	nHost       int
	close       bool
	keepAlive   bool
	upgradeOpt  bool // Connection: upgrade
	malformed   bool
}

// headEnd returns the length of the head at the beginning of b, empty line
// included, or 0 when it is not complete. The first from bytes have been
// searched before.
func headEnd(b []byte, from int) int {
	at := max(from-2, 0)
	for {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch {
		case at < len(b) && b[at] == '\n':
			return at + 1
		case at+1 < len(b) && b[at] == '\r' && b[at+1] == '\n':
			return at + 2
		}
	}
}

// readFields reads the field lines in b, which ends with an empty line or where
// the capture was cut behind a line feed.
func (d *Decoder) readFields(b []byte, m *Message, h *Head) (f fields) {
	d.folded = d.folded[:0]
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		line := chomp(b[:i])
		b = b[i+1:]
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			f.malformed = true // continues nothing
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
			line, b = d.unfold(line, b)
		}
		if colon <= 0 {
			f.malformed = true
			continue
		}
		name, value := line[:colon], trim(line[colon+1:])
		if !f.valid(name, value) {
			continue
		}
		f.take(name, value, m, h)
	}
	return f
}

// unfold joins line with the continuation lines at the beginning of b (obs-fold,
// RFC 9112 5.2), a space between, in memory of the Decoder's that stays as it is
// until the next head.
func (d *Decoder) unfold(line, b []byte) (joined, rest []byte) {
	start := len(d.folded)
	d.folded = append(d.folded, line...)
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return d.folded[start:], nil
		}
		d.folded = append(d.folded, ' ')
		d.folded = append(d.folded, trim(chomp(b[:i]))...)
		b = b[i+1:]
	}
	return d.folded[start:], b
}

// valid reports whether a field may be looked at, and notes what net/http would
// not accept. A space before the colon makes another name (RFC 9112 5.1).
func (f *fields) valid(name, value []byte) bool {
	for _, c := range name {
		if !isToken(c) {
			f.malformed = true
			return false
		}
	}
	for _, c := range value {
		if isControl(c) {
			f.malformed = true
			return false
		}
	}
	return true
}

// take notes a field that matters.
func (f *fields) take(name, value []byte, m *Message, h *Head) {
	switch len(name) {
	case 4:
		if isName(name, "Host", "host") {
			if f.nHost++; f.nHost == 1 && m.Kind == Request {
				h.Host, m.Host = bounded(value), hash(value, true)
			}
		}
	case 6:
		switch {
		case isName(name, "Server", "server"):
			h.Server = bounded(value)
		case isName(name, "Expect", "expect"):
			if equalFold(value, "100-continue") {
				m.Flags |= ExpectContinue
			}
		}
	case 7:
		if isName(name, "Upgrade", "upgrade") {
			h.Upgrade = bounded(value)
		}
	case 10:
		switch {
		case isName(name, "Connection", "connection"):
			f.options(value)
		case isName(name, "User-Agent", "user-agent"):
			if m.Kind == Request {
				h.UserAgent, m.Agent = bounded(value), hash(value, false)
			}
		case isName(name, "Keep-Alive", "keep-alive"):
			keepAlive(value, m)
		}
	case 12:
		if isName(name, "Content-Type", "content-type") {
			h.ContentType = bounded(value)
			const sse = "text/event-stream"
			if len(value) >= len(sse) && equalFold(value[:len(sse)], sse) {
				m.Flags |= EventStream
			}
		}
	case 14:
		if isName(name, "Content-Length", "content-length") {
			if f.nLength++; f.nLength == 1 {
				f.length = value
			} else if !bytes.Equal(f.length, value) {
				f.lengthClash = true
			}
		}
	case 17:
		if isName(name, "Transfer-Encoding", "transfer-encoding") {
			f.nCoding++
			f.coding = value
		}
	}
}

// isName reports whether name is the field called canonical, which most write
// that way, or another spelling of its lower-case form.
func isName(name []byte, canonical, lower string) bool {
	return string(name) == canonical || equalFold(name, lower)
}

func bounded(b []byte) []byte { return b[:min(len(b), MaxString)] }

// options reads the connection options (RFC 9110 7.6.1).
func (f *fields) options(value []byte) {
	for len(value) > 0 {
		var opt []byte
		opt, value = cutComma(value)
		switch {
		case equalFold(opt, "close"):
			f.close = true
		case equalFold(opt, "keep-alive"):
			f.keepAlive = true
		case equalFold(opt, "upgrade"):
			f.upgradeOpt = true
		}
	}
}

// keepAlive reads "timeout=5, max=100" (RFC 2068 19.7.1.1).
func keepAlive(value []byte, m *Message) {
	for len(value) > 0 {
		var param []byte
		param, value = cutComma(value)
		i := bytes.IndexByte(param, '=')
		if i < 0 {
			continue
		}
		n, ok := decimal(trim(param[i+1:]))
		if !ok || n > 1<<31-1 {
			continue
		}
		switch name := trim(param[:i]); {
		case equalFold(name, "timeout"):
			m.KeepAliveTimeout = int32(n)
		case equalFold(name, "max"):
			m.KeepAliveMax = int32(n)
		}
	}
}

// cutComma returns the first element of a comma-separated list, and the rest.
func cutComma(b []byte) (first, rest []byte) {
	i := bytes.IndexByte(b, ',')
	if i < 0 {
		return trim(b), nil
	}
	return trim(b[:i]), b[i+1:]
}

// decimal reads digits into a number below 2^63.
func decimal(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if !isDigit(c) || n > (1<<63-1-int64(c-'0'))/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
