package keepalive

import (
	"math"
	"slices"

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
	unusedFrames                                  []analyzers.Evidence

	// Connections opened although an earlier one was idle.
	unread      uint64
	unreadFirst int64
	unreadLast  int64
	unreadCites []analyzers.Evidence
	unreadIdle  int64 // longest time that one had been idle

	live []liveConn // oldest first
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

// liveConn is a connection that may still matter for others of its pair.
type liveConn struct {
	id                uint64
	open              int64 // 0: not seen
	openFrame         decoders.FrameRef
	begin             int64 // of the last request
	end, endBefore    int64 // of the last response, and of the one before
	endFrame          decoders.FrameRef
	closed            int64
	host              uint64 // of the last request
	exchanges         uint32
	handshake         int64
	busy, stays, over bool // a request waits; nothing said that it closes; it has left the table
	after, before     bool // opened soon after a response; its own response was soon followed by an opening
	flags             uint16

	idle      uint64 // connection that was idle when this one was opened; 0: none
	idleFrame decoders.FrameRef
	idleSince int64
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
	p := c.pairs[k]
	if p == nil {
		if len(c.pairs) >= maxPairs {
			c.foldedPairs++
			k = pairKey{}
			if p = c.pairs[k]; p != nil {
				return p
			}
		}
		p = &pair{key: k, tunnel: e.TunnelID}
		c.pairs[k] = p
	}
	return p
}

func (p *pair) find(id uint64) *liveConn {
	for i := len(p.live) - 1; i >= 0; i-- {
		if p.live[i].id == id {
			return &p.live[i]
		}
	}
	return nil
}

// together is how close two openings are to be concurrent.
const together = int64(100e6)

// request takes the beginning of a request.
func (p *pair) request(e *analyzers.Event, window int64) {
	id := uint64(e.V[1])
	l := p.find(id)
	if l == nil {
		if len(p.live) >= maxLive {
			p.drop()
		}
		p.live = append(p.live, liveConn{id: id, handshake: -1})
		l = &p.live[len(p.live)-1]
		if e.Flags&firstRequest != 0 && p.key != (pairKey{}) {
			l.open, l.openFrame = e.V[0], e.Frame
			p.opened(l, uint64(e.V[2]), window)
		}
	} else {
		for i := range p.live {
			if p.live[i].idle == id {
				p.live[i].idle = 0 // it could be reused after all
			}
		}
	}
	l.begin, l.busy = e.Time, true
	l.host = uint64(e.V[2])
	l.stays = e.Flags&closes == 0
}

// opened looks at the other connections of the pair at the moment l was opened.
func (p *pair) opened(l *liveConn, host uint64, window int64) {
	t := l.open
	flying := false
	var last, idle *liveConn
	for i := range p.live {
		o := &p.live[i]
		if o == l {
			continue
		}
		end := o.end
		if end > t {
			end = o.endBefore
		}
		if o.begin <= t && (o.busy || o.end > t) || o.begin > t && o.endBefore > t {
			flying = true
		}
		if o.open != 0 && o.open-t < together && t-o.open < together {
			flying = true
			o.idle = 0
		}
		if end == 0 || end > t {
			continue
		}
		if last == nil || end > last.end {
			last = o
		}
		if !o.busy && o.end <= t && o.stays && !o.over && (o.closed == 0 || o.closed > t) && o.host == host && host != 0 &&
			(idle == nil || o.end > idle.end) {
			idle = o
		}
	}
	if last != nil && t-min(last.end, t) <= window {
		l.after, last.before = true, true
	}
	if idle != nil && !flying {
		l.idle, l.idleFrame, l.idleSince = idle.id, idle.endFrame, idle.end
	}
}

// done takes the end of a response.
func (p *pair) done(e *analyzers.Event) {
	l := p.find(uint64(e.V[1]))
	if l == nil {
		return
	}
	l.endBefore = l.end
	l.end, l.endFrame, l.busy = max(e.Time, l.end), e.Frame, false
	l.exchanges++
	if e.Flags&closes != 0 {
		l.stays = false
	}
}

// ended takes the account of a connection.
func (p *pair) ended(e *analyzers.Event) {
	p.connections++
	p.exchanges += uint64(e.N)
	p.reused += uint64(uint32(e.V[2]))
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
	if l := p.find(uint64(e.V[1])); l != nil {
		l.over = true
		l.flags = e.Flags
		l.handshake = e.V[0]
		l.busy = false
		l.exchanges = max(e.N, uint32(e.V[2]>>32)) // requests without an answer count here
	}
}

// drop forgets a connection: the oldest one that is over, else the oldest.
func (p *pair) drop() {
	i := slices.IndexFunc(p.live, func(l liveConn) bool { return l.over })
	p.conclude(&p.live[max(i, 0)], math.MaxInt64)
	p.live = slices.Delete(p.live, max(i, 0), max(i, 0)+1)
}

// settle concludes all connections, at the end of the capture.
func (p *pair) settle(clock int64) {
	for i := range p.live {
		p.conclude(&p.live[i], clock)
	}
	p.live = nil
}

// watch is how long the capture must run on after a connection was opened for
// another, still open, to have been passed over for good.
const watch = int64(2e9)

// watched reports whether the capture shows long enough that the connection
// which was idle when l was opened is not used again.
func (p *pair) watched(l *liveConn, clock int64) bool {
	o := p.find(l.idle)
	return o == nil || o.closed != 0 || clock-l.open >= watch
}

// conclude counts what is known of a connection in the end.
func (p *pair) conclude(l *liveConn, clock int64) {
	if l.idle != 0 && p.watched(l, clock) {
		if p.unread == 0 {
			p.unreadFirst = l.open
		}
		p.unread++
		p.unreadLast = max(p.unreadLast, l.open)
		p.unreadIdle = max(p.unreadIdle, l.open-l.idleSince)
		cite(&p.unreadCites, l.idleFrame, "end of the response on the idle connection", l.idleSince)
		cite(&p.unreadCites, l.openFrame, "first request on the new connection", l.begin)
	}
	if !l.over || l.exchanges != 1 || l.flags&wasClosed == 0 || l.flags&isTunnel != 0 || !l.after && !l.before {
		return
	}
	if p.unused == 0 {
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
	cite(&p.unusedFrames, l.openFrame, "the connection's only request", l.begin)
}

func cite(list *[]analyzers.Evidence, frame decoders.FrameRef, role string, time int64) {
	if frame != 0 && len(*list) < analyzers.MaxEvidence {
		*list = append(*list, analyzers.Evidence{Frame: frame, Role: role, Time: time, HasTime: time != 0})
	}
}
