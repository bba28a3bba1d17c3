// Package recency keeps the entries of a bounded table in the order of their
// last use, so that the table can give up the one that was silent for longest.
package recency

// List is a doubly linked list, the oldest element first. Elements that are
// touched when they are used are in the order of their last use; if they never
// are, in the order in which they were added.
//
// H names an element: a pointer to it, or its place in an arena, counted from 1.
// The zero value of H names none. An index is as good as a pointer here, and
// keeps tables free of pointers, so that they can grow and the collector has
// nothing to follow.
//
// The links lie in the elements, so nothing is allocated after New. A List does
// not know which elements are its own: adding one that is in a list already, or
// touching or removing one that is in none, breaks it.
type List[H comparable] struct {
	links          func(H) *Links[H]
	oldest, newest H
}

// Links are an element's neighbours in the one list that it is in. They are the
// list's; the zero value belongs to an element that is in none.
type Links[H comparable] struct{ older, newer H }

// New returns an empty list. links finds the links of an element, which may
// move between two calls of the list's methods, but not during one. The zero
// List has no such function: it is empty and nothing can be added to it.
func New[H comparable](links func(H) *Links[H]) List[H] { return List[H]{links: links} }

// Oldest is the element that was added or touched longest ago, none if the list
// is empty.
func (l *List[H]) Oldest() H { return l.oldest }

// Newest is the element that was added or touched last, none if the list is
// empty.
func (l *List[H]) Newest() H { return l.newest }

// Newer is the next element towards Newest, none behind that.
func (l *List[H]) Newer(h H) H { return l.links(h).newer }

// Older is the next element towards Oldest, none before that.
func (l *List[H]) Older(h H) H { return l.links(h).older }

// Add makes h, which is in no list, the newest.
func (l *List[H]) Add(h H) {
	var none H
	*l.links(h) = Links[H]{older: l.newest}
	if l.newest != none {
		l.links(l.newest).newer = h
	} else {
		l.oldest = h
	}
	l.newest = h
}

// Touch makes h, which is in the list, the newest.
func (l *List[H]) Touch(h H) {
	if l.newest != h {
		l.Remove(h)
		l.Add(h)
	}
}

// Remove takes h out of the list. It keeps no neighbour: one that is held for
// other reasons does not hold others.
func (l *List[H]) Remove(h H) {
	var none H
	at := l.links(h)
	if at.older != none {
		l.links(at.older).newer = at.newer
	} else {
		l.oldest = at.newer
	}
	if at.newer != none {
		l.links(at.newer).older = at.older
	} else {
		l.newest = at.older
	}
	*at = Links[H]{}
}
