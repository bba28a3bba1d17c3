package keepalive

import (
	"math/rand/v2"
	"reflect"
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

// Whether a connection may have been passed over only spares a search: with all
// taken for such, every pair comes to the same.
func TestPassedOver(t *testing.T) {
	unread := uint64(0)
	for seed := range uint64(40) {
		var got [2]*pair
		for i := range got {
			s := newTape()
			chatter(rand.New(rand.NewPCG(seed, 9)), s, func() {
				for _, p := range s.c.pairs {
					for j := range p.live.heads {
						p.live.at(j).passed = p.live.at(j).passed || i == 1
					}
				}
			})
			got[i] = s.pair(500)
		}
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Fatalf("seed %d: %+v, want %+v", seed, *got[0], *got[1])
		}
		unread += got[0].unread
	}
	if unread == 0 {
		t.Error("none was passed over")
	}
}

// chatter is some hundred events of connections that come and go, with a call of
// each after every one.
func chatter(r *rand.Rand, s *tape, each func()) {
	at, last := 0., int64(0)
	var conns []int64
	for range 500 {
		at += r.ExpFloat64() * .3
		k := r.IntN(len(conns) + 1)
		switch {
		case k == len(conns) || r.IntN(4) == 0:
			last++
			s.first(at, last, 0)
			conns = append(conns, last)
		case r.IntN(3) == 0:
			s.request(at, conns[k])
		case r.IntN(3) > 0:
			s.done(at, conns[k])
		default:
			s.close(at, conns[k])
			s.end(at, conns[k], 1+uint32(r.IntN(2)), wasClosed)
			conns = slices.Delete(conns, k, k+1)
		}
		each()
	}
}

// A connection that was passed over, was dropped for want of room, and comes back,
// is in use again.
func TestPassedOverAndBack(t *testing.T) {
	for _, comesBack := range []bool{false, true} {
		s := newTape()
		s.first(1, 1, 0)
		s.done(1.1, 1)
		s.first(2, 2, 0)
		for id := int64(3); id <= maxLive+1; id++ { // together, and the last takes the place of 1
			s.first(3+float64(id)/100, id, 0)
		}
		s.close(40, 3)
		s.end(40, 3, 2, 0)
		if comesBack {
			s.request(50, 1)
			s.request(51, 1)
		}
		want := uint64(1) // 2 was opened while 1 was idle
		if comesBack {
			want = 0
		}
		if got := s.pair(100).unread; got != want {
			t.Errorf("comes back: %v: %d passed over, want %d", comesBack, got, want)
		}
	}
}
