package sshwire

import (
	"encoding/binary"
	"slices"
	"testing"
)

// TestSizes: the sizes that real servers were seen to send.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		cipher, mac          string
		accept, success, alt int
	}{
		{"chacha20-poly1305@openssh.com", "", 44, 28, 36}, // alt: dropbear
		{"aes256-gcm@openssh.com", "", 52, 36, 36},
		{"aes128-ctr", "hmac-sha2-256-etm@openssh.com", 68, 52, 52},
		{"aes128-ctr", "hmac-sha1", 52, 36, 36},
		{"aes256-ctr", "umac-64@openssh.com", 40, 24, 24},
		{"aes256-ctr", "hmac-sha2-256", 64, 48, 48},
	} {
		s, ok := SuiteOf(c.cipher, c.mac, "none")
		if !ok {
			t.Fatalf("%+v: not known", c)
		}
		accept, _ := s.Wire(ServiceAcceptLen)
		success, alt := s.Wire(AuthSuccessLen)
		if accept != c.accept || success != c.success || alt != c.alt {
			t.Errorf("%+v: %d, %d, %d", c, accept, success, alt)
		}
		if !s.Is(success, 1) || !s.Is(alt, 1) || s.Is(accept, 1) && accept != alt {
			t.Errorf("%+v: Is", c)
		}
		for n := 1; n < 300; n++ {
			for _, wire := range []int{first2(s.Wire(n)), second2(s.Wire(n))} {
				least, most, ok := s.Payload(wire)
				if !ok || n < least || n > most || !s.Valid(wire) || s.Valid(wire+1) {
					t.Fatalf("%+v: payload %d is %d on the wire, which is %d to %d", c, n, wire, least, most)
				}
			}
		}
	}
}

func first2(a, _ int) int  { return a }
func second2(_, b int) int { return b }

func TestSuites(t *testing.T) {
	for _, c := range []struct {
		cipher, mac, comp string
		want              Suite
		ok                bool
	}{
		{"aes128-cbc", "hmac-md5", "zlib@openssh.com", Suite{Block: 16, Tag: 16}, true},
		{"3des-cbc", "hmac-sha1-96", "none", Suite{Block: 8, Tag: 12}, true},
		{"rijndael-cbc@lysator.liu.se", "hmac-ripemd160@openssh.com", "none", Suite{Block: 16, Tag: 20}, true},
		{"arcfour256", "hmac-sha2-512", "none", Suite{Block: 8, Tag: 64}, true},
		{"aes192-ctr", "umac-128-etm@openssh.com", "none", Suite{Block: 16, Tag: 16, LengthApart: true, ClearLength: true}, true},
		{"aes128-ctr", "hmac-sha1", "zlib", Suite{}, false},
		{"aes128-ctr", "unheard-of", "none", Suite{}, false},
		{"unheard-of", "hmac-sha1", "none", Suite{}, false},
		{"", "", "none", Suite{}, false},
	} {
		if s, ok := SuiteOf(c.cipher, c.mac, c.comp); ok != c.ok || ok && s != c.want {
			t.Errorf("%+v: %+v %v", c, s, ok)
		}
	}
}

func clearPacket(s *Suite, length int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(length))
	return append(b, make([]byte, length+s.Tag)...)
}

func TestSplitter(t *testing.T) {
	s, _ := SuiteOf("aes128-gcm@openssh.com", "", "none")
	var b []byte
	lengths := []int{16, 32, 1024, 16}
	for _, n := range lengths {
		b = append(b, clearPacket(&s, n)...)
	}
	for size := 1; size < 200; size += 7 {
		var sp Splitter
		var got []int
		for rest := b; len(rest) > 0; {
			n := min(size, len(rest))
			piece := rest[:n]
			rest = rest[n:]
			for len(piece) > 0 {
				var found int
				if found, piece = sp.Next(&s, piece); found > 0 {
					got = append(got, found-4-s.Tag)
				}
			}
		}
		if !slices.Equal(got, lengths) || sp.Lost() {
			t.Fatalf("in pieces of %d: %v", size, got)
		}
	}
	var sp Splitter
	if n, rest := sp.Next(&s, b[:20]); n != 0 || len(rest) != 0 {
		t.Error("not complete yet")
	}
	if n := sp.Gap(16); n != 36 || sp.Lost() {
		t.Error("the hole ends the packet", n)
	}
	if n := sp.Gap(1); n != 0 || !sp.Lost() {
		t.Error("the hole hides a length")
	}
	sp = Splitter{}
	if n, rest := sp.Next(&s, []byte{0, 0, 0, 17, 1, 2}); n != 0 || rest != nil || !sp.Lost() {
		t.Error("no such length")
	}
}

func FuzzSplitter(f *testing.F) {
	s, _ := SuiteOf("aes128-gcm@openssh.com", "", "none")
	f.Add(clearPacket(&s, 16), byte(9))
	f.Fuzz(func(t *testing.T, b []byte, size byte) {
		var one, many Splitter
		var a, c []int
		for rest := b; len(rest) > 0; {
			var n int
			if n, rest = one.Next(&s, rest); n > 0 {
				a = append(a, n)
			}
		}
		for rest := b; len(rest) > 0; {
			piece := rest[:min(int(size)+1, len(rest))]
			rest = rest[len(piece):]
			for len(piece) > 0 {
				var n int
				if n, piece = many.Next(&s, piece); n > 0 {
					c = append(c, n)
				}
			}
		}
		if !slices.Equal(a, c) || one.Lost() != many.Lost() {
			t.Fatalf("%v, %v in pieces", a, c)
		}
		sum := 0
		for _, n := range a {
			sum += n
		}
		if sum > len(b) {
			t.Fatal("more than there is")
		}
	})
}
