package flow

import (
	"time"

	"pcaptriage/decoders"
)

// Table is the flow table of one virtual shard.
type Table struct {
	arena   arena
	index   index
	lru     lru
	copies  copyMemory
	holes   holePool
	views   views
	retired retired
	max     int
	roomy   int
	timeout [numClasses]time.Duration
	least   int64            // Config.LingerLeast
	key     decoders.FlowKey // of the current packet's flow
	clock   int64            // of the last packet
	started bool             // clock is valid
	serial  uint64           // of the last flow created
	splits  int              // live flows keyed with their VLAN
	stats   Stats
	onEnd   func(f *Flow, reason EndReason, at int64)
}

// New makes a table. onEnd, which may be nil, is called once for every flow
// when it leaves the table: at is when, on the capture clock (the deadline for
// an expiry, whenever it was noticed). f is valid until onEnd returns; onEnd
// must not call the table.
func New(cfg Config, onEnd func(f *Flow, reason EndReason, at int64)) *Table {
	if onEnd == nil {
		onEnd = func(*Flow, EndReason, int64) {}
	}
	t := &Table{
		index:   newIndex(minSlots),
		lru:     newLRU(),
		copies:  newCopyMemory(),
		max:     max(cfg.MaxFlows, 1),
		roomy:   cfg.Roomy,
		timeout: timeouts(cfg),
		least:   int64(cfg.LingerLeast),
		onEnd:   onEnd,
	}
	t.holes.max = max(t.max/8, 16)
	return t
}

// Packet looks up or creates p's flow, tracks its TCP connection, fills p.Seg
// and counts. p must be fully decoded; p.Clock must not run backwards between
// two Resets (a smaller one is taken as the last).
//
// It returns nil for packets that are not IP, and for ICMP errors (HasQuote)
// whose quoted flow is not in the table. For an ICMP error whose quoted flow is
// there it returns that flow, which is otherwise left alone: the message is not
// counted into it and does not keep it alive; p.Seg.Dir is the direction of the
// quoted packet.
//
// A copy of an earlier packet (p.Seg.CopyOf set, decoders.ClassCopy) is looked
// up and changes nothing; nil if its flow is gone. A packet that is a view of a
// connection in another virtual network (inside or outside its VXLAN) belongs
// to the flow of the view that was captured first.
//
// The *Flow is valid until the next call of a method of t.
func (t *Table) Packet(p *decoders.Packet) *Flow { return t.HintedPacket(p, 0) }

// HintedPacket is Packet with what Ahead returned for p.Hash, which spares the
// search.
func (t *Table) HintedPacket(p *decoders.Packet, hint Hint) *Flow {
	begin(p)
	if p.Has&decoders.HasIP == 0 {
		return nil
	}
	clock := p.Clock
	if t.started && clock < t.clock {
		clock = t.clock
	}
	t.clock, t.started = clock, true
	if p.Has&decoders.HasQuote != 0 {
		return t.quoted(p, clock)
	}

	if f, dir := t.lookUp(p, hint, clock); f != nil {
		p.Seg.Dir = dir
		me := &f.Dir[dir&1]
		if t.copies.seen(p, p.Hash, me) {
			t.stats.Copies++
			return f
		}
		if p.Has&decoders.HasTCP != 0 && f.plain(p, me, &f.Dir[^dir&1], clock) {
			t.stats.Packets++
			t.stats.TCP++
			t.touch(f, classOpen)
			return f
		}
		return t.packetOf(f, p, dir, clock)
	}

	k := &t.key
	dir, hash := setKey(k, p)
	tag := tagOf(hash)
	p.Seg.Dir = dir
	var f *Flow
	if t.splits == 0 {
		f = t.find(k, tag, clock)
	} else {
		f = t.findSplit(k, p, dir, tag, clock)
	}
	if f == nil && len(t.views.flows) > 0 {
		f = t.views.find(t, k, clock)
	}
	if f == nil {
		// A copy begins no flow: it is the view, inside or outside a VXLAN, of
		// a packet that has its flow in the other network.
		if t.copies.seen(p, hash, nil) {
			t.stats.Copies++
			return t.views.learn(t, k, tag, clock)
		}
		f = t.create(k, tag, p, dir, clock)
	} else if t.copies.seen(p, hash, &f.Dir[dir]) {
		t.stats.Copies++
		return f
	}
	return t.packetOf(f, p, dir, clock)
}

