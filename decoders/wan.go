package decoders

import (
	"encoding/binary"

	"pcaptriage/decoders/link"
)

// withDirection reads the one-byte direction that three link types put before
// the frame: 0 received, else sent.
func (p *Packet) withDirection(t uint16, b []byte, wire uint32) {
	if len(b) < 1 {
		p.fail(TruncatedLink)
		return
	}
	if b[0] == 0 {
		p.Has |= Incoming
	} else {
		p.Has |= Outgoing
	}
	b, wire = b[1:], wire-1
	switch t {
	case link.PPPWithDir:
		p.ppp(b, wire)
	case link.CHDLCWithDir:
		p.chdlc(b, wire)
	case link.FRelayWithDir:
		p.frameRelay(b, wire)
	}
}

// pppd reads PPP whose address byte holds the direction: 0 received, 1 sent.
func (p *Packet) pppd(b []byte, wire uint32) {
	if len(b) < 2 {
		p.fail(TruncatedLink)
		return
	}
	switch b[0] {
	case 0:
		p.Has |= Incoming
	case 1:
		p.Has |= Outgoing
	}
	p.ppp(b[2:], wire-2)
}

// frameRelay reads a Q.922 address of two to four bytes and either the
// multiprotocol encapsulation of RFC 2427 or Cisco's, which is an EtherType.
func (p *Packet) frameRelay(b []byte, wire uint32) {
	const ui = 0x03
	n := uint32(0)
	for {
		if uint32(len(b)) <= n {
			p.fail(TruncatedLink)
			return
		}
		n++
		if b[n-1]&1 != 0 { // extended address: last byte
			break
		}
		if n == 4 {
			p.fail(BadLink)
			return
		}
	}
	if n < 2 {
		p.fail(BadLink)
		return
	}
	b, wire = b[n:], wire-n
	if len(b) < 2 {
		p.fail(TruncatedLink)
		return
	}
	if b[0] != ui {
		if t := uint32(be.Uint16(b)); t >= etherMin {
			p.etherType(t, b[2:], wire-2)
		} else {
			p.nonIP() // LAPF: other frames of HDLC
		}
		return
	}
	b, wire = b[1:], wire-1
	if b[0] == 0 { // padding to an even length
		b, wire = b[1:], wire-1
	}
	p.nlpid(b, wire, 0)
}

// slip reads the 16-byte header that BPF puts before SLIP packets.
func (p *Packet) slip(b []byte, wire uint32) {
	if len(b) < 16 {
		p.fail(TruncatedLink)
		return
	}
	switch b[0] {
	case 0:
		p.Has |= Incoming
	case 1:
		p.Has |= Outgoing
	}
	p.ip(b[16:], wire-16)
}

// atmCLIP reads Linux' classical IP over ATM: LLC/SNAP or bare IP, as the
// virtual circuit was set up.
func (p *Packet) atmCLIP(b []byte, wire uint32) {
	if len(b) >= 6 && b[0] == 0xaa && b[1] == 0xaa && b[2] == 0x03 {
		p.llc(b, wire, 2)
		return
	}
	p.ip(b, wire)
}

// sunATM reads SunATM's 4-byte header: flags with the traffic type, VPI, VCI.
func (p *Packet) sunATM(b []byte, wire uint32) {
	const fromHost, lane, llc = 0x80, 1, 2
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	if b[0]&fromHost != 0 {
		p.Has |= Outgoing
	} else {
		p.Has |= Incoming
	}
	kind := b[0] & 0x0f
	b, wire = b[4:], wire-4
	switch kind {
	case lane: // LE client id, then the frame
		p.skipToEthernet(b, wire, 2)
	case llc:
		p.llc(b, wire, 2)
	default: // signalling
		p.nonIP()
	}
}

// juniper reads the header that JunOS puts before captured frames: magic
// number, flags, and optionally extension TLVs.
func (p *Packet) juniper(t uint16, b []byte, wire uint32) {
	const extensions, noL2, incoming = 0x80, 0x02, 0x01
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	if b[0] != 0x4d || b[1] != 0x47 || b[2] != 0x43 {
		p.fail(BadLink)
		return
	}
	flags, n := b[3], uint32(4)
	if flags&extensions != 0 {
		if len(b) < 6 {
			p.fail(TruncatedLink)
			return
		}
		n = 6 + uint32(be.Uint16(b[4:]))
	}
	if flags&incoming != 0 {
		p.Has |= Incoming
	} else {
		p.Has |= Outgoing
	}
	b, wire, ok := p.skip(b, wire, n)
	switch {
	case !ok:
	case flags&noL2 != 0: // address family, then the packet
		if b, wire, ok := p.skip(b, wire, 4); ok {
			p.ip(b, wire)
		}
	case t == link.JuniperEther:
		p.ethernet(b, wire)
	case t == link.JuniperPPP:
		p.ppp(b, wire)
	case t == link.JuniperCHDLC:
		p.chdlc(b, wire)
	case t == link.JuniperFRelay:
		p.frameRelay(b, wire)
	}
}

// docsis reads a DOCSIS MAC header (CM-SP-MULPI 6.2): frame control, MAC
// parameter, length, optional extended header, header check, then an Ethernet
// frame in packet data units.
func (p *Packet) docsis(b []byte, wire uint32) {
	if len(b) < 6 {
		p.fail(TruncatedLink)
		return
	}
	if b[0]>>6 != 0 { // ATM cells, isolation, MAC management
		p.nonIP()
		return
	}
	n := uint32(6)
	if b[0]&1 != 0 { // the parameter is the extended header's length
		n += uint32(b[1])
	}
	p.skipToEthernet(b, wire, n)
}

// erf reads an Endace record header of 16 bytes and its extension headers.
func (p *Packet) erf(b []byte, wire uint32) {
	if len(b) < 16 {
		p.fail(TruncatedLink)
		return
	}
	kind, more := b[8]&0x7f, b[8]&0x80 != 0
	n := uint32(16)
	for more {
		if uint32(len(b)) < n+8 {
			p.fail(TruncatedLink)
			return
		}
		more = b[n]&0x80 != 0
		n += 8
	}
	b, wire = b[n:], wire-n
	switch kind {
	case 2, 11, 16, 20: // Ethernet, behind 2 bytes of offset and padding
		p.skipToEthernet(b, wire, 2)
	case 1, 10, 15, 17: // HDLC
		p.ppp(b, wire)
	case 22, 23:
		p.ip(b, wire)
	default:
		p.nonIP()
	}
}

// mtp2 passes over the header of an MTP2 signal unit (Q.703 2.2): 3 bytes, or
// with the longer sequence numbers of annex A 6. The length indicator in its
// end counts what follows; its largest value stands for that and more.
func (p *Packet) mtp2(b []byte, wire uint32, annexA bool) {
	n, largest := uint32(3), uint32(63)
	if annexA {
		n, largest = 6, 0x1ff
	}
	if uint32(len(b)) < n {
		p.fail(TruncatedLink)
		return
	}
	length := uint32(b[2]) & largest
	if annexA {
		length = uint32(binary.LittleEndian.Uint16(b[4:])) & largest
	}
	b, wire = b[n:], wire-n
	if length < largest {
		b, wire = limit(b, wire, length)
	}
	p.nonIPPayload(b, wire)
}

// mtp2Header reads the 4-byte pseudo-header before an MTP2 signal unit: sent,
// annex A in use, link number.
func (p *Packet) mtp2Header(b []byte, wire uint32) {
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	if b[0] == 0 {
		p.Has |= Incoming
	} else {
		p.Has |= Outgoing
	}
	p.mtp2(b[4:], wire-4, b[1] == 1)
}
