package flow

import (
	"encoding/binary"
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
	copyWays    = 4
)

// copyMemory remembers the packets of the last few milliseconds, to recognise
// those that were captured twice: by a SPAN port for both directions, on two
// interfaces of one host, on both sides of a router or tunnel.
//
// Every packet is entered, hardly any is ever found, and a hash is a random
// place in memory. So what is looked up is kept small enough for the
// processor's cache (16 KiB a table), and the rest is written in sequence.
type copyMemory struct {
	// sets are found by setOf. An entry holds bits of the fingerprint above the
	// sighting's place in log; whether log still holds that packet, the whole
	// fingerprint tells.
	sets [][copyWays]uint32
	log  []sighting
	next uint32 // place of the next sighting
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
	return copyMemory{sets: make([][copyWays]uint32, 1<<copySetBits), log: make([]sighting, 1<<copyLogBits)}
}

// clear forgets everything.
func (m *copyMemory) clear() {
	clear(m.sets)
	clear(m.log)
	m.next = 0
}

// seen reports whether p is a copy of an earlier packet, and says so in p.Seg;
// else it remembers p. h is p's direction of its flow, nil for ICMP errors.
//
// Equal packets with the same non-zero IPv4 identification are copies. Senders
// that use none (Linux for SYN-ACKs and resets, everybody in IPv6) send
// retransmissions and duplicate ACKs that are equal bit by bit, so there a copy
// must have been captured in another place, unless the direction has shown that
// in this capture most packets come twice.
func (m *copyMemory) seen(p *decoders.Packet, hash uint64, h *Half) bool {
	print := fingerprint(p, hash)
	at := p.Clock
	if p.Has&decoders.HasTime != 0 {
		at = p.Time
	}
	set := &m.sets[packetSet(p, hash)]
	tag := uint32(print>>32) >> copyLogBits
	identified := p.IPVersion == 4 && p.IPID != 0
	for _, e := range set {
		if e>>copyLogBits != tag {
			continue
		}
		s := &m.log[e&(1<<copyLogBits-1)]
		if s.print != print || s.times == 0 || !within(at, s.at, copyWindow) {
			continue
		}
		isCopy := identified || s.where != where(p) || h != nil && bits.OnesCount16(h.twice) >= 8 ||
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

	s := &m.log[m.next]
	s.print, s.at, s.ref, s.where, s.times = print, at, p.Ref(), 0, 1
	if !identified {
		s.where = where(p)
	}
	set[m.oldest(set)] = tag<<copyLogBits | m.next
	m.next = (m.next + 1) & (1<<copyLogBits - 1)
	if h != nil {
		h.twice <<= 1
	}
	return false
}

// packetSet is the number of the set for p.
func packetSet(p *decoders.Packet, hash uint64) uint64 {
	var a, b uint64
	if len(p.L4) >= 20 {
		a, b = binary.LittleEndian.Uint64(p.L4[4:]), binary.LittleEndian.Uint64(p.L4[12:])
	}
	return setOf(hash, p.IPID, a, b)
}

// setOf takes of the fingerprint what can be had without decoding the packet:
// see Table.SetAhead. a and b are bytes 4 to 20 of the transport header, with
// TCP's numbers and checksum, 0 in short packets.
func setOf(hash uint64, id uint32, a, b uint64) uint64 {
	return mix(hash^a, 0xe7037ed1a0b428db^b^uint64(id)<<32) >> (64 - copySetBits)
}

// oldest is the entry of a set that was written longest ago.
func (m *copyMemory) oldest(set *[copyWays]uint32) (way int) {
	oldest := uint32(0)
	for i, e := range set {
		if age := (m.next - e - 1) & (1<<copyLogBits - 1); age >= oldest {
			way, oldest = i, age
		}
	}
	return way
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

// fingerprint hashes what copies have in common: addresses (with the flow
// hash), identification, length, fragment position, protocol, the transport
// header with its checksum, and the first bytes behind it. TTL, DSCP, ECN and
// the IP checksum change on the way and stay out. hash is the flow hash; it
// does not tell the directions apart, the addresses do.
func fingerprint(p *decoders.Packet, hash uint64) uint64 {
	var frag uint64
	if p.IPVersion == 4 || p.Has&decoders.IsFragment != 0 {
		frag = uint64(p.FragOff) << 2
		if p.DF {
			frag |= 1
		}
		if p.MF {
			frag |= 2
		}
	}
	h := mix(hash^p.Src.Lo, 0xa0761d6478bd642f^p.Dst.Lo<<1)
	h = mix(h^uint64(p.IPID)<<32^uint64(p.IPLen), 0xe7037ed1a0b428db^frag<<16^uint64(p.Proto)<<8^uint64(p.IPVersion))
	b := p.L4
	n := 32
	switch {
	case p.Has&decoders.IsFragment != 0:
		b = p.IPHdr // the transport header may be in another fragment
		skip := 40
		if p.IPVersion == 4 {
			skip = 20
		}
		b = b[min(skip, len(b)):]
	case p.Has&decoders.HasTCP != 0:
		n = int(p.TCP.HdrLen) + 16
	}
	b = b[:min(n, len(b))]
	for len(b) >= 16 {
		h = mix(h^binary.LittleEndian.Uint64(b), 0x8ebc6af09c88c6e3^binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	if len(b) >= 8 {
		h = mix(h^binary.LittleEndian.Uint64(b), 0x589965cc75374cc3)
		b = b[8:]
	}
	if len(b) >= 4 {
		h = mix(h^uint64(binary.LittleEndian.Uint32(b)), 0x1d8e4e27c47d124f)
	}
	return h
}

// where hashes the place at which p was captured.
func where(p *decoders.Packet) uint32 {
	h := uint64(p.Iface)<<8 | uint64(p.TTL)
	h ^= uint64(p.Has&(decoders.Outgoing|decoders.Incoming)) << 40
	if p.Has&decoders.HasMAC != 0 {
		h = mix(h^uint64(binary.LittleEndian.Uint32(p.SrcMAC[:])), 0xa0761d6478bd642f^
			uint64(binary.LittleEndian.Uint16(p.SrcMAC[4:]))<<48^
			uint64(binary.LittleEndian.Uint16(p.DstMAC[4:]))<<32^uint64(binary.LittleEndian.Uint32(p.DstMAC[:])))
	}
	if p.Has&decoders.HasVLAN != 0 {
		for _, v := range p.VLANs[:min(p.NVLAN, decoders.MaxVLAN)] {
			h = mix(h^uint64(v), 0xe7037ed1a0b428db)
		}
	}
	if p.Has&decoders.HasTunnel != 0 {
		for i := range p.TunnelHops[:min(p.NTunnel, decoders.MaxTunnel)] {
			t := &p.TunnelHops[i]
			h = mix(h^t.Src.Lo^t.Src.Hi<<1, 0x8ebc6af09c88c6e3^t.Dst.Lo^t.Dst.Hi<<1)
			h = mix(h^uint64(t.ID)<<8^uint64(t.Kind), 0x589965cc75374cc3)
		}
	}
	return uint32(h ^ h>>32)
}

// mix folds a 64x64 to 128 bit multiplication (wyhash's construction).
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
