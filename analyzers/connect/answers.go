package connect

import (
	"fmt"

	"pcaptriage/analyzers"
)

func attemptsMeasure(s *summary) *analyzers.Measure {
	return &analyzers.Measure{Name: "attempts", Value: int64(s.count), Unit: "count"}
}

func (x *concluder) refused(f *analyzers.Finding, s *summary) {
	r := s.rec()
	after := r.endTime - r.synTime
	f.Attrs["rst_after_ns"] = after
	f.Measure = attemptsMeasure(s)
	why, sep := "nothing listens on that port", ", "
	if sv := x.cor.peers.servers[endpoint{s.server, s.port}]; sv != nil && sv.counts[answered] > 0 {
		n := sv.counts[answered]
		f.Attrs["answered"] = n
		sep = "; "
		why = fmt.Sprintf("yet %s to it in this capture got through: nothing listened there at that time, or the RST was sent on purpose (full queue, access list)",
			analyzers.Count(n, "other attempt", "other attempts"))
	}
	switch {
	case s.count == 1 && s.syns == 1:
		f.Message = fmt.Sprintf("%s refused the connection of %s: RST %s the SYN", s.to(), s.from(), afterwards(after)) + sep + why
	case s.count == 1:
		f.Message = fmt.Sprintf("%s refused the connection of %s: RST %s the SYN, which was sent %d times", s.to(), s.from(), afterwards(after), s.syns) + "; " + why
	case s.severalTargets():
		f.Message = fmt.Sprintf("%s refused %d connections of %s: RST, nothing listens on these ports", s.to(), s.count, s.from())
	default:
		f.Message = fmt.Sprintf("%s refused %d connections of %s: RST, the first %s the SYN", s.to(), s.count, s.from(), afterwards(after)) + sep + why
	}
}

func (x *concluder) rejected(f *analyzers.Finding, s *summary) {
	r := s.rec()
	v6 := r.flags&flagV6 != 0
	text := describe(v6, r.icmpType, r.icmpCode)
	after := r.icmpTime - r.synTime
	f.Attrs["icmp_type"], f.Attrs["icmp_code"], f.Attrs["icmp_from"] = int64(r.icmpType), int64(r.icmpCode), r.icmpFrom.String()
	f.Attrs["icmp_text"], f.Attrs["errno_text"], f.Attrs["icmp_after_ns"] = text.what, text.errno, after
	f.Measure = attemptsMeasure(s)
	proto := "ICMP"
	if v6 {
		proto = "ICMPv6"
	}
	who := r.icmpFrom.String()
	if r.icmpFrom == r.server {
		who = "the server itself"
	}
	hint := ""
	switch {
	case r.icmpFrom == r.client:
		hint = "the client's own host reports it"
	case !v6 && r.icmpType == icmp4Unreachable && r.icmpCode == 3, v6 && r.icmpType == icmp6Unreachable && r.icmpCode == 4:
		hint = "typical of a firewall's REJECT, since a closed TCP port answers with RST"
	}
	f.Message = fmt.Sprintf("%s could not reach %s: %s answered with %s type %d code %d (%s)", s.from(), s.to(), who, proto, r.icmpType, r.icmpCode, text.what)
	if s.count == 1 {
		f.Message += " " + afterwards(after) + " the SYN"
	} else {
		f.Message += fmt.Sprintf(", %d attempts", s.count)
	}
	if s.more != nil && s.more.mixed {
		hint = "later errors had other codes or senders"
	}
	f.Message += clause(hint, "the client prints \""+text.errno+"\"")
	if !v6 && r.icmpType == icmp4TimeExceeded || v6 && r.icmpType == icmp6TimeExceeded {
		f.Confidence = analyzers.Likely
	}
}

func (x *concluder) slow(f *analyzers.Finding, s *summary) {
	r := s.rec()
	f.Measure = &analyzers.Measure{Name: "waited", Value: s.longest, Unit: "ns"}
	f.Attrs["waited_total_ns"] = s.wasted
	lost := ""
	switch {
	case r.synsBefore < r.syns:
		f.Attrs["lost"] = "syn-ack"
		lost = "the server had answered before: its SYN-ACK was lost between capture point and client"
	case r.flags&flagFirstSYN != 0:
		f.Attrs["lost"] = "syn-ack or none"
		lost = "the answer echoes the first SYN's timestamp: that SYN had arrived, so the SYN-ACK was lost or late"
	case r.flags&flagLastSYN != 0:
		f.Attrs["lost"] = "syn"
		lost = "the answer echoes a repeated SYN's timestamp: the earlier SYN was lost on the way to the server"
		if r.syns > 2 {
			lost = "the answer echoes a repeated SYN's timestamp: earlier SYNs were lost on the way to the server"
		}
	}
	gaps := r.gaps()
	f.Attrs["gaps_ns"] = gaps
	if s.count == 1 {
		f.Message = fmt.Sprintf("%s waited %s for the connection to %s: answered only after %s (%s)", s.from(), duration(s.longest), s.to(),
			analyzers.Count(s.retransmissions(), "SYN retransmission", "SYN retransmissions"), gapsText(gaps))
		f.Message += clause(lost)
		return
	}
	f.Message = fmt.Sprintf("%s waited up to %s for connections to %s: %d were answered only after SYN retransmissions (%d in all), %s lost",
		s.from(), duration(s.longest), s.to(), s.count, s.retransmissions(), duration(s.wasted))
}

func (x *concluder) stale(f *analyzers.Finding, s *summary) {
	r := s.rec()
	f.Measure = &analyzers.Measure{Name: "waited", Value: s.longest, Unit: "ns"}
	f.Attrs["challenge_acks"] = int64(r.challenges)
	f.Attrs["later_success"] = r.outcome == answered
	reuse := ""
	if r.flags&flagReused != 0 {
		reuse = fmt.Sprintf("the 4-tuple's previous connection was last seen %s before", duration(r.sinceReuse))
		f.Attrs["since_port_reuse_ns"] = r.sinceReuse
	}
	what := "answered the SYN of %s with a bare ACK for another connection (challenge ACK), which the client reset"
	if r.clientRST == 0 {
		what = "answered the SYN of %s with bare ACKs for another connection (challenge ACK)"
		f.Confidence = analyzers.Possible
	} else if r.outcome != answered {
		f.Confidence = analyzers.Likely
	}
	end := "no connection came of it"
	if r.outcome == answered {
		end = fmt.Sprintf("the next SYN was accepted, %s after the first", duration(r.endTime-r.synTime))
		f.Attrs["accepted_after_ns"] = r.endTime - r.synTime
	}
	f.Message = s.to() + " " + fmt.Sprintf(what, s.from()) + ": the server still holds an old connection from the same port"
	if s.count > 1 {
		f.Message += fmt.Sprintf("; %d attempts", s.count)
	}
	f.Message += clause(reuse, end)
}
