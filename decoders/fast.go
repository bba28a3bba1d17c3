package decoders

import "pcaptriage/decoders/link"

// Decode reads one captured record of the given link type (LINKTYPE_ value,
// upper bits of the file's field removed) down to the innermost IP packet.
// wireLen is the record's length on the wire in bytes.
//
// Of p it keeps what the caller has set before: File, Frame, Time, Clock,
// Epoch, Iface, and HasTime in p.Has. p.Data and the other slices borrow data.
// It allocates nothing and accepts any bytes; what it could not read is in
// p.Fail, and p.Has says what is valid all the same.
//
// The packet that most captures consist of is decoded right here, in one
// straight line: Ethernet without tags, IPv4 without options and not a
// fragment, TCP whose header was captured whole. Of such a packet p is exactly
// what decode would make of it. Everything else goes to decode.
func (p *Packet) Decode(linkType uint16, data []byte, wireLen uint32) {
	if linkType != link.EN10MB || len(data) < plainTCP || int(wireLen) < len(data) {
		p.decode(linkType, data, wireLen)
		return
	}
	h := (*[plainTCP]byte)(data)
	word := be.Uint64(h[16:]) // total length, identification, flags and offset, TTL, protocol
	total := int(word >> 48)
	end := 14 + total
	hdr := int(h[46]>>4) * 4
	payload := 34 + hdr
	if be.Uint32(h[12:])&^0xff != etherIPv4<<16|0x45<<8 || word&0x3fff_00ff != ProtoTCP ||
		end > int(wireLen) || hdr < 20 || payload > min(end, len(data)) {
		p.decode(linkType, data, wireLen)
		return
	}

	has := p.Has&HasTime | HasMAC | HasIP | HasPorts | HasTCP | HasPayload
	if len(data) < int(wireLen) {
		has |= SnapCut
	}
	if h[26] == 127 || h[30] == 127 {
		has |= Loopback
	}
	p.Has = has
	p.Fail, p.WireLen = Decoded, wireLen
	p.LinkType, p.NVLAN, p.NTunnel = link.EN10MB, 0, 0
	p.TunnelID, p.Domain = 0, 0
	p.DstMAC = [6]byte(h[0:])
	p.SrcMAC = [6]byte(h[6:])

	p.Src, p.Dst = Addr4(h[26:30]), Addr4(h[30:34])
	p.MF = false
	p.IPVersion, p.Proto, p.FragOff = 4, ProtoTCP, 0
	p.TTL, p.TOS = h[22], h[15]
	p.DF = h[20]&0x40 != 0
	p.IPID = uint32(word >> 32 & 0xffff)
	p.IPLen = uint32(total)

	p.bothPorts(h[34:])
	p.TCP.fixed(h[34:], uint8(hdr))
	opt := &p.TCP.Opt
	if b := data[plainTCP:payload]; timestampsAlone(b) {
		opt.timestamps(b)
	} else if opt.Has = 0; len(b) > 0 {
		opt.others(b)
	}
	// The slices together, for one look at the collector's write barrier.
	p.PayloadLen = uint32(end - payload)
	end = min(end, len(data))
	p.Data, p.IPHdr, p.L4, p.Payload = data, data[14:end], data[34:end], data[payload:end]
}

// plainTCP is the length of Ethernet, IPv4 and TCP headers without tags and
// options.
const plainTCP = 14 + 20 + 20
