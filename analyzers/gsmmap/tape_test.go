package gsmmap_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
)

// tape is a capture under construction: raw IPv4, SCTP, M3UA, SCCP UDT.
type tape struct {
	t   *testing.T
	buf bytes.Buffer
	tsn map[string]uint32 // by source and destination
	id  uint16
	as  carrier
	// port of both ends, 2905 when 0.
	port uint16
}

// carrier is what SCTP packets are put into.
type carrier uint32

const (
	inIP   carrier = 101
	inUDP  carrier = 1 // RFC 6951
	onLink carrier = 248
	onERF  carrier = 197
)

const epoch = 1_700_000_000

func newTape(t *testing.T) *tape { return newTapeAs(t, inIP) }

func newTapeAs(t *testing.T, as carrier) *tape {
	tp := &tape{t: t, tsn: map[string]uint32{}, as: as}
	le := binary.LittleEndian
	h := le.AppendUint32(nil, 0xa1b23c4d)
	h = le.AppendUint16(h, 2)
	h = le.AppendUint16(h, 4)
	h = append(h, make([]byte, 8)...)
	h = le.AppendUint32(h, 65535)
	link := uint32(inIP)
	if as > inIP {
		link = uint32(as)
	}
	h = le.AppendUint32(h, link)
	tp.buf.Write(h)
	return tp
}

// leg is a direction of an association between two addresses.
type leg struct {
	src, dst string
	vtag     uint32
}

func (l leg) back() leg { return leg{l.dst, l.src, l.vtag + 1} }

var (
	legA = leg{"192.0.2.1", "192.0.2.2", 1000} // first hop
	legB = leg{"192.0.2.9", "192.0.2.3", 2000} // behind an STP
)

// say records an SCCP message on a leg, with the next TSN.
func (tp *tape) say(at time.Duration, l leg, sccp []byte) {
	k := l.src + l.dst
	tp.tsn[k]++
	tp.chunk(at, l, tp.tsn[k], sccp)
}

// chunk records it with a TSN.
func (tp *tape) chunk(at time.Duration, l leg, tsn uint32, sccp []byte) {
	be := binary.BigEndian
	data := be.AppendUint32(nil, 1) // OPC
	data = be.AppendUint32(data, 2)
	data = append(data, 3, 2, 0, 0) // SI SCCP
	data = append(data, sccp...)
	p := be.AppendUint16(nil, 0x0210)
	p = be.AppendUint16(p, uint16(4+len(data)))
	p = append(p, data...)
	for len(p)%4 != 0 {
		p = append(p, 0)
	}
	m := append([]byte{1, 0, 1, 1}, be.AppendUint32(nil, uint32(8+len(p)))...)
	m = append(m, p...)

	c := be.AppendUint16([]byte{0, 3}, uint16(16+len(m)))
	c = be.AppendUint32(c, tsn)
	c = append(c, 0, 0, 0, 0)
	c = be.AppendUint32(c, 3) // PPID M3UA
	c = append(c, m...)
	for len(c)%4 != 0 {
		c = append(c, 0)
	}
	tp.packet(at, l, c)
}

// packet records an SCTP packet.
func (tp *tape) packet(at time.Duration, l leg, chunks []byte) {
	be := binary.BigEndian
	port := tp.port
	if port == 0 {
		port = 2905
	}
	s := be.AppendUint16(nil, port)
	s = be.AppendUint16(s, port)
	s = be.AppendUint32(s, l.vtag)
	s = append(s, 0, 0, 0, 0)
	s = append(s, chunks...)
	if tp.as == onLink {
		tp.record(at, s)
		return
	}
	proto := byte(132)
	if tp.as == inUDP {
		u := be.AppendUint16(nil, 9899)
		u = be.AppendUint16(u, 9899)
		u = be.AppendUint16(u, uint16(8+len(s)))
		s, proto = append(append(u, 0, 0), s...), 17
	}
	tp.id++
	ip := []byte{0x45, 0}
	ip = be.AppendUint16(ip, uint16(20+len(s)))
	ip = be.AppendUint16(ip, tp.id)
	ip = append(ip, 0, 0, 64, proto, 0, 0)
	for _, a := range []string{l.src, l.dst} {
		b := netip.MustParseAddr(a).As4()
		ip = append(ip, b[:]...)
	}
	tp.record(at, append(ip, s...))
}

