package flow

// index finds flow ids by hash: open addressing with linear probing. An entry
// carries 32 bits of the hash, of which the lower ones choose the slot, so that
// a lookup rarely touches a flow that is not the one it looks for, and growing
// or deleting touches no flow at all.
type index struct {
	slots []slot // length: a power of two, at least minSlots
	mask  uint32
	n     int
}

// slot is one entry: the tag in the upper half, the flow's id plus one in the
// lower, which is 0 in an empty slot. As one word it takes one load.
type slot uint64

func makeSlot(tag uint32, id int32) slot { return slot(tag)<<32 | slot(uint32(id+1)) }

func (s slot) empty() bool { return uint32(s) == 0 }
func (s slot) tag() uint32 { return uint32(s >> 32) }
func (s slot) id() int32   { return int32(uint32(s)) - 1 } // of a slot that is not empty

const minSlots = 64

// newIndex makes an index of that many slots, a power of two. It grows when half of
// them are taken.
func newIndex(slots uint32) index {
	return index{slots: make([]slot, slots), mask: slots - 1}
}

// tagOf takes the upper half of a flow hash. Which bits chose the shard does
// not matter: if a few at the top did, slots are chosen by lower ones.
func tagOf(hash uint64) uint32 { return uint32(hash >> 32) }

// first returns the slot of the first flow with that tag, an empty one if there
// is none.
func (x *index) first(tag uint32) slot {
	slots := x.slots
	for i := tag; ; i++ {
		s := slots[int(i)&(len(slots)-1)]
		if s.tag() == tag || s.empty() {
			return s
		}
	}
}

// add enters a flow that is not in the index.
func (x *index) add(tag uint32, id int32) {
	if x.n >= len(x.slots)/2 {
		x.grow()
	}
	x.n++
	x.place(makeSlot(tag, id))
}

func (x *index) place(s slot) {
	i := s.tag() & x.mask
	for !x.slots[i].empty() {
		i = (i + 1) & x.mask
	}
	x.slots[i] = s
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	x.mask = uint32(len(x.slots) - 1)
	for _, s := range old {
		if !s.empty() {
			x.place(s)
		}
	}
}

// remove deletes the entry and moves later ones of its run back, so that no
// tombstone slows lookups down.
func (x *index) remove(tag uint32, id int32) {
	i := tag & x.mask
	for x.slots[i].id() != id {
		i = (i + 1) & x.mask
	}
	x.n--
	for {
		x.slots[i] = 0
		hole := i
		for {
			i = (i + 1) & x.mask
			s := x.slots[i]
			if s.empty() {
				return
			}
			// An entry may move into the hole unless its home lies
			// cyclically between the hole (exclusive) and itself.
			if (i-s.tag())&x.mask >= (i-hole)&x.mask {
				x.slots[hole] = s
				break
			}
		}
	}
}
