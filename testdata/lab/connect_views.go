package main

import (
	"slices"
	"sort"
	"time"
)

func connectViews() []scenario {
	view := func(name, doc string, run func(l *lab)) scenario {
		return scenario{name: "connect/" + name, doc: doc, derived: true, run: run}
	}
	return []scenario{
		view("one-sided", "only one direction of sound and failed attempts", connectOneSided),
		view("mid-stream", "capture starts in the middle of connections", connectMidStream),
		view("span-duplicates", "every packet twice", connectSPAN),
		view("snaplen-68", "records cut at 68 bytes", connectSnaplen),
		view("vlan-asymmetric", "the two directions on two VLANs", connectVLAN),
		view("vlan-same-tuple", "the same addresses and ports on two VLANs at the same time", connectVLANTwice),
		view("bad-timestamp", "one record with a time years ahead", connectBadTimestamp),
		view("ipip-balancer", "inner and outer view of the same packets", connectIPIP),
		view("dropped-cut", "the capture ends soon after the last SYN", connectDroppedCut),
	}
}

const (
	quietHTTP = "connect/quiet-http.pcap"
	dropped   = "connect/dropped.pcap"
)

func connectOneSided(l *lab) {
	f := l.source(quietHTTP)
	client := func(p *pkt) bool { return p.from(clientIP) || p.from(client6) }
	server := func(p *pkt) bool { return !client(p) }
	l.derive("connect/one-sided-client.pcap", quietHTTP,
		"Only the client's packets of six sound exchanges: one-sided capture, no rule about absence may shout.", f.link, only(f, client),
		exactly(6, "SYNs", isSYN), none("server", server))
	l.derive("connect/one-sided-server.pcap", quietHTTP,
		"Only the server's packets of six sound exchanges: one-sided capture, nothing to report.", f.link, only(f, server),
		exactly(6, "SYN-ACKs", isSYNACK), none("client", client))
	d := l.source("connect/syn-lost.pcap")
	l.derive("connect/one-sided-syn-lost.pcap", "connect/syn-lost.pcap",
		"Only the client's packets of three exchanges of which two needed repeated SYNs: the ACKs that follow show that answers came (answered-unseen).", d.link,
		only(d, from(clientIP)), exactly(6, "SYNs", isSYN), none("SYN-ACK", isSYNACK))
}

func connectMidStream(l *lab) {
	f := l.source(quietHTTP)
	started := false
	l.derive("connect/mid-stream.pcap", quietHTTP,
		"Six sound exchanges; the capture starts in the middle of the first, after its request, and handshakes of IPv6 connections are missing. Nothing to report.", f.link,
		only(f, func(p *pkt) bool {
			started = started || p.n > 8
			return started && !(p.src.Is6() && p.flags&syn != 0)
		}), exactly(2, "SYNs", isSYN), exactly(2, "SYN-ACKs", isSYNACK))
}

func connectSPAN(l *lab) {
	f := l.source(quietHTTP)
	l.derive("connect/span-duplicates.pcap", quietHTTP,
		"Every packet of six sound exchanges twice, 4 us apart (mirror port): copies, no retransmissions; nothing to report.", f.link, twice(f),
		exactly(12, "SYNs", isSYN), exactly(6, "SYN copies", repeats(isSYN)))
	r := l.source("connect/refused.pcap")
	l.derive("connect/span-refused.pcap", "connect/refused.pcap",
		"Every packet of the refused attempts twice: the same findings with the same counts as without copies.", r.link, twice(r),
		exactly(8, "RST", isRST))
}

func connectSnaplen(l *lab) {
	f := l.source(quietHTTP)
	l.derive("connect/snaplen-68.pcap", quietHTTP,
		"Six sound exchanges cut at 68 bytes: TCP options of SYNs incomplete, IPv6 TCP headers cut. Nothing to report.", f.link, cut(f, 68))
	const rejected = "connect/rejected-v6.pcap"
	r := l.source(rejected)
	l.derive("connect/rejected-v6-snaplen-96.pcap", rejected,
		"The attempts that ICMPv6 errors rejected, cut at 96 bytes: the errors are cut before the ports that they quote, so nobody can tell what they are about. Nothing above info.", r.link, cut(r, 96),
		atLeast(8, "errors", func(p *pkt) bool { return p.proto == protoICMP6 }))
	d := l.source(dropped)
	l.derive("connect/dropped-snaplen-68.pcap", dropped,
		"The dropped attempt cut at 68 bytes: the same finding.", d.link, cut(d, 68), atLeast(5, "SYNs", all(isSYN, to(voidNet+".10"))))
}

