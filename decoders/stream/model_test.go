package stream

import (
	"fmt"
	"testing"

	"pcaptriage/decoders"
)

// model is the simplest statement of what a Stream has to deliver when it never
// gives up a hole: who first claims a position has it.
type model struct {
	claimed map[int]byte // captured bytes by position
	missing map[int]bool // claimed by a segment whose captured part was too short
	end     int          // position of the FIN, -1 if none
	top     int          // one past the last claimed position
}

func newModel() *model {
	return &model{claimed: map[int]byte{}, missing: map[int]bool{}, end: -1}
}

func (m *model) add(pos int, captured []byte, n int, fin bool) {
	if fin && m.end < 0 && pos+n >= m.top {
		m.end = pos + n
	}
	for i := range n {
		at := pos + i
		if _, ok := m.claimed[at]; ok || m.missing[at] || at < 0 || (m.end >= 0 && at >= m.end) {
			continue
		}
		if i < len(captured) {
			m.claimed[at] = captured[i]
		} else {
			m.missing[at] = true
		}
		m.top = max(m.top, at+1)
	}
}

// recorder is a Sink that checks what holds of any stream and writes down what
// it is told, a byte a position; missing ones are -1.
type recorder struct {
	t        testing.TB
	got      []int
	lost     int // bytes of CauseLost
	ended    Ending
	restarts int
}

func (r *recorder) Data(c Chunk) {
	r.check(c.Off)
	if len(c.Bytes) == 0 {
		r.t.Fatal("empty chunk")
	}
	for _, b := range c.Bytes {
		r.got = append(r.got, int(b))
	}
}

func (r *recorder) Gap(g Gap) {
	r.check(g.Off)
	switch g.Cause {
	case CauseRestart:
		r.restarts++
		if g.Len != 0 {
			r.t.Fatal("restart with a length")
		}
	case CauseLost:
		r.lost += int(g.Len)
		fallthrough
	default:
		if g.Len == 0 {
			r.t.Fatal("empty gap")
		}
	}
	for range g.Len {
		r.got = append(r.got, -1)
	}
}

func (r *recorder) End(how Ending) {
	if r.ended != 0 {
		r.t.Fatal("ended twice")
	}
	r.ended = how
}

func (r *recorder) check(off uint64) {
	if r.ended != 0 {
		r.t.Fatal("bytes behind the end")
	}
	if int(off) != len(r.got) {
		r.t.Fatalf("offset %d, %d expected", off, len(r.got))
	}
}

// op is one step of a scenario, read from fuzz input.
type op struct {
	kind byte
	pos  int // from the stream's first byte
	n    int // payload bytes on the wire
	cap  int // of them captured
	fin  bool
	fill byte
}

// readOps makes steps of five input bytes each.
func readOps(in []byte) []op {
	var ops []op
	for ; len(in) >= 5 && len(ops) < 400; in = in[5:] {
		o := op{kind: in[0] & 7, pos: int(in[1])<<2 | int(in[0]>>6), n: int(in[2]) >> 1, fill: in[4]}
		o.cap = o.n
		if in[3]&3 == 0 {
			o.cap = o.n * int(in[3]>>2) / 64
		}
		o.fin = in[3] == 0xff
		ops = append(ops, o)
	}
	return ops
}

func (o *op) payload(content func(pos, i int) byte) []byte {
	b := make([]byte, o.cap)
	for i := range b {
		b[i] = content(o.pos+i, i)
	}
	return b
}

// check that the pool's books agree with what it holds.
func checkPool(t testing.TB, p *Pool, streams ...*Stream) {
	t.Helper()
	if p.mem.total > p.mem.max || p.mem.used > p.mem.total {
		t.Fatalf("memory: %d used, %d total, %d allowed", p.mem.used, p.mem.total, p.mem.max)
	}
	inUse, used := 0, 0
	for _, s := range streams {
		l := p.line(s)
		if l == nil {
			continue
		}
		n, bytes := 0, 0
		at := s.next
		if int32(p.piece(l.tail).end()-s.top) > 0 {
			t.Fatal("held beyond the top")
		}
		for i := l.head; i != 0; i = p.piece(i).next {
			q := p.piece(i)
			if n == 0 && int32(q.seq-at) <= 0 || int32(q.seq-at) < 0 || q.wire == 0 || q.n > q.wire {
				t.Fatalf("piece %+v behind %d", *q, at)
			}
			at = q.end()
			n++
			bytes += int(q.n)
			if q.buf != 0 {
				used += len(p.mem.at(q.buf))
			}
			if q.next == 0 && i != l.tail {
				t.Fatal("tail is not the last piece")
			}
		}
		if n == 0 || n != l.count || bytes != l.bytes || bytes > p.cfg.MaxStream || n > p.cfg.MaxSegments {
			t.Fatalf("line of %d pieces, %d bytes says %d, %d", n, bytes, l.count, l.bytes)
		}
		inUse += n
	}
	if inUse != len(p.pieces)-len(p.free) || used != p.mem.used {
		t.Fatalf("%d pieces and %d bytes reachable, %d and %d in use", inUse, used, len(p.pieces)-len(p.free), p.mem.used)
	}
}

