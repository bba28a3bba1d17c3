package flow

import (
	"math/bits"
	"slices"
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

// The memory of recent packets is as long as copyWindow takes, at most the last 2048
// of a table, which are those of some 200,000 packets a second and shard; beyond
// that it begins to forget, and copies pass for retransmissions. At half that rate
// a few of a thousand copies that come at the end of copyWindow do already, since
// a set holds four packets only.
const (
	copyLogMin  = 1 << 6
	copyLogMax  = 1 << 11
	copySetsMax = 1 << 11
)

// copyMemory remembers the packets of the last few milliseconds, to recognise
// those that were captured twice: by a SPAN port for both directions, on two
// interfaces of one host, on both sides of a router or tunnel.
//
// Every packet is entered, hardly any is ever found, and a hash is a random
// place in memory. So the memory is kept as small as the packet rate allows: at
// ordinary rates all of it stays in the processor's first cache.
type copyMemory struct {
	sets *[copySetsMax]copySet // of which the first setsOf(len) are in use
	log  *[copyLogMax]sighting // a ring of which len are in use
	len  uint32                // a power of two
	next uint32                // place of the next sighting
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
	both := uint64(e)<<32 | uint64(e)
	x, y := s[0]^both, s[1]^both
	return uint32(x) < copyLogMax || x>>32 < copyLogMax || uint32(y) < copyLogMax || y>>32 < copyLogMax
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
	return copyMemory{sets: new([copySetsMax]copySet), log: new([copyLogMax]sighting), len: copyLogMin}
}

// setsOf is the number of sets for n sightings: so many that five packets
// within copyWindow share one hardly ever, up to some 50,000 a second.
func setsOf(n uint32) uint32 { return min(2*n, copySetsMax) }

// clear forgets everything.
func (m *copyMemory) clear() {
	clear(m.sets[:setsOf(m.len)])
	clear(m.log[:m.len])
	m.next = 0
}

// adapt is called before each eighth of the ring is written. It doubles the memory
// if any of what would be forgotten is still of use, and halves it, where the ring
// begins anew, if copyWindow has passed during its last quarter: a burst is over.
func (m *copyMemory) adapt(at int64) {
	newest := &m.log[(m.next+m.len/8-1)&(copyLogMax-1)] // of the next eighth
	switch quarter := m.len / 4; {
	case newest.times != 0 && within(at, newest.at, copyWindow):
		if m.len < copyLogMax {
			// In order, the oldest first.
			slices.Reverse(m.log[:m.next])
			slices.Reverse(m.log[m.next:m.len])
			slices.Reverse(m.log[:m.len])
			m.resize(2*m.len, m.len)
		}
	case m.next == 0 && m.len > copyLogMin && !within(at, m.log[m.len-quarter].at, copyWindow):
		copy(m.log[:], m.log[m.len-quarter:m.len])
		m.resize(m.len/2, quarter)
	}
}

// resize sets the length; the first n sightings of the log are those to keep.
func (m *copyMemory) resize(length, n uint32) {
	clear(m.sets[:setsOf(max(m.len, length))])
	m.len, m.next = length, n
	for i := range n {
		print := m.log[i].print
		m.set(print).push(entry(print) | i)
	}
}

// set is where the entry for a fingerprint belongs.
func (m *copyMemory) set(print uint64) *copySet {
	return &m.sets[uint32(print)&(2*m.len-1)&(copySetsMax-1)]
}

// entry is that of a fingerprint without the place.
func entry(print uint64) uint32 { return uint32(print>>32) &^ (copyLogMax - 1) }

// seen reports whether p is a copy of an earlier packet, and says so in p.Seg;
// else it remembers p. h is p's direction of its flow, nil for ICMP errors.
// p.Seg.Dir must be set.
func (m *copyMemory) seen(p *decoders.Packet, hash uint64, h *Half) bool {
	at := copyTime(p)
	if m.next&(m.len/8-1) == 0 {
		m.adapt(at)
	}
	print := fingerprint(p, hash)
	set, e := m.set(print), entry(print)
	if set.may(e) {
		if s := m.find(set, e, print, at); s != nil {
			return s.again(p, h)
		}
	}
	n := m.next
	m.next = (n + 1) & (m.len - 1)
	set.push(e | n)
	s := &m.log[n&(copyLogMax-1)] // written field by field for the reason that setKey gives
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
			if place >= copyLogMax {
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
