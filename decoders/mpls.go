package decoders

// mpls reads a label stack (RFC 3032 2.1). The label at the bottom does not
// say what it carries: 4 and 6 in the first bits are IP by convention (RFC
// 4928 3), 0 and 1 mark a pseudowire's control word (RFC 4385), and Ethernet
// without control word is what else makes sense.
func (p *Packet) mpls(b []byte, wire uint32) {
	for {
		if len(b) < 4 {
			p.fail(TruncatedLink)
			return
		}
		bottom := b[2]&1 != 0
		b, wire = b[4:], wire-4
		if bottom {
			break
		}
	}
	if len(b) == 0 {
		p.fail(TruncatedIP)
		return
	}
	switch v := b[0] >> 4; {
	case (v == 4 || v == 6) && (fitsIP(b, wire) || !fitsEthernet(b, wire)):
		p.ip(b, wire)
	case v == 0 && len(b) >= 4 && fitsEthernet(b[4:], wire-4):
		p.ethernet(b[4:], wire-4)
	case fitsEthernet(b, wire):
		p.ethernet(b, wire)
	case v == 0 || v == 1: // pseudowire with something else, or its associated channel
		p.nonIP()
	default:
		p.fail(UnknownEtherType)
	}
}

// fitsIP reports whether b begins with an IP header whose lengths agree with
// what is there.
func fitsIP(b []byte, wire uint32) bool {
	if len(b) < 20 {
		return false
	}
	if b[0]>>4 == 6 {
		return len(b) >= 40 && 40+uint32(be.Uint16(b[4:])) <= wire
	}
	total := uint32(be.Uint16(b[2:]))
	return b[0]>>4 == 4 && b[0]&15 >= 5 && total <= wire && (total == 0 || total >= uint32(b[0]&15)*4)
}

// fitsEthernet reports whether b looks like an Ethernet frame: a type field,
// behind tags, that is known, with an IP header to match if it says IP.
func fitsEthernet(b []byte, wire uint32) bool {
	if len(b) < 14 {
		return false
	}
	t := be.Uint16(b[12:])
	b, wire = b[14:], wire-14
	for t == etherVLAN || t == etherQinQ {
		if len(b) < 4 {
			return false
		}
		t = be.Uint16(b[2:])
		b, wire = b[4:], wire-4
	}
	switch t {
	case etherIPv4, etherIPv6:
		return fitsIP(b, wire) && (b[0]>>4 == 4) == (t == etherIPv4)
	case etherMPLS, etherPPPoES, etherPBB, etherMACsec:
		return true
	}
	if t <= etherMaxLength {
		return uint32(t) >= 3 && uint32(t) <= wire
	}
	return nonIPType(t)
}
