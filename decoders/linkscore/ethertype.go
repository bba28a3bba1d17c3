package linkscore

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/link"
)

// etherType reads what an EtherType says. Tags and encapsulations between it and
// the packet are left to package decoders.
func (s *Scorer) etherType(t uint32, f frame) reading {
	switch t {
	case foundIPv4:
		return ipv4(f)
	case foundIPv6:
		return ipv6(f)
	case foundARP:
		return arp(f)
	case 0x8100, 0x88a8, 0x9100:
		if len(f.b) < 4 {
			return f.short(4)
		}
		return s.etherType(uint32(be.Uint16(f.b[2:])), f.from(4)).moved(4)
	case 0x8035: // RARP
		return arp(f)
	}
	if t < 0x0600 || t == 0xdada { // lengths; switch tags, which are link types of their own
		return reading{}
	}
	return s.tagged(t, f)
}

// tagged reads any other EtherType by putting it behind an Ethernet header and
// letting package decoders read that.
func (s *Scorer) tagged(t uint32, f frame) reading {
	n := min(len(f.b), len(s.scratch)-14)
	be.PutUint16(s.scratch[12:], uint16(t))
	copy(s.scratch[14:], f.b[:n])
	r := s.decoded(link.EN10MB, frame{s.scratch[:14+n], f.wire + 14})
	if r.what == foundNothing {
		r.what = t
	}
	if r.at >= 14 {
		r.at -= 14
	}
	return r
}

// decoded is the reading by package decoders, for types without a strict reader
// of their own: certain when an IP header at the end of the chain holds
// together, plausible when a protocol that is known not to be IP was found.
func (s *Scorer) decoded(t uint16, f frame) reading {
	p := &s.packet
	p.Has = 0
	p.Decode(t, f.b, f.wire)
	switch {
	case p.Has&decoders.HasIP != 0:
		// IPHdr is cut at the length that the header states.
		r := ip(frame{p.IPHdr, max(p.IPLen, uint32(len(p.IPHdr)))})
		return r.moved(cap(f.b) - cap(p.IPHdr))
	case p.Fail == decoders.Decoded:
		return reading{fit: plausible}
	case p.Fail == decoders.Encrypted:
		return reading{fit: plausible}
	case p.Fail == decoders.TruncatedLink, p.Fail == decoders.TruncatedIP, p.Fail == decoders.TruncatedL4:
		if uint32(len(f.b)) < f.wire {
			return reading{fit: silent}
		}
	}
	return reading{}
}

// llc reads an IEEE 802.2 header.
func (s *Scorer) llc(f frame) reading {
	b := f.b
	if len(b) < 3 {
		return f.short(3)
	}
	switch {
	case b[0] == 0xaa && b[1] == 0xaa && b[2] == 3:
		if len(b) < 8 {
			return f.short(8)
		}
		if oui := be.Uint32(b[3:]) >> 8; oui != 0 && oui != 0xf8 {
			return reading{fit: plausible, at: 8, what: 0x30000 | uint32(be.Uint16(b[6:]))}
		}
		return s.etherType(uint32(be.Uint16(b[6:])), f.from(8)).moved(8)
	case knownSAP(b[0]) && knownSAP(b[1]&^1):
		return reading{fit: plausible, at: 3, what: 0x40000 | uint32(b[0])}
	}
	return reading{}
}

// knownSAP lists the service access points that live networks use: null,
// network management, SNA, IP, STP, ISO, NetBIOS, IPX, and the global one.
func knownSAP(sap byte) bool {
	switch sap {
	case 0x00, 0x02, 0x04, 0x06, 0x08, 0x0c, 0x42, 0x98, 0xaa, 0xe0, 0xf0, 0xf4, 0xf8, 0xfc, 0xfe, 0xff:
		return true
	}
	return false
}

// ethernet reads an Ethernet frame, type or length (IEEE 802.3 3.2.6).
func (s *Scorer) ethernet(f frame) reading {
	b := f.b
	if len(b) < 14 {
		return f.short(14)
	}
	t := uint32(be.Uint16(b[12:]))
	if t >= 0x0600 {
		return s.etherType(t, f.from(14)).moved(14)
	}
	// A length, and padding only up to the smallest frame.
	left := f.wire - 14
	if t < 3 || t > left || t > 1500 || left-t > maxTrailer {
		return reading{}
	}
	if f.has(16) && be.Uint16(b[14:]) == 0xffff { // Novell's 802.3 without LLC
		return reading{fit: plausible, at: 14, what: 0x40000}
	}
	return s.llc(frame{b[14:min(len(b), 14+int(t))], t}).moved(14)
}
