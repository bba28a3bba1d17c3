package linkscore

import "encoding/binary"

// wlan reads an IEEE 802.11 frame (802.11-2020 9.2). Data frames are certain
// when they carry IP.
func (s *Scorer) wlan(f frame) reading {
	if len(f.b) < 10 {
		return f.short(10)
	}
	b := f.b
	control, flags := b[0], b[1]
	if control&3 != 0 {
		return reading{}
	}
	switch control >> 2 & 3 {
	case 0:
		return management(f)
	case 1:
		return controlFrame(f)
	case 3:
		return reading{}
	}
	n := 24
	if flags&3 == 3 {
		n += 6
	}
	if control&0x80 != 0 {
		n += 2
		if flags&0x80 != 0 {
			n += 4
		}
	}
	if len(b) < n {
		return f.short(n)
	}
	if control&0x40 != 0 || flags&0x40 != 0 { // null data, protected
		return reading{fit: plausible, what: foundWLAN}
	}
	in := f.from(n)
	if !in.has(8) {
		return in.short(8)
	}
	if in.b[0] != 0xaa || in.b[1] != 0xaa { // headers padded by the driver
		if n&3 == 0 || !in.has(10) || in.b[2] != 0xaa {
			return reading{}
		}
		n += 2
		in = f.from(n)
	}
	return s.llc(in).moved(n)
}

// controlFrame reads a control frame: each subtype has its length (802.11-2020
// 9.3.1), to which a check sequence may be added.
func controlFrame(f frame) reading {
	var least, most uint32
	switch f.b[0] >> 4 {
	case 8, 9: // block acknowledgement and request for it
		least, most = 20, 152
	case 10, 11, 14, 15: // PS-Poll, RTS, CF-End
		least, most = 16, 16
	case 12, 13: // CTS, ACK
		least, most = 10, 10
	default:
		return reading{}
	}
	if f.wire < least || f.wire > most+4 || f.wire > most && f.wire != most+4 {
		return reading{}
	}
	return reading{fit: plausible, what: foundWLAN}
}

// management reads a management frame (802.11-2020 9.3.3). Those that describe a
// network or a station are certain when they begin with its name or its rates
// and their elements fill them exactly.
func management(f frame) reading {
	const header = 24
	if f.b[1]&0x03 != 0 || f.b[3]&0x80 != 0 { // from or to a distribution system; no duration
		return reading{}
	}
	guess := reading{fit: plausible, what: foundWLAN}
	protected := f.b[1]&0x40 != 0
	n, first := 0, byte(0)
	switch f.b[0] >> 4 {
	case 0: // association request
		n = 4
	case 1, 3: // responses
		n, first = 6, 1
	case 2: // reassociation request
		n = 10
	case 4: // probe request
	case 5, 8: // probe response, beacon
		n = 12
	case 11: // authentication: algorithm, transaction, status
		if !protected && (!f.has(header+6) || f.b[header]&^3 != 0 || f.b[header+1] != 0 || f.b[header+2] == 0 || f.b[header+2] > 4) {
			return reading{}
		}
		return guess
	case 10, 12: // disassociation, deauthentication: reason
		if !protected && (f.wire != header+2 && f.wire != header+6) {
			return reading{}
		}
		return guess
	case 13, 14: // action: category
		if !protected && (!f.has(header+2) || f.b[header] > 30 && f.b[header] < 126) {
			return reading{}
		}
		return guess
	default:
		return reading{}
	}
	if !f.has(header + n + 2) {
		return f.short(header + n + 2)
	}
	b := f.b[header+n:]
	if !beginsNetwork(b, first) {
		return reading{}
	}
	for len(b) > 4 {
		size := 2 + int(b[1])
		if size > len(b) {
			if uint32(len(f.b)) < f.wire {
				return guess
			}
			return reading{}
		}
		b = b[size:]
	}
	if len(b) == 0 || len(b) == 4 {
		return reading{fit: certain, what: foundWLAN}
	}
	return guess
}

// beginsNetwork reports whether elements begin with a network's name (0) and
// rates (1), or from first on, as far as they were captured.
func beginsNetwork(b []byte, first byte) bool {
	if first == 0 {
		if b[0] != 0 || b[1] > 32 {
			return false
		}
		b = b[min(len(b), 2+int(b[1])):]
	}
	return len(b) >= 2 && b[0] == 1 && b[1] > 0 && b[1] <= 16
}

// radiotap reads a radiotap header (radiotap.org): version 0, a length that
// holds the presence words.
func (s *Scorer) radiotap(f frame) reading {
	if len(f.b) < 8 {
		return f.short(8)
	}
	n := int(binary.LittleEndian.Uint16(f.b[2:]))
	if f.b[0] != 0 || n < 8 || n > 512 {
		return reading{}
	}
	if r := s.ppi(f); r.explains() { // its first bytes look the same
		return reading{}
	}
	words := 8
	for at := 4; at+4 <= min(len(f.b), n) && f.b[at+3]&0x80 != 0; at += 4 {
		words += 4
	}
	if words > n {
		return reading{}
	}
	if len(f.b) < n {
		return f.short(n)
	}
	return s.wlan(f.from(n)).moved(n)
}

// ppi reads a per-packet information header: fields that fill it exactly, and
// the number of an 802.11 or Ethernet link type.
func (s *Scorer) ppi(f frame) reading {
	if len(f.b) < 8 {
		return f.short(8)
	}
	n, dlt := int(binary.LittleEndian.Uint16(f.b[2:])), binary.LittleEndian.Uint32(f.b[4:])
	if f.b[0] != 0 || n < 8 || dlt != 105 && dlt != 1 {
		return reading{}
	}
	if len(f.b) < n {
		return f.short(n)
	}
	at := 8
	for at+4 <= n {
		at += 4 + int(binary.LittleEndian.Uint16(f.b[at+2:]))
	}
	if at != n {
		return reading{}
	}
	if dlt == 1 {
		return s.ethernet(f.from(n)).moved(n)
	}
	return s.wlan(f.from(n)).moved(n)
}

// prism reads a Prism monitor header (message code, length, device name) or an
// AVS header, which come under the same number.
func (s *Scorer) prism(f frame) reading {
	if len(f.b) < 8 {
		return f.short(8)
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if f.b[0] == 0 {
		order = be
	}
	n := order.Uint32(f.b[4:])
	switch code := order.Uint32(f.b); {
	case code&^3 == 0x80211000 && n >= 64 && n <= 256: // AVS
	case (code == 0x44 || code == 0x41) && n >= 24 && n <= 256:
	default:
		return reading{}
	}
	if len(f.b) < int(n) {
		return f.short(int(n))
	}
	return s.wlan(f.from(int(n))).moved(int(n))
}
