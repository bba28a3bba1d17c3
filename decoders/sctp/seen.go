package sctp

import "hash/crc32"

// repeat is what a TSN is that may have been seen before.
type repeat uint8

const (
	fresh      repeat = iota // not seen before
	retransmit               // the same chunk again, later
	copied                   // the same chunk captured twice
	reused                   // the same TSN with other octets: a generator that does not count
)

// seenTSNs remembers the last TSNs of one direction: a table indexed by the
// TSN's low bits that grows up to the window, so that short associations stay
// small. What a slot held before is forgotten.
type seenTSNs struct {
	slots []seenSlot
}

type seenSlot struct {
	tsn  uint32
	sum  uint32 // checksum of the chunk, 0 for an empty slot
	time int64
	mark Mark // of the packet that came first
}

// markGap is how long after the first one a second capture of a packet may come
// for which its mark speaks, in ns: below what a retransmission waits for. Ids come
// again, and test tools give all packets one.
const markGap = 100e6

const (
	seenSlotSize = 24
	seenFirst    = 16 // slots
	seenGrow     = 4  // times
)

// add tells what the chunk is and remembers it.
func (s *seenTSNs) add(d *Data, p *Packet, cfg *Config) repeat {
	if len(s.slots) == 0 && !s.grow(min(seenFirst, cfg.Window), cfg.Budget) {
		return fresh
	}
	sum := chunkSum(d)
	for {
		slot := &s.slots[int(d.TSN)&(len(s.slots)-1)]
		switch {
		case slot.sum == 0:
			*slot = seenSlot{d.TSN, sum, p.Time, p.Mark}
			return fresh
		case slot.tsn != d.TSN:
			if len(s.slots) < cfg.Window && s.grow(min(len(s.slots)*seenGrow, cfg.Window), cfg.Budget) {
				continue
			}
			*slot = seenSlot{d.TSN, sum, p.Time, p.Mark}
			return fresh
		case slot.sum != sum:
			*slot = seenSlot{d.TSN, sum, p.Time, p.Mark}
			return reused
		}
		gap := p.Time - slot.time
		slot.time = p.Time
		if p.Copy || gap < cfg.CopyGap || gap < markGap && p.Mark.sameSent(slot.mark) {
			return copied
		}
		return retransmit
	}
}

func (s *seenTSNs) grow(n int, b *Budget) bool {
	if !b.take((n - len(s.slots)) * seenSlotSize) {
		return false
	}
	old := s.slots
	s.slots = make([]seenSlot, n)
	for _, o := range old {
		if o.sum != 0 {
			s.slots[int(o.tsn)&(n-1)] = o
		}
	}
	return true
}

// clear forgets all TSNs and keeps the memory.
func (s *seenTSNs) clear() { clear(s.slots) }

func (s *seenTSNs) free(b *Budget) {
	b.give(len(s.slots) * seenSlotSize)
	s.slots = nil
}

// chunkSum is a checksum of what a retransmission repeats; the I flag may change.
// The header fields go into the CRC's start value, mixed so that each counts.
func chunkSum(d *Data) uint32 {
	h := d.PPID
	for _, v := range [...]uint32{uint32(d.Stream), d.MID, d.FSN, uint32(len(d.User))} {
		h = (h ^ v) * 0x9e3779b1
		h ^= h >> 15
	}
	return max(crc32.Update(h, castagnoli, d.User), 1)
}
