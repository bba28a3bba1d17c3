package connect

import (
	"fmt"

	"pcaptriage/analyzers"
)

// retries says how a client repeated its SYN and when it gave up.
func (x *concluder) retries(f *analyzers.Finding, s *summary, r *record) (how, end string) {
	gaps := r.gaps()
	f.Attrs["gaps_ns"] = gaps
	plan := recogniseSchedule(gaps, r)
	how = gapsText(gaps)
	if plan.name != "" {
		how += ": " + plan.name
		f.Attrs["schedule"] = plan.name
	}
	n := r.retransmissions()
	span := r.lastSYN() - r.synTime
	switch {
	case s.count > 1:
	case r.flags&flagCut != 0:
		end = fmt.Sprintf("the capture ended %s the last SYN, before the silence was long enough to be sure", afterwards(r.ranOn))
		f.Attrs["capture_ran_on_ns"] = r.ranOn
	case r.flags&flagAborted != 0:
		end = "the client then sent RST"
	case r.flags&flagSuperseded != 0:
		end = fmt.Sprintf("the client began a new attempt from the same port %s after the last SYN", duration(r.ranOn))
		f.Attrs["superseded_after_ns"] = r.ranOn
	case plan.most > 0 && n >= plan.most:
		all := fmt.Sprintf("all %d", plan.most)
		if plan.most == 2 {
			all = "both"
		}
		end = all + " retransmissions that the kernel makes by default, then it gave up"
		f.Attrs["kernel_limit"] = int64(plan.most)
	case plan.most > 0:
		end = fmt.Sprintf("%d of %d retransmissions, so the application gave up, between %s and %s after the first SYN", n, plan.most, duration(span), duration(span+plan.next))
		f.Attrs["kernel_limit"] = int64(plan.most)
	default:
		end = fmt.Sprintf("gave up at the latest %s after the first SYN", duration(span+plan.next))
	}
	f.Attrs["span_ns"] = span
	if s.count == 1 && r.flags&(flagCut|flagSuperseded|flagAborted) == 0 {
		f.Attrs["gave_up_before_ns"] = span + plan.next
	}
	return how, end
}

// fastest is below every kernel's first retransmission timeout for a SYN.
const fastest = int64(200e6)

// silence writes what dropped attempts have in common.
func (x *concluder) silence(f *analyzers.Finding, s *summary, why string) {
	r := s.rec()
	f.Measure = &analyzers.Measure{Name: "waited", Value: s.longest, Unit: "ns"}
	f.Attrs["waited_total_ns"] = s.wasted
	if s.retransmissions() < 2*s.count {
		f.Confidence = analyzers.Likely
	}
	soft := x.soften(f, s)
	if s.longest < fastest && s.longest > 0 && f.Severity == 0 {
		f.Severity, f.Confidence = analyzers.Warning, analyzers.Possible
		soft = clause2("no kernel repeats SYNs so fast", soft)
	}
	how, end := x.retries(f, s, r)
	if s.longest == 0 {
		// Their own times were not to be believed, and the clock stood still.
		f.Confidence = analyzers.Possible
		f.Attrs["untimed"] = true
		f.Message = fmt.Sprintf("%s could not reach %s: %s with %s, no answer of any kind; their timestamps do not tell how long it took",
			s.from(), s.to(), analyzers.Count(s.count, "attempt", "attempts"), analyzers.Count(s.syns, "SYN", "SYNs")) + clause(why, soft)
		return
	}
	none := "no answer of any kind"
	if s.flags&flagBadRST != 0 {
		none = "no valid answer (an RST that does not acknowledge the SYN is none)"
		f.Attrs["invalid_rst"] = true
	}
	reuse := ""
	if s.count == 1 && r.flags&flagReused != 0 {
		reuse = fmt.Sprintf("the client's port had been in use until %s before", duration(r.sinceReuse))
	}
	if s.count == 1 {
		f.Message = fmt.Sprintf("%s could not reach %s: 1 SYN and %s over %s, %s (%s)", s.from(), s.to(),
			analyzers.Count(r.retransmissions(), "retransmission", "retransmissions"), duration(s.longest), none, how)
	} else {
		f.Message = fmt.Sprintf("%s could not reach %s: %d attempts with %d SYNs, %s; up to %s each, %s in all (%s)", s.from(), s.to(),
			s.count, s.syns, none, duration(s.longest), duration(s.wasted), how)
		if s.cut > 0 {
			f.Attrs["attempts_cut"] = s.cut
			if s.cut == s.count {
				end = "the capture ended before the silence was long enough to be sure"
			}
		}
	}
	f.Message += clause(why, reuse, end, soft)
}

func (x *concluder) dropped(f *analyzers.Finding, s *summary) { x.silence(f, s, "") }

func (x *concluder) droppedSome(f *analyzers.Finding, s *summary) {
	sv := x.cor.peers.servers[endpoint{s.server, s.port}]
	why := "others were answered at that time"
	outage := false
	if sv != nil && !s.server.IsZero() {
		n := sv.counts[answered]
		f.Attrs["answered"] = n
		why = fmt.Sprintf("yet %s to it in this capture got through", analyzers.Count(n, "other attempt", "other attempts"))
		// What was answered only before and after fits a server that was down
		// meanwhile as well as a limit. Short outages may be missed: see answer.
		if outage = !sv.answeredIn(s.first, s.last); outage {
			f.Attrs["none_answered_meanwhile"] = true
		}
	}
	same := false
	if cl := x.cor.peers.clients[s.client]; cl != nil {
		_, same = x.cor.groups.index[groupKey{s.client, s.server, s.port, kindCompleted}]
	}
	f.Attrs["answered_same_client"] = same
	switch {
	case same && outage:
		why += ": overload (accept queue, SYN backlog, conntrack or rate limit) or, since none of them began meanwhile, an outage of the server, rather than a firewall rule"
	case same:
		why += ": overload (accept queue, SYN backlog, conntrack or rate limit) rather than a firewall rule"
	case outage:
		why += ", but none of this client and none begun meanwhile: overload, an outage of the server, or a rule that singles this client out"
	default:
		why += ", but none of this client: overload, or a rule that singles this client out"
	}
	x.silence(f, s, why)
}

