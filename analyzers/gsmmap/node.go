package gsmmap

import (
	"encoding/binary"
	"strings"

	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/mtp3"
	"pcaptriage/decoders/sccp"
)

// node identifies a signalling node by the best that is known of it: global
// title, else point code, else the address of its SCTP peer. It is a plain value
// of 16 octets, so that it fits an event and a label: the first octet tells
// which it is, below 0x10 for what is not an IPv6 address.
type node decoders.Addr

// First octets of a node.
const (
	nodeNone  = 0
	nodeTitle = 1 // octet 1: number of digits; from octet 2: digits, high nibble first
	nodePC    = 2 // octet 1: mtp3.Variant; octets 12 to 15: point code
	nodeIPv4  = 4 // octets 12 to 15: address
)

const (
	maxDigits   = 28
	hiddenDigit = 15 // nibble of a digit that must not be shown
)

func (n node) octets() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], n.Hi)
	binary.BigEndian.PutUint64(b[8:], n.Lo)
	return b
}

func nodeFrom(b [16]byte) node { return node(decoders.Addr16(b[:])) }

const digitForms = "0123456789*#abc*"

// titleNode makes a node from digits as sccp.Address gives them.
func titleNode(digits []byte) node {
	b := [16]byte{0: nodeTitle}
	n := min(len(digits), maxDigits)
	b[1] = byte(n)
	for i := range n {
		v := strings.IndexByte(digitForms[:hiddenDigit], digits[i])
		if v < 0 {
			v = hiddenDigit
		}
		b[2+i/2] |= byte(v) << (4 * (1 - i%2))
	}
	return nodeFrom(b)
}

func pointCodeNode(pc uint32, v mtp3.Variant) node {
	b := [16]byte{0: nodePC, 1: byte(v)}
	binary.BigEndian.PutUint32(b[12:], pc)
	return nodeFrom(b)
}

func peerNode(a decoders.Addr) node {
	switch {
	case a.IsZero():
		return node{}
	case a.Is4():
		b := [16]byte{0: nodeIPv4}
		binary.BigEndian.PutUint32(b[12:], uint32(a.Lo))
		return nodeFrom(b)
	}
	return node(a)
}

// isTitle reports whether the node is known by its global title.
func (n node) isTitle() bool { return n.Hi>>56 == nodeTitle }

// digits of a title, "" for other nodes.
func (n node) digits() string {
	if !n.isTitle() {
		return ""
	}
	b := n.octets()
	var out []byte
	for i := range min(int(b[1]), maxDigits) {
		out = append(out, digitForms[b[2+i/2]>>(4*(1-i%2))&15])
	}
	return string(out)
}

// masked hides all digits of a title but the first keep.
func (n node) masked(keep int) node {
	if !n.isTitle() {
		return n
	}
	b := n.octets()
	for i := keep; i < min(int(b[1]), maxDigits); i++ {
		b[2+i/2] |= hiddenDigit << (4 * (1 - i%2))
	}
	return nodeFrom(b)
}

func (n node) String() string {
	b := n.octets()
	switch b[0] {
	case nodeTitle:
		return n.digits()
	case nodePC:
		return "PC " + string(mtp3.AppendPointCode(nil, binary.BigEndian.Uint32(b[12:]), mtp3.Variant(b[1])))
	case nodeIPv4:
		return decoders.Addr4(b[12:]).String()
	case nodeNone:
		return "unknown"
	}
	return decoders.Addr(n).String()
}

// party is one side of an SCCP message.
type party struct {
	node node
	ssn  uint8
	// plan is the numbering plan of a title: 6 (E.212) and 7 (E.214) are made
	// from a subscriber's IMSI.
	plan uint8
}

// partyOf takes the best that is known of a side.
func partyOf(a *sccp.Address, pc uint32, hasPC bool, v mtp3.Variant, peer decoders.Addr, buf []byte) party {
	p := party{ssn: a.SSN, plan: a.Plan}
	if !a.HasSSN {
		p.ssn = 0
	}
	if a.HasGT() {
		p.node = titleNode(a.AppendDigits(buf[:0]))
		return p
	}
	p.plan = 0
	switch {
	case a.HasPC && a.ANSI:
		p.node = pointCodeNode(a.PC, mtp3.ANSI)
	case a.HasPC:
		p.node = pointCodeNode(a.PC, mtp3.ITU)
	case hasPC:
		p.node = pointCodeNode(pc, v)
	default:
		p.node = peerNode(peer)
	}
	return p
}

// shown is the node as it may be printed: a title derived from an IMSI, or that
// is a subscriber's number (personal), keeps its first digits only.
func (p party) shown(personal, full bool) node {
	switch {
	case full || !p.node.isTitle():
		return p.node
	case p.plan == 6:
		return p.node.masked(5)
	case personal || p.plan == 7:
		return p.node.masked(len(p.countryCode()))
	}
	return p.node
}

func (p party) countryCode() string {
	if !p.node.isTitle() || p.plan == 6 {
		return ""
	}
	return string(gsmmap.CountryCode([]byte(p.node.digits())))
}
