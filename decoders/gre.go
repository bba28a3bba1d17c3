package decoders

// GRE header flags (RFC 2784, 2890, 1701; version 1: RFC 2637).
const (
	greChecksum = 0x8000
	greRouting  = 0x4000
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080 // version 1
	greVersion  = 0x0007
)

// GRE protocol types that are not EtherTypes of their own.
const (
	greWCCP     = 0x883e
	greERSPAN   = 0x88be
	greERSPAN3  = 0x22eb
	greEoIP     = 0x6400 // MikroTik
	greAruba    = 0x8200 // Aruba access points: 802.11 frames, in 0x8200 to 0x82f0 by tunnel
	greArubaEnd = 0x82ff
	greAruba2   = 0x9000
)

// gre reads a GRE header and follows what it carries. A payload that is not IP
// leaves the GRE packet itself as the result.
func (p *Packet) gre(b []byte, wire uint32) {
	if len(b) < 4 {
		p.cut(b, wire, 4)
		return
	}
	flags, proto := be.Uint16(b), uint32(be.Uint16(b[2:]))
	if flags&greVersion == 1 {
		p.gre1(flags, proto, b, wire)
		return
	}
	if flags&greVersion != 0 {
		p.fail(BadL4)
		return
	}
	off, key := uint32(4), uint32(0)
	if flags&(greChecksum|greRouting) != 0 {
		off += 4
	}
	if flags&greKey != 0 {
		if uint32(len(b)) >= off+4 {
			key = be.Uint32(b[off:])
		}
		off += 4
	}
	if flags&greSequence != 0 {
		off += 4
	}
	if uint32(len(b)) < off {
		p.cut(b, wire, off)
		return
	}
	if flags&greRouting != 0 {
		n, ok := greRoutes(b[off:])
		if !ok {
			p.cut(b, wire, off+n)
			return
		}
		off += n
	}
	p.grePayload(flags, proto, key, b[off:], wire-off)
}

// greRoutes is the length of the source route entries at b (RFC 1701).
func greRoutes(b []byte) (n uint32, ok bool) {
	for {
		if uint32(len(b)) < n+4 {
			return n + 4, false
		}
		family, length := be.Uint16(b[n:]), uint32(b[n+3])
		n += 4
		if family == 0 && length == 0 {
			return n, true
		}
		n += length
	}
}

func (p *Packet) grePayload(flags uint16, proto, key uint32, b []byte, wire uint32) {
	switch {
	case proto < etherMin: // keep-alives have 0; lengths are not used here
		return
	case proto == greERSPAN:
		if flags&greSequence != 0 { // type II has a header, type I none (draft-foschiano-erspan 4)
			if len(b) < 8 {
				return
			}
			b, wire = b[8:], wire-8
		}
		proto = etherTEB
	case proto == greERSPAN3:
		n := uint32(12)
		if len(b) >= 12 && b[11]&1 != 0 { // platform specific subheader
			n = 20
		}
		if uint32(len(b)) < n {
			return
		}
		b, wire = b[n:], wire-n
		proto = etherTEB
	case proto == greWCCP:
		// Version 2 puts a redirect header of 4 bytes before the IP packet.
		if len(b) >= 4 && b[0]>>4 != 4 {
			b, wire = b[4:], wire-4
		}
		proto = etherIPv4
	case proto >= greAruba && proto <= greArubaEnd || proto == greAruba2:
		proto = payloadWLAN
	}
	p.enterNamed(TunnelGRE, key, proto, b, wire)
}

// gre1 reads version 1: PPTP (RFC 2637 4.1), or MikroTik's EoIP, which uses
// its number with a protocol type of its own.
func (p *Packet) gre1(flags uint16, proto uint32, b []byte, wire uint32) {
	if len(b) < 8 {
		p.cut(b, wire, 8)
		return
	}
	if flags&greKey == 0 {
		p.fail(BadL4)
		return
	}
	n := uint32(be.Uint16(b[4:])) // payload length
	if proto == greEoIP {
		id := uint32(b[6]) | uint32(b[7])<<8
		b, wire = limit(b[8:], wire-8, n)
		p.enterNamed(TunnelGRE, id, etherTEB, b, wire)
		return
	}
	call := uint32(be.Uint16(b[6:]))
	off := uint32(8)
	if flags&greSequence != 0 {
		off += 4
	}
	if flags&greAck != 0 {
		off += 4
	}
	if uint32(len(b)) < off {
		p.cut(b, wire, off)
		return
	}
	if flags&greSequence == 0 || n == 0 {
		return // an acknowledgement without payload
	}
	b, wire = limit(b[off:], wire-off, n)
	p.enterNamed(TunnelGRE, call, proto, b, wire)
}
