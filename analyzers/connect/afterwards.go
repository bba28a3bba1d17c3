package connect

import (
	"fmt"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

func (x *concluder) queue(f *analyzers.Finding, s *summary) {
	f.Measure = attemptsMeasure(s)
	f.Attrs["synack_repeats"] = s.synacks
	f.Attrs["data_retransmissions"] = s.syns
	f.Attrs["never_acknowledged"] = s.cut
	conns := fmt.Sprintf("a connection of %s", s.from())
	if s.count > 1 {
		conns = fmt.Sprintf("%d connections of %s", s.count, s.from())
	}
	f.Message = fmt.Sprintf("%s did not take %s into its accept queue: it repeated SYN-ACK %s after the final ACK and left the client's data unacknowledged (retransmitted %s)",
		s.to(), conns, analyzers.Count(s.synacks, "time", "times"), analyzers.Count(s.syns, "time", "times"))
	if s.cut < s.count {
		f.Attrs["delay_ns"] = s.longest
		f.Message += fmt.Sprintf("; acknowledged after %s in the end", duration(s.longest))
		if s.cut == 0 {
			f.Severity, f.Confidence = analyzers.Warning, analyzers.Likely
		}
	}
	if s.synacks < 2 {
		f.Confidence = analyzers.Likely
	}
	f.Message += "; the application does not accept fast enough"
}

func (x *concluder) reset(f *analyzers.Finding, s *summary) {
	f.Measure = &analyzers.Measure{Name: "delay", Value: s.longest, Unit: "ns"}
	n := s.more.note
	what := requestNames[min(int(n.flags&0xff), len(requestNames)-1)]
	f.Attrs["request"] = what
	f.Attrs["request_bytes"] = n.v[3]
	if s.count == 1 {
		f.Message = fmt.Sprintf("%s reset the connection of %s %s after %s (%d bytes), without having sent a byte", s.to(), s.from(), duration(s.longest), what, n.v[3])
		if n.flags&noteAcked == 0 {
			f.Message += "; it had not acknowledged them either"
		}
		return
	}
	f.Message = fmt.Sprintf("%s reset %d connections of %s, up to %s after %s, without having sent a byte", s.to(), s.count, s.from(), duration(s.longest), what)
}

func (x *concluder) mute(f *analyzers.Finding, s *summary) {
	f.Measure = &analyzers.Measure{Name: "waited", Value: s.longest, Unit: "ns"}
	n := s.more.note
	what := requestNames[min(int(n.flags&0xff), len(requestNames)-1)]
	f.Attrs["request"] = what
	f.Attrs["waited_total_ns"] = s.wasted
	f.Attrs["closed_by_client"] = s.closed.client
	f.Attrs["responses_of_server"] = x.cor.peers.server(endpoint{s.server, s.port}).responded
	if s.kind == kindMuteOther {
		f.Confidence = analyzers.Likely
	}
	end := fmt.Sprintf("the server closed after %s", duration(s.longest))
	switch {
	case n.v[1] == 0:
		end = "nothing more was seen until the connection's idle time ran out"
		f.Confidence = analyzers.Likely
	case s.closed.client > 0:
		end = fmt.Sprintf("the client closed after %s", duration(s.longest))
	}
	if s.count == 1 {
		f.Message = fmt.Sprintf("%s acknowledged %s of %s and sent no byte back; %s", s.to(), what, s.from(), end)
		return
	}
	f.Message = fmt.Sprintf("%s acknowledged requests (%s) of %s on %d connections and sent no byte back; up to %s waited", s.to(), what, s.from(), s.count, duration(s.longest))
}

func (x *concluder) check(f *analyzers.Finding, s *summary) {
	f.Measure = attemptsMeasure(s)
	span := s.last - s.first
	f.Attrs["half_open"] = s.synacks
	f.Attrs["span_ns"] = span
	how := "full handshake, closed by the client at once"
	switch s.synacks {
	case 0:
	case s.count:
		how = "reset by the client right after the SYN-ACK"
	default:
		how = "closed or reset by the client at once"
	}
	every := ""
	if s.count > 1 && !s.folded {
		f.Attrs["interval_ns"] = span / int64(s.count-1)
		every = fmt.Sprintf(", one every %s on average", duration(span/int64(s.count-1)))
	}
	if s.count < 5 {
		f.Confidence = analyzers.Possible
	} else {
		f.Confidence = analyzers.Likely
	}
	f.Message = fmt.Sprintf("%s checks whether %s listens: %d connections without data within %s%s, %s", s.from(), s.to(), s.count, duration(span), every, how)
}

// maxOpenNamed is the number of open targets that fit into its sentence.
const maxOpenNamed = 8

// openText names what the scan found open.
func (s *scan) openText() string {
	if len(s.open) == 0 {
		return ""
	}
	var names []string
	for _, e := range s.open[:min(len(s.open), maxOpenNamed)] {
		switch {
		case len(s.hosts) == 1:
			names = append(names, strconv.Itoa(int(e.port)))
		case len(s.ports) == 1:
			names = append(names, e.addr.String())
		default:
			names = append(names, e.addr.HostPort(e.port))
		}
	}
	out := "; open: " + strings.Join(names, ", ")
	if n := len(s.open) - len(names); n > 0 {
		out += fmt.Sprintf(" and %d more", n)
	}
	return out
}

// maxOpen is the number of open targets that a scan's finding names.
const maxOpen = 20

func (x *concluder) scan(s *scan) analyzers.Finding {
	var cited analyzers.Citations
	var sum [numKinds]uint64
	f := analyzers.Finding{Rule: ruleScan, Confidence: analyzers.Likely, HasTime: true, FirstTime: s.groups[0].first, LastTime: s.groups[0].last,
		Flow:    &analyzers.FlowRef{Proto: "tcp", Src: s.client, Tunnel: x.TunnelPath(s.groups[0].tunnel)},
		Measure: &analyzers.Measure{Name: "targets", Value: int64(s.targets), Unit: "count"}}
	var attempts, syns uint64
	for _, g := range s.groups {
		f.FirstTime, f.LastTime = min(f.FirstTime, g.first), max(f.LastTime, g.last)
		sum[g.key.kind] += g.count
		if g.key.kind.failed() || g.key.kind == kindCompleted {
			attempts += g.count
			syns += g.syns
		}
		if g.key.kind == kindCheck {
			continue // also among the completed
		}
		cited.Cite(g.firstFrame, "SYN", g.first)
		cited.EvidenceTotal += g.count - 1
	}
	f.Citations, f.Count = cited, attempts
	f.Attrs = map[string]any{"attempts": attempts, "syns": syns, "targets": int64(s.targets), "hosts": int64(len(s.hosts)), "ports": int64(len(s.ports)),
		"answered": int64(s.done), "span_ns": f.LastTime - f.FirstTime}
	if len(s.hosts) == 1 {
		f.Flow.Dst = s.groups[0].key.server
	}
	if len(s.ports) == 1 {
		f.Flow.DPort = s.groups[0].key.port
	}
	var fates []string
	fate := func(name string, ks ...kind) {
		var n uint64
		for _, k := range ks {
			n += sum[k]
		}
		if n > 0 {
			fates = append(fates, fmt.Sprintf("%d %s", n, name))
			f.Attrs[strings.ReplaceAll(name, " ", "_")] = n
		}
	}
	fate("refused", kindRefused)
	fate("rejected", kindRejected)
	fate("dropped", kindDropped, kindDroppedSome)
	fate("unanswered", kindUnanswered)
	fate("half open", kindIncomplete, kindIgnored, kindStale)
	fate("completed", kindCompleted)
	if n := len(s.open); n > 0 {
		open := make([]string, 0, maxOpen)
		for _, e := range s.open[:min(n, maxOpen)] {
			open = append(open, e.addr.HostPort(e.port))
		}
		f.Attrs["open"] = open
		f.Attrs["open_total"] = int64(n)
	}
	times := ""
	if attempts != uint64(s.targets) {
		times = " in " + analyzers.Count(attempts, "attempt", "attempts")
	}
	f.Message = fmt.Sprintf("%s tried %s (%s, %s)%s within %s: %s", s.client, analyzers.Count(s.targets, "target", "targets"),
		analyzers.Count(len(s.hosts), "host", "hosts"), analyzers.Count(len(s.ports), "port", "ports"), times, duration(f.LastTime-f.FirstTime),
		strings.Join(fates, ", "))
	switch repeated := syns-attempts > attempts/2; {
	case len(s.hosts) == 1:
		f.Message += "; a port scan"
	case repeated:
		f.Confidence = analyzers.Possible
		f.Message += "; a sweep, or a client that is cut off from the network (its SYNs were repeated as by ordinary programs)"
	default:
		f.Message += "; a sweep of many hosts"
	}
	f.Message += s.openText()
	return f
}
