package mtp2

import (
	"bytes"
	"testing"
)

func TestDecode(t *testing.T) {
	long := append([]byte{0x80, 0x01, 0x3f}, make([]byte, 80)...)
	for _, c := range []struct {
		name   string
		b      []byte
		annexA bool
		want   Unit
		err    error
	}{
		{"FISU", []byte{0xff, 0x80, 0}, false, Unit{Kind: FISU, BSN: 127, BIB: true, FIB: true}, nil},
		{"FISU with checksum", []byte{0xff, 0x80, 0xc0, 1, 2}, false, Unit{Kind: FISU, BSN: 127, BIB: true, FIB: true}, nil},
		{"LSSU", []byte{1, 2, 1, 3}, false, Unit{Kind: LSSU, BSN: 1, FSN: 2, LI: 1, Status: []byte{3}}, nil},
		{"MSU with checksum", []byte{1, 2, 5, 3, 4, 5, 6, 7, 0xaa, 0xbb}, false, Unit{Kind: MSU, BSN: 1, FSN: 2, LI: 5, MSU: []byte{3, 4, 5, 6, 7}}, nil},
		{"63 octets and more", long, false, Unit{Kind: MSU, BIB: true, FSN: 1, LI: 63, MSU: make([]byte, 80)}, nil},
		{"cut", []byte{1, 2, 5, 3, 4}, false, Unit{Kind: MSU, BSN: 1, FSN: 2, LI: 5, MSU: []byte{3, 4}, Cut: true}, ErrShort},
		{"cut header", []byte{1, 2}, false, Unit{}, ErrShort},
		{"annex A", []byte{0xff, 0x8f, 0x34, 0x02, 3, 0, 9, 8, 7, 1, 1}, true, Unit{Kind: MSU, BSN: 0xfff, BIB: true, FSN: 0x234, LI: 3, MSU: []byte{9, 8, 7}}, nil},
		{"annex A, cut header", []byte{0, 0, 0, 0, 0}, true, Unit{}, ErrShort},
	} {
		u, err := Decode(c.b, c.annexA)
		if err != c.err || u.Kind != c.want.Kind || u.BSN != c.want.BSN || u.FSN != c.want.FSN || u.BIB != c.want.BIB ||
			u.FIB != c.want.FIB || u.LI != c.want.LI || u.Cut != c.want.Cut || !bytes.Equal(u.Status, c.want.Status) || !bytes.Equal(u.MSU, c.want.MSU) {
			t.Errorf("%s: %+v %v, want %+v", c.name, u, err, c.want)
		}
	}
}

func TestPseudoHeader(t *testing.T) {
	h, unit, err := ReadPseudoHeader([]byte{1, 1, 1, 2, 0xff})
	if err != nil || h != (PseudoHeader{Sent: true, AnnexA: true, AnnexAKnown: true, Link: 0x102}) || len(unit) != 1 {
		t.Errorf("%+v %x %v", h, unit, err)
	}
	if h, _, _ = ReadPseudoHeader([]byte{0, 2, 0, 0}); h.AnnexAKnown {
		t.Errorf("%+v", h)
	}
	if _, _, err = ReadPseudoHeader([]byte{0, 2, 0}); err != ErrShort {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 2, 5, 3, 4, 5, 6, 7, 0xaa, 0xbb}, false)
	f.Add([]byte{0xff, 0x8f, 0x34, 0x02, 3, 0, 9, 8, 7, 1, 1}, true)
	f.Fuzz(func(t *testing.T, b []byte, annexA bool) {
		u, err := Decode(b, annexA)
		if err == nil && u.Kind == MSU && len(u.MSU) < int(u.LI) || len(u.MSU)+len(u.Status) > len(b) {
			t.Fatalf("%+v", u)
		}
		ReadPseudoHeader(b)
	})
}
