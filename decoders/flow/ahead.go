package flow

import (
	"unsafe"

	"pcaptriage/decoders/prefetch"
)

// SlotsAhead prefetches where Packet will begin its search for the flows with
// these hashes.
func (t *Table) SlotsAhead(hashes *[prefetch.Group]uint64) {
	var at [prefetch.Group]uintptr
	base, mask := uintptr(unsafe.Pointer(unsafe.SliceData(t.index.slots))), t.index.mask
	for i, h := range hashes {
		at[i] = base + uintptr(tagOf(h)&mask)*unsafe.Sizeof(slot(0))
	}
	prefetch.Lines1(&at)
}

// FlowsAhead prefetches the flows that most likely have these hashes. It reads
// the index.
func (t *Table) FlowsAhead(hashes *[prefetch.Group]uint64) {
	var at [prefetch.Group]uintptr
	index, arena := &t.index, &t.arena
	for i, h := range hashes {
		if s := index.first(tagOf(h)); !s.empty() {
			at[i] = uintptr(unsafe.Pointer(arena.at(s.id())))
		}
	}
	prefetch.Lines5(&at)
}
