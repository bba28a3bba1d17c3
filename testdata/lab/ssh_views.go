package main

func sshViews() []scenario {
	return []scenario{{name: "ssh/views", doc: "a login doubled, cut, one-sided, started in the middle", derived: true, run: sshViewsOf}}
}

func sshViewsOf(l *lab) {
	const source = "ssh/pubkey.pcap"
	f := l.source(source)
	l.derive("ssh/span-duplicates.pcap", source, "Every packet twice: the same phases as without copies.", f.link, twice(f), exactly(2, "SYNs", isSYN))
	l.derive("ssh/snaplen-96.pcap", source, "Cut at 96 bytes: banners and KEXINITs cut by snaplen, times still right.", f.link, cut(f, 96), exactly(1, "SYN", isSYN))
	l.derive("ssh/server-only.pcap", source, "Only the server's packets: no statement about authentication.", f.link, only(f, from(nearIP)), none("client", from(clientIP)))
	l.derive("ssh/mid-stream.pcap", source, "Starts after the handshake: banners still seen, no connect phase.", f.link, only(f, func(p *pkt) bool { return p.n > 3 }), exactly(2, "banners", isBanner))
	banners := 0
	l.derive("ssh/mid-kex.pcap", source, "Starts after both banners, with the key exchange.", f.link, only(f, func(p *pkt) bool {
		was := banners
		if isBanner(p) {
			banners++
		}
		return was == 2
	}), none("banners", isBanner))
}
