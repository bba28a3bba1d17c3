package decoders

// icmp reads an ICMP message (RFC 792, RFC 4443) and the packet that an error
// quotes.
func (p *Packet) icmp(b []byte, wire uint32) {
	if len(b) < 8 {
		p.cut(b, wire, 8)
		return
	}
	p.Has |= HasICMP
	m := &p.ICMP
	m.Type, m.Code = b[0], b[1]
	m.Checksum = be.Uint16(b[2:])
	m.Rest = be.Uint32(b[4:])
	m.MTU = 0
	switch {
	case p.IPVersion == 4 && m.Type == 3 && m.Code == 4:
		m.MTU = m.Rest & 0xffff // RFC 1191 4
	case p.IPVersion == 6 && m.Type == 2:
		m.MTU = m.Rest // RFC 4443 3.2
	}
	if p.isICMPError() && !p.state.quoting && p.Has&IsFragment == 0 {
		p.quote(m.quoted(b[8:], p.IPVersion))
	}
}

// isICMPError reports whether the message quotes the packet that caused it.
func (p *Packet) isICMPError() bool {
	if p.IPVersion == 6 {
		return p.ICMP.Type >= 1 && p.ICMP.Type <= 4
	}
	switch p.ICMP.Type {
	case 3, 4, 5, 11, 12:
		return true
	}
	return false
}

// quoted cuts off the extension structure behind the quoted packet, when the
// message says that it has one (RFC 4884 4).
func (m *ICMP) quoted(b []byte, version uint8) []byte {
	n := int(m.Rest>>16&0xff) * 4
	if version == 6 {
		n = int(m.Rest>>24) * 8
		if m.Type != 1 && m.Type != 3 {
			n = 0
		}
	} else if m.Type == 4 || m.Type == 5 {
		n = 0
	}
	if n >= 20 && n < len(b) {
		b = b[:n]
	}
	return b
}

// quote reads the quoted packet b as any packet is read, tunnels included,
// into a second Packet, and keeps what ICMP.Quote has fields for. Quotes end
// early by design: what is cut is not an error.
func (p *Packet) quote(b []byte) {
	var q Packet
	q.Has = SnapCut // lengths are the original packet's
	q.state.quoting = true
	q.ip(b, max(uint32(len(b)), statedLen(b)))
	if q.Has&HasIP == 0 {
		return
	}
	p.Has |= HasQuote
	t := &p.ICMP.Quote
	*t = Quote{
		Src: q.Src, Dst: q.Dst, OuterSrc: q.Src, OuterDst: q.Dst,
		IPLen: q.IPLen, IPID: q.IPID, Proto: q.Proto, IPVersion: q.IPVersion, TTL: q.TTL,
		DF: q.DF, Domain: q.Domain,
		Fragment: q.Has&IsFragment != 0 && q.FragOff != 0,
	}
	if statedLen(q.IPHdr) == 0 {
		t.IPLen = 0 // the header states none; do not pass the quote's length off as the packet's
	}
	if q.NTunnel > 0 {
		t.Tunnel = true
		t.OuterSrc, t.OuterDst = q.TunnelHops[0].Src, q.TunnelHops[0].Dst
	}
	if q.Has&HasPorts == 0 {
		return
	}
	t.HasPorts = true
	t.SrcPort, t.DstPort = q.SrcPort, q.DstPort
	l4 := q.L4
	switch {
	case q.Proto == ProtoTCP && len(l4) >= 8:
		t.HasSeq = true
		t.Seq = be.Uint32(l4[4:])
		if len(l4) >= 14 {
			t.HasAck = true
			t.Ack = be.Uint32(l4[8:])
			t.Flags = l4[13]
			t.PayloadOff = uint32(len(q.IPHdr)-len(l4)) + uint32(l4[12]>>4)*4
		}
	case q.Proto == ProtoSCTP && len(l4) >= 8:
		t.HasSeq = true
		t.VTag = be.Uint32(l4[4:])
	}
}

// statedLen is the total length that the IP header at b states, 0 when it
// cannot be read.
func statedLen(b []byte) uint32 {
	switch {
	case len(b) >= 4 && b[0]>>4 == 4:
		return uint32(be.Uint16(b[2:]))
	case len(b) >= 6 && b[0]>>4 == 6:
		return 40 + uint32(be.Uint16(b[4:]))
	}
	return 0
}

// Key returns the key of the flow that the quoted packet belongs to, and that
// packet's direction in it.
func (q *Quote) Key() (FlowKey, uint8) {
	var sp, dp uint16
	if q.HasPorts {
		sp, dp = q.SrcPort, q.DstPort
	}
	return MakeKey(q.Src, q.Dst, sp, dp, q.Proto, q.IPVersion, q.Domain)
}
