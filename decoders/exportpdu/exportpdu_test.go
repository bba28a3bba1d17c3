package exportpdu

import (
	"encoding/binary"
	"testing"
)

func tlv(tag uint16, v string) []byte {
	b := binary.BigEndian.AppendUint16(nil, tag)
	b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
	b = append(b, v...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func record(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func sample() []byte {
	return record(tlv(13, "heur"), tlv(12, "sccp"), tlv(20, "\x0a\x00\x00\x01"), tlv(21, "\x0a\x00\x00\x02"), tlv(24, "\x00\x00\x00\x01"),
		tlv(25, "\x00\x00\x0b\x59"), tlv(26, "\x00\x00\x0b\x5a"), tlv(28, "\x00\x00\x00\x65\x00\x01\x03\x00"), tlv(29, "\x00\x00\x00\x66"),
		tlv(0, ""), []byte("data"))
}

func TestDecode(t *testing.T) {
	p, err := Decode(sample())
	if err != nil || string(p.Name) != "sccp" || string(p.Data) != "data" || p.Src.String() != "10.0.0.1" || p.Dst.String() != "10.0.0.2" ||
		p.SrcPort != 2905 || p.DstPort != 2906 || !p.HasPC || p.OPC != 101 || p.DPC != 102 {
		t.Errorf("%+v %v", p, err)
	}
	v6 := "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
	p, err = Decode(record(tlv(13, "m3ua\x00"), tlv(22, v6), tlv(23, v6), tlv(0, "")))
	if err != nil || string(p.Name) != "m3ua" || len(p.Data) != 0 || p.Src.String() != "2001:db8::1" || p.Dst != p.Src {
		t.Errorf("%+v %v", p, err)
	}
	for _, b := range [][]byte{nil, tlv(12, "tcap"), {0, 12, 0, 9, 1, 2, 3, 4}} {
		if _, err = Decode(b); err != ErrMalformed {
			t.Errorf("%x: %v", b, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample())
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := Decode(b); len(p.Name)+len(p.Data) > len(b) || err != nil && p.Data != nil {
			t.Fatalf("%+v", p)
		}
	})
}
