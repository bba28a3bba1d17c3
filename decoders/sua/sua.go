// Package sua reads the connectionless messages of SUA (RFC 3868), which stand
// for those of SCCP and are given as such.
package sua

import (
	"encoding/binary"

	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sigtran"
)

// Message types in class sigtran.ClassConnectionless.
const (
	TypeCLDT = 1 // connectionless data transfer
	TypeCLDR = 2 // connectionless data response: a message comes back
)

// Parameter tags (RFC 3868 3.10).
const (
	tagHopCount     = 0x0101
	tagSource       = 0x0102
	tagDestination  = 0x0103
	tagCause        = 0x0106
	tagData         = 0x010b
	tagImportance   = 0x0113
	tagClass        = 0x0115
	tagSegmentation = 0x0117

	tagTitle     = 0x8001
	tagPointCode = 0x8002
	tagSSN       = 0x8003
)

// Data is a CLDT or CLDR message.
type Data struct {
	// SCCP is the message as SCCP would have it: an XUDT for CLDT, an XUDTS for
	// CLDR. Point codes are plain numbers.
	SCCP sccp.Message

	RoutingContext, CorrelationID       uint32
	HasRoutingContext, HasCorrelationID bool
}

// Decode reads a message. ok is false for everything but CLDT and CLDR, which is
// no error. With sigtran.ErrShort the data is as far as it was there.
func Decode(b []byte) (d Data, ok bool, err error) {
	h, body, err := sigtran.ReadHeader(b)
	if err != nil && err != sigtran.ErrShort {
		return d, false, err
	}
	if h.Class != sigtran.ClassConnectionless || h.Type != TypeCLDT && h.Type != TypeCLDR {
		return d, false, nil
	}
	m := &d.SCCP
	m.Type = sccp.XUDT
	if h.Type == TypeCLDR {
		m.Type = sccp.XUDTS
	}
	w := sigtran.NewParams(body)
	for w.Next() {
		p := &w.P
		v := p.Value
		switch p.Tag {
		case sigtran.TagRoutingContext:
			d.RoutingContext, d.HasRoutingContext = p.Uint32()
		case sigtran.TagCorrelationID:
			d.CorrelationID, d.HasCorrelationID = p.Uint32()
		case tagSource:
			m.Calling = address(v)
		case tagDestination:
			m.Called = address(v)
		case tagData:
			m.Data, m.Cut, ok = v, p.Cut, true
		case tagClass:
			if len(v) == 4 {
				m.Class, m.ReturnOnError = v[3]&3, v[3]&0x80 != 0
			}
		case tagCause:
			if len(v) == 4 {
				m.Cause = v[3]
			}
		case tagHopCount:
			if len(v) == 4 {
				m.Hops = v[3]
			}
		case tagImportance:
			if len(v) == 4 {
				m.Importance, m.HasImportance = v[3]&7, true
			}
		case tagSegmentation:
			if len(v) == 4 {
				// RFC 3868 3.10.23: first and remaining in one octet, reference.
				m.Seg = sccp.Segmentation{Present: true, First: v[0]&0x80 != 0, Remaining: v[0] & 0xf,
					Ref: binary.BigEndian.Uint32(v) & 0xffffff}
			}
		}
	}
	if err == nil {
		err = w.Err()
	}
	if err == nil && !ok {
		err = sigtran.ErrMissing
	}
	return d, ok, err
}

// address reads a source or destination address (RFC 3868 3.10.2).
func address(v []byte) (a sccp.Address) {
	a.Raw = v
	if len(v) < 4 {
		a.Bad = len(v) > 0
		return a
	}
	const onSSN = 2
	a.RouteOnSSN = binary.BigEndian.Uint16(v) == onSSN
	w := sigtran.NewParams(v[4:])
	for w.Next() {
		p := &w.P
		switch {
		case p.Tag == tagPointCode && len(p.Value) == 4:
			a.PC, a.HasPC = binary.BigEndian.Uint32(p.Value), true
		case p.Tag == tagSSN && len(p.Value) == 4:
			a.SSN, a.HasSSN = p.Value[3], true
		case p.Tag == tagTitle && len(p.Value) >= 8:
			title(&a, p.Value)
		}
	}
	a.Bad = w.Err() != nil
	return a
}

// title reads a global title (RFC 3868 3.10.2.3): reserved 24 bits and
// indicator, number of digits, translation type, numbering plan, nature, digits.
func title(a *sccp.Address, v []byte) {
	n, bcd := int(v[4]), v[8:]
	bcd = bcd[:min((n+1)/2, len(bcd))]
	a.SetTitle(v[3], v[5], v[6], v[7], bcd, n%2 == 1 && len(bcd) == (n+1)/2)
}
