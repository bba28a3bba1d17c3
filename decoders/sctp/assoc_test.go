package sctp

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestFragmentsInEveryOrder(t *testing.T) {
	parts := [][]byte{
		dataChunk(flagBegin, 0xfffffffe, 1, 5, 3, "aaa"), dataChunk(0, 0xffffffff, 1, 5, 3, "bbb"),
		dataChunk(0, 0, 1, 5, 3, "ccc"), dataChunk(flagEnd, 1, 1, 5, 3, "ddd"),
	}
	iparts := [][]byte{
		idataChunk(flagBegin, 10, 1, 5, 3, "aaa"), idataChunk(0, 20, 1, 5, 1, "bbb"),
		idataChunk(0, 30, 1, 5, 2, "ccc"), idataChunk(flagEnd, 40, 1, 5, 3, "ddd"),
	}
	for _, set := range [][][]byte{parts, iparts} {
		permute(4, func(order []int) {
			a, r := NewAssoc(Config{}), &recorder{}
			for i, k := range order {
				if err := a.Packet(pkt(int64(i), set[k]), r); err != nil {
					t.Fatal(err)
				}
			}
			if len(r.msgs) != 1 || r.msgs[0] != "aaabbbcccddd" || r.meta[0].Fragments != 4 || r.meta[0].PPID != 3 {
				t.Errorf("order %v: %q %+v", order, r.msgs, r.meta)
			}
			if len(a.dirs[0].partials) != 0 {
				t.Errorf("order %v: %d runs left", order, len(a.dirs[0].partials))
			}
		})
	}
}

func permute(n int, f func([]int)) {
	order := make([]int, 0, n)
	var rec func()
	rec = func() {
		if len(order) == n {
			f(order)
			return
		}
		for i := range n {
			if !slices.Contains(order, i) {
				order = append(order, i)
				rec()
				order = order[:len(order)-1]
			}
		}
	}
	rec()
}

func TestFragmentsOfDifferentMessagesStayApart(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"other stream", dataChunk(flagEnd, 2, 9, 5, 3, "b")},
		{"other sequence number", dataChunk(flagEnd, 2, 1, 6, 3, "b")},
		{"unordered", dataChunk(flagEnd|flagUnordered, 2, 1, 5, 3, "b")},
		{"TSN between missing", dataChunk(flagEnd, 3, 1, 5, 3, "b")},
		{"a second beginning", dataChunk(flagBegin, 2, 1, 5, 3, "b")},
	} {
		a, r := NewAssoc(Config{}), &recorder{}
		a.Packet(pkt(0, dataChunk(flagBegin, 1, 1, 5, 3, "a"), c.b), r)
		if len(r.msgs) != 0 || len(a.dirs[0].partials) != 2 {
			t.Errorf("%s: %q, %d runs", c.name, r.msgs, len(a.dirs[0].partials))
		}
		a.Close()
		if a.Stats.Incomplete != 2 {
			t.Errorf("%s: %d incomplete", c.name, a.Stats.Incomplete)
		}
	}
	// The stream sequence number of an unordered message has no meaning.
	a, r := NewAssoc(Config{}), &recorder{}
	a.Packet(pkt(0, dataChunk(flagBegin|flagUnordered, 1, 1, 5, 3, "a"), dataChunk(flagEnd|flagUnordered, 2, 1, 6, 3, "b")), r)
	if len(r.msgs) != 1 || r.msgs[0] != "ab" {
		t.Errorf("unordered: %q", r.msgs)
	}
}

