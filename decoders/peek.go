package decoders

import (
	"encoding/binary"

	"pcaptriage/decoders/link"
)

// Peek is the dispatcher's look at a record: where it is a TCP segment or a
// plain UDP datagram that a few fixed offsets lead to, it returns the flow hash
// that a full Decode, Key and Hash would give. ok is false for everything else
// (fragments, extension headers, tunnels, other protocols and link types,
// anything odd), which says nothing but: decode it.
func Peek(linkType uint16, data []byte) (hash uint64, ok bool) {
	switch linkType {
	case link.EN10MB:
		if len(data) < 38 {
			return 0, false
		}
		t, at := be.Uint16(data[12:]), 14
		for tags := 0; t == etherVLAN || t == etherQinQ; tags++ {
			if tags == 2 || len(data) < at+24 {
				return 0, false
			}
			t, at = be.Uint16(data[at+2:]), at+4
		}
		switch t {
		case etherIPv4:
			return peekIPv4(data[at:])
		case etherIPv6:
			return peekIPv6(data[at:])
		}
	case link.Raw, link.Raw12, link.Raw14, link.IPv4, link.IPv6:
		return peekIP(data)
	case link.Null, link.Loop:
		if len(data) > 4 && isIPFamily(addressFamily(data)) {
			return peekIP(data[4:])
		}
	case link.LinuxSLL:
		if len(data) < 17 || !plainCooked(be.Uint16(data[2:])) {
			return 0, false
		}
		switch be.Uint16(data[14:]) {
		case etherIPv4:
			return peekIPv4(data[16:])
		case etherIPv6:
			return peekIPv6(data[16:])
		}
	}
	return 0, false
}

// plainCooked reports whether the protocol of a cooked header with this
// hardware type is an EtherType.
func plainCooked(hardware uint16) bool {
	switch hardware {
	case arphrdFRAD, arphrdRadiotap, arphrdNetlink:
		return false
	}
	return true
}

// PlainLen is how much of a record PlainTCP and PlainEnds look at.
const PlainLen = 38

// PlainTCP reports whether an Ethernet record begins as most do, with an IPv4
// header without options, not of a fragment, and TCP in it. Peek takes such a
// record and returns HashIPv4 of its PlainEnds. The three are small enough to be
// inlined, which Peek is not.
func PlainTCP(b *[PlainLen]byte) bool {
	const (
		typeAndVersion = 0x45<<16 | (etherIPv4&0xff)<<8 | etherIPv4>>8 // bytes 12 to 14
		fragAndProto   = ProtoTCP << 24                                // bytes 20 to 23, but for DF and TTL
	)
	return binary.LittleEndian.Uint32(b[12:])&0xffffff == typeAndVersion &&
		binary.LittleEndian.Uint32(b[20:])&0xff00ff3f == fragAndProto && be.Uint16(b[16:]) >= 24
}

// PlainEnds are the endpoints of a record of which PlainTCP holds, for HashIPv4.
func PlainEnds(b *[PlainLen]byte) (addrs uint64, ports uint32) {
	return orderIPv4(be.Uint64(b[26:]), be.Uint32(b[34:]))
}

func peekIP(b []byte) (uint64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	switch b[0] >> 4 {
	case 4:
		return peekIPv4(b)
	case 6:
		return peekIPv6(b)
	}
	return 0, false
}

func peekIPv4(b []byte) (uint64, bool) {
	if len(b) < 24 || b[0] != 0x45 || b[6]&0x3f|b[7] != 0 {
		return 0, false
	}
	if total := be.Uint16(b[2:]); total < 24 {
		return 0, false
	}
	sport, dport := be.Uint16(b[20:]), be.Uint16(b[22:])
	if !peekable(b[9], sport, dport) {
		return 0, false
	}
	return HashIPv4(orderIPv4(be.Uint64(b[12:]), be.Uint32(b[20:]))), true
}

func peekIPv6(b []byte) (uint64, bool) {
	if len(b) < 44 || b[0]>>4 != 6 || be.Uint16(b[4:]) < 4 {
		return 0, false
	}
	sport, dport := be.Uint16(b[40:]), be.Uint16(b[42:])
	if !peekable(b[6], sport, dport) {
		return 0, false
	}
	k, _ := MakeKey(Addr16(b[8:]), Addr16(b[24:]), sport, dport, b[6], 6, 0)
	return k.Hash(), true
}

// peekable reports whether the ports are the flow's, whatever follows: TCP, or
// UDP without a hint of a tunnel.
func peekable(proto uint8, sport, dport uint16) bool {
	return proto == ProtoTCP || proto == ProtoUDP && !tunnelPort(sport) && !tunnelPort(dport)
}
