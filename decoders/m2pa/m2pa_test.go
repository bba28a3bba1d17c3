package m2pa

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
	user   = "01000b01 00000015 00000102 ff030405 40 83aabbcc"
	status = "01000b02 00000014 00ffffff 00ffffff 00000004"
	ack    = "01000b01 00000010 00000003 00000004"
)

func TestDecode(t *testing.T) {
	m, ok, err := Decode(unhex(t, user))
	if err != nil || !ok || m.Type != TypeUserData || m.BSN != 0x102 || m.FSN != 0x30405 || m.Priority != 0x40 ||
		hex.EncodeToString(m.MSU) != "83aabbcc" {
		t.Errorf("%+v %v %v", m, ok, err)
	}
	if m, _, _ = Decode(append(unhex(t, user), 0, 0, 0)); hex.EncodeToString(m.MSU) != "83aabbcc" {
		t.Errorf("padded: %x", m.MSU)
	}
	if m, ok, err = Decode(unhex(t, status)); err != nil || !ok || m.Status != 4 || m.MSU != nil {
		t.Errorf("status: %+v %v %v", m, ok, err)
	}
	if m, ok, err = Decode(unhex(t, ack)); err != nil || !ok || m.MSU != nil {
		t.Errorf("acknowledgement: %+v %v %v", m, ok, err)
	}
	if m, ok, err = Decode(unhex(t, user)[:19]); err != sigtran.ErrShort || !ok || !m.Cut || len(m.MSU) != 2 {
		t.Errorf("cut: %+v %v %v", m, ok, err)
	}
	if _, ok, err = Decode(unhex(t, user)[:12]); err != sigtran.ErrShort || ok {
		t.Errorf("cut in the header: %v %v", ok, err)
	}
	b := unhex(t, user)
	b[2] = 1
	if _, ok, err = Decode(b); ok || err != nil {
		t.Errorf("another class: %v %v", ok, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{user, status, ack} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok, _ := Decode(b); len(m.MSU) > len(b) || !ok && m.MSU != nil {
			t.Fatalf("%+v", m)
		}
	})
}
