package gsmmap

import "testing"

func context(family, version uint8) Dialogue {
	return Dialogue{Context: Context{family, version}, HasContext: true, BeginSeen: true}
}

func TestDecide(t *testing.T) {
	mid := Dialogue{}
	noPortion := Dialogue{BeginSeen: true, NoPortion: true}
	mt, mo := forward(t, daIMSI, centre, uiDeliver), forward(t, centre, oaMS, uiSubmit)
	for _, c := range []struct {
		name string
		code int32
		d    Dialogue
		f    *Forward
		want Verdict
	}{
		{"v3 MT by context", 44, context(25, 3), mt, Verdict{true, 3, BasisContext, V3, MT, 0}},
		{"v3 MO by context", 46, context(21, 3), mo, Verdict{true, 3, BasisContext, V3, MO, 0}},
		{"v2 MT: code 46", 46, context(25, 2), mt, Verdict{true, 2, BasisContext, V2, MT, 0}},
		{"v2 MO: code 46", 46, context(21, 2), mo, Verdict{true, 2, BasisContext, V2, MO, 0}},
		{"v1 MT: no dialogue portion", 46, noPortion, mt, Verdict{true, 1, BasisNoDialogue, V1, MT, 0}},
		{"v1 MO: no dialogue portion", 46, noPortion, mo, Verdict{true, 1, BasisNoDialogue, V1, MO, 0}},
		{"v3 MT by code", 44, mid, mt, Verdict{true, 3, BasisOpcode, V3, MT, 0}},
		{"a Begin with a dialogue portion that was not read", 44, Dialogue{BeginSeen: true}, mt, Verdict{true, 3, BasisOpcode, V3, MT, 0}},

		{"syntax: to a mobile, more to send", 46, mid, forward(t, daIMSI, centre, uiDeliver, more), Verdict{true, 2, BasisSyntax, V2, MT, 0}},
		{"syntax: to a mobile", 46, mid, mt, Verdict{true, 0, BasisUnknown, V1 | V2, MT, 0}},
		{"syntax: to a mobile by LMSI", 46, mid, forward(t, daLMSI, centre, uiDeliver), Verdict{true, 0, BasisUnknown, V1 | V2, MT, 0}},
		{"syntax: to a centre", 46, mid, mo, Verdict{true, 0, BasisUnknown, AllVersions, MO, 0}},
		{"syntax: to a centre, with IMSI", 46, mid, forward(t, centre, oaMS, uiSubmit, imsi), Verdict{true, 3, BasisSyntax, V3, MO, 0}},
		{"syntax: to a centre, with extension", 46, mid, forward(t, centre, oaMS, uiSubmit, extension), Verdict{true, 3, BasisSyntax, V3, MO, 0}},
		{"syntax: to a centre, with correlation id", 46, mid, forward(t, centre, oaMS, uiSubmit, tlv(0xa0)), Verdict{true, 3, BasisSyntax, V3, MO, 0}},
		{"syntax: no destination, from a centre", 46, mid, forward(t, noAddr, centre, uiDeliver), Verdict{true, 2, BasisSyntax, V2, MT, 0}},
		{"syntax: no origination, to a centre", 46, mid, forward(t, centre, noAddr, uiSubmit), Verdict{true, 0, BasisUnknown, V2 | V3, MO, 0}},
		{"syntax: roaming number", 46, mid, forward(t, daMSRN, centre, uiDeliver), Verdict{true, 1, BasisSyntax, V1, MT, 0}},
		{"syntax: nothing fits", 46, mid, forward(t, daIMSI, centre, uiDeliver, more, imsi), Verdict{true, 0, BasisUnknown, 0, MT, 0}},
		{"no addresses: the message tells", 46, mid, forward(t, noAddr, noAddr, uiSubmit), Verdict{true, 0, BasisUnknown, V2 | V3, MO, 0}},
		{"no addresses, no telling message: the context", 46, context(25, 2), forward(t, noAddr, noAddr, uiType2), Verdict{true, 2, BasisContext, V2, MT, 0}},
		{"no addresses, no telling message: version 3", 46, context(21, 3), forward(t, noAddr, noAddr, uiType3), Verdict{true, 3, BasisContext, V3, MO, 0}},
		{"no addresses, no telling message: the code", 44, mid, forward(t, noAddr, noAddr, uiType2), Verdict{true, 3, BasisOpcode, V3, MT, 0}},
		{"no addresses, v1 both ways", 46, context(21, 1), forward(t, noAddr, noAddr, uiType2), Verdict{true, 1, BasisContext, V1, UnknownDirection, ConflictExplicitV1}},
		{"argument not in the capture", 46, context(21, 3), nil, Verdict{true, 3, BasisContext, V3, MO, 0}},

		{"44 under v2", 44, context(25, 2), mt, Verdict{true, 2, BasisContext, V2, MT, ConflictOpcode44}},
		{"44 in a dialogue without portion", 44, noPortion, mt, Verdict{true, 1, BasisNoDialogue, V1, MT, ConflictOpcode44}},
		{"46 under MT v3", 46, context(25, 3), mt, Verdict{true, 3, BasisContext, V3, MT, ConflictOpcode46}},
		{"explicit v1", 46, context(21, 1), mo, Verdict{true, 1, BasisContext, V1, MO, ConflictExplicitV1}},
		{"explicit v1, to a mobile", 46, context(21, 1), mt, Verdict{true, 1, BasisContext, V1, MT, ConflictExplicitV1}},
		{"to a mobile under MO", 46, context(21, 3), mt, Verdict{true, 3, BasisContext, V3, MT, ConflictMTUnderMO}},
		{"to a centre under MT", 46, context(25, 2), mo, Verdict{true, 2, BasisContext, V2, MO, ConflictMOUnderMT}},
		{"44 to a centre", 44, mid, mo, Verdict{true, 3, BasisOpcode, V3, MO, ConflictOpcodeDirection}},
		{"message against addresses", 46, context(21, 2), forward(t, centre, oaMS, uiDeliver), Verdict{true, 2, BasisContext, V2, MO, ConflictTPDU}},
		{"under another family of MAP", 46, context(20, 2), mo, Verdict{true, 2, BasisContext, V2, MO, ConflictFamily}},
		{"a version that is not known", 46, context(21, 4), mo, Verdict{true, 0, BasisUnknown, 0, MO, 0}},

		{"under a context that is not MAP's", 46, Dialogue{BeginSeen: true, Foreign: true}, mo, Verdict{}},
		{"under another family, another syntax", 46, context(19, 2), nil, Verdict{}},
		{"INAP in mid dialogue: another syntax", 46, mid, nil, Verdict{}},
		{"CAP in mid dialogue: 44 with another syntax", 44, mid, nil, Verdict{}},
		{"another operation", 45, context(20, 3), nil, Verdict{}},
	} {
		if got := Decide(c.code, c.d, c.f); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestReadForward(t *testing.T) {
	f := forward(t, daIMSI, centre, uiDeliver, more, tlv(0x02, "\x01"), tlv(0x04, "abcd"), tlv(0x80), tlv(0x0c))
	if f.DA != PartyIMSI || f.OA != PartyServiceCentre || len(f.DAValue) != 8 || len(f.OAValue) != 7 || len(f.UI) != 1 || !f.More() || f.Cut {
		t.Errorf("%+v", f)
	}
	if want := TailMore | TailInteger | TailOctets | TailTagged | TailOther; f.Tail != want {
		t.Errorf("tail %b, want %b", f.Tail, want)
	}
	for _, b := range [][]byte{
		nil, {0x30}, []byte(tlv(0x31, daIMSI, centre, uiDeliver)), argument(), argument(daIMSI), argument(daIMSI, centre),
		argument(oaMS, centre, uiDeliver), argument(daIMSI, daIMSI, uiDeliver), argument(daIMSI, centre, more), argument(tlv(0x86), centre, uiDeliver),
		argument(tlv(0x02, "\x01"), tlv(0x02, "\x01"), uiDeliver),
	} {
		if f, err := ReadForward(b); err != ErrNotForward {
			t.Errorf("%x: %+v %v", b, f, err)
		}
	}
	// Cut behind both choices it still is one; before, nobody can tell.
	whole := argument(daIMSI, centre, tlv(0x04, "abcdefgh"))
	for n := range len(whole) {
		f, err := ReadForward(whole[:n])
		if told := n >= 2+len(daIMSI)+2; (err == nil) != told || err == nil && !f.Cut {
			t.Errorf("%d octets: %+v %v", n, f, err)
		}
	}
}

func FuzzForward(f *testing.F) {
	f.Add(int32(46), argument(daIMSI, centre, uiDeliver, more), uint8(25), uint8(2))
	f.Add(int32(44), argument(centre, oaMS, uiSubmit, imsi, extension), uint8(0), uint8(0))
	f.Add(int32(45), []byte(tlv(0x30, tlv(0x80, "\x91\x44\x21"), tlv(0x81, "\xff"), tlv(0x82, "\x91\x44\x77"))), uint8(20), uint8(3))
	f.Add(int32(32), []byte(tlv(0x30, tlv(0x0a, "\x04"), tlv(0x04, "\x00\xd0\x00"))), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, code int32, b []byte, family, version uint8) {
		d := Dialogue{BeginSeen: version&8 != 0, NoPortion: version&16 != 0}
		if c := (Context{family, version & 7}); family != 0 {
			d.Context, d.HasContext = c, true
		}
		arg, err := ReadForward(b)
		p := &arg
		if err != nil {
			p = nil
		} else if len(arg.DAValue)+len(arg.OAValue)+len(arg.UI)+len(arg.Octets) > len(b) {
			t.Fatalf("%+v", arg)
		}
		v := Decide(code, d, p)
		if v.Forward && (v.Basis == BasisUnknown) != (v.Version == 0) || !v.Forward && v != (Verdict{}) {
			t.Fatalf("%+v", v)
		}
		if v.Version != 0 && v.Candidates != 1<<(v.Version-1) {
			t.Fatalf("version %d of %b", v.Version, v.Candidates)
		}
		if e := ReadErrorParam(code, b); len(e.TPDU) > len(b) || e.Value < -1 || e.Value > 255 {
			t.Fatalf("%+v", e)
		}
		if v := DecideCompanion(code, d, b); !v.Forward && v != (Verdict{}) || v.Forward && (v.Basis == BasisUnknown) != (v.Version == 0) {
			t.Fatalf("companion: %+v", v)
		}
		ReportTPDU(b)
		ReadRoutingArg(b)
		ReadDialoguePDU(b)
		ParseContext(b)
	})
}

func TestReadersDoNotAllocate(t *testing.T) {
	b := argument(daIMSI, centre, tlv(0x04, "\x04\x0b\x91\x44\x21\x43\x65\x87\xf9\x00\x00\x42\x21\x82\x61\x24\x64\x80\x02\xe8\x34"), more)
	if n := testing.AllocsPerRun(100, func() {
		f, err := ReadForward(b)
		if err != nil {
			t.Fatal(err)
		}
		Decide(46, context(25, 2), &f)
		ReadTPDU(f.UI, MT, InInvoke)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
