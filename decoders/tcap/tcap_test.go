package tcap

import (
	"encoding/hex"
	"slices"
	"testing"

	"pcaptriage/decoders/ber"
)

// tlv encodes an element with a length of the shortest form.
func tlv(tag byte, parts ...[]byte) []byte {
	var v []byte
	for _, p := range parts {
		v = append(v, p...)
	}
	switch n := len(v); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, v...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, v...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, v...)
	}
}

// indef encodes an element with an indefinite length.
func indef(tag byte, parts ...[]byte) []byte {
	b := []byte{tag, 0x80}
	for _, p := range parts {
		b = append(b, p...)
	}
	return append(b, 0, 0)
}

var (
	otid = []byte{0x48, 4, 1, 2, 3, 4}
	dtid = []byte{0x49, 3, 9, 8, 7}
	oidS = append([]byte{6, 7}, oidStructured...)
	oidU = append([]byte{6, 7}, oidUnstructured...)
	ac   = []byte{0x04, 0x00, 0x00, 0x01, 0x00, 0x19, 0x03}
	acn  = tlv(tagContext, tlv(ber.OID, ac))
)

func dialogue(oid []byte, pdu []byte) []byte {
	return tlv(tagDialogue, tlv(ber.External, oid, tlv(tagSingleASN1, pdu)))
}

func TestDecodeTransaction(t *testing.T) {
	for _, c := range []struct {
		name       string
		b          []byte
		kind       Kind
		otid, dtid string
		trailing   int
		err        error
	}{
		{"begin", tlv(0x62, otid), Begin, "01020304", "", 0, nil},
		{"id of zeroes is an id", tlv(0x62, []byte{0x48, 4, 0, 0, 0, 0}), Begin, "00000000", "", 0, nil},
		{"continue", tlv(0x65, otid, dtid), Continue, "01020304", "090807", 0, nil},
		{"end, padded", append(tlv(0x64, dtid), 0, 0), End, "", "090807", 2, nil},
		{"unidirectional", tlv(0x61), Unidirectional, "", "", 0, nil},
		{"indefinite", indef(0x62, otid, indef(tagComponents)), Begin, "01020304", "", 0, nil},
		{"begin without id", tlv(0x62), Begin, "", "", 0, ErrTransaction},
		{"continue without one id", tlv(0x65, otid), Continue, "01020304", "", 0, ErrTransaction},
		{"id of 5 octets", tlv(0x62, []byte{0x48, 5, 1, 2, 3, 4, 5}), Begin, "", "", 0, ErrTransaction},
		{"ANSI", []byte{0xe2, 0}, ANSI, "", "", 0, ErrANSI},
		{"something else", []byte{0x30, 0}, NotTCAP, "", "", 0, ErrNotTCAP},
		{"nothing", nil, NotTCAP, "", "", 0, ErrNotTCAP},
		{"cut header", []byte{0x62}, Begin, "", "", 0, ber.ErrShort},
		{"cut id", tlv(0x62, otid)[:6], Begin, "", "", 0, ber.ErrShort},
	} {
		m, err := Decode(c.b)
		if err != c.err || m.Kind != c.kind || m.OTID.String() != c.otid && err != ber.ErrShort || m.DTID.String() != c.dtid ||
			m.Trailing != c.trailing || m.Cut != (c.err == ber.ErrShort) {
			t.Errorf("%s: %+v %v", c.name, m, err)
		}
	}
	m, err := Decode(tlv(0x67, dtid, []byte{tagPAbort, 1, 3}))
	if err != nil || m.Kind != Abort || !m.HasPAbort || m.PAbort != IncorrectTransaction || PAbortName(m.PAbort) != "incorrectTransactionPortion" || PAbortName(5) != "" {
		t.Errorf("abort: %+v %v", m, err)
	}
}

func TestCutIDIsNotAnID(t *testing.T) {
	// The last id octets are missing: what is there must not pass for the id.
	m, err := Decode(tlv(0x62, otid)[:6])
	if err != ber.ErrShort || m.OTID.Len != 0 {
		t.Errorf("%v %v", m.OTID, err)
	}
}

