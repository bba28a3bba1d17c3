package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// routeKey is a pair of hosts, in the direction of the data: what a route
// exception in the sender's kernel is about.
type routeKey struct{ src, dst decoders.Addr }

// route is what the sender was told about the way to the destination.
type route struct {
	told [4]*telling // the latest distinct ones, latest first
}

// telling is one reporter's MTU for one route.
type telling struct {
	subject  // of the latest message
	v6       bool
	reporter decoders.Addr
	kind     reporterKind
	mtu      uint32
	latest   [4]opening // latest first
	done     int64      // when the latest event had been resumed; 0: none yet

	// Messages that came again after the earlier event was over.
	firstTime   int64
	firstFrame  decoders.FrameRef
	lastTime    int64 // of the latest such message, or the first one
	repeats     uint64
	least, most int64 // interval
	analyzers.Citations
}

// opening is an ICMP error that began an event.
type opening struct {
	time, clock int64
	frame       decoders.FrameRef // 0: none
}

const (
	maxRoutes  = 8192
	maxTold    = 16_384
	maxRepeats = 1024
)

// find returns the telling of a reporter and MTU, nil if there is none.
func (r *route) find(reporter decoders.Addr, mtu uint32) *telling {
	for _, t := range r.told {
		if t != nil && t.reporter == reporter && t.mtu == mtu {
			return t
		}
	}
	return nil
}

// tell enters an ICMP error that is to be believed and begins an event.
func (c *correlator) tell(e *analyzers.Event, m *notice, reporter decoders.Addr) {
	r := c.routes.Get(routeKey{e.Src, e.Dst})
	t := r.find(reporter, m.mtu)
	if t == nil {
		t = &telling{reporter: reporter, mtu: m.mtu, kind: m.kind, v6: e.Flags&isV6 != 0}
		copy(r.told[1:], r.told[:3])
		r.told[0] = t
	}
	t.subject = subjectOf(e)
	t.again(c, e)
	copy(t.latest[1:], t.latest[:3])
	t.latest[0] = opening{e.Time, e.V[3], e.Frame}
}

// again counts an ICMP error that repeats what was already acted on.
func (t *telling) again(c *correlator, e *analyzers.Event) {
	if t.firstFrame == 0 {
		t.firstTime, t.firstFrame, t.lastTime = e.Time, e.Frame, e.Time
		return
	}
	if t.kind == self || e.Flags&followed == 0 || t.done == 0 || t.done < t.lastTime || e.Time-t.done < int64(c.cfg.RepeatAfter) {
		return
	}
	if t.repeats == 0 {
		if len(c.repeats) == maxRepeats {
			c.lost++
			return
		}
		c.repeats = append(c.repeats, t)
		t.Cite(t.firstFrame, "first frag-needed", t.firstTime)
	}
	gap := e.Time - t.lastTime
	if t.repeats == 0 || gap < t.least {
		t.least = gap
	}
	t.most = max(t.most, gap)
	t.repeats++
	t.lastTime = e.Time
	t.Cite(e.Frame, "the same frag-needed again", e.Time)
}

// resumed enters that an event's quoted bytes had all been sent again.
func (c *correlator) resumed(e *analyzers.Event) {
	r := c.routes.Peek(routeKey{e.Src, e.Dst})
	if r == nil {
		return
	}
	if t := r.find(decoders.Addr{Hi: uint64(e.V[0]), Lo: uint64(e.V[1])}, e.N); t != nil {
		t.done = e.Time
	}
}

// lowered returns the latest message from somebody else than the sender's own
// kernel that told the MTU of the route before.
func (c *correlator) lowered(k routeKey, mtu uint32) (o opening) {
	r := c.routes.Peek(k)
	if r == nil {
		return o
	}
	for _, t := range r.told {
		if t != nil && t.kind != self && t.mtu == mtu && t.latest[0].time > o.time {
			o = t.latest[0]
		}
	}
	return o
}

// told returns the latest message about the route that fits: it told an MTU for
// which ok says yes, at a capture clock from low to high.
func (c *correlator) toldBetween(k routeKey, low, high int64, ok func(mtu uint32) bool) (t *telling, o opening) {
	r := c.routes.Peek(k)
	if r == nil {
		return nil, o
	}
	for _, x := range r.told {
		if x == nil || !ok(x.mtu) {
			continue
		}
		for _, l := range x.latest {
			if l.frame != 0 && l.clock >= low && l.clock <= high && l.frame > o.frame {
				t, o = x, l
			}
		}
	}
	return t, o
}

// flowKey is a direction of a flow, without its tunnel.
type flowKey struct {
	src, dst     decoders.Addr
	sport, dport uint16
	proto        uint8
}

// keyOf is the key of the flow that an event is about.
func keyOf(e *analyzers.Event) flowKey { return flowKey{e.Src, e.Dst, e.SPort, e.DPort, e.Proto} }

func (s *subject) key() flowKey { return flowKey{s.src, s.dst, s.sport, s.dport, s.proto} }

// toldFlow is a flow that an ICMP error quoted.
type toldFlow struct {
	path  pathKey // of the latest message
	cause opening // what had lowered the MTU of its route before its own kernel spoke
}

// pathKey is a row of table path_mtu.
type pathKey struct {
	dst, reporter decoders.Addr
	mtu           uint32
}

// path counts what was told about a destination.
type path struct {
	kind                    reporterKind
	first                   decoders.FrameRef
	messages, events, flows uint64
	worst                   int64
	hasWorst                bool
}

// maxPaths is the number of rows of table path_mtu.
const maxPaths = 4096

func (c *correlator) path(k pathKey) *path {
	p := c.paths[k]
	if p == nil {
		if len(c.paths) >= maxPaths {
			return &c.otherPath
		}
		p = &path{}
		c.paths[k] = p
	}
	return p
}
