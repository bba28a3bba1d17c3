package tcap

import (
	"pcaptriage/decoders/ber"
)

// ComponentKind is the type of a component (Q.773 3.3).
type ComponentKind uint8

// The component types.
const (
	Invoke ComponentKind = iota + 1
	ReturnResultLast
	ReturnError
	Reject
	ReturnResultNotLast
)

// ComponentNames by value: the names of Q.773 as Wireshark writes them.
var ComponentNames = [...]string{"", "invoke", "returnResultLast", "returnError", "reject", "returnResultNotLast"}

func (k ComponentKind) String() string { return ComponentNames[k] }

// Tags of the components.
const (
	tagInvoke              = 0xa1
	tagReturnResultLast    = 0xa2
	tagReturnError         = 0xa3
	tagReject              = 0xa4
	tagReturnResultNotLast = 0xa7
	tagLinkedID            = 0x80
)

// ProblemKind is which of a Reject's problem lists applies (Q.773 3.3).
type ProblemKind uint8

// The problem lists, by their tags' numbers.
const (
	ProblemGeneral ProblemKind = iota
	ProblemInvoke
	ProblemReturnResult
	ProblemReturnError
)

// problemNames by list and value (Q.773 3.3).
var problemNames = [...][]string{
	{"unrecognisedComponent", "mistypedComponent", "badlyStructuredComponent"},
	{"duplicateInvokeID", "unrecognisedOperation", "mistypedParameter", "resourceLimitation", "initiatingRelease",
		"unrecognisedLinkedID", "linkedResponseUnexpected", "unexpectedLinkedOperation"},
	{"unrecognisedInvokeID", "returnResultUnexpected", "mistypedParameter"},
	{"unrecognisedInvokeID", "returnErrorUnexpected", "unrecognisedError", "unexpectedError", "mistypedParameter"},
}

// ProblemName is the name of a Reject's problem, or "" for one that Q.773 does
// not define.
func ProblemName(kind ProblemKind, problem uint8) string {
	if int(kind) < len(problemNames) && int(problem) < len(problemNames[kind]) {
		return problemNames[kind][problem]
	}
	return ""
}

// Component is one component.
type Component struct {
	Kind ComponentKind
	// InvokeID is -128 to 127, valid if HasInvokeID (a Reject may have none).
	InvokeID    int8
	HasInvokeID bool
	LinkedID    int8 // of an Invoke, valid if HasLinkedID
	HasLinkedID bool
	// Code is the operation code of an Invoke and of a result that names it, or
	// the error code of a ReturnError; valid if HasCode. Results leave it out as
	// a rule: the operation is that of the invoke.
	Code    int32
	HasCode bool
	// GlobalCode is the content of an object identifier in Code's place: an
	// operation or error that is none of MAP's. A view of the message.
	GlobalCode []byte
	// Param is the parameter whole, tag and length included; nil when there is
	// none. A view of the message.
	Param []byte
	// Problem of a Reject, valid if HasProblem.
	ProblemKind ProblemKind
	Problem     uint8
	HasProblem  bool
	// Cut: the component goes beyond the data.
	Cut bool
}

// Components walks the components of a message.
type Components struct {
	r   ber.Reader
	err error
	// C is the current component, valid after Next returned true.
	C Component
	// Skipped is how many components Next has passed over that were malformed or
	// unknown, and not cut.
	Skipped int
}

// NewComponents walks the content of a component portion (Message.Components).
func NewComponents(portion []byte) Components { return Components{r: ber.NewReader(portion)} }

// Next moves to the next component. A component that is malformed or unknown is
// passed over, and Err tells. One that is cut is given out if its invoke id and
// code are there.
func (w *Components) Next() bool {
	for w.r.Next() {
		c, err := readComponent(&w.r.E)
		c.Cut = w.r.Err() == ber.ErrShort
		if err != nil && w.err == nil {
			w.err = err
		}
		if err != nil && !(c.Cut && c.HasCode) {
			if !c.Cut {
				w.Skipped++
			}
			continue
		}
		w.C = c
		return true
	}
	return false
}

