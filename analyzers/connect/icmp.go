package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// ICMP types (RFC 792, RFC 4443) that end an attempt.
const (
	icmp4Unreachable  = 3
	icmp4TimeExceeded = 11
	icmp6Unreachable  = 1
	icmp6TimeExceeded = 3

	icmp4FragNeeded = 4 // code: path MTU discovery, no rejection
)

// rejects reports whether an ICMP error tells the client that its SYN will not
// get through.
func rejects(version, typ, code uint8) bool {
	if version == 6 {
		return typ == icmp6Unreachable || typ == icmp6TimeExceeded && code == 0
	}
	return typ == icmp4Unreachable && code != icmp4FragNeeded || typ == icmp4TimeExceeded && code == 0
}

// icmp takes an ICMP error that quotes a packet of f.
func (fp *flowPart) icmp(p *decoders.Packet, f *flow.Flow) {
	a := fp.store.Get(f)
	q := &p.ICMP.Quote
	switch {
	case a == nil, a.phase != waiting, p.Seg.Is(decoders.ClassCopy), // after an answer it is no rejection
		!rejects(p.IPVersion, p.ICMP.Type, p.ICMP.Code),
		p.Seg.Dir != a.dir, // quotes the server's packet
		q.HasSeq && q.Seq != a.isn:
		return
	}
	x := fp.extras.of(a)
	if x.icmps == 0 {
		x.icmpTime, x.icmpFrame, x.icmpFrom = p.Recorded(), p.Ref(), p.Src
		x.icmpType, x.icmpCode = p.ICMP.Type, p.ICMP.Code
	}
	if x.icmps == 1 {
		x.icmpAgain = p.Ref()
	}
	x.icmps = inc(x.icmps)
	a.flags |= flagICMP
}

// unreadable reports an ICMP error that may reject a SYN, and whose quote the
// capture cut before the ports: nobody can tell which attempt it answered.
func unreadable(p *decoders.Packet, out *analyzers.Out) {
	const cut = decoders.HasICMP | decoders.SnapCut
	if p.Has&cut != cut || !rejects(p.IPVersion, p.ICMP.Type, p.ICMP.Code) {
		return
	}
	if q := &p.ICMP.Quote; p.Has&decoders.HasQuote != 0 && (q.HasPorts || q.Fragment || q.Proto != decoders.ProtoTCP) {
		return
	}
	e := analyzers.Event{Kind: evUnreadable, Src: p.Dst, Time: p.Recorded(), Frame: p.Ref()}
	out.Emit(&e)
}

// icmpText is what an ICMP error says, in Wireshark's words, and what the
// client's connect() makes of it on Linux.
type icmpText struct{ what, errno string }

var icmp4Texts = map[uint8]icmpText{
	0:  {"network unreachable", "Network is unreachable"},
	1:  {"host unreachable", "No route to host"},
	2:  {"protocol unreachable", "Protocol not available"},
	3:  {"port unreachable", "Connection refused"},
	5:  {"source route failed", "Operation not supported"},
	6:  {"destination network unknown", "Network is unreachable"},
	7:  {"destination host unknown", "Host is down"},
	8:  {"source host isolated", "Machine is not on the network"},
	9:  {"network administratively prohibited", "Network is unreachable"},
	10: {"host administratively prohibited", "No route to host"},
	11: {"network unreachable for this type of service", "Network is unreachable"},
	12: {"host unreachable for this type of service", "No route to host"},
	13: {"communication administratively filtered", "No route to host"},
	14: {"host precedence violation", "No route to host"},
	15: {"precedence cutoff in effect", "No route to host"},
}

var icmp6Texts = map[uint8]icmpText{
	0: {"no route to destination", "Network is unreachable"},
	1: {"administratively prohibited", "Permission denied"},
	2: {"beyond scope of source address", "No route to host"},
	3: {"address unreachable", "No route to host"},
	4: {"port unreachable", "Connection refused"},
	5: {"source address failed ingress/egress policy", "Permission denied"},
	6: {"reject route to destination", "Permission denied"},
}

// describe names an ICMP error.
func describe(v6 bool, typ, code uint8) icmpText {
	t, ok := icmpText{}, false
	switch {
	case v6 && typ == icmp6Unreachable:
		t, ok = icmp6Texts[code]
	case !v6 && typ == icmp4Unreachable:
		t, ok = icmp4Texts[code]
	default:
		return icmpText{"hop limit exceeded in transit (a routing loop, or a traceroute)", "No route to host"}
	}
	if !ok {
		return icmpText{"destination unreachable", "No route to host"}
	}
	return t
}
