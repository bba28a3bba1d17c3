package ssh

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"pcaptriage/decoders"
)

// dnsQuestion makes a DNS message with one question.
func dnsQuestion(flags uint16, typ uint16, name string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x12, 0x34}, flags)
	b = append(b, 0, 1, 0, 0, 0, 0, 0, 0)
	for l := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(l))), l...)
	}
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, typ)
	return append(b, 0, 1)
}

func TestParsePTR(t *testing.T) {
	v6 := "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
	for _, c := range []struct {
		b        []byte
		addr     string
		response bool
	}{
		{dnsQuestion(0x0100, 12, "1.2.0.192.in-addr.arpa"), "192.0.2.1", false},
		{dnsQuestion(0x8183, 12, "1.2.0.192.in-addr.arpa"), "192.0.2.1", true},
		{dnsQuestion(0x0100, 12, "1.2.0.192.IN-ADDR.ARPA"), "192.0.2.1", false},
		{dnsQuestion(0x0100, 12, v6), "2001:db8::567:89ab", false},
		{dnsQuestion(0x0100, 1, "1.2.0.192.in-addr.arpa"), "", false},    // A
		{dnsQuestion(0x0100, 12, "256.2.0.192.in-addr.arpa"), "", false}, // no address
		{dnsQuestion(0x0100, 12, "2.0.192.in-addr.arpa"), "", false},     // a zone
		{dnsQuestion(0x0100, 12, "_ssh._tcp.example.org"), "", false},
		{dnsQuestion(0x2800, 12, "1.2.0.192.in-addr.arpa"), "", false}, // UPDATE
		{dnsQuestion(0x0100, 12, "1.2.0.192.in-addr.arpa")[:30], "", false},
		{nil, "", false},
	} {
		addr, response, ok := parsePTR(c.b)
		if ok != (c.addr != "") || ok && (addr.String() != c.addr || response != c.response) {
			t.Errorf("%q: %v %v %v, want %s", c.b, addr, response, ok, c.addr)
		}
	}
}

// FuzzParsePTR: no panic, and an address that is read is the one that its name
// is made of.
func FuzzParsePTR(f *testing.F) {
	f.Add(dnsQuestion(0x0100, 12, "1.2.0.192.in-addr.arpa"))
	f.Add(dnsQuestion(0x8180, 12, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"))
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, _, ok := parsePTR(b)
		if !ok {
			return
		}
		ip := addr.Netip()
		name := ""
		if addr.Is4() && b[12] <= 3 && b[13+b[12]] != 0 {
			x := ip.As4()
			name = netip.AddrFrom4([4]byte{x[3], x[2], x[1], x[0]}).String()
		}
		if again, _, ok := parsePTR(dnsQuestion(0, 12, name+".in-addr.arpa")); name != "" && (!ok || again != addr) {
			t.Fatalf("%v from %q", addr, b)
		}
	})
}

func TestQuestions(t *testing.T) {
	var q questions
	for i := range int64(20) {
		q.ask(i*1e9, decoders.FrameRef(i+1))
	}
	if l := q.within(10e9, 12e9); l.n != 3 || l.first.frame != 11 || l.last.frame != 13 {
		t.Errorf("%+v", l)
	}
	if l := q.within(0, 2e9); l.n != 0 {
		t.Errorf("%+v: those are forgotten", l)
	}
	q.answer(20e9)
	if l := q.within(18e9, 19e9); l.n != 2 {
		t.Errorf("%+v: an answer after a second is late", l)
	}
	q.ask(30e9, 40)
	q.answer(30e9 + 5e6)
	if l := q.within(29e9, 31e9); l.n != 0 {
		t.Errorf("%+v: answered at once", l)
	}
}
