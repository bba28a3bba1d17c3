package excerpt

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pcaptriage/decoders"
)

// tape is a pcap file of raw IPv4 packets under construction.
type tape struct {
	b []byte
	n uint64
}

func newTape() *tape {
	le := binary.LittleEndian
	t := &tape{b: le.AppendUint32(nil, 0xa1b2c3d4)}
	t.b = le.AppendUint32(le.AppendUint16(le.AppendUint16(t.b, 2), 4), 0)
	t.b = le.AppendUint32(le.AppendUint32(le.AppendUint32(t.b, 0), 65535), 101)
	return t
}

// put adds an IPv4 packet and returns its frame number.
func (t *tape) put(src, dst, proto byte, id, frag uint16, payload []byte) uint64 {
	be, le := binary.BigEndian, binary.LittleEndian
	ip := be.AppendUint16([]byte{0x45, 0}, uint16(20+len(payload)))
	ip = be.AppendUint16(be.AppendUint16(ip, id), frag)
	ip = append(ip, 64, proto, 0, 0, 10, 0, 0, src, 10, 0, 0, dst)
	ip = append(ip, payload...)
	t.n++
	t.b = le.AppendUint32(le.AppendUint32(t.b, 1700000000), uint32(t.n))
	t.b = le.AppendUint32(le.AppendUint32(t.b, uint32(len(ip))), uint32(len(ip)))
	t.b = append(t.b, ip...)
	return t.n
}

// tcp adds a segment; ports 1000+src and 80, the lower address being the client.
func (t *tape) tcp(src, dst, flags byte, seq uint32) uint64 {
	return t.put(src, dst, decoders.ProtoTCP, uint16(t.n+1), 0, segment(src, dst, flags, seq))
}

func segment(src, dst, flags byte, seq uint32) []byte {
	be := binary.BigEndian
	sport, dport := 1000+uint16(src), uint16(80)
	if src > dst {
		sport, dport = 80, 1000+uint16(dst)
	}
	b := be.AppendUint16(be.AppendUint16(nil, sport), dport)
	b = be.AppendUint32(be.AppendUint32(b, seq), 1)
	return append(b, 0x50, flags, 1, 0, 0, 0, 0, 0)
}

const (
	syn, synAck, ack = decoders.SYN, decoders.SYN | decoders.ACK, decoders.ACK
)

func (t *tape) file(tb testing.TB) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "t.pcap")
	if err := os.WriteFile(name, t.b, 0o666); err != nil {
		tb.Fatal(err)
	}
	return name
}

