package gsmmap

import (
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/tcap"
)

// message is what the correlator gets to know of one TCAP message. Slices are
// views of whatever the message was read from.
type message struct {
	kind       tcap.Kind
	flags      messageFlags
	cause      uint8 // return cause, valid if msgReturned
	pabort     uint8 // valid if msgPAbort
	otid, dtid tcap.TID
	vtag       uint32 // SCTP verification tag, 0 when there is none
	tsn        uint32 // of the first chunk, valid if vtag is not 0
	calling    party
	called     party
	opc, dpc   uint32 // valid if msgHasPC

	dialogue   tcap.DialogueKind
	result     uint8 // of an AARE, valid if msgHasResult
	diagnostic uint8 // valid if msgHasDiagnostic
	context    gsmmap.Context
	foreign    []byte // application context name that is none of MAP
	pdu        gsmmap.PDUKind
	reason     int8
	refusal    gsmmap.Refusal

	components []component
}

type messageFlags uint16

const (
	msgReturned messageFlags = 1 << iota // SCCP returned it: it is the original message, on its way back
	msgCut
	msgPAbort
	msgHasPC
	msgHasContext
	msgForeign // an application context is there and it is none of MAP, or unreadable
	msgHasResult
	msgHasDiagnostic
	msgFromProvider
	msgPortion        // there is a dialogue portion
	msgMoreComponents // more than maxComponents
	msgLoose          // components without a TCAP message: no transaction ids, no context
	msgDamaged        // components that could not be read
)

// maxComponents of one message are looked at.
const maxComponents = 16

// component is what the correlator gets to know of one component.
type component struct {
	kind        tcap.ComponentKind
	flags       componentFlags
	invokeID    int8
	code        int32
	problemKind tcap.ProblemKind
	problem     uint8

	// Of an error.
	value    int16
	versions gsmmap.Versions

	// Of an error or a result: the type of the report in it, InvalidTPDU when
	// there is none, and its TP-Failure-Cause, -1 when there is none.
	report gsmmap.TPDUType
	fcs    int16

	// Of a companion without a context: what its code and argument say.
	alone gsmmap.Verdict

	// Of a forwardSM, valid if compForward.
	forward gsmmap.Forward // UI holds its first octet only
	ui      uint64         // fingerprint
	tpdu    gsmmap.TPDUType
	status  int16 // TP-Status of a StatusReport, else -1
	more    bool  // of the TPDU, valid for Deliver and StatusReport
	concat  gsmmap.Concat
	sender  uint64 // fingerprint of the address in the TPDU
	text    []byte // only when it may be shown
	number  []byte // MSISDN (TBCD) that a sendRoutingInfoForSM asks for
	nature  uint8  // of number
}

type componentFlags uint8

const (
	compHasID componentFlags = 1 << iota
	compHasCode
	compGlobal
	compForward // an invoke with the argument of a forwardSM
	compHasProblem
)
