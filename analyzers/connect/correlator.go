package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// correlator groups the finished attempts of all shards.
type correlator struct {
	cfg     *config
	pending record // attempt whose parts are arriving
	peers   peers
	groups  *groups
	table   attemptTable

	withheld uint64
}

func newCorrelator(env *analyzers.Env) *correlator {
	return &correlator{cfg: env.Config.(*config), peers: newPeers(), groups: newGroups(maxGroups)}
}

// Event implements analyzers.Correlator.
func (c *correlator) Event(e *analyzers.Event) {
	switch e.Kind {
	case evFrames, evOffsets, evExtra, evCopies, evAttempt:
		if c.pending.take(e) {
			c.attempt(&c.pending)
			c.pending = record{}
		}
	case evNoSYN:
		c.peers.server(endpoint{e.Dst, e.DPort}).noSYN++
	case evResponded:
		c.peers.server(endpoint{e.Dst, e.DPort}).responded++
		if i, ok := c.groups.index[groupKey{e.Src, e.Dst, e.DPort, kindCompleted}]; ok {
			c.groups.at(i).responded++
		}
	case evQueue:
		c.note(e, kindQueue)
	case evReset:
		c.note(e, kindReset)
	case evMute:
		if request(e.Flags&0xff) == requestUnknown {
			c.note(e, kindMuteOther)
		} else {
			c.note(e, kindMute)
		}
	case evCheck:
		c.note(e, kindCheck)
	case evUnreadable:
		c.peers.client(e.Src).unreadableAt(e.Time)
	case evWithheld:
		c.withheld++
	}
}

// End implements analyzers.Correlator.
func (c *correlator) End(int64) analyzers.Result { return &correlated{c} }

// correlated is the correlator's result. There is one a run, so nothing is
// ever merged.
type correlated struct{ *correlator }

func (*correlated) Merge(analyzers.Result) {}

// attempt takes a finished attempt.
func (c *correlator) attempt(r *record) {
	s := c.peers.server(endpoint{r.server, r.sport})
	cl := c.peers.client(r.client)
	switch r.outcome {
	case undecided:
		c.withheld++
	case answered:
		cl.answered++
		s.answer(r.synTime, int64(c.cfg.SelectiveWindow))
	case answeredUnseen:
		cl.unseen++
	case dropped:
		if s != &c.peers.otherServer && s.answeredIn(r.synTime-int64(c.cfg.SelectiveWindow), r.lastSYN()) {
			r.outcome = droppedSome
		}
	}
	s.counts[r.outcome]++
	slow := r.outcome == answered && r.waitedForSYN() >= int64(c.cfg.SlowMin)
	if slow {
		s.slow++
	}
	c.table.add(r, slow)
	if k := outcomeKinds[r.outcome]; k != 0 {
		c.group(r, k)
	}
	if slow {
		c.group(r, kindSlow)
	}
	if r.outcome == answered && r.flags&flagStale != 0 {
		c.group(r, kindStale)
	}
}

// retransmissions of the SYN.
func (r *record) retransmissions() int { return int(r.syns) - 1 }

// offset is the time of the i-th SYN, counted from 0, since the first.
func (r *record) offset(i int) int64 {
	if i == 0 {
		return 0
	}
	return int64(r.offsets[min(i, maxOffsets)-1]) * offsetUnit
}

// lastSYN is the recorded time of the last SYN (of those whose time is kept).
func (r *record) lastSYN() int64 { return r.synTime + r.offset(r.retransmissions()) }

// gaps are the times between the SYNs, as far as they are kept.
func (r *record) gaps() []int64 {
	out := make([]int64, 0, maxOffsets)
	for i := 1; i <= min(r.retransmissions(), maxOffsets); i++ {
		out = append(out, r.offset(i)-r.offset(i-1))
	}
	return out
}

// waitedForSYN is how long the client waited for the answer because SYNs, or
// answers to them, were lost: 0 when the first SYN sufficed.
func (r *record) waitedForSYN() int64 {
	if r.syns < 2 {
		return 0
	}
	if r.flags&flagHalfOpen != 0 || r.synackTime == 0 {
		return r.lastSYN() - r.synTime
	}
	return r.endTime - r.synTime
}

// waited is the time that an attempt cost its client, as far as it can be
// seen: to the answer, or to the last SYN.
func (r *record) waited() int64 {
	switch r.outcome {
	case refused:
		return r.endTime - r.synTime
	case rejected:
		return max(r.icmpTime, r.lastSYN()) - r.synTime
	case answered:
		return r.waitedForSYN()
	case synackIgnored, incomplete:
		return max(r.endTime, r.lastSYN()) - r.synTime
	}
	return r.lastSYN() - r.synTime
}

