package linkscore

import "encoding/binary"

var be = binary.BigEndian

// maxTrailer is how many bytes a link may have behind an IP packet: Ethernet
// pads to 60 bytes and may be captured with its frame check sequence.
const maxTrailer = 64

// ip reads an IP packet of either version.
func ip(f frame) reading {
	switch {
	case len(f.b) == 0:
		return f.short(20)
	case f.b[0]>>4 == 4:
		return ipv4(f)
	case f.b[0]>>4 == 6:
		return ipv6(f)
	}
	return reading{}
}

// ipv4 checks an IPv4 header (RFC 791 3.1). A right checksum is certainty; so is
// a total length that is exactly what the link carried, since cards that
// compute checksums leave the field wrong in captures of the sender.
func ipv4(f frame) reading {
	b := f.b
	if len(b) > 0 && (b[0]>>4 != 4 || b[0]&15 < 5) {
		return reading{}
	}
	if len(b) < 20 {
		return f.short(20)
	}
	hdr, total := int(b[0]&15)*4, uint32(be.Uint16(b[2:]))
	if total != 0 && total < uint32(hdr) {
		return reading{}
	}
	r := reading{what: foundIPv4}
	switch {
	case len(b) >= hdr && checksum(b[:hdr]) == 0xffff, total == f.wire:
		r.fit = certain
	case total != 0 && total < f.wire && f.wire-total <= maxTrailer:
		r.fit = plausible
	default:
		return reading{}
	}
	return r
}

// checksum is the ones' complement sum of b (RFC 1071), 0xffff when b holds a
// header with its checksum right. b has an even length.
func checksum(b []byte) uint32 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(be.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return sum
}

// ipv6 checks an IPv6 header (RFC 8200 3), which has no checksum: the payload
// length, the next header and the source address have to make sense together.
func ipv6(f frame) reading {
	b := f.b
	if len(b) > 0 && b[0]>>4 != 6 {
		return reading{}
	}
	if len(b) < 40 {
		return f.short(40)
	}
	if !knownNext(b[6]) || b[8] == 0xff { // a source address is no group
		return reading{}
	}
	r := reading{what: foundIPv6}
	switch total := 40 + uint32(be.Uint16(b[4:])); {
	case total <= f.wire && f.wire-total <= maxTrailer:
		r.fit = certain
	case total == 40, total > f.wire: // left to the card; or the record's own length is not to be trusted
		r.fit = plausible
	default:
		return reading{}
	}
	return r
}

// knownNext lists the next headers that IPv6 packets of real captures have.
func knownNext(n byte) bool {
	switch n {
	case 0, 4, 6, 17, 33, 41, 43, 44, 46, 47, 50, 51, 58, 59, 60, 88, 89, 94, 97, 103, 112, 115, 132, 135, 136, 137, 139, 140, 143:
		return true
	}
	return false
}

// arp checks an ARP packet for IPv4 (RFC 826).
func arp(f frame) reading {
	b := f.b
	if len(b) < 8 {
		return f.short(8)
	}
	op := be.Uint16(b[6:])
	if be.Uint16(b[2:]) != 0x0800 || b[5] != 4 || op == 0 || op > 25 {
		return reading{}
	}
	if f.wire < 8+2*(uint32(b[4])+4) {
		return reading{}
	}
	return reading{fit: certain, what: foundARP}
}