func TestDuplicates(t *testing.T) {
	a, r := NewAssoc(Config{}), &recorder{}
	one := dataChunk(whole, 1, 0, 0, 3, "one")
	a.Packet(pkt(0, one), r)
	a.Packet(pkt(1e6, one), r)                                         // 1 ms later: captured twice
	a.Packet(pkt(second, one, dataChunk(whole, 2, 0, 1, 3, "two")), r) // retransmitted, with a new chunk behind it
	a.Packet(pkt(2*second, dataChunk(whole, 1, 0, 0, 3, "other")), r)  // a generator that writes one TSN
	copied := pkt(5*second, dataChunk(whole, 1, 0, 0, 3, "other"))     // told by the caller
	copied.Copy = true
	a.Packet(copied, r)
	if got := strings.Join(r.msgs, " "); got != "one two other" {
		t.Errorf("messages %q", got)
	}
	want := Stats{Chunks: 6, Messages: 3, Retransmissions: 1, Copies: 2, ReusedTSN: 1}
	if a.Stats != want {
		t.Errorf("%+v, want %+v", a.Stats, want)
	}
	// The other direction has TSNs of its own.
	p := pkt(6*second, one)
	p.Dir = 1
	a.Packet(p, r)
	if len(r.msgs) != 4 {
		t.Error("the other direction's TSN 1 was taken for a duplicate")
	}
}

// A packet captured a second time behind a router has the same id and another
// TTL; one that was sent again has another id, if it has one.
func TestCopiesByMark(t *testing.T) {
	const ms = int64(1e6)
	for _, c := range []struct {
		name   string
		gap    int64
		second Mark
		first  Mark
		copied bool
	}{
		{"same id", 50 * ms, Mark{7, 64}, Mark{7, 64}, true},
		{"same id behind a router", 50 * ms, Mark{7, 63}, Mark{7, 64}, true},
		{"another id", 50 * ms, Mark{8, 64}, Mark{7, 64}, false},
		{"another id, by another route", 50 * ms, Mark{8, 60}, Mark{7, 64}, false},
		{"no id, behind a router", 50 * ms, Mark{0, 63}, Mark{0, 64}, true},
		{"no id, same TTL", 50 * ms, Mark{0, 64}, Mark{0, 64}, false},
		{"no mark", 50 * ms, Mark{}, Mark{}, false},
		{"the same id after a retransmission timeout", 1000 * ms, Mark{7, 64}, Mark{7, 64}, false},
	} {
		a, r := NewAssoc(Config{}), &recorder{}
		first, second := pkt(0, dataChunk(whole, 1, 0, 0, 3, "x")), pkt(c.gap, dataChunk(whole, 1, 0, 0, 3, "x"))
		first.Mark, second.Mark = c.first, c.second
		a.Packet(first, r)
		a.Packet(second, r)
		if got := a.Stats.Copies == 1; got != c.copied || a.Stats.Copies+a.Stats.Retransmissions != 1 {
			t.Errorf("%s: %+v", c.name, a.Stats)
		}
	}
}

func TestWindowGrows(t *testing.T) {
	a, r := NewAssoc(Config{Window: 256}), &recorder{}
	for i := range uint32(300) {
		a.Packet(pkt(int64(i), dataChunk(whole, i, 0, 0, 3, "x")), r)
	}
	if n := len(a.dirs[0].seen.slots); n != 256 {
		t.Errorf("%d slots", n)
	}
	for i := uint32(299); i > 299-200; i-- {
		a.Packet(pkt(second, dataChunk(whole, i, 0, 0, 3, "x")), r)
	}
	if len(r.msgs) != 300 || a.Stats.Retransmissions != 200 {
		t.Errorf("%d messages, %+v", len(r.msgs), a.Stats)
	}
}

func TestMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		tsns []uint32
		want uint64
	}{
		{"in order", []uint32{5, 6, 7}, 0},
		{"one missing", []uint32{5, 7}, 1},
		{"filled later", []uint32{5, 8, 6, 7}, 0},
		{"over the top", []uint32{0xffffffff, 1}, 1},
		{"a jump is no loss", []uint32{5, 1 << 30, 1<<30 + 2}, 1},
	} {
		a, r := NewAssoc(Config{}), &recorder{}
		for _, n := range c.tsns {
			a.Packet(pkt(0, dataChunk(whole, n, 0, 0, 3, "x")), r)
		}
		if a.MissingNow() != c.want {
			t.Errorf("%s: %d missing, want %d", c.name, a.MissingNow(), c.want)
		}
		a.Close()
		if a.Stats.Missing != c.want {
			t.Errorf("%s: %d missing after Close, want %d", c.name, a.Stats.Missing, c.want)
		}
	}
	// An INIT tells the first TSN.
	a, r := NewAssoc(Config{}), &recorder{}
	init := make([]byte, 16)
	init[15] = 10
	a.Packet(pkt(0, chunk(TypeInit, 0, init)), r)
	a.Packet(pkt(0, dataChunk(whole, 12, 0, 0, 3, "x")), r)
	if a.MissingNow() != 2 || len(r.control) != 1 {
		t.Errorf("after INIT: %d missing", a.MissingNow())
	}
}

func TestGeneration(t *testing.T) {
	a, r := NewAssoc(Config{}), &recorder{}
	a.Packet(pkt(0, dataChunk(whole, 1, 0, 0, 3, "x"), dataChunk(flagBegin, 2, 0, 1, 3, "y")), r)
	p := pkt(second, dataChunk(whole, 1, 0, 0, 3, "x"), dataChunk(flagEnd, 3, 0, 1, 3, "z"))
	p.VTag = 8
	a.Packet(p, r)
	if len(r.msgs) != 2 || a.Stats.Generations != 1 || a.Stats.Incomplete != 1 {
		t.Errorf("%q %+v", r.msgs, a.Stats)
	}
}

func TestForwardTSN(t *testing.T) {
	a, r := NewAssoc(Config{}), &recorder{}
	a.Packet(pkt(0, dataChunk(flagBegin, 1, 0, 0, 3, "x"), dataChunk(flagBegin, 5, 0, 1, 3, "y")), r)
	a.Packet(pkt(0, chunk(TypeForwardTSN, 0, []byte{0, 0, 0, 3})), r)
	a.Packet(pkt(0, dataChunk(flagEnd, 2, 0, 0, 3, "x"), dataChunk(flagEnd, 6, 0, 1, 3, "z")), r)
	if len(r.msgs) != 1 || r.msgs[0] != "yz" || a.Stats.Incomplete != 1 {
		t.Errorf("%q %+v", r.msgs, a.Stats)
	}
	a, r = NewAssoc(Config{}), &recorder{}
	a.Packet(pkt(0, idataChunk(flagBegin, 1, 4, 7, 3, "x"), idataChunk(flagBegin, 5, 4, 8, 3, "y")), r)
	a.Packet(pkt(0, chunk(TypeIForwardTSN, 0, []byte{0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 7})), r)
	a.Packet(pkt(0, idataChunk(flagEnd, 2, 4, 7, 1, "x"), idataChunk(flagEnd, 6, 4, 8, 1, "z")), r)
	if len(r.msgs) != 1 || r.msgs[0] != "yz" || a.Stats.Incomplete != 1 {
		t.Errorf("interleaved: %q %+v", r.msgs, a.Stats)
	}
}

