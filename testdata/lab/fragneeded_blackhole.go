package main

import (
	"fmt"
	"time"
)

// upload starts a request that is not going to be answered.
func (s *session) upload(size int) {
	fmt.Fprintf(s.conn, "POST / HTTP/1.1\r\nHost: lab.example\r\nContent-Length: %d\r\n\r\n%s", size, make([]byte, size))
}

func fragIgnored(l *lab) {
	r := l.narrow()
	r.client.exec("iptables", "-A", "INPUT", "-p", "icmp", "-j", "DROP")
	c := r.client.capture("c0", "fragneeded/icmp-ignored.pcap")
	s := l.session(r.client, hostPort(serverIP, httpPort))
	s.post(100)
	s.upload(3000)
	l.sleep(9 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	c.says("The router's ICMP reaches the client's host, whose firewall drops it: the same full-size segments go out again and again and each is answered by another ICMP. Expect pmtu-blackhole.",
		atLeast(4, "ICMP of the router", routerICMP),
		atLeast(4, "full-size segments repeated", all(fullSize, repeats(isData))))
}

func (r *routed) mute() {
	r.router.exec("iptables", "-A", "OUTPUT", "-p", "icmp", "-j", "DROP")
}

func fragSilent(l *lab) {
	r := l.narrow()
	r.mute()
	c := r.client.capture("c0", "fragneeded/silent-client.pcap")
	s := r.server.capture("s0", "fragneeded/silent-server.pcap")
	up := l.session(r.client, hostPort(serverIP, httpPort))
	up.post(100)
	up.post(300)
	up.upload(3000)
	l.sleep(13 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	s.stop()
	text := "The router drops full-size packets and sends no ICMP (filtered): small requests pass, an upload of 3000 bytes never arrives whole, only its short tail does. "
	c.says(text+"Seen at the client: full-size segments repeated, SACK for the tail. Expect pmtu-blackhole-silent.",
		none("ICMP", fragNeeded), atLeast(5, "full-size segments", fullSize), atLeast(4, "repeated", all(fullSize, repeats(isData))))
	s.says(text+"Seen at the server: a hole that is never filled, and a short segment beyond it. Expect pmtu-blackhole-silent (possible).",
		none("ICMP", fragNeeded), none("full-size segments", fullSize), atLeast(1, "short tail", all(from(clientIP), isData, onPort(httpPort))))
}

func fragSilentV6(l *lab) {
	r := l.narrow()
	r.router.exec("ip6tables", "-A", "OUTPUT", "-p", "icmpv6", "--icmpv6-type", "packet-too-big", "-j", "DROP")
	c := r.client.capture("c0", "fragneeded/silent-v6.pcap")
	up := l.session(r.client, hostPort(server6, httpPort))
	up.post(100)
	up.post(300)
	up.upload(3000)
	l.sleep(13 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	c.says("IPv6, and a firewall that filters ICMPv6 packet too big: small requests pass, an upload of 3000 bytes never arrives whole. Expect pmtu-blackhole-silent.",
		none("ICMPv6", fragNeeded), atLeast(5, "full-size segments", fullSize), atLeast(4, "repeated", all(fullSize, repeats(isData))))
}

func fragSilentProbing(l *lab) {
	r := l.narrow()
	r.mute()
	r.client.sysctl("net/ipv4/tcp_mtu_probing", "1")
	c := r.client.capture("c0", "fragneeded/silent-probing.pcap")
	s := l.session(r.client, hostPort(serverIP, httpPort))
	s.post(100)
	took := s.post(3000)
	s.conn.Close()
	c.stop()
	c.says(fmt.Sprintf("A silent black hole and net.ipv4.tcp_mtu_probing=1: after several timeouts the sender shrinks its segments and the upload gets through, after %.1f s. Expect pmtu-blackhole-silent (recovered by packetization-layer probing).", took.Seconds()),
		none("ICMP", fragNeeded), atLeast(3, "full-size segments repeated", all(fullSize, repeats(isData))))
}
