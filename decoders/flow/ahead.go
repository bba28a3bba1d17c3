package flow

import (
	"encoding/binary"
	"unsafe"
)

// SlotAhead is where Packet will begin its search for the flow with that hash,
// for prefetching: an address, not to be followed.
func (t *Table) SlotAhead(hash uint64) unsafe.Pointer {
	return unsafe.Pointer(&t.index.slots[tagOf(hash)&t.index.mask])
}

// FlowAhead is where the flow with that hash most likely lies, nil if its slot
// is empty. It reads the slot.
func (t *Table) FlowAhead(hash uint64) unsafe.Pointer {
	s := t.index.slots[tagOf(hash)&t.index.mask]
	if s.id == 0 {
		return nil
	}
	return unsafe.Pointer(t.arena.at(s.id - 1))
}

// SetAhead is where copies of a packet will be looked for if that is plain
// TCP over IPv4 over Ethernet; for any other, some place in the same memory.
// data are the bytes of the record.
func (t *Table) SetAhead(hash uint64, data []byte) unsafe.Pointer {
	if len(data) < 54 {
		return nil
	}
	id := binary.BigEndian.Uint16(data[18:])
	set := setOf(hash, uint32(id), binary.LittleEndian.Uint64(data[38:]), binary.LittleEndian.Uint64(data[46:]))
	return unsafe.Pointer(&t.copies.sets[set])
}
