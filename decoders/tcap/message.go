package tcap

import (
	"encoding/hex"
	"errors"

	"pcaptriage/decoders/ber"
)

// Errors of Decode and of the component walk, besides those of package ber.
var (
	// ErrNotTCAP: the first octet is no message type tag.
	ErrNotTCAP = errors.New("tcap: not a TCAP message")
	// ErrANSI: an ANSI TCAP message.
	ErrANSI = errors.New("tcap: ANSI TCAP is not read")
	// ErrTransaction: a transaction id that is missing, or not 1 to 4 octets long.
	ErrTransaction = errors.New("tcap: malformed transaction portion")
	// ErrDialogue: the dialogue portion is not the EXTERNAL that Q.773 has.
	ErrDialogue = errors.New("tcap: malformed dialogue portion")
	// ErrComponent: a component that Q.773 does not know, or without its
	// mandatory parts.
	ErrComponent = errors.New("tcap: malformed component")
)

// Kind is the type of a message.
type Kind uint8

// Message types of Q.773, and the package types of ANSI TCAP as one.
const (
	NotTCAP Kind = iota
	Unidirectional
	Begin
	End
	Continue
	Abort
	ANSI
)

// KindNames by value: the names of Q.773.
var KindNames = [...]string{"", "Unidirectional", "Begin", "End", "Continue", "Abort", "ANSI TCAP"}

func (k Kind) String() string { return KindNames[k] }

// KindOf tells the type of message from its first octet.
func KindOf(b []byte) Kind {
	if len(b) == 0 {
		return NotTCAP
	}
	switch b[0] {
	case 0x61:
		return Unidirectional
	case 0x62:
		return Begin
	case 0x64:
		return End
	case 0x65:
		return Continue
	case 0x67:
		return Abort
	case 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xf6:
		return ANSI
	}
	return NotTCAP
}

// Tags of the transaction portion (Q.773 3.1).
const (
	tagOTID       = 0x48
	tagDTID       = 0x49
	tagPAbort     = 0x4a
	tagDialogue   = 0x6b
	tagComponents = 0x6c
)

// TID is a transaction id: 1 to 4 octets that mean something only to the node
// that chose them, compared as octets. Its length counts. The zero value is
// none.
type TID struct {
	Octets [4]byte
	Len    uint8
}

// Bytes returns the octets.
func (t *TID) Bytes() []byte { return t.Octets[:t.Len] }

func (t TID) String() string { return hex.EncodeToString(t.Octets[:t.Len]) }

func readTID(content []byte) (t TID, ok bool) {
	if len(content) == 0 || len(content) > len(t.Octets) {
		return t, false
	}
	t.Len = uint8(copy(t.Octets[:], content))
	return t, true
}

// P-Abort causes (Q.773 3.1.1).
const (
	UnrecognisedMessageType         = 0
	UnrecognisedTransactionID       = 1
	BadlyFormattedTransaction       = 2
	IncorrectTransaction            = 3
	ResourceLimitation              = 4
	maxPAbort                 uint8 = 4
)

var pAbortNames = [maxPAbort + 1]string{"unrecognisedMessageType", "unrecognisedTransactionID",
	"badlyFormattedTransactionPortion", "incorrectTransactionPortion", "resourceLimitation"}

// PAbortName is the name of a P-Abort cause, or "" for one that Q.773 does not
// define.
func PAbortName(cause uint8) string {
	if cause > maxPAbort {
		return ""
	}
	return pAbortNames[cause]
}

// Message is one TCAP message.
type Message struct {
	Kind       Kind
	OTID, DTID TID
	// PAbort is the cause of an Abort that TCAP itself made, valid if HasPAbort.
	PAbort    uint8
	HasPAbort bool
	Dialogue  Dialogue
	// Components is the content of the component portion, for Components to
	// walk; valid if HasComponents.
	Components    []byte
	HasComponents bool
	// Cut: the message, or an element in it, goes beyond the data.
	Cut bool
	// Trailing is the number of octets behind the message, padding mostly.
	Trailing int
}

// Decode reads a message. An error leaves what stands before the fault valid;
// with ber.ErrShort, Cut is set.
func Decode(b []byte) (m Message, err error) {
	switch m.Kind = KindOf(b); m.Kind {
	case NotTCAP:
		return m, ErrNotTCAP
	case ANSI:
		return m, ErrANSI
	}
	e, rest, err := ber.Read(b)
	m.Trailing = len(rest)
	if err != nil && (err != ber.ErrShort || e.Raw == nil) {
		m.Cut = err == ber.ErrShort
		return m, err
	}
	if perr := m.portions(e.Content); err == nil {
		err = perr
	}
	if err == nil && !m.hasIDs() {
		err = ErrTransaction
	}
	m.Cut = err == ber.ErrShort
	return m, err
}

// portions reads the elements of the message. A fault in the dialogue portion
// does not keep the components from being read.
func (m *Message) portions(content []byte) (err error) {
	first := func(e error) {
		if err == nil {
			err = e
		}
	}
	r := ber.NewReader(content)
	for r.Next() {
		e, ok := &r.E, true
		if e.Missing > 0 && e.Tag != tagDialogue && e.Tag != tagComponents {
			break // the beginning of an id is no id
		}
		switch e.Tag {
		case tagOTID:
			m.OTID, ok = readTID(e.Content)
		case tagDTID:
			m.DTID, ok = readTID(e.Content)
		case tagPAbort:
			var v int64
			if v, ok = ber.Int(e.Content); ok {
				m.PAbort, m.HasPAbort = uint8(v), v >= 0 && v <= 0xff
			}
		case tagDialogue:
			first(m.Dialogue.read(e.Content))
		case tagComponents:
			m.Components, m.HasComponents = e.Content, true
		}
		if !ok && r.Err() == nil {
			first(ErrTransaction)
		}
	}
	if r.Err() != nil {
		err = r.Err()
	}
	return err
}

// hasIDs reports whether the ids that the type of message must have are there.
func (m *Message) hasIDs() bool {
	switch m.Kind {
	case Begin:
		return m.OTID.Len > 0
	case Continue:
		return m.OTID.Len > 0 && m.DTID.Len > 0
	case End, Abort:
		return m.DTID.Len > 0
	}
	return true
}

// Whole reports whether b begins with a TCAP message that ends within b, with no
// more than padding behind it.
func Whole(b []byte) bool {
	if k := KindOf(b); k == NotTCAP {
		return false
	}
	_, rest, err := ber.Read(b)
	if err != nil || len(rest) > 3 {
		return false
	}
	for _, o := range rest {
		if o != 0 {
			return false
		}
	}
	return true
}
