package sua

import (
	"encoding/hex"
	"strings"
	"testing"

	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sigtran"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A CLDT: routing context 12, class 1 with return on error, source by point code
// 300 and SSN 8, destination by global title 4412345 and SSN 6, hop count 7,
// importance 3, segmentation first, 2 remaining, reference 0x010203, data.
const cldt = "01000701 00000094" + "00060008 0000000c" + "01150008 00000081" +
	"01020018 00020003 80020008 0000012c 80030008 00000008" +
	"01030020 00010005 80010010 00000004 07000104 44214305 80030008 00000006" +
	"01010008 00000007" + "01130008 00000003" + "01170008 82010203" + "010b0007 626100 00"

func message(t testing.TB, s string) []byte {
	b := unhex(t, s)
	b[7] = byte(len(b))
	return b
}

func TestDecode(t *testing.T) {
	d, ok, err := Decode(message(t, cldt))
	m := &d.SCCP
	if err != nil || !ok || m.Type != sccp.XUDT || m.Class != 1 || !m.ReturnOnError || m.Hops != 7 || !m.HasImportance || m.Importance != 3 ||
		hex.EncodeToString(m.Data) != "626100" || !d.HasRoutingContext || d.RoutingContext != 12 {
		t.Errorf("%+v %v %v", d, ok, err)
	}
	if m.Seg != (sccp.Segmentation{Present: true, First: true, Remaining: 2, Ref: 0x010203}) {
		t.Errorf("segmentation %+v", m.Seg)
	}
	if a := &m.Calling; !a.RouteOnSSN || !a.HasPC || a.PC != 300 || !a.HasSSN || a.SSN != 8 || a.HasGT() || a.Bad {
		t.Errorf("source %+v", a)
	}
	if a := &m.Called; a.RouteOnSSN || a.HasPC || a.SSN != 6 || a.Digits() != "4412345" || a.GTI != 4 || a.Plan != 1 || a.Nature != 4 || a.Bad {
		t.Errorf("destination %+v %s", a, a.Digits())
	}
}

func TestDecodeReturned(t *testing.T) {
	d, ok, err := Decode(message(t, "01000702 00000000 01060008 00000108 010b0007 626100 00"))
	if err != nil || !ok || d.SCCP.Type != sccp.XUDTS || d.SCCP.Cause != 8 {
		t.Errorf("%+v %v %v", d, ok, err)
	}
}

func TestDecodeDamaged(t *testing.T) {
	b := message(t, cldt)
	d, ok, err := Decode(b[:len(b)-2])
	if err != sigtran.ErrShort || !ok || !d.SCCP.Cut || len(d.SCCP.Data) != 2 {
		t.Errorf("cut: %+v %v %v", d.SCCP, ok, err)
	}
	if d, ok, err = Decode(b[:len(b)-6]); err != sigtran.ErrShort || ok {
		t.Errorf("without data: %+v %v %v", d, ok, err)
	}
	if _, ok, err = Decode(message(t, "01000701 00000000 01150008 00000081")); ok || err != sigtran.ErrMissing {
		t.Errorf("no data: %v %v", ok, err)
	}
	if _, ok, err = Decode(message(t, "01000801 00000000")); ok || err != nil {
		t.Errorf("connection oriented: %v %v", ok, err)
	}
	// A title that says more digits than it has.
	d, _, _ = Decode(message(t, "01000701 00000000 01030018 00010005 80010010 00000004 ff000104 44214365 00000000 010b0005 62000000"))
	if n := len(d.SCCP.Called.Digits()); n > 8 {
		t.Errorf("%d digits", n)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(message(f, cldt))
	f.Add(message(f, "01000702 00000000 01060008 00000108 010b0007 626100 00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok, _ := Decode(b)
		if len(d.SCCP.Data) > len(b) || !ok && d.SCCP.Data != nil {
			t.Fatalf("%+v", d)
		}
		d.SCCP.Called.Digits()
	})
}
