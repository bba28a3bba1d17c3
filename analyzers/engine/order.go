package engine

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
)

// order brings events of several lists into the order of their places: epoch,
// stamp, frame, shard, tie, and within a shard, as they lie in the lists.
type order struct {
	lists  [][]analyzers.StampedEvent
	keys   []eventKey // of the events added; after sort, in order
	epoch  uint32     // of the first
	epochs bool       // not of all of them

	spare []eventKey
	ends  []int
}

// eventKey is an event's stamp, which tells nearly all from one another, and
// where in lists it lies: the list's index, and the event's in it below.
type eventKey struct {
	stamp int64
	where uint64
}

// begin begins an order of events in lists.
func (o *order) begin(lists [][]analyzers.StampedEvent) {
	o.lists, o.keys, o.epochs = lists, o.keys[:0], false
}

// add adds e, which is event i of list l.
func (o *order) add(e *analyzers.StampedEvent, l, i int) {
	k := eventKey{e.At.Stamp, uint64(l)<<32 | uint64(i)}
	if len(o.keys) == 0 {
		o.epoch = e.At.Epoch
	}
	o.epochs = o.epochs || e.At.Epoch != o.epoch
	o.keys = append(o.keys, k)
}

// event returns the event with that place in lists.
func (o *order) event(where uint64) *analyzers.StampedEvent {
	return &o.lists[where>>32][uint32(where)]
}

// before reports whether x comes before y.
func (o *order) before(x, y eventKey) bool {
	if x.stamp != y.stamp && !o.epochs {
		return x.stamp < y.stamp
	}
	return o.compare(x.where, y.where) < 0
}

// compare compares two events by all that there is of their places.
func (o *order) compare(x, y uint64) int {
	a, b := &o.event(x).At, &o.event(y).At
	return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Stamp, b.Stamp), cmp.Compare(a.Frame, b.Frame),
		cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Tie, b.Tie), cmp.Compare(x, y))
}

// sort sorts keys. They consist of a few ascending runs, since the events of a
// shard are nearly in order: merging those takes a fraction of the comparisons
// that sorting takes.
func (o *order) sort() {
	keys, ends := o.keys, o.ends[:0]
	for i := 1; i < len(keys); i++ {
		if o.before(keys[i], keys[i-1]) {
			ends = append(ends, i)
		}
	}
	ends = append(ends, len(keys))
	spare := slices.Grow(o.spare[:0], len(keys))[:len(keys)]
	for len(ends) > 1 {
		begin, n := 0, 0
		for r := 0; r < len(ends); r += 2 {
			end := ends[min(r+1, len(ends)-1)]
			o.merge(spare[begin:end], keys[begin:ends[r]], keys[ends[r]:end])
			ends[n] = end
			begin = end
			n++
		}
		ends = ends[:n]
		keys, spare = spare, keys
	}
	o.keys, o.spare, o.ends = keys, spare, ends
}

// merge merges the ascending a and b into dst, which has room for both.
func (o *order) merge(dst, a, b []eventKey) {
	if len(a) > 0 && len(b) > 0 && o.before(b[0], a[len(a)-1]) {
		for {
			if !o.epochs {
				n, m := mergeStamps(dst, a, b)
				dst, a, b = dst[n+m:], a[n:], b[m:]
			}
			if len(a) == 0 || len(b) == 0 {
				break
			}
			if o.compare(b[0].where, a[0].where) < 0 {
				dst[0], b = b[0], b[1:]
			} else {
				dst[0], a = a[0], a[1:]
			}
			dst = dst[1:]
		}
	}
	copy(dst, a)
	copy(dst[len(a):], b)
}

// mergeStamps merges a and b into dst by their stamps, until one of them is at its
// end or two stamps are equal, and returns how many it took of each. Which of the
// two comes next is anybody's guess, so no branch depends on it.
func mergeStamps(dst, a, b []eventKey) (i, j uint) {
	for k := 0; i < uint(len(a)) && j < uint(len(b)) && k < len(dst); k++ {
		x, y := a[i], b[j]
		if x.stamp == y.stamp {
			break
		}
		fromB := uint(0)
		if y.stamp < x.stamp {
			fromB = 1
		}
		if y.stamp < x.stamp {
			x.where = y.where
		}
		dst[k].stamp, dst[k].where = min(x.stamp, y.stamp), x.where
		i += 1 - fromB
		j += fromB
	}
	return i, j
}
