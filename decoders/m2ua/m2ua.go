// Package m2ua reads M2UA messages (RFC 3331).
package m2ua

import "pcaptriage/decoders/sigtran"

// TypeData is the message type of Data in class sigtran.ClassMAUP.
const TypeData = 1

const (
	tagInterfaceID = 0x0001
	tagData        = 0x0300
	tagDataTTC     = 0x0301
)

// Data is a Data message (RFC 3331 3.3.1.1).
type Data struct {
	// MSU is the signalling unit from the service information octet on, a view
	// of the message.
	MSU []byte
	Cut bool
	// TTC: it came as Protocol Data 2, in the form of Japan's TTC, whose length
	// indicator octet (priority in its upper bits) is LI.
	TTC bool
	LI  uint8
	// InterfaceID is the link, when it is an integer.
	InterfaceID    uint32
	HasInterfaceID bool
}

// Decode reads a message. ok is false for everything but Data, which is no
// error. With sigtran.ErrShort the data is as far as it was there.
func Decode(b []byte) (d Data, ok bool, err error) {
	h, body, err := sigtran.ReadHeader(b)
	if err != nil && err != sigtran.ErrShort {
		return d, false, err
	}
	if h.Class != sigtran.ClassMAUP || h.Type != TypeData {
		return d, false, nil
	}
	w := sigtran.NewParams(body)
	for w.Next() {
		p := &w.P
		switch p.Tag {
		case tagInterfaceID:
			d.InterfaceID, d.HasInterfaceID = p.Uint32()
		case tagData:
			d.MSU, d.Cut, d.TTC, ok = p.Value, p.Cut, false, true
		case tagDataTTC:
			if len(p.Value) > 0 {
				d.LI, d.MSU, d.Cut, d.TTC, ok = p.Value[0], p.Value[1:], p.Cut, true, true
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
