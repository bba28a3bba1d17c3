package keepalive

import (
	"math"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// pairKey is a client and a server:port.
type pairKey struct {
	client, server decoders.Addr
	port           uint16
}

// pair is what is known of the HTTP connections between the two.
type pair struct {
	key    pairKey
	shared bool // by all that are beyond maxPairs
	tunnel uint32

	connections, exchanges, reused, http2, tunnels uint64
	paid                                           int64 // time in handshakes
	paidCount                                      uint64

	closes    closings
	withHoles uint64

	// Connections of one exchange that were opened soon after the response of
	// another, or were followed by such a one.
	unused, unusedClose, unused10, unusedByClient uint64
	unusedPaid                                    int64
	unusedPaidCount                               uint64
	unusedFirst, unusedLast                       int64
	unusedCites                                   citations

	// Connections opened although an earlier one was idle.
	unread      uint64
	unreadFirst int64
	unreadLast  int64
	unreadCites citations
	unreadIdle  int64 // longest time that one had been idle

	live liveList
}

// closings counts connections by who closed them first, and why.
type closings struct {
	byClient, byServer, byReset, asked uint64
	// serverIdle is the shortest time after a response at which the server
	// closed a connection without having been asked to; 0: none.
	serverIdle int64
}

func (c *closings) add(e *analyzers.Event) {
	asked := e.Flags&(saidClose|saidHTTP10|toClose) != 0
	if asked {
		c.asked++
	}
	switch {
	case e.Flags&wasClosed == 0:
		return
	case e.Flags&byClient != 0:
		c.byClient++
	default:
		c.byServer++
		if idle := e.V[3]; !asked && idle > 0 && e.Flags&(byReset|isTunnel) == 0 && (c.serverIdle == 0 || idle < c.serverIdle) {
			c.serverIdle = idle
		}
	}
	if e.Flags&byReset != 0 {
		c.byReset++
	}
}

// maxPairs and maxLive bound the memory: the first pairs of the capture are
// kept apart, the rest shares one; of a pair the latest connections are looked
// at.
const (
	maxPairs = 8192
	maxLive  = 32
)

func (c *correlator) pair(e *analyzers.Event) *pair {
	k := pairKey{e.Src, e.Dst, e.DPort}
	recent := &c.recent[k.slot()]
	if *recent != nil && (*recent).key.is(&k) {
		return *recent
	}
	p := c.pairs[k]
	if p == nil {
		if len(c.pairs) >= maxPairs {
			c.foldedPairs++
			k = pairKey{}
			if p = c.pairs[k]; p != nil {
				return p
			}
		}
		p = &pair{key: k, shared: k == pairKey{}, tunnel: e.TunnelID}
		c.pairs[k] = p
	}
	if !p.shared {
		*recent = p
	}
	return p
}

// recentPairs is how many pairs are found without the map. Their places are
// chosen by what differs most between pairs.
const recentPairs = 256

func (k *pairKey) slot() uint8 {
	return uint8((k.client.Lo ^ k.server.Lo*3 ^ uint64(k.port)) * 0x9e3779b97f4a7c15 >> 56)
}

func (k *pairKey) is(o *pairKey) bool {
	return k.client.Lo == o.client.Lo && k.server.Lo == o.server.Lo && k.port == o.port && k.client.Hi == o.client.Hi && k.server.Hi == o.server.Hi
}

// together is how close two openings are to be concurrent.
const together = int64(100e6)

// request takes a request on a connection that is new or was idle.
func (p *pair) request(e *analyzers.Event, window int64) {
	id := uint64(e.V[1])
	l := p.live.find(id)
	if l == nil {
		if p.live.len() >= maxLive {
			p.drop(e.Time)
		}
		l = p.live.add(id)
		l.handshake = -1
		l.passed = true // it may have been dropped before
		if e.Flags&firstRequest != 0 && !p.shared {
			l.passed = false
			l.openFrame = e.Frame
			l.host = uint64(e.V[2])
			p.live.opened(e.V[0])
			p.opened(l, window)
		}
	} else if l.passed {
		for i := range p.live.heads {
			if o := p.live.at(i); o.idle == id {
				o.reused = true // it could be, after all
			}
		}
	}
	l.begin, l.busy = e.Time, true
	l.host = uint64(e.V[2])
	l.stays = e.Flags&closes == 0
}

// opened looks at the other connections of the pair at the moment l, the newest,
// was opened.
func (p *pair) opened(l *liveConn, window int64) {
	heads := p.live.heads
	for i := range heads[:len(heads)-1] {
		h := &heads[i]
		if l.after && h.quiet <= l.open {
			continue // nothing to be learned from it
		}
		o := p.live.at(i)
		if o.open != 0 && o.open-l.open < together && l.open-o.open < together {
			l.flying, o.flying = true, true
		}
		l.relate(o, &o.past, window)
		l.relate(o, &o.done, window)
		h.quiet = o.quiet()
	}
}

// relate looks at what a busy time of o's means for l. It is called when l is
// first heard of, and when a busy time of another connection is over: the later
// of the two.
func (l *liveConn) relate(o *liveConn, t *busyTime, window int64) {
	if l.open == 0 || t.end == 0 {
		return
	}
	if t.begin <= l.open && t.end > l.open {
		l.flying = true
	}
	if t.firstDone > l.open {
		return
	}
	if l.open-min(t.end, l.open) <= window {
		l.after, o.before = true, true
	}
	usable := t.end <= l.open && o.stays && !o.busy && !o.over && (o.closed == 0 || o.closed-l.open >= together) && t == &o.done
	usable = usable && l.open-t.end < o.kept // later, a client that heeds Keep-Alive: timeout= lets it be
	if usable && l.host != 0 && o.host == l.host && (l.idle == 0 || t.end > l.idleSince) {
		l.idle, l.idleFrame, l.idleSince = o.id, t.endFrame, t.end
		o.passed = true
	}
}

// idle takes the end of a busy time.
func (p *pair) idle(e *analyzers.Event, window int64) {
	at := p.live.index(uint64(e.V[1]))
	if at < 0 {
		return
	}
	o := p.live.at(at)
	o.past = o.done
	o.done = busyTime{begin: o.begin, firstDone: e.V[0], end: max(e.Time, o.done.end), endFrame: e.Frame}
	o.busy = false
	o.host = uint64(e.V[2])
	o.closed = e.V[3]
	o.stays = e.Flags&closes == 0
	o.kept = math.MaxInt64
	if e.N > 0 {
		o.kept = int64(e.N-1) * 1e9
	}
	since := min(o.done.begin, o.done.firstDone)
	heads := p.live.heads
	for i := range heads {
		if heads[i].open >= since && i != at {
			p.live.at(i).relate(o, &o.done, window)
		}
	}
	heads[at].quiet = o.quiet()
	if o.closed != 0 {
		p.close(o.id, o.closed)
	}
}

// close takes the end of a connection. One that was closed at about the time at
// which another was opened was not passed over: it was being given up.
func (p *pair) close(id uint64, at int64) {
	if o := p.live.find(id); o != nil {
		o.closed = at
		if !o.passed {
			return
		}
	}
	heads := p.live.heads
	for i := range heads {
		if at-heads[i].open >= together {
			continue
		}
		if l := p.live.at(i); l.idle == id {
			l.reused = true
		}
	}
}

// ended takes the account of a connection.
func (p *pair) ended(e *analyzers.Event) {
	p.connections++
	p.exchanges += uint64(e.N)
	p.reused += reused(e)
	p.closes.add(e)
	if e.Flags&isPartial != 0 {
		p.withHoles++
	}
	if e.Flags&isHTTP2 != 0 {
		p.http2++
	}
	if e.Flags&isTunnel != 0 {
		p.tunnels++
	}
	if e.V[0] >= 0 {
		p.paid += e.V[0]
		p.paidCount++
	}
	if i := p.live.index(uint64(e.V[1])); i >= 0 {
		l := p.live.at(i)
		if l.busy {
			p.inUse(l) // to its end
		}
		l.over, l.busy = true, false
		l.flags = e.Flags
		l.handshake = e.V[0]
		l.exchanges = e.N
		if _, unanswered := unpackLongest(e.V[2]); unanswered > 0 {
			l.exchanges += uint32(unanswered) // those count here
		}
		p.live.heads[i].quiet = l.quiet()
	}
}

// reused is how many of a connection's exchanges, as evConn tells them, were not
// its first.
func reused(e *analyzers.Event) uint64 {
	if e.Flags&firstRequest != 0 && e.N > 0 {
		return uint64(e.N) - 1
	}
	return uint64(e.N)
}

// inUse notes that o was busy from its last request on when others were opened.
func (p *pair) inUse(o *liveConn) {
	for i := range p.live.heads {
		if l := p.live.at(i); l != o && l.open >= o.begin {
			l.flying = true
		}
	}
}

// drop forgets a connection: the oldest one that is over and has no verdict
// open, else the oldest that is over, else the oldest.
func (p *pair) drop(now int64) {
	i := p.live.first(func(l *liveConn) bool { return l.over && !p.open(l) })
	if i < 0 {
		i = max(0, p.live.first(func(l *liveConn) bool { return l.over }))
	}
	l := p.live.at(i)
	if l.busy {
		p.inUse(l)
	}
	p.conclude(l, now)
	p.live.remove(i)
}

// open reports whether it is not known yet if the connection that was idle when l
// was opened will be used again.
func (p *pair) open(l *liveConn) bool {
	if l.idle == 0 || l.flying || l.reused {
		return false
	}
	o := p.live.find(l.idle)
	return o != nil && !o.over
}

// forgetEvery is after how many events the connections that no longer matter are
// forgotten, in all pairs: those of clients that are gone would stay.
const forgetEvery = 1 << 15

// preconnect is how long before its first request a connection may have been
// opened and still find those that ended before.
const preconnect = int64(30e9)

// forget concludes connections that were over before a time.
func (p *pair) forget(before int64) {
	for i := range p.live.heads {
		if l := p.live.at(i); l.over && max(l.begin, l.done.end, l.closed) < before && !p.open(l) {
			p.conclude(l, math.MaxInt64)
			p.live.heads[i].id = 0
		}
	}
	p.live.compact()
}

// settle concludes all connections, at the end of the capture.
func (p *pair) settle(clock int64) {
	for i := range p.live.heads {
		if l := p.live.at(i); l.busy {
			p.inUse(l)
		}
	}
	for i := range p.live.heads {
		p.conclude(p.live.at(i), clock)
	}
	p.live = liveList{}
}

// watch is how long the capture must run on after a connection was opened for
// another, still open, to have been passed over for good.
const watch = int64(2e9)

// watched reports whether the capture shows long enough that the connection
// which was idle when l was opened is not used again.
func (p *pair) watched(l *liveConn, clock int64) bool {
	o := p.live.find(l.idle)
	return o == nil || o.closed != 0 || clock-l.open >= watch
}

// conclude counts what is known of a connection in the end.
func (p *pair) conclude(l *liveConn, clock int64) {
	if l.idle != 0 && !l.flying && !l.reused && l.flags&isTunnel == 0 && p.watched(l, clock) {
		if p.unread == 0 || l.open < p.unreadFirst {
			p.unreadFirst = l.open
		}
		p.unread++
		p.unreadLast = max(p.unreadLast, l.open)
		p.unreadIdle = max(p.unreadIdle, l.open-l.idleSince)
		p.unreadCites.add(l.idleFrame, "end of the response on the idle connection", l.idleSince)
		p.unreadCites.add(l.openFrame, "first request on the new connection", l.begin)
	}
	if !l.over || l.exchanges != 1 || l.flags&wasClosed == 0 || l.flags&isTunnel != 0 || !l.after && !l.before {
		return
	}
	if p.unused == 0 || l.begin < p.unusedFirst {
		p.unusedFirst = l.begin
	}
	p.unused++
	p.unusedLast = max(p.unusedLast, l.begin)
	switch {
	case l.flags&saidClose != 0:
		p.unusedClose++
	case l.flags&saidHTTP10 != 0:
		p.unused10++
	}
	if l.flags&byClient != 0 {
		p.unusedByClient++
	}
	if l.handshake >= 0 {
		p.unusedPaid += l.handshake
		p.unusedPaidCount++
	}
	p.unusedCites.add(l.openFrame, "the connection's only request", l.begin)
}
