package keepalive

import (
	"cmp"
	"fmt"
	"slices"

	"pcaptriage/analyzers"
)

// minPolls is how many slow responses of nearly equal duration make a long poll.
const minPolls = 3

// polls reports whether the durations are those of a long poll: repeated, and
// equal to a twentieth and a little.
func (g *group) polls() bool {
	return g.count >= minPolls && g.long-g.shortest <= g.sum/int64(g.count)/20+20e6
}

// slow reports the slow responses: one finding for each client and server, and
// another for what are long polls.
func (w *writer) slow(groups []*group) {
	type key struct {
		pairKey
		polls bool
	}
	var order []key
	byPair := map[key][]*group{}
	for _, g := range groups {
		if g.key.kind != kindSlow {
			continue
		}
		k := key{g.key.pairKey, g.polls()}
		if byPair[k] == nil {
			order = append(order, k)
		}
		byPair[k] = append(byPair[k], g)
	}
	for _, k := range order {
		w.slowPair(byPair[k], k.polls)
	}
}

func (w *writer) slowPair(gs []*group, polls bool) {
	h := gs[0]
	f := analyzers.Finding{Rule: ruleSlow, Confidence: analyzers.Certain, HasTime: true, FirstTime: h.first, LastTime: h.last, Attrs: attrs{}}
	cport, lo, hi, t := h.cport, h.shortest, h.long, trips{}
	for _, g := range gs {
		if g.cport != cport {
			cport = 0
		}
		lo, hi = min(lo, g.shortest), max(hi, g.long)
		t.merge(&g.trips)
		f.Count += g.count
		if g.cutHeads+g.trips.unknown > 0 {
			f.Confidence = analyzers.Likely
		}
		f.FirstTime, f.LastTime = min(f.FirstTime, g.first), max(f.LastTime, g.last)
		f.EvidenceTotal += g.cites.EvidenceTotal
		f.Evidence = append(f.Evidence, g.cites.Evidence...)
	}
	cited := len(f.Evidence)
	f.SortEvidence()
	f.EvidenceTotal -= uint64(cited - len(f.Evidence)) // requests to several resources in one segment
	f.Evidence = f.Evidence[:min(len(f.Evidence), analyzers.MaxEvidence)]
	f.Flow = w.flow(h.key.pairKey, cport, h.tunnel)
	f.Measure = &analyzers.Measure{Name: "response", Value: hi, Unit: "ns"}
	f.Attrs["response_min_ns"], f.Attrs["response_max_ns"], f.Attrs["resources"], f.Attrs["long_poll"] = lo, hi, uint64(len(gs)), polls
	t.attributes(f.Attrs)
	f.Message = fmt.Sprintf("%s of %s to %s came %s after the request",
		analyzers.Count(f.Count, "response", "responses"), h.key.to(), h.key.client, analyzers.Between(lo, hi))
	if len(gs) > 1 {
		f.Message += fmt.Sprintf(" (%d resources)", len(gs))
	}
	if polls {
		f.Severity, f.Confidence = analyzers.Info, analyzers.Likely
		f.Message += ", so evenly that it looks like a long poll"
	}
	f.Message += t.text(lo) + "."
	w.c.Report(f)
}

// unused reports connections with one exchange each.
func (w *writer) unused(p *pair) {
	if p.unused < uint64(w.cfg.UnusedMin) || p.key == (pairKey{}) {
		return
	}
	f := analyzers.Finding{Rule: ruleUnused, Confidence: analyzers.Certain, Count: p.unused, HasTime: true, FirstTime: p.unusedFirst, LastTime: p.unusedLast,
		Flow: w.flow(p.key, 0, p.tunnel), Citations: p.unusedCites.Citations,
		Measure: &analyzers.Measure{Name: "connections", Value: int64(p.unused), Unit: "count"}}
	f.SortEvidence()
	f.Attrs = attrs{"connections": p.connections, "one_exchange": p.unused, "connection_close": p.unusedClose, "http10": p.unused10,
		"closed_by_client": p.unusedByClient, "handshakes_ns": p.unusedPaid}
	asked := "no message asked for it"
	switch {
	case p.unusedClose == p.unused:
		asked, f.Severity = `"Connection: close" asked for it`, analyzers.Info
	case p.unused10 == p.unused:
		asked, f.Severity = "HTTP/1.0 asked for it", analyzers.Info
	case p.unusedClose+p.unused10 == p.unused:
		asked, f.Severity = `"Connection: close" or HTTP/1.0 asked for it`, analyzers.Info
	case p.unused-p.unusedClose-p.unused10 < uint64(w.cfg.UnusedMin):
		f.Severity = analyzers.Info // too few others
		fallthrough
	case p.unusedClose+p.unused10 > 0:
		asked = fmt.Sprintf(`"Connection: close" or HTTP/1.0 asked for it in %d`, p.unusedClose+p.unused10)
	}
	who := "the server"
	switch p.unusedByClient {
	case 0:
	case p.unused:
		who = "the client"
	default:
		who = fmt.Sprintf("the client in %d, the server in %d", p.unusedByClient, p.unused-p.unusedByClient)
	}
	cost := fmt.Sprintf("%d handshakes", p.unused)
	if p.unusedPaidCount > 0 {
		cost = fmt.Sprintf("%d handshakes and %s of waiting for them", p.unused, duration(p.unusedPaid))
	}
	f.Message = fmt.Sprintf("%s opened %d connections to %s for one exchange each: %s; %s; closed first by %s.",
		p.key.client, p.unused, p.key.to(), cost, asked, who)
	w.c.Report(f)
}

// minUnread is from how many connections on keepalive-body-unread is a warning.
const minUnread = 3

// unread reports connections opened although another was idle.
func (w *writer) unread(p *pair) {
	if p.unread == 0 || p.key == (pairKey{}) {
		return
	}
	f := analyzers.Finding{Rule: ruleUnread, Confidence: analyzers.Possible, Count: p.unread, HasTime: true, FirstTime: p.unreadFirst, LastTime: p.unreadLast,
		Flow: w.flow(p.key, 0, p.tunnel), Citations: p.unreadCites.Citations,
		Measure: &analyzers.Measure{Name: "connections", Value: int64(p.unread), Unit: "count"},
		Attrs:   attrs{"connections": p.connections, "idle_max_ns": p.unreadIdle}}
	f.SortEvidence()
	if p.unread < minUnread {
		f.Severity = analyzers.Info
	}
	f.Message = fmt.Sprintf("%s opened %s to %s while an earlier one was idle (up to %s) and was never used again: is a response body not read to its end or not closed?",
		p.key.client, analyzers.Count(p.unread, "connection", "connections"), p.key.to(), duration(p.unreadIdle))
	w.c.Report(f)
}

// saved is the time that reuse saved: what the exchanges on used connections
// would have paid for handshakes at the pair's mean; 0 if none was seen.
func (p *pair) saved() int64 {
	if p.paidCount == 0 {
		return 0
	}
	return p.paid / int64(p.paidCount) * int64(p.reused)
}

// byServer sorts rows for probes: by first frame.
func byFrame(rows []probeRow) {
	slices.SortStableFunc(rows, func(a, b probeRow) int { return cmp.Compare(a.firstFrame, b.firstFrame) })
}
