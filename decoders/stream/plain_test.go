package stream

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pcaptriage/decoders"
)

// Taking plain segments as they are leaves a stream as Feed would.
func TestPlainSegments(t *testing.T) {
	plain, all := 0, 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 11))
		var a, b Stream
		pa, pb := NewPool(DefaultConfig(1)), NewPool(DefaultConfig(1))
		var wa, wb lines
		next := r.Uint32()
		for i := range 30 {
			n := 1 + r.IntN(9)
			g := Segment{Seq: next, Len: uint32(n), Payload: []byte("abcdefghi")[:n], Time: int64(i), Frame: decoders.FrameRef(i + 1)}
			next += uint32(n)
			switch r.IntN(90) {
			case 0:
				g.Seq -= uint32(r.IntN(12))
			case 1:
				g.Seq += uint32(1 + r.IntN(5))
			case 2:
				g.Payload = g.Payload[:r.IntN(n)]
			case 3:
				if i > 20 {
					g.Flags = []uint8{decoders.FIN, decoders.RST}[r.IntN(2)]
				}
			case 4:
				if i == 0 {
					g.Flags = decoders.SYN
				}
			case 5:
				g.Len, g.Payload = 0, nil
				next -= uint32(n)
			}
			pa.Feed(&a, &g, &wa)
			if int(g.Len) == len(g.Payload) && g.Flags == 0 && b.Plain(g.Seq, g.Len) {
				plain++
				wb.Data(Chunk{Off: b.Offset(), Bytes: g.Payload, Time: g.Time, Frame: g.Frame, Boundary: true})
				b.Advance(g.Len)
			} else {
				pb.Feed(&b, &g, &wb)
			}
			all++
			if a != b || wa != wb {
				t.Fatalf("seed %d, segment %d: %+v\n%s\nwith Feed alone %+v\n%s", seed, i, b, wb, a, wa)
			}
		}
		pa.Close(&a, &wa)
		pb.Close(&b, &wb)
		if wa != wb || pa.Stats() != pb.Stats() {
			t.Fatalf("seed %d: %s %+v\nwith Feed alone %s %+v", seed, wb, pb.Stats(), wa, pa.Stats())
		}
	}
	if plain < all/3 {
		t.Errorf("only %d of %d segments were plain", plain, all)
	}
}

// lines writes down what a sink is told.
type lines string

func (l *lines) Data(c Chunk) {
	*l += lines(fmt.Sprintf("data %d %q %d %d %v\n", c.Off, c.Bytes, c.Time, c.Frame, c.Boundary))
}
func (l *lines) Gap(g Gap)    { *l += lines(fmt.Sprintf("gap %+v\n", g)) }
func (l *lines) End(e Ending) { *l += lines(e.String() + "\n") }

// Begin is a SYN without payload.
func TestBegin(t *testing.T) {
	for _, isn := range []uint32{0, 7, 1<<32 - 1} {
		var a, b Stream
		var told lines
		NewPool(DefaultConfig(1)).Feed(&a, &Segment{Seq: isn, Flags: decoders.SYN}, &told)
		if b.Begin(isn); a != b || told != "" {
			t.Errorf("%+v\na SYN leaves %+v, and tells %q", b, a, told)
		}
	}
}
