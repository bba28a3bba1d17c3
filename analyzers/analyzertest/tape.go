package analyzertest

import (
	"encoding/binary"
	"net/netip"
	"time"

	"pcaptriage/decoders"
	"pcaptriage/decoders/link"
)

// Tape is a capture under construction: raw IP packets, times in nanoseconds.
type Tape struct {
	File
	InIPIP bool // each packet inside an IPv4 tunnel
	id     uint16
}

// NewTape returns an empty tape.
func NewTape() *Tape { return &Tape{File: File{Link: link.Raw}} }

// TapeStart is the time at which tapes begin, ns since 1970.
const TapeStart = int64(1_700_000_000e9)

// Segment is a TCP segment on a tape; the zero values of what is not set are fine.
type Segment struct {
	Src, Dst string // address:port, both IPv4 or both IPv6
	Flags    uint8
	Seq, Ack uint32
	Data     string
	Len      int // of the payload, when Data is shorter: zeros follow
	TTL      uint8
	SACK     [2]uint32 // one block, none when the second is 0
	TSVal    uint32    // timestamp option, none when 0
	// Handshake adds an MSS of 1460 and SACK permitted, as SYNs have.
	Handshake bool
}

// Put records an IP packet at a time after the tape's start.
func (tp *Tape) Put(at time.Duration, ip []byte) {
	if tp.InIPIP {
		ip = tp.Packet(netip.AddrFrom4([4]byte{172, 16, 0, 1}), netip.AddrFrom4([4]byte{172, 16, 0, 2}), 4, 0, ip)
	}
	tp.Records = append(tp.Records, Record{TapeStart + int64(at), uint32(len(ip)), ip})
}

// Add records a segment.
func (tp *Tape) Add(at time.Duration, s Segment) { tp.Put(at, tp.Datagram(s)) }

// Datagram is the IP packet of a segment.
func (tp *Tape) Datagram(s Segment) []byte {
	src, dst := netip.MustParseAddrPort(s.Src), netip.MustParseAddrPort(s.Dst)
	be := binary.BigEndian
	t := be.AppendUint16(nil, src.Port())
	t = be.AppendUint16(t, dst.Port())
	t = be.AppendUint32(t, s.Seq)
	t = be.AppendUint32(t, s.Ack)
	t = append(t, 0, s.Flags)
	t = be.AppendUint16(t, 64240)
	t = append(t, 0, 0, 0, 0) // checksum, urgent pointer
	if s.Handshake {
		t = append(t, 2, 4, 1460>>8, 1460&0xff, 4, 2, 1, 1)
	}
	if s.SACK[1] != 0 {
		t = be.AppendUint32(be.AppendUint32(append(t, 1, 1, 5, 10), s.SACK[0]), s.SACK[1])
	}
	if s.TSVal != 0 {
		t = be.AppendUint32(be.AppendUint32(append(t, 1, 1, 8, 10), s.TSVal), 0)
	}
	t[12] = byte(len(t)) / 4 << 4
	t = append(t, s.Data...)
	t = append(t, make([]byte, max(s.Len-len(s.Data), 0))...)
	return tp.Packet(src.Addr(), dst.Addr(), decoders.ProtoTCP, s.TTL, t)
}

// Packet is an IP packet; a TTL of 0 stands for 64. IPv4 packets have DF set
// and an identification of their own, so that none is taken for a copy.
func (tp *Tape) Packet(src, dst netip.Addr, proto, ttl uint8, payload []byte) []byte {
	if ttl == 0 {
		ttl = 64
	}
	be := binary.BigEndian
	if src.Is6() {
		b := be.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(payload)))
		b = append(b, proto, ttl)
		return append(append(append(b, src.AsSlice()...), dst.AsSlice()...), payload...)
	}
	tp.id++
	b := be.AppendUint16([]byte{0x45, 0}, uint16(20+len(payload)))
	b = be.AppendUint16(b, tp.id)
	b = append(b, 0x40, 0, ttl, proto, 0, 0)
	return append(append(append(b, src.AsSlice()...), dst.AsSlice()...), payload...)
}

// ICMP records an ICMP or ICMPv6 error from an address to the sender of s, with
// the first bytes of s quoted.
func (tp *Tape) ICMP(at time.Duration, from string, typ, code uint8, mtu uint16, quoted int, s Segment) {
	src, proto := netip.MustParseAddr(from), uint8(decoders.ProtoICMP)
	if src.Is6() {
		proto = decoders.ProtoICMPv6
	}
	m := binary.BigEndian.AppendUint16([]byte{typ, code, 0, 0, 0, 0}, mtu)
	q := tp.Datagram(s)
	tp.Put(at, tp.Packet(src, netip.MustParseAddrPort(s.Src).Addr(), proto, 0, append(m, q[:min(quoted, len(q))]...)))
}
