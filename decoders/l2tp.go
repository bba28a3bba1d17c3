package decoders

// L2TP header flags (RFC 2661 3.1).
const (
	l2tpControl  = 0x8000
	l2tpLength   = 0x4000
	l2tpSequence = 0x0800
	l2tpOffset   = 0x0200
	l2tpVersion  = 0x000f
)

// l2tpUDP reads an L2TP data message over UDP.
func (p *Packet) l2tpUDP(b []byte, wire uint32) bool {
	if len(b) < 8 {
		return false
	}
	flags := be.Uint16(b)
	if flags&l2tpControl != 0 {
		return false
	}
	switch flags & l2tpVersion {
	case 2:
		return p.l2tp2(flags, b, wire)
	case 3: // RFC 3931 4.1.2.1: 4 bytes, then as over IP
		return p.l2tp3(b[4:], wire-4)
	}
	return false
}

// l2tp2 reads a version 2 data header and the PPP frame behind it.
func (p *Packet) l2tp2(flags uint16, b []byte, wire uint32) bool {
	off := uint32(2)
	if flags&l2tpLength != 0 {
		b, wire = limit(b, wire, uint32(be.Uint16(b[2:])))
		off += 2
	}
	if uint32(len(b)) < off+4 {
		return false
	}
	id := be.Uint32(b[off:]) // tunnel and session
	off += 4
	if flags&l2tpSequence != 0 {
		off += 4
	}
	if flags&l2tpOffset != 0 {
		if uint32(len(b)) < off+2 {
			return false
		}
		off += 2 + uint32(be.Uint16(b[off:]))
	}
	if uint32(len(b)) < off {
		return false
	}
	return p.enterGuess(TunnelL2TP, id, etherPPP, b[off:], wire-off)
}

// l2tpIP reads L2TPv3 directly over IP (RFC 3931 4.1.1). Session 0 is control.
func (p *Packet) l2tpIP(b []byte, wire uint32) {
	p.l2tp3(b, wire)
}

// l2tp3 reads a version 3 data message from its session id on. How long the
// cookie is and whether a sublayer header follows only the control channel
// says, so all combinations are tried, and Ethernet before PPP.
func (p *Packet) l2tp3(b []byte, wire uint32) bool {
	if len(b) < 4 {
		return false
	}
	session := be.Uint32(b)
	if session == 0 {
		return false
	}
	for _, payload := range [...]uint32{etherTEB, etherPPP} {
		for off := uint32(4); off <= 16; off += 4 {
			if uint32(len(b)) > off && p.enterGuess(TunnelL2TP, session, payload, b[off:], wire-off) {
				return true
			}
		}
	}
	return false
}
