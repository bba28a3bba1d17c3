package tcap

import (
	"bytes"

	"pcaptriage/decoders/ber"
)

// DialogueKind is the kind of dialogue PDU (Q.773 3.2).
type DialogueKind uint8

// The dialogue PDUs.
const (
	NoDialogue      DialogueKind = iota
	AARQ                         // dialogue request
	AARE                         // dialogue response
	ABRT                         // dialogue abort
	AUDT                         // unidirectional dialogue
	UnknownDialogue              // another abstract syntax or PDU
)

// DialogueNames by value.
var DialogueNames = [...]string{"", "AARQ", "AARE", "ABRT", "AUDT", "unknown"}

func (k DialogueKind) String() string { return DialogueNames[k] }

// Contents of the object identifiers of the two abstract syntaxes (Q.773 3.2).
var (
	oidStructured   = []byte{0x00, 0x11, 0x86, 0x05, 0x01, 0x01, 0x01} // 0.0.17.773.1.1.1
	oidUnstructured = []byte{0x00, 0x11, 0x86, 0x05, 0x01, 0x02, 0x01} // 0.0.17.773.1.2.1
)

// Tags within the dialogue portion.
const (
	tagSingleASN1 = 0xa0
	tagAARQ       = 0x60
	tagAARE       = 0x61
	tagABRT       = 0x64
	tagContext    = 0xa1
	tagResult     = 0xa2
	tagDiagnostic = 0xa3
	tagSource     = 0x80
	tagUserInfo   = 0xbe

	tagDiagnosticUser     = 0xa1
	tagDiagnosticProvider = 0xa2
)

// Results of an AARE.
const (
	Accepted        = 0
	RejectPermanent = 1
)

// Diagnostics of an AARE (Q.773 3.2): of the service user, of the provider.
const (
	UserContextNotSupported = 2 // application-context-name-not-supported
	ProviderNoCommonPortion = 2 // no-common-dialogue-portion
)

// Dialogue is the dialogue portion of a message.
type Dialogue struct {
	Kind DialogueKind // NoDialogue when there is no such portion
	// Context is the content of the application context name, an object
	// identifier; nil when there is none. A view of the message.
	Context []byte
	// Result of an AARE, valid if HasResult.
	Result    uint8
	HasResult bool
	// Diagnostic of an AARE, valid if HasDiagnostic; from the dialogue service
	// provider if FromProvider, else from its user.
	Diagnostic    uint8
	HasDiagnostic bool
	// FromProvider tells the origin of an AARE's diagnostic or of an ABRT (with
	// HasSource).
	FromProvider bool
	HasSource    bool
	// UserInfo is the content of the user information: a sequence of EXTERNAL. A
	// view of the message.
	UserInfo []byte
}

// read reads the content of the dialogue portion.
func (d *Dialogue) read(content []byte) error {
	d.Kind = UnknownDialogue
	ext, _, err := ber.Read(content)
	if err != nil && ext.Raw == nil {
		return err
	}
	if ext.Tag != ber.External {
		return ErrDialogue
	}
	r := ber.NewReader(ext.Content)
	structured, unstructured := false, false
	for r.Next() {
		switch r.E.Tag {
		case ber.OID:
			structured = bytes.Equal(r.E.Content, oidStructured)
			unstructured = bytes.Equal(r.E.Content, oidUnstructured)
		case tagSingleASN1:
			if !structured && !unstructured {
				return r.Err()
			}
			pdu, _, err := ber.Read(r.E.Content)
			if err != nil && pdu.Raw == nil {
				return err
			}
			if perr := d.pdu(&pdu, structured); perr != nil {
				return perr
			}
			if err != nil {
				return err
			}
		}
	}
	if r.Err() != nil {
		return r.Err()
	}
	return err
}

func (d *Dialogue) pdu(pdu *ber.Element, structured bool) error {
	switch {
	case pdu.Tag == tagAARQ && structured:
		d.Kind = AARQ
	case pdu.Tag == tagAARQ:
		d.Kind = AUDT
	case pdu.Tag == tagAARE && structured:
		d.Kind = AARE
	case pdu.Tag == tagABRT && structured:
		d.Kind = ABRT
	default:
		return nil
	}
	r := ber.NewReader(pdu.Content)
	for r.Next() {
		e := &r.E
		switch e.Tag {
		case tagContext:
			if o, _, err := ber.Read(e.Content); err == nil && o.Tag == ber.OID {
				d.Context = o.Content
			}
		case tagResult:
			if v, ok := innerInt(e.Content); ok {
				d.Result, d.HasResult = v, true
			}
		case tagDiagnostic:
			o, _, err := ber.Read(e.Content)
			if err != nil || o.Tag != tagDiagnosticUser && o.Tag != tagDiagnosticProvider {
				continue
			}
			if v, ok := innerInt(o.Content); ok {
				d.Diagnostic, d.HasDiagnostic, d.FromProvider = v, true, o.Tag == tagDiagnosticProvider
			}
		case tagSource:
			if v, ok := ber.Int(e.Content); ok && d.Kind == ABRT && e.Missing == 0 {
				d.FromProvider, d.HasSource = v == 1, true
			}
		case tagUserInfo:
			d.UserInfo = e.Content
		}
	}
	return r.Err()
}

// innerInt reads an INTEGER within an explicit tag.
func innerInt(content []byte) (v uint8, ok bool) {
	e, _, err := ber.Read(content)
	if err != nil || e.Tag != ber.Integer {
		return 0, false
	}
	n, ok := ber.Int(e.Content)
	return uint8(n), ok && n >= 0 && n <= 0xff
}
