package engine

import (
	"unsafe"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/prefetch"
)

// What comes next is prefetched in groups of this many records or items. An item
// takes a few hundred ns, more than a line from main memory.
const group = prefetch.Group

// Headers, and the few bytes of payload that tell copies, take some 80 bytes: two
// cache lines, or three, as they come to lie. Most of what is longer is read
// further on as well: a message's head, or what looks for one.
const twoLines = 2 * 64

// peekAhead prefetches what Peek will read of the records of a group in buf.
func peekAhead(buf []byte, recs *[group]capture.Record) {
	var at [group]uintptr
	base := address(buf)
	for i := range recs {
		at[i] = base + uintptr(recs[i].Off)
	}
	prefetch.Lines2(&at)
}

// ahead prefetches for a shard's items, when item i is about to be done, which
// begins a group: the slots of the flow index of the next group but one, and of
// the next group the flows, which takes those slots to find, and the records,
// which wait for nothing and would only be in the way earlier.
func (s *shard) ahead(buf []byte, items []item, i int) {
	if i == 0 {
		s.slotsAhead(groupAt(items, 0))
		s.slotsAhead(groupAt(items, group))
		recordsAhead(buf, groupAt(items, 0))
		s.flowsAhead(groupAt(items, 0))
	}
	s.flowsAhead(groupAt(items, i+group))
	s.slotsAhead(groupAt(items, i+2*group))
	recordsAhead(buf, groupAt(items, i+group))
}

// groupAt returns the items of the group that begins with items[i], nil if there
// is none. A last group that is not whole begins earlier.
func groupAt(items []item, i int) *[group]item {
	if i >= len(items) || len(items) < group {
		return nil
	}
	return (*[group]item)(items[min(i, len(items)-group):])
}

func recordsAhead(buf []byte, items *[group]item) {
	if items == nil {
		return
	}
	var data [group]uintptr
	base := address(buf)
	for i := range items {
		data[i] = base + uintptr(items[i].off)
	}
	prefetch.Lines2(&data)
	for i := range items {
		if items[i].size > twoLines {
			data[i] += twoLines
		}
	}
	prefetch.Lines2(&data)
}

func (s *shard) slotsAhead(items *[group]item) {
	if items == nil {
		return
	}
	var at [group]uintptr
	for i := range items {
		at[i] = s.table.SlotAt(items[i].hash)
	}
	prefetch.Lines1(&at)
}

func (s *shard) flowsAhead(items *[group]item) {
	if items == nil {
		return
	}
	var at [group]uintptr
	for i := range items {
		items[i].flow, at[i] = s.table.Ahead(items[i].hash)
	}
	prefetch.Lines5(&at)
}

// address is where buf lies, as a number: an offset added to it need not lie in buf.
func address(buf []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(buf))) }
