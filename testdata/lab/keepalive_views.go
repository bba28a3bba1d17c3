package main

const reuse = "keepalive/probes-both.pcap"

func keepaliveViews() []scenario {
	view := func(name, doc string, run func(l *lab)) scenario {
		return scenario{name: "keepalive/" + name, doc: doc, derived: true, run: run}
	}
	return []scenario{
		view("flood", "probes more often than once a second", keepFlood),
		view("views", "reuse cut, doubled, started in the middle", keepViews),
	}
}

// keepFlood: Linux counts keep-alive intervals in whole seconds, so a faster
// prober is a slower one seen through a fast clock.
func keepFlood(l *lab) {
	const source = "keepalive/dead-peer.pcap"
	f := l.source(source)
	var all []record
	for _, r := range f.records {
		all = append(all, record{f.records[0].ns + (r.ns-f.records[0].ns)/4, r.wire, r.data})
	}
	l.derive("keepalive/flood.pcap", source,
		"All times divided by four: probes every 0.25 s. Expect keepalive-flood (and keepalive-dead-peer). Timestamps in TCP options keep the real clock.", f.link, all,
		atLeast(5, "to port 80 or back", onPort(80)))
}

func keepViews(l *lab) {
	f := l.source(reuse)
	l.derive("keepalive/snaplen-96.pcap", reuse, "Four exchanges with probes between, cut at 96 bytes: HTTP heads are cut, exchanges partial, probes as before.", f.link, cut(f, 96), exactly(1, "SYN", isSYN))
	l.derive("keepalive/span-duplicates.pcap", reuse, "Every packet twice: the same exchanges, probes and gaps as without copies.", f.link, twice(f), exactly(2, "SYNs", isSYN))
	l.derive("keepalive/mid-stream.pcap", reuse, "The same connection, capture started after the first exchange.", f.link, only(f, func(p *pkt) bool { return p.n > 7 }), none("SYN", isSYN))
}
