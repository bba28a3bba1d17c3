package ssh

import (
	"encoding/binary"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

const dnsPort = 53

// dns tells the correlator of PTR questions and their answers (RFC 1035 3.5):
// a server that looks up a client's name makes it wait for the name servers.
func (fp *flowPart) dns(p *decoders.Packet, out *analyzers.Out) {
	if p.Has&decoders.HasPayload == 0 || p.Seg.Is(decoders.ClassCopy) {
		return
	}
	addr, response, ok := parsePTR(p.Payload)
	if !ok {
		return
	}
	e := analyzers.Event{Kind: evPTR, Time: p.Clock, Frame: p.Ref(), Src: p.Src, Dst: addr}
	if response {
		e.Kind, e.Src = evPTRAnswer, p.Dst
	}
	out.Emit(&e)
}

// parsePTR reads a DNS message with one question for a PTR record below
// in-addr.arpa or ip6.arpa: the address that is asked about.
func parsePTR(b []byte) (addr decoders.Addr, response, ok bool) {
	const headerLen, typePTR = 12, 12
	if len(b) < headerLen || b[2]>>3&0xf != 0 || binary.BigEndian.Uint16(b[4:]) != 1 {
		return addr, false, false
	}
	var labels [maxPTRLabels][]byte
	n, rest, ok := readLabels(b[headerLen:], labels[:])
	if !ok || len(rest) < 4 || binary.BigEndian.Uint16(rest) != typePTR {
		return addr, false, false
	}
	addr, ok = addrOf(labels[:n])
	return addr, b[2]&0x80 != 0, ok
}

// maxPTRLabels is the number of labels of an IPv6 address's name: 32 nibbles,
// ip6, arpa.
const maxPTRLabels = 34

// readLabels takes an uncompressed name off b.
func readLabels(b []byte, labels [][]byte) (n int, rest []byte, ok bool) {
	for len(b) > 0 {
		l := int(b[0])
		if l == 0 {
			return n, b[1:], true
		}
		if l > 63 || l >= len(b) || n == len(labels) {
			return 0, nil, false
		}
		labels[n] = b[1 : 1+l]
		n++
		b = b[1+l:]
	}
	return 0, nil, false
}

// addrOf reads the labels of a reverse name.
func addrOf(labels [][]byte) (addr decoders.Addr, ok bool) {
	n := len(labels)
	if n < 2 || !sameFold(labels[n-1], "arpa") {
		return addr, false
	}
	switch {
	case n == 6 && sameFold(labels[n-2], "in-addr"):
		var ip [4]byte
		for i := range ip {
			if ip[3-i], ok = decimal(labels[i]); !ok {
				return addr, false
			}
		}
		return decoders.Addr4(ip[:]), true
	case n == maxPTRLabels && sameFold(labels[n-2], "ip6"):
		var ip [16]byte
		for i := range 32 {
			x, ok := nibble(labels[i])
			if !ok {
				return addr, false
			}
			at := 31 - i
			ip[at/2] |= x << (4 * (1 - at%2))
		}
		return decoders.Addr16(ip[:]), true
	}
	return addr, false
}

// sameFold compares a label with a lower-case name; DNS knows no case, and some
// resolvers mix it on purpose.
func sameFold(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != name[i] {
			return false
		}
	}
	return true
}

func decimal(b []byte) (x byte, ok bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || len(b) > 3 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return byte(n), len(b) > 0 && n < 256
}

func nibble(b []byte) (x byte, ok bool) {
	if len(b) != 1 {
		return 0, false
	}
	switch c := b[0]; {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