// againstModel plays ops with limits that are never reached.
func againstModel(t testing.TB, isn uint32, ops []op) {
	p := NewPool(Config{MaxBytes: 4 << 20, MaxStream: 1 << 20, MaxSegments: 1 << 20})
	var s Stream
	rec := &recorder{t: t}
	m := newModel()
	p.Feed(&s, &Segment{Seq: isn, Flags: decoders.SYN}, rec)
	for i, o := range ops {
		b := o.payload(func(_, i int) byte { return o.fill + byte(i) })
		if rec.ended == 0 {
			m.add(o.pos, b, o.n, o.fin)
		}
		g := Segment{Seq: isn + 1 + uint32(o.pos), Len: uint32(o.n), Payload: b, Time: int64(i)}
		if o.fin {
			g.Flags = decoders.FIN
		}
		p.Feed(&s, &g, rec)
		for i := range b {
			b[i] = 0xee // it was only borrowed
		}
		checkPool(t, p, &s)
		if rec.lost != 0 {
			t.Fatal("gave up a hole without being told to")
		}
	}
	p.Close(&s, rec)
	if rec.ended == 0 || !s.Ended() {
		t.Fatal("no end")
	}
	want := m.top
	if m.end >= 0 {
		want = m.end
	}
	if len(rec.got) != want {
		t.Fatalf("%d positions, want %d", len(rec.got), want)
	}
	for at, b := range rec.got {
		w := -1
		if c, ok := m.claimed[at]; ok {
			w = int(c)
		}
		if b != w {
			t.Fatalf("position %d is %d, want %d", at, b, w)
		}
	}
	if p.Stats().HeldBytes != 0 {
		t.Fatal("memory in use after the end")
	}
}

// withLimits plays ops on several streams of one small pool, where bytes are a
// function of their position: whatever is given up, what comes must be right,
// in order, and once.
func withLimits(t testing.TB, isn uint32, ops []op, cfg Config) {
	p := NewPool(cfg)
	var streams [3]Stream
	var recs [3]*recorder
	var tops [3]int // one past the last position that each knows of
	for i := range streams {
		recs[i] = &recorder{t: t}
		p.Feed(&streams[i], &Segment{Seq: isn, Flags: decoders.SYN}, recs[i])
	}
	for i, o := range ops {
		at := int(o.fill) % len(streams)
		s, rec := &streams[at], recs[at]
		switch o.kind {
		case 5:
			p.Acked(s, isn+1+uint32(o.pos), rec)
		case 7:
			if o.n == 127 {
				p.Drop(s)
				rec.ended = EndClose
				tops[at] = len(rec.got)
			} else if o.n == 126 {
				p.Feed(s, &Segment{Seq: isn + 1 + uint32(o.pos), Flags: decoders.RST}, rec)
			}
		default:
			b := o.payload(func(pos, _ int) byte { return byte(pos*7 + at) })
			if rec.ended == 0 && o.n > 0 {
				tops[at] = max(tops[at], o.pos+o.n)
			}
			p.Feed(s, &Segment{Seq: isn + 1 + uint32(o.pos), Len: uint32(o.n), Payload: b, Time: int64(i)}, rec)
		}
		checkPool(t, p, &streams[0], &streams[1], &streams[2])
		if int(s.Offset()) != len(rec.got) || s.Next() != isn+1+uint32(len(rec.got)) {
			t.Fatal("offset, sequence number and delivered bytes disagree")
		}
	}
	for i := range streams {
		p.Close(&streams[i], recs[i])
		if len(recs[i].got) != tops[i] {
			t.Fatalf("stream %d: %d positions, %d known", i, len(recs[i].got), tops[i])
		}
		for pos, b := range recs[i].got {
			if b >= 0 && byte(b) != byte(pos*7+i) {
				t.Fatalf("stream %d position %d is %d", i, pos, b)
			}
		}
	}
	if p.Stats().HeldBytes != 0 || len(p.pieces) != len(p.free) || p.byUse.Oldest() != 0 || p.byUse.Newest() != 0 {
		t.Fatal("not empty after the end")
	}
}

var fuzzLimits = []Config{
	{MaxBytes: 512, MaxStream: 512, MaxSegments: 100},
	{MaxBytes: 2048, MaxStream: 100, MaxSegments: 100},
	{MaxBytes: 4096, MaxStream: 4096, MaxSegments: 2},
	{MaxBytes: 1, MaxStream: 1 << 20, MaxSegments: 8},
	{MaxBytes: 1 << 20, MaxStream: 1 << 20, MaxSegments: 1 << 20, MaxWait: 3},
}

func FuzzModel(f *testing.F) {
	f.Add(uint32(1), []byte{0, 0, 200, 1, 1, 0, 50, 200, 1, 2, 0, 25, 200, 255, 3})
	f.Add(uint32(0xfffffff0), []byte{0, 10, 200, 1, 1, 0, 0, 200, 1, 2, 0, 25, 250, 4, 3})
	f.Fuzz(func(t *testing.T, isn uint32, in []byte) { againstModel(t, isn, readOps(in)) })
}

func FuzzLimits(f *testing.F) {
	f.Add(uint32(0xfffffff0), byte(0), []byte{0, 10, 200, 1, 0, 0, 0, 200, 1, 1, 0, 25, 250, 4, 0, 6, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, isn uint32, which byte, in []byte) {
		withLimits(t, isn, readOps(in), fuzzLimits[int(which)%len(fuzzLimits)])
	})
}

// TestRandom runs both checks without a fuzzing engine.
func TestRandom(t *testing.T) {
	seed := uint64(1)
	next := func() byte {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return byte(seed >> 32)
	}
	for round := range 3000 {
		in := make([]byte, 5*(1+round%60))
		for i := range in {
			in[i] = next()
		}
		if round%3 == 0 { // crowd the positions
			for i := 1; i < len(in); i += 5 {
				in[i] &= 31
			}
		}
		isn := uint32(next())<<24 | 0xffff00 | uint32(next())
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			againstModel(t, isn, readOps(in))
			for _, cfg := range fuzzLimits {
				withLimits(t, isn, readOps(in), cfg)
			}
		})
	}
}