// packetOf tracks and counts p, which is not a copy. The flow is f, or the one
// that takes over f's 4-tuple with p.
func (t *Table) packetOf(f *Flow, p *decoders.Packet, dir uint8, clock int64) *Flow {
	c := classOther
	if p.Has&(decoders.HasTCP|decoders.IsFragment) == decoders.HasTCP {
		if p.TCP.Flags&decoders.SYN != 0 && f.First != unborn {
			f = t.succeed(f, p, dir, clock)
		}
		longest := f.Dir[dir].MaxSeg
		p.Seg.Class |= t.track(f, p, dir, clock)
		p.Seg.Longest = f.Dir[dir].MaxSeg > longest
		c = classOf(f.State)
		t.count(p.Seg.Class)
	}
	t.add(f, p, dir, clock)
	t.touch(f, c)
	return f
}

// begin sets p.Seg to what is known before the flow is. It is written field by
// field for the reason that setKey gives.
func begin(p *decoders.Packet) {
	s := &p.Seg
	s.Class, s.Dir, s.Longest, s.CopyOf, s.Before, s.Ahead = 0, 0, false, 0, 0, 0
	n := uint32(0)
	if p.Has&decoders.HasPayload != 0 {
		n = p.PayloadLen
	}
	s.Payload = n
	if p.Has&(decoders.HasTCP|decoders.IsFragment) != decoders.HasTCP {
		n = 0
	} else {
		n += uint32(p.TCP.Flags&decoders.FIN) + uint32(p.TCP.Flags&decoders.SYN)>>1
	}
	s.Len = n
}

// setKey sets k to the key of p's flow and returns p's direction and the flow's
// hash. Fragments that were not put together belong to their address pair: only
// the first has ports.
//
// It does what Packet.Key does, in place: writing the key field by field and
// reading it back in larger pieces, as a copy does, makes the processor wait
// for its store buffer, which cost 15 ns a packet.
func setKey(k *decoders.FlowKey, p *decoders.Packet) (dir uint8, hash uint64) {
	var sport, dport uint16
	if p.Has&(decoders.HasPorts|decoders.IsFragment) == decoders.HasPorts {
		sport, dport = p.SrcPort, p.DstPort
	}
	if p.Dst.Less(p.Src) || p.Src == p.Dst && dport < sport {
		dir = 1
		k.A.Hi, k.A.Lo, k.B.Hi, k.B.Lo = p.Dst.Hi, p.Dst.Lo, p.Src.Hi, p.Src.Lo
		k.PortA, k.PortB = dport, sport
	} else {
		k.A.Hi, k.A.Lo, k.B.Hi, k.B.Lo = p.Src.Hi, p.Src.Lo, p.Dst.Hi, p.Dst.Lo
		k.PortA, k.PortB = sport, dport
	}
	k.Domain, k.Proto, k.Version = p.Domain, p.Proto, p.IPVersion
	if p.Has&decoders.IsFragment != 0 {
		return dir, k.Hash()
	}
	return dir, p.Hash
}

// sameKey is *a == *b, field by field for the same reason.
func sameKey(a, b *decoders.FlowKey) bool {
	return a.A.Lo == b.A.Lo && a.B.Lo == b.B.Lo && a.PortA == b.PortA && a.PortB == b.PortB && a.Proto == b.Proto &&
		a.Domain == b.Domain && a.A.Hi == b.A.Hi && a.B.Hi == b.B.Hi && a.Version == b.Version
}

// find returns the live flow with that key, or nil. A flow whose deadline has
// passed ends here, as a sweep would have ended it.
func (t *Table) find(k *decoders.FlowKey, tag uint32, clock int64) *Flow {
	for i := tag & t.index.mask; ; i = (i + 1) & t.index.mask {
		s := t.index.slots[i]
		if s.empty() {
			return nil
		}
		if s.tag() != tag {
			continue
		}
		f := t.arena.at(s.id())
		if !sameKey(&f.Key, k) {
			continue
		}
		if d := t.deadline(f); d <= clock {
			t.end(f, f.expired(), d)
			return nil
		}
		return f
	}
}

