package reframe

import "pcaptriage/decoders/link"

// Address families: IPv4 everywhere; IPv6 as OpenBSD numbers it in a loopback
// header of its own, and as macOS does in one of host order.
const (
	afINET         = 2
	afINET6OpenBSD = 24
	afINET6Darwin  = 30
)

// build makes the new header. It is valid until the next call; ok is false when
// the target cannot hold the packet.
func (c *Converter) build(p *packet) (header []byte, ok bool) {
	h := c.header[:0]
	switch c.target {
	case link.EN10MB:
		h = append(h, p.dst[:]...)
		h = append(h, p.src[:]...)
		t := p.etherType
		if t == llc {
			if p.wire > 1500 {
				return nil, false
			}
			t = uint16(p.wire)
		}
		return be.AppendUint16(h, t), true
	case link.Raw:
		return h, true
	case link.Loop:
		return be.AppendUint32(h, p.family(afINET6OpenBSD)), true
	case link.Null:
		return le.AppendUint32(h, p.family(afINET6Darwin)), true
	case link.LinuxSLL:
		h = be.AppendUint16(h, p.kind)
		h = be.AppendUint16(h, p.hardware)
		if p.hasSrc {
			h = be.AppendUint16(h, 6)
		} else {
			h = be.AppendUint16(h, 0)
		}
		h = append(h, p.src[:]...)
		h = append(h, 0, 0)
		return be.AppendUint16(h, p.etherType), true
	}
	return nil, false
}

func (p *packet) family(six uint32) uint32 {
	if p.version() == 6 {
		return six
	}
	return afINET
}
