package decoders

// PPP protocol numbers (IANA).
const (
	pppIPv4      = 0x0021
	pppBridging  = 0x0031
	pppVJ        = 0x002f // Van Jacobson, uncompressed TCP
	pppMultilink = 0x003d
	pppIPv6      = 0x0057
	pppEncrypted = 0x0053
	pppMPLS      = 0x0281
	pppMPLSMcast = 0x0283
)

// ppp reads a PPP frame (RFC 1661 2): with or without the address and control
// bytes of HDLC-like framing, with a protocol field of one or two bytes, and
// also Cisco HDLC, which shares serial lines and link types with it.
func (p *Packet) ppp(b []byte, wire uint32) {
	if len(b) >= 2 {
		switch {
		case b[0] == 0xff && b[1] == 0x03:
			b, wire = b[2:], wire-2
		case (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0:
			p.chdlc(b, wire)
			return
		}
	}
	if len(b) < 1 {
		p.fail(TruncatedLink)
		return
	}
	proto, n := uint32(b[0]), uint32(1)
	if b[0]&1 == 0 { // not compressed (RFC 1661 6.5)
		if len(b) < 2 {
			p.fail(TruncatedLink)
			return
		}
		proto, n = uint32(be.Uint16(b)), 2
	}
	p.pppProtocol(proto, b[n:], wire-n)
}

func (p *Packet) pppProtocol(proto uint32, b []byte, wire uint32) {
	switch proto {
	case pppIPv4, pppIPv6:
		p.ip(b, wire)
	case pppVJ:
		p.state.vanJacobson = len(b) > 0 && b[0]>>4 == 4
		p.ip(b, wire)
	case pppMPLS, pppMPLSMcast:
		p.mpls(b, wire)
	case pppBridging:
		p.bridged(b, wire)
	case pppEncrypted:
		p.fail(Encrypted)
	default:
		if proto&0x0101 != 0x0001 || (proto < 0x8000 && !pppNonIP(proto)) {
			p.fail(UnknownEtherType)
			return
		}
		p.nonIP() // control protocols from 0x8000 on; others by list
	}
}

// bridged reads a bridged frame behind PPP (RFC 3518 4.2).
func (p *Packet) bridged(b []byte, wire uint32) {
	if len(b) < 2 {
		p.fail(TruncatedLink)
		return
	}
	if mac := b[1]; mac != 1 {
		p.nonIP()
		return
	}
	pad := uint32(b[0] & 0x0f)
	if wire >= 2+pad {
		b, wire = limit(b, wire, wire-pad)
	}
	p.skipToEthernet(b, wire, 2)
}

// pppNonIP lists network layer protocols that are no IP packet as they stand:
// other protocols, pieces (multilink). Compressed headers are not among them:
// there is an IP packet in those, which nothing here can read.
func pppNonIP(proto uint32) bool {
	switch proto {
	case 0x0001, 0x0023, 0x0025, 0x0027, 0x0029, 0x002b, // padding, OSI, XNS, DECnet, AppleTalk, IPX
		0x0033, 0x0035, 0x0037, 0x0039, pppMultilink, 0x003f, 0x0041, 0x0043, 0x0045, 0x0047, 0x0049, 0x004b, 0x004d,
		0x0055, 0x0059, 0x00fb, 0x00fd, // individual link compression, CCP
		0x0201, 0x0203, 0x0207, 0x0231, 0x0233, 0x0235, 0x0285, 0x0287:
		return true
	}
	return false
}

// chdlc reads a Cisco HDLC frame: address, control, EtherType.
func (p *Packet) chdlc(b []byte, wire uint32) {
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	p.etherType(uint32(be.Uint16(b[2:])), b[4:], wire-4)
}

// pppoe reads a PPPoE session header (RFC 2516 4) and the PPP frame behind it.
func (p *Packet) pppoe(b []byte, wire uint32) {
	if len(b) < 6 {
		p.fail(TruncatedLink)
		return
	}
	if b[0] != 0x11 {
		p.fail(BadLink)
		return
	}
	if b[1] != 0 { // discovery codes
		p.nonIP()
		return
	}
	session := uint32(be.Uint16(b[2:]))
	b, wire = limit(b[6:], wire-6, uint32(be.Uint16(b[4:])))
	p.enterLink(TunnelPPPoE, session, etherPPP, b, wire)
}
