package decoders

import "encoding/binary"

// Linux packet types (if_packet.h), in both cooked headers.
const (
	packetOtherHost = 3
	packetOutgoing  = 4
)

// Linux hardware types (if_arp.h) for which the protocol field of a cooked
// header is no EtherType.
const (
	arphrdFRAD     = 770
	arphrdLoopback = 772
	arphrdGRE      = 778
	arphrdRadiotap = 803
	arphrdNetlink  = 824
)

// Protocol values below the EtherTypes (if_ether.h).
const (
	ethP8023   = 0x0001 // Novell's 802.3 without LLC
	ethP8022   = 0x0004 // 802.2 LLC
	ethPCAN    = 0x000c
	ethPCANXL  = 0x000e
	ethPMaxLow = 0x05ff
)

// sll reads a Linux cooked header, version 1.
func (p *Packet) sll(b []byte, wire uint32) {
	if len(b) < 16 {
		p.fail(TruncatedLink)
		return
	}
	p.cookedSender(b[6:14], be.Uint16(b[4:]))
	p.cooked(be.Uint16(b), be.Uint16(b[2:]), be.Uint16(b[14:]), b[16:], wire-16)
}

// sll2 reads a Linux cooked header, version 2, which adds the interface index.
func (p *Packet) sll2(b []byte, wire uint32) {
	if len(b) < 20 {
		p.fail(TruncatedLink)
		return
	}
	p.Has |= HasLinkIface
	p.LinkIface = be.Uint32(b[4:])
	p.cookedSender(b[12:20], uint16(b[11]))
	p.cooked(uint16(b[10]), be.Uint16(b[8:]), be.Uint16(b), b[20:], wire-20)
}

// cookedSender notes the sender's address, if it is an Ethernet one.
func (p *Packet) cookedSender(addr []byte, length uint16) {
	if length == 6 {
		p.Has |= HasMAC
		p.SrcMAC = [6]byte(addr[:6])
		p.DstMAC = [6]byte{}
	}
}

// cooked decodes what follows either cooked header.
func (p *Packet) cooked(packetType, hardware, proto uint16, b []byte, wire uint32) {
	switch {
	case packetType == packetOutgoing:
		p.Has |= Outgoing
	case packetType < packetOtherHost: // to us, broadcast, multicast
		p.Has |= Incoming
	}
	switch hardware {
	case arphrdLoopback:
		p.loopback()
	case arphrdNetlink:
		p.nonIP()
		return
	case arphrdRadiotap:
		p.radiotap(b, wire)
		return
	case arphrdFRAD:
		p.frameRelay(b, wire)
		return
	case arphrdGRE:
		if proto == 0 {
			p.nonIP()
			return
		}
	}
	switch {
	case proto == ethP8022:
		p.llc(b, wire, 0)
	case proto == ethP8023, proto >= ethPCAN && proto <= ethPCANXL:
		p.nonIP()
	case proto <= ethPMaxLow:
		p.fail(UnknownEtherType)
	default:
		p.etherType(uint32(proto), b, wire)
	}
}

// Attributes of a netfilter log message (nfnetlink_log.h).
const (
	nfulaIfInput  = 4
	nfulaIfOutput = 5
	nfulaHWAddr   = 8
	nfulaPayload  = 9
)

// nflog reads a netfilter log message: family, version, resource id, then
// attributes. Their length and type are in the byte order of the host that
// logged; their values in network order.
func (p *Packet) nflog(b []byte, wire uint32) {
	if len(b) < 4 {
		p.fail(TruncatedLink)
		return
	}
	if b[1] != 0 { // version
		p.fail(BadLink)
		return
	}
	b, wire = b[4:], wire-4
	var order binary.ByteOrder = binary.LittleEndian
	if len(b) >= 4 && b[0] == 0 && b[1] >= 4 && b[2]&0x7f == 0 {
		order = binary.BigEndian
	}
	var in, out bool
	for len(b) >= 4 {
		n, kind := uint32(order.Uint16(b)), order.Uint16(b[2:])&0x7fff
		if n < 4 {
			p.fail(BadLink)
			return
		}
		if kind == nfulaPayload {
			p.hookDirection(in, out)
			b, wire = limit(b, wire, n)
			p.ip(b[4:], wire-4)
			return
		}
		if uint32(len(b)) < n {
			break
		}
		v := b[4:n]
		switch {
		case kind == nfulaIfInput && len(v) >= 4:
			in = true
			p.LinkIface = be.Uint32(v)
			p.Has |= HasLinkIface
		case kind == nfulaIfOutput && len(v) >= 4:
			if !in {
				p.LinkIface = be.Uint32(v)
				p.Has |= HasLinkIface
			}
			out = true
		case kind == nfulaHWAddr && len(v) >= 10:
			p.cookedSender(v[4:], be.Uint16(v))
		}
		n = min((n+3)&^3, uint32(len(b)))
		b, wire = b[n:], wire-n
	}
	if wire < 4 {
		p.nonIP() // a message without a packet
		return
	}
	p.fail(TruncatedLink)
}

// hookDirection: a packet with only an input interface was received, one with
// only an output interface sent, one with both forwarded.
func (p *Packet) hookDirection(in, out bool) {
	switch {
	case in && !out:
		p.Has |= Incoming
	case out && !in:
		p.Has |= Outgoing
	}
}
