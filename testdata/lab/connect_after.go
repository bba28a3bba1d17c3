package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const smallGET = "GET / HTTP/1.1\r\nHost: lab.example\r\nUser-Agent: lab\r\n\r\n"

func connectResetEarly(l *lab) {
	w := l.wired()
	reset := func(wait time.Duration) func(net.Conn) {
		return func(c net.Conn) {
			c.Read(make([]byte, 4000))
			time.Sleep(wait)
			c.(*net.TCPConn).SetLinger(0) // the deferred close resets
		}
	}
	w.server.serve(hostPort(nearIP, 80), reset(2*time.Second))
	w.server.serve(hostPort(nearIP, 81), reset(0))
	c := w.client.capture("c0", "connect/reset-early.pcap")
	for _, port := range []int{80, 81, 81} {
		conn := w.client.mustDial(hostPort(nearIP, port))
		fmt.Fprint(conn, smallGET)
		if _, err := io.ReadAll(conn); err == nil {
			l.fail("not reset")
		}
	}
	c.stop()
	c.says("Request sent and acknowledged, then RST of the server before any byte: port 80 after 2 s, port 81 at once, twice. Expect connect-reset-early for both.",
		exactly(3, "server RSTs", all(isRST, from(nearIP))), exactly(3, "requests", all(isData, from(clientIP))),
		none("server data", all(isData, from(nearIP))))
}

func connectNoResponse(l *lab) {
	w := l.wired()
	mute := func(c net.Conn) { io.Copy(io.Discard, c) }
	w.server.serve(hostPort(nearIP, 80), mute)
	w.server.serve(hostPort(nearIP, 443), mute)
	w.server.serve(hostPort(nearIP, 9000), mute)
	c := w.client.capture("c0", "connect/no-response.pcap")
	ask := func(port int, f func(net.Conn)) func() {
		return func() {
			conn := w.client.mustDial(hostPort(nearIP, port))
			conn.SetDeadline(time.Now().Add(3 * time.Second))
			f(conn)
			conn.Read(make([]byte, 1))
			conn.Close()
		}
	}
	l.parallel(
		ask(80, func(c net.Conn) { fmt.Fprint(c, smallGET) }),
		ask(443, func(c net.Conn) {
			tls.Client(c, &tls.Config{ServerName: "lab.example"}).Handshake()
		}),
		// An unknown protocol may well be one-way: this one is no finding.
		ask(9000, func(c net.Conn) { fmt.Fprint(c, "metric 1\n") }),
	)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("An HTTP request (port 80) and a TLS ClientHello (443) are acknowledged and never answered; the client closes after 3 s. A line of an unknown one-way protocol (9000) likewise. Expect connect-no-response for 80 and 443, not for 9000.",
		exactly(1, "HTTP request", all(isData, onPort(80))), exactly(1, "ClientHello", func(p *pkt) bool {
			return p.port(443) && len(p.payload) > 5 && p.payload[0] == 22
		}), none("server data", func(p *pkt) bool { return p.data() && p.from(nearIP) }))
}

func connectECNFallback(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(500))
	w.client.sysctl("net/ipv4/tcp_ecn", "1")
	w.server.sysctl("net/ipv4/tcp_ecn", "1")
	c := w.client.capture("c0", "connect/ecn-fallback.pcap")
	w.client.get("http://" + nearIP + "/ecn")
	ecnSYN := func(p *pkt) bool { return isSYN(p) && p.flags&(ece|cwr) == ece|cwr }
	w.fwd.set(func(p *pkt) verdict {
		if ecnSYN(p) && p.port(80) {
			return drop
		}
		return pass
	})
	w.client.get("http://" + nearIP + "/fallback")
	c.stop()
	c.says("One exchange with an ECN-setup SYN; then a middlebox drops SYNs with ECE and CWR, until the kernel repeats the SYN without them: the same attempt. Expect connect-slow-syn-lost once.",
		atLeast(2, "ECN-setup SYNs", ecnSYN),
		exactly(1, "plain SYN", func(p *pkt) bool { return isSYN(p) && p.flags&(ece|cwr) == 0 }), exactly(2, "SYN-ACKs", isSYNACK))
}

func connectQuietHTTP(l *lab) {
	r := l.routed()
	r.server.http(hostPort(serverIP, 80), page(6000))
	r.server.http(hostPort(server6, 80), page(6000))
	c := r.client.capture("c0", "connect/quiet-http.pcap")
	for range 3 {
		r.client.get("http://" + serverIP + "/")
		r.client.get("http://[" + server6 + "]/")
	}
	c.stop()
	c.says("Six sound HTTP exchanges through a router, IPv4 and IPv6 in turn. Nothing to report.",
		exactly(6, "SYNs", isSYN), exactly(6, "SYN-ACKs", isSYNACK), none("RST", isRST))
}

func connectQuietLoss(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(60_000))
	count := 0
	w.fwd.set(func(p *pkt) verdict {
		if p.data() {
			if count++; count%17 == 0 {
				return drop
			}
		}
		return verdict{delay: 5 * time.Millisecond}
	})
	c := w.client.capture("c0", "connect/quiet-loss-client.pcap", "-s", "200")
	s := w.server.capture("s0", "connect/quiet-loss-server.pcap", "-s", "200")
	w.client.get("http://" + nearIP + "/")
	w.client.get("http://" + nearIP + "/")
	c.stop()
	s.stop()
	text := "Two downloads of 60 kB over a wire of 5 ms that loses every 17th data segment: plain loss, repaired. Snaplen 200. Nothing to report for connect or path MTU. "
	c.says(text+"Seen at the client.", exactly(2, "SYNs", isSYN), atLeast(80, "server data", all(isData, from(nearIP))))
	s.says(text+"Seen at the server.", exactly(2, "SYNs", isSYN), atLeast(3, "server data repeated", all(from(nearIP), repeats(isData))))
}

func connectQuietCookies(l *lab) {
	w := l.wired()
	w.server.sysctl("net/ipv4/tcp_syncookies", "2")
	w.server.http(hostPort(nearIP, 80), page(3000))
	c := w.client.capture("c0", "connect/quiet-cookies.pcap")
	for range 3 {
		w.client.get("http://" + nearIP + "/")
	}
	c.stop()
	c.says("Three exchanges with a server that always answers with SYN cookies. Nothing to report.",
		exactly(3, "SYNs", isSYN), exactly(3, "SYN-ACKs", isSYNACK))
}

func connectQuietDeferAccept(l *lab) {
	w := l.wired()
	w.server.listenRaw(8443, 16, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1)
	})
	c := w.client.capture("c0", "connect/quiet-defer-accept.pcap")
	conn := w.client.mustDial(hostPort(nearIP, 8443))
	l.sleep(1500 * time.Millisecond)
	fmt.Fprint(conn, strings.Replace(smallGET, "GET", "PUT", 1))
	l.sleep(time.Second)
	conn.Close()
	l.tick(w.client, nearTick)
	c.stop()
	c.says("TCP_DEFER_ACCEPT: the server ignores the final ACK and repeats the SYN-ACK until data come, here after 1.5 s; the data are acknowledged at once and never repeated. Not an accept queue overflow: nothing to report for that.",
		exactly(1, "SYN", all(isSYN, onPort(8443))), atLeast(2, "SYN-ACKs", all(isSYNACK, onPort(8443))),
		none("client data repeated", all(onPort(8443), from(clientIP), repeats(isData))))
}
