// Package m3ua reads M3UA messages (RFC 4666).
package m3ua

import (
	"encoding/binary"

	"pcaptriage/decoders/sigtran"
)

// TypeData is the message type of Payload Data in class sigtran.ClassTransfer.
const TypeData = 1

const (
	tagNetworkAppearance = 0x0200
	tagProtocolData      = 0x0210
	protocolDataFixed    = 12
)

// Data is a Payload Data message (RFC 4666 3.3.1).
type Data struct {
	OPC, DPC uint32 // point codes as plain numbers; their form is not told
	SI       uint8  // service indicator: 3 is SCCP
	NI       uint8  // network indicator
	MP       uint8  // message priority
	SLS      uint8  // signalling link selection

	RoutingContext, NetworkAppearance, CorrelationID          uint32
	HasRoutingContext, HasNetworkAppearance, HasCorrelationID bool

	User []byte // the MTP3 user part, a view of the message
	Cut  bool   // User is cut
}

// Decode reads a message. ok is false for everything but Payload Data, which is
// no error. With sigtran.ErrShort the data is as far as it was there.
func Decode(b []byte) (d Data, ok bool, err error) {
	h, body, err := sigtran.ReadHeader(b)
	if err != nil && err != sigtran.ErrShort {
		return d, false, err
	}
	if h.Class != sigtran.ClassTransfer || h.Type != TypeData {
		return d, false, nil
	}
	w := sigtran.NewParams(body)
	for w.Next() {
		p := &w.P
		switch p.Tag {
		case sigtran.TagRoutingContext:
			d.RoutingContext, d.HasRoutingContext = p.Uint32()
		case tagNetworkAppearance:
			d.NetworkAppearance, d.HasNetworkAppearance = p.Uint32()
		case sigtran.TagCorrelationID:
			d.CorrelationID, d.HasCorrelationID = p.Uint32()
		case tagProtocolData:
			if len(p.Value) < protocolDataFixed {
				continue
			}
			v := p.Value
			d.OPC, d.DPC = binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])
			d.SI, d.NI, d.MP, d.SLS = v[8], v[9], v[10], v[11]
			d.User, d.Cut, ok = v[protocolDataFixed:], p.Cut, true
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
