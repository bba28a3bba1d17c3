package m2ua

import (
	"encoding/hex"
	"strings"
	"testing"

	"pcaptriage/decoders/sigtran"
)

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	plain = "01000601 0000001c 0001000800000007 03000009 83aabbccdd 000000"
	ttc   = "01000601 00000014 0301000a 2483aabbccdd 0000"
)

func TestDecode(t *testing.T) {
	d, ok, err := Decode(unhex(t, plain))
	if err != nil || !ok || d.TTC || hex.EncodeToString(d.MSU) != "83aabbccdd" || !d.HasInterfaceID || d.InterfaceID != 7 {
		t.Errorf("%+v %v %v", d, ok, err)
	}
	d, ok, err = Decode(unhex(t, ttc))
	if err != nil || !ok || !d.TTC || d.LI != 0x24 || hex.EncodeToString(d.MSU) != "83aabbccdd" || d.HasInterfaceID {
		t.Errorf("TTC: %+v %v %v", d, ok, err)
	}
	d, ok, err = Decode(unhex(t, plain)[:22])
	if err != sigtran.ErrShort || !ok || !d.Cut || hex.EncodeToString(d.MSU) != "83aa" {
		t.Errorf("cut: %+v %v %v", d, ok, err)
	}
	b := unhex(t, plain)
	b[17] = 9
	if _, ok, err = Decode(b); ok || err != sigtran.ErrMissing {
		t.Errorf("no data: %v %v", ok, err)
	}
	b[3] = 2
	if _, ok, err = Decode(b); ok || err != nil {
		t.Errorf("establish request: %v %v", ok, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, plain))
	f.Add(unhex(f, ttc))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok, _ := Decode(b); len(d.MSU) > len(b) || !ok && d.MSU != nil {
			t.Fatalf("%+v", d)
		}
	})
}
