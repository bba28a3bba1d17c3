package reframe

import (
	"encoding/binary"

	"pcaptriage/decoders/link"
)

// find locates what data carries. ipOnly asks for the IP packet, behind whatever
// tags; otherwise tags and frames that are not IP stay as they are.
func (s *source) find(data []byte, wire uint32, ipOnly bool) (packet, bool) {
	p := packet{hardware: arphrdNone}
	ok := false
	switch s.linkType {
	case link.EN10MB:
		ok = p.ethernet(data)
	case link.LinuxSLL:
		ok = p.cooked(data, 16, 0, 2, 4, 6, 14)
	case link.LinuxSLL2:
		ok = p.cooked2(data)
	case link.Raw, link.Raw12, link.Raw14, link.IPv4, link.IPv6:
		ok = p.bare(data, 0)
	case link.Null, link.Loop:
		p.hardware = arphrdLoopback
		ok = len(data) > 4 && p.bare(data, 4)
	case link.PPP, link.PPPHDLC, link.PPPEther, link.PPPWithDir, link.CHDLC:
		p.hardware = arphrdPPP
	}
	if !ok || ipOnly && p.version() == 0 {
		at, etherType, located := s.locate.Locate(data, wire)
		if !located {
			return p, ok
		}
		p.at, p.etherType, ok = at, etherType, true
	}
	p.wire = wire - uint32(p.at)
	p.trim(data[p.at:])
	return p, ok
}

// ethernet reads an Ethernet header: type, or length of an IEEE 802.2 frame.
func (p *packet) ethernet(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	p.hardware, p.hasSrc = arphrdEther, true
	p.dst, p.src = [6]byte(b[:6]), [6]byte(b[6:12])
	p.at, p.etherType = 14, be.Uint16(b[12:])
	if p.etherType < 0x0600 {
		p.etherType = llc
	}
	switch {
	case p.dst == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}:
		p.kind = packetBroadcast
	case p.dst[0]&1 != 0:
		p.kind = packetMulticast
	}
	return true
}

// cooked reads a Linux cooked header whose fields stand at the given offsets.
func (p *packet) cooked(b []byte, size, kindAt, hardwareAt, lengthAt, addrAt, protoAt int) bool {
	if len(b) < size {
		return false
	}
	p.at, p.etherType = size, be.Uint16(b[protoAt:])
	p.kind, p.hardware = be.Uint16(b[kindAt:]), be.Uint16(b[hardwareAt:])
	p.sender(be.Uint16(b[lengthAt:]), b[addrAt:])
	return p.etherType >= 0x0600 || p.etherType == llc
}

// cooked2 reads version 2, whose packet type and address length have one byte.
func (p *packet) cooked2(b []byte) bool {
	const size = 20
	if len(b) < size {
		return false
	}
	p.at, p.etherType = size, be.Uint16(b)
	p.kind, p.hardware = uint16(b[10]), be.Uint16(b[8:])
	p.sender(uint16(b[11]), b[12:])
	return p.etherType >= 0x0600 || p.etherType == llc
}

func (p *packet) sender(length uint16, addr []byte) {
	if length == 6 {
		p.hasSrc, p.src = true, [6]byte(addr[:6])
	}
}

// bare reads an IP packet that begins at offset at.
func (p *packet) bare(b []byte, at int) bool {
	if len(b) <= at {
		return false
	}
	p.at = at
	switch b[at] >> 4 {
	case 4:
		p.etherType = 0x0800
	case 6:
		p.etherType = 0x86dd
	default:
		return false
	}
	return true
}

// trim takes off what the link put behind an IP packet: padding, a check
// sequence. b begins with the payload.
func (p *packet) trim(b []byte) {
	total := uint32(0)
	switch {
	case p.etherType == 0x0800 && len(b) >= 4:
		total = uint32(be.Uint16(b[2:]))
	case p.etherType == 0x86dd && len(b) >= 6:
		if n := uint32(be.Uint16(b[4:])); n > 0 {
			total = 40 + n
		}
	}
	if total >= 20 && total < p.wire {
		p.wire = total
	}
}

var le = binary.LittleEndian