func (x *concluder) unanswered(f *analyzers.Finding, s *summary) {
	r := s.rec()
	f.Measure = attemptsMeasure(s)
	f.Confidence = analyzers.Likely
	soft := x.soften(f, s)
	why := ""
	switch {
	case s.cut > 0 && s.cut == s.count:
		why = "the capture ended before the first retransmission was due, so it may have been answered later"
		if s.count == 1 {
			why = fmt.Sprintf("the capture ended %s it, before the first retransmission was due, so it may have been answered later", afterwards(r.ranOn))
			f.Attrs["capture_ran_on_ns"] = r.ranOn
		}
		f.Confidence = analyzers.Possible
	case s.flags&flagSuperseded != 0:
		why = "the client began another attempt from the same port instead of repeating the SYN: a generator or scanner, or a very short timeout"
		f.Confidence = analyzers.Possible
	case s.flags&flagAborted != 0:
		why = "the client took it back with RST"
	case s.oneSided || s.flags&flagBroadcast != 0:
	default:
		why = "the application gave up within the first second, or it is a scan"
	}
	if s.flags&flagBadRST != 0 {
		f.Attrs["invalid_rst"] = true
		why = "an RST came that does not acknowledge the SYN, which is no answer"
	}
	if s.count == 1 {
		f.Message = fmt.Sprintf("%s got no answer from %s to its only SYN, which it never repeated", s.from(), s.to())
	} else {
		f.Message = fmt.Sprintf("%s got no answer from %s to %d attempts of one SYN each, never repeated", s.from(), s.to(), s.count)
		if d := s.last - s.first; d > 0 && s.count >= 10 && float64(s.count)/(float64(d)/1e9) >= 50 {
			f.Message += fmt.Sprintf(", within %s", duration(d))
			f.Attrs["within_ns"] = d
			why = clause2("so many at once look like a SYN flood or a generator", why)
		}
	}
	f.Message += clause(why, soft)
}

func clause2(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}

func (x *concluder) ignored(f *analyzers.Finding, s *summary) {
	r := s.rec()
	f.Measure = &analyzers.Measure{Name: "waited", Value: s.longest, Unit: "ns"}
	f.Attrs["synacks"] = s.synacks
	f.Attrs["gaps_ns"] = r.gaps()
	if s.synacks < 2*s.count {
		f.Confidence = analyzers.Likely
	}
	soft := x.soften(f, s)
	if s.cut > 0 && s.cut == s.count {
		soft = clause2("the capture ended before it was decided", soft)
	}
	f.Message = fmt.Sprintf("%s answers, but %s does not take it: %s and %s over %s, no final ACK; the SYN-ACKs are lost behind the capture point, or refused by the client",
		s.to(), s.from(), analyzers.Count(s.syns, "SYN", "SYNs"), analyzers.Count(s.synacks, "SYN-ACK", "SYN-ACKs"), duration(s.longest))
	if s.count > 1 {
		f.Message += fmt.Sprintf("; %d attempts", s.count)
	}
	f.Message += clause(soft)
}

func (x *concluder) incomplete(f *analyzers.Finding, s *summary) {
	f.Measure = attemptsMeasure(s)
	repeats := s.synacks - s.count
	f.Attrs["synacks"] = s.synacks
	f.Attrs["synack_retransmissions"] = repeats
	f.Attrs["span_ns"] = s.longest
	if repeats == 0 {
		// A server without the ACK repeats its SYN-ACK. Rather the ACK was not captured.
		f.Severity, f.Confidence = analyzers.Info, analyzers.Possible
	}
	soft := x.soften(f, s)
	if s.cut > 0 && s.cut == s.count {
		f.Severity = analyzers.Info
		soft = clause2("the capture ended before the final ACK was overdue", soft)
	}
	if s.flags&flagServerReset != 0 {
		f.Attrs["server_reset"] = true
		soft = clause2("the server then sent RST", soft)
	}
	seen := fmt.Sprintf("SYN-ACK repeated %s over %s", analyzers.Count(repeats, "time", "times"), duration(s.longest))
	if repeats == 0 {
		seen = "one SYN-ACK each"
		if s.count == 1 {
			seen = "one SYN-ACK"
		}
	}
	why := "the SYN-ACK or the ACK is lost on the way, the capture misses the client's side, or the SYN is forged"
	if repeats == 0 {
		why = "a server that missed the ACK would repeat its SYN-ACK, so the capture may miss the client's ACK, or the server uses SYN cookies"
	}
	if s.count > 100 {
		why = "forged SYNs (a SYN flood), or the capture misses the clients' side"
	}
	if s.count == 1 {
		f.Message = fmt.Sprintf("the handshake of %s with %s stayed half open: %s, no final ACK", s.from(), s.to(), seen)
	} else {
		f.Message = fmt.Sprintf("%d handshakes of %s with %s stayed half open: %s, no final ACK", s.count, s.from(), s.to(), seen)
	}
	f.Message += clause(why, soft)
}
