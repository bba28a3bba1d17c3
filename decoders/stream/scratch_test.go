package stream

import (
	"bytes"
	"testing"
)

func TestScratch(t *testing.T) {
	s := NewScratch(1024)
	var a, b, c Note
	if got, ok := s.Bytes(a); !ok || len(got) != 0 || !a.Empty() {
		t.Fatal("an empty note has bytes")
	}
	if !s.Append(&a, []byte("one")) || !s.Append(&b, []byte("two")) || !s.Append(&a, []byte(" more")) {
		t.Fatal("no room")
	}
	if got, ok := s.Bytes(a); !ok || string(got) != "one more" {
		t.Fatalf("%q", got)
	}
	// 512 bytes for c, and again 512 while growing would take all; b is older than a.
	if !s.Append(&c, make([]byte, 300)) || s.InUse() != 1024 {
		t.Fatal("no room", s.InUse())
	}
	if !s.Append(&a, make([]byte, 250)) { // grows to 512: b and then c have to go
		t.Fatal("no room")
	}
	if _, ok := s.Bytes(b); ok || s.Append(&b, []byte("x")) || !b.Empty() {
		t.Error("b should be gone")
	}
	if got, ok := s.Bytes(a); !ok || len(got) != 258 || !bytes.HasPrefix(got, []byte("one more")) {
		t.Errorf("%q", got)
	}
	if s.Append(&a, make([]byte, 2000)) || !a.Empty() {
		t.Error("beyond the limit")
	}
	s.Free(&c)
	s.Free(&a)
	if s.InUse() != 0 || s.Evicted() == 0 {
		t.Errorf("%d in use, %d evicted", s.InUse(), s.Evicted())
	}
}

// FuzzScratch plays appends and frees of eight notes against plain slices.
func FuzzScratch(f *testing.F) {
	f.Add(uint16(2000), []byte{0, 200, 1, 255, 8, 0, 2, 100, 1, 255})
	f.Fuzz(func(t *testing.T, limit uint16, in []byte) {
		s := NewScratch(int(limit))
		var notes [8]Note
		var want [8][]byte
		for ; len(in) >= 2; in = in[2:] {
			i := in[0] & 7
			if in[0]&8 != 0 {
				s.Free(&notes[i])
				want[i] = nil
			} else {
				b := bytes.Repeat(in[1:2], int(in[1])*int(in[0]>>4))
				if s.Append(&notes[i], b) {
					want[i] = append(want[i], b...)
				} else {
					want[i] = nil
				}
			}
			for j := range notes {
				got, ok := s.Bytes(notes[j])
				if ok && !bytes.Equal(got, want[j]) {
					t.Fatalf("note %d: %d bytes, want %d", j, len(got), len(want[j]))
				}
			}
			if s.mem.total > s.mem.max {
				t.Fatal("beyond the limit")
			}
		}
		for i := range notes {
			s.Free(&notes[i])
		}
		if s.InUse() != 0 || s.byUse.Oldest() != 0 || s.byUse.Newest() != 0 {
			t.Fatal("not empty")
		}
	})
}
