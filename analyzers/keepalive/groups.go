package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// kind is what a group of events is about.
type kind uint8

const (
	kindReuse kind = iota + 1
	kindRace
	kindIdleDrop
	kindReset
	kindSlow
	kindProbeReset
	kindDead
	kindFlood
)

// groupKey says which events make one finding.
type groupKey struct {
	pairKey
	kind   kind
	target uint32 // kindSlow: hash of method and target
}

// group is a number of events of one kind between one client and server.
type group struct {
	key            groupKey
	cport          uint16 // 0: several
	tunnel         uint32
	first, last    int64
	count          uint64
	shortest, long int64 // of the event's main duration
	sum            int64

	event analyzers.Event // the first
	worst analyzers.Event // that with the largest duration
	row   probeRow        // kindProbeReset, kindDead, kindFlood: the first

	probes, exchanges uint64 // kindReuse: probes in the gaps, exchanges on the connection before
	withFIN, withRST  uint64 // kindRace
	byClient          uint64 // kindReset, and of probes those by the client
	ranOn             uint64 // kindIdleDrop: not cut short
	cutHeads          uint64 // kindSlow: with a head that the capture cut
	opaque            uint64 // kindReset: not HTTP from its start
	trips             trips  // kindSlow

	cites citations
}

// maxGroups bounds the groups; what comes later makes no finding and is counted.
const maxGroups = 16384

func (c *correlator) group(k groupKey, cport uint16, tunnel uint32, at int64) (g *group, isNew bool) {
	g = c.groups[k]
	if g == nil {
		if len(c.groups) >= maxGroups {
			c.foldedGroups++
			return nil, false
		}
		g = &group{key: k, cport: cport, tunnel: tunnel, first: at, last: at}
		c.groups[k] = g
		c.order = append(c.order, g)
		isNew = true
	}
	if g.cport != cport {
		g.cport = 0
	}
	g.first, g.last = min(g.first, at), max(g.last, at)
	g.count++
	return g, isNew
}

// add counts an event's main duration and reports whether it is the longest.
func (g *group) add(d int64) bool {
	if g.count == 1 {
		g.shortest = d
	}
	g.shortest = min(g.shortest, d)
	g.sum += d
	if d > g.long || g.count == 1 {
		g.long = d
		return true
	}
	return false
}

// note adds an event to its group.
func (c *correlator) note(e *analyzers.Event, k kind) {
	key := groupKey{pairKey: pairKey{e.Src, e.Dst, e.DPort}, kind: k}
	if k == kindSlow {
		key.target = e.N
	}
	g, isNew := c.group(key, e.SPort, e.TunnelID, e.Time)
	if g == nil {
		return
	}
	if isNew {
		g.event = *e
	}
	if g.add(e.V[0]) {
		g.worst = *e
	}
	frame := func(i int) decoders.FrameRef { return decoders.FrameRef(e.V[i]) }
	switch k {
	case kindReuse:
		g.probes += uint64(e.V[2]&0xffff + e.V[2]>>16)
		g.exchanges = max(g.exchanges, uint64(e.N))
		g.cites.add(frame(1), "end of the response before", e.Time-e.V[0])
		g.cites.add(frame(3), "keep-alive probe", 0)
		g.cites.add(e.Frame, "request on the idle connection", e.Time)
	case kindRace:
		g.cites.add(e.Frame, "request", e.Time)
		if e.V[1] != 0 {
			g.withFIN++
			g.cites.add(frame(1), "FIN of the server", e.Time+e.V[3])
		}
		if e.V[2] != 0 {
			g.withRST++
			g.cites.add(frame(2), "RST of the server", 0)
		}
	case kindIdleDrop:
		if e.Flags&cutShort == 0 {
			g.ranOn++
		}
		g.cites.add(e.Frame, "request", e.Time)
		g.cites.add(frame(3), "request again", 0)
		if e.V[1] != e.V[3] {
			g.cites.add(frame(1), "last time sent", e.V[2])
		}
		g.last = max(g.last, e.V[2])
	case kindReset:
		if e.Flags&byClient != 0 {
			g.byClient++
		}
		if e.Flags&isPartial != 0 {
			g.opaque++
		}
		g.cites.add(e.Frame, "RST", e.Time)
		g.cites.add(frame(1), "last segment before", e.V[2])
	case kindSlow:
		if e.Flags&isPartial != 0 {
			g.cutHeads++
		}
		g.trips.add(e.V[0], e.V[3])
		g.cites.add(e.Frame, "request", e.Time)
		g.cites.add(frame(1), "response", e.V[2])
		g.last = max(g.last, e.V[2])
	}
}

// noteProbes adds one side's probes on a connection to a group.
func (c *correlator) noteProbes(r *probeRow, k kind) {
	client, server, cport, sport := r.prober, r.peer, r.pport, r.qport
	if r.byServer {
		client, server, cport, sport = server, client, sport, cport
	}
	at := r.first
	switch k {
	case kindDead:
		at = r.last
	case kindProbeReset:
		at = r.resetTime
	}
	g, isNew := c.group(groupKey{pairKey: pairKey{client, server, sport}, kind: k}, cport, r.tunnel, at)
	if g == nil {
		return
	}
	if isNew {
		g.row = *r
	}
	if !r.byServer {
		g.byClient++
	}
	switch k {
	case kindProbeReset:
		g.add(r.lastIdle)
		g.cites.add(r.lastFrame, "keep-alive probe", r.last)
		g.cites.add(r.resetFrame, "RST", r.resetTime)
	case kindDead:
		g.add(r.lastIdle)
		g.probes += r.unanswered
		g.cites.add(r.runFrame, "first probe without an answer", 0)
		if r.lastFrame != r.runFrame {
			g.cites.add(r.lastFrame, "last probe", r.last)
		}
		g.cites.add(r.resetFrame, "RST of the prober", r.resetTime)
	case kindFlood:
		g.add(r.all.mean())
		g.probes += r.count
		g.cites.add(r.firstFrame, "first probe", r.first)
		g.cites.add(r.lastFrame, "last probe", r.last)
	}
}
