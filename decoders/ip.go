package decoders

// ip reads an IP packet whose version only its first bits tell.
func (p *Packet) ip(b []byte, wire uint32) {
	switch {
	case len(b) == 0:
		p.fail(TruncatedIP)
	case b[0]>>4 == 4:
		p.ipv4(b, wire)
	case b[0]>>4 == 6:
		p.ipv6(b, wire)
	default:
		p.fail(BadIP)
	}
}

// ipv4 reads an IPv4 header (RFC 791 3.1) and what follows it. The caller has
// seen the version.
func (p *Packet) ipv4(b []byte, wire uint32) {
	if len(b) < 20 {
		p.fail(TruncatedIP)
		return
	}
	if !p.nested() {
		return
	}
	hdr := uint32(b[0]&15) * 4
	total := uint32(be.Uint16(b[2:]))
	if hdr < 20 || (total < hdr && total != 0) {
		p.fail(BadIP)
		return
	}
	if total == 0 { // TSO, BIG TCP: the length did not fit or was left to the card
		total = wire
	}
	if total > wire {
		if p.state.strict {
			p.fail(BadIP)
			return
		}
		if p.Has&SnapCut == 0 {
			total = wire
		}
	}
	if uint32(len(b)) < hdr || total < hdr {
		p.fail(TruncatedIP)
		return
	}
	if uint32(len(b)) > total {
		b = b[:total]
	}

	p.Has |= HasIP
	p.IPVersion = 4
	p.Src = Addr{Lo: v4Prefix | uint64(be.Uint32(b[12:]))}
	p.Dst = Addr{Lo: v4Prefix | uint64(be.Uint32(b[16:]))}
	if b[12] == 127 || b[16] == 127 || p.state.linkLoop {
		p.Has |= Loopback
	}
	p.Proto = b[9]
	if p.state.vanJacobson {
		p.state.vanJacobson, p.Proto = false, ProtoTCP
	}
	p.TTL = b[8]
	p.TOS = b[1]
	p.DF = b[6]&0x40 != 0
	p.MF = b[6]&0x20 != 0
	p.IPID = uint32(be.Uint16(b[4:]))
	p.FragOff = be.Uint16(b[6:]) << 3
	p.IPLen = total
	p.IPHdr = b
	p.L4 = b[hdr:]
	if p.MF || p.FragOff != 0 {
		p.Has |= IsFragment
		p.state.fragData = uint16(hdr)
		p.firstFragment(total - hdr)
		return
	}
	p.upper(p.Proto, p.L4, total-hdr)
}

// firstFragment reads what transport header a fragment at offset 0 has. That
// the fragment ends within it is no error.
func (p *Packet) firstFragment(wire uint32) {
	if p.FragOff != 0 {
		return
	}
	p.upper(p.Proto, p.L4, wire)
	if p.Fail == BadL4 {
		p.Fail = Decoded
	}
}

// IPv6 extension headers (IANA protocol numbers).
const (
	protoRouting     = 43
	protoFragment    = 44
	protoNoNext      = 59
	protoDestOptions = 60
	protoMobility    = 135
	protoHIP         = 139
	protoShim6       = 140
)

// maxExtension bounds the chain of extension headers of one packet.
const maxExtension = 16

// ipv6 reads an IPv6 header (RFC 8200 3), its extension headers, and what
// follows them. The caller has seen the version.
func (p *Packet) ipv6(b []byte, wire uint32) {
	if len(b) < 40 {
		p.fail(TruncatedIP)
		return
	}
	if !p.nested() {
		return
	}
	total := 40 + uint32(be.Uint16(b[4:]))
	if total == 40 {
		if total = jumboLen(b); total == 0 {
			total = wire
		}
	}
	if total > wire {
		if p.state.strict {
			p.fail(BadIP)
			return
		}
		if p.Has&SnapCut == 0 {
			total = wire
		}
	}
	if uint32(len(b)) > total {
		b = b[:total]
	}

	p.Has |= HasIP
	p.IPVersion = 6
	p.Src, p.Dst = Addr16(b[8:]), Addr16(b[24:])
	if p.state.linkLoop || p.Src.IsLoopback() || p.Dst.IsLoopback() {
		p.Has |= Loopback
	}
	p.Proto = b[6]
	p.TTL = b[7]
	p.TOS = b[0]<<4 | b[1]>>4
	p.DF, p.MF = false, false
	p.IPID, p.FragOff = 0, 0
	p.IPLen = total
	p.IPHdr = b
	p.L4 = b[40:]
	switch p.Proto {
	case ProtoTCP, ProtoUDP, ProtoICMPv6, ProtoSCTP:
		p.upper(p.Proto, p.L4, total-40)
	default:
		p.extensions(b, total)
	}
}

