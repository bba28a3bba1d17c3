package fragneeded

import (
	"cmp"
	"math"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/recency"
)

// hops finds messages that arrive on one flow and leave on another. Nearly all
// messages are on no proxy's way, so it first asks whether the client has been
// seen as a server; and until there is any such address in the capture, it is
// not even shown them (asleep).
type hops struct {
	asleep
	events []analyzers.StampedEvent // of the latest Sift
	ring   []heard
	next   uint64   // number of the next message, or aside that one is spent, from 1
	bucket []uint64 // by fingerprint: number of the latest message, 0: none
	byFlow []uint64 // by hash of the flow's ends, likewise
	epoch  uint8    // of the messages, see epochOf

	servers  []decoders.Addr // by hash of the address: the latest server
	loopback int64           // time of the latest message over a loopback address

	pairs     recency.Table[pairKey, pair]
	pairsLost uint64
	late      []*forward
}

// heard is a message in the ring, as it came: hardly any is ever looked at again.
type heard struct {
	event      analyzers.Event
	prev       uint64 // the message before it in the same bucket, 0: none
	prevByFlow uint64 // likewise
	taken      bool   // paired with the message that it became, or spent
}

const (
	hopRing    = 16_384 // asides about messages: most are spent by a second one
	hopBuckets = 1 << 14
	hopServers = 1 << 14
	hopSteps   = 32 // messages of one bucket that are looked at
	maxPairs   = 1024
	maxLate    = 4096
	maxTimes   = 256 // delays of a pair that are kept for its median
)

// wake makes h ready for messages.
func (h *hops) wake() {
	h.ring, h.bucket, h.byFlow, h.servers = make([]heard, hopRing), make([]uint64, hopBuckets), make([]uint64, hopBuckets), make([]decoders.Addr, hopServers)
	h.pairs = recency.NewTable(maxPairs, func(pairKey, *pair) { h.pairsLost++ })
	h.forgetMessages(0)
}

// forgetMessages makes h ready for messages of another epoch of the capture clock.
func (h *hops) forgetMessages(epoch uint8) {
	h.epoch, h.next, h.loopback = epoch, 1, math.MinInt64/2
	clear(h.bucket)
	clear(h.byFlow)
	clear(h.servers)
}

func serverSlot(a decoders.Addr) uint64 {
	return mum(a.Lo^0x8ebc6af09c88c6e3, a.Hi^0x589965cc75374cc3) % hopServers
}

type pairKey struct{ in, out flowKey }

// pair is an inbound and an outbound flow that carried the same messages.
type pair struct {
	in, out subject
	matches uint64
	strong  bool // one of them was long and unique
	times   []int64
	ids     []decoders.FrameRef // frames of times
	told    bool                // the delays are in the latency series
	max     int64
	first   decoders.FrameRef
}

// forward is one message that was passed on late.
type forward struct {
	*pair
	in, out           int64
	inFrame, outFrame decoders.FrameRef
	delay             int64
}

// enough reports whether the two flows can be taken for the two sides of a
// proxy.
func (p *pair) enough(cfg *config) bool { return p.strong || p.matches >= uint64(cfg.HopMatches) }

func (h *hops) at(n uint64) *heard { return &h.ring[n%hopRing] }

// add remembers a message.
func (h *hops) add(e *analyzers.Event) {
	b := &h.bucket[printOf(e)%hopBuckets]
	k := keyOf(e)
	l := &h.byFlow[k.bucket()]
	s := h.at(h.next)
	s.event, s.prev, s.prevByFlow, s.taken = *e, *b, *l, false
	*b, *l = h.next, h.next
	h.next++
	if slot := &h.servers[serverSlot(e.Dst)]; *slot != e.Dst {
		*slot = e.Dst
	}
	if e.Src.IsLoopback() || e.Dst.IsLoopback() {
		h.loopback = e.Time
	}
}

// spend takes an event that says that the latest message of its flow is spent. It
// gets a number as messages do, so that what the ring holds does not depend on
// which messages it was shown.
func (h *hops) spend(e *analyzers.Event) {
	k := keyOf(e)
	if e.Flags&clientSends == 0 {
		k = flowKey{e.Dst, e.Src, e.DPort, e.SPort, e.Proto}
	}
	n := h.byFlow[k.bucket()]
	for steps := 0; n != 0 && n+hopRing > h.next && steps < hopSteps; steps++ {
		s := h.at(n)
		if k == keyOf(&s.event) {
			s.taken = true
			break
		}
		n = s.prevByFlow
	}
	h.next++
}

func (k *flowKey) bucket() uint64 {
	return mum(k.src.Lo^uint64(k.sport)^0x8ebc6af09c88c6e3, k.dst.Lo^uint64(k.dport)<<16^k.src.Hi^k.dst.Hi^0x589965cc75374cc3) % hopBuckets
}

// possible reports whether anything can have arrived at the client of message e.
func (h *hops) possible(e *analyzers.Event, window int64) bool {
	return h.servers[serverSlot(e.Src)] == e.Src || e.Time-h.loopback <= window
}

