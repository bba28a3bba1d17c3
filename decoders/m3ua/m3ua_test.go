package m3ua

import (
	"encoding/hex"
	"strings"
	"testing"

	"pcaptriage/decoders/sigtran"
)

// RFC 4666 3.3.1 with every optional parameter: network appearance 8, routing
// context 1, protocol data OPC 100, DPC 200, SI 3, NI 2, MP 0, SLS 5, user part
// 0980 03, correlation id 77.
const sample = "01000101 00000038" + "0200000800000008" + "0006000800000001" +
	"02100013 00000064 000000c8 03020005 098003 00" + "001300080000004d"

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	b := unhex(t, sample)
	b[7] = byte(len(b))
	d, ok, err := Decode(b)
	if err != nil || !ok || d.OPC != 100 || d.DPC != 200 || d.SI != 3 || d.NI != 2 || d.SLS != 5 || d.Cut ||
		hex.EncodeToString(d.User) != "098003" {
		t.Errorf("%+v %v %v", d, ok, err)
	}
	if !d.HasNetworkAppearance || d.NetworkAppearance != 8 || !d.HasRoutingContext || d.RoutingContext != 1 ||
		!d.HasCorrelationID || d.CorrelationID != 77 {
		t.Errorf("optional parameters: %+v", d)
	}
	if d, ok, err = Decode(b[:42]); err != sigtran.ErrShort || !ok || !d.Cut || len(d.User) != 2 {
		t.Errorf("cut: %+v %v %v", d, ok, err)
	}
	b[3] = 2
	if _, ok, err = Decode(b); ok || err != nil {
		t.Errorf("another type: %v %v", ok, err)
	}
	b = b[:24]
	b[3], b[7] = 1, 24
	if _, ok, err = Decode(b); ok || err != sigtran.ErrMissing {
		t.Errorf("no protocol data: %v %v", ok, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, sample))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok, _ := Decode(b); len(d.User) > len(b) || !ok && d.User != nil {
			t.Fatalf("%+v", d)
		}
	})
}
