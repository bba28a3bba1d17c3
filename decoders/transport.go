package decoders

// udp reads a UDP header (RFC 768) and looks for a tunnel behind it.
func (p *Packet) udp(b []byte, wire uint32) {
	if !p.ports(b, wire) {
		return
	}
	if len(b) < 8 {
		p.cut(b, wire, 8)
		return
	}
	// Bytes of the IP packet behind the UDP datagram are not its payload.
	// Length 0 means: too long for the field (RFC 2675 4).
	if n := uint32(be.Uint16(b[4:])); n != 0 {
		if n < 8 {
			p.fail(BadL4)
			return
		}
		b, wire = limit(b, wire, n)
	}
	p.Has |= HasUDP
	p.payload(b, wire, 8)
	if p.Has&IsFragment == 0 && (tunnelPort(p.DstPort) || tunnelPort(p.SrcPort)) {
		p.udpTunnel(p.Payload, p.PayloadLen)
	}
}

// sctp reads an SCTP common header (RFC 9260 3.1); the payload is the chunks.
func (p *Packet) sctp(b []byte, wire uint32) {
	if !p.ports(b, wire) {
		return
	}
	if len(b) < 12 {
		p.cut(b, wire, 12)
		return
	}
	p.Has |= HasSCTP
	p.SCTP.VTag = be.Uint32(b[4:])
	p.SCTP.Checksum = be.Uint32(b[8:])
	p.payload(b, wire, 12)
}
