// Package m2pa reads M2PA messages (RFC 4165).
package m2pa

import (
	"encoding/binary"

	"pcaptriage/decoders/sigtran"
)

// Message types in class sigtran.ClassM2PA.
const (
	TypeUserData   = 1
	TypeLinkStatus = 2
)

// specificLen is the length of the M2PA-specific header: an unused octet and a
// 24-bit sequence number, twice (RFC 4165 2.2).
const specificLen = 8

// Message is a User Data or Link Status message.
type Message struct {
	Type     uint8
	BSN, FSN uint32 // 24 bits
	// Status is the link status, valid for TypeLinkStatus.
	Status uint32
	// Priority is the octet before the signalling unit, whose upper two bits are
	// the priority (RFC 4165 2.3.1), valid if MSU is not empty.
	Priority uint8
	// MSU is the signalling unit from the service information octet on, a view
	// of the message. User data without it is an acknowledgement.
	MSU []byte
	Cut bool
}

// Decode reads a message. ok is false when it is no M2PA message. With
// sigtran.ErrShort it is as far as it was there.
func Decode(b []byte) (m Message, ok bool, err error) {
	h, body, err := sigtran.ReadHeader(b)
	if err != nil && err != sigtran.ErrShort {
		return m, false, err
	}
	if h.Class != sigtran.ClassM2PA || h.Type != TypeUserData && h.Type != TypeLinkStatus {
		return m, false, nil
	}
	if len(body) < specificLen {
		return m, false, sigtran.ErrShort
	}
	m.Type = h.Type
	m.BSN, m.FSN = binary.BigEndian.Uint32(body)&0xffffff, binary.BigEndian.Uint32(body[4:])&0xffffff
	data := body[specificLen:]
	// M2PA has no parameters and so no padding: what is behind Length is not data.
	if want := int(int64(h.Length) - sigtran.HeaderLen - specificLen); want < len(data) {
		data = data[:max(want, 0)]
	} else if want > len(data) {
		m.Cut, err = true, sigtran.ErrShort
	}
	switch {
	case m.Type == TypeLinkStatus:
		if len(data) < 4 {
			return m, false, sigtran.ErrShort
		}
		m.Status = binary.BigEndian.Uint32(data)
	case len(data) > 0:
		m.Priority, m.MSU = data[0], data[1:]
	}
	return m, true, err
}
