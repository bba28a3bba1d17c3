package gsmmap

import (
	"fmt"

	"pcaptriage/analyzers"
)

// transport reports what the capture lacks, and what SCTP had to repeat.
func (x *concluder) transport() {
	for _, a := range x.assocs {
		if a.counts.missing > 0 {
			x.gap(a)
		}
	}
	for _, a := range x.assocs {
		if n := &a.counts; 100*n.retransmissions > n.chunks && len(a.resent) > 0 {
			x.resent(a)
		}
	}
}

func (x *concluder) gap(a *sctpAssociation) {
	n := &a.counts
	at, role := a.gaps, "first chunk behind the gap"
	if len(at) == 0 {
		at, role = []moment{a.first}, "first packet"
	}
	f := x.onPath(a, ruleGap, at, role)
	f.Count = n.missing
	f.Measure = &analyzers.Measure{Name: "missing", Value: int64(n.missing), Unit: "count"}
	f.Attrs["acknowledged"] = n.acked
	f.Message = fmt.Sprintf("%s missing in the capture beside %d that %s there%s", analyzers.Count(n.missing, "SCTP chunk (TSN) is", "SCTP chunks (TSNs) are"),
		n.chunks, isAre(n.chunks), a.over())
	switch {
	case n.acked == 0:
	case n.acked == n.missing:
		f.Message += "; the receiver acknowledged them, so the capture lost them"
	default:
		f.Message += fmt.Sprintf("; the receiver acknowledged %d of them, which the capture lost", n.acked)
	}
	f.Message += "; a missing answer may be among them"
	x.Report(f)
}

func (x *concluder) resent(a *sctpAssociation) {
	n := &a.counts
	f := x.onPath(a, ruleRetx, a.resent, "retransmission")
	f.Count = n.retransmissions
	f.EvidenceTotal = max(f.EvidenceTotal, n.retransmissions)
	f.Measure = &analyzers.Measure{Name: "retransmissions", Value: int64(n.retransmissions), Unit: "count"}
	f.Attrs["gap_reports"], f.Attrs["duplicate_reports"] = n.gapReports, n.dupReports
	f.Message = fmt.Sprintf("%d of %d SCTP chunks (%s) are retransmissions%s", n.retransmissions, n.chunks, percent(n.retransmissions, n.chunks), a.over())
	if n.gapReports > 0 {
		f.Message += fmt.Sprintf("; %s gaps", analyzers.Count(n.gapReports, "SACK reports", "SACKs report"))
	}
	if n.dupReports > 0 {
		f.Message += fmt.Sprintf("; %s received twice", analyzers.Count(n.dupReports, "chunk was", "chunks were"))
	}
	x.Report(f)
}

// over names the number of paths, if there are several.
func (a *sctpAssociation) over() string {
	if a.paths < 2 {
		return ""
	}
	return fmt.Sprintf(", over %d paths of the association", a.paths)
}

func isAre(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// onPath begins a finding about an association, which cites some of its frames.
func (x *concluder) onPath(a *sctpAssociation, rule string, at []moment, role string) analyzers.Finding {
	f := analyzers.Finding{Rule: rule, Confidence: analyzers.Certain, FirstTime: at[0].time, LastTime: at[0].time, HasTime: true,
		Attrs: map[string]any{"chunks": a.counts.chunks, "paths": a.paths}}
	if !a.key.a.IsZero() {
		f.Flow = &analyzers.FlowRef{Proto: "sctp", Src: a.key.a, Dst: a.key.b, SPort: a.key.portA, DPort: a.key.portB, Tunnel: x.TunnelPath(a.tunnel)}
	}
	for _, m := range at {
		f.Cite(m.frame, role, m.time)
		f.FirstTime, f.LastTime = min(f.FirstTime, m.time), max(f.LastTime, m.time)
	}
	return f
}
