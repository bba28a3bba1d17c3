package decoders

// ethernet reads an Ethernet frame from the destination address on.
func (p *Packet) ethernet(b []byte, wire uint32) {
	if len(b) < 14 {
		p.fail(TruncatedLink)
		return
	}
	if isISL(b) {
		p.isl(b, wire)
		return
	}
	p.mac(b)
	p.etherType(uint32(be.Uint16(b[12:])), b[14:], wire-14)
}

// mac notes the addresses of the outermost frame: destination, then source.
func (p *Packet) mac(b []byte) {
	if p.Has&HasMAC != 0 {
		return
	}
	p.Has |= HasMAC
	p.DstMAC = [6]byte(b[0:6])
	p.SrcMAC = [6]byte(b[6:12])
}

// isISL recognises Cisco's inter-switch link by its destination address, its
// length field and the SNAP header that it always has.
func isISL(b []byte) bool {
	return (b[0] == 0x01 || b[0] == 0x03) && b[1] == 0x00 && b[2] == 0x0c && b[3] == 0 && b[4] == 0 &&
		b[12]&0x80 == 0 && len(b) >= 17 && b[14] == 0xaa && b[15] == 0xaa && b[16] == 0x03
}

// isl passes over the 26-byte header of an inter-switch link frame, whose
// addresses are the switches' own: the frame inside has those that count.
func (p *Packet) isl(b []byte, wire uint32) {
	if !p.nested() {
		return
	}
	if len(b) < 26 {
		p.fail(TruncatedLink)
		return
	}
	if p.NVLAN < MaxVLAN {
		p.VLANs[p.NVLAN] = be.Uint16(b[20:]) >> 1 & 0x0fff
		p.NVLAN++
		p.Has |= HasVLAN
	}
	p.ethernet(b[26:], wire-26)
}

// llc reads an IEEE 802.2 header. bridgePad is the number of padding bytes
// before a bridged Ethernet frame: 2 over ATM (RFC 2684 5.2), else 0.
func (p *Packet) llc(b []byte, wire, bridgePad uint32) {
	const ui = 0x03
	if len(b) < 3 {
		p.fail(TruncatedLink)
		return
	}
	switch {
	case b[0] == 0xaa && b[1]&0xfe == 0xaa && b[2] == ui:
		p.snap(b[3:], wire-3, bridgePad)
	case b[0] == 0x06 && b[1]&0xfe == 0x06 && b[2] == ui: // IP's own service access point
		p.ip(b[3:], wire-3)
	case b[0] == 0xfe && b[1] == 0xfe && b[2] == ui && bridgePad != 0 && len(b) > 3:
		p.nlpid(b[3:], wire-3, bridgePad) // routed ISO formats over ATM (RFC 2684 5.1)
	default:
		p.nonIP()
	}
}

// snap reads a SNAP header: organisation and protocol (IEEE 802 10.5).
func (p *Packet) snap(b []byte, wire, bridgePad uint32) {
	if len(b) < 5 {
		p.fail(TruncatedLink)
		return
	}
	oui, pid := be.Uint32(b)>>8, uint32(be.Uint16(b[3:]))
	b, wire = b[5:], wire-5
	switch oui {
	case 0x000000, 0x0000f8: // RFC 1042; Cisco's and 802.1H's bridge tunnel
		if pid < etherMin {
			p.fail(UnknownEtherType)
			return
		}
		p.etherType(pid, b, wire)
	case 0x0080c2: // bridged frames
		if pid == 0x0001 || pid == 0x0007 {
			p.skipToEthernet(b, wire, bridgePad)
			return
		}
		p.nonIP()
	default:
		p.nonIP()
	}
}

// nlpid reads a payload by its network layer protocol id (RFC 2427, ISO 9577).
func (p *Packet) nlpid(b []byte, wire, bridgePad uint32) {
	if len(b) < 1 {
		p.fail(TruncatedLink)
		return
	}
	id := b[0]
	b, wire = b[1:], wire-1
	switch id {
	case 0xcc, 0x8e:
		p.ip(b, wire)
	case 0xcf:
		p.ppp(b, wire)
	case 0x80:
		p.snap(b, wire, bridgePad)
	default:
		p.nonIP()
	}
}
