package mtp3

import (
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A UDT with an empty TCAP Begin, and SCCP management (subsystem prohibited).
const (
	udt  = "09 00 03 05 07 02 42 08 02 42 06 02 62 00"
	scmg = "09 00 03 05 07 02 42 01 02 42 01 05 02 08 01 00 00"
)

// The same point codes in each label: ITU OPC 0x1234, DPC 0x2345, SLS 5, and so on.
func label(v Variant) string {
	switch v {
	case ITU:
		return "83 45 23 8d 54"
	case Japan:
		return "83 45 23 34 12 05"
	}
	return "a3 03 02 01 06 05 04 f5"
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		v        Variant
		opc, dpc uint32
		sls, pri uint8
		pc       string
	}{
		{ITU, 0x1234, 0x2345, 5, 0, "4660"},
		{Japan, 0x1234, 0x2345, 5, 0, "4660"},
		{ANSI, 0x040506, 0x010203, 0xf5, 2, "4-5-6"},
		{China, 0x040506, 0x010203, 5, 2, "4-5-6"},
		{Label24, 0x040506, 0x010203, 0xf5, 2, "4-5-6"},
	} {
		b := unhex(t, label(c.v)+udt)
		m, err := Decode(b, c.v)
		if err != nil || m.SI != SISCCP || m.NI != 2 || m.Priority != c.pri || m.OPC != c.opc || m.DPC != c.dpc || m.SLS != c.sls ||
			hex.EncodeToString(m.User) != strings.ReplaceAll(udt, " ", "") {
			t.Errorf("%v: %+v %v", c.v, m, err)
		}
		if pc := string(AppendPointCode(nil, m.OPC, c.v)); pc != c.pc {
			t.Errorf("%v: point code %s", c.v, pc)
		}
		if _, err = Decode(b[:c.v.labelLen()], c.v); err != ErrShort {
			t.Errorf("%v, cut: %v", c.v, err)
		}
	}
	if _, err := Decode([]byte{3, 0, 0}, Unknown); err != ErrShort {
		t.Errorf("unknown variant: %v", err)
	}
}

func TestGuesser(t *testing.T) {
	for want, l := range map[Variant]Variant{ITU: ITU, Japan: Japan, Label24: ANSI} {
		var g Guesser
		if v := g.Variant(unhex(t, label(l)+scmg)); v != Unknown || g.Undecided != 1 {
			t.Errorf("%v: management decides for %v", l, v)
		}
		if v := g.Variant(unhex(t, "85 00 00 00 00 00")); v != Unknown || g.Undecided != 1 {
			t.Errorf("%v: ISUP decides for %v", l, v)
		}
		if v := g.Variant(unhex(t, label(l)+udt)); v != want {
			t.Errorf("%v: guessed %v", l, v)
		}
		if v := g.Variant(unhex(t, label(l)+scmg)); v != want || g.Contradictions != 0 {
			t.Errorf("%v: management afterwards: %v, %d contradictions", l, v, g.Contradictions)
		}
	}
	var g Guesser
	g.Variant(unhex(t, label(ITU)+udt))
	if v := g.Variant(unhex(t, label(Japan)+udt)); v != ITU || g.Contradictions != 1 {
		t.Errorf("a contradiction: %v, %d", v, g.Contradictions)
	}
	g = Guesser{Told: China}
	if v := g.Variant(unhex(t, label(ITU)+udt)); v != China || g.Contradictions != 0 {
		t.Errorf("told: %v", v)
	}
}

func FuzzGuess(f *testing.F) {
	for _, v := range []Variant{ITU, Japan, ANSI} {
		f.Add(unhex(f, label(v)+udt))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var g Guesser
		v := g.Variant(b)
		if v == Unknown {
			return
		}
		if m, err := Decode(b, v); err != nil || m.SI != SISCCP {
			t.Fatalf("%v: %+v %v", v, m, err)
		}
	})
}
