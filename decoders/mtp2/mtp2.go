// Package mtp2 reads MTP2 signal units (ITU-T Q.703) as captures hold them:
// link types MTP2 and MTP2_WITH_PHDR, with basic or extended (Q.703 annex A)
// sequence numbers.
package mtp2

import (
	"encoding/binary"
	"errors"
)

// Errors of Decode.
var (
	ErrShort = errors.New("mtp2: signal unit is cut")
)

// PseudoHeaderLen is the length of the header of link type MTP2_WITH_PHDR in octets.
const PseudoHeaderLen = 4

// PseudoHeader is the header of link type MTP2_WITH_PHDR.
type PseudoHeader struct {
	Sent bool // by the capturing system
	// AnnexA says whether sequence numbers are extended, valid if AnnexAKnown.
	AnnexA, AnnexAKnown bool
	Link                uint16
}

// ReadPseudoHeader reads the header; unit is the signal unit behind it.
func ReadPseudoHeader(b []byte) (h PseudoHeader, unit []byte, err error) {
	if len(b) < PseudoHeaderLen {
		return h, nil, ErrShort
	}
	// Annex A: 0 not used, 1 used, 2 unknown.
	h = PseudoHeader{Sent: b[0] != 0, AnnexA: b[1] == 1, AnnexAKnown: b[1] <= 1, Link: binary.BigEndian.Uint16(b[2:])}
	return h, b[PseudoHeaderLen:], nil
}

// Kind is the kind of a signal unit (Q.703 2.2).
type Kind uint8

// The kinds, by the length indicator.
const (
	FISU Kind = iota // fill-in, length 0
	LSSU             // link status, length 1 or 2
	MSU              // message, length 3 and more
)

// Unit is a signal unit.
type Unit struct {
	Kind     Kind
	BSN, FSN uint16
	BIB, FIB bool
	// LI is the length indicator; 63 of a basic unit means 63 or more.
	LI uint16
	// Status is the link status field of an LSSU.
	Status []byte
	// MSU is the message from the service information octet on, a view of the
	// input. Two octets of checksum may follow where LI cannot tell (basic
	// units of 63 octets and more).
	MSU []byte
	Cut bool // fewer octets are there than LI says
}

// Decode reads a signal unit. The opening flag is not part of it, and a frame
// check sequence may follow or not. With ErrShort and Cut the unit is as far as
// it was there.
func Decode(b []byte, annexA bool) (u Unit, err error) {
	rest := b
	if annexA {
		if len(b) < 6 {
			return u, ErrShort
		}
		bsn, fsn := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
		u.BSN, u.BIB, u.FSN, u.FIB = bsn&0xfff, bsn&0x8000 != 0, fsn&0xfff, fsn&0x8000 != 0
		u.LI, rest = binary.LittleEndian.Uint16(b[4:])&0x1ff, b[6:]
	} else {
		if len(b) < 3 {
			return u, ErrShort
		}
		u.BSN, u.BIB, u.FSN, u.FIB = uint16(b[0]&0x7f), b[0]&0x80 != 0, uint16(b[1]&0x7f), b[1]&0x80 != 0
		u.LI, rest = uint16(b[2]&0x3f), b[3:]
	}
	open := !annexA && u.LI == 63
	want := int(u.LI)
	if len(rest) < want {
		u.Cut, err = true, ErrShort
	} else if !open {
		rest = rest[:want]
	}
	switch {
	case u.LI == 0:
		u.Kind = FISU
	case u.LI <= 2:
		u.Kind, u.Status = LSSU, rest
	default:
		u.Kind, u.MSU = MSU, rest
	}
	return u, err
}