// group adds an attempt to its group.
func (c *correlator) group(r *record, k kind) {
	g, isNew := c.groups.get(groupKey{r.client, r.server, r.sport, k}, &c.peers, c.cfg.FoldGroups)
	waited := max(r.waited(), 0)
	if isNew {
		g.first, g.firstFrame, g.cport, g.tunnel = r.synTime, r.synFrame, r.cport, r.tunnel
		g.last, g.ranOn = r.synTime, r.ranOn
	}
	if g.cport != r.cport {
		g.cport = 0
	}
	g.count++
	g.syns += uint64(r.syns)
	g.synacks += uint64(r.synacks)
	g.flags |= r.flags
	g.wasted += waited
	g.longest = max(g.longest, waited)
	g.first, g.last = min(g.first, r.synTime), max(g.last, r.synTime+waited)
	if r.flags&flagCut != 0 {
		g.cut++
	}
	if k == kindCompleted {
		return
	}
	answer, role := r.answerFrame(k)
	if isNew && r.plain() {
		g.nextFrame, g.nextTime = answer, r.answerTime(k)
		return
	}
	m := g.more
	if m == nil {
		m = &more{}
		if isNew {
			m.rec = *r
		} else { // the plain attempt that g began with
			m.rec = record{outcome: r.outcome, flags: g.flags, client: r.client, server: r.server, sport: r.sport, synTime: g.first,
				synFrame: g.firstFrame, endTime: g.nextTime, endFrame: g.nextFrame, syns: 1, synacks: r.synacks}
			m.Cite(g.firstFrame, "SYN", g.first)
			m.Cite(g.nextFrame, role, g.nextTime)
		}
		g.more = m
	}
	if (k == kindDropped || k == kindDroppedSome) && r.syns > m.rec.syns {
		m.rec = *r
	}
	if k == kindRejected && (r.icmpType != m.rec.icmpType || r.icmpCode != m.rec.icmpCode || r.icmpFrom != m.rec.icmpFrom) {
		m.mixed = true
	}
	r.cite(m, k, isNew)
	g.firstFrame = min(g.firstFrame, r.synFrame)
	for _, f := range r.copies {
		if f != 0 && len(m.copies) < maxCopies {
			m.copies = append(m.copies, f)
		}
	}
}

// plain reports whether a group needs nothing but the attempt's SYN and answer.
func (r *record) plain() bool {
	return r.syns == 1 && r.icmps == 0 && r.challenges == 0 && r.copies[0] == 0 && r.flags&flagReused == 0
}

// answerFrame is the frame that decided the attempt, and its role.
func (r *record) answerFrame(k kind) (decoders.FrameRef, string) {
	switch k {
	case kindRefused:
		return r.endFrame, "RST"
	case kindRejected:
		return r.icmpFrame, "ICMP error"
	case kindIgnored, kindIncomplete:
		return r.endFrame, "SYN-ACK"
	case kindStale:
		return r.challenge, "challenge ACK"
	case kindSlow:
		if r.flags&flagHalfOpen != 0 {
			return r.endFrame, "RST of the client"
		}
		return r.endFrame, "final ACK"
	}
	return 0, ""
}

func (r *record) answerTime(k kind) int64 {
	switch k {
	case kindRejected:
		return r.icmpTime
	case kindStale:
		return 0
	case kindIgnored, kindIncomplete:
		return r.synackTime
	}
	return r.endTime
}

// cite adds r's frames to a group's evidence: all SYNs of the first attempt,
// the first of others.
func (r *record) cite(m *more, k kind, all bool) {
	fits := len(m.Evidence)+int(r.syns) <= analyzers.MaxEvidence
	m.Cite(r.synFrame, "SYN", r.synTime)
	for i := 1; i < int(r.syns); i++ {
		if i <= len(r.frames) && (all || fits) {
			m.Cite(r.frames[i-1], "SYN retransmission", r.synTime+r.offset(i))
		} else {
			m.EvidenceTotal++
		}
	}
	f, role := r.answerFrame(k)
	if f != 0 && all && len(m.Evidence) == analyzers.MaxEvidence {
		// The answer matters more than the last repetition.
		m.Evidence = m.Evidence[:len(m.Evidence)-1]
	}
	m.Cite(f, role, r.answerTime(k))
	m.Cite(r.icmpAgain, "ICMP error", 0)
	if k == kindStale {
		m.Cite(r.clientRST, "RST of the client", 0)
	}
}

// note adds an event after a handshake to its group.
func (c *correlator) note(e *analyzers.Event, k kind) {
	g, isNew := c.groups.get(groupKey{e.Src, e.Dst, e.DPort, k}, &c.peers, c.cfg.FoldGroups)
	if isNew {
		g.first, g.last, g.firstFrame, g.cport, g.tunnel = e.Time, e.Time, e.Frame, e.SPort, e.TunnelID
		g.more = &more{note: note{e.Time, e.Flags, e.V}}
	}
	if g.cport != e.SPort {
		g.cport = 0
	}
	g.count++
	g.first, g.last = min(g.first, e.Time), max(g.last, e.Time)
	m := g.more
	m.requests[min(int(e.Flags&0xff), len(requestNames)-1)]++
	if e.Flags&noteByClient != 0 {
		m.closed.client++
	}
	if e.Flags&noteByReset != 0 {
		m.closed.reset++
	}
	var waited int64
	switch k {
	case kindQueue:
		m.Cite(e.Frame, "SYN", 0)
		m.Cite(decoders.FrameRef(e.V[1]), "client data", 0)
		m.Cite(decoders.FrameRef(e.V[0]), "SYN-ACK repeated after the final ACK", 0)
		g.synacks += uint64(e.V[2] >> 32)
		g.syns += uint64(e.V[2] & 0xffffffff) // retransmissions of data
		waited = e.V[3]
		if waited == 0 {
			g.cut++ // never acknowledged
		}
	case kindReset:
		m.Cite(decoders.FrameRef(e.V[1]), "client data", e.V[0])
		m.Cite(e.Frame, "RST of the server", e.Time)
		waited = e.Time - e.V[0]
	case kindMute, kindMuteOther:
		m.Cite(e.Frame, "client data", e.Time)
		if e.V[1] != 0 {
			m.Cite(decoders.FrameRef(e.V[1]), "close", e.V[0])
			waited = e.V[0] - e.Time
		}
	case kindCheck:
		m.Cite(e.Frame, "SYN", e.Time)
		waited = e.V[0]
		if e.Flags&noteHalfOpen != 0 {
			g.synacks++ // checks without a final ACK
		}
	}
	g.wasted += max(waited, 0)
	g.longest = max(g.longest, waited)
}
