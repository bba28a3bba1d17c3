package main

import (
	"net"
	"time"
)

// giveUp dials where no answer comes from.
func (n *netns) giveUp(addr string, o dialOptions) {
	if c, err := n.dial(addr, o); err == nil {
		c.Close()
		n.l.fail("%s answered", addr)
	}
}

func connectDropped(l *lab) {
	r := l.routed()
	r.router.ip("route", "add", "blackhole", voidNet+".0/24")
	c := r.client.capture("c0", "connect/dropped.pcap")
	l.tick(r.client, tickIP)
	r.client.giveUp(voidNet+".10:443", dialOptions{timeout: 10 * time.Second})
	l.sleep(6 * time.Second) // twice what the kernel would have waited for the next repeat
	l.tick(r.client, tickIP)
	c.stop()
	c.says("SYNs to 203.0.113.10:443 vanish in a router (blackhole route); default schedule of Linux since 6.5: linear repeats first, then doubling. "+
		"The application's timeout of 10 s ends it; a sound exchange 9 s after the last SYN shows that the capture runs on. Expect connect-dropped once.",
		atLeast(6, "SYNs", all(isSYN, to(voidNet+".10"))),
		none("answer", from(voidNet+".10")),
		exactly(2, "sound SYN-ACKs", isSYNACK))
}

func connectDroppedDoubling(l *lab) {
	r := l.routed()
	r.router.ip("route", "add", "blackhole", voidNet+".0/24")
	r.client.sysctl("net/ipv4/tcp_syn_linear_timeouts", "0")
	r.client.sysctl("net/ipv4/tcp_syn_retries", "3")
	c := r.client.capture("c0", "connect/dropped-doubling.pcap")
	l.parallel(
		func() { r.client.giveUp(voidNet+".10:443", dialOptions{timeout: time.Minute}) },
		func() { r.client.giveUp(voidNet+".10:443", dialOptions{timeout: 5 * time.Second}) },
		func() { r.client.giveUp(voidNet+".11:22", dialOptions{timeout: 2 * time.Second}) },
	)
	// The kernel waits 8 s after the third repeat; the tracker wants 3 x 4 s.
	l.sleep(5 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	c.says("net.ipv4.tcp_syn_linear_timeouts=0: gaps 1, 2, 4 s. Two attempts to 203.0.113.10:443 (kernel gives up after 3 repeats; application after 5 s), "+
		"one to 203.0.113.11:22 (application after 2 s, one repeat). Expect connect-dropped for both servers.",
		exactly(7, "SYNs to .10:443", all(isSYN, to(voidNet+".10"))),
		exactly(2, "SYNs to .11:22", all(isSYN, to(voidNet+".11"))),
		exactly(1, "sound SYN-ACK", isSYNACK))
}

func connectDroppedV6(l *lab) {
	r := l.routed()
	r.router.ip("-6", "route", "add", "blackhole", void6+"/64")
	c := r.client.capture("c0", "connect/dropped-v6.pcap")
	r.client.giveUp("["+void6+"10]:443", dialOptions{timeout: 3500 * time.Millisecond})
	l.sleep(5 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	c.says("SYNs to [2001:db8:3::10]:443 vanish; three repeats, then the application gives up. Expect connect-dropped.",
		exactly(4, "SYNs", all(isSYN, to(void6+"10"))),
		exactly(1, "sound SYN-ACK", isSYNACK))
}

// A listener that nobody serves: the first two connections fill its queue of
// one (the kernel allows backlog + 1), after that SYNs are dropped.
func connectDroppedSelectively(l *lab) {
	w := l.wired()
	w.server.listenRaw(8443, 1, nil)
	c := w.client.capture("c0", "connect/dropped-selectively.pcap")
	addr := hostPort(nearIP, 8443)
	w.client.mustDial(addr)
	l.sleep(50 * time.Millisecond)
	w.client.mustDial(addr)
	l.sleep(300 * time.Millisecond)
	try := func() { w.client.giveUp(addr, dialOptions{timeout: 3500 * time.Millisecond}) }
	l.parallel(try, try, try)
	l.sleep(5 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("listen(1) on 192.0.2.2:8443 and nobody accepts: two attempts are answered, then three get no answer to SYN and 3 repeats. Expect connect-dropped-selectively for three attempts.",
		exactly(2, "answered", all(isSYNACK, onPort(8443))),
		exactly(14, "SYNs", all(isSYN, onPort(8443))))
}

func connectUnanswered(l *lab) {
	r := l.routed()
	r.router.ip("route", "add", "blackhole", voidNet+".0/24")
	c := r.client.capture("c0", "connect/unanswered.pcap")
	for _, host := range []string{".10:443", ".10:443", ".11:5432"} {
		r.client.giveUp(voidNet+host, dialOptions{timeout: 500 * time.Millisecond})
	}
	l.sleep(9 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	c.says("Three attempts of a client with a timeout of 0.5 s, shorter than the first SYN repeat: one SYN each, no answer, "+
		"the capture runs on for 9 s. Expect connect-unanswered (aborted by the application).",
		exactly(3, "single SYNs", func(p *pkt) bool { return isSYN(p) && p.dst.String()[:len(voidNet)] == voidNet }),
		exactly(1, "sound SYN-ACK", isSYNACK))
}

func connectRefused(l *lab) {
	w := l.wired()
	c := w.client.capture("c0", "connect/refused.pcap")
	for _, addr := range []string{hostPort(nearIP, 81), hostPort(nearIP, 81), hostPort(nearIP, 5432), net.JoinHostPort(near6, "81")} {
		w.client.giveUp(addr, dialOptions{})
	}
	l.tick(w.client, nearTick)
	c.stop()
	c.says("Closed ports: 192.0.2.2:81 twice, :5432, [2001:db8:1::2]:81. Expect connect-refused three times (the first with count 2).",
		exactly(4, "RST", isRST), exactly(1, "sound SYN-ACK", isSYNACK))
}
