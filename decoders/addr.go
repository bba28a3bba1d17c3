package decoders

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Addr is an IP address as two big-endian words, so that it compares, hashes
// and crosses goroutines as a plain value without a pointer (netip.Addr holds
// one). An IPv4 address a.b.c.d is stored as ::ffff:a.b.c.d.
type Addr struct{ Hi, Lo uint64 }

const v4Prefix = 0xffff_0000_0000

// Addr4 makes an Addr from 4 bytes in network order.
func Addr4(b []byte) Addr {
	return Addr{Lo: v4Prefix | uint64(binary.BigEndian.Uint32(b))}
}

// Addr16 makes an Addr from 16 bytes in network order.
func Addr16(b []byte) Addr {
	_ = b[15]
	return Addr{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// AddrFrom converts a netip.Addr; the zone is dropped.
func AddrFrom(a netip.Addr) Addr {
	b := a.As16()
	return Addr16(b[:])
}

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool { return a.Hi == 0 && a.Lo>>32 == 0xffff }

// IsZero reports whether a is the zero value, which stands for "no address".
func (a Addr) IsZero() bool { return a.Hi == 0 && a.Lo == 0 }

// Compare orders addresses by their numeric value.
func (a Addr) Compare(b Addr) int { return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo)) }

// Less is Compare(b) < 0.
func (a Addr) Less(b Addr) bool {
	if a.Hi != b.Hi {
		return a.Hi < b.Hi
	}
	return a.Lo < b.Lo
}

// IsLoopback reports whether a is in 127.0.0.0/8 or is ::1.
func (a Addr) IsLoopback() bool {
	if a.Is4() {
		return byte(a.Lo>>24) == 127
	}
	return a.Hi == 0 && a.Lo == 1
}

// IsMulticast reports whether a is an IPv4 or IPv6 multicast address.
func (a Addr) IsMulticast() bool {
	if a.Is4() {
		return byte(a.Lo>>28)&0xf == 0xe
	}
	return a.Hi>>56 == 0xff
}

// IsBroadcast reports whether a is 255.255.255.255.
func (a Addr) IsBroadcast() bool { return a.Is4() && uint32(a.Lo) == 0xffffffff }

// Netip converts to netip.Addr, IPv4 unmapped.
func (a Addr) Netip() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], a.Hi)
	binary.BigEndian.PutUint64(b[8:], a.Lo)
	return netip.AddrFrom16(b).Unmap()
}

// String is the address alone: 10.0.0.1 or 2001:db8::1 (RFC 5952).
func (a Addr) String() string { return a.Netip().String() }

// HostPort is the form of labels and text: 10.0.0.1:443 or [2001:db8::1]:443.
func (a Addr) HostPort(port uint16) string {
	if a.Is4() {
		return a.String() + ":" + strconv.Itoa(int(port))
	}
	return "[" + a.String() + "]:" + strconv.Itoa(int(port))
}