func TestCaps(t *testing.T) {
	a, r := NewAssoc(Config{MaxPartials: 2}), &recorder{}
	for i := range uint32(3) {
		a.Packet(pkt(int64(i), dataChunk(flagBegin, 10*i, 0, uint16(i), 3, "x")), r)
	}
	a.Packet(pkt(9, dataChunk(flagEnd, 11, 0, 1, 3, "y"), dataChunk(flagEnd, 21, 0, 2, 3, "y"), dataChunk(flagEnd, 1, 0, 0, 3, "y")), r)
	if len(r.msgs) != 2 || a.Stats.Incomplete != 1 || len(a.dirs[0].partials) != 1 {
		t.Errorf("partials: %q %+v", r.msgs, a.Stats)
	}

	a, r = NewAssoc(Config{MaxMessage: 3}), &recorder{}
	a.Packet(pkt(0, dataChunk(flagBegin, 1, 0, 0, 3, "xx"), dataChunk(flagEnd, 2, 0, 0, 3, "yy")), r)
	if len(r.msgs) != 0 || a.Stats.Dropped != 1 || len(a.dirs[0].partials) != 0 {
		t.Errorf("message size: %q %+v", r.msgs, a.Stats)
	}

	a, r = NewAssoc(Config{MaxAge: second}), &recorder{}
	a.Packet(pkt(0, dataChunk(flagBegin, 1, 0, 0, 3, "xx")), r)
	a.Packet(pkt(second+1, dataChunk(flagEnd, 2, 0, 0, 3, "yy")), r)
	if len(r.msgs) != 0 || a.Stats.Incomplete != 1 {
		t.Errorf("age: %q %+v", r.msgs, a.Stats)
	}

	budget := &Budget{Max: seenFirst*seenSlotSize + 2*(fragmentOverhead+2)}
	a, r = NewAssoc(Config{Budget: budget}), &recorder{}
	for i := range uint32(20) {
		a.Packet(pkt(int64(i), dataChunk(flagBegin, 10*i, 0, uint16(i), 3, "xx")), r)
		if budget.Used() > budget.Max {
			t.Fatalf("%d of %d octets", budget.Used(), budget.Max)
		}
	}
	if len(a.dirs[0].partials) != 2 {
		t.Errorf("budget: %d runs", len(a.dirs[0].partials))
	}
	a.Close()
	if budget.Used() != 0 {
		t.Errorf("%d octets not given back", budget.Used())
	}
}

func TestCutData(t *testing.T) {
	a, r := NewAssoc(Config{}), &recorder{}
	b := dataChunk(whole, 1, 0, 0, 3, "abcdefgh")
	err := a.Packet(&Packet{Chunks: b[:20], Wire: len(b)}, r)
	if err != ErrCut || len(r.msgs) != 1 || r.msgs[0] != "abcd" || !r.meta[0].Cut || a.Stats.Cut != 1 {
		t.Errorf("%v %q %+v", err, r.msgs, r.meta)
	}
	b = dataChunk(flagBegin, 2, 0, 1, 3, "abcdefgh")
	a.Packet(&Packet{Chunks: b[:20], Wire: len(b)}, r)
	a.Packet(pkt(0, dataChunk(flagEnd, 3, 0, 1, 3, "ijkl")), r)
	a.dirs[0].expire(0, a)
	if len(r.msgs) != 1 { // pkt has another verification tag than the Packets above
		t.Fatalf("%q", r.msgs)
	}
	e := dataChunk(flagEnd, 3, 0, 1, 3, "ijkl")
	a.Packet(&Packet{Chunks: b[:20], Wire: len(b)}, r)
	a.Packet(&Packet{Chunks: e, Wire: len(e)}, r)
	if len(r.msgs) != 2 || r.msgs[1] != "abcd" || !r.meta[1].Cut {
		t.Errorf("fragments: %q %+v", r.msgs, r.meta)
	}
}

