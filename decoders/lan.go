package decoders

import "math/bits"

// fddi reads an FDDI frame: frame control, addresses, LLC. BPF delivers the
// addresses with the bits of each byte in FDDI's own order.
func (p *Packet) fddi(b []byte, wire uint32) {
	if len(b) < 13 {
		p.fail(TruncatedLink)
		return
	}
	p.mac(b[1:])
	for i := range 6 {
		p.SrcMAC[i], p.DstMAC[i] = bits.Reverse8(p.SrcMAC[i]), bits.Reverse8(p.DstMAC[i])
	}
	if b[0]&0x70 != 0x50 { // not an asynchronous or synchronous LLC frame
		p.nonIP()
		return
	}
	p.llc(b[13:], wire-13, 0)
}

// tokenRing reads an IEEE 802.5 frame: access and frame control, addresses, an
// optional route (802.1D annex C), LLC.
func (p *Packet) tokenRing(b []byte, wire uint32) {
	if len(b) < 14 {
		p.fail(TruncatedLink)
		return
	}
	p.mac(b[2:])
	p.SrcMAC[0] &^= 0x80 // says that a route follows
	if b[1]>>6 != 1 {
		p.nonIP() // MAC frame
		return
	}
	n := uint32(14)
	if b[8]&0x80 != 0 {
		if len(b) < 15 {
			p.fail(TruncatedLink)
			return
		}
		n += uint32(b[14] & 0x1f)
	}
	p.skipToLLC(b, wire, n)
}

// ARCNET protocol ids (RFC 1051, RFC 1201, IANA).
const (
	arcIPOld  = 240
	arcARPOld = 241
	arcIP     = 212
	arcIPv6   = 196
)

// arcnet reads an ARCNET header whose protocol id is at typeAt: 2 from BSD, 4
// from Linux, which has two offset bytes before it. All but the two old
// protocols have a split flag and a sequence number behind it (RFC 1201 2).
func (p *Packet) arcnet(b []byte, wire, typeAt uint32) {
	if uint32(len(b)) < typeAt+1 {
		p.fail(TruncatedLink)
		return
	}
	proto := b[typeAt]
	n := typeAt + 1
	var split byte
	if proto != arcIPOld && proto != arcARPOld {
		if uint32(len(b)) <= n {
			p.fail(TruncatedLink)
			return
		}
		split = b[n]
		if split == 0xff { // exception packet: padding before the real flag
			n += 4
			if uint32(len(b)) <= n {
				p.fail(TruncatedLink)
				return
			}
			split = b[n]
		}
		n += 3
	}
	b, wire, ok := p.skip(b, wire, n)
	switch {
	case !ok:
	case split != 0 && split&1 == 0: // a later piece
		p.nonIP()
	case proto == arcIP || proto == arcIPOld || proto == arcIPv6:
		p.ip(b, wire)
	default: // ARP, RARP, AppleTalk, IPX, diagnose
		p.nonIP()
	}
}

// ipoib reads a global route header of 40 bytes, and the EtherType and two
// reserved bytes of RFC 4391 6.
func (p *Packet) ipoib(b []byte, wire uint32) {
	if len(b) < 44 {
		p.fail(TruncatedLink)
		return
	}
	p.etherType(uint32(be.Uint16(b[40:])), b[44:], wire-44)
}

// switchTag reads an Ethernet frame with n bytes of a switch's own tag between
// the addresses and the type field.
func (p *Packet) switchTag(b []byte, wire, n uint32) {
	if uint32(len(b)) < 14+n {
		p.fail(TruncatedLink)
		return
	}
	p.mac(b)
	p.typeAt(b, wire, 12+n)
}

// mPacket reads an mPacket (IEEE 802.3br 99.3): preamble of 8 bytes, whose
// delimiter tells whole frames and first fragments from continuations.
func (p *Packet) mPacket(b []byte, wire uint32) {
	if len(b) < 8 {
		p.fail(TruncatedLink)
		return
	}
	switch b[7] {
	case 0xd5, 0xe6, 0x4c, 0x7f, 0xb3:
		p.ethernet(b[8:], wire-8)
	default:
		p.nonIP()
	}
}
