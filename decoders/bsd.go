package decoders

import (
	"encoding/binary"

	"pcaptriage/decoders/link"
)

// null reads the 4-byte address family of BSD loopback captures. DLT_NULL has
// it in the byte order of the host, DLT_LOOP in network order; files of either
// type with the other order exist, so both are taken in both. The families of
// IPv6 differ from system to system.
func (p *Packet) null(b []byte, wire uint32) {
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	p.loopback()
	family := addressFamily(b)
	b, wire = b[4:], wire-4
	switch {
	case isIPFamily(family):
		p.ip(b, wire)
	case family > 0xffff:
		p.fail(BadLink)
	case family >= etherMin: // some drivers put an EtherType there
		p.etherType(family, b, wire)
	case isOtherFamily(family):
		p.nonIP()
	default:
		p.fail(UnknownEtherType)
	}
}

// addressFamily reads an address family in either byte order: families are
// small numbers.
func addressFamily(b []byte) uint32 {
	return min(binary.LittleEndian.Uint32(b), be.Uint32(b))
}

// isIPFamily reports whether f is AF_INET, or AF_INET6 on Linux, Windows,
// NetBSD and OpenBSD, Solaris, FreeBSD, macOS.
func isIPFamily(f uint32) bool {
	switch f {
	case 2, 10, 23, 24, 26, 28, 30:
		return true
	}
	return false
}

// isOtherFamily lists families that the BSDs' loopback interfaces carry and
// that are not IP: NS and ISO, DECnet, AppleTalk, Novell IPX.
func isOtherFamily(f uint32) bool {
	switch f {
	case 6, 7, 12, 16, 27:
		return true
	}
	return false
}

// pflog reads the header of OpenBSD's packet filter log (if_pflog.h). Its
// length is in its first byte; the packet begins at the next multiple of 4.
func (p *Packet) pflog(b []byte, wire uint32) {
	const minLen, dirAt = 45, 60
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	n := uint32(b[0]+3) &^ 3
	if b[0] < minLen || n < minLen {
		p.fail(BadLink)
		return
	}
	family := uint32(b[1])
	if n > dirAt && len(b) > dirAt {
		p.pfDirection(b[dirAt])
	}
	b, wire, ok := p.skip(b, wire, n)
	switch {
	case !ok:
	case isIPFamily(family):
		p.ip(b, wire)
	default:
		p.fail(UnknownEtherType)
	}
}

// pfDirection: PF_IN is 1, PF_OUT 2.
func (p *Packet) pfDirection(dir byte) {
	switch dir {
	case 1:
		p.Has |= Incoming
	case 2:
		p.Has |= Outgoing
	}
}

// oldPFLOG reads the 28-byte header of OpenBSD before 3.4.
func (p *Packet) oldPFLOG(b []byte, wire uint32) {
	if len(b) < 28 {
		p.fail(TruncatedLink)
		return
	}
	if !isIPFamily(addressFamily(b)) {
		p.fail(UnknownEtherType)
		return
	}
	p.pfDirection(b[27])
	p.ip(b[28:], wire-28)
}

// enc reads the header of OpenBSD's IPsec interface: family, SPI, flags.
func (p *Packet) enc(b []byte, wire uint32) {
	if len(b) < 12 {
		p.fail(TruncatedLink)
		return
	}
	if !isIPFamily(addressFamily(b)) {
		p.fail(UnknownEtherType)
		return
	}
	p.ip(b[12:], wire-12)
}

// ipnet reads the header of Solaris' ipnet device.
func (p *Packet) ipnet(b []byte, wire uint32) {
	if len(b) < 24 {
		p.fail(TruncatedLink)
		return
	}
	switch hook := be.Uint16(b[2:]); hook {
	case 0:
		p.Has |= Incoming
	case 1:
		p.Has |= Outgoing
	case 2: // from another zone of the same machine
		p.loopback()
	}
	p.Has |= HasLinkIface
	p.LinkIface = be.Uint32(b[8:])
	p.ip(b[24:], wire-24)
}

// isPKTAP recognises Apple's PKTAP header: little-endian length, record type 1.
func isPKTAP(b []byte) bool {
	if len(b) < 108 {
		return false
	}
	n := binary.LittleEndian.Uint32(b)
	return n >= 108 && n <= 1024 && binary.LittleEndian.Uint32(b[4:]) == 1
}

// pktap reads Apple's PKTAP header, which names the link type of what follows
// as a DLT_ value of macOS.
func (p *Packet) pktap(b []byte, wire uint32) {
	if len(b) < 108 {
		p.fail(TruncatedLink)
		return
	}
	if !isPKTAP(b) {
		if binary.LittleEndian.Uint32(b[4:]) != 1 {
			p.nonIP() // a record that is not a packet
			return
		}
		p.fail(BadLink)
		return
	}
	switch flags := binary.LittleEndian.Uint32(b[36:]); flags & 3 {
	case 1:
		p.Has |= Incoming
	case 2:
		p.Has |= Outgoing
	}
	dlt := binary.LittleEndian.Uint32(b[8:])
	b, wire, ok := p.skip(b, wire, binary.LittleEndian.Uint32(b))
	switch {
	case !ok:
	case dlt > 0xffff || dlt == link.PKTAP || dlt == link.User2:
		p.fail(UnknownLink)
	default:
		p.linkLayer(uint16(dlt), b, wire)
	}
}
