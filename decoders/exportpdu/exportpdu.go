// Package exportpdu reads records of link type WIRESHARK_UPPER_PDU (252): a
// dissector's name and some metadata as tag, length and value, and then the
// data of that protocol alone.
package exportpdu

import (
	"encoding/binary"
	"errors"

	"pcaptriage/decoders"
)

// ErrMalformed: a length goes beyond the record, or the end tag is missing.
var ErrMalformed = errors.New("exportpdu: malformed tags")

// Tags of Wireshark's exported PDU format that are read.
const (
	tagEnd           = 0
	tagDissector     = 12 // name of the dissector
	tagHeuristic     = 13 // name of a heuristic dissector
	tagIPv4Src       = 20
	tagIPv4Dst       = 21
	tagIPv6Src       = 22
	tagIPv6Dst       = 23
	tagSrcPort       = 25
	tagDstPort       = 26
	tagOPC           = 28
	tagDPC           = 29
	maxTags          = 64
	pointCodeMinimum = 4
)

// PDU is one exported record.
type PDU struct {
	Name []byte // of the dissector, a view of the record
	Data []byte // of the protocol that Name tells, likewise

	Src, Dst         decoders.Addr // zero when not told
	SrcPort, DstPort uint16        // 0 when not told
	OPC, DPC         uint32        // valid if HasPC
	HasPC            bool
}

// Decode reads a record.
func Decode(b []byte) (p PDU, err error) {
	for range maxTags {
		if len(b) < 4 {
			return p, ErrMalformed
		}
		tag, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if length > len(b)-4 {
			return p, ErrMalformed
		}
		if tag == tagEnd {
			p.Data = b[4+length:]
			return p, nil
		}
		p.tag(tag, b[4:4+length])
		b = b[min(4+(length+3)&^3, len(b)):]
	}
	return p, ErrMalformed
}

func (p *PDU) tag(tag uint16, v []byte) {
	switch {
	case tag == tagDissector, tag == tagHeuristic && p.Name == nil:
		for len(v) > 0 && v[len(v)-1] == 0 { // padding
			v = v[:len(v)-1]
		}
		p.Name = v
	case tag == tagIPv4Src && len(v) == 4:
		p.Src = decoders.Addr4(v)
	case tag == tagIPv4Dst && len(v) == 4:
		p.Dst = decoders.Addr4(v)
	case tag == tagIPv6Src && len(v) == 16:
		p.Src = decoders.Addr16(v)
	case tag == tagIPv6Dst && len(v) == 16:
		p.Dst = decoders.Addr16(v)
	case tag == tagSrcPort && len(v) == 4:
		p.SrcPort = uint16(binary.BigEndian.Uint32(v))
	case tag == tagDstPort && len(v) == 4:
		p.DstPort = uint16(binary.BigEndian.Uint32(v))
	case tag == tagOPC && len(v) >= pointCodeMinimum:
		p.OPC, p.HasPC = binary.BigEndian.Uint32(v), true
	case tag == tagDPC && len(v) >= pointCodeMinimum:
		p.DPC, p.HasPC = binary.BigEndian.Uint32(v), true
	}
}
