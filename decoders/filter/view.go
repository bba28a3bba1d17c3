package filter

import (
	"encoding/binary"

	"pcaptriage/decoders"
)

// Link types (LINKTYPE_) whose packets can be filtered.
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkRaw12    = 12
	linkRaw14    = 14
	linkPPPHDLC  = 50
	linkRaw      = 101
	linkCHDLC    = 104
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
)

// Supports reports whether packets of that link type can be matched.
func Supports(linkType uint16) bool {
	switch linkType {
	case linkNull, linkEthernet, linkPPP, linkRaw12, linkRaw14, linkPPPHDLC, linkRaw, linkCHDLC, linkLoop, linkSLL, linkIPv4, linkIPv6, linkSLL2:
		return true
	}
	return false
}

// EtherTypes.
const (
	etIPv4 = 0x0800
	etARP  = 0x0806
	etRARP = 0x8035
	etIPv6 = 0x86dd
)

// view is one packet under a filter. cut becomes true when a load goes beyond
// what was captured; the packet is then rejected, whatever the rest says.
type view struct {
	data    []byte
	wireLen uint32
	link    uint16
	proto   uint32 // EtherType at tag depth 0; 0xffffffff when the link has none
	l3      int    // offset of the network header at tag depth 0
	cut     bool
	noLink  bool // the link header itself was cut: fatal only to those who ask for it
}

// u8, u16 and u32 load in network order at an absolute offset.
func (v *view) u8(at int) uint32 {
	if at < 0 || at >= len(v.data) {
		v.cut = true
		return 0
	}
	return uint32(v.data[at])
}

func (v *view) u16(at int) uint32 {
	if at < 0 || at+2 > len(v.data) {
		v.cut = true
		return 0
	}
	return uint32(binary.BigEndian.Uint16(v.data[at:]))
}

func (v *view) u32(at int) uint32 {
	if at < 0 || at+4 > len(v.data) {
		v.cut = true
		return 0
	}
	return binary.BigEndian.Uint32(v.data[at:])
}

func (v *view) addr16(at int) decoders.Addr {
	if at < 0 || at+16 > len(v.data) {
		v.cut = true
		return decoders.Addr{}
	}
	return decoders.Addr16(v.data[at:])
}

// set looks at the link header.
func (v *view) set(link uint16, data []byte, wireLen uint32) {
	*v = view{data: data, wireLen: wireLen, link: link, proto: 0xffffffff}
	switch link {
	case linkEthernet:
		v.l3 = 14
		v.proto = v.u16(12)
	case linkSLL:
		v.l3 = 16
		v.proto = v.u16(14)
	case linkSLL2:
		v.l3 = 20
		v.proto = v.u16(0)
	case linkCHDLC:
		v.l3 = 4
		v.proto = v.u16(2)
	case linkNull, linkLoop:
		v.l3 = 4
		v.proto = familyProto(v.u32(0))
	case linkPPP, linkPPPHDLC:
		v.l3 = 4
		v.proto = pppProto(v.u16(2))
	case linkIPv4:
		v.proto = etIPv4
	case linkIPv6:
		v.proto = etIPv6
	default: // raw IP: the version says which
		switch v.u8(0) >> 4 {
		case 4:
			v.proto = etIPv4
		case 6:
			v.proto = etIPv6
		}
	}
	v.noLink, v.cut = v.cut, false
}

// familyProto maps an address family, in either byte order, to an EtherType.
// libpcap knows only the local system's numbers; a capture may come from any.
func familyProto(f uint32) uint32 {
	if f > 0xffff {
		f = f>>24 | f>>8&0xff00
	}
	switch f {
	case 2:
		return etIPv4
	case 10, 23, 24, 26, 28, 30:
		return etIPv6
	}
	return 0xffffffff
}

func pppProto(p uint32) uint32 {
	switch p {
	case 0x21:
		return etIPv4
	case 0x57:
		return etIPv6
	}
	return 0xffffffff
}

// etherType is the protocol behind depth VLAN tags.
func (v *view) etherType(depth int) uint32 {
	if depth == 0 {
		v.cut = v.cut || v.noLink
		return v.proto
	}
	if v.link != linkEthernet && v.link != linkSLL {
		return 0xffffffff
	}
	return v.u16(v.l3 - 2 + 4*depth)
}

// net is the offset of the network header behind depth VLAN tags.
func (v *view) net(depth int) int { return v.l3 + 4*depth }
