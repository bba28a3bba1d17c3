package keepalive

import (
	"fmt"

	"pcaptriage/analyzers"
)

// writer writes findings.
type writer struct {
	c   *analyzers.Conclusion
	cfg *config
}

// attrs are a finding's further facts.
type attrs = map[string]any

// group reports one group of events.
func (w *writer) group(g *group) {
	f := analyzers.Finding{Confidence: analyzers.Certain, Count: g.count, FirstTime: g.first, LastTime: g.last, HasTime: true,
		Flow: w.flow(g.key.pairKey, g.cport, g.tunnel), Citations: g.cites.Citations, Attrs: attrs{}}
	f.SortEvidence()
	switch g.key.kind {
	case kindReuse:
		w.reuse(g, &f)
	case kindRace:
		w.race(g, &f)
	case kindIdleDrop:
		w.idleDrop(g, &f)
	case kindReset:
		w.idleReset(g, &f)
	case kindProbeReset:
		w.probeReset(g, &f)
	case kindDead:
		w.dead(g, &f)
	case kindFlood:
		w.flood(g, &f)
	}
	w.c.Report(f)
}

func (w *writer) flow(k pairKey, cport uint16, tunnel uint32) *analyzers.FlowRef {
	return &analyzers.FlowRef{Proto: "tcp", Src: k.client, SPort: cport, Dst: k.server, DPort: k.port, Tunnel: w.c.TunnelPath(tunnel)}
}

func (k pairKey) to() string { return k.server.HostPort(k.port) }

// times is "once", or "3 times".
func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (w *writer) reuse(g *group, f *analyzers.Finding) {
	f.Rule = ruleReuse
	f.Measure = &analyzers.Measure{Name: "idle", Value: g.long, Unit: "ns"}
	f.Attrs["idle_min_ns"], f.Attrs["idle_max_ns"], f.Attrs["probes"] = g.shortest, g.long, g.probes
	f.Attrs["probes_client"], f.Attrs["probes_server"] = uint64(g.worst.V[2]&0xffff), uint64(g.worst.V[2]>>16)
	f.Attrs["exchanges_before"] = g.exchanges
	probes := "without keep-alive probes in between"
	if g.probes > 0 {
		probes = "with " + analyzers.Count(g.probes, "keep-alive probe", "keep-alive probes") + " in between"
	}
	what, before := "connection", analyzers.Count(g.exchanges, "exchange", "exchanges")
	if g.event.Flags&overTLS != 0 {
		f.Confidence, f.Attrs["tls"] = analyzers.Likely, true
		what, before = "TLS connection", analyzers.Count(g.exchanges, "turn", "turns")
	}
	f.Message = fmt.Sprintf("%s used a %s to %s again %s after %s of idleness, %s (%s before).",
		g.key.client, what, g.key.to(), times(g.count), analyzers.Between(g.shortest, g.long), probes, before)
}

func (w *writer) race(g *group, f *analyzers.Finding) {
	f.Rule = ruleRace
	f.Measure = &analyzers.Measure{Name: "idle", Value: g.shortest, Unit: "ns"}
	f.Attrs["idle_ns"], f.Attrs["idle_max_ns"] = g.shortest, g.long
	f.Attrs["with_fin"], f.Attrs["with_rst"] = g.withFIN, g.withRST
	f.Attrs["direction"] = "client to server"
	why := "was answered by RST"
	if g.withFIN > 0 {
		d := g.event.V[3]
		f.Attrs["fin_after_request_ns"] = d
		f.Attrs["fin_acknowledged"] = g.event.Flags&afterFIN != 0
		switch {
		case g.event.Flags&afterFIN != 0:
			why = fmt.Sprintf("was sent %s after the server's FIN, which the client had acknowledged", duration(-d))
		case d >= 0:
			why = fmt.Sprintf("crossed the server's FIN, which came %s after it", duration(d))
		default:
			why = fmt.Sprintf("crossed the server's FIN, which had passed %s before it", duration(-d))
		}
	} else {
		f.Confidence = analyzers.Likely
	}
	if g.withRST == 0 {
		f.Confidence = analyzers.Likely
	}
	what := "connection"
	if g.event.Flags&overTLS != 0 {
		f.Confidence, f.Attrs["tls"] = analyzers.Likely, true
		what = "TLS connection"
	}
	timeout := fmt.Sprintf("the server's idle timeout is %s: the client's must be shorter", duration(g.shortest))
	if g.withFIN == 0 {
		timeout = fmt.Sprintf("the connection had been idle for %s", analyzers.Between(g.shortest, g.long))
	}
	if g.event.N > 0 {
		f.Attrs["announced_timeout_s"] = uint64(g.event.N - 1)
	}
	f.Message = fmt.Sprintf("A request of %s on an idle %s to %s was lost: it %s; %s.", g.key.client, what, g.key.to(), why, timeout)
	if g.count > 1 {
		f.Message = fmt.Sprintf("%d requests of %s on idle %ss to %s were lost: the first %s; %s.", g.count, g.key.client, what, g.key.to(), why, timeout)
	}
}

