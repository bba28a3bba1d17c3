package gsmmap

import (
	"testing"

	"pcaptriage/decoders/tcap"
)

func TestReadRefusal(t *testing.T) {
	ac := unhex(t, "04000001001902")
	aare := func(kind tcap.Kind, provider bool, diagnostic, result uint8, context, info []byte) *tcap.Message {
		return &tcap.Message{Kind: kind, Dialogue: tcap.Dialogue{Kind: tcap.AARE, HasResult: true, Result: result, HasDiagnostic: true,
			Diagnostic: diagnostic, FromProvider: provider, Context: context, UserInfo: info}}
	}
	refuse := []byte(tlv(0x28, string(unhex(t, "060704000001010101")), tlv(0xa0, string(unhex(t, "a30c0a0100060704000001001902")))))
	v2 := Context{ShortMsgMTRelay, 2}
	for _, c := range []struct {
		name  string
		m     *tcap.Message
		begin bool
		want  Refusal
	}{
		{"context, alternative in the AARE", aare(tcap.Abort, false, 2, 1, ac, nil), true, Refusal{ContextRefused, v2, true}},
		{"context, alternative in map-refuse", aare(tcap.Abort, false, 2, 1, unhex(t, "04000001001903"), refuse), true, Refusal{ContextRefused, v2, true}},
		{"context, in an End", aare(tcap.End, false, 2, 1, nil, nil), true, Refusal{Kind: ContextRefused}},
		{"no common portion", aare(tcap.Abort, true, 2, 1, nil, nil), true, Refusal{Kind: NoCommonPortion}},
		{"P-Abort 3", &tcap.Message{Kind: tcap.Abort, HasPAbort: true, PAbort: 3}, true, Refusal{Kind: PortionRefused}},
		{"P-Abort 3, no portion sent", &tcap.Message{Kind: tcap.Abort, HasPAbort: true, PAbort: 3}, false, Refusal{}},
		{"P-Abort 1", &tcap.Message{Kind: tcap.Abort, HasPAbort: true, PAbort: 1}, true, Refusal{}},
		{"accepted", aare(tcap.End, false, 0, 0, ac, nil), true, Refusal{}},
		{"rejected for no reason given", aare(tcap.Abort, false, 1, 1, ac, nil), true, Refusal{}},
		{"a Continue", aare(tcap.Continue, false, 2, 1, ac, nil), true, Refusal{}},
		{"user abort", &tcap.Message{Kind: tcap.Abort, Dialogue: tcap.Dialogue{Kind: tcap.ABRT}}, true, Refusal{}},
	} {
		if got := ReadRefusal(c.m, c.begin); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
