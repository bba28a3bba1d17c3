package linkscore

import "encoding/binary"

// cookedType is the largest packet type of a Linux cooked header
// (if_packet.h: loopback, user and kernel space).
const cookedType = 7

// sll reads a Linux cooked header, version 1.
func (s *Scorer) sll(f frame) reading {
	const size = 16
	if len(f.b) < size {
		return f.short(size)
	}
	b := f.b
	if be.Uint16(b) > cookedType || be.Uint16(b[4:]) > 8 {
		return reading{}
	}
	return s.cooked(be.Uint16(b[2:]), uint32(be.Uint16(b[14:])), f.from(size)).moved(size)
}

// sll2 reads a Linux cooked header, version 2.
func (s *Scorer) sll2(f frame) reading {
	const size = 20
	if len(f.b) < size {
		return f.short(size)
	}
	b := f.b
	if be.Uint16(b[2:]) != 0 || b[10] > cookedType || b[11] > 8 {
		return reading{}
	}
	return s.cooked(be.Uint16(b[8:]), uint32(be.Uint16(b)), f.from(size)).moved(size)
}

// cooked reads what follows either header.
func (s *Scorer) cooked(hardware uint16, proto uint32, f frame) reading {
	switch {
	case hardware == 824: // netlink: the protocol is a netlink family
		return reading{fit: plausible, what: 0x50000 | proto}
	case hardware == 280: // CAN
		return reading{fit: plausible, what: 0x60000 | proto}
	case proto == 4:
		return s.llc(f)
	case proto == 1: // Novell's 802.3 without LLC
		if len(f.b) >= 2 && be.Uint16(f.b) == 0xffff {
			return reading{fit: plausible, what: 0x40000}
		}
		return reading{}
	}
	return s.etherType(proto, f)
}

// nflog reads a netfilter log message: family, version, resource, attributes
// that lead to the packet (nfnetlink_log.h).
func nflog(f frame) reading {
	const payload = 9
	if len(f.b) < 8 {
		return f.short(8)
	}
	v := familyOf(uint32(f.b[0]))
	if f.b[1] != 0 || (v == 0 && f.b[0] != 7) { // 7: bridge
		return reading{}
	}
	at := 4
	var order binary.ByteOrder = binary.LittleEndian
	if f.b[at] == 0 && f.b[at+1] >= 4 {
		order = be
	}
	for len(f.b) >= at+4 {
		n, kind := int(order.Uint16(f.b[at:])), order.Uint16(f.b[at+2:])&0x7fff
		if n < 4 || kind > 64 || uint32(at+n) > f.wire {
			return reading{}
		}
		if kind == payload {
			in := frame{f.b[at+4 : min(len(f.b), at+n)], uint32(n - 4)}
			if v == 0 {
				return ip(in).moved(at + 4)
			}
			return familyIP(v, in).moved(at + 4)
		}
		at += (n + 3) &^ 3
	}
	if uint32(at) < f.wire {
		return reading{fit: silent}
	}
	return reading{}
}
