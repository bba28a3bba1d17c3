package engine

import (
	"unsafe"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/prefetch"
)

// Records and items are prefetched in groups of this many. Those of the next but
// one: an item takes some 100 ns, a line from main memory as long.
const group = prefetch.Group

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
// begins a group: the records and slots of the flow index of the next group but
// one, and what takes those slots to find, the flows of the next group.
func (s *shard) ahead(buf []byte, items []item, i int) {
	if i == 0 && len(items) >= 2*group {
		s.recordsAhead(buf, (*[group]item)(items))
		s.recordsAhead(buf, (*[group]item)(items[group:]))
		s.flowsAhead((*[group]item)(items))
	}
	if rest := items[i:]; len(rest) >= 2*group {
		s.flowsAhead((*[group]item)(rest[group:]))
		if len(rest) >= 3*group {
			s.recordsAhead(buf, (*[group]item)(rest[2*group:]))
		}
	}
}

func (s *shard) recordsAhead(buf []byte, items *[group]item) {
	var data [group]uintptr
	base := address(buf)
	for i := range items {
		data[i] = base + uintptr(items[i].off)
	}
	prefetch.Lines2(&data)
	hashes := hashesOf(items)
	s.table.SlotsAhead(&hashes)
}

func (s *shard) flowsAhead(items *[group]item) {
	hashes := hashesOf(items)
	s.table.FlowsAhead(&hashes)
}

func hashesOf(items *[group]item) (hashes [group]uint64) {
	for i := range items {
		hashes[i] = items[i].hash
	}
	return hashes
}

// address is where buf lies, as a number: an offset added to it need not lie in buf.
func address(buf []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(buf))) }
