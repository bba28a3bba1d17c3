package gsmmap

import "testing"

func TestParseContext(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Context
		name string
		sms  bool
	}{
		{"04000001001903", Context{25, 3}, "shortMsgMT-Relay-v3", true},
		{"04000001001502", Context{21, 2}, "shortMsgMO-Relay-v2", true},
		{"04000001001501", Context{21, 1}, "shortMsgRelay-v1", true},
		{"04000001000103", Context{1, 3}, "networkLocUp-v3", false},
		{"04000001002a03", Context{42, 3}, "42.3", false},
	} {
		got, ok := ParseContext(unhex(t, c.in))
		if !ok || got != c.want || got.String() != c.name || got.ShortMessage() != c.sms {
			t.Errorf("%s: %v %v", c.in, got, ok)
		}
	}
	for name, in := range map[string]string{
		"CAP v2":      "04000001003201",
		"private":     "2a863a008961330101010001",
		"short":       "040000010019",
		"long":        "0400000100190301",
		"family 0":    "04000001000003",
		"wide arc":    "04000001001983",
		"CAP phase 3": "04000001150304",
		"empty":       "",
	} {
		if c, ok := ParseContext(unhex(t, in)); ok {
			t.Errorf("%s: %v", name, c)
		}
	}
	if got := string(AppendContextOID(nil, unhex(t, "04000001001903"))); got != "0.4.0.0.1.0.25.3" {
		t.Error(got)
	}
}

func TestOperationName(t *testing.T) {
	for _, c := range []struct {
		code    int32
		version uint8
		want    string
	}{
		{46, 3, "mo-forwardSM"}, {46, 2, "forwardSM"}, {46, 1, "forwardSM"}, {46, 0, "forwardSM"}, {44, 3, "mt-forwardSM"}, {44, 0, "mt-forwardSM"},
		{45, 3, "sendRoutingInfoForSM"}, {47, 3, "reportSM-DeliveryStatus"}, {63, 3, "informServiceCentre"}, {64, 2, "alertServiceCentre"},
		{66, 3, "readyForSM"}, {49, 1, "alertServiceCentreWithoutResult"}, {48, 1, "noteSubscriberPresent"}, {21, 3, "mt-forwardSM-VGCS"}, {2, 3, ""},
	} {
		if got := OperationName(c.code, c.version); got != c.want {
			t.Errorf("%d v%d: %q, want %q", c.code, c.version, got, c.want)
		}
	}
	if Expects(OpInformServiceCentre) || !Expects(OpForwardSM) {
		t.Error("which operations are answered")
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		code  int32
		cause int
		name  string
		class Class
		// Defined for mo and mt of version 3, forwardSM of version 2 to a mobile.
		mo, mt, v2 bool
	}{
		{1, -1, "unknownSubscriber", OtherClass, false, false, false},
		{5, -1, "unidentifiedSubscriber", Subscriber, false, true, true},
		{6, -1, "absentSubscriberSM", Subscriber, false, true, false},
		{9, -1, "illegalSubscriber", Subscriber, false, true, true},
		{12, -1, "illegalEquipment", Subscriber, false, true, true},
		{13, -1, "callBarred", Subscriber, false, false, false},
		{21, -1, "facilityNotSupported", Interworking, true, true, true},
		{27, -1, "absentSubscriber", Subscriber, false, false, true},
		{31, -1, "subscriberBusyForMT-SMS", Subscriber, false, true, true},
		{32, CauseMemoryCapacityExceeded, "sm-DeliveryFailure", Subscriber, true, true, true},
		{32, CauseSCCongestion, "sm-DeliveryFailure", Network, true, true, true},
		{33, -1, "messageWaitingListFull", OtherClass, false, false, false},
		{34, -1, "systemFailure", Network, true, true, true},
		{35, -1, "dataMissing", Interworking, false, true, true},
		{36, -1, "unexpectedDataValue", Interworking, true, true, true},
		{99, -1, "", OtherClass, false, false, false},
	} {
		if n, k := ErrorName(c.code), ErrorClass(c.code, c.cause); n != c.name || k != c.class {
			t.Errorf("%d: %q %v, want %q %v", c.code, n, k, c.name, c.class)
		}
		if meant := ErrorMeaning(c.code) != ""; meant != (c.name != "" && c.code != ErrCodeMessageWaitingListFull) {
			t.Errorf("%d: meaning %q", c.code, ErrorMeaning(c.code))
		}
		if mo, mt, v2 := ErrorDefined(c.code, 3, MO), ErrorDefined(c.code, 3, MT), ErrorDefined(c.code, 2, MT); mo != c.mo || mt != c.mt || v2 != c.v2 {
			t.Errorf("%d: defined %v %v %v, want %v %v %v", c.code, mo, mt, v2, c.mo, c.mt, c.v2)
		}
	}
	for code, want := range map[int32]bool{ErrCodeIllegalEquipment: false, ErrCodeDataMissing: false, ErrCodeIllegalSubscriber: true, ErrCodeAbsentSubscriber: true} {
		if got := ErrorDefined(code, 1, MT); got != want {
			t.Errorf("%d in version 1: defined %v", code, got)
		}
	}
	if FailureCauseName(0xd3) != "memory capacity exceeded" || FailureCauseName(0xe7) != "application specific" || FailureCauseName(0xd9) != "" {
		t.Error("names of TP-FCS")
	}
	if DeliveryFailureCause(4) != "sc-Congestion" || DeliveryFailureCause(7) != "" || AbsentDiagnostic(1) != "IMSI detached" ||
		AbsentDiagnostic(13) == "" || AbsentDiagnostic(-1) != "" || NetworkResource(7) != "rss" {
		t.Error("names of details")
	}
}

