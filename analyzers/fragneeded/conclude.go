package fragneeded

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// conclude implements Analyzer.Conclude.
func conclude(c *analyzers.Conclusion) {
	lat := analyzers.NewLatencies(metrics)
	if r, ok := c.Flow.(*flowResult); ok {
		lat = r.latency
	}
	x := &concluder{Conclusion: c, cfg: c.Config.(*config), byFrame: map[decoders.FrameRef]*analyzers.Finding{}}
	if r, ok := c.Correlator.(*correlated); ok {
		x.cor = r.correlator
		lat.Merge(x.cor.latency)
		c.Out.VerdictsWithheld = x.cor.withheld + x.cor.lost
		c.Out.Tables = []*analyzers.Table{pathRows(x.cor), hopRows(x.cor, c.TunnelPath)}
		x.events()
		x.repeated()
		x.noted()
		x.suspected()
		x.proxied()
	}
	c.Out.Latency = lat.Rows()
	c.Out.LabelsFolded, c.Out.NegativeLatencies = lat.Folded, lat.Negative
}

// concluder turns what the correlator collected into findings.
type concluder struct {
	*analyzers.Conclusion
	cor *correlator
	cfg *config
	// byFrame finds the finding about an event by the frame of its first ICMP
	// error, and about a suspected stall by the frame of its segment.
	byFrame map[decoders.FrameRef]*analyzers.Finding
	stalls  []stall
}

// stall is a finding about a flow that waited, for the hops to be joined to.
type stall struct {
	flowKey
	from, to int64
	f        *analyzers.Finding
}

// ref names the flow that s is a direction of.
func (s *subject) ref(tunnel func(uint32) []string) *analyzers.FlowRef {
	r := &analyzers.FlowRef{Proto: "tcp", Src: s.src, SPort: s.sport, Dst: s.dst, DPort: s.dport, Tunnel: tunnel(s.tunnel)}
	if !s.client {
		r.Src, r.SPort, r.Dst, r.DPort = s.dst, s.dport, s.src, s.sport
	}
	return r
}

func (s *subject) direction() string {
	if s.client {
		return "client-to-server"
	}
	return "server-to-client"
}

// from and to name the two sides in a message.
func (s *subject) from() string { return s.src.HostPort(s.sport) }
func (s *subject) to() string   { return s.dst.HostPort(s.dport) }

// base is what all findings about a direction of a flow share.
func (x *concluder) base(rule string, s *subject) analyzers.Finding {
	return analyzers.Finding{Rule: rule, Confidence: analyzers.Certain, Flow: s.ref(x.TunnelPath), HasTime: true, Count: 1,
		Attrs: map[string]any{"direction": s.direction()}}
}

// report adds f with its evidence in the order of frames.
func (x *concluder) report(f analyzers.Finding) *analyzers.Finding {
	slices.SortStableFunc(f.Evidence, func(a, b analyzers.Evidence) int { return cmp.Compare(a.Frame, b.Frame) })
	f.EvidenceTotal = max(f.EvidenceTotal, uint64(len(f.Evidence)))
	return x.Report(f)
}

// events makes the findings about events: first those that may be the cause of
// others.
func (x *concluder) events() {
	keys := make([]groupKey, 0, len(x.cor.groups))
	for k := range x.cor.groups {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b groupKey) int {
		return cmp.Or(cmp.Compare(x.cor.groups[a].kept[0].frame, x.cor.groups[b].kept[0].frame), cmp.Compare(a.verdict, b.verdict),
			a.client.Compare(b.client), a.server.Compare(b.server), cmp.Compare(a.port, b.port))
	})
	var all []*record
	for _, k := range keys {
		g := x.cor.groups[k]
		all = append(all, g.kept...)
		if g.more > 0 {
			x.folded(g)
		}
	}
	slices.SortStableFunc(all, func(a, b *record) int { return cmp.Compare(a.frame, b.frame) })
	for _, r := range all {
		f := x.event(r)
		if r.cause != 0 {
			f.CausedBy = x.byFrame[r.cause]
		}
		p := x.report(f)
		if x.byFrame[r.frame] == nil {
			x.byFrame[r.frame] = p
		}
		x.stalls = append(x.stalls, stall{r.key(), r.first, max(r.done, r.first), p})
	}
}

// noted makes the findings that only count.
func (x *concluder) noted() {
	keys := make([]noteKey, 0, len(x.cor.notes))
	for k := range x.cor.notes {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b noteKey) int {
		return cmp.Or(cmp.Compare(x.cor.notes[a].Evidence[0].Frame, x.cor.notes[b].Evidence[0].Frame), cmp.Compare(a.rule, b.rule),
			cmp.Compare(a.extra, b.extra), a.client.Compare(b.client), a.server.Compare(b.server), cmp.Compare(a.port, b.port))
	})
	for _, k := range keys {
		n := x.cor.notes[k]
		f := x.base(k.rule, &n.subject)
		f.Count, f.FirstTime, f.LastTime = n.count, n.first, n.last
		f.Citations = n.Citations
		if k.client.IsZero() {
			f.Flow.Src, f.Flow.Dst, f.Flow.SPort, f.Flow.DPort = decoders.Addr{}, decoders.Addr{}, 0, 0
		}
		switch k.rule {
		case ruleSilent:
			x.silent(&f, n)
		case ruleMismatch:
			x.mismatch(&f, n)
		case ruleInvalid:
			x.invalid(&f, n)
		case ruleProbe:
			x.probed(&f, n)
		}
		x.report(f)
	}
}
