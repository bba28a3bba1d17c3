package main

import (
	"fmt"
	"net"
	"strings"
	"time"
)

func fragStall(l *lab)   { l.stall("stall", serverIP, clientIP, 1460) }
func fragStallV6(l *lab) { l.stall("stall-v6", server6, client6, 1428) }

// stall is the published case: A and B agree on their MSS, A meets the router's
// ICMP, B meets the route that A's ICMP lowered.
func (l *lab) stall(name, server, client string, size int) {
	every, wire, took := l.requestsAB(l.narrow(), name, server, size)
	if took[1] < 150*time.Millisecond {
		l.fail("request B took only %v", took[1])
	}
	text := aboutAB(size, took)
	seen, own := "the kernel's own ICMP to itself for B (pmtu-stall, probe timer), caused by A's.", atLeast(1, "self-sourced ICMP", ownICMP)
	if server == server6 {
		// Seen every time: a single IPv6 segment is refused without a message.
		seen, own = "and no ICMPv6 at all for B, whose only segment its own kernel refused without one (pmtu-stall-suspected for B).", none("self-sourced ICMP", ownICMP)
	}
	every.says(text+"Captured on any: the router's ICMP for A (pmtu-recovered), "+seen,
		exactly(1, "ICMP of the router", routerICMP),
		own,
		exactly(1, "full-size segment (A)", fullSize),
		exactly(2, "SYNs", isSYN))
	wire.says(text+"Captured on the Ethernet side alone: the ICMP for A, nothing of the ICMP for B (pmtu-stall-suspected for B).",
		exactly(1, "ICMP of the router", routerICMP),
		none("self-sourced ICMP", ownICMP),
		exactly(1, "full-size segment (A)", fullSize),
		exactly(2, "first segments of the lowered size", func(p *pkt) bool { return p.from(client) && p.data() && p.ipLen == narrowMTU }))
}

// fragTailV6: with a short segment behind the large one, IPv6 sends that tail at
// once, and its duplicate ACK lets the kernel repair without waiting.
func fragTailV6(l *lab) {
	every, wire, took := l.requestsAB(l.narrow(), "tail-v6", server6, 1460)
	if took[1] > 80*time.Millisecond {
		l.fail("request B took %v", took[1])
	}
	text := aboutAB(1460, took) + "IPv6 sends the short tail of B's request although the segment before it was refused, so B recovers at once, unlike IPv4. Expect pmtu-recovered only. "
	every.says(text+"Captured on any.",
		exactly(1, "ICMP of the router", routerICMP), exactly(1, "self-sourced ICMP", ownICMP), exactly(2, "SYNs", isSYN))
	wire.says(text+"Captured on the Ethernet side alone.",
		exactly(1, "ICMP of the router", routerICMP), none("self-sourced ICMP", ownICMP), exactly(2, "SYNs", isSYN))
}

func (l *lab) requestsAB(r *routed, name, server string, size int) (every, wire *capture, took [2]time.Duration) {
	every = r.client.capture("any", "fragneeded/"+name+"-any.pcap")
	wire = r.client.capture("c0", "fragneeded/"+name+"-eth.pcap")
	a := l.session(r.client, hostPort(server, httpPort))
	b := l.session(r.client, hostPort(server, httpPort))
	a.post(100)
	b.post(100)
	l.sleep(100 * time.Millisecond)
	took[0] = a.post(size)
	l.sleep(100 * time.Millisecond)
	took[1] = b.post(size)
	l.sleep(300 * time.Millisecond)
	every.stop()
	wire.stop()
	return every, wire, took
}

func aboutAB(size int, took [2]time.Duration) string {
	return fmt.Sprintf("Connections A and B established with an MSS for 1500 bytes and used once, then %d bytes on A, 0.1 s later %d bytes on B; the router's far link has MTU 1480. "+
		"As the application saw it: A answered after %.3f ms, B after %.1f ms. ", size, size, took[0].Seconds()*1e3, took[1].Seconds()*1e3)
}

// fragProxy puts a TCP proxy on loopback in front of the client, as a sidecar is.
func fragProxy(l *lab) {
	r := l.narrow()
	r.client.serve("127.0.0.1:15001", func(in net.Conn) {
		out, err := r.client.dial(hostPort(serverIP, httpPort), dialOptions{})
		if err != nil {
			return
		}
		defer out.Close()
		go pipe(in, out)
		pipe(out, in)
	})
	every := r.client.capture("any", "fragneeded/proxy.pcap")
	a, b := l.session(r.client, "127.0.0.1:15001"), l.session(r.client, "127.0.0.1:15001")
	a.post(100)
	b.post(100)
	for range 3 { // ordinary forwards to compare with
		a.post(700)
		b.post(800)
	}
	l.sleep(100 * time.Millisecond)
	tookA := a.post(1460)
	l.sleep(100 * time.Millisecond)
	tookB := b.post(1460)
	l.sleep(300 * time.Millisecond)
	every.stop()
	if tookB < 150*time.Millisecond {
		l.fail("request B took only %v", tookB)
	}
	every.says(fmt.Sprintf("Requests enter a TCP proxy at 127.0.0.1:15001 and leave on connections of their own; after small requests, 1460 bytes on A (%.3f ms), then on B (%.1f ms). "+
		"Captured on any: each request is seen on loopback and again towards the server. Expect pmtu-stall for B's outbound connection and proxy-hop-delay for its forward, joined; ordinary hops take well under 10 ms.",
		tookA.Seconds()*1e3, tookB.Seconds()*1e3),
		atLeast(1, "ICMP of the router", routerICMP), atLeast(1, "self-sourced ICMP", ownICMP),
		exactly(2, "large requests on loopback", func(p *pkt) bool { return p.from("127.0.0.1") && p.dport == 15001 && p.length == 1460 }),
		exactly(4, "SYNs", isSYN))
}

