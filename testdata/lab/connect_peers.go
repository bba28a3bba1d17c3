package main

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// resetOnClose makes Close send RST and forget the connection.
func resetOnClose(fd int) error {
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// stalePeer: the client loses its connection without the server noticing (as a
// crashed host would), then comes back with the same port.
func connectStalePeer(l *lab) {
	w := l.wired()
	w.server.serve(hostPort(nearIP, 7000), func(c net.Conn) {
		b := make([]byte, 100)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			c.Write(b[:n])
		}
	})
	c := w.client.capture("c0", "connect/stale-peer.pcap")
	exchange := func() net.Conn {
		conn, err := w.client.dial(hostPort(nearIP, 7000), dialOptions{port: 40001, control: resetOnClose})
		l.must(err)
		fmt.Fprintf(conn, "hello\n")
		_, err = conn.Read(make([]byte, 100))
		l.must(err)
		return conn
	}
	first := exchange()
	l.sleep(300 * time.Millisecond)
	// The host "crashes": its RST does not leave it.
	w.client.exec("iptables", "-A", "OUTPUT", "-p", "tcp", "--sport", "40001", "--tcp-flags", "RST", "RST", "-j", "DROP")
	first.Close()
	w.client.exec("iptables", "-F", "OUTPUT")
	l.sleep(time.Second)
	second := exchange()
	second.Close()
	c.stop()
	c.says("The client lost its connection (port 40001) without telling; its new SYN from the same port is answered by a bare ACK for the old connection (challenge ACK), "+
		"the client resets that, repeats the SYN some 10 ms later (the kernel does not wait for its timer here) and succeeds. Expect connect-stale-peer with later success.",
		exactly(3, "SYNs", isSYN), exactly(1, "SYNs repeated", repeats(isSYN)), exactly(2, "SYN-ACKs", isSYNACK),
		atLeast(1, "client RST", all(isRST, from(clientIP))))
}

// connectStalePeerStuck: the same, but the client's RST never arrives, so the
// server keeps the old connection and goes on challenging.
func connectStalePeerStuck(l *lab) {
	w := l.wired()
	w.server.serve(hostPort(nearIP, 7000), func(c net.Conn) { c.Read(make([]byte, 100)); time.Sleep(time.Minute) })
	w.fwd.set(func(p *pkt) verdict {
		if isRST(p) && p.from(clientIP) {
			return drop
		}
		return pass
	})
	c := w.client.capture("c0", "connect/stale-peer-stuck.pcap")
	conn, err := w.client.dial(hostPort(nearIP, 7000), dialOptions{port: 40004, control: resetOnClose})
	l.must(err)
	fmt.Fprintf(conn, "hello\n")
	l.sleep(300 * time.Millisecond)
	conn.Close() // the RST is lost on the way
	l.sleep(time.Second)
	w.client.giveUp(hostPort(nearIP, 7000), dialOptions{port: 40004, timeout: 3500 * time.Millisecond})
	l.sleep(5 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("As connect/stale-peer, but a firewall on the way drops the client's RSTs: every SYN of the new attempt is answered by a challenge ACK and it never succeeds. Expect connect-stale-peer without success.",
		atLeast(3, "SYNs of the new attempt", func(p *pkt) bool { return isSYN(p) && p.port(7000) && p.n > 1 }),
		exactly(1, "SYN-ACK (old connection)", all(isSYNACK, onPort(7000))),
		atLeast(3, "challenge ACKs", func() func(p *pkt) bool {
			again := false
			return func(p *pkt) bool {
				again = again || isSYN(p) && p.n > 1
				return again && isPureACK(p) && p.from(nearIP)
			}
		}()))
}

func connectHealthCheck(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(500))
	c := w.client.capture("c0", "connect/health-check.pcap")
	for range 5 {
		conn, err := w.client.dial(hostPort(nearIP, 80), dialOptions{control: func(fd int) error {
			// As load balancers' checks do: no quick ACK, so that the close
			// comes before the handshake's last segment went out.
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0); err != nil {
				return err
			}
			return resetOnClose(fd)
		}})
		l.must(err)
		conn.Close()
		l.sleep(time.Second)
	}
	w.client.get("http://" + nearIP + "/")
	c.stop()
	c.says("Five checks, one a second: SYN, SYN-ACK, RST; then one ordinary exchange with the same server. Expect connect-health-check and nothing else.",
		exactly(6, "SYNs", isSYN), exactly(5, "RSTs", all(isRST, from(clientIP))),
		exactly(1, "final ACKs (ordinary exchange only)", func() func(p *pkt) bool {
			answered := map[int]bool{}
			return func(p *pkt) bool {
				if isSYNACK(p) {
					answered[p.dport] = true
					return false
				}
				was := answered[p.sport]
				answered[p.sport] = false
				return was && isPureACK(p)
			}
		}()))
}

