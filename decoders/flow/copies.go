package flow

import (
	"math/bits"
	"time"

	"pcaptriage/decoders"
)

// copyWindow is how far apart the copies of a packet lie at most. What is
// reordered further is a retransmission by definition.
const copyWindow = int64(10 * time.Millisecond)

// synWindow is how far apart equal SYNs or SYN-ACKs are copies whatever the
// rest says: nobody repeats those so soon. (Linux sends SYN-ACKs without an IP
// id, as the first packets of their direction, so neither the id nor the
// direction's past tells copies apart.) Equal ACKs, resets and even FINs within
// microseconds do come from one sender.
const synWindow = int64(2 * time.Millisecond)

// The memory of recent packets: the last 2048 of a table, so those of
// copyWindow up to some 200,000 packets a second and shard; beyond that it
// begins to forget, and copies pass for retransmissions.
const (
	copyLogBits = 11
	copySetBits = 10
)

// copyMemory remembers the packets of the last few milliseconds, to recognise
// those that were captured twice: by a SPAN port for both directions, on two
// interfaces of one host, on both sides of a router or tunnel.
//
// Every packet is entered, hardly any is ever found, and a hash is a random
// place in memory. So what is looked up is kept small enough for the
// processor's cache (16 KiB a table), and the rest is written in sequence.
type copyMemory struct {
	sets *[1 << copySetBits]copySet
	log  *[1 << copyLogBits]sighting
	next uint32 // place of the next sighting
}

// copySet holds the latest packets whose fingerprints begin alike, as entries of
// 32 bits, two in a word, the latest in the lower half of the first. An entry
// holds bits of the fingerprint above the sighting's place in the log; whether
// the log still holds that packet, the whole fingerprint tells.
type copySet [2]uint64

// push enters e and forgets the oldest.
func (s *copySet) push(e uint32) { s[0], s[1] = s[0]<<32|uint64(e), s[1]<<32|s[0]>>32 }

// may reports whether the set has an entry that differs from e in its place only.
func (s *copySet) may(e uint32) bool {
	const places = 1 << copyLogBits
	both := uint64(e)<<32 | uint64(e)
	x, y := s[0]^both, s[1]^both
	return uint32(x) < places || x>>32 < places || uint32(y) < places || y>>32 < places
}

// sighting is a packet that was seen.
type sighting struct {
	print uint64            // fingerprint
	at    int64             // time of the latest copy, ns
	ref   decoders.FrameRef // frame of the first copy
	where uint32            // see where; valid without an IP id
	times uint32            // how often it was seen; 0: empty
}

func newCopyMemory() copyMemory {
	return copyMemory{sets: new([1 << copySetBits]copySet), log: new([1 << copyLogBits]sighting)}
}

// clear forgets everything.
func (m *copyMemory) clear() {
	clear(m.sets[:])
	clear(m.log[:])
	m.next = 0
}

// seen reports whether p is a copy of an earlier packet, and says so in p.Seg;
// else it remembers p. h is p's direction of its flow, nil for ICMP errors.
// p.Seg.Dir must be set.
func (m *copyMemory) seen(p *decoders.Packet, hash uint64, h *Half) bool {
	print, at := fingerprint(p, hash), copyTime(p)
	set := &m.sets[print&(1<<copySetBits-1)]
	e := uint32(print>>32) &^ (1<<copyLogBits - 1)
	if set.may(e) {
		if s := m.find(set, e, print, at); s != nil {
			return s.again(p, h)
		}
	}
	n := m.next & (1<<copyLogBits - 1)
	m.next = n + 1
	set.push(e | n)
	s := &m.log[n] // written field by field for the reason that setKey gives
	s.print, s.at, s.ref, s.where, s.times = print, at, p.Ref(), 0, 1
	if p.IPID == 0 || p.IPVersion != 4 {
		s.where = where(p)
	}
	if h != nil {
		h.twice <<= 1
	}
	return false
}

// find returns the sighting of a packet with that fingerprint around time at, or
// nil. e is the fingerprint's entry without a place.
//
//go:noinline
func (m *copyMemory) find(set *copySet, e uint32, print uint64, at int64) *sighting {
	for _, pair := range set {
		for _, other := range [2]uint32{uint32(pair), uint32(pair >> 32)} {
			place := other ^ e
			if place >= 1<<copyLogBits {
				continue
			}
			s := &m.log[place]
			if s.print == print && s.times != 0 && within(at, s.at, copyWindow) {
				return s
			}
		}
	}
	return nil
}

// again decides about p, which is equal to the packet that was seen.
//
// Equal packets with the same non-zero IPv4 identification are copies. Senders
// that use none (Linux for SYN-ACKs and resets, everybody in IPv6) send
// retransmissions and duplicate ACKs that are equal bit by bit, so there a copy
// must have been captured in another place, unless the direction has shown that
// in this capture most packets come twice.
func (s *sighting) again(p *decoders.Packet, h *Half) bool {
	at := copyTime(p)
	isCopy := p.IPVersion == 4 && p.IPID != 0 || s.where != where(p) || h != nil && bits.OnesCount16(h.twice) >= 8 ||
		p.Has&decoders.HasTCP != 0 && p.TCP.Flags&decoders.SYN != 0 && within(at, s.at, synWindow)
	if s.times == 1 && h != nil {
		h.sawAgain()
	}
	s.times++
	s.at = max(s.at, at)
	if !isCopy {
		// Sent again: what follows are copies of this one.
		s.ref = p.Ref()
		return false
	}
	p.Seg.Class = decoders.ClassCopy
	p.Seg.CopyOf = s.ref
	return true
}

// copyTime is p's own time if it has one, else the clock.
func copyTime(p *decoders.Packet) int64 {
	if p.Has&decoders.HasTime != 0 {
		return p.Time
	}
	return p.Clock
}

// within reports whether a and b are at most d apart. Times may be anything,
// so the difference may not fit.
func within(a, b, d int64) bool {
	if a < b {
		a, b = b, a
	}
	return uint64(a)-uint64(b) <= uint64(d)
}

// sawAgain notes that one of the latest packets came a second time. Which of
// them is not known; copies come in the order of the packets, so it is the
// latest not yet noted.
func (h *Half) sawAgain() { h.twice |= h.twice + 1 }
