package engine

import (
	"unsafe"

	"pcaptriage/decoders/prefetch"
)

// How many items before a record its bytes and its slot of the flow index are
// prefetched, and how many before it the flow, which takes the slot to find. An
// item takes some 100 ns, a line from main memory as long.
const (
	dataAhead = 6
	flowAhead = 3
)

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
	prefetch.Packet(unsafe.Pointer(&b.slab.Buf[off]),
		w.shards[far.shard].table.SlotAhead(far.hash),
		w.shards[near.shard].table.FlowAhead(near.hash))
}
