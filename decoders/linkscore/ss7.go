package linkscore

import (
	"pcaptriage/decoders/mtp2"
	"pcaptriage/decoders/sccp"
)

// unit reads an MTP2 signal unit (Q.703 2.2): its length indicator has to agree
// with the record, which may end with a check sequence of two bytes.
func unit(f frame, annexA bool) reading {
	u, err := mtp2.Decode(f.b, annexA)
	head := 3
	if annexA {
		head = 6
	}
	if !annexA && len(f.b) >= 3 && f.b[2]&0xc0 != 0 {
		return reading{} // spare bits
	}
	if err != nil {
		return f.short(head)
	}
	rest := f.wire - uint32(head)
	open := !annexA && u.LI == 63
	if !open && rest != uint32(u.LI) && rest != uint32(u.LI)+2 || open && (rest < 63 || rest > 280) {
		return reading{}
	}
	r := reading{fit: plausible, at: uint16(head), what: foundSS7}
	if u.Kind == mtp2.MSU {
		r = message(frame{u.MSU, uint32(len(u.MSU))}).moved(head)
		if r.fit == plausible && !open {
			r.fit = certain // length and service information agree
		}
	}
	return r
}

func mtp2Unit(f frame) reading { return unit(f, false) }

// mtp2Header reads the pseudo-header of LINKTYPE_MTP2_WITH_PHDR: sent, annex A
// (0, 1, or 2 unknown), link number.
func mtp2Header(f frame) reading {
	const size = mtp2.PseudoHeaderLen
	if len(f.b) < size {
		return f.short(size)
	}
	if f.b[0] > 1 || f.b[1] > 2 {
		return reading{}
	}
	return unit(f.from(size), f.b[1] == 1).moved(size)
}

// message reads an MTP3 message (Q.704 2.2): service information octet, routing
// label of 4 octets, or of 7 in ANSI networks. SCCP is certain when a whole
// message is behind the label, ISUP plausible when its type is known.
func message(f frame) reading {
	if len(f.b) < 6 {
		return f.short(6)
	}
	r := reading{fit: plausible, what: foundSS7}
	switch f.b[0] & 0x0f {
	case 0: // network management: heading code, a few octets
		if f.wire <= 24 && f.b[5]&0x0f != 0 && f.b[5]&0x0f <= 0x0b {
			return r
		}
	case 1, 2: // testing: heading code 11 or 21, length of the pattern in a high half
		if len(f.b) >= 7 && (f.b[5] == 0x11 || f.b[5] == 0x21) && f.wire >= 7+uint32(f.b[6]>>4) && f.wire <= 30 {
			return r
		}
	case 3:
		for _, label := range [...]int{4, 7} {
			if len(f.b) > 1+label && sccp.Plausible(f.b[1+label:]) {
				r.fit = certain
				return r
			}
		}
	case 4, 5: // TUP; ISUP: circuit, then message type
		if len(f.b) >= 8 && f.b[6]&0xf0 == 0 && f.b[7] != 0 && f.b[7] <= 0x42 {
			return r
		}
	}
	return reading{}
}

// signalling reads an SCCP message without anything below it.
func signalling(f frame) reading {
	if len(f.b) < 5 {
		return f.short(5)
	}
	if uint32(len(f.b)) == f.wire && sccp.Plausible(f.b) {
		return reading{fit: certain, what: foundSS7}
	}
	return reading{}
}
