package flow

import "pcaptriage/decoders"

// retire makes room for a flow in a table that has grown roomy: before it takes
// more memory, the connection that was closed first ends, if it has been silent
// for Config.LingerLeast. What is past its deadline ends first, so that sweeps
// leave no trace.
func (t *Table) retire(clock int64) {
	t.Expire(clock)
	id := t.lru.oldest(classClosed)
	if len(t.arena.free) > 0 || id < 0 {
		return
	}
	f := t.arena.at(id)
	if clock-f.Last < t.least {
		return
	}
	if f.Flags&VLANSplit == 0 {
		t.retired.add(f)
	}
	t.end(f, EndClosed, clock)
}

// retired remembers the 4-tuples of connections that retire ended, the latest
// maxRetired of them, so that the reuse of their ports does not go unnoticed.
type retired struct {
	ring  []tuple
	next  int
	index index // of ring, as far as it is taken
}

// tuple is a connection's. Its hash stands for addresses and ports: that two have
// the same does not happen.
type tuple struct {
	hash, domain uint64
	last         int64 // clock of the last packet
	index        bool  // is in the index
}

const maxRetired = 2048

// add notes f, which is closed.
func (r *retired) add(f *Flow) {
	if r.ring == nil {
		r.ring, r.index = make([]tuple, maxRetired), newIndex(2*maxRetired)
	}
	u := &r.ring[r.next]
	if u.index {
		r.index.remove(tagOf(u.hash), int32(r.next))
	}
	*u = tuple{f.Key.Hash(), f.Key.Domain, f.Last, true}
	r.index.add(tagOf(u.hash), int32(r.next))
	r.next = (r.next + 1) % maxRetired
}

// take forgets the connection of that key, and returns the clock of its last
// packet; ok is false if it is not known.
func (r *retired) take(k *decoders.FlowKey, tag uint32) (last int64, ok bool) {
	if r.index.n == 0 {
		return 0, false
	}
	for i := tag & r.index.mask; ; i = (i + 1) & r.index.mask {
		s := r.index.slots[i]
		if s.empty() {
			return 0, false
		}
		if s.tag() != tag {
			continue
		}
		if u := &r.ring[s.id()]; u.domain == k.Domain && u.hash == k.Hash() {
			u.index = false
			r.index.remove(tag, s.id())
			return u.last, true
		}
	}
}

// clear forgets all.
func (r *retired) clear() { *r = retired{} }
