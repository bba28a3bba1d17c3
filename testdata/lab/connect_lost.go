package main

import (
	"fmt"
	"time"
)

// connectAcceptQueue: SYNs arrive while the queue has room, final ACKs when it
// has none, so the server forgets the ACKs and repeats its SYN-ACKs.
func connectAcceptQueue(l *lab) {
	w := l.wired()
	w.fwd.set(func(*pkt) verdict { return verdict{delay: 20 * time.Millisecond} })
	w.server.listenRaw(8443, 4, nil)
	c := w.client.capture("c0", "connect/accept-queue.pcap")
	for range 4 { // five fit
		w.client.mustDial(hostPort(nearIP, 8443))
	}
	try := w.requestUnheard(8443)
	l.parallel(try, try, try)
	l.sleep(8 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("listen(4), nobody accepts; four connections wait in the queue, then three attempts at once over a wire of 20 ms: every handshake completes for the client, one fits the queue, "+
		"of the two others the server repeats the SYN-ACK and never acknowledges the request, which the client repeats. Expect connect-accept-queue with count 2.",
		exactly(7, "SYNs", all(isSYN, onPort(8443))),
		atLeast(4, "SYN-ACKs repeated", all(onPort(8443), repeats(isSYNACK))),
		exactly(3, "requests", all(isData, onPort(8443), from(clientIP), firstTime())),
		atLeast(6, "requests repeated", all(onPort(8443), from(clientIP), repeats(isData))))
}

// connectAcceptQueueCookies: with a backlog of one the SYN queue overflows too,
// so the kernel answers with SYN cookies and keeps nothing it could repeat.
func connectAcceptQueueCookies(l *lab) {
	w := l.wired()
	w.fwd.set(func(*pkt) verdict { return verdict{delay: 20 * time.Millisecond} })
	w.server.listenRaw(8443, 1, nil)
	c := w.client.capture("c0", "connect/accept-queue-cookies.pcap")
	try := w.requestUnheard(8443)
	l.parallel(try, try, try, try, try)
	l.sleep(8 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("listen(1), nobody accepts, five attempts at once over a wire of 20 ms: two fit the queue; the others were answered with SYN cookies, so the server keeps no state: "+
		"it repeats no SYN-ACK and never acknowledges the request, which the client repeats. An accept queue overflow without its usual mark.",
		exactly(5, "SYNs", all(isSYN, onPort(8443))),
		none("SYN-ACKs repeated", all(onPort(8443), repeats(isSYNACK))),
		atLeast(9, "requests repeated", all(onPort(8443), from(clientIP), repeats(isData))))
}

// requestUnheard connects and sends a request that nobody may read.
func (w *wired) requestUnheard(port int) func() {
	return func() {
		conn := w.client.mustDial(hostPort(nearIP, port))
		fmt.Fprint(conn, smallGET)
	}
}

func connectSYNLost(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(500))
	lose := 1
	w.fwd.set(func(p *pkt) verdict {
		if isSYN(p) && p.port(80) && lose > 0 {
			lose--
			return drop
		}
		return verdict{delay: 5 * time.Millisecond}
	})
	c := w.client.capture("c0", "connect/syn-lost.pcap")
	w.client.get("http://" + nearIP + "/once")
	w.fwd.set(nil)
	w.client.get("http://" + nearIP + "/sound")
	lose = 2
	w.fwd.set(func(p *pkt) verdict {
		if isSYN(p) && p.port(80) && lose > 0 {
			lose--
			return drop
		}
		return pass
	})
	w.client.get("http://" + nearIP + "/twice")
	c.stop()
	c.says("Three HTTP exchanges: SYN lost once (answered after 1 s), sound, SYN lost twice (answered after 2 s). Expect connect-slow-syn-lost for the first and the third.",
		exactly(6, "SYNs", isSYN), exactly(3, "SYNs repeated", repeats(isSYN)), exactly(3, "SYN-ACKs", isSYNACK))
}

func connectSYNACKIgnored(l *lab) {
	w := l.wired()
	w.server.listenRaw(8443, 16, nil)
	w.fwd.set(func(p *pkt) verdict {
		if isSYNACK(p) && p.port(8443) {
			return drop
		}
		return pass
	})
	c := w.server.capture("s0", "connect/synack-ignored.pcap")
	w.client.giveUp(hostPort(nearIP, 8443), dialOptions{timeout: 4500 * time.Millisecond})
	l.sleep(13 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("Seen at the server: it answers the SYN, the answers are lost behind the capture point, the client repeats its SYN and gives up. Expect connect-synack-ignored.",
		atLeast(5, "SYNs", all(isSYN, onPort(8443))),
		atLeast(5, "SYN-ACKs", all(isSYNACK, onPort(8443))),
		none("final ACK", all(isPureACK, onPort(8443))))
}

func connectHandshakeIncomplete(l *lab) {
	w := l.wired()
	w.server.listenRaw(8443, 16, nil)
	w.server.sysctl("net/ipv4/tcp_synack_retries", "3")
	w.fwd.set(func(p *pkt) verdict {
		if p.tcp() && p.port(8443) && p.from(clientIP) && !isSYN(p) {
			return drop
		}
		return pass
	})
	c := w.server.capture("s0", "connect/handshake-incomplete.pcap")
	conn := w.client.mustDial(hostPort(nearIP, 8443))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n")
	l.sleep(20 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("Seen at the server: SYN and SYN-ACK, but the client's ACK and data are lost before the capture point; SYN-ACK repeated three times (1, 2, 4 s), the client does not repeat its SYN. Expect connect-handshake-incomplete.",
		exactly(1, "SYN", all(isSYN, onPort(8443))),
		exactly(4, "SYN-ACKs", all(isSYNACK, onPort(8443))),
		none("anything else of the client", func(p *pkt) bool { return p.port(8443) && p.from(clientIP) && !isSYN(p) }))
}

func connectSYNACKRepeated(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(500))
	lose := true
	w.fwd.set(func(p *pkt) verdict {
		// Until the SYN-ACK has come again, nothing of the client arrives.
		if p.tcp() && p.port(80) && p.from(clientIP) && !isSYN(p) && lose {
			return drop
		}
		return pass
	})
	c := w.server.capture("s0", "connect/synack-repeated.pcap")
	l.parallel(
		func() { w.client.get("http://" + nearIP + "/") },
		func() {
			l.sleep(500 * time.Millisecond)
			w.fwd.set(func(p *pkt) verdict {
				// The data would complete the handshake before the timer does.
				if p.data() && p.port(80) && p.from(clientIP) && lose {
					return drop
				}
				if isPureACK(p) {
					lose = false
				}
				return pass
			})
		},
	)
	c.stop()
	c.says("Seen at the server: final ACK and request lost until the SYN-ACK is repeated after 1 s, then a sound exchange. The handshake took 1 s; no failure.",
		exactly(1, "SYN", isSYN), exactly(2, "SYN-ACKs", isSYNACK), atLeast(1, "request", all(isData, from(clientIP))))
}
