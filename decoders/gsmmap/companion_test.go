package gsmmap

import "testing"

func TestDecideCompanion(t *testing.T) {
	routing := argument(tlv(0x80, "\x91\x44\x21"), tlv(0x81, "\xff"), tlv(0x82, "\x91\x44\x77"))
	two := argument(tlv(0x04, "\x91\x44"), tlv(0x04, "\x91\x45"))
	mid, noPortion := Dialogue{}, Dialogue{BeginSeen: true, NoPortion: true}
	for _, c := range []struct {
		name  string
		code  int32
		d     Dialogue
		param []byte
		want  Verdict
	}{
		{"routing info, v3", 45, context(20, 3), routing, Verdict{true, 3, BasisContext, V3, UnknownDirection, 0}},
		{"routing info without its argument", 45, context(20, 2), nil, Verdict{true, 2, BasisContext, V2, UnknownDirection, 0}},
		{"routing info, no portion", 45, noPortion, routing, Verdict{true, 1, BasisNoDialogue, V1, UnknownDirection, 0}},
		{"routing info in mid dialogue", 45, mid, routing, Verdict{true, 0, BasisUnknown, AllVersions, UnknownDirection, 0}},
		{"explicit v1", 45, context(20, 1), routing, Verdict{true, 1, BasisContext, V1, UnknownDirection, ConflictExplicitV1}},
		{"alert, in mid dialogue", 64, mid, two, Verdict{true, 2, BasisOpcode, V2, UnknownDirection, 0}},
		{"alert without result", 49, noPortion, two, Verdict{true, 1, BasisNoDialogue, V1, UnknownDirection, 0}},
		{"alert without result, in mid dialogue", 49, mid, two, Verdict{true, 1, BasisOpcode, V1, UnknownDirection, 0}},
		{"subscriber present", 48, mid, []byte(tlv(0x04, "abc")), Verdict{true, 1, BasisOpcode, V1, UnknownDirection, 0}},
		{"inform, in mid dialogue", 63, mid, argument(tlv(0x03, "\x02\x00")), Verdict{true, 0, BasisUnknown, V2 | V3, UnknownDirection, 0}},
		{"ready", 66, context(24, 3), nil, Verdict{true, 3, BasisContext, V3, UnknownDirection, 0}},
		{"ready, in mid dialogue", 66, mid, argument(tlv(0x80, "abc")), Verdict{true, 0, BasisUnknown, V2 | V3, UnknownDirection, 0}},
		{"group", 21, context(41, 3), nil, Verdict{true, 3, BasisContext, V3, MT, 0}},
		{"delivery status", 47, context(20, 3), two, Verdict{true, 3, BasisContext, V3, UnknownDirection, 0}},
		{"CAP's 45", 45, Dialogue{Foreign: true}, routing, Verdict{}},
		{"45 in mid dialogue, another syntax", 45, mid, two, Verdict{}},
		{"45 in mid dialogue, no argument", 45, mid, nil, Verdict{}},
		{"45 under another family", 45, context(25, 3), routing, Verdict{}},
		{"forwardSM is none", 46, context(21, 3), nil, Verdict{}},
	} {
		if got := DecideCompanion(c.code, c.d, c.param); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
