package main

import "fmt"

func connectRejected(l *lab) {
	r := l.routed()
	r.router.ip("route", "add", "unreachable", voidNet+".1/32")
	r.router.ip("route", "add", "prohibit", voidNet+".13/32")
	r.router.ip("route", "add", voidNet+".32/27", "via", tickIP)
	r.server.sysctl("net/ipv4/ip_forward", "0")
	// .200 has no route at all: net unreachable. The others meet a firewall.
	with := map[int]string{33: "icmp-port-unreachable", 39: "icmp-net-prohibited", 40: "icmp-host-prohibited", 41: "icmp-admin-prohibited", 42: "icmp-proto-unreachable"}
	for host, how := range with {
		r.router.exec("iptables", "-A", "FORWARD", "-d", fmt.Sprintf("%s.%d", voidNet, host), "-p", "tcp", "-j", "REJECT", "--reject-with", how)
	}
	c := r.client.capture("c0", "connect/rejected.pcap")
	for _, host := range []int{200, 1, 13, 33, 33, 39, 40, 41, 42} {
		r.client.giveUp(fmt.Sprintf("%s.%d:443", voidNet, host), dialOptions{})
	}
	l.tick(r.client, tickIP)
	c.stop()
	icmpFor := func(host, code int) fact {
		n := 1
		if host == 33 {
			n = 2
		}
		return exactly(n, fmt.Sprintf("code %d for .%d", code, host), all(icmp(protoICMP, 3, code),
			func(p *pkt) bool { return p.quote != nil && p.quote.to(fmt.Sprintf("%s.%d", voidNet, host)) }))
	}
	c.says("SYNs to 203.0.113.x:443 answered by a router: no route (0), unreachable route (1), prohibit route (13), and the firewall's REJECT for .33 (3, twice), .39 (9), .40 (10), .41 (13), .42 (2). "+
		"Expect connect-rejected for each address.",
		icmpFor(200, 0), icmpFor(1, 1), icmpFor(42, 2), icmpFor(33, 3), icmpFor(39, 9), icmpFor(40, 10), icmpFor(13, 13), icmpFor(41, 13),
		exactly(1, "sound SYN-ACK", isSYNACK))
}

const absent6 = "2001:db8:2::77"

func connectRejectedV6(l *lab) {
	r := l.routed()
	r.router.ip("-6", "route", "add", "prohibit", void6+"1/128")
	r.router.ip("-6", "route", "add", void6+"40/122", "via", server6)
	for host, how := range map[string]string{"44": "icmp6-port-unreachable", "45": "icmp6-policy-fail", "46": "icmp6-reject-route", "41": "icmp6-adm-prohibited", "40": "icmp6-no-route"} {
		r.router.exec("ip6tables", "-A", "FORWARD", "-d", void6+host, "-p", "tcp", "-j", "REJECT", "--reject-with", how)
	}
	c := r.client.capture("c0", "connect/rejected-v6.pcap")
	for _, host := range []string{"200", "1", "44", "45", "46", "41", "40"} {
		r.client.giveUp("["+void6+host+"]:443", dialOptions{})
	}
	// Nobody answers the router's neighbour discovery for this one.
	r.client.giveUp("["+absent6+"]:443", dialOptions{})
	l.tick(r.client, tickIP)
	c.stop()
	icmpFor := func(host string, code int) fact {
		return atLeast(1, fmt.Sprintf("code %d for ::%s", code, host), all(icmp(protoICMP6, 1, code),
			func(p *pkt) bool { return p.quote != nil && p.quote.to(void6+host) }))
	}
	c.says("SYNs to [2001:db8:3::x]:443 answered by a router with ICMPv6 type 1: no route (0, twice), prohibit route and REJECT (1), an absent host on the last link (3, to 2001:db8:2::77), REJECT port unreachable (4), policy (5), reject route (6). "+
		"Each error comes while the socket is still owned by connect(), so the kernel defers it: the SYN is repeated after 1 s and rejected again. "+
		"Expect connect-rejected for each address.",
		atLeast(1, "code 3", icmp(protoICMP6, 1, 3)),
		icmpFor("200", 0), icmpFor("40", 0), icmpFor("1", 1), icmpFor("41", 1), icmpFor("44", 4), icmpFor("45", 5), icmpFor("46", 6))
}
