package linkscore

// Locator finds what follows the link-layer headers of packets of one link type.
// It belongs to one goroutine.
type Locator struct {
	linkType uint16
	own      int
	s        Scorer
}

// NewLocator makes a Locator for a link type; ok is false when it has no reader.
func NewLocator(linkType uint16) (l *Locator, ok bool) {
	c := candidateOf(linkType)
	return &Locator{linkType: linkType, own: c}, c >= 0
}

// Locate looks at one packet, strictly: ok is false when it does not hold
// together under the link type. etherType is what was found at offset at, behind
// VLAN tags too. data is borrowed until it returns.
func (l *Locator) Locate(data []byte, wire uint32) (at int, etherType uint16, ok bool) {
	r := candidates[l.own].read(&l.s, frame{data, max(wire, uint32(len(data)))})
	if !r.explains() || r.what == foundNothing || r.what > 0xffff {
		return 0, 0, false
	}
	return int(r.at), uint16(r.what), true
}