// unborn stands in Flow.First until the first packet was counted.
const unborn = -1 << 63

// create makes a flow for packet p, which is not counted yet.
func (t *Table) create(k *decoders.FlowKey, tag uint32, p *decoders.Packet, dir uint8, clock int64) *Flow {
	if len(t.arena.free) == 0 && int(t.arena.used) >= t.roomy {
		t.retire(clock)
	}
	if t.arena.live() >= t.max {
		t.evict(clock)
	}
	f := t.arena.take()
	t.serial++
	t.stats.Flows++
	f.Key = *k
	f.tag = tag
	f.Serial = t.serial
	f.First = unborn
	f.Last, f.LastFrame = clock, p.Ref()
	f.TunnelID, f.Iface = p.TunnelID, p.Iface
	f.Client = higherPort(k, dir)
	if p.Has&(decoders.HasTCP|decoders.IsFragment) != decoders.HasTCP {
		f.class = classOther
	} else if last, ok := t.retired.take(k, tag); ok && p.TCP.Flags&decoders.SYN != 0 && clock-last < int64(t.timeout[classClosed]) {
		f.Flags |= PortReused
		f.PrevLast, f.PrevState = last, StateClosed
	}
	t.index.add(tag, f.id)
	t.lru.push(f)
	return f
}

// higherPort is the direction of the side with the higher port, of equal ones
// the sender of the first packet.
func higherPort(k *decoders.FlowKey, dir uint8) uint8 {
	switch {
	case k.PortA > k.PortB:
		return 0
	case k.PortA < k.PortB:
		return 1
	}
	return dir
}

// add counts packet p into f and makes it the last one.
func (t *Table) add(f *Flow, p *decoders.Packet, dir uint8, clock int64) {
	t.stats.Packets++
	ref := p.Ref()
	h := &f.Dir[dir]
	if f.Dir[0].Packets|f.Dir[1].Packets == 0 { // f.First would be a cache line more
		f.First, f.FirstFrame = clock, ref
	}
	if h.Packets == 0 {
		h.TTL = p.TTL
		h.vlan = vlanID(p)
	}
	h.Packets++
	h.Bytes += uint64(p.IPLen)
	p.Seg.Ahead = h.Payload
	h.Payload += uint64(p.Seg.Payload)
	p.Seg.Before, h.Last = h.Last, clock
	f.Last, f.LastFrame = clock, ref
}

// count keeps the table's sums of classes.
func (t *Table) count(c decoders.Class) {
	t.stats.TCP++
	if c&(decoders.ClassRetrans|decoders.ClassOutOfOrder|decoders.ClassGap) == 0 {
		return
	}
	if c&decoders.ClassRetrans != 0 {
		t.stats.Retrans++
	}
	if c&decoders.ClassOutOfOrder != 0 {
		t.stats.OutOfOrder++
	}
	if c&decoders.ClassGap != 0 {
		t.stats.Gaps++
	}
}

// end takes f out of the table and reports it.
func (t *Table) end(f *Flow, reason EndReason, at int64) {
	t.lru.remove(f)
	t.index.remove(f.tag, f.id)
	t.holes.release(f)
	t.views.forget(f)
	if f.Flags&VLANSplit != 0 {
		t.splits--
	}
	t.stats.Ended[reason]++
	t.onEnd(f, reason, at)
	t.arena.give(f)
}

// Reset is a restart of the capture clock: every flow ends with EndClockReset,
// in order of creation, and nothing is remembered, earlier packets included.
func (t *Table) Reset() {
	t.endAll(EndClockReset, t.clock)
	t.copies.clear()
	t.retired.clear()
	t.clock, t.started = 0, false
}

// Finish is the end of the capture at clock: what is past its deadline ends as
// in Expire, then everything else with EndCapture, in order of creation.
func (t *Table) Finish(clock int64) {
	t.Expire(clock)
	t.endAll(EndCapture, clock)
}
