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
// ordinary rates all of it stays in the processor's first cache. And what nearly
// every packet is (see Flow.plain) is not even looked up, and written into the log
// only; it is listed in the sets when a packet comes that may be its copy.
type copyMemory struct {
	// Sightings are counted; modulo len their number is their place in the log.
	next   uint64 // the next one
	due    uint64 // when next comes to it, adapt is called
	first  uint64 // the first one that is still known, or was when the length changed last
	listed uint64 // those before it are in the sets
	sure   uint64 // see doubt

	len  uint32               // a power of two
	log  [copyLogMax]sighting // a ring of which len are in use
	sets [copySetsMax]copySet // of which the first setsOf(len) are in use
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
	state uint32            // of the bits below; 0: empty
}

const (
	taken  = 1 << iota // holds a packet
	again              // which was seen more than once
	inSets             // and has its entry in a set
)

// setsOf is the number of sets for n sightings: so many that five packets
// within copyWindow share one hardly ever, up to some 50,000 a second.
func setsOf(n uint32) uint32 { return min(2*n, copySetsMax) }

// clear forgets everything.
func (m *copyMemory) clear() {
	clear(m.sets[:setsOf(m.len)])
	clear(m.log[:m.len])
	m.next, m.due, m.first, m.listed, m.sure = 0, 0, 0, 0, 0
}

// forever is a sure that never comes.
const forever = 1<<64 - 1

// doubt is called when a packet that the log holds may look new to a flow when it
// comes again: it was tracked by another flow, or without effect. As long as the
// log holds what it does now, every packet is looked up.
func (m *copyMemory) doubt() { m.sure = max(m.sure, m.next+uint64(m.len)) }

// doubted reports whether a segment may be a copy although it is new to its flow.
func (m *copyMemory) doubted() bool { return m.next < m.sure }

// forget is called when the flow ends whose last packet is that frame.
func (m *copyMemory) forget(last decoders.FrameRef) {
	if s := m.at(max(m.first, m.next-min(m.next, uint64(m.len)))); s.ref <= last || s.state&again != 0 { // again: ref may be a later one
		m.doubt()
	}
}

// at is where the n-th sighting belongs.
func (m *copyMemory) at(n uint64) *sighting { return &m.log[uint32(n)&(m.len-1)&(copyLogMax-1)] }

// adapt is called before each eighth of the ring is written. It doubles the memory
// if any of what would be forgotten is still of use, and halves it, where the ring
// begins anew, if copyWindow has passed during its last quarter: a burst is over.
//
//go:noinline
func (m *copyMemory) adapt(at int64) {
	eighth, place := m.len/8, uint32(m.next)&(m.len-1)
	newest := &m.log[(place|(eighth-1))&(copyLogMax-1)] // of those to be forgotten
	switch quarter := m.len / 4; {
	case newest.state != 0 && within(at, newest.at, copyWindow):
		if m.len < copyLogMax {
			copy(m.log[m.len:], m.log[:place]) // behind those that came before them
			m.resize(2*m.len, place, m.len+place)
		}
	case place == 0 && m.len > copyLogMin && !within(at, m.log[m.len-quarter].at, copyWindow):
		copy(m.log[:], m.log[m.len-quarter:m.len])
		m.resize(m.len/2, 0, quarter)
	}
	m.due = (m.next/uint64(m.len/8) + 1) * uint64(m.len/8)
}

// resize sets the length; the sightings to keep are in their places, from first on
// to next.
func (m *copyMemory) resize(length, first, next uint32) {
	clear(m.sets[:setsOf(max(m.len, length))])
	if !m.doubted() {
		m.sure = 0
	} else if m.sure != forever {
		m.sure = uint64(next + length)
	}
	m.len, m.first, m.next, m.listed = length, uint64(first), uint64(next), uint64(first)
	for i := first; i < next; i++ {
		if s := &m.log[i]; s.state&inSets != 0 {
			m.set(s.print).push(entry(s.print) | i)
		}
	}
}

// list enters into the sets what is only in the log.
//
//go:noinline
func (m *copyMemory) list() {
	n := max(m.listed, m.next-min(m.next, uint64(m.len)))
	for ; n != m.next; n++ {
		if s := m.at(n); s.state&inSets == 0 {
			s.state |= inSets
			m.set(s.print).push(entry(s.print) | uint32(n)&(m.len-1))
		}
	}
	m.listed = n
}

// set is where the entry for a fingerprint belongs.
func (m *copyMemory) set(print uint64) *copySet {
	return &m.sets[uint32(print)&(2*m.len-1)&(copySetsMax-1)]
}

// entry is that of a fingerprint without the place.
func entry(print uint64) uint32 { return uint32(print>>32) &^ (copyLogMax - 1) }

// seen reports whether p is a copy of an earlier packet, and says so in p.Seg;
// else it remembers p. h is p's direction of its flow, nil if it has none and for
// ICMP errors. p.Seg.Dir must be set.
//
//go:noinline
func (m *copyMemory) seen(p *decoders.Packet, hash uint64, h *Half) bool {
	at := copyTime(p)
	if m.next == m.due {
		m.adapt(at)
	}
	if m.listed != m.next && p.Has&(decoders.HasTCP|decoders.IsFragment) == decoders.HasTCP && p.TCP.Flags&control == decoders.ACK &&
		(h == nil || m.doubted() || h.mayRepeat(p)) {
		m.list()
	}
	print := fingerprint(p, hash)
	set, e := m.set(print), entry(print)
	if set.may(e) {
		if s := m.find(set, e, print, at); s != nil {
			return s.again(p, h)
		}
	}
	set.push(e | uint32(m.next)&(m.len-1))
	m.enter(p, print, p.Ref(), taken|inSets)
	if h != nil {
		h.twice <<= 1
	}
	return false
}

// remember remembers p, which was found to be plain while nothing was doubted: so
// it is no copy. h is p's direction of its flow, ref its frame.
//
// A plain segment advances its flow, and numbers only ever advance, so that no
// copy of it is plain nor any other segment that may.
//
//go:noinline
func (m *copyMemory) remember(p *decoders.Packet, h *Half, ref decoders.FrameRef) {
	if m.next == m.due {
		m.adapt(copyTime(p))
	}
	m.enter(p, segmentFingerprint(p, p.Hash), ref, taken)
	h.twice <<= 1
}

// enter writes a sighting into the log.
func (m *copyMemory) enter(p *decoders.Packet, print uint64, ref decoders.FrameRef, state uint32) {
	s := m.at(m.next) // written field by field for the reason that setKey gives
	m.next++
	s.print, s.at, s.ref, s.where, s.state = print, copyTime(p), ref, 0, state
	if p.IPID == 0 || p.IPVersion != 4 {
		s.where = where(p)
	}
}

// mayRepeat reports whether p may be equal to a plain segment of direction h that
// was tracked, going by its numbers.
func (h *Half) mayRepeat(p *decoders.Packet) bool {
	off, news := Seq(p.TCP.Seq).Diff(h.Next), Seq(p.TCP.Ack).Diff(h.Acked)
	return h.Has&known == known && off <= 0 && news <= 0 && (off != 0 || p.Seg.Payload == 0)
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
			if s.print == print && s.state != 0 && within(at, s.at, copyWindow) {
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
	if s.state&again == 0 && h != nil {
		h.sawAgain()
	}
	s.state |= again
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
