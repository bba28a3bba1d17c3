package gsmmap

import "pcaptriage/decoders/ber"

// PDUKind is the kind of MAP dialogue PDU (TS 29.002 17.4).
type PDUKind uint8

// The PDUs, by their tags' numbers plus one.
const (
	NoPDU PDUKind = iota
	Open
	Accept
	Close
	Refuse
	UserAbort
	ProviderAbort
)

// PDUNames by value.
var PDUNames = [...]string{"", "map-open", "map-accept", "map-close", "map-refuse", "map-userAbort", "map-providerAbort"}

func (k PDUKind) String() string { return PDUNames[k] }

// dialogueSyntax is the content of 0.4.0.0.1.1.1.1, MAP's dialogue syntax.
const dialogueSyntax = "\x04\x00\x00\x01\x01\x01\x01"

// DialoguePDU is a MAP dialogue PDU. What map-open says of the subscriber
// (destination and origination reference) is not kept.
type DialoguePDU struct {
	Kind PDUKind
	// Reason of Refuse (0 none given, 1 invalid destination reference, 2 invalid
	// originating reference) and ProviderAbort (0 abnormal dialogue, 1 invalid
	// PDU), choice of UserAbort (0 user specific, 1 user resource limitation, 2
	// resource unavailable, 3 application procedure cancellation); -1 when not told.
	Reason int
	// Detail is the reason within the choices 2 and 3 of UserAbort, -1 when not told.
	Detail int
	// Alternative is the application context name that Refuse offers, nil when
	// none; a view of the message.
	Alternative []byte
}

// ReadDialoguePDU reads the user information of a dialogue portion
// (tcap.Dialogue.UserInfo). ok is false when it holds no MAP dialogue PDU.
func ReadDialoguePDU(userInfo []byte) (p DialoguePDU, ok bool) {
	p.Reason, p.Detail = -1, -1
	infos := ber.NewReader(userInfo)
	for infos.Next() {
		if infos.E.Tag != ber.External {
			continue
		}
		syntax := false
		r := ber.NewReader(infos.E.Content)
		for r.Next() {
			switch {
			case r.E.Tag == ber.OID:
				syntax = string(r.E.Content) == dialogueSyntax
			case syntax && r.E.Tag == 0xa0:
				pdu, _, err := ber.Read(r.E.Content)
				if err != nil && pdu.Raw == nil || pdu.Tag < 0xa0 || pdu.Tag > 0xa5 {
					return p, false
				}
				p.read(&pdu)
				return p, true
			}
		}
	}
	return p, false
}

func (p *DialoguePDU) read(pdu *ber.Element) {
	p.Kind = PDUKind(pdu.Tag-0xa0) + Open
	r := ber.NewReader(pdu.Content)
	for r.Next() {
		e := &r.E
		switch {
		case e.Tag == ber.Enumerated && (p.Kind == Refuse || p.Kind == ProviderAbort) && p.Reason < 0:
			p.Reason = small(e)
		case e.Tag == ber.OID && p.Kind == Refuse && e.Missing == 0:
			p.Alternative = e.Content
		case e.Tag >= 0x80 && e.Tag <= 0x83 && p.Kind == UserAbort && p.Reason < 0:
			p.Reason = int(e.Tag - 0x80)
			if len(e.Content) > 0 {
				p.Detail = small(e)
			}
		}
	}
}

var userAbortNames = [...]string{"userSpecificReason", "userResourceLimitation", "resourceUnavailable", "applicationProcedureCancellation"}
var refuseNames = [...]string{"noReasonGiven", "invalidDestinationReference", "invalidOriginatingReference"}
var providerAbortNames = [...]string{"abnormalDialogue", "invalidPDU"}

// ReasonName is the name of the reason, or "".
func (p *DialoguePDU) ReasonName() string {
	switch p.Kind {
	case Refuse:
		return nameOf(refuseNames[:], p.Reason)
	case UserAbort:
		return nameOf(userAbortNames[:], p.Reason)
	case ProviderAbort:
		return nameOf(providerAbortNames[:], p.Reason)
	}
	return ""
}
