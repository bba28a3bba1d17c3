package flow

import "unsafe"

// SlotAhead is the address at which Packet will begin its search for the flow
// with that hash, for prefetching.
func (t *Table) SlotAhead(hash uint64) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(t.index.slots))) + uintptr(tagOf(hash)&t.index.mask)*unsafe.Sizeof(slot(0))
}

// FlowAhead is the address at which the flow with that hash most likely lies, 0
// if there is none. It reads the index.
func (t *Table) FlowAhead(hash uint64) uintptr {
	s := t.index.first(tagOf(hash))
	if s.empty() {
		return 0
	}
	return uintptr(unsafe.Pointer(t.arena.at(s.id())))
}
