package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// correlator accounts for connections by client and server.
type correlator struct {
	cfg    *config
	pairs  map[pairKey]*pair
	recent [recentPairs]*pair // some of them, by pairKey.slot
	groups map[groupKey]*group
	order  []*group // in the order of their first event

	parts  [3]analyzers.Event // evIntervals, evProbesMore and evRunIntervals of the evProbes to come
	probes []probeRow
	cut    uint64 // rows beyond maxProbeRows

	conns    topConns
	turns    map[turnKey]*turnRow
	turnsCut uint64 // connections beyond maxTurnRows

	events                    uint64
	foldedPairs, foldedGroups uint64
	withheld                  uint64
}

func newCorrelator(env *analyzers.Env) *correlator {
	return &correlator{cfg: env.Config.(*config), pairs: map[pairKey]*pair{}, groups: map[groupKey]*group{}, turns: map[turnKey]*turnRow{}}
}

// Event implements analyzers.Correlator.
func (c *correlator) Event(e *analyzers.Event) {
	if c.events++; c.events%forgetEvery == 0 {
		for _, p := range c.pairs {
			p.forget(e.Time - int64(c.cfg.UnusedWindow) - preconnect)
		}
	}
	switch e.Kind {
	case evRequest:
		c.pair(e).request(e, int64(c.cfg.UnusedWindow))
	case evIdle:
		c.pair(e).idle(e, int64(c.cfg.UnusedWindow))
	case evClose:
		c.pair(e).close(uint64(e.V[1]), e.Time)
	case evConn:
		c.pair(e).ended(e)
		if r := newConnRow(e); r.tells() {
			c.conns.add(r)
		}
	case evTurns:
		c.turned(e)
	case evReuse, evRace, evIdleDrop, evReset:
		c.note(e, kindOf[e.Kind])
	case evSlow:
		c.note(e, kindSlow)
	case evIntervals:
		c.parts[0] = *e
	case evProbesMore:
		c.parts[1] = *e
	case evRunIntervals:
		c.parts[2] = *e
	case evProbes:
		c.probed(newProbeRow(e, &c.parts))
	case evWithheld:
		c.withheld++
	}
}

// kindOf maps the events that make findings one by one.
var kindOf = [...]kind{evReuse: kindReuse, evRace: kindRace, evIdleDrop: kindIdleDrop, evReset: kindReset}

// End implements analyzers.Correlator.
func (c *correlator) End(clock int64) analyzers.Result {
	for _, p := range c.pairs {
		p.settle(clock)
	}
	return &correlated{c}
}

// correlated is the correlator's result. There is one a run, so nothing is
// ever merged.
type correlated struct{ *correlator }

func (*correlated) Merge(analyzers.Result) {}

// probeRow is one side's probes on one connection.
type probeRow struct {
	prober, peer                         decoders.Addr
	pport, qport                         uint16
	tunnel                               uint32
	byServer, payload                    bool
	outcome                              probeOutcome
	count, answered, longest, unanswered uint64
	first, last, idle, lastIdle          int64
	firstFrame, lastFrame, runFrame      decoders.FrameRef
	resetTime                            int64
	resetFrame                           decoders.FrameRef
	fast                                 uint64
	all, inRun                           spacing
}

func newProbeRow(e *analyzers.Event, parts *[3]analyzers.Event) *probeRow {
	i, m := &parts[0], &parts[1]
	return &probeRow{prober: e.Src, pport: e.SPort, peer: e.Dst, qport: e.DPort, tunnel: e.TunnelID,
		byServer: e.Flags&proberServer != 0, payload: e.Flags&withByte != 0, outcome: probeOutcome(e.Proto),
		count: uint64(e.N), answered: uint64(m.V[1]), longest: uint64(m.V[0]), unanswered: uint64(m.V[3]),
		first: e.Time, last: m.Time, idle: e.V[0], lastIdle: e.V[1],
		firstFrame: e.Frame, lastFrame: m.Frame, runFrame: decoders.FrameRef(e.V[2]),
		resetTime: m.V[2], resetFrame: decoders.FrameRef(e.V[3]),
		fast: uint64(i.N), all: spacingOf(i), inRun: spacingOf(&parts[2])}
}

func spacingOf(e *analyzers.Event) spacing {
	return spacing{count: uint32(e.V[0]), shortest: e.V[1], widest: e.V[2], together: e.V[3]}
}

// maxProbeRows bounds the table of probes.
const maxProbeRows = 1000

// minFast is how many intervals in a row below the limit make a flood.
const minFast = 2

// probed takes one side's probes.
func (c *correlator) probed(r *probeRow) {
	if len(c.probes) < maxProbeRows {
		c.probes = append(c.probes, *r)
	} else {
		c.cut++
	}
	switch r.outcome {
	case probesReset:
		c.noteProbes(r, kindProbeReset)
	case probesGivenUp, probesSilence:
		c.noteProbes(r, kindDead)
	}
	if r.fast >= minFast {
		c.noteProbes(r, kindFlood)
	}
}
