package recency

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// arena names its elements by their place, from 1 on, and moves them as it
// grows.
type arena struct {
	all  []item
	list List[uint32]
}

type item struct{ links Links[uint32] }

func newArena() *arena {
	a := &arena{}
	a.list = New(a.links)
	return a
}

func (a *arena) links(i uint32) *Links[uint32] { return &a.all[i-1].links }

func (a *arena) grow() uint32 {
	a.all = append(a.all, item{})
	return uint32(len(a.all))
}

// node is named by a pointer.
type node struct{ links Links[*node] }

func nodeLinks(n *node) *Links[*node] { return &n.links }

// check compares the list with what it should hold, oldest first, in both
// directions.
func check[H comparable](t *testing.T, l *List[H], want []H) {
	t.Helper()
	var none H
	var up, down []H
	if l.Oldest() != none { // the zero list has no links to look for
		for h := l.Oldest(); h != none && len(up) <= len(want); h = l.Newer(h) {
			up = append(up, h)
		}
	}
	if l.Newest() != none {
		for h := l.Newest(); h != none && len(down) <= len(want); h = l.Older(h) {
			down = append(down, h)
		}
	}
	if !slices.Equal(up, want) {
		t.Fatalf("oldest first: %v, want %v", up, want)
	}
	if slices.Reverse(down); !slices.Equal(down, want) {
		t.Fatalf("newest first: %v reversed, want %v", down, want)
	}
}

func TestZeroListIsEmpty(t *testing.T) {
	var byIndex List[uint32]
	check(t, &byIndex, nil)
	var byPointer List[*node]
	check(t, &byPointer, nil)
}

func TestOrder(t *testing.T) {
	a := newArena()
	l := &a.list
	check(t, l, nil)
	for range 4 {
		l.Add(a.grow())
	}
	check(t, l, []uint32{1, 2, 3, 4})
	l.Touch(4) // the newest
	check(t, l, []uint32{1, 2, 3, 4})
	l.Touch(1) // the oldest
	check(t, l, []uint32{2, 3, 4, 1})
	l.Touch(3) // between others
	check(t, l, []uint32{2, 4, 1, 3})
	l.Remove(4)
	check(t, l, []uint32{2, 1, 3})
	l.Remove(2)
	check(t, l, []uint32{1, 3})
	l.Remove(3)
	check(t, l, []uint32{1})
	l.Touch(1) // the only one
	check(t, l, []uint32{1})
	l.Remove(1)
	check(t, l, nil)
	l.Add(3)
	l.Add(1)
	check(t, l, []uint32{3, 1})
}

// An element goes from one list to another with the links that it has, as a
// datagram does that waits for another timeout than before.
func TestLists(t *testing.T) {
	a := newArena()
	first, second := New(a.links), New(a.links)
	for range 3 {
		first.Add(a.grow())
	}
	for _, i := range []uint32{2, 3, 1} {
		first.Remove(i)
		second.Add(i)
	}
	check(t, &first, nil)
	check(t, &second, []uint32{2, 3, 1})
}

// What a list does is what a slice does from which elements are deleted and to
// which they are appended, whatever names them.
func TestModel(t *testing.T) {
	t.Run("indices", func(t *testing.T) {
		a := newArena()
		model(t, &a.list, a.links, a.grow)
	})
	t.Run("pointers", func(t *testing.T) {
		l := New(nodeLinks)
		model(t, &l, nodeLinks, func() *node { return &node{} })
	})
}

func model[H comparable](t *testing.T, l *List[H], links func(H) *Links[H], create func() H) {
	const steps, most = 20_000, 30
	rnd := rand.New(rand.NewPCG(1, 2))
	var in, out []H // in the list, oldest first; in none
	take := func(from *[]H) H {
		i := rnd.IntN(len(*from))
		h := (*from)[i]
		*from = slices.Delete(*from, i, i+1)
		return h
	}
	emptied, filled := 0, 0
	for step := range steps {
		// The list grows and shrinks by turns, until it is full, until it is empty.
		grows := step/200%2 == 0
		op := rnd.IntN(6)
		switch {
		case (op == 0 || grows && op < 3) && len(in) < most:
			h := create()
			if len(out) > 0 && rnd.IntN(2) == 0 {
				h = take(&out)
			}
			l.Add(h)
			in = append(in, h)
		case (op == 3 || !grows && op < 3) && len(in) > 0:
			h := take(&in)
			l.Remove(h)
			if *links(h) != (Links[H]{}) {
				t.Fatalf("step %d: a removed element has neighbours", step)
			}
			out = append(out, h)
		case len(in) > 0:
			h := take(&in)
			l.Touch(h)
			in = append(in, h)
		}
		check(t, l, in)
		switch len(in) {
		case 0:
			emptied++
		case most:
			filled++
		}
	}
	if emptied == 0 || filled == 0 {
		t.Errorf("empty after %d steps, full after %d: not both ends were tried", emptied, filled)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	nodes := make([]node, 8)
	l := New(nodeLinks)
	for i := range nodes {
		l.Add(&nodes[i])
	}
	a := newArena()
	for range 8 {
		a.list.Add(a.grow())
	}
	allocs := testing.AllocsPerRun(100, func() {
		for i := range nodes {
			n, h := &nodes[i], uint32(i+1)
			l.Touch(n)
			l.Remove(n)
			l.Add(n)
			a.list.Touch(h)
			a.list.Remove(h)
			a.list.Add(h)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
