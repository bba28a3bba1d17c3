package fragneeded

// lru is a map of at most max entries; a new one takes the place of the least
// recently used.
type lru[K comparable, V any] struct {
	index      map[K]int32
	all        []lruEntry[K, V]
	head, tail int32 // most and least recently used; -1: none
	max        int
	evicted    uint64
}

type lruEntry[K comparable, V any] struct {
	key        K
	value      V
	prev, next int32
}

func newLRU[K comparable, V any](limit int) lru[K, V] {
	return lru[K, V]{index: map[K]int32{}, head: -1, tail: -1, max: limit}
}

// peek returns the value of k without making it the most recent, nil if there
// is none. Pointers are valid until the next call of of.
func (l *lru[K, V]) peek(k K) *V {
	if i, ok := l.index[k]; ok {
		return &l.all[i].value
	}
	return nil
}

// of returns the value of k, a new zero one if there was none, and makes it the
// most recent.
func (l *lru[K, V]) of(k K) (v *V, isNew bool) {
	i, ok := l.index[k]
	switch {
	case ok:
		l.unlink(i)
	case len(l.all) < l.max:
		i = int32(len(l.all))
		l.all = append(l.all, lruEntry[K, V]{key: k})
		l.index[k] = i
	default:
		i = l.tail
		l.unlink(i)
		delete(l.index, l.all[i].key)
		l.all[i] = lruEntry[K, V]{key: k}
		l.index[k] = i
		l.evicted++
	}
	e := &l.all[i]
	e.prev, e.next = -1, l.head
	if l.head >= 0 {
		l.all[l.head].prev = i
	}
	l.head = i
	if l.tail < 0 {
		l.tail = i
	}
	return &e.value, !ok
}

func (l *lru[K, V]) unlink(i int32) {
	e := &l.all[i]
	if e.prev >= 0 {
		l.all[e.prev].next = e.next
	} else {
		l.head = e.next
	}
	if e.next >= 0 {
		l.all[e.next].prev = e.prev
	} else {
		l.tail = e.prev
	}
}
