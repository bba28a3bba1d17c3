package sccp

import (
	"slices"
	"testing"
)

func decoded(t testing.TB, b []byte) *Message {
	t.Helper()
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

// parts are three segments of one message.
func parts(t testing.TB, typ Type, calling []byte, ref uint32) []*Message {
	called := calledGT
	if typ.Service() {
		called, calling = calling, called
	}
	return []*Message{
		decoded(t, xudt(typ, 1, called, calling, []byte("\x62aa"), segment(true, 2, ref))),
		decoded(t, xudt(typ, 1, called, calling, []byte("bb"), segment(false, 1, ref))),
		decoded(t, xudt(typ, 1, called, calling, []byte("cc"), segment(false, 0, ref))),
	}
}

const second = int64(1e9)

func TestReassemble(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {0, 0, 1, 1, 2}, {2, 0, 2, 1}} {
		r := NewReassembler(Config{})
		p := parts(t, XUDT, callingGT, 7)
		var got string
		for i, k := range order {
			data, cut, s := r.Add(p[k], 1, 1, int64(i))
			if last := i == len(order)-1; (s == Complete) != last || cut {
				t.Errorf("order %v: status %v at %d", order, s, i)
			}
			got = string(data)
		}
		if got != "\x62aabbcc" {
			t.Errorf("order %v: %q", order, got)
		}
		if _, _, s := r.Add(p[1], 9, 9, 99); s != Duplicate {
			t.Errorf("order %v: a copy after the end is %v", order, s)
		}
	}
}

// A message that a relay passes on is complete once more on the other link, and
// only there: a repetition on the same link is none.
func TestReassembleAgain(t *testing.T) {
	r := NewReassembler(Config{})
	p := parts(t, XUDT, callingGT, 7)
	var got []Status
	for i, s := range []struct {
		part  int
		scope uint64
	}{{0, 1}, {0, 2}, {1, 1}, {2, 1}, {2, 1}, {1, 2}, {2, 3}, {2, 2}, {0, 3}, {1, 3}, {2, 3}} {
		data, _, status := r.Add(p[s.part], s.scope, 1, int64(i))
		if status == Again && string(data) != "\x62aabbcc" {
			t.Errorf("data %q", data)
		}
		got = append(got, status)
	}
	want := []Status{Pending, Duplicate, Pending, Complete, Duplicate, Duplicate, Duplicate, Again, Duplicate, Duplicate, Again}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	r.Close()
	if r.bytes != 0 || len(r.messages) != 0 || r.Stats.Incomplete != 0 {
		t.Errorf("left over: %d octets, %d messages, %+v", r.bytes, len(r.messages), r.Stats)
	}
}

func TestReassembleWhole(t *testing.T) {
	r := NewReassembler(Config{})
	data, _, s := r.Add(decoded(t, udt(UDT, 0, calledGT, callingGT, []byte{0x62})), 0, 0, 0)
	if s != Whole || len(data) != 1 {
		t.Errorf("UDT: %v", s)
	}
	if _, _, s = r.Add(decoded(t, xudt(XUDT, 0, calledGT, callingGT, []byte{0x62}, segment(true, 0, 1))), 0, 0, 0); s != Whole {
		t.Errorf("single segment: %v", s)
	}
	if r.Stats != (Stats{}) {
		t.Errorf("%+v", r.Stats)
	}
}

func TestReassembleKeys(t *testing.T) {
	r := NewReassembler(Config{})
	sent, back := parts(t, XUDT, callingGT, 7), parts(t, XUDTS, callingGT, 7)
	for i := range 2 {
		r.Add(sent[i], 1, 1, 0)
		r.Add(back[i], 1, 1, 0)
	}
	if _, _, s := r.Add(back[2], 2, 2, 0); s != Complete {
		t.Errorf("returned: %v", s)
	}
	if _, _, s := r.Add(sent[2], 2, 2, 0); s != Complete {
		t.Errorf("sent, last segment on another link: %v", s)
	}
	local := parts(t, XUDT, noGT, 7)
	r.Add(local[0], 1, 1, 0)
	r.Add(local[1], 1, 1, 0)
	if _, _, s := r.Add(local[2], 1, 2, 0); s != Pending {
		t.Errorf("without a title, from another point code: %v", s)
	}
	if _, _, s := r.Add(local[2], 1, 1, 0); s != Complete {
		t.Errorf("without a title: %v", s)
	}
}

