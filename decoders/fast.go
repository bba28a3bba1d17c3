package decoders

// ethernetTCP decodes the packet that most captures consist of: Ethernet
// without tags, IPv4 without options and not a fragment, TCP whose header was
// captured whole. It reports false, with p as it was, for everything else; what
// it accepts it decodes exactly as decode does, only in one straight line.
func (p *Packet) ethernetTCP(data []byte, wireLen uint32) bool {
	if len(data) < 54 || uint64(wireLen) < uint64(len(data)) {
		return false
	}
	b := data[14:]
	total := uint32(be.Uint16(b[2:]))
	if be.Uint16(data[12:]) != etherIPv4 || b[0] != 0x45 || b[9] != ProtoTCP ||
		b[6]&0x3f|b[7] != 0 || total < 40 || total > wireLen-14 {
		return false
	}
	if uint32(len(b)) > total {
		b = b[:total]
	}
	tcp := b[20:]
	hdr := uint32(tcp[12]>>4) * 4
	if hdr < 20 || hdr > uint32(len(tcp)) {
		return false
	}

	has := p.Has&HasTime | HasMAC | HasIP | HasPorts | HasTCP | HasPayload
	if uint32(len(data)) < wireLen {
		has |= SnapCut
	}
	if b[12] == 127 || b[16] == 127 {
		has |= Loopback
	}
	p.Has = has
	p.Fail = Decoded
	p.LinkType, p.WireLen, p.Data = 1, wireLen, data
	p.DstMAC = [6]byte(data[0:6])
	p.SrcMAC = [6]byte(data[6:12])
	p.NVLAN, p.NTunnel, p.TunnelID, p.Domain = 0, 0, 0, 0
	p.state = decodeState{}

	p.Src = Addr{Lo: v4Prefix | uint64(be.Uint32(b[12:]))}
	p.Dst = Addr{Lo: v4Prefix | uint64(be.Uint32(b[16:]))}
	p.IPVersion = 4
	p.Proto = ProtoTCP
	p.TTL = b[8]
	p.TOS = b[1]
	p.DF = b[6]&0x40 != 0
	p.MF = false
	p.IPID = uint32(be.Uint16(b[4:]))
	p.FragOff = 0
	p.IPLen = total
	p.IPHdr = b
	p.L4 = tcp

	p.SrcPort = be.Uint16(tcp)
	p.DstPort = be.Uint16(tcp[2:])
	p.TCP.fixed(tcp, uint8(hdr))
	if hdr == 20 {
		p.TCP.Opt.Has = 0
	} else {
		p.TCP.Opt.decode(tcp[20:hdr], false)
	}
	p.Payload = tcp[hdr:]
	p.PayloadLen = total - 20 - hdr
	return true
}
