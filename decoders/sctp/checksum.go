package sctp

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) // read-only

// Checksum computes the CRC32c of a whole packet, common header first, taking
// the checksum field as zero (RFC 9260 6.8), in the form that the field read as
// a big-endian number has. b must hold at least the common header.
func Checksum(b []byte) uint32 {
	c := ^crc32.Update(0, castagnoli, b[:8])
	for range 4 { // four zero octets
		c = castagnoli[byte(c)] ^ c>>8
	}
	c = ^c
	c = crc32.Update(c, castagnoli, b[HeaderLen:])
	// RFC 9260 appendix A: the result is transmitted with its octets reversed.
	var f [4]byte
	binary.LittleEndian.PutUint32(f[:], c)
	return binary.BigEndian.Uint32(f[:])
}

// Header is the common header (RFC 9260 3.1).
type Header struct {
	SrcPort, DstPort uint16
	VTag             uint32
	Checksum         uint32
}

// ReadHeader reads the common header; chunks is what follows.
func ReadHeader(b []byte) (h Header, chunks []byte, err error) {
	if len(b) < HeaderLen {
		return h, nil, ErrCut
	}
	h.SrcPort, h.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	h.VTag, h.Checksum = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	return h, b[HeaderLen:], nil
}

// InUDP reports whether the payload of a UDP datagram is an SCTP packet
// (RFC 6951): ports that are not 0, and either the right checksum or nothing
// but whole chunks of assigned types. wire is the payload's length on the wire.
// The caller looks at port 9899 only.
func InUDP(b []byte, wire int) bool {
	h, chunks, err := ReadHeader(b)
	if err != nil || h.SrcPort == 0 || h.DstPort == 0 || len(chunks) < 4 {
		return false
	}
	if len(b) == wire && Checksum(b) == h.Checksum {
		return true
	}
	w := NewWalk(chunks, wire-HeaderLen)
	for w.Next() {
		if !w.C.Type.known() {
			return false
		}
	}
	return w.Err() != ErrMalformed
}
