package ssh

import (
	"cmp"
	"maps"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// writer writes findings.
type writer struct {
	c       *analyzers.Conclusion
	cfg     *config
	flow    *flowResult
	cor     *correlator
	changed map[endpoint]*analyzers.Finding // hostkey-changed, by server
	holes   map[decoders.FrameRef]bool      // sessions, by first frame, that a black hole explains
}

type attrs = map[string]any

// conclude turns notes, records and what the correlator saw into findings, rows
// and tables.
func conclude(c *analyzers.Conclusion) {
	w := &writer{c: c, cfg: c.Config.(*config), flow: c.Flow.(*flowResult), cor: c.Correlator.(*correlated).correlator,
		changed: map[endpoint]*analyzers.Finding{}, holes: map[decoders.FrameRef]bool{}}
	w.hostKeys()
	w.blackHoles()
	notes := slices.SortedFunc(maps.Values(w.flow.notes), func(a, b *note) int {
		return cmp.Or(cmp.Compare(a.begun, b.begun), a.key.compare(b.key))
	})
	scanners := w.scans()
	for _, n := range notes {
		w.note(n, scanners)
	}
	w.graces()
	w.guessing()

	records := w.flow.records
	slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.frame, b.frame) })
	for i := range records {
		r := &records[i]
		hole := w.holes[r.frame]
		if hole {
			r.outcome, r.confidence = outBlackHole, "high"
		}
		r.ended(hole)
	}
	var one *timeline
	if w.flow.sessions == 1 {
		if one = w.flow.timeline; one != nil {
			one.open.settle(len(w.holes) > 0)
		}
	}
	c.Out.Latency = w.flow.latency.Rows()
	c.Out.LabelsFolded, c.Out.NegativeLatencies = w.flow.latency.Folded, w.flow.latency.Negative
	c.Out.VerdictsWithheld = w.flow.withheld + w.flow.folded + w.cor.folded
	c.Out.Tables = []*analyzers.Table{w.sessionRows(records, w.flow.sessions-uint64(len(records))), w.phaseRows(one), softwareRows(records)}
}

// finding begins a finding.
func (w *writer) finding(r rule, client, server decoders.Addr, cport, port uint16, tunnel uint32) analyzers.Finding {
	return analyzers.Finding{Rule: r.code(), Confidence: analyzers.Certain, HasTime: true, Attrs: attrs{},
		Flow: &analyzers.FlowRef{Proto: "tcp", Src: client, SPort: cport, Dst: server, DPort: port, Tunnel: w.c.TunnelPath(tunnel)}}
}

// sorted orders evidence by frame, each once.
func sorted(ev []analyzers.Evidence) []analyzers.Evidence {
	ev = slices.Clone(ev)
	slices.SortStableFunc(ev, byFrame)
	ev = slices.CompactFunc(ev, func(a, b analyzers.Evidence) bool { return a.Frame == b.Frame })
	return ev[:min(len(ev), analyzers.MaxEvidence)]
}

// blackHoles joins the sessions that got stuck with the path MTU black holes that
// fragneeded found on their flows.
func (w *writer) blackHoles() {
	slices.SortFunc(w.flow.stuck, func(a, b stuck) int { return cmp.Compare(a.begun, b.begun) })
	for _, cause := range w.c.Required["fragneeded"].Findings {
		if cause.Rule != "pmtu-blackhole-silent" || cause.Flow == nil {
			continue
		}
		var hit []*stuck
		for i := range w.flow.stuck {
			if k := &w.flow.stuck[i]; k.on(cause.Flow) && !w.holes[k.begun] {
				hit = append(hit, k)
				w.holes[k.begun] = true
			}
		}
		if len(hit) > 0 {
			w.blackHole(cause, hit)
		}
	}
}

// on reports whether k's connection is that of f, whichever side f names first.
// Ports of 0 stand for several.
func (k *stuck) on(f *analyzers.FlowRef) bool {
	same := func(a, b decoders.Addr, ap, bp uint16) bool {
		return f.Src == a && f.Dst == b && (f.SPort == ap || f.SPort == 0) && (f.DPort == bp || f.DPort == 0)
	}
	return same(k.client, k.server, k.cport, k.port) || same(k.server, k.client, k.port, k.cport)
}