// extensions walks the extension headers of the IPv6 packet b (RFC 8200 4) up
// to the upper layer or to a fragment. p.Proto and p.L4 follow along, so that
// they are valid wherever it stops.
func (p *Packet) extensions(b []byte, total uint32) {
	off, nextAt := uint32(40), uint32(6) // this header; the byte that named it
	for range maxExtension {
		var n uint32
		switch p.Proto {
		case ProtoHopByHop, protoRouting, protoDestOptions, protoMobility, protoHIP, protoShim6:
			if uint32(len(b)) < off+2 {
				p.cutExtension(b, total, off+2)
				return
			}
			n = uint32(b[off+1])*8 + 8
		case protoFragment:
			n = 8
		default:
			p.upper(p.Proto, b[off:], total-off)
			return
		}
		if uint32(len(b)) < off+n {
			p.cutExtension(b, total, off+n)
			return
		}
		if p.Proto == protoFragment {
			word := be.Uint16(b[off+2:])
			p.IPID = be.Uint32(b[off+4:])
			p.FragOff = word &^ 7
			p.MF = word&1 != 0
			if p.MF || p.FragOff != 0 { // else an atomic fragment (RFC 6946): whole
				p.Has |= IsFragment
				p.state.fragData, p.state.fragNext = uint16(off+8), uint16(nextAt)
			}
		}
		next := b[off]
		if p.Proto == protoMobility && next == protoNoNext {
			return // the header is the message (RFC 6275 6.1)
		}
		p.Proto = next
		nextAt = off
		off += n
		p.L4 = b[off:]
		if p.Has&IsFragment != 0 && (p.FragOff != 0 || p.Proto != protoDestOptions) {
			// What follows the fragment header is one piece of the fragmentable
			// part: only the first piece begins with a header, and only an
			// upper-layer one is of use before reassembly.
			p.firstFragment(total - off)
			return
		}
		if next == protoNoNext {
			return
		}
	}
	p.fail(TooDeep)
}

// cutExtension is the reason why an extension header that ends at end is not
// complete.
func (p *Packet) cutExtension(b []byte, total, end uint32) {
	if uint32(len(b)) < total || end <= total {
		p.fail(TruncatedIP)
	} else {
		p.fail(BadIP)
	}
}

// jumboLen is the packet's length from a jumbo payload option (RFC 2675), 0
// when b has none.
func jumboLen(b []byte) uint32 {
	if b[6] != ProtoHopByHop || len(b) < 48 {
		return 0
	}
	opt := b[42:]
	if end := int(b[41])*8 + 6; len(opt) > end {
		opt = opt[:end]
	}
	for len(opt) > 0 {
		if opt[0] == 0 { // Pad1
			opt = opt[1:]
			continue
		}
		if len(opt) < 2 || len(opt) < 2+int(opt[1]) {
			return 0
		}
		if opt[0] == 0xc2 && opt[1] == 4 {
			if n := be.Uint32(opt[2:]); n > 65535 && n < 1<<31 {
				return 40 + n
			}
			return 0
		}
		opt = opt[2+int(opt[1]):]
	}
	return 0
}

// upper reads what an IP header says it carries. b is what was captured of it.
func (p *Packet) upper(proto uint8, b []byte, wire uint32) {
	switch proto {
	case ProtoTCP:
		p.tcp(b, wire)
	case ProtoUDP:
		p.udp(b, wire)
	case ProtoICMP:
		if p.IPVersion == 4 {
			p.icmp(b, wire)
		}
	case ProtoICMPv6:
		if p.IPVersion == 6 {
			p.icmp(b, wire)
		}
	case ProtoSCTP:
		p.sctp(b, wire)
	case ProtoUDPLite:
		if p.ports(b, wire) && len(b) >= 8 {
			p.payload(b, wire, 8)
		}
	case protoDCCP:
		p.ports(b, wire)
	case ProtoAH:
		p.authentication(b, wire)
	default:
		// The outer datagram of a tunnel is put together first.
		if p.Has&IsFragment == 0 {
			p.tunnel(proto, b, wire)
		}
	}
}

const protoDCCP = 33

// payload sets what follows a transport header of n bytes.
func (p *Packet) payload(b []byte, wire, n uint32) {
	p.Has |= HasPayload
	p.Payload = b[n:]
	p.PayloadLen = wire - n
}

// authentication passes over an authentication header (RFC 4302 2).
func (p *Packet) authentication(b []byte, wire uint32) {
	if len(b) < 2 {
		p.cut(b, wire, 2)
		return
	}
	n := uint32(b[1])*4 + 8
	if uint32(len(b)) < n {
		p.cut(b, wire, n)
		return
	}
	if !p.nested() {
		return
	}
	p.Proto = b[0]
	p.L4 = b[n:]
	if p.Proto != protoNoNext {
		p.upper(p.Proto, p.L4, wire-n)
	}
}
