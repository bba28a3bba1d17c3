package gsmmap

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/tcap"
)

// correlator follows the dialogues of all associations and links.
type correlator struct {
	cfg   *config
	head  analyzers.Event // of the message whose octets are arriving
	buf   []byte
	m     message
	epoch int64
	now   int64 // capture clock of the latest event
	start int64 // and of the first one

	table     dialogues
	seen      repeats
	latency   *analyzers.Latencies
	times     *analyzers.Latencies // answer times by operation.key, whatever the basis
	ops       operations
	incidents incidents
	subs      subscribers
	parts     concats
	retries   retries
	paths     paths
	tsns      tsnSpaces
	places    places
	aborts    map[abortKey]int64 // clock of the last one
	rows      dialogueRows
	// segments puts SCCP segments together: those of one message may come over
	// several associations.
	segments *sccp.Reassembler
	cov      coverage // of messages that came in segments

	texts        []textRow // only when they may be shown
	textsDropped uint64

	counts correlatorCounts
}

// correlatorCounts go into the coverage table.
type correlatorCounts struct {
	messages, pathRepeats, hopCopies uint64
	beginsAgain                      uint64 // the same Begin again while its dialogue is open
	dialogues, shortMessages         uint64 // dialogues in all, and those of short messages
	midDialogue                      uint64 // of those of short messages, begun before the capture
	byID                             uint64 // messages matched by transaction id only
	strayReturns                     uint64 // SCCP returns without a known dialogue
	withheld                         uint64
	foreignOps                       uint64 // operation codes 44 and 46 under contexts of others
	foreignContexts                  map[string]uint64
	otherOps                         uint64 // invokes of other operations
	relayed                          uint64 // messages seen on several hops
	transit                          []int64
}

func newCorrelator(env *analyzers.Env) *correlator {
	c := &correlator{cfg: env.Config.(*config), latency: analyzers.NewLatencies(env.Metrics), times: analyzers.NewLatencies(env.Metrics),
		segments: sccp.NewReassembler(sccp.Config{}), places: places{}, aborts: map[abortKey]int64{}}
	c.table.init()
	c.seen.init()
	c.ops.init()
	c.incidents.init()
	c.subs.init()
	c.parts.init()
	c.retries.init()
	c.paths.init()
	c.tsns.init()
	c.counts.foreignContexts = map[string]uint64{}
	return c
}

// Event implements analyzers.Correlator.
func (c *correlator) Event(e *analyzers.Event) {
	switch e.Kind {
	case evMessage, evSegment:
		c.head = *e
		c.buf = c.buf[:0]
	case evOctets:
		c.buf = appendEventOctets(c.buf, e)
		if len(c.buf) >= int(c.head.N) {
			r := reader{c.buf}
			r.message(&c.m)
			c.enter(&c.head)
			if c.head.Kind == evMessage {
				c.message(&c.head, &c.m)
			} else {
				c.segment(&c.head, &c.m, &r)
			}
			c.head.N = 1 << 31
		}
	case evAbort:
		c.aborted(e)
	case evRetransmit:
		c.paths.retransmitted(e)
	case evAssociation:
		c.paths.ended(e)
	case evRun:
		c.tsns.run(e)
	case evTag:
		c.paths.tagged(e)
	case evAddress:
		c.tsns.address(e)
	}
}

// correlated is the correlator's result; there is one a run.
type correlated struct{ *correlator }

func (*correlated) Merge(analyzers.Result) {}

// End implements analyzers.Correlator.
func (c *correlator) End(clock int64) analyzers.Result {
	c.now = max(c.now, clock)
	c.expire()
	for d := c.table.byUse.Oldest(); d != nil; d = c.table.byUse.Oldest() {
		c.close(d, endCapture, c.now, 0)
	}
	c.segments.Close()
	c.cov.sccp = c.segments.Stats
	return &correlated{c}
}

// enter sets the clock to a message's.
func (c *correlator) enter(e *analyzers.Event) {
	clock, epoch := e.V[1], e.V[2]
	if epoch != c.epoch {
		// No latency and no absence spans a restart of the clock.
		for d := c.table.byUse.Oldest(); d != nil; d = c.table.byUse.Oldest() {
			c.close(d, endReset, c.now, 0)
		}
		c.seen.init()
		c.retries.init()
		c.segments.Close()
		c.epoch, c.now = epoch, clock
	}
	c.now = max(c.now, clock)
	if c.start == 0 {
		c.start = clock
	}
	c.expire()
}

// segment takes a segment of an SCCP message, and the message when it is whole.
func (c *correlator) segment(e *analyzers.Event, m *message, r *reader) {
	s := r.segment()
	data, cut, status := c.segments.Add(&s, uint64(e.V[3]), m.opc, c.now)
	if status != sccp.Complete && status != sccp.Again {
		return
	}
	if cut {
		m.flags |= msgCut
	}
	if !c.cov.tcap(m, data, c.cfg.ShowContent) {
		return
	}
	c.cov.tcapFrames++
	e.V[0] = int64(gsmmap.Fingerprint(data))
	c.message(e, m)
}

