package sccp

import (
	"encoding/binary"
	"errors"
)

// Errors of Decode.
var (
	// ErrShort: a parameter goes beyond the octets that are there.
	ErrShort = errors.New("sccp: parameter goes beyond the message")
	// ErrType: not a message type of Q.713 2.1.
	ErrType = errors.New("sccp: unknown message type")
)

// Type is the message type code (Q.713 2.1).
type Type uint8

// The connectionless messages. 0x01 to 0x08 and 0x0b to 0x10 are connection
// oriented ones, of which nothing but the type is read.
const (
	UDT   Type = 0x09
	UDTS  Type = 0x0a
	XUDT  Type = 0x11
	XUDTS Type = 0x12
	LUDT  Type = 0x13
	LUDTS Type = 0x14
)

// Connectionless reports whether the message is one that Decode reads whole.
func (t Type) Connectionless() bool { return t == UDT || t == UDTS || t >= XUDT && t <= LUDTS }

// Service reports whether the message returns another one that could not be
// delivered: its data is the original's, and its called address is the
// original's calling one.
func (t Type) Service() bool { return t == UDTS || t == XUDTS || t == LUDTS }

func (t Type) String() string {
	switch t {
	case UDT:
		return "UDT"
	case UDTS:
		return "UDTS"
	case XUDT:
		return "XUDT"
	case XUDTS:
		return "XUDTS"
	case LUDT:
		return "LUDT"
	case LUDTS:
		return "LUDTS"
	}
	return "connection oriented"
}

// Message is one SCCP message. Only Type is valid when it is not Connectionless.
type Message struct {
	Type Type
	// Class is the protocol class (0 or 1) and ReturnOnError its message
	// handling; not valid in service messages.
	Class         uint8
	ReturnOnError bool
	// Cause is the return cause of a service message (Q.713 3.12); see CauseName.
	Cause uint8
	Hops  uint8 // hop counter, 0 in UDT and UDTS

	Called, Calling Address

	// Data is the user data, a view of the message; Cut when some is missing.
	Data []byte
	Cut  bool

	Seg Segmentation
	// OptionalLost: there is an optional part, and it could not be read. Data may
	// then be a segment without that being known.
	OptionalLost  bool
	Importance    uint8
	HasImportance bool
}

// Segmentation is the segmentation parameter (Q.713 3.17).
type Segmentation struct {
	Present   bool
	First     bool
	Class     uint8  // the class asked for
	Remaining uint8  // segments that follow, 0 to 15
	Ref       uint32 // segmentation local reference, 24 bits
}

// Segmented reports whether the data is but a part of the user data.
func (m *Message) Segmented() bool {
	return m.Seg.Present && !(m.Seg.First && m.Seg.Remaining == 0)
}

const (
	tagEnd          = 0x00
	tagSegmentation = 0x10
	tagImportance   = 0x12
)

// Decode reads a message. With ErrShort, Type and what stands before the
// damaged parameter are valid, and Data holds what there is if Cut.
//
// The parameters stand where their pointers say, in any order; each is checked
// against the message's end by itself.
func Decode(b []byte) (m Message, err error) {
	if len(b) == 0 {
		return m, ErrShort
	}
	m.Type = Type(b[0])
	if m.Type == 0 || m.Type > LUDTS {
		return m, ErrType
	}
	if !m.Type.Connectionless() {
		return m, nil
	}
	fixed, pointers, width := 2, 3, 1
	switch m.Type {
	case XUDT, XUDTS:
		fixed, pointers = 3, 4
	case LUDT, LUDTS:
		fixed, pointers, width = 3, 4, 2
	}
	if len(b) < fixed+pointers*width {
		return m, ErrShort
	}
	if m.Type.Service() {
		m.Cause = b[1]
	} else {
		m.Class, m.ReturnOnError = b[1]&0xf, b[1]&0x80 != 0
	}
	if fixed == 3 {
		m.Hops = b[2]
	}
	var at [4]int // where the parameters start; 0: there is none
	for i := range pointers {
		p := fixed + i*width
		if width == 2 {
			// Counted from the pointer's second octet (Q.713 2.3).
			if v := int(binary.LittleEndian.Uint16(b[p:])); v != 0 {
				at[i] = p + 1 + v
			}
		} else if b[p] != 0 {
			at[i] = p + int(b[p])
		}
	}
	return m, m.parameters(b, at, width)
}

// parameters reads called address, calling address, data and the optional part
// at their places. The data's length has as many octets as a pointer.
func (m *Message) parameters(b []byte, at [4]int, width int) error {
	called, ok1 := variable(b, at[0])
	calling, ok2 := variable(b, at[1])
	m.Called, m.Calling = ReadAddress(called), ReadAddress(calling)
	if !ok1 || !ok2 {
		return ErrShort
	}
	if at[2] == 0 || at[2]+width > len(b) {
		return ErrShort
	}
	length, data := int(b[at[2]]), b[at[2]+width:]
	if width == 2 {
		length = int(binary.LittleEndian.Uint16(b[at[2]:]))
	}
	m.Cut = length > len(data)
	m.Data = data[:min(length, len(data))]
	if at[3] != 0 {
		if err := m.optional(b, at[3]); err != nil {
			m.OptionalLost = true
			return err
		}
	}
	if m.Cut {
		return ErrShort
	}
	return nil
}

// optional reads the optional part: tag, length, value, up to the tag 0.
func (m *Message) optional(b []byte, at int) error {
	for {
		if at >= len(b) {
			return ErrShort
		}
		if b[at] == tagEnd {
			return nil
		}
		v, ok := variable(b, at+1)
		if !ok {
			return ErrShort
		}
		switch {
		case b[at] == tagSegmentation && len(v) >= 4:
			m.Seg = Segmentation{Present: true, First: v[0]&0x80 != 0, Class: v[0] >> 6 & 1, Remaining: v[0] & 0xf,
				Ref: uint32(v[1]) | uint32(v[2])<<8 | uint32(v[3])<<16}
		case b[at] == tagImportance && len(v) >= 1:
			m.Importance, m.HasImportance = v[0]&7, true
		}
		at += 2 + len(v)
	}
}

// variable is the value of a parameter whose length octet stands at i.
func variable(b []byte, i int) (v []byte, ok bool) {
	if i <= 0 || i >= len(b) {
		return nil, false
	}
	end := i + 1 + int(b[i])
	if end > len(b) {
		return nil, false
	}
	return b[i+1 : end : end], true
}

// Plausible reports whether b looks like a whole connectionless message that
// carries TCAP. It is what tells the length of the MTP3 routing label before it.
func Plausible(b []byte) bool {
	m, err := Decode(b)
	if err != nil || !m.Type.Connectionless() || m.Called.Bad || m.Calling.Bad {
		return false
	}
	if m.Type.Service() {
		if m.Cause > maxCause {
			return false
		}
	} else if m.Class > 1 {
		return false
	}
	if m.Seg.Present && !m.Seg.First {
		return true
	}
	return len(m.Data) > 0 && tcapTag(m.Data[0])
}

// tcapTag reports whether o begins a TCAP message: ITU-T Q.773 or ANSI T1.114.
func tcapTag(o byte) bool {
	switch o {
	case 0x61, 0x62, 0x64, 0x65, 0x67, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xf6:
		return true
	}
	return false
}
