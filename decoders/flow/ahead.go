package flow

import "unsafe"

// Hint is what Ahead found: most likely the flow of a packet to come. It stays
// harmless whatever becomes of the table. 0: none.
type Hint uint32 // the lower half of its slot: the flow's id plus one

// SlotAt is where Ahead will begin its search for the flow with that hash, to be
// prefetched.
func (t *Table) SlotAt(hash uint64) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(t.index.slots))) + uintptr(tagOf(hash)&t.index.mask)*unsafe.Sizeof(slot(0))
}

// Ahead looks for the flow with that hash, and returns where it lies, to be
// prefetched, and the hint to give to HintedPacket then. It reads the index, and
// of the flow nothing.
func (t *Table) Ahead(hash uint64) (Hint, uintptr) {
	h := t.hint(hash)
	if h == 0 {
		return 0, 0
	}
	return h, uintptr(unsafe.Pointer(t.arena.at(int32(h - 1))))
}

// hint is the first flow of that hash in the index.
func (t *Table) hint(hash uint64) Hint { return Hint(uint32(t.index.first(tagOf(hash)))) }
