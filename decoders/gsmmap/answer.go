package gsmmap

import "pcaptriage/decoders/ber"

// Shape is the syntax of an error's parameter, which changed between versions.
type Shape uint8

// The shapes.
const (
	NoParameter Shape = iota
	BareEnumerated
	BareBoolean
	BareSequence
	OtherShape
)

// ErrorParam is the parameter of a ReturnError.
type ErrorParam struct {
	Shape Shape
	// Versions are those whose syntax for this error has that shape; all when
	// the shape tells nothing.
	Versions Versions
	// Cause of sm-DeliveryFailure, diagnostic of absentSubscriberSM or network
	// resource of systemFailure, as the error code says; -1 when not told.
	Value int
	// TPDU is the SMS-DELIVER-REPORT or SMS-SUBMIT-REPORT in an
	// sm-DeliveryFailure, a view of the message; nil when there is none.
	TPDU []byte
}

// ReadErrorParam reads the parameter of the error with the given code; param is
// nil when there is none.
func ReadErrorParam(code int32, param []byte) (p ErrorParam) {
	p.Value, p.Versions = -1, AllVersions
	if len(param) == 0 {
		return p
	}
	e, _, err := ber.Read(param)
	if err != nil && e.Raw == nil {
		p.Shape = OtherShape
		return p
	}
	switch e.Tag {
	case ber.Enumerated:
		p.Shape = BareEnumerated
		if code == ErrCodeSMDeliveryFailure || code == ErrCodeSystemFailure {
			p.Value = small(&e)
		}
	case ber.Boolean:
		p.Shape = BareBoolean
	case ber.Sequence:
		p.Shape = BareSequence
		p.sequence(code, e.Content)
	default:
		p.Shape = OtherShape
	}
	p.Versions = shapeVersions(code, p.Shape)
	return p
}

// sequence reads the first element of the code's type, and the TPDU.
func (p *ErrorParam) sequence(code int32, content []byte) {
	r := ber.NewReader(content)
	for r.Next() {
		e := &r.E
		switch {
		case e.Tag == ber.Enumerated && (code == ErrCodeSMDeliveryFailure || code == ErrCodeSystemFailure) && p.Value < 0,
			e.Tag == ber.Integer && code == ErrCodeAbsentSubscriberSM && p.Value < 0:
			p.Value = small(e)
		case e.Tag == ber.OctetString && code == ErrCodeSMDeliveryFailure && p.TPDU == nil:
			p.TPDU = e.Content
		}
	}
}

// small reads an integer of 0 to 255, -1 if it is none.
func small(e *ber.Element) int {
	v, ok := ber.Int(e.Content)
	if !ok || v < 0 || v > 255 || e.Missing > 0 {
		return -1
	}
	return int(v)
}

// shapeVersions are the versions in which an error's parameter has the shape.
func shapeVersions(code int32, s Shape) Versions {
	switch {
	case code == ErrCodeAbsentSubscriberSM:
		return V3
	case code == ErrCodeSMDeliveryFailure && s == BareEnumerated:
		return V1
	case code == ErrCodeSMDeliveryFailure && s == BareSequence:
		return V2 | V3
	case code == ErrCodeSystemFailure && s == BareEnumerated:
		return V1 | V2
	case code == ErrCodeSystemFailure && s == BareSequence:
		return V3
	case code == ErrCodeAbsentSubscriber && s == BareBoolean:
		return V1
	}
	return AllVersions
}

// ReportTPDU returns the SMS-DELIVER-REPORT or SMS-SUBMIT-REPORT in the result
// of a forwardSM of version 3, or nil. It is a view of the message.
func ReportTPDU(param []byte) []byte {
	e, _, err := ber.Read(param)
	if err != nil && e.Raw == nil || e.Tag != ber.Sequence {
		return nil
	}
	r := ber.NewReader(e.Content)
	for r.Next() {
		if r.E.Tag == ber.OctetString {
			return r.E.Content
		}
	}
	return nil
}
