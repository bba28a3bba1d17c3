package flow

import "unsafe"

// SlotAhead is where Packet will begin its search for the flow with that hash,
// for prefetching: an address, not to be followed.
func (t *Table) SlotAhead(hash uint64) unsafe.Pointer {
	return unsafe.Pointer(&t.index.slots[tagOf(hash)&t.index.mask])
}

// FlowAhead is where the flow with that hash most likely lies, nil if there is
// none. It reads the index.
func (t *Table) FlowAhead(hash uint64) unsafe.Pointer {
	s := t.index.first(tagOf(hash))
	if s.empty() {
		return nil
	}
	return unsafe.Pointer(t.arena.at(s.id()))
}
