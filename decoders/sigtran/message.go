package sigtran

import (
	"encoding/binary"
	"errors"
)

// HeaderLen is the length of the common header in octets.
const HeaderLen = 8

// Errors of reading messages, here and in the packages of the layers.
var (
	// ErrShort: the message goes beyond the octets that are there.
	ErrShort = errors.New("sigtran: message goes beyond the data")
	// ErrHeader: not a SIGTRAN common header.
	ErrHeader = errors.New("sigtran: no common header")
	// ErrParameter: a parameter's length makes no sense.
	ErrParameter = errors.New("sigtran: malformed parameter")
	// ErrMissing: a mandatory parameter is not there, or too short.
	ErrMissing = errors.New("sigtran: mandatory parameter missing")
)

// Message classes (IANA) that carry user data.
const (
	ClassTransfer       = 1  // M3UA transfer
	ClassMAUP           = 6  // M2UA: MTP2 user adaptation
	ClassConnectionless = 7  // SUA
	ClassM2PA           = 11 // M2PA
)

// Parameter tags that several layers share.
const (
	TagRoutingContext = 0x0006
	TagCorrelationID  = 0x0013
)

// Header is the common header.
type Header struct {
	Version, Class, Type uint8
	Reserved             uint8
	Length               uint32 // octets, header included
}

// ReadHeader reads the common header. body is what is there of the message
// behind it. Whether the last parameter's padding counts in Length differs
// between stacks: up to three octets behind Length belong to the body too. With
// ErrShort the body is shorter than Length says.
func ReadHeader(b []byte) (h Header, body []byte, err error) {
	if len(b) < HeaderLen {
		return h, nil, ErrShort
	}
	h = Header{Version: b[0], Reserved: b[1], Class: b[2], Type: b[3], Length: binary.BigEndian.Uint32(b[4:])}
	if h.Version != 1 || h.Length < HeaderLen {
		return h, nil, ErrHeader
	}
	body = b[HeaderLen:]
	length := uint64(h.Length) - HeaderLen
	have := uint64(len(body))
	switch {
	case have > length+3:
		body = body[:length:length]
	case have+3 < length:
		err = ErrShort
	case have < length:
		// Padding may be what is missing; the parameter walk finds out.
	}
	return h, body, err
}

// Param is one parameter; Value is a view of the message.
type Param struct {
	Tag   uint16
	Value []byte
	// Cut: the message ends inside the value.
	Cut bool
}

// Uint32 is the value of a parameter of 4 octets.
func (p *Param) Uint32() (v uint32, ok bool) {
	if len(p.Value) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(p.Value), true
}

// Params goes through the parameters of a message.
type Params struct {
	rest []byte
	err  error
	// P is the current parameter, valid after Next returned true.
	P Param
}

// NewParams walks the parameters in body.
func NewParams(body []byte) Params { return Params{rest: body} }

// Next moves to the next parameter. One that goes beyond the message is given
// out as the last, with Err returning ErrShort.
func (w *Params) Next() bool {
	if w.err != nil || len(w.rest) == 0 {
		return false
	}
	if len(w.rest) < 4 {
		// Padding behind the last parameter that the header's length left out.
		w.rest = nil
		return false
	}
	length := int(binary.BigEndian.Uint16(w.rest[2:]))
	w.P = Param{Tag: binary.BigEndian.Uint16(w.rest)}
	if length < 4 {
		w.err = ErrParameter
		return false
	}
	if length > len(w.rest) {
		w.err = ErrShort
		w.P.Value, w.P.Cut = w.rest[4:], true
		return true
	}
	w.P.Value = w.rest[4:length:length]
	w.rest = w.rest[min((length+3)&^3, len(w.rest)):]
	return true
}

// Err is what ended the walk before the message's end, or nil.
func (w *Params) Err() error { return w.err }
