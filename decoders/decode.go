package decoders

import "encoding/binary"

// Every step of the decoder takes the bytes that are left, b, and their length
// on the wire, wire. wire >= len(b) holds throughout; they differ when the
// capture cut the record. A length field that ends a layer early (IP total
// length, 802.3 length) shortens both.

var be = binary.BigEndian

// decodeState is what the decoder remembers between its steps.
type decodeState struct {
	nest     uint8 // headers entered that can contain one another
	linkLoop bool  // the link header says loopback
	strict   bool  // inside a tunnel that a port number suggested: take no IP header on trust
	quoting  bool  // p is the packet inside an ICMP error: do not look for another

	// The protocol field of the IPv4 header holds a connection number, and the
	// protocol is TCP (RFC 1144 3.2.3).
	vanJacobson bool

	// Of a fragment: where in IPHdr its part of the datagram begins, and for
	// IPv6 which byte before it names the fragment header.
	fragData, fragNext uint16
}

// maxNest bounds how many headers that can contain one another are entered:
// records made to nest end here, real stacks stay far below.
const maxNest = 32

// ipLevel are the bits that describe the innermost IP packet; they go when a
// tunnel's inside is entered.
const ipLevel = HasIP | HasPorts | HasTCP | HasUDP | HasSCTP | HasICMP | HasQuote | HasPayload |
	IsFragment | NonIP | Loopback

// decode is Decode (see there) without the short cut for the most frequent
// packets.
func (p *Packet) decode(linkType uint16, data []byte, wireLen uint32) {
	wireLen = max(wireLen, uint32(len(data)))
	p.Has &= HasTime
	if uint32(len(data)) < wireLen {
		p.Has |= SnapCut
	}
	p.Fail = Decoded
	p.LinkType, p.WireLen, p.Data = linkType, wireLen, data
	p.NVLAN, p.NTunnel, p.TunnelID, p.Domain = 0, 0, 0, 0
	p.state = decodeState{}
	p.linkLayer(linkType, data, wireLen)
}

// DecodeIP reads an IP datagram that a Reassembler put together, in place of
// the fragment that p holds: the record's and the link's facts and the tunnel
// hops stay, everything from the IP header on is replaced, Reassembled is set.
// wireLen is the datagram's full length; datagram is shorter when the capture
// cut a fragment. p's slices borrow datagram.
func (p *Packet) DecodeIP(datagram []byte, wireLen uint32) {
	p.Has = p.Has&^ipLevel | Reassembled
	p.Fail = Decoded
	p.ip(datagram, max(wireLen, uint32(len(datagram))))
}

// fail ends the decoding of p with a reason. What p.Has says stays valid.
func (p *Packet) fail(why Undecoded) { p.Fail = why }

// nested counts one more header that can contain others like it, and reports
// false, with TooDeep set, when there are too many.
func (p *Packet) nested() bool {
	p.state.nest++
	if p.state.nest > maxNest {
		p.fail(TooDeep)
		return false
	}
	return true
}

// limit cuts b and wire down to n bytes, for a header that states a length.
func limit(b []byte, wire, n uint32) ([]byte, uint32) {
	if n < wire {
		wire = n
		if uint32(len(b)) > n {
			b = b[:n]
		}
	}
	return b, wire
}

// nonIP marks p as decoded without an IP packet in it.
func (p *Packet) nonIP() {
	p.Has |= NonIP
	if p.state.linkLoop {
		p.Has |= Loopback
	}
}

// nonIPPayload is nonIP for a link whose upper layer some analyzer reads.
func (p *Packet) nonIPPayload(b []byte, wire uint32) {
	p.nonIP()
	p.Has |= HasPayload
	p.L4, p.Payload, p.PayloadLen = b, b, wire
}

// loopback notes that the link header says loopback.
func (p *Packet) loopback() { p.state.linkLoop = true }
