package main

import (
	"encoding/binary"
	"math/bits"
)

const (
	ethernetLen  = 14
	ipv4Len      = 20
	tcpLen       = 20
	timestampLen = 12 // the timestamp option with its two NOPs
	mss          = 1448
)

const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// endpoint is one side of a connection.
type endpoint struct {
	addr uint32
	port uint16
	mac  [6]byte
	next uint32 // sequence number of its next byte
	ipID uint16
}

// segment is what a frame says, apart from its endpoints.
type segment struct {
	flags       byte
	options     []byte
	payload     []byte
	payloadSum  uint32 // of payload; see sum
	window      uint16
	from, to    *endpoint
	acknowledge uint32
}

// appendFrame appends an Ethernet frame with an IPv4 packet and right checksums.
func appendFrame(b []byte, s *segment) []byte {
	start := len(b)
	b = append(b, s.to.mac[:]...)
	b = append(b, s.from.mac[:]...)
	b = append(b, 0x08, 0x00)

	headers := tcpLen + len(s.options)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(ipv4Len+headers+len(s.payload)))
	b = binary.BigEndian.AppendUint16(b, s.from.ipID)
	b = append(b, 0x40, 0, 64, 6, 0, 0) // don't fragment; TTL; TCP; the checksum follows
	b = binary.BigEndian.AppendUint32(b, s.from.addr)
	b = binary.BigEndian.AppendUint32(b, s.to.addr)
	ip := b[start+ethernetLen:]
	binary.BigEndian.PutUint16(ip[10:], ^fold(sum(ip)))
	pseudo := sum(ip[12:]) + 6 + uint32(headers+len(s.payload))

	b = binary.BigEndian.AppendUint16(b, s.from.port)
	b = binary.BigEndian.AppendUint16(b, s.to.port)
	b = binary.BigEndian.AppendUint32(b, s.from.next)
	b = binary.BigEndian.AppendUint32(b, s.acknowledge)
	b = append(b, byte(headers/4)<<4, s.flags)
	b = binary.BigEndian.AppendUint16(b, s.window)
	b = append(b, 0, 0, 0, 0)
	b = append(b, s.options...)
	tcp := b[start+ethernetLen+ipv4Len:]
	binary.BigEndian.PutUint16(tcp[16:], ^fold(pseudo+sum(tcp)+uint32(fold(s.payloadSum))))
	return append(b, s.payload...)
}

// sum adds up b as big-endian 16-bit words, an odd last byte as a high one.
func sum(b []byte) uint32 {
	var wide uint64
	for ; len(b) >= 8; b = b[8:] {
		var carry uint64
		wide, carry = bits.Add64(wide, binary.BigEndian.Uint64(b), 0)
		wide += carry
	}
	total := uint32(wide>>48) + uint32(wide>>32&0xffff) + uint32(wide>>16&0xffff) + uint32(wide&0xffff)
	for ; len(b) >= 2; b = b[2:] {
		total += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		total += uint32(b[0]) << 8
	}
	return total
}

func fold(total uint32) uint16 {
	for total > 0xffff {
		total = total&0xffff + total>>16
	}
	return uint16(total)
}

// replaceWord corrects a checksum for one 16-bit word that changed (RFC 1624).
func replaceWord(checksum []byte, old, new uint16) {
	c := ^binary.BigEndian.Uint16(checksum)
	binary.BigEndian.PutUint16(checksum, ^fold(uint32(c)+uint32(^old)+uint32(new)))
}
