package stream

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pcaptriage/decoders"
)

// teller writes down a stream as text: data as they are, gaps as [cause n].
type teller struct{ b strings.Builder }

func (w *teller) Data(c Chunk) { w.b.Write(c.Bytes) }
func (w *teller) Gap(g Gap)    { fmt.Fprintf(&w.b, "[%s %d]", g.Cause, g.Len) }
func (w *teller) End(e Ending) { fmt.Fprintf(&w.b, "<%s>", e) }

func data(seq uint32, s string) *Segment {
	return &Segment{Seq: seq, Len: uint32(len(s)), Payload: []byte(s)}
}

func with(g *Segment, change func(*Segment)) *Segment {
	change(g)
	return g
}

func TestSequences(t *testing.T) {
	fin := func(g *Segment) { g.Flags |= decoders.FIN }
	rst := func(g *Segment) { g.Flags |= decoders.RST }
	syn := func(g *Segment) { g.Flags |= decoders.SYN }
	wire := func(n uint32) func(*Segment) { return func(g *Segment) { g.Len = n } }
	for _, c := range []struct {
		name string
		in   []*Segment
		want string
	}{
		{"in order", []*Segment{with(data(9, ""), syn), data(10, "ab"), data(12, "cd"), with(data(14, ""), fin)}, "abcd<fin>"},
		{"data on the SYN", []*Segment{with(data(9, "ab"), syn), data(12, "cd")}, "abcd<close>"},
		{"SYN again", []*Segment{with(data(9, ""), syn), data(10, "ab"), with(data(9, ""), syn), data(12, "c")}, "abc<close>"},
		{"retransmission, first wins", []*Segment{data(10, "ab"), data(10, "XYc"), data(11, "Z")}, "abc<close>"},
		{"reordered", []*Segment{data(10, "ab"), data(14, "ef"), data(12, "cd"), with(data(16, "g"), fin)}, "abcdefg<fin>"},
		{"held first wins over what fills the hole", []*Segment{data(10, "a"), data(12, "cd"), data(11, "bXYe")}, "abcde<close>"},
		{"hole at the end", []*Segment{data(10, "a"), data(13, "d")}, "a[lost 2]d<close>"},
		{"FIN behind a hole", []*Segment{data(10, "a"), with(data(13, "d"), fin)}, "a[lost 2]d<fin>"},
		{"FIN alone behind a hole", []*Segment{data(10, "a"), with(data(13, ""), fin)}, "a[lost 2]<fin>"},
		{"FIN, then what it waited for", []*Segment{data(10, "a"), with(data(13, ""), fin), data(11, "bc"), data(13, "x")}, "abc<fin>"},
		{"data behind the FIN", []*Segment{data(10, "a"), with(data(13, ""), fin), data(11, "bcdef")}, "abc<fin>"},
		{"FIN before known data is none", []*Segment{data(10, "a"), data(14, "e"), with(data(12, ""), fin), data(11, "bcd")}, "abcde<close>"},
		{"FIN below is none", []*Segment{data(10, "abc"), with(data(11, ""), fin), data(13, "d")}, "abcd<close>"},
		{"reset", []*Segment{data(10, "a"), data(13, "d"), with(data(14, "go away"), rst), data(11, "bc")}, "a[lost 2]d<rst>"},
		{"cut by snaplen", []*Segment{with(data(10, "ab"), wire(4)), data(14, "ef")}, "ab[snaplen 2]ef<close>"},
		{"cut segment held", []*Segment{data(10, "a"), with(data(12, "c"), wire(3)), data(15, "f"), data(11, "b")}, "abc[snaplen 2]f<close>"},
		{"nothing captured", []*Segment{with(data(10, ""), wire(4)), with(data(14, ""), wire(2))}, "[snaplen 4][snaplen 2]<close>"},
		{"a later copy does not repair a cut", []*Segment{with(data(10, "ab"), wire(4)), data(10, "abcd")}, "ab[snaplen 2]<close>"},
		{"more captured than sent", []*Segment{with(data(10, "abXX"), wire(2)), data(12, "c")}, "abc<close>"},
		{"wrap", []*Segment{data(0xfffffffe, "ab"), data(2, "ef"), data(0, "cd")}, "abcdef<close>"},
		{"keep-alive first", []*Segment{data(9, ""), data(10, "a")}, "a<close>"},
		{"length of a damaged record", []*Segment{with(data(10, "ab"), wire(0xfffffff0)), data(12, "c")}, "abc<close>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewPool(DefaultConfig(1))
			var s Stream
			w := &teller{}
			for _, g := range c.in {
				p.Feed(&s, g, w)
			}
			p.Close(&s, w)
			if got := w.b.String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			checkPool(t, p, &s)
		})
	}
}

func TestAcked(t *testing.T) {
	p := NewPool(DefaultConfig(1))
	var s Stream
	w := &teller{}
	p.Feed(&s, data(10, "a"), w)
	p.Feed(&s, data(13, "d"), w)
	p.Feed(&s, data(16, "g"), w)
	p.Acked(&s, 12, w) // the hole may still be filled
	if got := w.b.String(); got != "a" {
		t.Fatal(got)
	}
	p.Acked(&s, 13, w)
	if got := w.b.String(); got != "a[lost 2]d" {
		t.Fatal(got)
	}
}

