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
func (s *shard) ahead(buf []byte, c *chunks, i int) {
	if i == 0 && c.first {
		first := c.group(0)
		s.slotsAhead(first)
		s.slotsAhead(c.group(group))
		recordsAhead(buf, first)
		s.flowsAhead(first)
	}
	next := c.group(i + group)
	s.flowsAhead(next)
	s.slotsAhead(c.group(i + 2*group))
	recordsAhead(buf, next)
}

// chunks are a chunk of a shard's list, whose items are about to be done, and the
// one after it, nil if there is none.
type chunks struct {
	items, after []item
	first        bool // of the list
}

// group returns the items of the group that begins with item i, nil if there is
// none. In a last group that is not whole, what was there earlier follows: that
// does no harm to prefetch.
func (c *chunks) group(i int) *[group]item {
	items := c.items
	if i >= chunkItems {
		i, items = i-chunkItems, c.after
	}
	if i >= len(items) {
		return nil
	}
	return (*[group]item)(items[i : i+group])
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