func (tp *tape) record(at time.Duration, b []byte) {
	le := binary.LittleEndian
	ns := at.Nanoseconds()
	r := le.AppendUint32(nil, uint32(epoch+ns/1e9))
	r = le.AppendUint32(r, uint32(ns%1e9))
	r = le.AppendUint32(r, uint32(len(b)))
	r = le.AppendUint32(r, uint32(len(b)))
	tp.buf.Write(append(r, b...))
}

func (tp *tape) run(set map[string]string) *analyzers.Outcome {
	tp.t.Helper()
	file := filepath.Join(tp.t.TempDir(), "tape.pcap")
	if err := os.WriteFile(file, tp.buf.Bytes(), 0o600); err != nil {
		tp.t.Fatal(err)
	}
	o := run(tp.t, file, set)
	if other := runWith(tp.t, file, engine.Options{Set: set, Workers: 5, SlabSize: 64, SweepSlabs: 1}); outline(tp.t, o) != outline(tp.t, other) {
		tp.t.Error("the result depends on workers and slabs")
	}
	return o
}

// outline is a result as text, without the functions in it.
func outline(t *testing.T, o *analyzers.Outcome) string {
	t.Helper()
	var rows []any
	for _, t := range o.Tables {
		rows = append(rows, t.Rows)
	}
	b, err := json.Marshal([]any{rows, o.Findings, o.VerdictsWithheld})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// address is an SCCP address: global title, SSN 8.
func address(digits string) []byte {
	odd := byte(2)
	if len(digits)%2 == 1 {
		odd = 1
	}
	return append([]byte{0x12, 8, 0, 0x10 | odd, 4}, bcd(digits, 0)...)
}

// bcd packs digits, low nibble first, with filler at the end.
func bcd(digits string, filler byte) []byte {
	var out []byte
	for i := 0; i < len(digits); i += 2 {
		b := digits[i] - '0'
		if i+1 < len(digits) {
			b |= (digits[i+1] - '0') << 4
		} else {
			b |= filler << 4
		}
		out = append(out, b)
	}
	return out
}

// udt is a UDT from one title to another; with a cause of 0 and up, it is a UDTS.
func udt(from, to string, data []byte) []byte { return unitdata(0x09, 0x80, from, to, data) }
func udts(cause byte, from, to string, data []byte) []byte {
	return unitdata(0x0a, cause, from, to, data)
}

func unitdata(typ, second byte, from, to string, data []byte) []byte {
	called, calling := address(to), address(from)
	m := []byte{typ, second, 3, byte(3 + len(called)), byte(3 + len(called) + len(calling))}
	m = append(append(m, byte(len(called))), called...)
	m = append(append(m, byte(len(calling))), calling...)
	return append(append(m, byte(len(data))), data...)
}

// tlv is a BER element.
func tlv(tag byte, parts ...[]byte) []byte {
	v := bytes.Join(parts, nil)
	switch {
	case len(v) < 0x80:
		return append([]byte{tag, byte(len(v))}, v...)
	default:
		return append([]byte{tag, 0x81, byte(len(v))}, v...)
	}
}

func tid(tag byte, s string) []byte { return tlv(tag, []byte(s)) }

var external = []byte{0x06, 0x07, 0x00, 0x11, 0x86, 0x05, 0x01, 0x01, 0x01}

func acName(x, v byte) []byte { return tlv(0xa1, tlv(0x06, []byte{4, 0, 0, 1, 0, x, v})) }

func aarq(x, v byte) []byte {
	return tlv(0x6b, tlv(0x28, external, tlv(0xa0, tlv(0x60, acName(x, v)))))
}

func aare(x, v byte) []byte {
	return tlv(0x6b, tlv(0x28, external, tlv(0xa0, tlv(0x61, acName(x, v), tlv(0xa2, tlv(2, []byte{0})), tlv(0xa3, tlv(0xa1, tlv(2, []byte{0})))))))
}

func refusal(x, v byte) []byte {
	return tlv(0x6b, tlv(0x28, external, tlv(0xa0, tlv(0x61, acName(x, v), tlv(0xa2, tlv(2, []byte{1})), tlv(0xa3, tlv(0xa1, tlv(2, []byte{2})))))))
}

// begin, more, end and abort are TCAP messages; portions are their dialogue and
// components.
func begin(otid string, portions ...[]byte) []byte {
	return tlv(0x62, tid(0x48, otid), bytes.Join(portions, nil))
}

func more(otid, dtid string, portions ...[]byte) []byte {
	return tlv(0x65, tid(0x48, otid), tid(0x49, dtid), bytes.Join(portions, nil))
}

func end(dtid string, portions ...[]byte) []byte {
	return tlv(0x64, tid(0x49, dtid), bytes.Join(portions, nil))
}

func abort(dtid string, portions ...[]byte) []byte {
	return tlv(0x67, tid(0x49, dtid), bytes.Join(portions, nil))
}

func components(c ...[]byte) []byte { return tlv(0x6c, c...) }

func result(id byte) []byte { return tlv(0xa2, tlv(2, []byte{id})) }

func failure(id, code byte) []byte { return tlv(0xa3, tlv(2, []byte{id}), tlv(2, []byte{code})) }

const (
	imsi = "262011234567890"
	sc   = "491710760000" // service centre
	msc  = "491720000001"
	far  = "447700900001" // a node of another country
	sme  = "4915112345678"
)

// short is the argument of a forwardSM to or from a mobile.
type short struct {
	mo    bool
	imsi  string
	sc    string
	more  bool // moreMessagesToSend
	mms   bool // TP-MMS says more
	part  byte // of total, 0: whole
	total byte
	text  string
}

func (s short) invoke(id, code byte) []byte {
	if s.imsi == "" {
		s.imsi = imsi
	}
	if s.sc == "" {
		s.sc = sc
	}
	centre := append([]byte{0x91}, bcd(s.sc, 15)...)
	var da, oa, tpdu []byte
	first := byte(0)
	if s.total > 0 {
		first |= 0x40
	}
	udh := []byte(nil)
	if s.total > 0 {
		udh = []byte{5, 0, 3, 7, s.total, s.part}
	}
	text := []byte(s.text)
	ud := append(udh, text...)
	if s.mo {
		da, oa = tlv(0x84, centre), tlv(0x82, append([]byte{0x91}, bcd(sme, 15)...))
		tpdu = append([]byte{first | 1, 0, byte(len(sme)), 0x91}, bcd(sme, 15)...)
		tpdu = append(tpdu, 0, 4, byte(len(ud)))
	} else {
		da, oa = tlv(0x80, bcd(s.imsi, 15)), tlv(0x84, centre)
		if !s.mms {
			first |= 4
		}
		tpdu = append([]byte{first, byte(len(sme)), 0x91}, bcd(sme, 15)...)
		tpdu = append(tpdu, 0, 8, 0x32, 0x11, 0x41, 0x22, 0x31, 0x20, 0, byte(len(ud)))
	}
	tpdu = append(tpdu, ud...)
	arg := [][]byte{da, oa, tlv(4, tpdu)}
	if s.more {
		arg = append(arg, []byte{5, 0})
	}
	return tlv(0xa1, tlv(2, []byte{id}), tlv(2, []byte{code}), tlv(0x30, arg...))
}

func wantRules(t *testing.T, o *analyzers.Outcome, want ...string) {
	t.Helper()
	if got := rules(o); got != strings.Join(want, " ") {
		for _, f := range o.Findings {
			t.Logf("%s %s: %s", f.Severity, f.Rule, f.Message)
		}
		t.Errorf("rules %q, want %q", got, want)
	}
}

func wantDialogues(t *testing.T, o *analyzers.Outcome, want ...string) {
	t.Helper()
	if got := dialogues(o); got != strings.Join(want, "\n") {
		t.Errorf("dialogues:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func find(o *analyzers.Outcome, rule string) *analyzers.Finding {
	for _, f := range o.Findings {
		if f.Rule == rule {
			return f
		}
	}
	return &analyzers.Finding{}
}
