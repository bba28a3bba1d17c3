package connect

import (
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// summary is what one finding is about: one group, or many folded into one.
type summary struct {
	kind           kind
	client, server decoders.Addr // zero: several
	port           uint16        // 0: several
	cport          uint16        // 0: several
	tunnel         uint32

	clients, servers uint64 // distinct ones, valid when folded
	hosts            uint64 // distinct addresses of the servers, likewise
	folded           bool
	atLeast          bool // there were more peers than are counted: some groups were evicted

	first, last     int64
	count           uint64
	syns, synacks   uint64
	wasted, longest int64
	cut             uint64
	flags           uint16
	ranOn           int64

	head *group // the group with the first frame
	more *more  // its details, nil for a plain attempt
	analyzers.Citations
	copies   []decoders.FrameRef
	closed   struct{ client, reset uint64 }
	oneSided bool // all its clients are seen from one side only
}

// summarize adds up groups of one kind, at least one, in the order of their
// frames.
func summarize(gs []*group) *summary {
	h := gs[0]
	s := &summary{kind: h.key.kind, client: h.key.client, server: h.key.server, port: h.key.port, cport: h.cport, tunnel: h.tunnel,
		first: h.first, last: h.last, head: h, more: h.more, ranOn: h.ranOn, folded: len(gs) > 1}
	if len(gs) == 1 && (h.key.client.IsZero() || h.key.server.IsZero()) {
		s.folded = true
	}
	for _, g := range gs {
		s.add(g)
	}
	if s.folded {
		s.countPeers(gs)
	}
	s.SortEvidence()
	return s
}

func (s *summary) add(g *group) {
	if g.key.client != s.client {
		s.client = decoders.Addr{}
	}
	if g.key.server != s.server {
		s.server = decoders.Addr{}
	}
	if g.key.port != s.port {
		s.port = 0
	}
	if g.cport != s.cport || s.folded {
		s.cport = 0
	}
	s.first, s.last = min(s.first, g.first), max(s.last, g.last)
	s.count += g.count
	s.syns += g.syns
	s.synacks += g.synacks
	s.wasted += g.wasted
	s.longest = max(s.longest, g.longest)
	s.cut += g.cut
	s.flags |= g.flags
	cited := g.cited()
	s.EvidenceTotal += cited.EvidenceTotal
	s.Evidence = append(s.Evidence, cited.Evidence[:min(len(cited.Evidence), analyzers.MaxEvidence-len(s.Evidence))]...)
	if g.more != nil {
		s.closed.client += g.more.closed.client
		s.closed.reset += g.more.closed.reset
		for _, f := range g.more.copies {
			if len(s.copies) < maxCopies {
				s.copies = append(s.copies, f)
			}
		}
	}
}

// cited is what a group cites.
func (g *group) cited() (c analyzers.Citations) {
	if g.more != nil {
		return g.more.Citations
	}
	c.Cite(g.firstFrame, "SYN", g.first)
	r := record{flags: g.flags}
	_, role := r.answerFrame(g.key.kind)
	c.Cite(g.nextFrame, role, g.nextTime)
	return c
}

func (s *summary) countPeers(gs []*group) {
	s.atLeast = slices.ContainsFunc(gs, func(g *group) bool { return g.key.client.IsZero() || g.key.server.IsZero() })
	clients, servers, hosts := map[decoders.Addr]bool{}, map[endpoint]bool{}, map[decoders.Addr]bool{}
	for _, g := range gs {
		if !g.key.client.IsZero() {
			clients[g.key.client] = true
		}
		if !g.key.server.IsZero() {
			servers[endpoint{g.key.server, g.key.port}], hosts[g.key.server] = true, true
		}
	}
	s.clients, s.servers, s.hosts = uint64(len(clients)), uint64(len(servers)), uint64(len(hosts))
}

// rec is the first attempt.
func (s *summary) rec() *record {
	if s.more != nil {
		return &s.more.rec
	}
	h := s.head
	return &record{flags: h.flags, synTime: h.first, synFrame: h.firstFrame, endTime: h.nextTime, synackTime: h.nextTime, endFrame: h.nextFrame,
		client: h.key.client, server: h.key.server, sport: h.key.port, syns: 1, synacks: uint16(min(h.synacks, 0xffff)), ranOn: h.ranOn}
}

// from and to name the two sides in a message.
func (s *summary) from() string {
	if s.client.IsZero() {
		return s.several(s.clients, "client", "clients")
	}
	return s.client.String()
}

func (s *summary) several(n uint64, one, many string) string {
	if s.atLeast {
		return "at least " + analyzers.Count(n, one, many)
	}
	return analyzers.Count(n, one, many)
}

// severalTargets reports whether more than one server:port is meant.
func (s *summary) severalTargets() bool { return s.folded && (s.server.IsZero() || s.port == 0) }

func (s *summary) to() string {
	switch {
	case !s.severalTargets():
		return s.server.HostPort(s.port)
	case 2*s.hosts > s.servers:
		return s.several(s.servers, "server", "servers")
	case !s.server.IsZero():
		return s.several(s.servers, "port", "ports") + " of " + s.server.String()
	}
	return s.several(s.servers, "port", "ports") + " of " + s.several(s.hosts, "host", "hosts")
}

// retransmissions of SYNs in all attempts.
func (s *summary) retransmissions() uint64 { return s.syns - s.count }
