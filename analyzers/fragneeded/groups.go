package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// groupKey is what findings about events have in common.
type groupKey struct {
	verdict        verdict
	client, server decoders.Addr
	port           uint16
}

// group holds the first events of a key one by one, and the sum of the others.
type group struct {
	kept []*record
	more uint64
	// Of those not kept: the event with the longest delay, when the first and the
	// latest were, and their frames.
	worst       *record
	first, last int64
	analyzers.Citations
}

// maxGroups bounds the groups and the notes; what is beyond shares one with no
// addresses.
const maxGroups = 4096

func (s *subject) ends() (client, server decoders.Addr, port uint16) {
	if s.client {
		return s.src, s.dst, s.dport
	}
	return s.dst, s.src, s.sport
}

// group adds a finished event.
func (c *correlator) group(r *record) {
	client, server, port := r.ends()
	k := groupKey{r.verdict, client, server, port}
	if r.verdict == neverResumed {
		k.verdict = blackhole
	}
	g := c.groups[k]
	if g == nil {
		if len(c.groups) >= maxGroups {
			k = groupKey{verdict: k.verdict}
		}
		if g = c.groups[k]; g == nil {
			g = &group{}
			c.groups[k] = g
		}
	}
	if len(g.kept) < max(c.cfg.FoldEvents, 1) {
		g.kept = append(g.kept, r)
		return
	}
	if g.more == 0 {
		g.first, g.last = r.first, r.first
	}
	g.more++
	g.first, g.last = min(g.first, r.first), max(g.last, r.lastICMP)
	if g.worst == nil || r.cost() > g.worst.cost() {
		g.worst = r
	}
	g.Cite(r.frame, r.role(), r.first)
}

// cost is the measure of the finding about r.
func (r *record) cost() int64 {
	switch r.verdict {
	case recovered:
		return r.reaction()
	case stalled:
		return r.delay()
	}
	return r.waited
}

// noteKey is what findings without a measure of their own have in common.
type noteKey struct {
	rule           string
	client, server decoders.Addr
	port           uint16
	extra          uint32 // MTU, or how it was seen
}

// note is one finding in the making.
type note struct {
	subject
	count       uint64
	first, last int64
	rec         *record // the first one
	silence     *silence
	analyzers.Citations
}

func (c *correlator) noteOf(rule string, s *subject, extra uint32) *note {
	client, server, port := s.ends()
	k := noteKey{rule, client, server, port, extra}
	n := c.notes[k]
	if n == nil {
		if len(c.notes) >= maxGroups {
			k = noteKey{rule: rule}
		}
		if n = c.notes[k]; n == nil {
			n = &note{subject: *s}
			c.notes[k] = n
			return n
		}
	}
	if n.sport != s.sport && n.client || n.dport != s.dport && !n.client {
		// Several connections: no client port.
		if n.client {
			n.sport = 0
		} else {
			n.dport = 0
		}
	}
	return n
}

func (n *note) add(first, last int64) {
	if n.count == 0 {
		n.first, n.last = first, last
	}
	n.count++
	n.first, n.last = min(n.first, first), max(n.last, last)
}

// note adds an event to the note of a rule.
func (c *correlator) note(rule string, r *record) {
	n := c.noteOf(rule, &r.subject, r.mtu)
	if n.rec == nil {
		n.rec = r
	}
	n.add(r.first, r.first)
	n.Cite(r.frame, r.role(), r.first)
}

// role is what r's first ICMP error is called as evidence.
func (r *record) role() string {
	name := "frag-needed"
	if r.v6 {
		name = "packet too big"
	}
	switch r.kind {
	case self:
		return "self-sourced " + name
	case destination:
		return name + " of the destination"
	}
	return name + " of a router"
}