// message takes one TCAP message.
func (c *correlator) message(e *analyzers.Event, m *message) {
	sum, scope := uint64(e.V[0]), uint64(e.V[3])
	c.counts.messages++
	at := moment{time: e.Time, clock: c.now, frame: e.Frame, scope: scope, sum: sum}
	c.paths.direction(e, m.vtag)
	if c.repeated(m, e, at) {
		return
	}
	switch {
	case m.flags&msgReturned != 0:
		c.returned(e, m, at)
	case m.flags&msgLoose != 0:
		c.loose(e, m, at)
	case m.kind == tcap.Begin:
		c.begin(e, m, at)
	case m.kind == tcap.Continue, m.kind == tcap.End, m.kind == tcap.Abort:
		c.answerTo(e, m, at)
	}
}

// moment is where and when a message was seen.
type moment struct {
	time, clock int64
	frame       decoders.FrameRef
	scope       uint64 // the hop: association path or link
	sum         uint64 // fingerprint of the message
}

// refusedAt is m with the clock of its refusal.
func (m moment) refusedAt(clock int64) moment {
	m.clock = clock
	return m
}

// Times after which the same octets are another message: over another
// association, and over the same one (another path of it, or sent again).
const (
	hopWindow  = int64(2e9)
	pathWindow = int64(60e9)
	// copyGap is the age below which the same chunk over another path is taken
	// for another view of one packet, not for a retransmission.
	copyGap = int64(5e6)
)

// repeatKey is what two sightings of one message have in common.
type repeatKey struct {
	sum        uint64
	otid, dtid tcap.TID
	returned   bool
}

type sighting struct {
	key   repeatKey
	first moment
	vtag  uint32
	tsn   uint32
	hops  uint8
	d     *dialogue
}

// maxSightings is how many messages are remembered to recognise their copies.
const maxSightings = 1 << 15

// repeats remembers the last messages.
type repeats struct {
	by   map[repeatKey]*sighting
	ring []*sighting
	next int
}

func (r *repeats) init() { *r = repeats{by: map[repeatKey]*sighting{}} }

func (r *repeats) add(s *sighting) {
	if len(r.ring) < maxSightings {
		r.ring = append(r.ring, s)
	} else {
		if old := r.ring[r.next]; r.by[old.key] == old {
			delete(r.by, old.key)
		}
		r.ring[r.next] = s
		r.next = (r.next + 1) % maxSightings
	}
	r.by[s.key] = s
}

// repeated recognises the second sighting of a message: on another hop behind an
// STP, or over another path of a multi-homed association. The first sighting is
// entered into seen.
func (c *correlator) repeated(m *message, e *analyzers.Event, at moment) bool {
	k := repeatKey{sum: at.sum, otid: m.otid, dtid: m.dtid, returned: m.flags&msgReturned != 0}
	s := c.seen.by[k]
	if s != nil {
		age := at.clock - s.first.clock
		// On the same path SCTP has sorted repeats out already: what comes again
		// there is another message.
		otherPath := s.first.scope != at.scope
		sameChunk := m.vtag != 0 && m.vtag == s.vtag && m.tsn == s.tsn
		switch {
		case otherPath && !sameChunk && age <= hopWindow:
			s.hops++
			c.counts.hopCopies++
			if s.hops == 2 {
				c.counts.relayed++
			}
			if s.hops == 2 && len(c.counts.transit) < 4096 && at.time >= s.first.time {
				c.counts.transit = append(c.counts.transit, at.time-s.first.time)
			}
			if s.d != nil && !s.d.gone {
				s.d.hops = max(s.d.hops, s.hops)
				s.d.seenAgain(at)
			}
			return true
		case otherPath && sameChunk && age <= pathWindow:
			c.counts.pathRepeats++
			if at.time-s.first.time >= copyGap {
				c.paths.elsewhere(e)
			}
			return true
		}
	}
	c.seen.add(&sighting{key: k, first: at, vtag: m.vtag, tsn: m.tsn, hops: 1})
	return false
}

// attach tells the latest sighting which dialogue its message belongs to.
func (c *correlator) attach(m *message, at moment, d *dialogue) {
	if s := c.seen.by[repeatKey{sum: at.sum, otid: m.otid, dtid: m.dtid, returned: m.flags&msgReturned != 0}]; s != nil {
		s.d = d
	}
}

// abortKey is what two captures of one ABORT have in common: a packet with a tag
// ends the one association that has it.
type abortKey struct {
	src, dst decoders.Addr
	vtag     uint32
}

// maxAborts are remembered, to know copies.
const maxAborts = 4096

// aborted takes an SCTP ABORT: it matters when dialogues are open.
func (c *correlator) aborted(e *analyzers.Event) {
	k, clock := abortKey{e.Src, e.Dst, uint32(e.V[1])}, e.V[0]
	last, again := c.aborts[k]
	if again || len(c.aborts) < maxAborts {
		c.aborts[k] = clock
	}
	if again && clock-last <= hopWindow {
		return
	}
	open := 0
	for d := c.table.byUse.Newest(); d != nil && open < 1000; d = c.table.byUse.Older(d) {
		if d.sm && d.openForwards() && c.now-d.lastClock <= idleDialogue && c.paths.carries(d, e) {
			open++
		}
	}
	if open > 0 {
		i := c.incidents.note(incidentKey{rule: ruleSCTPAbort, a: peerNode(e.Src), b: peerNode(e.Dst), code: int32(e.N)}, moment{time: e.Time, frame: e.Frame}, "ABORT", e)
		i.extra += uint64(open)
	}
}
