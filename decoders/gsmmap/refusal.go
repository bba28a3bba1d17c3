package gsmmap

import "pcaptriage/decoders/tcap"

// RefusalKind is how a dialogue was refused because of its version.
type RefusalKind uint8

// The ways (TS 29.002 15.2.1).
const (
	NoRefusal RefusalKind = iota
	// ContextRefused: an AARE rejects the application context as not supported.
	ContextRefused
	// PortionRefused: TCAP aborts because the Begin has a dialogue portion, which
	// the peer's version 1 does not know.
	PortionRefused
	// NoCommonPortion: the peer has no common dialogue portion.
	NoCommonPortion
)

// RefusalNames by value.
var RefusalNames = [...]string{"", "application context not supported", "dialogue portion not understood", "no common dialogue portion"}

func (k RefusalKind) String() string { return RefusalNames[k] }

// Refusal says that the peer wants another version.
type Refusal struct {
	Kind RefusalKind
	// Alternative is the context that the peer offers instead, valid if
	// HasAlternative.
	Alternative    Context
	HasAlternative bool
}

// ReadRefusal reads an Abort or End as the refusal of a dialogue's version. begin
// says whether it answers a Begin that had a dialogue portion; without one, a
// P-Abort is not about the version.
func ReadRefusal(m *tcap.Message, begin bool) (r Refusal) {
	if m.Kind != tcap.Abort && m.Kind != tcap.End {
		return r
	}
	d := &m.Dialogue
	switch {
	case m.HasPAbort:
		if begin && m.PAbort == tcap.IncorrectTransaction {
			r.Kind = PortionRefused
		}
		return r
	case d.Kind != tcap.AARE || !d.HasResult || d.Result == tcap.Accepted || !d.HasDiagnostic:
		return r
	case d.FromProvider && d.Diagnostic == tcap.ProviderNoCommonPortion:
		r.Kind = NoCommonPortion
	case !d.FromProvider && d.Diagnostic == tcap.UserContextNotSupported:
		r.Kind = ContextRefused
	default:
		return r
	}
	r.Alternative, r.HasAlternative = ParseContext(d.Context)
	if p, ok := ReadDialoguePDU(d.UserInfo); ok && p.Alternative != nil {
		if c, ok := ParseContext(p.Alternative); ok {
			r.Alternative, r.HasAlternative = c, true
		}
	}
	return r
}