func connectVLAN(l *lab) {
	f := l.source(quietHTTP)
	l.derive("connect/vlan-asymmetric.pcap", quietHTTP,
		"Six sound exchanges with 802.1Q tags, client to server on VLAN 10, server to client on VLAN 20: nothing to report, both directions are one connection.", f.link,
		tagged(f, func(p *pkt) int {
			if p.from(clientIP) || p.from(client6) {
				return 10
			}
			return 20
		}),
		exactly(6, "SYNs (VLAN 10)", func(p *pkt) bool { return isSYN(p) && p.vlan == 10 }),
		exactly(6, "SYN-ACKs (VLAN 20)", func(p *pkt) bool { return isSYNACK(p) && p.vlan == 20 }))
}

// connectVLANTwice lays two real connections that used the same port one after
// the other over each other, as two tenants with equal addresses would show.
func connectVLANTwice(l *lab) {
	const source = "connect/port-reuse.pcap"
	f := l.source(source)
	var all []record
	var first int64
	connection := 0
	packets := tagged(f, func(p *pkt) int {
		if isSYN(p) {
			connection++
		}
		return 10 * connection
	})
	connection = 0
	var shift int64
	for i, p := range f.packets() {
		if isSYN(p) {
			connection++
			if connection == 1 {
				first = p.ns
			}
			shift = p.ns - first - int64(connection-1)*50_000
		}
		if connection <= 2 {
			r := packets[i]
			r.ns -= shift
			all = append(all, r)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].ns < all[j].ns })
	l.derive("connect/vlan-same-tuple.pcap", source,
		"Two sound connections with the same addresses and ports at the same time, one on VLAN 10, one on VLAN 20 (two tenants): two flows, two attempts, both answered.", f.link, all,
		exactly(1, "SYN on VLAN 10", func(p *pkt) bool { return isSYN(p) && p.vlan == 10 }),
		exactly(1, "SYN on VLAN 20", func(p *pkt) bool { return isSYN(p) && p.vlan == 20 }))
}

func connectBadTimestamp(l *lab) {
	f := l.source(dropped)
	records := slices.Clone(f.records)
	records[4].ns += int64(3 * 365 * 24 * time.Hour)
	l.derive("connect/bad-timestamp.pcap", dropped,
		"The dropped attempt after a sound exchange, whose fifth packet has a time three years ahead: the same finding as connect/dropped, one timestamp outlier.", f.link, records,
		atLeast(5, "SYNs", all(isSYN, to(voidNet+".10"))))
}

func connectIPIP(l *lab) {
	f := l.source("connect/syn-lost.pcap")
	l.derive("connect/ipip-balancer.pcap", "connect/syn-lost.pcap",
		"Every packet of the client followed 15 us later by its copy in an IPIP tunnel (192.0.2.100 to 192.0.2.200, TTL one less), as on a load balancer with one interface: one attempt each, the same findings as connect/syn-lost.", f.link,
		inIPIP(f, [4]byte{192, 0, 2, 100}, [4]byte{192, 0, 2, 200}, from(clientIP)),
		exactly(6, "SYNs (plain view)", isSYN), atLeast(6, "tunnelled", func(p *pkt) bool { return p.proto == 4 }))
}

func connectDroppedCut(l *lab) {
	f := l.source(dropped)
	var last int
	for _, p := range f.packets() {
		if isSYN(p) && p.to(voidNet+".10") {
			last = p.n
		}
	}
	l.derive("connect/dropped-cut.pcap", dropped,
		"The dropped attempt up to its last SYN: the file does not show how long the silence lasted (confidence possible).", f.link,
		only(f, func(p *pkt) bool { return p.n <= last }), atLeast(5, "SYNs", all(isSYN, to(voidNet+".10"))))
}