func connectHealthCheckFull(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(500))
	c := w.client.capture("c0", "connect/health-check-full.pcap")
	for range 5 {
		conn, err := w.client.dial(hostPort(nearIP, 80), dialOptions{})
		l.must(err)
		conn.Close()
		l.sleep(time.Second)
	}
	w.client.get("http://" + nearIP + "/")
	c.stop()
	c.says("Five checks, one a second: full handshake, closed at once without data; then one ordinary exchange. Expect connect-health-check and nothing else.",
		exactly(6, "SYNs", isSYN), exactly(6, "client FINs", all(isFIN, from(clientIP))), none("RST", isRST))
}

func connectScan(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(500))
	w.server.http(hostPort(nearIP, 22), page(500))
	// A third of the ports is firewalled, the others refuse.
	w.server.exec("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "90:99", "-j", "DROP")
	c := w.client.capture("c0", "connect/scan.pcap")
	var tries []func()
	for _, port := range append([]int{21, 22, 23, 25, 53, 110, 143, 443, 445, 993}, span(80, 109)...) {
		tries = append(tries, func() {
			conn, err := w.client.dial(hostPort(nearIP, port), dialOptions{timeout: 400 * time.Millisecond, control: resetOnClose})
			if err == nil {
				conn.Close()
			}
		})
	}
	for len(tries) > 0 {
		l.parallel(tries[:5]...)
		tries = tries[5:]
	}
	l.sleep(5 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("A connect() scan of 40 ports in a few seconds: 28 refused, 10 dropped by a firewall (single SYNs), 2 open and reset at once. Expect connect-scan only.",
		exactly(41, "SYNs (one a port, one sound exchange)", isSYN), exactly(28, "refused", all(isRST, from(nearIP))),
		exactly(3, "answered", isSYNACK))
}

func connectScanHosts(l *lab) {
	r := l.routed()
	r.router.ip("route", "add", "blackhole", voidNet+".0/24")
	c := r.client.capture("c0", "connect/scan-hosts.pcap")
	for host := 1; host <= 25; host += 5 {
		var tries []func()
		for i := range 5 {
			tries = append(tries, func() {
				r.client.giveUp(fmt.Sprintf("%s.%d:22", voidNet, host+i), dialOptions{timeout: 300 * time.Millisecond})
			})
		}
		l.parallel(tries...)
	}
	l.sleep(9 * time.Second)
	l.tick(r.client, tickIP)
	c.stop()
	c.says("One source tries port 22 of 25 addresses, a single SYN each, nobody answers. Expect connect-scan only.",
		exactly(26, "SYNs (one an address, one sound exchange)", isSYN), exactly(1, "answered", isSYNACK))
}

// connectManyClients: one server, one cause, more clients than anybody wants to
// read a line about.
func connectManyClients(l *lab) {
	w := l.wired()
	for i := range 20 {
		w.client.addr("c0", fmt.Sprintf("192.0.2.%d/24", 101+i))
	}
	c := w.client.capture("c0", "connect/many-clients.pcap")
	for i := range 20 {
		w.client.giveUp(hostPort(nearIP, 5432), dialOptions{from: fmt.Sprintf("192.0.2.%d", 101+i)})
	}
	l.tick(w.client, nearTick)
	c.stop()
	c.says("Twenty clients are refused at 192.0.2.2:5432. Expect connect-refused folded into one finding.",
		exactly(20, "refused", all(isRST, from(nearIP))))
}

func span(from, to int) (all []int) {
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

func connectTFO(l *lab) {
	w := l.wired()
	w.client.sysctl("net/ipv4/tcp_fastopen", "1")
	w.server.sysctl("net/ipv4/tcp_fastopen", "3")
	w.server.sysctl("net/ipv4/tcp_fastopen_key", "01020304-05060708-090a0b0c-0d0e0f10")
	w.server.serve(hostPort(nearIP, 80), func(c net.Conn) {
		c.Read(make([]byte, 1000))
		fmt.Fprintf(c, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
	}, func(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_FASTOPEN, 16) })
	exchange := func() {
		conn, err := w.client.dial(hostPort(nearIP, 80), dialOptions{control: func(fd int) error {
			return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 1)
		}})
		l.must(err)
		fmt.Fprintf(conn, "GET / HTTP/1.0\r\n\r\n")
		for {
			if _, err := conn.Read(make([]byte, 100)); err != nil {
				break
			}
		}
		conn.Close()
		l.sleep(200 * time.Millisecond)
	}
	c := w.client.capture("c0", "connect/tfo.pcap")
	exchange()
	exchange()
	// A server that lost its key takes the SYN but not its data.
	w.server.sysctl("net/ipv4/tcp_fastopen_key", "11121314-15161718-191a1b1c-1d1e1f20")
	exchange()
	c.stop()
	c.says("TCP Fast Open: the first SYN asks for a cookie, the second carries the request (SYN-ACK acknowledges it), the third too, but the server's key changed and it acknowledges only the SYN; the request is sent again. All answered: nothing to report.",
		exactly(3, "SYNs", isSYN), exactly(2, "SYNs with data", all(isSYN, isData)), exactly(3, "SYN-ACKs", isSYNACK))
}

func connectPortReuse(l *lab) {
	w := l.wired()
	// The server closes first, so that the client may take its port again at once.
	w.server.serve(hostPort(nearIP, 7000), func(c net.Conn) {
		c.Read(make([]byte, 100))
		fmt.Fprintf(c, "bye\n")
	})
	c := w.client.capture("c0", "connect/port-reuse.pcap")
	for range 4 {
		conn, err := w.client.dial(hostPort(nearIP, 7000), dialOptions{port: 40002})
		l.must(err)
		fmt.Fprintf(conn, "hello\n")
		for {
			if _, err := conn.Read(make([]byte, 100)); err != nil {
				break
			}
		}
		conn.Close()
		l.sleep(300 * time.Millisecond)
	}
	c.stop()
	c.says("Four connections from port 40002 to the same server, 0.3 s apart, each with a new initial sequence number: four attempts, all answered, nothing to report.",
		exactly(4, "SYNs", all(isSYN, onPort(40002))), none("SYN repeated", repeats(isSYN)), exactly(4, "SYN-ACKs", isSYNACK))
}

func connectSimultaneousOpen(l *lab) {
	w := l.wired()
	w.fwd.set(func(*pkt) verdict { return verdict{delay: 100 * time.Millisecond} })
	c := w.client.capture("c0", "connect/simultaneous-open.pcap")
	side := func(n *netns, to string) {
		conn, err := n.dial(hostPort(to, 40003), dialOptions{port: 40003})
		l.must(err)
		fmt.Fprintf(conn, "hello from the other side\n")
		_, err = conn.Read(make([]byte, 100))
		l.must(err)
		conn.Close()
	}
	l.parallel(func() { side(w.client, nearIP) }, func() { side(w.server, clientIP) })
	l.sleep(300 * time.Millisecond)
	c.stop()
	c.says("Both hosts connect from and to port 40003 at the same time over a wire of 100 ms: crossing SYNs, crossing SYN-ACKs, one connection. Nothing to report.",
		exactly(2, "SYNs", isSYN), exactly(2, "SYN-ACKs", isSYNACK), atLeast(2, "data", isData))
}