func TestMaxWait(t *testing.T) {
	p := NewPool(Config{MaxBytes: 1 << 20, MaxStream: 1 << 20, MaxSegments: 100, MaxWait: time.Second})
	var s Stream
	w := &teller{}
	at := func(d time.Duration) func(*Segment) { return func(g *Segment) { g.Time = int64(d) } }
	p.Feed(&s, with(data(10, "a"), at(0)), w)
	p.Feed(&s, with(data(12, "c"), at(time.Second)), w)
	p.Feed(&s, with(data(13, "d"), at(2*time.Second)), w)
	if got := w.b.String(); got != "a" {
		t.Fatal(got)
	}
	p.Feed(&s, with(data(14, "e"), at(2*time.Second+1)), w)
	if got := w.b.String(); got != "a[lost 1]cde" {
		t.Fatal(got)
	}
}

func TestFarOff(t *testing.T) {
	p := NewPool(DefaultConfig(1))
	var s Stream
	w := &teller{}
	p.Feed(&s, data(10, "a"), w)
	p.Feed(&s, data(0x50000000, "stray"), w)
	p.Feed(&s, data(0xb0000000, "stray"), w) // behind, by as much
	p.Feed(&s, data(11, "b"), w)
	if n := p.Stats().Stray; n != 2 {
		t.Errorf("%d strays", n)
	}
	for i := range maxStray + 2 {
		p.Feed(&s, data(0x60000000+uint32(i), "x"), w)
	}
	p.Close(&s, w)
	if got := w.b.String(); got != "ab[restart 0]xx<close>" {
		t.Error(got)
	}
}

// TestEviction: the least recently touched stream loses what it held; it goes on
// behind a larger hole.
func TestEviction(t *testing.T) {
	p := NewPool(Config{MaxBytes: 512, MaxStream: 1 << 20, MaxSegments: 100})
	var a, b Stream
	wa, wb := &teller{}, &teller{}
	p.Feed(&a, data(10, "a"), wa)
	p.Feed(&b, data(10, "A"), wb)
	p.Feed(&a, data(12, "c"), wa)
	p.Feed(&b, data(12, "C"), wb)
	p.Feed(&b, data(14, "E"), wb) // takes the place of a's
	if p.Holding(&a) != 0 || p.Holding(&b) != 2 || p.Stats().Evicted != 1 {
		t.Fatalf("%d, %d held, %+v", p.Holding(&a), p.Holding(&b), p.Stats())
	}
	p.Feed(&b, data(16, "G"), wb) // b alone: gives up its own hole
	if got := wb.b.String(); got != "A[lost 1]C" {
		t.Fatal(got)
	}
	p.Feed(&a, data(13, "d"), wa) // takes the place of b's
	p.Close(&a, wa)
	p.Close(&b, wb)
	if got := wa.b.String() + wb.b.String(); got != "a[lost 2]d<close>A[lost 1]C[lost 4]<close>" {
		t.Error(got)
	}
}

func TestStateIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Stream{}); n > 64 {
		t.Errorf("%d bytes", n)
	}
}

type counter struct{ bytes, gaps uint64 }

func (c *counter) Data(k Chunk) { c.bytes += uint64(len(k.Bytes)) }
func (c *counter) Gap(g Gap)    { c.gaps += g.Len }
func (c *counter) End(Ending)   {}

// TestNoAllocation: none in order, none out of order once the pool has warmed
// up.
func TestNoAllocation(t *testing.T) {
	p := NewPool(DefaultConfig(1))
	var s Stream
	k := &counter{}
	payload := make([]byte, 1448)
	seq := uint32(1)
	inOrder := func() {
		p.Feed(&s, &Segment{Seq: seq, Len: 1448, Payload: payload}, k)
		seq += 1448
	}
	if n := testing.AllocsPerRun(1000, inOrder); n != 0 {
		t.Errorf("in order: %v allocations", n)
	}
	swapped := func() {
		for _, d := range []uint32{1448, 2 * 1448, 0} {
			p.Feed(&s, &Segment{Seq: seq + d, Len: 1448, Payload: payload}, k)
		}
		seq += 3 * 1448
	}
	if n := testing.AllocsPerRun(1000, swapped); n != 0 {
		t.Errorf("reordered: %v allocations", n)
	}
	if k.gaps != 0 || k.bytes != uint64(seq-1) {
		t.Errorf("%d bytes, %d missing", k.bytes, k.gaps)
	}
}

func BenchmarkInOrder(b *testing.B) {
	p := NewPool(DefaultConfig(1))
	var s Stream
	k := &counter{}
	payload := make([]byte, 1448)
	b.SetBytes(1448)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Feed(&s, &Segment{Seq: uint32(i) * 1448, Len: 1448, Payload: payload}, k)
	}
}

func BenchmarkReordered(b *testing.B) {
	p := NewPool(DefaultConfig(1))
	var s Stream
	k := &counter{}
	payload := make([]byte, 1448)
	b.SetBytes(1448)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Feed(&s, &Segment{Seq: uint32(i^1) * 1448, Len: 1448, Payload: payload}, k)
	}
}
