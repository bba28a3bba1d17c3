package ber

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	long := append(unhex(t, "3082012c"), make([]byte, 300)...)
	for _, c := range []struct {
		name, in, content, rest string
		tag                     uint32
		indefinite              bool
		missing                 int
		err                     error
	}{
		{name: "short form", in: "0401aaff", tag: 0x04, content: "aa", rest: "ff"},
		{name: "empty", in: "0500", tag: 0x05},
		{name: "long form, not minimal", in: "0483000001aa", tag: 0x04, content: "aa"},
		{name: "long form", in: hex.EncodeToString(long), tag: 0x30, content: hex.EncodeToString(long[4:])},
		{name: "multi-octet tag", in: "bf8101 00", tag: 0xbf<<24 | 0x81},
		{name: "user information tag is a low one", in: "be00", tag: 0xbe},
		{name: "indefinite", in: "6c80020101 0000 ff", tag: 0x6c, content: "020101", rest: "ff", indefinite: true},
		{name: "indefinite in indefinite", in: "6c80 a180 020101 0000 0000", tag: 0x6c, content: "a1800201010000", indefinite: true},
		{name: "00 00 inside a definite element is no end", in: "3080 04020000 0000", tag: 0x30, content: "04020000", indefinite: true},
		{name: "cut value", in: "0405aabb", tag: 0x04, content: "aabb", missing: 3, err: ErrShort},
		{name: "cut header", in: "04", err: ErrShort},
		{name: "cut length", in: "048201", err: ErrShort},
		{name: "cut tag", in: "bf81", err: ErrShort},
		{name: "indefinite without end", in: "3080020101", tag: 0x30, content: "020101", indefinite: true, err: ErrShort},
		{name: "indefinite primitive", in: "0480", err: ErrLength},
		{name: "length of 5 octets", in: "04850000000001aa", err: ErrLength},
		{name: "reserved length", in: "04ff", err: ErrLength},
		{name: "length of 31 bits and more", in: "0484ffffffff", err: ErrLength},
		{name: "tag too large", in: "1f8fffffff7f00", err: ErrTag},
		{name: "tag of leading zeroes", in: "1f80808080808080808000", err: ErrTag},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := unhex(t, string(bytes.ReplaceAll([]byte(c.in), []byte(" "), nil)))
			e, rest, err := Read(in)
			if err != c.err {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if e.Tag != c.tag || e.Indefinite != c.indefinite || e.Missing != c.missing ||
				hex.EncodeToString(e.Content) != c.content || hex.EncodeToString(rest) != c.rest {
				t.Errorf("got tag %#x indefinite %v missing %d content %x rest %x", e.Tag, e.Indefinite, e.Missing, e.Content, rest)
			}
			if e.Raw != nil && len(e.Raw)+len(rest) != len(in) {
				t.Errorf("raw %d + rest %d octets of %d", len(e.Raw), len(rest), len(in))
			}
		})
	}
}

func TestReadLimits(t *testing.T) {
	deep := bytes.Repeat([]byte{0x30, 0x80}, MaxDepth)
	if _, _, err := Read(append(deep, bytes.Repeat([]byte{0, 0}, MaxDepth)...)); err != nil {
		t.Errorf("%d levels: %v", MaxDepth, err)
	}
	if _, _, err := Read(bytes.Repeat([]byte{0x30, 0x80}, MaxDepth+1)); err != ErrLimit {
		t.Errorf("%d levels: %v, want ErrLimit", MaxDepth+1, err)
	}
	many := append([]byte{0x30, 0x80}, bytes.Repeat([]byte{5, 0}, MaxElements)...)
	if _, _, err := Read(append(many, 0, 0)); err != ErrLimit {
		t.Errorf("many elements: %v, want ErrLimit", err)
	}
	r := NewReader(many[2:])
	n := 0
	for r.Next() {
		n++
	}
	if n != MaxElements || r.Err() != nil {
		t.Errorf("reader gave %d, %v", n, r.Err())
	}
	r = NewReader(many)
	for r.Next() {
	}
	if r.Err() != ErrLimit {
		t.Errorf("reader: %v, want ErrLimit", r.Err())
	}
}

func TestReaderGivesTheCutElement(t *testing.T) {
	r := NewReader(unhex(t, "02010104057a"))
	if !r.Next() || r.E.Tag != Integer || r.Err() != nil {
		t.Fatalf("first: %+v %v", r.E, r.Err())
	}
	if !r.Next() || !bytes.Equal(r.E.Content, []byte{0x7a}) || r.E.Missing != 4 || !errors.Is(r.Err(), ErrShort) {
		t.Fatalf("second: %+v %v", r.E, r.Err())
	}
	if r.Next() {
		t.Error("went on after the cut")
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]int64{"01": 1, "ff": -1, "80": -128, "00ff": 255, "ff7f": -129, "7fffffffffffffff": 1<<63 - 1} {
		if v, ok := Int(unhex(t, in)); !ok || v != want {
			t.Errorf("%s: %d %v, want %d", in, v, ok, want)
		}
	}
	for _, in := range []string{"", "000000000000000001"} {
		if _, ok := Int(unhex(t, in)); ok {
			t.Errorf("%q: accepted", in)
		}
	}
}

func TestOID(t *testing.T) {
	for in, want := range map[string]string{
		"04000001001903":                   "0.4.0.0.1.0.25.3",
		"00118605010101":                   "0.0.17.773.1.1.1",
		"2a863a008961330101010001":         "1.2.826.0.1249.51.1.1.1.0.1",
		"8837":                             "2.999",
		"2a":                               "1.2",
		"2a86":                             "1.2.?",
		"":                                 "",
		"ffffffffffffffffffffffffffffff7f": "?",
	} {
		if got := string(AppendOID(nil, unhex(t, in))); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"6281906281", "6c80a18002010100000000", "bf8101020500", "3082012c0402"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(b)
		total := 0
		for r.Next() {
			total += len(r.E.Raw)
			if len(r.E.Content) > len(r.E.Raw) {
				t.Fatal("content longer than the element")
			}
			Int(r.E.Content)
			AppendOID(nil, r.E.Content)
		}
		if total > len(b) {
			t.Fatalf("elements of %d octets in %d", total, len(b))
		}
		if r.Err() == nil && total != len(b) {
			t.Fatalf("%d of %d octets read without an error", total, len(b))
		}
	})
}