func chosen(t *testing.T, names []string, context int, cited ...decoders.FrameRef) []decoders.FrameRef {
	t.Helper()
	set := map[decoders.FrameRef]bool{}
	for _, f := range cited {
		set[f] = true
	}
	keep, err := Frames(names, set, Options{Context: context})
	if err != nil {
		t.Fatal(err)
	}
	var out []decoders.FrameRef
	for f := range keep {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

func want(t *testing.T, what string, got []decoders.FrameRef, frames ...decoders.FrameRef) {
	t.Helper()
	if !slices.Equal(got, frames) {
		t.Errorf("%s: frames %v, want %v", what, got, frames)
	}
}

// Two connections of one flow, with another flow in between: the handshake of the
// one that is meant, and neighbours of the flow only.
func TestHandshakeAndContext(t *testing.T) {
	tp := newTape()
	tp.tcp(1, 9, syn, 100)     // 1
	tp.tcp(9, 1, synAck, 500)  // 2
	tp.tcp(1, 9, ack, 101)     // 3
	for i := range uint32(5) { // 4 to 13, in turns with another flow
		tp.tcp(1, 9, ack, 102+i)
		tp.tcp(2, 9, ack, 7)
	}
	tp.tcp(1, 9, syn, 9000)    // 14: the port again
	tp.tcp(1, 9, syn, 9000)    // 15: retransmitted
	tp.tcp(9, 1, synAck, 700)  // 16
	tp.tcp(1, 9, ack, 9001)    // 17
	for i := range uint32(6) { // 18 to 23
		tp.tcp(1, 9, ack, 9001+i)
	}
	name := []string{tp.file(t)}
	want(t, "no context", chosen(t, name, 0, 8), 1, 2, 3, 8)
	want(t, "context of the flow only", chosen(t, name, 1, 8), 1, 2, 3, 6, 8, 10)
	want(t, "the second connection", chosen(t, name, 0, 21), 14, 15, 16, 17, 21)
	want(t, "the SYN itself", chosen(t, name, 2, 14), 10, 12, 14, 15, 16)
	want(t, "two cited frames", chosen(t, name, 0, 8, 21), 1, 2, 3, 8, 14, 15, 16, 17, 21)
	want(t, "a flow without handshake", chosen(t, name, 1, 5), 5, 7)
	want(t, "nothing", chosen(t, name, 5))
	keep, err := Frames(name, map[decoders.FrameRef]bool{5: true}, Options{Whole: true})
	if err != nil || len(keep) != 5 || !keep[13] || keep[12] {
		t.Errorf("the whole flow: %v, %v", keep, err)
	}
}

// An ICMP error belongs to the flow that it quotes.
func TestQuotedFlow(t *testing.T) {
	tp := newTape()
	tp.tcp(1, 9, syn, 100)
	tp.tcp(9, 1, synAck, 500)
	tp.tcp(1, 9, ack, 101)
	tp.tcp(2, 9, ack, 7)
	be := binary.BigEndian
	quoted := be.AppendUint16([]byte{0x45, 0}, 1500)
	quoted = append(quoted, 0, 9, 0x40, 0, 64, decoders.ProtoTCP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9)
	quoted = append(quoted, segment(1, 9, ack, 101)[:8]...)
	icmp := tp.put(7, 1, decoders.ProtoICMP, 77, 0, append([]byte{3, 4, 0, 0, 0, 0, 5, 0xc8}, quoted...))
	last := tp.tcp(1, 9, ack, 101)
	name := []string{tp.file(t)}
	want(t, "the error", chosen(t, name, 0, decoders.FrameRef(icmp)), 1, 2, 3, decoders.FrameRef(icmp))
	want(t, "the error as context", chosen(t, name, 1, decoders.FrameRef(last)), 1, 2, 3, decoders.FrameRef(icmp), decoders.FrameRef(last))
}

func TestFragmentsStayTogether(t *testing.T) {
	tp := newTape()
	tp.put(1, 9, decoders.ProtoUDP, 55, 0x2000, make([]byte, 1480))
	tp.put(1, 9, decoders.ProtoUDP, 56, 0x2000, make([]byte, 1480))
	tp.put(1, 9, decoders.ProtoUDP, 55, 185, make([]byte, 100))
	want(t, "fragments", chosen(t, []string{tp.file(t)}, 0, 3), 1, 3)
}

// In a series the handshake can be in an earlier file.
func TestSeries(t *testing.T) {
	a, b := newTape(), newTape()
	a.tcp(1, 9, syn, 100)
	a.tcp(9, 1, synAck, 500)
	a.tcp(1, 9, ack, 101)
	a.tcp(1, 9, ack, 101)
	b.tcp(2, 9, ack, 1)
	b.tcp(1, 9, ack, 102)
	const second = 1 << 48
	want(t, "series", chosen(t, []string{a.file(t), b.file(t)}, 1, second|2), 1, 2, 3, 4, second|2)
}

func TestSCTPHandshake(t *testing.T) {
	tp := newTape()
	chunk := func(src, dst, typ byte) {
		be := binary.BigEndian
		sport, dport := uint16(2905), uint16(2906)
		if src > dst {
			sport, dport = dport, sport
		}
		b := be.AppendUint16(be.AppendUint16(nil, sport), dport)
		b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, typ, 0, 0, 4)
		tp.put(src, dst, decoders.ProtoSCTP, uint16(tp.n+1), 0, b)
	}
	chunk(1, 9, 1)
	chunk(9, 1, 2)
	chunk(1, 9, 10)
	chunk(9, 1, 11)
	chunk(1, 9, 0)
	chunk(1, 9, 0)
	want(t, "association", chosen(t, []string{tp.file(t)}, 0, 6), 1, 2, 3, 4, 6)
}

// What is no IP has its like for context.
func TestNonIP(t *testing.T) {
	tp := newTape()
	raw := func() {
		le := binary.LittleEndian
		tp.n++
		tp.b = le.AppendUint32(le.AppendUint32(tp.b, 1700000000), uint32(tp.n))
		tp.b = append(le.AppendUint32(le.AppendUint32(tp.b, 4), 4), 0, 0, 0, 0)
	}
	raw()
	tp.tcp(1, 9, ack, 1)
	raw()
	raw()
	want(t, "neighbours", chosen(t, []string{tp.file(t)}, 1, 3), 1, 3, 4)
}

func TestMissingFile(t *testing.T) {
	if _, err := Frames([]string{"missing.pcap"}, nil, Options{}); err == nil {
		t.Error("a file that is not there")
	}
}
