package fragneeded

import (
	"fmt"

	"pcaptriage/analyzers"
)

// messageName is what the two protocols call the ICMP error.
func messageName(v6 bool) string {
	if v6 {
		return "packet too big"
	}
	return "fragmentation needed"
}

// who names the sender of an ICMP error in a message.
func (r *record) who() string {
	switch r.kind {
	case self:
		return "its own kernel"
	case destination:
		return "the destination " + r.reporter.String()
	}
	return "router " + r.reporter.String()
}

// event makes the finding about one event.
func (x *concluder) event(r *record) analyzers.Finding {
	rule := ruleStall
	switch r.verdict {
	case recovered:
		rule = ruleRecovered
	case blackhole, neverResumed:
		rule = ruleBlackhole
	}
	f := x.base(rule, &r.subject)
	f.FirstTime, f.LastTime = r.first, max(r.done, r.lastICMP, r.first)
	if r.droppedFrame != 0 {
		f.FirstTime = min(f.FirstTime, r.dropped)
	}
	a := f.Attrs
	a["mtu"], a["reporter"], a["reporter_kind"] = uint64(r.mtu), r.reporter.String(), r.kind.String()
	a["icmps"], a["events"] = uint64(r.icmps), r.list()
	if r.largest > 0 {
		a["quoted_length"] = uint64(r.largest)
	}
	if r.doneFrame != 0 {
		a["reaction_ns"], a["delay_ns"] = r.reaction(), r.delay()
		a["near_rtt_ns"], a["resent_ns"] = r.near, r.done-r.first
	}
	if r.resumeFrame != 0 {
		a["first_resent_ns"] = r.resume - r.first
	}
	x.eventEvidence(&f, r)
	switch r.verdict {
	case recovered:
		f.Measure = &analyzers.Measure{Name: "reaction", Value: r.reaction(), Unit: "ns"}
		f.Message = fmt.Sprintf("%s: %s said %s with MTU %d about %s to %s; the sender sent the data again in a size that fits %s later.",
			r.from(), r.who(), messageName(r.v6), r.mtu, r.what(), r.to(), duration(r.done-r.first))
	case stalled:
		x.stalled(&f, r)
	default:
		x.blackholed(&f, r)
	}
	return f
}

// what names the quoted packet.
func (r *record) what() string {
	switch {
	case r.icmps > 1:
		return fmt.Sprintf("%d packets", r.icmps)
	case r.largest > 0:
		return fmt.Sprintf("a packet of %d bytes", r.largest)
	}
	return "a packet"
}

// list is attrs.events: each ICMP error with the first segment that sent the
// quoted byte again.
func (r *record) list() []any {
	out := make([]any, 0, len(r.quotes))
	for i := range r.quotes {
		q := &r.quotes[i]
		e := map[string]any{"frame": q.frame.Frame(), "seq": uint64(q.seq), "mtu": uint64(r.mtu)}
		if q.length > 0 {
			e["quoted_length"] = uint64(q.length)
		}
		if q.resumeFrame != 0 {
			e["resume_frame"], e["delay_ns"] = q.resumeFrame.Frame(), q.resume-q.time
		}
		out = append(out, e)
	}
	return out
}

// eventEvidence cites the chain: what lowered the route's MTU, the dropped
// segment, the ICMP errors, the resumed segments.
func (x *concluder) eventEvidence(f *analyzers.Finding, r *record) {
	if r.cause != 0 {
		role := "earlier frag-needed about another flow: lowered the route's MTU"
		f.Cite(r.cause, role, r.causeTime)
		f.Attrs["lowered_by_frame"] = r.cause.Frame()
	}
	if r.droppedFrame != 0 {
		f.Cite(r.droppedFrame, "dropped segment", r.dropped)
	}
	resent := 0
	if r.resumeFrame != 0 {
		resent++
	}
	if r.doneFrame != 0 && r.doneFrame != r.resumeFrame {
		resent++
	}
	for i := range r.quotes {
		if len(f.Evidence)+resent == analyzers.MaxEvidence {
			f.EvidenceTotal += uint64(r.icmps) - uint64(i)
			break
		}
		f.Cite(r.quotes[i].frame, r.role(), r.quotes[i].time)
	}
	if r.resumeFrame != 0 {
		f.Cite(r.resumeFrame, "first segment sent again", r.resume)
	}
	if r.doneFrame != 0 && r.doneFrame != r.resumeFrame {
		f.Cite(r.doneFrame, "last quoted byte sent again", r.done)
	}
}

