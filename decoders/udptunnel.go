package decoders

// UDP ports of tunnels (IANA; 8472 is what Linux used for VXLAN before 4789
// was assigned, and what flannel still uses).
const (
	portL2TP     = 1701
	portGTPU     = 2152
	portTeredo   = 3544
	portVXLAN    = 4789
	portVXLANGPE = 4790
	portAYIYA    = 5072
	portGeneve   = 6081
	portMPLS     = 6635
	portVXLANOld = 8472
)

// tunnelPort reports whether a UDP port suggests a tunnel. Peek leaves such
// packets to Decode.
func tunnelPort(port uint16) bool {
	switch port {
	case portL2TP, portGTPU, portTeredo, portVXLAN, portVXLANGPE, portAYIYA, portGeneve, portMPLS, portVXLANOld:
		return true
	}
	return false
}

// udpTunnel tries the tunnels that the two ports suggest. A port is only a
// hint: unless header and inside fit, p stays the UDP packet that it is.
func (p *Packet) udpTunnel(b []byte, wire uint32) {
	dst, src := p.DstPort, p.SrcPort
	if p.udpTunnelOn(dst, b, wire) || src == dst {
		return
	}
	p.udpTunnelOn(src, b, wire)
}

func (p *Packet) udpTunnelOn(port uint16, b []byte, wire uint32) bool {
	switch port {
	case portVXLAN, portVXLANOld:
		return p.vxlan(b, wire)
	case portVXLANGPE:
		return p.vxlanGPE(b, wire)
	case portGeneve:
		return p.geneve(b, wire)
	case portGTPU:
		return p.gtpu(b, wire)
	case portTeredo:
		return p.teredo(b, wire)
	case portL2TP:
		return p.l2tpUDP(b, wire)
	case portMPLS:
		return p.enterGuess(TunnelUDP, 0, etherMPLS, b, wire)
	case portAYIYA:
		return p.ayiya(b, wire)
	}
	return false
}

// vxlan reads a VXLAN header (RFC 7348 5). The group policy bit (0x80) is in
// use; the other reserved bits are ignored on receipt.
func (p *Packet) vxlan(b []byte, wire uint32) bool {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return false
	}
	return p.enterGuess(TunnelVXLAN, be.Uint32(b[4:])>>8, etherTEB, b[8:], wire-8)
}

// vxlanGPE reads a VXLAN-GPE header (draft-ietf-nvo3-vxlan-gpe 3), which names
// its payload; senders are known that forget the bit which says so.
func (p *Packet) vxlanGPE(b []byte, wire uint32) bool {
	if len(b) < 8 || b[0]&0x38 != 0x08 { // version 0, VNI valid
		return false
	}
	var payload uint32
	switch b[3] {
	case 1:
		payload = etherIPv4
	case 2:
		payload = etherIPv6
	case 0, 3:
		payload = etherTEB
	case 4:
		payload = etherNSH
	case 5:
		payload = etherMPLS
	default:
		return false
	}
	return p.enterGuess(TunnelVXLAN, be.Uint32(b[4:])>>8, payload, b[8:], wire-8)
}

// geneve reads a Geneve header (RFC 8926 3.4).
func (p *Packet) geneve(b []byte, wire uint32) bool {
	if len(b) < 8 || b[0]>>6 != 0 {
		return false
	}
	n := 8 + uint32(b[0]&0x3f)*4
	if uint32(len(b)) < n {
		return false
	}
	return p.enterGuess(TunnelGeneve, be.Uint32(b[4:])>>8, uint32(be.Uint16(b[2:])), b[n:], wire-n)
}

// gtpu reads a GTPv1-U header (3GPP TS 29.281 5.1) of a G-PDU.
func (p *Packet) gtpu(b []byte, wire uint32) bool {
	const gPDU = 255
	if len(b) < 8 || b[0]>>4 != 3 || b[1] != gPDU { // version 1, protocol type GTP
		return false
	}
	teid := be.Uint32(b[4:])
	flags := b[0]
	b, wire = limit(b[8:], wire-8, uint32(be.Uint16(b[2:])))
	if flags&0x07 != 0 { // sequence number, N-PDU number, next extension header
		if len(b) < 4 {
			return false
		}
		next := b[3]
		b, wire = b[4:], wire-4
		if flags&0x04 == 0 {
			next = 0
		}
		for next != 0 {
			if len(b) < 1 {
				return false
			}
			n := uint32(b[0]) * 4
			if n == 0 || uint32(len(b)) < n {
				return false
			}
			next = b[n-1]
			b, wire = b[n:], wire-n
		}
	}
	return p.enterGuess(TunnelGTPU, teid, payloadIP, b, wire)
}

// teredo reads the optional authentication and origin indications and the IPv6
// packet behind them (RFC 4380 5.1.1).
func (p *Packet) teredo(b []byte, wire uint32) bool {
	if len(b) >= 4 && b[0] == 0 && b[1] == 1 {
		n := 13 + uint32(b[2]) + uint32(b[3]) // ids, nonce, confirmation
		if uint32(len(b)) < n {
			return false
		}
		b, wire = b[n:], wire-n
	}
	if len(b) >= 8 && b[0] == 0 && b[1] == 0 {
		b, wire = b[8:], wire-8
	}
	return p.enterGuess(TunnelTeredo, 0, etherIPv6, b, wire)
}

// ayiya reads an AYIYA header (draft-massar-v6ops-ayiya 3).
func (p *Packet) ayiya(b []byte, wire uint32) bool {
	if len(b) < 8 || b[2]&0x0f != 1 { // opcode: forward
		return false
	}
	n := 8 + uint32(1)<<(b[0]>>4) + uint32(b[1]>>4)*4
	if uint32(len(b)) < n {
		return false
	}
	switch b[3] {
	case ProtoIPv4:
		return p.enterGuess(TunnelUDP, 0, etherIPv4, b[n:], wire-n)
	case ProtoIPv6:
		return p.enterGuess(TunnelUDP, 0, etherIPv6, b[n:], wire-n)
	}
	return false
}