// Err is the first error of the walk, or nil: ber.ErrShort when the portion is
// cut, ErrComponent, or another of package ber.
func (w *Components) Err() error {
	if w.r.Err() != nil {
		return w.r.Err()
	}
	return w.err
}

// Broken reports whether the walk ended before the portion did: what is left
// cannot be read.
func (w *Components) Broken() bool { return w.r.Err() != nil }

func readComponent(e *ber.Element) (c Component, err error) {
	r := ber.NewReader(e.Content)
	switch e.Tag {
	case tagInvoke:
		c.Kind = Invoke
		err = c.invoke(&r)
	case tagReturnResultLast, tagReturnResultNotLast:
		c.Kind = ReturnResultLast
		if e.Tag == tagReturnResultNotLast {
			c.Kind = ReturnResultNotLast
		}
		err = c.result(&r)
	case tagReturnError:
		c.Kind = ReturnError
		if !c.invokeID(&r) || !r.Next() || !c.code(&r.E) {
			return c, ErrComponent
		}
		c.parameter(&r)
	case tagReject:
		c.Kind = Reject
		err = c.reject(&r)
	default:
		return c, ErrComponent
	}
	if err == nil {
		err = r.Err()
	}
	return c, err
}

func (c *Component) invokeID(r *ber.Reader) bool {
	if !r.Next() || r.E.Tag != ber.Integer || r.E.Missing > 0 {
		return false
	}
	c.InvokeID, c.HasInvokeID = id(r.E.Content)
	return c.HasInvokeID
}

// id reads an invoke id: one octet by Q.773, more if they say no more.
func id(content []byte) (int8, bool) {
	v, ok := ber.Int(content)
	return int8(v), ok && v >= -128 && v <= 255
}

func (c *Component) invoke(r *ber.Reader) error {
	if !c.invokeID(r) || !r.Next() {
		return ErrComponent
	}
	if r.E.Tag == tagLinkedID && r.E.Missing == 0 {
		c.LinkedID, c.HasLinkedID = id(r.E.Content)
		if !r.Next() {
			return ErrComponent
		}
	}
	if !c.code(&r.E) {
		return ErrComponent
	}
	c.parameter(r)
	return nil
}

func (c *Component) result(r *ber.Reader) error {
	if !c.invokeID(r) {
		return ErrComponent
	}
	if !r.Next() {
		return nil
	}
	if r.E.Tag != ber.Sequence {
		return ErrComponent
	}
	in := ber.NewReader(r.E.Content)
	if !in.Next() || !c.code(&in.E) {
		return ErrComponent
	}
	c.parameter(&in)
	return in.Err()
}

func (c *Component) reject(r *ber.Reader) error {
	if !r.Next() || r.E.Missing > 0 {
		return ErrComponent
	}
	switch r.E.Tag {
	case ber.Integer:
		c.InvokeID, c.HasInvokeID = id(r.E.Content)
	case ber.Null:
	default:
		return ErrComponent
	}
	if !r.Next() || r.E.Tag < 0x80 || r.E.Tag > 0x83 || r.E.Missing > 0 {
		return ErrComponent
	}
	v, ok := ber.Int(r.E.Content)
	c.ProblemKind, c.Problem, c.HasProblem = ProblemKind(r.E.Tag-0x80), uint8(v), ok && v >= 0 && v <= 0xff
	return nil
}

// code reads an operation or error code: local or global.
func (c *Component) code(e *ber.Element) bool {
	if e.Missing > 0 {
		return false
	}
	switch e.Tag {
	case ber.Integer:
		v, ok := ber.Int(e.Content)
		c.Code, c.HasCode = int32(v), ok && v == int64(int32(v))
		return c.HasCode
	case ber.OID:
		c.GlobalCode = e.Content
		return true
	}
	return false
}

// parameter takes the element that follows, if there is one.
func (c *Component) parameter(r *ber.Reader) {
	if r.Next() {
		c.Param = r.E.Raw
	}
}
