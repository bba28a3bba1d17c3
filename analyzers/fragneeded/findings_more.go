package fragneeded

import (
	"cmp"
	"fmt"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// repeated makes the findings about messages that come again and again.
func (x *concluder) repeated() {
	for _, t := range x.cor.repeats {
		f := x.base(ruleRepeat, &t.subject)
		f.Flow.SPort = 0 // it is about the route
		period := (t.lastTime - t.firstTime) / int64(t.repeats)
		f.Count, f.FirstTime, f.LastTime = t.repeats, t.firstTime, t.lastTime
		f.Citations = t.Citations
		f.Measure = &analyzers.Measure{Name: "period", Value: period, Unit: "ns"}
		f.Attrs["mtu"], f.Attrs["reporter"], f.Attrs["reporter_kind"] = uint64(t.mtu), t.reporter.String(), t.kind.String()
		f.Attrs["messages"], f.Attrs["shortest_ns"], f.Attrs["longest_ns"] = t.repeats+1, t.least, t.most
		why := "the sender forgets the MTU or ignores the message"
		if period >= int64(540e9) && period <= int64(660e9) {
			why = "the cached MTU expires (net.ipv4.route.mtu_expires, 600 s by default)"
			f.Attrs["cache_expiry"] = true
		} else if t.repeats > 1 && t.most-t.least <= period/5 {
			why = "so regular that the cached MTU seems to expire (net.ipv4.route.mtu_expires is not the default 600 s there)"
			f.Attrs["cache_expiry"] = true
		} else {
			f.Confidence = analyzers.Likely
		}
		f.Message = fmt.Sprintf("%s told %s the MTU %d for %s again %s after the flow had adapted to it, every %s on average: %s.",
			t.reporter, t.src, t.mtu, t.dst, analyzers.Count(t.repeats, "time", "times"), duration(period), why)
		x.report(f)
	}
}

// silent fills the finding about black holes without ICMP.
func (x *concluder) silent(f *analyzers.Finding, n *note) {
	s := n.silence
	f.Attrs["waited_ns"] = s.waited
	f.Measure = &analyzers.Measure{Name: "waited", Value: s.waited, Unit: "ns"}
	if s.mss > 0 {
		f.Attrs["mss"] = uint64(s.mss)
	}
	if s.size > 0 {
		f.Attrs["segment_size"], f.Attrs["retransmissions"] = uint64(s.size), uint64(s.again)
	}
	if s.block > 0 {
		f.Attrs["sacked_bytes"] = uint64(s.block)
	}
	var m string
	switch s.kind {
	case absent:
		f.Confidence = analyzers.Possible
		f.Attrs["missing_bytes"] = uint64(s.width)
		m = fmt.Sprintf("%s to %s: %d bytes (%s at an MSS of %d) never arrived in %s, while %d bytes behind them did; no full-size segment ever came this way",
			n.from(), n.to(), s.width, inSegments(s.width, s.mss), s.mss, duration(s.waited), s.block)
	case probed:
		f.Confidence = analyzers.Certain
		f.Attrs["smaller_size"] = uint64(s.final)
		m = fmt.Sprintf("%s to %s: segments of %d bytes were sent again %s in vain, then the sender tried %d bytes and got through after %s (packetization-layer probing)",
			n.from(), n.to(), s.size, analyzers.Count(s.again, "time", "times"), s.final, duration(s.waited))
	case alone:
		f.Confidence, f.Severity = analyzers.Possible, analyzers.Warning
		f.Attrs["answers"] = uint64(s.alive)
		m = fmt.Sprintf("%s to %s: full segments of %d bytes were sent again %s over %s in vain, although the other side sent %s meanwhile and had acknowledged smaller segments before",
			n.from(), n.to(), s.size, analyzers.Count(s.again, "time", "times"), duration(s.waited), analyzers.Count(s.alive, "segment", "segments"))
	default:
		f.Confidence = analyzers.Likely
		m = fmt.Sprintf("%s to %s: segments of %d bytes were sent again %s over %s in vain, while a short segment of %d bytes behind them arrived",
			n.from(), n.to(), s.size, analyzers.Count(s.again, "time", "times"), duration(s.waited), s.block)
	}
	f.Message = m + "; no ICMP error says why."
	if n.count > 1 {
		f.Message += fmt.Sprintf(" So on %d flows.", n.count)
	}
}

// inSegments says how many full segments so many missing bytes are: the MSS, or
// that less 12 bytes of timestamp option (RFC 7323), or up to 40 bytes of other
// options.
func inSegments(missing, mss uint32) string {
	count := (missing + mss - 1) / mss
	each := missing / count
	switch {
	case each*count != missing || each+maxOptions < mss:
		return "more than a full segment"
	case each == mss || each+timestampOption == mss:
		return analyzers.Count(count, "full segment", "full segments")
	}
	return "about " + analyzers.Count(count, "full segment", "full segments")
}

// Lengths of TCP options, which take their room from that of a full segment.
const (
	maxOptions      = 40
	timestampOption = 12 // with its padding
)

// mismatch fills the finding about a handshake whose MSS does not fit.
func (x *concluder) mismatch(f *analyzers.Finding, n *note) {
	r := n.rec
	fits := uint32(0)
	if h := headers(version(r.v6)); r.mtu > h {
		fits = r.mtu - h
	}
	over := r.mss + headers(version(r.v6)) - r.mtu
	f.Measure = &analyzers.Measure{Name: "excess", Value: int64(over), Unit: "bytes"}
	f.Attrs["mtu"], f.Attrs["mss"], f.Attrs["fitting_mss"] = uint64(r.mtu), uint64(r.mss), uint64(fits)
	if name := tunnelOf(over, r.v6); name != "" {
		f.Attrs["tunnel"] = name
	}
	f.Message = fmt.Sprintf("%s and %s agreed on an MSS of %d, %d bytes more than fit into the path's MTU of %d (MSS %d would): %s.",
		r.src, r.dst, r.mss, over, r.mtu, fits, costOf(over, r.v6))
	if n.count > 1 {
		f.Message += fmt.Sprintf(" Seen %d times.", n.count)
	}
}

// invalid fills the finding about a message that cannot be right.
func (x *concluder) invalid(f *analyzers.Finding, n *note) {
	r := n.rec
	f.Attrs["mtu"], f.Attrs["reporter"], f.Attrs["reporter_kind"] = uint64(r.mtu), r.reporter.String(), r.kind.String()
	f.Attrs["messages"] = uint64(r.icmps)
	if r.largest > 0 {
		f.Attrs["quoted_length"] = uint64(r.largest)
	}
	var reason, text string
	switch least := leastMTU(r.v6); {
	case r.fault&beyond != 0:
		reason, text = "not-sent", "it quotes bytes of the flow that were never sent: forged, or broken"
	case r.mtu == 0:
		reason, text = "mtu-zero", "it states no MTU at all, as routers older than RFC 1191 do; the sender has to guess"
	case r.mtu < least:
		f.Attrs["least_mtu"] = uint64(least)
		reason, text = "mtu-too-small", fmt.Sprintf("no link may have less than %d bytes: forged, or broken", least)
	default:
		reason, text = "fits", fmt.Sprintf("the packet of %d bytes that it quotes would have fitted", r.largest)
	}
	f.Attrs["reason"] = reason
	f.Message = fmt.Sprintf("%s sent %s with MTU %d about a packet from %s to %s, which cannot be right: %s.",
		r.reporter, messageName(r.v6), r.mtu, r.from(), r.to(), text)
	if n.count > 1 {
		f.Message += fmt.Sprintf(" Seen %d times.", n.count)
	}
}

// probed fills the finding about a message that answers a traceroute probe.
func (x *concluder) probed(f *analyzers.Finding, n *note) {
	r := n.rec
	f.Attrs["mtu"], f.Attrs["reporter"], f.Attrs["reporter_kind"] = uint64(r.mtu), r.reporter.String(), r.kind.String()
	f.Attrs["quoted_ttl"], f.Attrs["quoted_length"] = uint64(r.ttl), uint64(r.largest)
	f.Confidence = analyzers.Likely
	f.Message = fmt.Sprintf("%s answered a packet of %d bytes with TTL %d from %s to %s with %s (MTU %d) instead of time exceeded: traceroute and mtr end there.",
		r.reporter, r.largest, r.ttl, r.from(), r.to(), messageName(r.v6), r.mtu)
	if n.count > 1 {
		f.Message += fmt.Sprintf(" Seen %d times.", n.count)
	}
}

// suspected makes the findings about stalls whose ICMP error is not in the
// capture, one for each client and server:port.
func (x *concluder) suspected() {
	type key struct {
		client, server decoders.Addr
		port           uint16
	}
	byKey := map[key]*analyzers.Finding{}
	all := slices.Clone(x.cor.suspects)
	slices.SortStableFunc(all, func(a, b suspect) int { return cmp.Compare(a.frame, b.frame) })
	for i := range all {
		s := &all[i]
		if s.late != nil && !s.late.enough(x.cfg) {
			if s.late = nil; s.tail == 0 {
				continue // matched by chance
			}
		}
		client, server, port := s.ends()
		k := key{client, server, port}
		if f := byKey[k]; f != nil {
			f.Count++
			f.LastTime = s.time
			f.Flow.SPort = 0
			f.Cite(s.frame, "first segment after the silence", s.time)
			x.join(s, f)
			continue
		}
		f := x.suspect(s)
		f.CausedBy = x.byFrame[s.told.frame]
		p := x.report(f)
		byKey[k] = p
		x.join(s, p)
	}
	for _, f := range byKey {
		if f.Count > 1 {
			f.Message += fmt.Sprintf(" So on %d flows or occasions.", f.Count)
		}
	}
}

func (x *concluder) join(s *suspect, f *analyzers.Finding) {
	x.stalls = append(x.stalls, stall{s.key(), s.time, s.time, f})
}

func (x *concluder) suspect(s *suspect) analyzers.Finding {
	f := x.base(ruleSuspected, &s.subject)
	f.Confidence = analyzers.Likely
	if s.midStream && s.late == nil {
		f.Confidence = analyzers.Possible
	}
	f.FirstTime, f.LastTime = s.told.time, s.time
	f.Cite(s.told.frame, "frag-needed about another flow: lowered the route's MTU", s.told.time)
	f.Cite(s.frame, "first segment after it, one lowered MSS long", s.time)
	f.Attrs["mtu"], f.Attrs["reporter"], f.Attrs["ip_length"] = uint64(s.mtu), s.reporter.String(), uint64(s.ipLen)
	f.Attrs["since_icmp_ns"], f.Attrs["lowered_by_frame"] = s.sinceICMP, s.told.frame.Frame()
	f.Attrs["mechanism"] = "probe-timer"
	if s.late != nil {
		f.Measure = &analyzers.Measure{Name: "delay", Value: s.late.delay, Unit: "ns"}
		f.Attrs["delay_measurable"] = true
		f.Cite(s.late.inFrame, "the same request on its way in", s.late.in)
		f.Message = fmt.Sprintf("%s to %s: the request arrived at this host %s before it left; no ICMP error for this connection is in the capture, but frame %d had lowered the MTU of the route to %d: its own kernel very likely refused the first segment, and the probe timer sent it.",
			s.from(), s.to(), duration(s.late.delay), s.told.frame.Frame(), s.mtu)
		return f
	}
	f.Attrs["delay_measurable"] = false
	f.Cite(s.tail, "the rest, only after the acknowledgement", 0)
	f.Message = fmt.Sprintf("%s to %s probably stood still for about 200 ms, which cannot be measured here: frame %d had lowered the MTU of the route to %d, and the first segment after it, %s later, is exactly that long, alone until acknowledged: as the probe timer sends what the own kernel refused.",
		s.from(), s.to(), s.told.frame.Frame(), s.mtu, duration(s.sinceICMP))
	return f
}

// proxied makes the findings about late forwards, one for each client and
// server:port of the outbound connection and stall that it belongs to.
func (x *concluder) proxied() {
	type key struct {
		src, dst decoders.Addr
		port     uint16
		cause    *analyzers.Finding
	}
	byKey := map[key]*analyzers.Finding{}
	late := slices.Clone(x.cor.hops.late)
	slices.SortStableFunc(late, func(a, b *forward) int { return cmp.Compare(a.outFrame, b.outFrame) })
	for _, l := range late {
		if !l.enough(x.cfg) {
			continue
		}
		cause := x.stallOf(l)
		k := key{l.pair.out.src, l.pair.out.dst, l.pair.out.dport, cause}
		if f := byKey[k]; f != nil {
			f.Count++
			f.LastTime = l.out
			f.Flow.SPort = 0
			f.Cite(l.inFrame, "request on its way in", l.in)
			f.Cite(l.outFrame, "the same bytes on their way out", l.out)
			if l.delay > f.Measure.Value {
				f.Measure.Value = l.delay
			}
			continue
		}
		byKey[k] = x.late(l, cause)
	}
	for _, f := range byKey {
		if f.Count > 1 {
			f.Attrs["forwards"] = f.Count
			f.Message += fmt.Sprintf(" So %d times, %s at most.", f.Count, duration(f.Measure.Value))
		}
	}
}

func (x *concluder) late(l *forward, cause *analyzers.Finding) *analyzers.Finding {
	f := x.base(ruleHop, &l.pair.out)
	if !l.strong {
		f.Confidence = analyzers.Likely
	}
	f.FirstTime, f.LastTime, f.CausedBy = l.in, l.out, cause
	f.Measure = &analyzers.Measure{Name: "delay", Value: l.delay, Unit: "ns"}
	f.Cite(l.inFrame, "request on its way in", l.in)
	f.Cite(l.outFrame, "the same bytes on their way out", l.out)
	f.Attrs["inbound"] = l.pair.in.from() + " > " + l.pair.in.to()
	f.Attrs["matches"], f.Attrs["p50_ns"] = l.matches, l.quantile(.5)
	f.Message = fmt.Sprintf("A request of %s reached the proxy at %s and left for %s only %s later (median of %s: %s)",
		l.pair.in.from(), l.pair.in.to(), l.pair.out.to(), duration(l.delay), analyzers.Count(l.matches, "forward", "forwards"), duration(l.quantile(.5)))
	if cause != nil {
		f.Message += "; path MTU discovery held it back"
	}
	f.Message += "."
	return x.report(f)
}

// stallOf returns the finding about the stall that held a forward back, nil if
// none did.
func (x *concluder) stallOf(l *forward) *analyzers.Finding {
	for i := range x.stalls {
		s := &x.stalls[i]
		if s.flowKey == l.pair.out.key() && s.f.Rule != ruleRecovered && s.from >= l.in && s.from <= l.out {
			return s.f
		}
	}
	return nil
}
