package keepalive

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A liveList does what a plain list of numbers does, and keeps each connection's
// values with it.
func TestLiveList(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	var l liveList
	var want []uint64
	for id := uint64(1); id < 4000; id++ {
		if l.len() == maxLive {
			i := r.IntN(maxLive)
			l.remove(i)
			want = slices.Delete(want, i, i+1)
		}
		if c := l.add(id); *c != (liveConn{id: id}) {
			t.Fatalf("a new connection is %+v", *c)
		}
		l.opened(int64(id) * 3)
		want = append(want, id)
		if r.IntN(100) == 0 {
			every := 1 + r.IntN(4)
			for i := range l.heads {
				if i%every == 0 {
					want[i], l.heads[i].id = 0, 0
				}
			}
			want = slices.DeleteFunc(want, func(id uint64) bool { return id == 0 })
			if l.compact(); len(want) == 0 && l.conns != nil {
				t.Fatal("an empty list keeps its memory")
			}
		}
		if l.len() != len(want) || len(l.conns)*len(liveChunk{}) > maxLive {
			t.Fatalf("%d connections in room for %d, want %d", l.len(), len(l.conns), len(want))
		}
		for i, id := range want {
			c := l.at(i)
			if l.heads[i].id != id || c.id != id || l.heads[i].open != int64(id)*3 || c.open != int64(id)*3 || l.index(id) != i || l.find(id) != c {
				t.Fatalf("connection %d is %d, opened at %d, want %d", i, c.id, c.open, id)
			}
		}
	}
	if l.index(1) >= 0 || l.find(1) != nil {
		t.Error("found what is gone")
	}
}

// Pairs are told apart, whichever of them were seen lately.
func TestRecentPairs(t *testing.T) {
	s := newTape()
	for round := range 3 {
		for i := range uint64(2000) {
			e := s.event(evConn, float64(round), int64(i))
			e.Src.Lo, e.Dst.Lo, e.DPort = 1+i%40, 7+i%7, uint16(80+i%11)
			s.c.Event(e)
		}
	}
	for k, p := range s.c.pairs {
		n := uint64(0)
		for i := range uint64(2000) {
			if k.client.Lo == 1+i%40 && k.server.Lo == 7+i%7 && k.port == uint16(80+i%11) {
				n += 3
			}
		}
		if p.connections != n || p.key != k {
			t.Errorf("%v has %d connections, want %d", k, p.connections, n)
		}
	}
}
