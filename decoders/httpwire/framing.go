package httpwire

import "bytes"

// frame decides how m ends (RFC 9112 6.3) and whether the connection outlives it.
// It leaves f as it is.
func (f *fields) frame(m *Message) {
	m.Length = -1
	malformed := f.malformed
	if f.nLength > 0 {
		n, ok := decimal(f.length)
		if ok && !f.lengthClash {
			m.Length = n
		} else {
			malformed = true
		}
	}
	if f.nHost > 1 && m.Kind == Request {
		malformed = true
	}
	coded := f.nCoding > 0 && (m.Major > 1 || m.Minor > 0) // HTTP/1.0 has no transfer codings
	if coded && (f.nCoding > 1 || !equalFold(f.coding, "chunked")) {
		malformed = true
	}
	if coded && f.nLength > 0 {
		m.Flags |= Conflict
	}
	m.Framing = f.framing(m, coded)
	f.connection(m)
	if malformed {
		m.Flags |= Malformed
	}
}

// framing is how m ends. A body whose length contradicts itself has none that
// anybody could rely on.
func (f *fields) framing(m *Message, coded bool) Framing {
	if m.Kind == Response {
		switch s := m.Status; {
		case s == 101, m.Method == CONNECT && s/100 == 2:
			return Tunnel
		case m.Method == HEAD, s/100 == 1, s == 204, s == 304:
			return NoBody
		}
	}
	if coded {
		last := f.coding
		if i := bytes.LastIndexByte(last, ','); i >= 0 {
			last = trim(last[i+1:])
		}
		switch {
		case equalFold(last, "chunked"):
			return Chunked
		case m.Kind == Response:
			return UntilClose
		}
		return NotKnown
	}
	switch {
	case m.Length > 0:
		return ByLength
	case m.Length == 0:
		return NoBody
	case f.nLength > 0:
		return NotKnown
	case m.Kind == Response:
		return UntilClose
	}
	return NoBody
}

// connection notes what m says about the connection's life (RFC 9112 9.3).
func (f *fields) connection(m *Message) {
	if f.close {
		m.Flags |= CloseAsked
	}
	if f.keepAlive {
		m.Flags |= KeepAliveAsked
	}
	if f.upgradeOpt {
		m.Flags |= UpgradeAsked
	}
	old := m.Major == 1 && m.Minor == 0
	if f.close || old && !f.keepAlive || m.Framing == UntilClose {
		m.Flags |= Closes
	}
}