func (w *writer) idleDrop(g *group, f *analyzers.Finding) {
	f.Rule = ruleIdleDrop
	f.Confidence = analyzers.Likely
	if g.ranOn == 0 {
		f.Confidence = analyzers.Possible
	}
	took := g.event.V[2] - g.event.Time
	f.Measure = &analyzers.Measure{Name: "idle", Value: g.shortest, Unit: "ns"}
	f.Attrs["idle_ns"], f.Attrs["idle_max_ns"], f.Attrs["sent"], f.Attrs["for_ns"] = g.shortest, g.long, uint64(g.event.N), took
	f.Attrs["direction"] = "client to server"
	f.Message = fmt.Sprintf("After %s of idleness %s sent a request to %s %d times in %s and got no answer at all: something on the way has forgotten the connection.",
		duration(g.event.V[0]), g.key.client, g.key.to(), g.event.N, duration(took))
	if g.count > 1 {
		f.Message = fmt.Sprintf("%d times %s sent a request after %s of idleness to %s and got no answer at all (the first one %d times in %s): something on the way forgets the connections.",
			g.count, g.key.client, analyzers.Between(g.shortest, g.long), g.key.to(), g.event.N, duration(took))
	}
}

func (w *writer) idleReset(g *group, f *analyzers.Finding) {
	f.Rule = ruleIdleReset
	f.Measure = &analyzers.Measure{Name: "idle", Value: g.shortest, Unit: "ns"}
	f.Attrs["idle_min_ns"], f.Attrs["idle_max_ns"], f.Attrs["by_client"] = g.shortest, g.long, g.byClient
	who := "the server"
	switch g.byClient {
	case 0:
	case g.count:
		who = "the client"
	default:
		who = fmt.Sprintf("either side (%d by the client)", g.byClient)
	}
	quiet := "nothing under way"
	if g.opaque > 0 {
		f.Confidence, quiet = analyzers.Likely, "nothing unacknowledged"
	}
	f.Message = fmt.Sprintf("%s between %s and %s ended with RST of %s after %s of idleness, with %s.",
		analyzers.Count(g.count, "connection", "connections"), g.key.client, g.key.to(), who, analyzers.Between(g.shortest, g.long), quiet)
}

func (w *writer) prober(g *group) string {
	switch g.byClient {
	case g.count:
		return g.key.client.String()
	case 0:
		return g.key.to()
	}
	return "both sides"
}

func (w *writer) probeReset(g *group, f *analyzers.Finding) {
	f.Rule = ruleProbeReset
	f.Measure = &analyzers.Measure{Name: "idle", Value: g.shortest, Unit: "ns"}
	f.Attrs["idle_ns"], f.Attrs["idle_max_ns"], f.Attrs["by_client"] = g.shortest, g.long, g.byClient
	f.Message = fmt.Sprintf("A keep-alive probe of %s on a connection between %s and %s was answered by RST after %s of idleness: the connection was forgotten in that time.",
		w.prober(g), g.key.client, g.key.to(), analyzers.Between(g.shortest, g.long))
	if g.count > 1 {
		f.Message = fmt.Sprintf("Keep-alive probes of %s on %d connections between %s and %s were answered by RST after %s of idleness: the connections were forgotten in that time.",
			w.prober(g), g.count, g.key.client, g.key.to(), analyzers.Between(g.shortest, g.long))
	}
}

func (w *writer) dead(g *group, f *analyzers.Finding) {
	f.Rule = ruleDead
	r := &g.row
	f.Measure = &analyzers.Measure{Name: "unanswered", Value: int64(r.unanswered), Unit: "count"}
	f.Attrs["unanswered"], f.Attrs["idle_ns"], f.Attrs["interval_ns"], f.Attrs["by_client"] = r.unanswered, r.lastIdle, r.inRun.mean(), g.byClient
	f.Attrs["interval_min_ns"], f.Attrs["interval_max_ns"] = r.inRun.shortest, r.inRun.widest
	end := "then nothing more was seen"
	if r.outcome == probesGivenUp {
		end = "and the prober gave up with RST"
	} else {
		f.Confidence = analyzers.Likely
	}
	f.Attrs["ended_by"] = probeOutcomes[r.outcome]
	f.Message = fmt.Sprintf("%s of %s in a row, %s apart, got no answer on a connection between %s and %s, %s.",
		analyzers.Count(r.unanswered, "keep-alive probe", "keep-alive probes"), w.prober(g), analyzers.Between(r.inRun.shortest, r.inRun.widest), g.key.client, g.key.to(), end)
	if g.count > 1 {
		f.Message = fmt.Sprintf("On %d connections between %s and %s the keep-alive probes of %s got no answer (on the first %d in a row, %s apart, %s).",
			g.count, g.key.client, g.key.to(), w.prober(g), r.unanswered, analyzers.Between(r.inRun.shortest, r.inRun.widest), end)
	}
}

func (w *writer) flood(g *group, f *analyzers.Finding) {
	f.Rule = ruleFlood
	r := &g.row
	f.Measure = &analyzers.Measure{Name: "interval", Value: r.all.shortest, Unit: "ns"}
	f.Attrs["probes"], f.Attrs["interval_min_ns"], f.Attrs["interval_max_ns"], f.Attrs["by_client"] = g.probes, r.all.shortest, r.all.widest, g.byClient
	on := "a connection"
	if g.count > 1 {
		on = fmt.Sprintf("%d connections", g.count)
	}
	f.Message = fmt.Sprintf("%s sent %s, %s apart, on %s between %s and %s.",
		w.prober(g), analyzers.Count(g.probes, "keep-alive probe", "keep-alive probes"), analyzers.Between(r.all.shortest, r.all.widest), on, g.key.client, g.key.to())
}