func TestDecodeDialogue(t *testing.T) {
	version := []byte{0x80, 2, 7, 0x80}
	user := tlv(tagUserInfo, []byte{0x28, 0})
	result := func(v byte) []byte { return tlv(tagResult, []byte{2, 1, v}) }
	diagnostic := func(list, v byte) []byte { return tlv(tagDiagnostic, tlv(list, []byte{2, 1, v})) }
	for _, c := range []struct {
		name    string
		portion []byte
		want    Dialogue
		ac      bool
		user    bool
		err     error
	}{
		{"AARQ", dialogue(oidS, tlv(tagAARQ, version, acn)), Dialogue{Kind: AARQ}, true, false, nil},
		{"AARQ with user information", dialogue(oidS, tlv(tagAARQ, acn, user)), Dialogue{Kind: AARQ}, true, true, nil},
		{"AARE accepted", dialogue(oidS, tlv(tagAARE, acn, result(0), diagnostic(tagDiagnosticUser, 0))),
			Dialogue{Kind: AARE, HasResult: true, HasDiagnostic: true}, true, false, nil},
		{"AARE, context not supported", dialogue(oidS, tlv(tagAARE, acn, result(1), diagnostic(tagDiagnosticUser, 2))),
			Dialogue{Kind: AARE, HasResult: true, Result: RejectPermanent, HasDiagnostic: true, Diagnostic: UserContextNotSupported}, true, false, nil},
		{"AARE, no common portion", dialogue(oidS, tlv(tagAARE, acn, result(1), diagnostic(tagDiagnosticProvider, 2))),
			Dialogue{Kind: AARE, HasResult: true, Result: RejectPermanent, HasDiagnostic: true, Diagnostic: ProviderNoCommonPortion, FromProvider: true}, true, false, nil},
		{"ABRT by the user", dialogue(oidS, tlv(tagABRT, []byte{tagSource, 1, 0}, user)), Dialogue{Kind: ABRT, HasSource: true}, false, true, nil},
		{"ABRT by the provider", dialogue(oidS, tlv(tagABRT, []byte{tagSource, 1, 1})), Dialogue{Kind: ABRT, HasSource: true, FromProvider: true}, false, false, nil},
		{"AUDT", dialogue(oidU, tlv(tagAARQ, acn)), Dialogue{Kind: AUDT}, true, false, nil},
		{"indefinite all over", indef(tagDialogue, indef(ber.External, oidS, indef(tagSingleASN1, indef(tagAARQ, indef(tagContext, tlv(ber.OID, ac)))))),
			Dialogue{Kind: AARQ}, true, false, nil},
		{"another abstract syntax", dialogue([]byte{6, 1, 0x2a}, tlv(tagAARQ, acn)), Dialogue{Kind: UnknownDialogue}, false, false, nil},
		{"another PDU", dialogue(oidS, tlv(0x62, acn)), Dialogue{Kind: UnknownDialogue}, false, false, nil},
		{"no EXTERNAL", tlv(tagDialogue, tlv(0x30)), Dialogue{Kind: UnknownDialogue}, false, false, ErrDialogue},
	} {
		// The components behind the dialogue portion are there in any case.
		m, err := Decode(tlv(0x62, otid, c.portion, tlv(tagComponents, []byte{1, 1, 0})))
		d := m.Dialogue
		if (d.Context != nil) != c.ac || c.ac && string(d.Context) != string(ac) || (d.UserInfo != nil) != c.user || err != c.err || len(m.Components) != 3 {
			t.Errorf("%s: %+v %v", c.name, m, err)
		}
		if d.Kind != c.want.Kind || d.Result != c.want.Result || d.HasResult != c.want.HasResult || d.Diagnostic != c.want.Diagnostic ||
			d.HasDiagnostic != c.want.HasDiagnostic || d.FromProvider != c.want.FromProvider || d.HasSource != c.want.HasSource {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func walk(portion []byte) (all []Component, err error) {
	w := NewComponents(portion)
	for w.Next() {
		all = append(all, w.C)
	}
	return all, w.Err()
}

// What is passed over is counted; what is cut, and what a fault leaves unread, is
// not.
func TestSkipped(t *testing.T) {
	whole := tlv(tagInvoke, []byte{2, 1, 1, 2, 1, 46})
	for _, c := range []struct {
		name           string
		b              []byte
		given, skipped int
		broken         bool
	}{
		{"none", whole, 1, 0, false},
		{"no code, unknown, whole", slices.Concat(tlv(tagReturnError, []byte{2, 1, 1}), tlv(0xa9), whole), 1, 2, false},
		{"cut in the id", []byte{tagInvoke, 9, 2, 1}, 0, 0, true},
		{"cut behind the code", append([]byte{tagInvoke, 40}, whole[2:]...), 1, 0, true},
	} {
		w := NewComponents(c.b)
		given := 0
		for w.Next() {
			given++
		}
		if given != c.given || w.Skipped != c.skipped || w.Broken() != c.broken {
			t.Errorf("%s: %d given, %d skipped, broken %v", c.name, given, w.Skipped, w.Broken())
		}
	}
}

func TestComponents(t *testing.T) {
	invoke := tlv(tagInvoke, []byte{2, 1, 0xff, 2, 1, 46}, tlv(0x30, []byte{5, 0}))
	for _, c := range []struct {
		name string
		b    []byte
		want Component
		par  string
		err  error
	}{
		{"invoke, id -1", invoke, Component{Kind: Invoke, InvokeID: -1, HasInvokeID: true, Code: 46, HasCode: true}, "30020500", nil},
		{"invoke without argument", tlv(tagInvoke, []byte{2, 1, 1, 2, 1, 64}), Component{Kind: Invoke, InvokeID: 1, HasInvokeID: true, Code: 64, HasCode: true}, "", nil},
		{"linked", tlv(tagInvoke, []byte{2, 1, 1, 0x80, 1, 7, 2, 1, 64}),
			Component{Kind: Invoke, InvokeID: 1, HasInvokeID: true, LinkedID: 7, HasLinkedID: true, Code: 64, HasCode: true}, "", nil},
		{"global operation", tlv(tagInvoke, []byte{2, 1, 1, 6, 2, 0x2a, 3}), Component{Kind: Invoke, InvokeID: 1, HasInvokeID: true, GlobalCode: []byte{0x2a, 3}}, "", nil},
		{"invoke of indefinite length", indef(tagInvoke, []byte{2, 1, 1, 2, 1, 44}, indef(0x30, []byte{5, 0})),
			Component{Kind: Invoke, InvokeID: 1, HasInvokeID: true, Code: 44, HasCode: true}, "308005000000", nil},
		{"empty result", tlv(tagReturnResultLast, []byte{2, 1, 1}), Component{Kind: ReturnResultLast, InvokeID: 1, HasInvokeID: true}, "", nil},
		{"result", tlv(tagReturnResultLast, []byte{2, 1, 1}, tlv(0x30, []byte{2, 1, 45}, tlv(0x30))),
			Component{Kind: ReturnResultLast, InvokeID: 1, HasInvokeID: true, Code: 45, HasCode: true}, "3000", nil},
		{"result not last", tlv(tagReturnResultNotLast, []byte{2, 1, 1}, tlv(0x30, []byte{2, 1, 45}, tlv(0x30))),
			Component{Kind: ReturnResultNotLast, InvokeID: 1, HasInvokeID: true, Code: 45, HasCode: true}, "3000", nil},
		{"error", tlv(tagReturnError, []byte{2, 1, 1, 2, 1, 32, 0x0a, 1, 0}), Component{Kind: ReturnError, InvokeID: 1, HasInvokeID: true, Code: 32, HasCode: true}, "0a0100", nil},
		{"reject", tlv(tagReject, []byte{2, 1, 1, 0x81, 1, 1}),
			Component{Kind: Reject, InvokeID: 1, HasInvokeID: true, ProblemKind: ProblemInvoke, Problem: 1, HasProblem: true}, "", nil},
		{"reject without id", tlv(tagReject, []byte{5, 0, 0x80, 1, 2}), Component{Kind: Reject, ProblemKind: ProblemGeneral, Problem: 2, HasProblem: true}, "", nil},
		{"invoke without code", tlv(tagInvoke, []byte{2, 1, 1}), Component{}, "", ErrComponent},
		{"invoke without id", tlv(tagInvoke, []byte{6, 1, 1, 2, 1, 1}), Component{}, "", ErrComponent},
		{"unknown", tlv(0xa5, []byte{2, 1, 1}), Component{}, "", ErrComponent},
		{"code of 5 octets", tlv(tagInvoke, []byte{2, 1, 1, 2, 5, 1, 0, 0, 0, 0}), Component{}, "", ErrComponent},
		{"cut argument", invoke[:len(invoke)-1], Component{Kind: Invoke, InvokeID: -1, HasInvokeID: true, Code: 46, HasCode: true, Cut: true}, "300205", ber.ErrShort},
	} {
		all, err := walk(c.b)
		if err != c.err {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.want.Kind == 0 {
			if len(all) != 0 {
				t.Errorf("%s: %+v", c.name, all)
			}
			continue
		}
		if len(all) != 1 {
			t.Errorf("%s: %d components", c.name, len(all))
			continue
		}
		g, w := all[0], c.want
		if hex.EncodeToString(g.Param) != c.par || string(g.GlobalCode) != string(w.GlobalCode) {
			t.Errorf("%s: parameter %x, global code %x", c.name, g.Param, g.GlobalCode)
		}
		if g.Kind != w.Kind || g.InvokeID != w.InvokeID || g.HasInvokeID != w.HasInvokeID || g.LinkedID != w.LinkedID || g.HasLinkedID != w.HasLinkedID ||
			g.Code != w.Code || g.HasCode != w.HasCode || g.Cut != w.Cut || g.ProblemKind != w.ProblemKind || g.Problem != w.Problem || g.HasProblem != w.HasProblem {
			t.Errorf("%s: %+v", c.name, g)
		}
	}
	// A malformed component does not hide the next one.
	all, err := walk(append(tlv(tagInvoke), invoke...))
	if len(all) != 1 || err != ErrComponent {
		t.Errorf("after a malformed one: %+v %v", all, err)
	}
}

func TestNames(t *testing.T) {
	if ProblemName(ProblemInvoke, 1) != "unrecognisedOperation" || ProblemName(ProblemInvoke, 99) != "" || ProblemName(9, 0) != "" {
		t.Error("problem names")
	}
}

func TestWhole(t *testing.T) {
	m := tlv(0x62, otid)
	for _, c := range []struct {
		b    []byte
		want bool
	}{
		{m, true}, {append(m, 0, 0), true}, {append(m, 0, 0, 0, 0), false}, {append(m, 1), false}, {m[:len(m)-1], false}, {tlv(0x30), false}, {tlv(0xe2), true},
	} {
		if Whole(c.b) != c.want {
			t.Errorf("%x: %v", c.b, !c.want)
		}
	}
}

func sampleMessage() []byte {
	return tlv(0x65, otid, dtid, dialogue(oidS, tlv(tagAARE, acn, tlv(tagResult, []byte{2, 1, 0}))),
		indef(tagComponents, tlv(tagInvoke, []byte{2, 1, 1, 2, 1, 46}, indef(0x30, []byte{5, 0})), tlv(tagReject, []byte{5, 0, 0x80, 1, 2})))
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	b := sampleMessage()
	if n := testing.AllocsPerRun(100, func() {
		m, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		w := NewComponents(m.Components)
		for w.Next() {
		}
		if w.Err() != nil {
			t.Fatal(w.Err())
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Every cut of a message gives what stands before the cut, and says that it is cut.
func TestEveryCut(t *testing.T) {
	b := sampleMessage()
	for n := 1; n < len(b); n++ {
		m, err := Decode(b[:n])
		if err != ber.ErrShort || !m.Cut {
			t.Fatalf("%d octets: %v", n, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sampleMessage())
	f.Add(tlv(0x67, dtid, []byte{tagPAbort, 1, 3}))
	f.Add(tlv(0x67, dtid, dialogue(oidS, tlv(tagABRT, []byte{tagSource, 1, 1}))))
	f.Add(tlv(0x64, dtid, tlv(tagComponents, tlv(tagReturnError, []byte{2, 1, 1, 2, 1, 32, 0x0a, 1, 0}))))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if m.Cut != (err == ber.ErrShort) {
			t.Fatalf("cut %v, %v", m.Cut, err)
		}
		w := NewComponents(m.Components)
		n := 0
		for w.Next() {
			if n++; len(w.C.Param) > len(b) || w.C.Kind == 0 {
				t.Fatalf("%+v", w.C)
			}
		}
		if n > ber.MaxElements {
			t.Fatalf("%d components", n)
		}
		Whole(b)
	})
}