// mechanism is why a sender waited.
type mechanism struct{ code, text string }

// mechanismOf names what fits the wait of r.
func mechanismOf(r *record) mechanism {
	first := r.done
	if r.resumeFrame != 0 {
		first = r.resume
	}
	waited := first - r.first - r.whole // the timer starts with the first segment
	if r.kind == self {
		if n := timerTurn(waited); n == 1 {
			return mechanism{"probe-timer", "the segment never left the host: its own kernel refused it while the socket was owned by the sender, and the probe timer, max(RTO, 200 ms), sent it"}
		} else if n > 1 {
			return mechanism{"rto-backoff", fmt.Sprintf("the segment never left the host; the probe timer, doubled each time, sent it at its turn number %d", n)}
		}
		return mechanism{"", "the segment never left the host: its own kernel refused it"}
	}
	switch n := timerTurn(first - r.first - r.near); {
	case n == 1:
		return mechanism{"retransmission-timer", "the sender did not react to the message but to its retransmission timer, max(RTO, 200 ms)"}
	case n > 1:
		return mechanism{"rto-backoff", fmt.Sprintf("the sender did not react to the message but to its retransmission timer, at its turn number %d", n)}
	case r.done-first > first-r.first && first-r.first-r.near < int64(100e6):
		return mechanism{"window", fmt.Sprintf("the first segment was sent again %s after the message, the others only as acknowledgements came", duration(first-r.first))}
	}
	return mechanism{"", ""}
}

// timerTurn is the turn of a timer of 200 ms, doubled each time, that fires
// waited after its start; 0 when none does.
func timerTurn(waited int64) int {
	for n := 1; n <= 8; n++ {
		k := int64(1)<<n - 1
		if waited >= k*probeLow && waited <= k*probeHigh {
			return n
		}
	}
	return 0
}

func (x *concluder) stalled(f *analyzers.Finding, r *record) {
	f.Measure = &analyzers.Measure{Name: "delay", Value: r.delay(), Unit: "ns"}
	m := mechanismOf(r)
	if m.code != "" {
		f.Attrs["mechanism"] = m.code
	}
	f.Message = fmt.Sprintf("%s to %s stood still for %s after %s said %s with MTU %d", r.from(), r.to(), duration(r.delay()), r.who(), messageName(r.v6), r.mtu)
	if r.resumeFrame != 0 && r.done-r.resume >= int64(10e6) && m.code != "window" {
		f.Message += fmt.Sprintf(" (its first byte for %s)", duration(r.resume-r.first))
	}
	if m.text != "" {
		f.Message += "; " + m.text
	}
	if r.cause != 0 {
		f.Message += fmt.Sprintf("; frame %d, about another connection, had lowered the MTU of the route %s before", r.cause.Frame(), duration(r.first-r.causeTime))
		f.Attrs["since_lowered_ns"] = r.first - r.causeTime
	}
	f.Message += "."
}

func (x *concluder) blackholed(f *analyzers.Finding, r *record) {
	f.Attrs["retransmissions"] = uint64(r.resends)
	f.Measure = &analyzers.Measure{Name: "unacknowledged", Value: r.waited, Unit: "ns"}
	if r.verdict == neverResumed {
		f.Confidence = analyzers.Likely
		f.Message = fmt.Sprintf("%s to %s: %s said %s with MTU %d and the data it quotes were never sent again, for %s.",
			r.from(), r.to(), r.who(), messageName(r.v6), r.mtu, duration(r.waited))
		return
	}
	end := "without acknowledgement"
	if r.acked {
		end = "before the first acknowledgement"
	}
	f.Attrs["acknowledged"] = r.acked
	f.Message = fmt.Sprintf("%s to %s: %s said %s with MTU %d %s, but the sender does not get it: the data were sent again %s over %s %s.",
		r.from(), r.to(), r.who(), messageName(r.v6), r.mtu, analyzers.Count(r.icmps, "time", "times"), analyzers.Count(r.resends, "time", "times"), duration(r.waited), end)
}

// folded makes the one finding about the events of a group beyond the first.
func (x *concluder) folded(g *group) {
	r := g.worst
	f := x.event(r)
	f.Citations = g.Citations
	f.Count, f.FirstTime, f.LastTime = g.more, g.first, g.last
	if g.more > 1 {
		f.Flow.SPort = 0
	}
	f.Attrs["folded"] = g.more
	f.Message = fmt.Sprintf("%s like those reported one by one, the worst: %s", analyzers.Count(g.more, "further event", "further events"), f.Message)
	x.report(f)
}
