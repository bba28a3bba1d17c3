package sigtran

import (
	"encoding/binary"
	"testing"
)

func message(class, typ uint8, body ...byte) []byte {
	b := []byte{1, 0, class, typ, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[4:], uint32(HeaderLen+len(body)))
	return append(b, body...)
}

func TestReadHeader(t *testing.T) {
	m := message(1, 1, 0, 6, 0, 5, 9, 0, 0, 0)
	for _, c := range []struct {
		name   string
		b      []byte
		length uint32
		body   int
		err    error
	}{
		{"whole", m, 16, 8, nil},
		{"padding does not count", m, 13, 8, nil},
		{"padding missing", m[:13], 16, 5, nil},
		{"octets behind", append(append([]byte(nil), m...), 1, 2, 3, 4, 5), 16, 8, nil},
		{"cut", m[:12], 16, 4, ErrShort},
		{"cut header", m[:7], 16, 0, ErrShort},
		{"length below the header's", m, 7, 0, ErrHeader},
		{"length of 4 GiB", m, 0xffffffff, 8, ErrShort},
	} {
		b := append([]byte(nil), c.b...)
		if len(b) >= 8 {
			binary.BigEndian.PutUint32(b[4:], c.length)
		}
		h, body, err := ReadHeader(b)
		if err != c.err || len(body) != c.body || err == nil && (h.Class != 1 || h.Type != 1) {
			t.Errorf("%s: %+v, %d octets, %v; want %d, %v", c.name, h, len(body), err, c.body, c.err)
		}
	}
	m[0] = 2
	if _, _, err := ReadHeader(m); err != ErrHeader {
		t.Errorf("version 2: %v", err)
	}
}

func TestParams(t *testing.T) {
	body := []byte{0, 6, 0, 8, 0, 0, 0, 9, 2, 0x10, 0, 7, 1, 2, 3, 0}
	w := NewParams(body)
	if !w.Next() || w.P.Tag != TagRoutingContext {
		t.Fatalf("%+v", w.P)
	}
	if v, ok := w.P.Uint32(); !ok || v != 9 {
		t.Errorf("value %d %v", v, ok)
	}
	if !w.Next() || w.P.Tag != 0x210 || len(w.P.Value) != 3 || w.Next() || w.Err() != nil {
		t.Errorf("%+v %v", w.P, w.Err())
	}
	w = NewParams(body[:14])
	w.Next()
	if !w.Next() || !w.P.Cut || len(w.P.Value) != 2 || w.Next() || w.Err() != ErrShort {
		t.Errorf("cut: %+v %v", w.P, w.Err())
	}
	w = NewParams([]byte{0, 6, 0, 3, 0, 0, 0, 0})
	if w.Next() || w.Err() != ErrParameter {
		t.Errorf("length 3: %v", w.Err())
	}
}

func TestIdentify(t *testing.T) {
	m3ua := message(1, 1, 0, 6, 0, 8, 0, 0, 0, 9)
	for _, c := range []struct {
		name         string
		ppid         uint32
		sport, dport uint16
		msg          []byte
		want         Protocol
	}{
		{"by PPID, whatever the port", 3, 2006, 4512, m3ua, M3UA},
		{"swapped PPID", 0x05000000, 1, 2, nil, M2PA},
		{"no PPID, port and shape", 0, 40000, 2905, m3ua, M3UA},
		{"no PPID, source port", 0, 2905, 40000, m3ua, M3UA},
		{"unassigned PPID", 0xdeadbeef, 2905, 40000, m3ua, M3UA},
		{"no PPID, port without shape", 0, 2905, 2905, []byte("GET / HTTP/1.0\r\n"), None},
		{"no PPID, class of another layer", 0, 2904, 2904, m3ua, None},
		{"no PPID, length of something else", 0, 2905, 2905, append(m3ua, 0, 0, 0, 0), None},
		{"shape without port", 0, 1, 2, m3ua, None},
		{"Diameter", 46, 2905, 2905, m3ua, Other},
		{"S1AP", 18, 36412, 36412, nil, Other},
		{"S1AP swapped", 0x12000000, 36412, 36412, nil, Other},
	} {
		if got := Identify(c.ppid, c.sport, c.dport, c.msg); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(message(1, 1, 0, 6, 0, 8, 0, 0, 0, 9, 2, 0x10, 0, 7, 1, 2, 3, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, body, err := ReadHeader(b)
		if err != nil && err != ErrShort {
			return
		}
		w, total := NewParams(body), 0
		for w.Next() {
			total += 4 + len(w.P.Value)
		}
		if total > len(b) {
			t.Fatalf("parameters of %d octets in %d", total, len(b))
		}
		Identify(0, 2905, 3565, b)
	})
}
