package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// reporterKind is who sent an ICMP error.
type reporterKind uint8

const (
	router      reporterKind = iota
	self                     // the sender's own kernel
	destination              // the address that the quoted packet went to
)

var reporterNames = [...]string{"router", "self", "destination"}

func (k reporterKind) String() string { return reporterNames[min(int(k), len(reporterNames)-1)] }

// reporterOf tells who sent the ICMP error p.
func reporterOf(p *decoders.Packet) reporterKind {
	q := &p.ICMP.Quote
	switch p.Src {
	case p.Dst, q.Src:
		return self
	case q.Dst:
		return destination
	}
	if q.Tunnel && p.Src == q.OuterSrc {
		return self
	}
	return router
}

// fragNeeded reports whether p is an ICMP error that states a next-hop MTU
// (RFC 1191 4, RFC 4443 3.2) and quotes a packet.
func fragNeeded(p *decoders.Packet) bool {
	if p.Has&(decoders.HasICMP|decoders.HasQuote) != decoders.HasICMP|decoders.HasQuote {
		return false
	}
	if p.IPVersion == 6 {
		return p.ICMP.Type == 2
	}
	return p.ICMP.Type == 3 && p.ICMP.Code == 4
}

// leastMTU is the smallest MTU that a link may have (RFC 791 3.2, RFC 8200 5).
func leastMTU(v6 bool) uint32 {
	if v6 {
		return 1280
	}
	return 68
}

// fault is what is wrong with an ICMP error, 0 for nothing.
type fault uint16

const (
	badMTU   fault = 1 << iota // smaller than a link may have, or 0
	beyond                     // quotes bytes that were never sent
	tooShort                   // the quoted packet would have fitted
	probe                      // answers a traceroute probe
)

// faultOf judges a message or a whole event: mtu is what it states, largest the
// largest length that a quote states (0: unknown), ttl the smallest TTL quoted.
func faultOf(v6 bool, kind reporterKind, mtu, largest uint32, ttl uint8) fault {
	switch {
	case mtu < leastMTU(v6):
		return badMTU
	case kind == self:
		// A kernel that refuses a burst quotes its short tail, too.
		return 0
	case ttl <= 1:
		return probe
	case largest == 0 || largest > mtu:
		return 0
	case 2*largest < mtu:
		return probe
	}
	return tooShort
}

// icmp handles an ICMP message; f is the flow of the quoted packet, nil if the
// table does not know it.
func (fp *flowPart) icmp(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if !fragNeeded(p) || p.Seg.Class&decoders.ClassCopy != 0 {
		return
	}
	q := &p.ICMP.Quote
	kind := reporterOf(p)
	m := notice{mtu: p.ICMP.MTU, kind: kind, ttl: q.TTL, quoted: q.IPLen, opens: true,
		fault: faultOf(p.IPVersion == 6, kind, p.ICMP.MTU, q.IPLen, q.TTL)}
	if f != nil && q.Proto == decoders.ProtoTCP && q.HasSeq {
		m.followed, m.opens, m.fault = fp.quoted(p, f, m.fault, out)
		m.client = p.Seg.Dir == f.Client
	}
	m.emit(p, f, out)
}

// quoted enters the ICMP error p into the open events of f. followed is false
// when there was nothing to follow: what it quotes has arrived, or there is no
// room. opens is true when it begins an event of its own.
func (fp *flowPart) quoted(p *decoders.Packet, f *flow.Flow, wrong fault, out *analyzers.Out) (followed, opens bool, is fault) {
	q, d := &p.ICMP.Quote, p.Seg.Dir
	me, peer := &f.Dir[d], &f.Dir[1-d]
	kind := reporterOf(p)
	lo := q.Seq
	if kind != self && neverSent(f, d, lo) {
		wrong |= beyond
	}
	hi := lo + quotedPayload(q)
	if !q.HasAck && wrong&beyond == 0 {
		hi = shortQuote(f, d, lo, hi, q.IPLen, fp.recent.find(f, d, lo, p.ICMP.MTU))
	}
	if wrong&beyond == 0 && peer.Has&flow.HasAck != 0 && flow.Seq(hi).LessEq(peer.Acked) && me.Has&flow.HasNext != 0 {
		return false, true, wrong
	}
	t := fp.track(f)
	if t == nil {
		t = fp.follow(f)
	}
	t.told |= told(d)
	*fp.of(f) &^= uint32(quiet)
	h := fp.openEvent(t, d, p.ICMP.MTU, lo, wrong&beyond != 0)
	if h == 0 {
		fp.makeRoom(t, f, out)
		var e *event
		if h, e = fp.events.get(); e == nil {
			return false, true, wrong
		}
		opens = true
		e.begin(p, d, kind, lo, hi)
		if s := fp.recent.find(f, d, lo, p.ICMP.MTU); s != nil && wrong&beyond == 0 {
			e.dropped, e.droppedFrame = s.time, s.frame
		}
		e.next = t.event
		t.event = h
	}
	e := fp.events.at(h)
	e.fault |= wrong & beyond
	e.add(p, lo, hi)
	return true, opens, wrong
}

// quotedPayload is the number of TCP payload bytes of the quoted packet, at
// least 1: as far as its length and header are known.
func quotedPayload(q *decoders.Quote) uint32 {
	head := headers(q.IPVersion)
	if q.HasAck && q.PayloadOff >= head {
		head = q.PayloadOff
	}
	if q.IPLen <= head {
		return 1
	}
	return q.IPLen - head
}

// shortQuote corrects where the quoted bytes end, hi, for a quote that does not
// reach the length of the TCP header: from the segment itself where it was
// captured, else by the room that timestamps take and by what was sent.
func shortQuote(f *flow.Flow, d uint8, lo, hi, ipLen uint32, dropped *sent) uint32 {
	if dropped != nil && dropped.seq == lo && dropped.info>>1 == ipLen {
		return dropped.end
	}
	me := &f.Dir[d]
	if me.Has&f.Dir[1-d].Has&flow.Timestamps != 0 && hi-lo > 12 {
		hi -= 12
	}
	if next := flow.Seq(hi); me.Has&flow.HasNext != 0 && flow.Seq(lo).Less(me.Next) && me.Next.Less(next) {
		hi = uint32(me.Next)
	}
	return hi
}

// neverSent reports whether the sequence number seq lies outside of everything
// that direction d can have sent, which can be said of a flow followed from its
// SYN: before the initial sequence number, or behind the peer's window.
func neverSent(f *flow.Flow, d uint8, seq uint32) bool {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	if me.Has&(flow.HasISN|flow.HasNext) != flow.HasISN|flow.HasNext {
		return false
	}
	if me.Payload < 1<<30 && flow.Seq(seq).Less(flow.Seq(me.ISN)) {
		return true
	}
	slack := max(peer.Window, 1<<16)
	return flow.Seq(seq).Diff(me.Next) > int32(min(slack, 1<<30))
}