// message takes a client's message: is it one that arrived somewhere before? Or
// it takes that one is spent.
func (c *correlator) message(e *analyzers.Event) {
	h := &c.hops
	if epoch := epochOf(e); epoch != h.epoch {
		h.forgetMessages(epoch)
	}
	if e.Flags&spent != 0 {
		h.spend(e)
		return
	}
	if window := int64(c.cfg.HopWindow); h.possible(e, window) {
		c.match(e, window)
	}
	h.add(e)
}

// match looks for the message that m was before, and takes it if there is but
// one, or one on a flow that m's is known to belong to.
func (c *correlator) match(e *analyzers.Event, window int64) {
	h := &c.hops
	m := readMessage(e)
	var before sighting
	var best *heard
	fits, known := 0, false
	n := h.bucket[printOf(e)%hopBuckets]
	for steps := 0; n != 0 && n+hopRing > h.next && steps < hopSteps; steps++ {
		s := h.at(n)
		if e.Time-s.event.Time > window {
			break
		}
		n = s.prev
		if s.taken || printOf(&s.event) != printOf(e) {
			continue
		}
		from := readMessage(&s.event)
		if !from.becomes(&m) {
			continue
		}
		fits++
		is := h.pairs.Peek(pairKey{from.key(), m.key()}) != nil
		if best == nil || is && !known {
			before, best, known = from, s, is
		}
	}
	if best != nil && (fits == 1 || known) {
		best.taken = true
		c.forwarded(&before, &m, fits == 1)
	}
}

// becomes reports whether m can be what a proxy made of s.
func (s *sighting) becomes(m *sighting) bool {
	same := s.dst == m.src || s.src.IsLoopback() || s.dst.IsLoopback()
	switch {
	case !same, s.key() == m.key(), m.time < s.time:
		return false
	case s.unheard:
		return false // it may have been answered before
	case s.dst == m.dst && s.dport == m.dport:
		return false // the next connection of the same client, not one of the server's
	case s.seq == m.seq, s.tsval != 0 && s.tsval == m.tsval:
		return false // the same segment behind a NAT
	case s.n == m.n:
		return s.long == m.long
	}
	return s.cut && m.cut // in captures of different depth
}

// forwarded notes that s left as m.
func (c *correlator) forwarded(s, m *sighting, unique bool) {
	p := c.hops.pairs.Get(pairKey{s.key(), m.key()})
	if p.matches == 0 {
		p.in, p.out, p.first = s.subject, m.subject, s.frame
	}
	delay := max(m.time-max(s.time, m.ready), 0) // ready is on the capture clock, which time may be a little behind
	p.matches++
	p.strong = p.strong || unique && s.n == m.n && s.n >= uniqueLen
	p.max = max(p.max, delay)
	if len(p.times) < maxTimes {
		p.times, p.ids = append(p.times, delay), append(p.ids, m.frame)
	}
	switch {
	case p.told:
		p.observe(c.latency, delay, m.frame)
	case p.enough(c.cfg):
		p.told = true
		for i, d := range p.times {
			p.observe(c.latency, d, p.ids[i])
		}
	}
	if delay < int64(c.cfg.HopMin) {
		return
	}
	if len(c.hops.late) == maxLate {
		c.lost++
		return
	}
	f := &forward{pair: p, in: s.time, inFrame: s.frame, out: m.time, outFrame: m.frame, delay: delay}
	c.hops.late = append(c.hops.late, f)
	c.suspectHop(f, s, m)
}

// suspectHop asks whether the sender's own kernel held the forward f back: the
// other kind of evidence for pmtu-stall-suspected.
func (c *correlator) suspectHop(f *forward, s, m *sighting) {
	if c.hops.epoch != c.epoch || f.delay < probeLow || f.delay > probeHigh || m.ready == 0 || c.told.Peek(m.key()) != nil {
		return
	}
	low := max(m.ready, f.in-int64(c.cfg.SuspectWithin))
	t, o := c.toldBetween(routeKey{m.src, m.dst}, low, f.in, func(mtu uint32) bool { return s.ipLen > mtu && m.ipLen <= mtu })
	if t == nil {
		return
	}
	c.suspect(suspect{subject: m.subject, time: m.time, frame: m.frame, ipLen: m.ipLen, mtu: t.mtu, told: o, reporter: t.reporter,
		sinceICMP: f.out - o.time, late: f})
}

// sorted returns the pairs that are proxies' two sides, by their first frames.
func (h *hops) sorted(cfg *config) (out []*pair) {
	for _, p := range h.pairs.All {
		if p.enough(cfg) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *pair) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.ids[0], b.ids[0])) })
	return out
}

// quantile of the delays kept.
func (p *pair) quantile(q float64) int64 {
	s := slices.Clone(p.times)
	slices.Sort(s)
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// observe enters a delay into the latency series.
func (p *pair) observe(l *analyzers.Latencies, delay int64, frame decoders.FrameRef) {
	l.Observe(metricHop, analyzers.LabelKey{A: p.out.dst, PA: p.out.dport}, delay, analyzers.SampleID(uint64(p.out.sport), frame))
}