func TestReadErrorParam(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  int32
		param string
		want  ErrorParam
		tpdu  string
	}{
		{"none", 5, "", ErrorParam{NoParameter, AllVersions, -1, nil}, ""},
		{"delivery failure, v1", 32, "0a0104", ErrorParam{BareEnumerated, V1, 4, nil}, ""},
		{"delivery failure, v2 or v3", 32, "30030a0100", ErrorParam{BareSequence, V2 | V3, 0, nil}, ""},
		{"delivery failure with report", 32, "30080a0100040300d000", ErrorParam{BareSequence, V2 | V3, 0, nil}, "00d000"},
		{"delivery failure, indefinite", 32, "30800a01050000", ErrorParam{BareSequence, V2 | V3, 5, nil}, ""},
		{"system failure, v1 or v2", 34, "0a0102", ErrorParam{BareEnumerated, V1 | V2, 2, nil}, ""},
		{"system failure, v3", 34, "30030a0101", ErrorParam{BareSequence, V3, 1, nil}, ""},
		{"absent subscriber, v3", 6, "3003020101", ErrorParam{BareSequence, V3, 1, nil}, ""},
		{"absent subscriber, v1", 27, "0101ff", ErrorParam{BareBoolean, V1, -1, nil}, ""},
		{"something else", 5, "8001ff", ErrorParam{OtherShape, AllVersions, -1, nil}, ""},
		{"damaged", 32, "30", ErrorParam{OtherShape, AllVersions, -1, nil}, ""},
	} {
		got := ReadErrorParam(c.code, unhex(t, c.param))
		if string(got.TPDU) != string(unhex(t, c.tpdu)) {
			t.Errorf("%s: TPDU %x", c.name, got.TPDU)
		}
		if got.Shape != c.want.Shape || got.Versions != c.want.Versions || got.Value != c.want.Value {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if b := ReportTPDU(unhex(t, "300404020000")); string(b) != "\x00\x00" {
		t.Errorf("%x", b)
	}
	if b := ReportTPDU(unhex(t, "0500")); b != nil {
		t.Errorf("%x", b)
	}
}

func TestReadDialoguePDU(t *testing.T) {
	const oid = "060704000001010101"
	external := func(pdu string) []byte {
		return []byte(tlv(0x28, string(unhex(t, oid)), tlv(0xa0, string(unhex(t, pdu)))))
	}
	for _, c := range []struct {
		name, pdu, reason string
		kind              PDUKind
		detail            int
		alternative       string
	}{
		{"open", "a00a8008620210325476 98f0", "", Open, -1, ""},
		{"accept", "a100", "", Accept, -1, ""},
		{"close", "a200", "", Close, -1, ""},
		{"refuse", "a3030a0100", "noReasonGiven", Refuse, -1, ""},
		{"refuse with alternative", "a30c0a0100060704000001001902", "noReasonGiven", Refuse, -1, "04000001001902"},
		{"user abort", "a4028000", "userSpecificReason", UserAbort, -1, ""},
		{"user abort, procedure cancelled", "a403830102", "applicationProcedureCancellation", UserAbort, 2, ""},
		{"provider abort", "a5030a0101", "invalidPDU", ProviderAbort, -1, ""},
	} {
		p, ok := ReadDialoguePDU(external(c.pdu))
		if !ok || p.Kind != c.kind || p.ReasonName() != c.reason || p.Detail != c.detail || string(p.Alternative) != string(unhex(t, c.alternative)) {
			t.Errorf("%s: %+v %v", c.name, p, ok)
		}
	}
	for _, b := range [][]byte{nil, external("300100"), []byte(tlv(0x28, "\x06\x01\x2a", tlv(0xa0, tlv(0xa1))))} {
		if p, ok := ReadDialoguePDU(b); ok {
			t.Errorf("%x: %+v", b, p)
		}
	}
}
