package linkscore

// ppp reads a PPP frame (RFC 1661 2, RFC 1662 3.1), or Cisco HDLC, which shares
// serial lines and link types with it.
func (s *Scorer) ppp(f frame) reading {
	if len(f.b) < 4 {
		return f.short(4)
	}
	b := f.b
	switch {
	case b[0] == 0xff && b[1] == 0x03:
		return s.pppProtocol(f.from(2)).moved(2)
	case (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0:
		return s.chdlc(f)
	}
	return s.pppProtocol(f)
}

// pppProtocol reads from the protocol field on, of two bytes or compressed to
// one (RFC 1661 6.5).
func (s *Scorer) pppProtocol(f frame) reading {
	if len(f.b) < 2 {
		return f.short(2)
	}
	proto, n := uint32(be.Uint16(f.b)), 2
	if f.b[0]&1 != 0 {
		proto, n = uint32(f.b[0]), 1
	}
	in := f.from(n)
	switch proto {
	case 0x0021:
		return ipv4(in).moved(n)
	case 0x0057:
		return ipv6(in).moved(n)
	case 0x0281, 0x0283:
		return s.tagged(0x8847, in).moved(n)
	case 0xc021, 0xc023, 0xc223, 0xc227, 0x8021, 0x8057, 0x8023, 0x8029, 0x802b, 0x80fd, 0x8207, 0x8281:
		return control(proto, in).moved(n)
	case 0x0023, 0x0029, 0x002b, 0x002d, 0x002f, 0x003d, 0x00fd, 0x0207:
		if n == 2 {
			return reading{fit: plausible, at: uint16(n), what: foundControl | proto}
		}
	}
	return reading{}
}

// control reads a packet of a PPP control protocol: code, identifier, length
// (RFC 1661 5).
func control(proto uint32, f frame) reading {
	if len(f.b) < 4 {
		return f.short(4)
	}
	n := uint32(be.Uint16(f.b[2:]))
	if f.b[0] == 0 || f.b[0] > 15 || n < 4 || n > f.wire {
		return reading{}
	}
	r := reading{fit: plausible, what: foundControl | proto}
	if n == f.wire {
		r.fit = certain
	}
	return r
}

// chdlc reads a Cisco HDLC frame: unicast or broadcast address, control 0, an
// EtherType.
func (s *Scorer) chdlc(f frame) reading {
	if len(f.b) < 4 {
		return f.short(4)
	}
	if f.b[0] != 0x0f && f.b[0] != 0x8f || f.b[1] != 0 {
		return reading{}
	}
	t := uint32(be.Uint16(f.b[2:]))
	if t == 0x8035 {
		return slarp(f.from(4)).moved(4)
	}
	return s.etherType(t, f.from(4)).moved(4)
}

// slarp reads Cisco's serial line protocol, which has RARP's EtherType: address
// request, reply, or keep-alive, which is told by a field of ones.
func slarp(f frame) reading {
	if len(f.b) < 14 {
		return f.short(14)
	}
	r := reading{fit: plausible, what: 0x8035}
	switch op := be.Uint32(f.b); {
	case f.wire > 36 || op > 2:
		return reading{}
	case op == 2 && be.Uint16(f.b[12:]) == 0xffff:
		r.fit = certain
	}
	return r
}

// pppoe reads a PPPoE header (RFC 2516 4).
func (s *Scorer) pppoe(f frame) reading {
	if len(f.b) < 6 {
		return f.short(6)
	}
	n := uint32(be.Uint16(f.b[4:]))
	if f.b[0] != 0x11 || n > f.wire-6 || f.wire-6-n > maxTrailer {
		return reading{}
	}
	in := f.from(6)
	in = frame{in.b[:min(len(in.b), int(n))], n}
	switch f.b[1] {
	case 0:
		return s.pppProtocol(in).moved(6)
	case 0x09, 0x07, 0x19, 0x65, 0xa7: // discovery
		return reading{fit: plausible, at: 6, what: 0x8863}
	}
	return reading{}
}

// pppWithDirection reads the direction byte of LINKTYPE_PPP_WITH_DIR. What is not 0
// was sent; writers put more than 1 there.
func (s *Scorer) pppWithDirection(f frame) reading {
	if len(f.b) < 5 {
		return f.short(5)
	}
	if f.b[1] != 0xff || f.b[2] != 0x03 {
		return reading{}
	}
	return s.ppp(f.from(1)).moved(1)
}

// frameRelay reads a Q.922 address of two bytes and RFC 2427's or Cisco's
// encapsulation.
func (s *Scorer) frameRelay(f frame) reading {
	if len(f.b) < 5 {
		return f.short(5)
	}
	b := f.b
	if b[0]&1 != 0 || b[1]&1 == 0 {
		return reading{}
	}
	if b[2] != 0x03 {
		if t := uint32(be.Uint16(b[2:])); t >= 0x0600 {
			return s.etherType(t, f.from(4)).moved(4)
		}
		return reading{}
	}
	n := 3
	if b[n] == 0 {
		n++
	}
	in := f.from(n + 1)
	switch b[n] {
	case 0xcc:
		return ipv4(in).moved(n + 1)
	case 0x8e:
		return ipv6(in).moved(n + 1)
	case 0x08, 0x80, 0x81, 0x82, 0x83: // Q.933, SNAP, CLNP, ES-IS, IS-IS
		if b[n] == 0x80 {
			if !in.has(5) {
				return in.short(5)
			}
			if be.Uint32(in.b)>>8 == 0 {
				return s.etherType(uint32(be.Uint16(in.b[3:])), in.from(5)).moved(n + 6)
			}
		}
		return reading{fit: plausible, at: uint16(n), what: 0x70000 | uint32(b[n])}
	}
	return reading{}
}
