package recency

// Table is a map of at most so many entries; a new one takes the place of the
// one that was used longest ago. Pointers to values remain valid, also when the
// entry has gone.
type Table[K comparable, V any] struct {
	m       map[K]*entry[K, V]
	byUse   List[*entry[K, V]]
	max     int
	dropped func(k K, v *V)
}

type entry[K comparable, V any] struct {
	key   K
	value V
	links Links[*entry[K, V]]
}

// NewTable returns an empty table. dropped is told of what goes; nil: nobody is.
func NewTable[K comparable, V any](most int, dropped func(k K, v *V)) Table[K, V] {
	return Table[K, V]{m: map[K]*entry[K, V]{}, max: most, dropped: dropped,
		byUse: New(func(e *entry[K, V]) *Links[*entry[K, V]] { return &e.links })}
}

// Len is the number of entries.
func (t *Table[K, V]) Len() int { return len(t.m) }

// Peek is Find without counting as a use.
func (t *Table[K, V]) Peek(k K) *V {
	if e := t.m[k]; e != nil {
		return &e.value
	}
	return nil
}

// Find returns the value of k, nil if there is none.
func (t *Table[K, V]) Find(k K) *V {
	e := t.m[k]
	if e == nil {
		return nil
	}
	t.byUse.Touch(e)
	return &e.value
}

// Get returns the value of k, a new zero one if there was none.
func (t *Table[K, V]) Get(k K) *V {
	if v := t.Find(k); v != nil {
		return v
	}
	if len(t.m) >= t.max {
		t.drop(t.byUse.Oldest())
	}
	e := &entry[K, V]{key: k}
	t.m[k] = e
	t.byUse.Add(e)
	return &e.value
}

// All gives the entries to yield, the one used longest ago first.
func (t *Table[K, V]) All(yield func(K, *V) bool) {
	for e := t.byUse.Oldest(); e != nil && yield(e.key, &e.value); {
		e = t.byUse.Newer(e)
	}
}

// Empty drops everything, the entry used longest ago first.
func (t *Table[K, V]) Empty() {
	for len(t.m) > 0 {
		t.drop(t.byUse.Oldest())
	}
}

func (t *Table[K, V]) drop(e *entry[K, V]) {
	t.byUse.Remove(e)
	delete(t.m, e.key)
	if t.dropped != nil {
		t.dropped(e.key, &e.value)
	}
}