// Whole messages, the ordinary case, allocate nothing.
func TestNoAllocation(t *testing.T) {
	a, r := NewAssoc(Config{Window: 16}), discard{}
	p := pkt(0, dataChunk(whole, 1, 0, 0, 3, "abcd"), chunk(TypeSack, 0, make([]byte, 12)), dataChunk(whole, 2, 0, 0, 3, "abcd"))
	tsn := uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		tsn++
		p.Chunks[7] = byte(tsn)
		a.Packet(p, r)
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

type discard struct{}

func (discard) Message(*Message) {}
func (discard) Control(*Chunk)   {}

// Whatever the order, loss and duplication of chunks, a message comes out whole
// and at most once.
func TestRandomTransport(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var chunks [][]byte
		var want []string
		tsn := rnd.Uint32()
		for m := range 20 {
			n := 1 + rnd.IntN(5)
			msg := ""
			for i := range n {
				var flags uint8
				if i == 0 {
					flags |= flagBegin
				}
				if i == n-1 {
					flags |= flagEnd
				}
				part := strings.Repeat(string(rune('a'+m)), 1+rnd.IntN(9))
				msg += part
				if m%2 == 0 {
					chunks = append(chunks, dataChunk(flags, tsn, uint16(m%3), uint16(m), 3, part))
				} else {
					last := uint32(i)
					if i == 0 {
						last = 3
					}
					chunks = append(chunks, idataChunk(flags, tsn, uint16(m%3), uint32(m), last, part))
				}
				tsn++
			}
			want = append(want, msg)
		}
		for range 10 {
			chunks = append(chunks, chunks[rnd.IntN(len(chunks))])
		}
		rnd.Shuffle(len(chunks), func(i, j int) { chunks[i], chunks[j] = chunks[j], chunks[i] })
		a, r := NewAssoc(Config{}), &recorder{}
		for i, c := range chunks {
			a.Packet(pkt(int64(i)*1e7, c), r)
		}
		slices.Sort(r.msgs)
		slices.Sort(want)
		if !slices.Equal(r.msgs, want) {
			t.Fatalf("seed %d: %q, want %q", seed, r.msgs, want)
		}
		if a.MissingNow() != 0 {
			t.Fatalf("seed %d: %d missing", seed, a.MissingNow())
		}
	}
}

func FuzzAssoc(f *testing.F) {
	f.Add(pkt(0, dataChunk(flagBegin, 1, 0, 0, 3, "abc"), dataChunk(flagEnd, 2, 0, 0, 3, "d")).Chunks, uint16(0))
	f.Add(pkt(0, idataChunk(flagBegin, 1, 0, 0, 3, "abc"), idataChunk(flagEnd, 2, 0, 0, 1, "d")).Chunks, uint16(9))
	f.Add(pkt(0, chunk(TypeInit, 0, make([]byte, 28)), chunk(TypeForwardTSN, 0, make([]byte, 8)), chunk(TypeSack, 0, make([]byte, 16))).Chunks, uint16(3))
	f.Add(pkt(0, chunk(TypeIForwardTSN, 0, make([]byte, 20)), chunk(TypeAbort, 0, []byte{0, 12, 0, 4})).Chunks, uint16(3))
	f.Fuzz(func(t *testing.T, b []byte, more uint16) {
		budget := &Budget{Max: 4096}
		a, s := NewAssoc(Config{MaxPartials: 3, MaxMessage: 64, MaxFragments: 4, MaxAge: 10, Window: 64, Budget: budget}), &checker{t: t, limit: 64}
		for i := range int64(3) {
			a.Packet(&Packet{Dir: uint8(i & 1), VTag: uint32(i / 2), Time: i, Clock: i * 6, Chunks: b, Wire: len(b) + int(more)}, s)
			if budget.Used() > budget.Max || budget.Used() < 0 {
				t.Fatalf("budget %d", budget.Used())
			}
			for _, d := range a.dirs {
				if len(d.partials) > 3 {
					t.Fatalf("%d runs", len(d.partials))
				}
			}
			if len(b) > 8 {
				b = append(b[4:len(b):len(b)], b[:4]...)
			}
		}
		InUDP(b, len(b)+int(more))
		a.Close()
		if budget.Used() != 0 {
			t.Fatalf("budget %d after Close", budget.Used())
		}
	})
}

type checker struct {
	t     *testing.T
	limit int
}

func (c *checker) Message(m *Message) {
	if m.Fragments > 1 && len(m.Data) > c.limit || len(m.Data) == 0 && !m.Cut {
		c.t.Fatalf("message of %d octets in %d fragments", len(m.Data), m.Fragments)
	}
}

func (c *checker) Control(k *Chunk) {
	ReadInit(k)
	ReadSack(k)
	Cause(k)
}