// pipe copies one way with reads large enough for a request.
func pipe(to, from net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			to.Write(b[:n])
		}
		if err != nil {
			to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

func fragPeriodic(l *lab) {
	r := l.narrow()
	r.client.sysctl("net/ipv4/route/mtu_expires", "5")
	every := r.client.capture("any", "fragneeded/periodic.pcap")
	var slow []string
	for range 4 {
		a := l.session(r.client, hostPort(serverIP, httpPort))
		b := l.session(r.client, hostPort(serverIP, httpPort))
		a.post(100)
		b.post(100)
		l.sleep(100 * time.Millisecond)
		a.post(1460)
		l.sleep(100 * time.Millisecond)
		slow = append(slow, fmt.Sprintf("%.0f", b.post(1460).Seconds()*1e3))
		a.conn.Close()
		b.conn.Close()
		l.sleep(5300 * time.Millisecond)
	}
	every.stop()
	every.says("net.ipv4.route.mtu_expires=5: four rounds, 5.7 s apart: two new connections, 1460 bytes on A, then on B; the route forgets its MTU in between and it starts again. "+
		"B's requests took "+strings.Join(slow, ", ")+" ms. Expect pmtu-repeat (same reporter, same MTU, period near 5.7 s) and a pmtu-stall in each round.",
		exactly(4, "ICMP of the router", routerICMP), atLeast(4, "self-sourced ICMP", ownICMP))
}

func fragBurst(l *lab) {
	r := l.narrow()
	l.burst(r, "fragneeded/burst.pcap", "offloads off")
}

func fragBurstTSO(l *lab) {
	r := l.narrow()
	// Checksums of packets handed to the device are then for it to fill in,
	// which a veth never does: tcpdump shows them wrong, as on many real hosts.
	r.client.exec("ethtool", "-K", "c0", "tx", "on", "sg", "on", "tso", "on", "gso", "on")
	l.burst(r, "fragneeded/burst-tso.pcap", "segmentation offload on")
}

func (l *lab) burst(r *routed, file, how string) {
	c := r.client.capture("c0", file, "-s", "128")
	s := l.session(r.client, hostPort(serverIP, httpPort))
	s.post(100)
	took := s.post(40_000)
	s.post(100)
	s.conn.Close()
	c.stop()
	c.says(fmt.Sprintf("An upload of 40 kB (%s, snaplen 128) meets the narrow link with a whole window: an ICMP for each packet of the burst, one recovery, answered after %.1f ms. Expect pmtu-recovered once.", how, took.Seconds()*1e3),
		atLeast(2, "ICMP of the router", routerICMP), atLeast(2, "segments beyond the MTU", fullSize))
}

func fragClamped(l *lab) {
	r := l.narrow()
	r.router.exec("iptables", "-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--tcp-flags", "SYN,RST", "SYN", "-j", "TCPMSS", "--clamp-mss-to-pmtu")
	c := r.client.capture("any", "fragneeded/clamped.pcap")
	a := l.session(r.client, hostPort(serverIP, httpPort))
	b := l.session(r.client, hostPort(serverIP, httpPort))
	a.post(100)
	b.post(100)
	a.post(1460)
	b.post(1460)
	a.post(20_000)
	a.conn.Close()
	b.conn.Close()
	c.stop()
	c.says("The router clamps the MSS of SYN and SYN-ACK to its far link: every segment fits. Nothing to report.",
		none("ICMP", fragNeeded), none("full-size segments", fullSize),
		exactly(2, "SYN-ACKs with the clamped MSS", func(p *pkt) bool { return isSYNACK(p) && p.mss() == narrowMTU-40 }))
}

func fragUDP(l *lab) {
	r := l.narrow()
	c := r.client.capture("any", "fragneeded/udp.pcap")
	r.client.udpBurst(hostPort(serverIP, 5000), 1472, 1472, 1000)
	c.stop()
	c.says("Two UDP datagrams of 1472 bytes with DF, then one of 1000: the router's ICMP quotes UDP; the second is refused by the own kernel without a packet. For the table only, no finding.",
		atLeast(1, "ICMP of the router", routerICMP))
}
