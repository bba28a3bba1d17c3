package gsmmap

import (
	"errors"

	"pcaptriage/decoders/ber"
)

// Errors of ReadForward.
var (
	// ErrNotForward: the argument is not that of a forwardSM.
	ErrNotForward = errors.New("gsmmap: argument is not that of a forwardSM")
)

// Party is the choice in SM-RP-DA or SM-RP-OA (TS 29.002 17.7.6), by its tag's number.
type Party uint8

// The choices.
const (
	PartyIMSI          Party = 0 // DA
	PartyLMSI          Party = 1 // DA
	PartyMSISDN        Party = 2 // OA
	PartyRoamingNumber Party = 3 // DA, version 1 only
	PartyServiceCentre Party = 4 // DA and OA
	PartyNone          Party = 5 // DA and OA, version 2 on
)

// PartyNames by value.
var PartyNames = [...]string{"imsi", "lmsi", "msisdn", "roamingNumber", "serviceCentreAddress", "none"}

func (p Party) String() string { return PartyNames[p] }

// Tail is the set of elements behind the short message in the argument.
type Tail uint8

const (
	TailMore      Tail = 1 << iota // moreMessagesToSend, NULL
	TailOctets                     // OCTET STRING: in mo-forwardSM the IMSI, in mt-forwardSM the delivery start time
	TailExtension                  // extensionContainer, SEQUENCE
	TailInteger                    // delivery timer, INTEGER
	TailTagged                     // context tags [0] to [4]: correlation id and later additions
	TailOther                      // anything else
)

// Forward is the argument of an operation with code 46 or 44.
type Forward struct {
	DA, OA Party
	// DAValue and OAValue are the contents: IMSI (TBCD), LMSI, or AddressString.
	// UI is the TPDU. All are views of the message.
	DAValue, OAValue, UI []byte
	HasUI                bool
	Tail                 Tail
	// Octets is the content of TailOctets.
	Octets []byte
	// Cut: the argument goes beyond the data; what stands before is valid.
	Cut bool
}

// More reports whether moreMessagesToSend is there.
func (f *Forward) More() bool { return f.Tail&TailMore != 0 }

// ReadForward reads the argument of forwardSM, mo-forwardSM or mt-forwardSM: a
// SEQUENCE of SM-RP-DA, SM-RP-OA, SM-RP-UI and what each version adds. An
// argument that is cut is read as far as both addresses' choices; ErrNotForward
// means that it has another syntax.
func ReadForward(param []byte) (f Forward, err error) {
	e, _, err := ber.Read(param)
	if err != nil && err != ber.ErrShort || e.Tag != ber.Sequence {
		return f, ErrNotForward
	}
	f.Cut = err == ber.ErrShort
	r := ber.NewReader(e.Content)
	if !r.Next() || !party(&r.E, &f.DA, &f.DAValue) || f.DA == PartyMSISDN {
		return f, ErrNotForward
	}
	if !r.Next() || !party(&r.E, &f.OA, &f.OAValue) || f.OA != PartyMSISDN && f.OA != PartyServiceCentre && f.OA != PartyNone {
		return f, ErrNotForward
	}
	if !r.Next() {
		f.Cut = f.Cut || r.Err() == ber.ErrShort
		if !f.Cut {
			return f, ErrNotForward
		}
		return f, nil
	}
	if r.E.Tag != ber.OctetString {
		return f, ErrNotForward
	}
	f.UI, f.HasUI = r.E.Content, true
	for r.Next() {
		f.tail(&r.E)
	}
	if err := r.Err(); err == ber.ErrShort {
		f.Cut = true
	}
	return f, nil
}

// party reads one of the choices, all of which have primitive context tags.
func party(e *ber.Element, p *Party, v *[]byte) bool {
	if e.Tag < 0x80 || e.Tag > 0x80+uint32(PartyNone) {
		return false
	}
	*p, *v = Party(e.Tag-0x80), e.Content
	return true
}

func (f *Forward) tail(e *ber.Element) {
	switch {
	case e.Tag == ber.Null:
		f.Tail |= TailMore
	case e.Tag == ber.OctetString:
		f.Tail |= TailOctets
		f.Octets = e.Content
	case e.Tag == ber.Sequence:
		f.Tail |= TailExtension
	case e.Tag == ber.Integer:
		f.Tail |= TailInteger
	case e.Tag >= 0x80 && e.Tag <= 0xa4 && e.Tag&0x1f <= 4:
		f.Tail |= TailTagged
	default:
		f.Tail |= TailOther
	}
}

// direction is what the addresses say: only messages to the service centre go
// to its address, and only those from it come from its address.
func (f *Forward) direction() Direction {
	switch {
	case f.DA == PartyIMSI, f.DA == PartyLMSI, f.DA == PartyRoamingNumber:
		return MT
	case f.DA == PartyServiceCentre && f.OA != PartyServiceCentre:
		return MO
	case f.DA == PartyNone && f.OA == PartyServiceCentre:
		return MT
	case f.DA == PartyNone && f.OA == PartyMSISDN:
		return MO
	}
	return UnknownDirection
}

// imsiTail reports whether the tail has an OCTET STRING of an IMSI's length.
func (f *Forward) imsiTail() bool {
	return f.Tail&TailOctets != 0 && len(f.Octets) >= 3 && len(f.Octets) <= 8
}
