// Package reframe gives packets another link-layer header, for tools that know
// only one kind: what a packet carries is located under its own link type and
// put behind a header of the new one. Addresses that the old header did not
// have are zero.
package reframe

import (
	"encoding/binary"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
	"pcaptriage/decoders/linkscore"
)

var be = binary.BigEndian

// Targets are the names of the encapsulations and their link types.
var Targets = []struct {
	Name     string
	LinkType uint16
}{
	{"ethernet", link.EN10MB},
	{"raw", link.Raw},
	{"loop", link.Loop},
	{"null", link.Null},
	{"sll", link.LinuxSLL},
}

// ByName returns the link type of a target.
func ByName(name string) (linkType uint16, ok bool) {
	for _, t := range Targets {
		if t.Name == name {
			return t.LinkType, true
		}
	}
	return 0, false
}

// Supports reports whether packets of link type t can be given another header.
func Supports(t uint16) bool {
	_, ok := linkscore.NewLocator(t)
	return ok && t != link.MTP2 && t != link.MTP2WithPHDR && t != link.MTP3 && t != link.SCCP
}

// Converter implements capture.Reframer. It belongs to one goroutine.
type Converter struct {
	target uint16
	readAs func(iface int, ifc *capture.Interface) uint16
	ifaces []source
	header [maxHeader]byte
}

const maxHeader = 16

// source is an interface whose packets are converted.
type source struct {
	linkType uint16
	locate   *linkscore.Locator
}

// New converts to link type target, which is one of Targets. readAs says what
// the packets of an interface are, whatever the file says.
func New(target uint16, readAs func(iface int, ifc *capture.Interface) uint16) *Converter {
	return &Converter{target: target, readAs: readAs}
}

// LinkType implements capture.Reframer. Interfaces that are of the target's type
// already, and types that are not supported, are left alone.
func (c *Converter) LinkType(iface int, ifc *capture.Interface) (uint16, bool) {
	for len(c.ifaces) <= iface {
		c.ifaces = append(c.ifaces, source{})
	}
	from := c.readAs(iface, ifc)
	c.ifaces[iface].linkType = from
	c.ifaces[iface].locate, _ = linkscore.NewLocator(from)
	return c.target, Supports(from) && (from != c.target || ifc.LinkType != c.target)
}

// Frame implements capture.Reframer.
func (c *Converter) Frame(iface int, data []byte, wire uint32) (capture.Frame, bool) {
	s := &c.ifaces[iface]
	if s.linkType == c.target { // only the label was wrong
		return capture.Frame{Wire: wire}, true
	}
	ipOnly := c.target != link.EN10MB && c.target != link.LinuxSLL
	p, ok := s.find(data, wire, ipOnly)
	if !ok || ipOnly && p.version() == 0 {
		return capture.Frame{}, false
	}
	header, ok := c.build(&p)
	return capture.Frame{Header: header, Skip: p.at, Wire: p.wire}, ok
}

// packet is what a packet carries, and what its old header knew.
type packet struct {
	at        int    // where the payload begins
	wire      uint32 // its length on the wire, without the link's padding
	etherType uint16 // or llc
	hardware  uint16 // Linux ARPHRD_ of the old link
	kind      uint16 // Linux packet type
	src, dst  [6]byte
	hasSrc    bool
}

// llc stands for an IEEE 802.2 frame, as in Linux cooked headers.
const llc = 0x0004

// Linux hardware types (if_arp.h) and packet types (if_packet.h).
const (
	arphrdEther    = 1
	arphrdPPP      = 512
	arphrdLoopback = 772
	arphrdNone     = 0xfffe

	packetBroadcast = 1
	packetMulticast = 2
)

func (p *packet) version() int {
	switch p.etherType {
	case 0x0800:
		return 4
	case 0x86dd:
		return 6
	}
	return 0
}
