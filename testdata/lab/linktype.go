package main

// linktypeScenarios: the same kind of exchange under every link-layer header
// that Linux can record.
func linktypeScenarios() []scenario {
	return []scenario{
		{name: "linktype/loopback", doc: "loopback as Ethernet, cooked v1 and v2, nanoseconds, NFLOG", seconds: 3, run: linkLoopback},
		{name: "linktype/tun", doc: "raw IP on a tunnel device", seconds: 2, run: linkTun},
	}
}

// loopbackExchange is the traffic of the loopback captures.
func (n *netns) loopbackExchange(v4, v6 string) {
	for range 2 {
		n.get("http://" + hostPort(v4, httpPort) + "/")
		n.get("http://" + hostPort(v6, httpPort) + "/")
	}
	n.giveUp(hostPort(v4, 81), dialOptions{})
	n.giveUp(hostPort(v6, 81), dialOptions{})
}

func linkLoopback(l *lab) {
	n := l.host("h")
	for _, ip := range []string{"127.0.0.1", "::1"} {
		n.http(hostPort(ip, httpPort), page(1500))
	}
	eth := n.capture("lo", "linktype/loopback-ethernet.pcap")
	nano := n.capture("lo", "linktype/loopback-ethernet-nano.pcap", "--time-stamp-precision=nano")
	sll2 := n.capture("any", "linktype/loopback-sll2.pcap", "-y", "LINUX_SLL2")
	sll := n.capture("any", "linktype/loopback-sll.pcap", "-y", "LINUX_SLL")
	for _, table := range []string{"iptables", "ip6tables"} {
		n.exec(table, "-A", "INPUT", "-i", "lo", "-p", "tcp", "-j", "NFLOG", "--nflog-group", "5", "--nflog-threshold", "1")
	}
	// The library has no filters for this header.
	nflog := n.captureFilter("nflog:5", "linktype/loopback-nflog.pcap", "")
	n.loopbackExchange("127.0.0.1", "::1")
	text := "Two HTTP exchanges over IPv4 and two over IPv6 on loopback, and a refused attempt of each. Rightly labelled: verdict ok, not touched. "
	for _, c := range []struct {
		c    *capture
		text string
	}{
		{eth, "Link type Ethernet (1), as Linux records loopback."},
		{nano, "Link type Ethernet (1), nanosecond timestamps."},
		{sll2, "Cooked v2 (LINUX_SLL2, 276), device any."},
		{sll, "Cooked v1 (LINUX_SLL, 113), device any."},
		{nflog, "NFLOG (239): what the firewall's log rule saw arrive."},
	} {
		c.c.stop()
		if c.c == nflog {
			// Fact checking does not go into netlink attributes.
			nflog.says(text + c.text)
			continue
		}
		c.c.says(text+c.text, atLeast(6, "SYNs", isSYN), exactly(2, "RSTs", isRST))
	}
}

func linkTun(l *lab) {
	a, b := l.host("a"), l.host("b")
	joinTun(a.tun("tun0"), b.tun("tun0"))
	for _, end := range []struct {
		n        *netns
		ip4, ip6 string
	}{{a, clientIP, client6}, {b, nearIP, near6}} {
		end.n.addr("tun0", end.ip4+"/24", end.ip6+"/64")
	}
	l.settle()
	for _, ip := range []string{nearIP, near6} {
		b.http(hostPort(ip, httpPort), page(1500))
	}
	c := a.capture("tun0", "linktype/tun-raw.pcap")
	cooked := a.capture("any", "linktype/tun-sll2.pcap")
	a.loopbackExchange(nearIP, near6)
	c.stop()
	cooked.stop()
	text := "Two HTTP exchanges over IPv4, two over IPv6 and two refused attempts on a TUN device. "
	c.says(text+"Raw IP (101), IPv4 and IPv6 mixed, rightly labelled.", exactly(6, "SYNs", isSYN), exactly(2, "RSTs", isRST))
	cooked.says(text+"The same on any: cooked v2 with ARPHRD_NONE and no link-layer address.", exactly(6, "SYNs", isSYN))
}
