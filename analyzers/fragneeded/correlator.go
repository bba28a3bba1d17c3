package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/recency"
)

// correlator brings together what happened to different flows of the same
// hosts.
type correlator struct {
	cfg     *config
	words   words // what precedes the next event
	routes  recency.Table[routeKey, route]
	told    recency.Table[flowKey, toldFlow]
	epoch   uint8 // of the two, see epochOf
	repeats []*telling

	paths     map[pathKey]*path
	otherPath path

	groups   map[groupKey]*group
	notes    map[noteKey]*note
	suspects []suspect
	hops     hops
	latency  *analyzers.Latencies // of the hops

	withheld uint64
	lost     uint64 // what had no room in a list
}

func newCorrelator(env *analyzers.Env) *correlator {
	return &correlator{cfg: env.Config.(*config),
		routes: recency.NewTable[routeKey, route](maxRoutes, nil), told: recency.NewTable[flowKey, toldFlow](maxTold, nil),
		paths: map[pathKey]*path{}, groups: map[groupKey]*group{}, notes: map[noteKey]*note{},
		latency: analyzers.NewLatencies(env.Metrics)}
}

// Event implements analyzers.Correlator.
func (c *correlator) Event(e *analyzers.Event) {
	if e.Kind == evWords {
		c.words.take(e)
		return
	}
	switch e.Kind {
	case evNotice:
		c.notice(e)
	case evDone:
		c.resumed(e)
	case evRecord:
		c.record(readRecord(e, &c.words))
	case evLone:
		c.lone(e)
	case evHole:
		c.silence(readHole(e, &c.words))
	case evMessage:
		c.message(e)
	case evWithheld:
		c.withheld++
	}
	c.words.n = 0
}

// End implements analyzers.Correlator.
func (c *correlator) End(int64) analyzers.Result { return &correlated{c} }

// correlated is the correlator's result. There is one a run, so nothing is
// ever merged.
type correlated struct{ *correlator }

func (*correlated) Merge(analyzers.Result) {}

// notice takes an ICMP error.
func (c *correlator) notice(e *analyzers.Event) {
	m, reporter := readNotice(e)
	if epoch := epochOf(e); epoch != c.epoch {
		c.epoch = epoch
		c.routes.Empty()
		c.told.Empty()
	}
	s := subjectOf(e)
	k := pathKey{e.Dst, reporter, m.mtu}
	p := c.path(k)
	if p.messages == 0 {
		p.kind, p.first = m.kind, e.Frame
	}
	p.messages++
	if m.opens {
		p.events++
	}
	t := c.told.Get(s.key())
	if t.path != k { // new, or told by another before
		p.flows++
	}
	t.path = k
	if e.Proto != decoders.ProtoTCP {
		return
	}
	if m.kind == self && m.opens {
		t.cause = c.lowered(routeKey{e.Src, e.Dst}, m.mtu)
	}
	switch {
	case m.fault == 0 && m.opens:
		c.tell(e, &m, reporter)
	case m.fault != 0 && !m.followed:
		c.faulty(&record{subject: s, first: e.Time, frame: e.Frame, mtu: m.mtu, kind: m.kind, v6: e.Flags&isV6 != 0, reporter: reporter,
			icmps: 1, largest: m.quoted, ttl: m.ttl, fault: m.fault})
	}
}

// record takes a finished event.
func (c *correlator) record(r *record) {
	if t := c.told.Peek(r.key()); t != nil && r.kind == self && t.cause.frame != 0 && t.cause.frame < r.frame {
		r.cause, r.causeTime = t.cause.frame, t.cause.time
	}
	if r.doneFrame != 0 && (r.verdict == recovered || r.verdict == stalled || r.verdict == blackhole) {
		p := c.path(pathKey{r.dst, r.reporter, r.mtu})
		p.worst, p.hasWorst = max(p.worst, r.delay()), true
	}
	switch r.verdict {
	case faulty:
		c.faulty(r)
		return
	case withheld:
		c.withheld++
	case recovered, stalled, blackhole, neverResumed:
		c.group(r)
	}
	if r.mss > 0 && r.mss+headers(version(r.v6)) > r.mtu {
		c.note(ruleMismatch, r)
	}
}

func version(v6 bool) uint8 {
	if v6 {
		return 6
	}
	return 4
}

// faulty takes a message, or an event of them, that is not to be believed.
func (c *correlator) faulty(r *record) {
	if r.fault&(badMTU|beyond) == 0 && r.fault&probe != 0 {
		c.note(ruleProbe, r)
		return
	}
	c.note(ruleInvalid, r)
}

// suspect is a segment that its sender's own kernel may have refused at first.
type suspect struct {
	subject
	time        int64
	frame, tail decoders.FrameRef
	ipLen, mtu  uint32
	told        opening // the other flow's ICMP error
	reporter    decoders.Addr
	sinceICMP   int64 // capture clock
	midStream   bool
	late        *forward // the hop that shows the delay; nil: nothing does
}

// maxSuspects is the number of suspects kept.
const maxSuspects = 4096

// lone takes a segment that left after a silence, alone until it was
// acknowledged: was it one lowered MSS long, after another flow had been told?
func (c *correlator) lone(e *analyzers.Event) {
	s := subjectOf(e)
	silent, clock, born := e.V[0], e.V[1], e.V[2]
	if epochOf(e) != c.epoch || c.told.Peek(s.key()) != nil {
		return
	}
	low := max(silent, born, clock-int64(c.cfg.SuspectWithin))
	t, o := c.toldBetween(routeKey{e.Src, e.Dst}, low, clock-probeLow, func(mtu uint32) bool { return mtu == e.N })
	if t == nil {
		return
	}
	for i := len(c.suspects) - 1; i >= 0 && i > len(c.suspects)-64; i-- {
		if c.suspects[i].frame == e.Frame {
			c.suspects[i].tail = decoders.FrameRef(e.V[3])
			return
		}
	}
	c.suspect(suspect{subject: s, time: e.Time, frame: e.Frame, tail: decoders.FrameRef(e.V[3]), ipLen: e.N, mtu: t.mtu,
		told: o, reporter: t.reporter, sinceICMP: clock - o.clock, midStream: e.Flags&midStream != 0})
}

func (c *correlator) suspect(s suspect) {
	if len(c.suspects) == maxSuspects {
		c.lost++
		return
	}
	c.suspects = append(c.suspects, s)
}

// silence takes a black hole without ICMP, unless the hosts were told after all.
func (c *correlator) silence(s *silence) {
	if r := c.routes.Peek(routeKey{s.src, s.dst}); r != nil && r.told[0] != nil {
		return
	}
	n := c.noteOf(ruleSilent, &s.subject, uint32(s.kind))
	n.silence = s
	n.add(s.time, s.last)
	n.Cite(s.firstFrame, "full-size segment", s.first)
	n.Cite(s.sackFrame, "SACK of a short segment behind it", s.sack)
	for i, f := range s.frames {
		role := "retransmission"
		if s.kind == probed && i == len(s.frames)-1 && s.n() == i+1 && s.final < s.size {
			role = "smaller segment"
		}
		n.Cite(f, role, s.times[i])
	}
}

// n is the number of segments with the missing byte that were sent again, as
// far as it shows.
func (s *silence) n() int {
	if s.final < s.size {
		return int(s.again) + 1
	}
	return int(s.again)
}
