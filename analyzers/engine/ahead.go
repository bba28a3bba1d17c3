package engine

import (
	"unsafe"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/prefetch"
)

// How many items before a record its bytes and its slot of the flow index are
// prefetched, and how many before it what takes those to find: the flow, and the
// memory of copies. An item takes some 100 ns, a line from main memory as long.
const (
	dataAhead = 10
	flowAhead = 5
)

// peekAhead prefetches what Peek will read of a record behind record i.
func peekAhead(s *capture.Slab, i int) {
	const distance, headers = 8, 38
	if i += distance; i >= len(s.Recs) {
		return
	}
	off := uint64(s.Recs[i].Off)
	if off+headers >= uint64(len(s.Buf)) {
		return
	}
	prefetch.Lines(unsafe.Pointer(&s.Buf[off]), unsafe.Pointer(&s.Buf[off+headers]))
}

// ahead prefetches what the items behind w.i will need.
func (w *worker) ahead(b *batch, items []item) {
	if w.i+dataAhead >= len(items) {
		return
	}
	far, near := &items[w.i+dataAhead], &items[w.i+flowAhead]
	if far.op != opPacket || near.op != opPacket {
		return
	}
	off := b.slab.Recs[far.rec].Off
	if uint64(off) >= uint64(len(b.slab.Buf)) {
		return // the record is empty, at the very end
	}
	table := w.shards[near.shard].table
	prefetch.Packet(unsafe.Pointer(&b.slab.Buf[off]),
		w.shards[far.shard].table.SlotAhead(far.hash),
		table.FlowAhead(near.hash), nil)
}
