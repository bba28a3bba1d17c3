package sccp

import (
	"bytes"
	"testing"
)

func TestDecode(t *testing.T) {
	data := []byte{0x62, 1, 2, 3}
	long := bytes.Repeat([]byte{0x62}, 300)
	for _, c := range []struct {
		name string
		b    []byte
		want Message
	}{
		{"UDT", udt(UDT, 0x81, calledGT, callingGT, data), Message{Type: UDT, Class: 1, ReturnOnError: true, Data: data}},
		{"UDTS", udt(UDTS, 8, callingGT, calledGT, data), Message{Type: UDTS, Cause: 8, Data: data}},
		{"XUDT without options", xudt(XUDT, 0, calledGT, callingGT, data, nil), Message{Type: XUDT, Hops: 15, Data: data}},
		{"XUDT segmented", xudt(XUDT, 1, calledGT, callingGT, data, segment(true, 2, 0xaabbcc)),
			Message{Type: XUDT, Class: 1, Hops: 15, Data: data, Seg: Segmentation{Present: true, First: true, Class: 1, Remaining: 2, Ref: 0xaabbcc}}},
		{"XUDT with importance", xudt(XUDT, 1, calledGT, callingGT, data, []byte{tagImportance, 1, 5, 0}),
			Message{Type: XUDT, Class: 1, Hops: 15, Data: data, HasImportance: true, Importance: 5}},
		{"XUDT with an unknown option", xudt(XUDT, 1, calledGT, callingGT, data, []byte{0x55, 2, 1, 2, tagImportance, 1, 5, 0}),
			Message{Type: XUDT, Class: 1, Hops: 15, Data: data, HasImportance: true, Importance: 5}},
		{"XUDTS", xudt(XUDTS, 1, callingGT, calledGT, data, nil), Message{Type: XUDTS, Cause: 1, Hops: 15, Data: data}},
		{"LUDT", ludt(LUDT, 1, calledGT, callingGT, long), Message{Type: LUDT, Class: 1, Hops: 15, Data: long}},
		{"LUDTS", ludt(LUDTS, 10, callingGT, calledGT, long), Message{Type: LUDTS, Cause: 10, Hops: 15, Data: long}},
	} {
		m, err := Decode(c.b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		called, calling := m.Called, m.Calling
		if c.want.Type.Service() {
			called, calling = calling, called
		}
		if !bytes.Equal(called.Raw, calledGT) || !bytes.Equal(calling.Raw, callingGT) || !bytes.Equal(m.Data, c.want.Data) {
			t.Errorf("%s: called %x calling %x data %x", c.name, m.Called.Raw, m.Calling.Raw, m.Data)
		}
		w := c.want
		if m.Type != w.Type || m.Class != w.Class || m.ReturnOnError != w.ReturnOnError || m.Cause != w.Cause || m.Hops != w.Hops ||
			m.Seg != w.Seg || m.Importance != w.Importance || m.HasImportance != w.HasImportance || m.Cut {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
}

// Parameters may stand in any order, and overlap.
func TestPointersDecideTheOrder(t *testing.T) {
	b := []byte{byte(UDT), 0, 9, 5, 1}
	b = append(b, 2, 0x62, 0x00) // data
	b = append(b, 2, 0x42, 7)    // calling
	b = append(b, 2, 0x42, 6)    // called
	b[2], b[3], b[4] = 11-2, 8-3, 5-4
	m, err := Decode(b)
	if err != nil || m.Called.SSN != 6 || m.Calling.SSN != 7 || !bytes.Equal(m.Data, []byte{0x62, 0}) {
		t.Errorf("%+v %v", m, err)
	}
	b[2] = b[3] + 1 // the called address is the calling one
	if m, err = Decode(b); err != nil || m.Called.SSN != 7 {
		t.Errorf("overlapping: %+v %v", m, err)
	}
}

func TestDecodeDamaged(t *testing.T) {
	good := udt(UDT, 0, calledGT, callingGT, []byte{0x62, 1, 2, 3})
	for _, c := range []struct {
		name string
		b    []byte
		err  error
		cut  bool
	}{
		{"empty", nil, ErrShort, false},
		{"type 0", []byte{0}, ErrType, false},
		{"type 0x15", []byte{0x15, 0, 0}, ErrType, false},
		{"header", good[:4], ErrShort, false},
		{"called address", good[:10], ErrShort, false},
		{"calling address", good[:20], ErrShort, false},
		{"data's length", good[:25], ErrShort, false},
		{"data", good[:len(good)-2], ErrShort, true},
		{"pointer to nowhere", []byte{byte(UDT), 0, 0xff, 3, 3, 0}, ErrShort, false},
		{"no pointers", []byte{byte(UDT), 0, 0, 0, 0, 0}, ErrShort, false},
		{"options without end", xudt(XUDT, 0, calledGT, callingGT, []byte{0x62}, []byte{tagImportance, 1, 1}), ErrShort, false},
	} {
		m, err := Decode(c.b)
		if err != c.err || m.Cut != c.cut {
			t.Errorf("%s: %v, cut %v; want %v, %v", c.name, err, m.Cut, c.err, c.cut)
		}
		if Plausible(c.b) {
			t.Errorf("%s: plausible", c.name)
		}
	}
	seg := xudt(XUDT, 0, calledGT, callingGT, []byte{0x62}, segment(true, 1, 1))
	if m, err := Decode(seg[:len(seg)-3]); err != ErrShort || !m.OptionalLost || len(m.Data) != 1 {
		t.Errorf("cut in the optional part: %+v %v", m, err)
	}
	if m, err := Decode([]byte{0x01, 9, 9}); err != nil || m.Type.Connectionless() {
		t.Errorf("connection request: %+v %v", m, err)
	}
}

func TestPlausible(t *testing.T) {
	tcap := []byte{0x62, 0}
	for _, c := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"UDT with TCAP", udt(UDT, 0x80, calledGT, callingGT, tcap), true},
		{"UDT with ANSI TCAP", udt(UDT, 0, calledGT, callingGT, []byte{0xe2, 0}), true},
		{"UDT with management", udt(UDT, 0, calledGT, callingGT, []byte{1, 6}), false},
		{"class 2", udt(UDT, 2, calledGT, callingGT, tcap), false},
		{"UDTS", udt(UDTS, 1, calledGT, callingGT, tcap), true},
		{"UDTS, reserved cause", udt(UDTS, 0x40, calledGT, callingGT, tcap), false},
		{"address that does not fit", udt(UDT, 0, []byte{0x12, 8}, callingGT, tcap), false},
		{"later segment", xudt(XUDT, 1, calledGT, callingGT, []byte{9}, segment(false, 0, 1)), true},
		{"first segment", xudt(XUDT, 1, calledGT, callingGT, []byte{9}, segment(true, 1, 1)), false},
	} {
		if Plausible(c.b) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

func TestCauseName(t *testing.T) {
	if CauseName(8) != "error in message transport" || CauseName(14) != "segmentation failure" || CauseName(15) != "" {
		t.Errorf("%q %q %q", CauseName(8), CauseName(14), CauseName(15))
	}
}

func FuzzDecode(f *testing.F) {
	data := []byte{0x62, 1, 2, 3}
	f.Add(udt(UDT, 0x81, calledGT, callingGT, data))
	f.Add(xudt(XUDT, 1, calledGT, callingGT, data, segment(true, 2, 7)))
	f.Add(ludt(LUDT, 1, calledGT, noGT, data))
	f.Add(udt(UDTS, 8, unhex(f, "8b 06 01 02 03 00 11 21 43"), callingGT, data))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		for _, a := range []*Address{&m.Called, &m.Calling} {
			if n := len(a.Digits()); n > maxDigits {
				t.Fatalf("%d digits", n)
			}
		}
		if len(m.Data) > len(b) {
			t.Fatal("data longer than the message")
		}
		Plausible(b)
		if err == nil {
			r := NewReassembler(Config{MaxMessages: 2, MaxBytes: 64})
			for i := range int64(4) {
				r.Add(&m, 1, 2, i*15e9)
				if r.bytes > 64 || r.bytes < 0 || len(r.messages) > 2 {
					t.Fatalf("%d octets, %d messages", r.bytes, len(r.messages))
				}
			}
			r.Close()
			if r.bytes != 0 || len(r.messages) != 0 {
				t.Fatalf("after Close: %d octets, %d messages", r.bytes, len(r.messages))
			}
		}
	})
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	b := xudt(XUDT, 1, calledGT, callingGT, []byte{0x62, 0}, segment(true, 2, 7))
	if n := testing.AllocsPerRun(100, func() { Decode(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