func TestReassembleReusedReference(t *testing.T) {
	r := NewReassembler(Config{})
	p := parts(t, XUDT, callingGT, 7)
	other := decoded(t, xudt(XUDT, 1, calledGT, callingGT, []byte("\x62zz"), segment(true, 1, 7)))
	end := decoded(t, xudt(XUDT, 1, calledGT, callingGT, []byte("end"), segment(false, 0, 7)))
	r.Add(p[0], 1, 1, 0)
	r.Add(other, 1, 1, 1) // a first segment that the first message cannot have
	data, _, s := r.Add(end, 1, 1, 2)
	if s != Complete || string(data) != "\x62zzend" || r.Stats.Conflicts != 1 || r.Stats.Incomplete != 1 {
		t.Errorf("%v %q %+v", s, data, r.Stats)
	}
	// Again with the reference of a message that is complete.
	r.Add(p[0], 1, 1, 3)
	r.Add(p[1], 1, 1, 4)
	if data, _, s = r.Add(p[2], 1, 1, 5); s != Complete || string(data) != "\x62aabbcc" || r.Stats.Conflicts != 1 {
		t.Errorf("%v %q %+v", s, data, r.Stats)
	}
}

func TestReassembleTimers(t *testing.T) {
	r := NewReassembler(Config{})
	p := parts(t, XUDT, callingGT, 7)
	r.Add(p[0], 1, 1, 0)
	r.Add(p[1], 1, 1, 19*second)
	if _, _, s := r.Add(p[2], 1, 1, 20*second+1); s != Pending || r.Stats.Incomplete != 1 {
		t.Errorf("after 20 s: %v %+v", s, r.Stats)
	}
	r = NewReassembler(Config{})
	p = parts(t, XUDTS, callingGT, 7)
	r.Add(p[2], 1, 1, 0)
	r.Add(p[1], 1, 1, 16*second)
	if _, _, s := r.Add(p[0], 1, 1, 32*second); s != Complete {
		t.Errorf("returned, last first, 16 s apart: %v", s)
	}
}

func TestReassembleCaps(t *testing.T) {
	r := NewReassembler(Config{MaxMessages: 2})
	for i := range uint32(3) {
		r.Add(parts(t, XUDT, callingGT, i)[0], 1, 1, int64(i))
	}
	if len(r.messages) != 2 || r.Stats.Incomplete != 1 {
		t.Errorf("messages: %d, %+v", len(r.messages), r.Stats)
	}
	p := parts(t, XUDT, callingGT, 0)
	r.Add(p[1], 1, 1, 9)
	if _, _, s := r.Add(p[2], 1, 1, 9); s != Pending {
		t.Errorf("the evicted message: %v", s)
	}
	r = NewReassembler(Config{MaxBytes: 5})
	r.Add(parts(t, XUDT, callingGT, 1)[0], 1, 1, 0)
	r.Add(parts(t, XUDT, callingGT, 2)[0], 1, 1, 0)
	if r.bytes != 3 || len(r.messages) != 1 {
		t.Errorf("octets: %d in %d messages", r.bytes, len(r.messages))
	}
	r.Add(decoded(t, xudt(XUDT, 1, calledGT, callingGT, []byte("\x62toolong"), segment(true, 1, 5))), 1, 1, 1)
	if r.bytes != 0 || len(r.messages) != 0 {
		t.Errorf("a segment beyond the cap: %d octets in %d messages", r.bytes, len(r.messages))
	}
}

func TestReassembleCut(t *testing.T) {
	r := NewReassembler(Config{})
	p := parts(t, XUDT, callingGT, 7)
	p[1].Cut, p[1].Data = true, p[1].Data[:1]
	r.Add(p[0], 1, 1, 0)
	r.Add(p[1], 1, 1, 0)
	data, cut, s := r.Add(p[2], 1, 1, 0)
	if s != Complete || !cut || string(data) != "\x62aab" {
		t.Errorf("%v %q cut %v", s, data, cut)
	}
}

// FuzzReassemble feeds messages from several links at once; an octet in front of
// each says which link, and how much later.
func FuzzReassemble(f *testing.F) {
	var all []byte
	for i, m := range parts(f, XUDT, callingGT, 7) {
		x := xudt(XUDT, 1, calledGT, callingGT, m.Data, segment(m.Seg.First, m.Seg.Remaining, 7))
		all = append(append(all, byte(i), byte(len(x))), x...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReassembler(Config{MaxMessages: 4, MaxBytes: 600})
		clock := int64(0)
		for len(b) > 2 {
			scope, n := uint64(b[0]&3), min(int(b[1]), len(b)-2)
			clock += int64(b[0]>>2) * second
			m, err := Decode(b[2 : 2+n])
			b = b[2+n:]
			if err != nil || !m.Type.Connectionless() {
				continue
			}
			data, _, s := r.Add(&m, scope, 1, clock)
			if (s == Complete || s == Again) && len(data) > 600 {
				t.Fatalf("%d octets beyond the cap", len(data))
			}
			if r.bytes > 600+len(data) || r.bytes < 0 || len(r.messages) > 4 {
				t.Fatalf("%d octets, %d messages held", r.bytes, len(r.messages))
			}
		}
		r.Close()
		if r.bytes != 0 || len(r.messages) != 0 {
			t.Fatalf("after Close: %d octets, %d messages", r.bytes, len(r.messages))
		}
	})
}
