package capture

import (
	"encoding/binary"
	"math/bits"
)

// maxProbed is the largest block that is believed while looking for a place to
// go on.
const maxProbed = 1 << 20

func (p *ngParser) probeLen() int { return minBlock }

// probe implements prober. A chain begins with a block of a known type; the
// blocks in it must repeat their length at their end.
func (p *ngParser) probe(buf []byte, at, prev int) (size int, sec int64, ok bool) {
	if prev == 0 {
		p.probeBig = p.big
	} else if !p.ends(buf, at, prev) {
		return 0, 0, false
	}
	b := buf[at:]
	typ := binary.LittleEndian.Uint32(b)
	least := uint32(minBlock)
	if typ == blockSHB {
		switch binary.LittleEndian.Uint32(b[8:]) {
		case byteOrderMagic:
			p.probeBig = false
		case bits.ReverseBytes32(byteOrderMagic):
			p.probeBig = true
		default:
			return 0, 0, false
		}
		least = minSHB
	} else {
		typ = p.probed(b)
		if prev == 0 && kindOf(typ) == kindUnknown {
			return 0, 0, false
		}
	}
	n := p.probed(b[4:])
	return int(n), noTime, n >= least && n%4 == 0 && n <= maxProbed
}

// ends implements prober: the last 4 bytes of a block are its length.
func (p *ngParser) ends(buf []byte, at, prev int) bool {
	return prev == 0 || p.probed(buf[at-4:]) == uint32(prev)
}

// probed is a 32-bit field in the byte order of the probed chain.
func (p *ngParser) probed(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if p.probeBig {
		v = bits.ReverseBytes32(v)
	}
	return v
}
