package flow

// index finds flow ids by hash: open addressing with linear probing. An entry
// carries 32 bits of the hash, of which the lower ones choose the slot, so that
// a lookup rarely touches a flow that is not the one it looks for, and growing
// or deleting touches no flow at all.
type index struct {
	slots []slot // length: a power of two
	mask  uint32
	n     int
}

// slot is one entry; id is the flow's id plus one, 0 in an empty slot.
type slot struct {
	tag uint32
	id  int32
}

const minSlots = 64

func newIndex() index {
	return index{slots: make([]slot, minSlots), mask: minSlots - 1}
}

// tagOf takes the upper half of a flow hash. Which bits chose the shard does
// not matter: if a few at the top did, slots are chosen by lower ones.
func tagOf(hash uint64) uint32 { return uint32(hash >> 32) }

// add enters a flow that is not in the index.
func (x *index) add(tag uint32, id int32) {
	if x.n >= len(x.slots)*5/8 {
		x.grow()
	}
	x.n++
	x.place(slot{tag, id + 1})
}

func (x *index) place(s slot) {
	i := s.tag & x.mask
	for x.slots[i].id != 0 {
		i = (i + 1) & x.mask
	}
	x.slots[i] = s
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	x.mask = uint32(len(x.slots) - 1)
	for _, s := range old {
		if s.id != 0 {
			x.place(s)
		}
	}
}

// remove deletes the entry and moves later ones of its run back, so that no
// tombstone slows lookups down.
func (x *index) remove(tag uint32, id int32) {
	i := tag & x.mask
	for x.slots[i].id != id+1 {
		i = (i + 1) & x.mask
	}
	x.n--
	for {
		x.slots[i] = slot{}
		hole := i
		for {
			i = (i + 1) & x.mask
			s := x.slots[i]
			if s.id == 0 {
				return
			}
			// An entry may move into the hole unless its home lies
			// cyclically between the hole (exclusive) and itself.
			if (i-s.tag)&x.mask >= (i-hole)&x.mask {
				x.slots[hole] = s
				break
			}
		}
	}
}
