package main

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// What no kernel would send on request: segments that pretend to come from a
// connection's other end, and SYNs to addresses that connect() refuses.

// segment is a TCP segment without options or data, in an Ethernet frame.
type segment struct {
	srcMAC, dstMAC [6]byte
	src, dst       netip.AddrPort
	flags          byte
	seq, ack       uint32
}

func (s segment) frame() []byte {
	be := binary.BigEndian
	t := be.AppendUint16(nil, s.src.Port())
	t = be.AppendUint16(t, s.dst.Port())
	t = be.AppendUint32(t, s.seq)
	t = be.AppendUint32(t, s.ack)
	t = append(t, 5<<4, s.flags)
	t = be.AppendUint16(t, 64240)
	t = append(t, 0, 0, 0, 0)
	pseudo := append(s.src.Addr().AsSlice(), s.dst.Addr().AsSlice()...)
	pseudo = append(pseudo, 0, protoTCP, 0, byte(len(t)))
	be.PutUint16(t[16:], checksum(append(pseudo, t...)))

	b := append(append([]byte(nil), s.dstMAC[:]...), s.srcMAC[:]...)
	if s.src.Addr().Is6() {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, 0, byte(len(t)), protoTCP, 64)
		return append(append(append(b, s.src.Addr().AsSlice()...), s.dst.Addr().AsSlice()...), t...)
	}
	h := []byte{0x45, 0, 0, byte(20 + len(t)), 0, 0, 0x40, 0, 64, protoTCP, 0, 0}
	h = append(append(h, s.src.Addr().AsSlice()...), s.dst.Addr().AsSlice()...)
	be.PutUint16(h[10:], checksum(h))
	return append(append(append(b, 8, 0), h...), t...)
}

// reply is a segment from where p, an Ethernet frame, was going to.
func reply(p *pkt, flags byte, seq, ack uint32) []byte {
	s := segment{flags: flags, seq: seq, ack: ack,
		src: netip.AddrPortFrom(p.dst, uint16(p.dport)), dst: netip.AddrPortFrom(p.src, uint16(p.sport))}
	copy(s.srcMAC[:], p.raw)
	copy(s.dstMAC[:], p.raw[6:])
	return s.frame()
}

// send puts frames on a device of the namespace.
func (n *netns) send(dev string, frames ...[]byte) {
	n.do(func() {
		fd, index := n.l.packetSocket(dev)
		for _, f := range frames {
			n.l.must(unix.Sendto(fd, f, 0, &unix.SockaddrLinklayer{Ifindex: index}))
		}
	})
}
