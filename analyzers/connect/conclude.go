package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// conclude implements Analyzer.Conclude.
func conclude(c *analyzers.Conclusion) {
	lat := analyzers.NewLatencies(metrics)
	if r, ok := c.Flow.(*flowResult); ok {
		lat = r.latency
	}
	c.Out.Latency = lat.Rows()
	c.Out.LabelsFolded, c.Out.NegativeLatencies = lat.Folded, lat.Negative
	r, ok := c.Correlator.(*correlated)
	if !ok {
		return
	}
	x := &concluder{Conclusion: c, cor: r.correlator, cfg: c.Config.(*config)}
	c.Out.VerdictsWithheld = x.cor.withheld
	c.Out.Tables = []*analyzers.Table{
		connectionRows(x.cor, lat),
		attemptRows(x.cor, c.TunnelPath, c.Facts.TwoWay),
	}
	x.findings()
}

// concluder turns groups into findings.
type concluder struct {
	*analyzers.Conclusion
	cor *correlator
	cfg *config
}

func (x *concluder) findings() {
	all := x.cor.groups.sorted()
	scans, rest := takeScans(all, x.cfg)
	for _, s := range scans {
		x.Report(x.scan(s))
	}
	evicted := x.cor.groups.overflow()
	for k := kind(1); k < numKinds; k++ {
		if k == kindCompleted {
			continue
		}
		for _, s := range fold(x.of(k, rest), x.of(k, evicted), x.cfg.FoldGroups, x.foldAll(k)) {
			if f, ok := x.finding(s); ok {
				x.Report(f)
			}
		}
	}
}

// foldAll is the number of groups of one kind beyond which they become one
// finding although they share neither client nor server: fewer where absence
// says little anyway.
func (x *concluder) foldAll(k kind) int {
	switch k {
	case kindIgnored, kindIncomplete, kindStale, kindDropped, kindDroppedSome, kindUnanswered:
		if !x.Facts.TwoWay {
			return x.cfg.FoldGroups / 4
		}
	}
	return 4 * x.cfg.FoldGroups
}

// of selects the groups of a kind that make findings.
func (x *concluder) of(k kind, gs []*group) (out []*group) {
	for _, g := range gs {
		switch {
		case g.key.kind != k:
		case k == kindCheck && g.count < uint64(x.cfg.HealthCheckMin):
		case k == kindMuteOther && x.cor.peers.server(endpoint{g.key.server, g.key.port}).responded == 0:
			// The protocol may well be one-way.
		default:
			out = append(out, g)
		}
	}
	return out
}

// finding makes the finding of a summary.
func (x *concluder) finding(s *summary) (analyzers.Finding, bool) {
	s.oneSided = x.sidedness(s)
	f := x.base(s)
	switch s.kind {
	case kindRefused:
		x.refused(&f, s)
	case kindRejected:
		x.rejected(&f, s)
	case kindSlow:
		x.slow(&f, s)
	case kindStale:
		x.stale(&f, s)
	case kindIgnored:
		x.ignored(&f, s)
	case kindIncomplete:
		x.incomplete(&f, s)
	case kindDropped:
		x.dropped(&f, s)
	case kindDroppedSome:
		x.droppedSome(&f, s)
	case kindUnanswered:
		x.unanswered(&f, s)
	case kindQueue:
		x.queue(&f, s)
	case kindReset:
		x.reset(&f, s)
	case kindMute, kindMuteOther:
		x.mute(&f, s)
	case kindCheck:
		x.check(&f, s)
	default:
		return f, false
	}
	return f, true
}

// base fills what all findings share.
func (x *concluder) base(s *summary) analyzers.Finding {
	f := analyzers.Finding{Rule: kindRules[s.kind], Confidence: analyzers.Certain, FirstTime: s.first, LastTime: s.last, HasTime: true,
		Count: s.count, Citations: s.Citations,
		Flow:  &analyzers.FlowRef{Proto: "tcp", Src: s.client, SPort: s.cport, Dst: s.server, DPort: s.port, Tunnel: x.TunnelPath(s.tunnel)},
		Attrs: map[string]any{"attempts": s.count}}
	if s.kind.failed() || s.kind == kindSlow {
		f.Attrs["syns"] = s.syns
		f.Attrs["syn_retransmissions"] = s.retransmissions()
	}
	if s.folded && s.clients != 1 {
		f.Attrs["clients"] = s.clients
	}
	if s.folded && s.servers != 1 {
		f.Attrs["servers"] = s.servers
		if s.hosts != s.servers {
			f.Attrs["hosts"] = s.hosts
		}
	}
	if len(s.copies) > 0 {
		f.Attrs["copies"] = frameNumbers(s.copies)
	}
	if r := s.rec(); r.flags&flagReused != 0 && s.count == 1 {
		f.Attrs["since_port_reuse_ns"] = r.sinceReuse
	}
	return f
}

func frameNumbers(refs []decoders.FrameRef) []uint64 {
	out := make([]uint64, len(refs))
	for i, r := range refs {
		out[i] = r.Frame()
	}
	return out
}

// oneSided reports whether nothing that is missing to or from a client says
// anything: no TCP flow of the capture has both directions, or this client's
// have not.
func (c *correlator) oneSided(addr decoders.Addr, twoWay bool) bool {
	cl := c.peers.clients[addr]
	return !twoWay || cl != nil && cl.unseen > 0 && cl.answered == 0
}

func (x *concluder) sidedness(s *summary) bool {
	if s.client.IsZero() {
		return !x.Facts.TwoWay
	}
	return x.cor.oneSided(s.client, x.Facts.TwoWay)
}

// soften makes an absence finding as mild as its evidence is weak, and returns
// the clause that says why.
func (x *concluder) soften(f *analyzers.Finding, s *summary) string {
	switch {
	case s.oneSided:
		f.Severity, f.Confidence = analyzers.Info, analyzers.Possible
		f.Attrs["one_sided"] = true
		if x.Facts.TwoWay {
			return "one-sided capture: other connections of " + s.from() + " went on without a captured answer, so answers may have taken another path"
		}
		return "one-sided capture: no TCP connection in it has both directions, so an answer may have been missed"
	case x.maybeRejected(s):
		f.Severity, f.Confidence = analyzers.Info, analyzers.Possible
		f.Attrs["icmp_cut"] = true
		return "the capture holds ICMP errors to " + s.from() + " that are cut before the ports they are about: one may have rejected this (a larger snaplen would tell)"
	case s.cut == s.count && s.cut > 0:
		f.Confidence = analyzers.Possible
		f.Attrs["cut"] = true
		if s.retransmissions() < 2*s.count && s.kind != kindUnanswered && s.kind != kindIncomplete {
			f.Severity = analyzers.Warning // the next packet might have been the answer
		}
		return ""
	case s.flags&flagBroadcast != 0:
		f.Severity, f.Confidence = analyzers.Info, analyzers.Certain
		f.Attrs["broadcast"] = true
		return "sent to a broadcast or multicast address, where TCP never answers"
	}
	return ""
}

func (x *concluder) maybeRejected(s *summary) bool {
	if s.kind != kindDropped && s.kind != kindDroppedSome && s.kind != kindUnanswered {
		return false
	}
	cl := x.cor.peers.clients[s.client]
	return cl != nil && cl.maybeRejected(s.first, s.last)
}

func clause(parts ...string) (out string) {
	for _, p := range parts {
		if p != "" {
			out += "; " + p
		}
	}
	return out
}
