package main

import (
	"fmt"
	"time"
)

const routerIP = "192.0.2.254"

// fragBalancer: the router plays a balancer whose virtual address is its own:
// it translates, so its ICMP comes from the address that the client talks to.
func fragBalancer(l *lab) {
	r := l.narrow()
	r.router.exec("iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "-d", routerIP, "--dport", "80", "-j", "DNAT", "--to", serverIP)
	every, wire, took := l.requestsAB(r, "balancer", routerIP, 1460)
	if took[1] < 150*time.Millisecond {
		l.fail("request B took only %v", took[1])
	}
	asVIP := func(p *pkt) bool { return routerICMP(p) && p.quote != nil && p.src == p.quote.dst }
	text := aboutAB(1460, took) + "The router is a balancer that translates 192.0.2.254 to a server: its ICMP has the virtual address as source, the quoted packet as destination (reporter destination). "
	every.says(text+"Captured on any: pmtu-recovered for A, pmtu-stall for B.", exactly(1, "ICMP as the virtual address", asVIP), atLeast(1, "self-sourced ICMP", ownICMP))
	wire.says(text+"Captured on the Ethernet side alone: pmtu-recovered for A, pmtu-stall-suspected for B.", exactly(1, "ICMP as the virtual address", asVIP), none("self-sourced ICMP", ownICMP))
}

// fragVXLAN: the far link is a tunnel, which costs 50 bytes.
func fragVXLAN(l *lab) {
	const tunnelMTU, nearTunnel, farTunnel = 1450, "198.51.100.254", serverIP
	r := l.routed()
	// Room for what the far end sends; what counts is the near end's tunnel MTU.
	r.router.ip("link", "set", "r1", "mtu", "1600")
	r.server.ip("link", "set", "s0", "mtu", "1600")
	tunnel := func(n *netns, dev, local, remote, ip string, mtu int) {
		n.ip("link", "add", "vx0", "type", "vxlan", "id", "77", "dstport", "4789", "local", local, "remote", remote, "dev", dev)
		n.ip("link", "set", "vx0", "mtu", fmt.Sprint(mtu), "up")
		n.addr("vx0", ip+"/24")
	}
	tunnel(r.router, "r1", nearTunnel, farTunnel, "203.0.113.1", tunnelMTU)
	// The far end offers the MSS of Ethernet: only the near one knows the tunnel.
	tunnel(r.server, "s0", farTunnel, nearTunnel, "203.0.113.2", 1500)
	// Answers go back through the tunnel, not around it.
	r.server.ip("route", "add", clientIP+"/32", "via", "203.0.113.1")
	r.server.http("203.0.113.2:80", page(100))
	l.settle()
	filter := "tcp or icmp or udp port 4789"
	c := r.client.captureFilter("c0", "fragneeded/vxlan-client.pcap", filter)
	m := r.router.captureFilter("any", "fragneeded/vxlan-router.pcap", filter)
	s := l.session(r.client, "203.0.113.2:80")
	s.post(100)
	l.sleep(100 * time.Millisecond)
	took := s.post(1460)
	s.conn.Close()
	l.sleep(100 * time.Millisecond)
	c.stop()
	m.stop()
	text := fmt.Sprintf("Behind the router a VXLAN tunnel (VNI 77) with MTU 1450; a request of 1460 bytes is answered after %.3f ms. Expect pmtu-recovered and pmtu-mss-mismatch: 50 bytes, the cost of VXLAN. ", took.Seconds()*1e3)
	c.says(text+"Seen at the client.", exactly(1, "ICMP of the router, MTU 1450", func(p *pkt) bool { return routerICMP(p) && p.mtu == tunnelMTU }), exactly(1, "SYN", isSYN))
	m.says(text+"Seen on the router on all interfaces: each packet plain on the client's side, inside the tunnel device, and in UDP on the far side.",
		atLeast(1, "ICMP of the router", routerICMP), atLeast(4, "in the tunnel", func(p *pkt) bool { return p.proto == protoUDP && p.dport == 4789 }))
}
