package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// connectRSTIgnored: resets that RFC 9293 3.10.7 and RFC 5961 3 tell a host to
// ignore, from a box on the way that guesses.
func connectRSTIgnored(l *lab) {
	const slow = 300 * time.Millisecond
	w := l.wired()
	for _, ip := range []string{nearIP, near6} {
		w.server.http(hostPort(ip, 80), slowPage(slow, 500))
		w.server.http(hostPort(ip, 81), slowPage(slow, 500))
		w.server.http(hostPort(ip, 82), slowPage(slow, 500))
	}
	expected := map[string]uint32{} // next sequence number of the server, by client port
	w.fwd.set(func(p *pkt) verdict {
		switch key := fmt.Sprint(p.dst, p.dport); {
		case isSYN(p) && p.port(80): // acknowledges what was never sent
			return verdict{delay: 20 * time.Millisecond, back: [][]byte{reply(p, rst|ack, 0, p.seq+1000)}}
		case isSYNACK(p):
			expected[key] = p.seq + 1
		case p.data() && p.dport == 81: // beyond the window
			return verdict{back: [][]byte{reply(p, rst, expected[fmt.Sprint(p.src, p.sport)]+100_000_000, 0)}}
		case p.data() && p.dport == 82: // in the window, not at its edge: the client asks back
			return verdict{back: [][]byte{reply(p, rst, expected[fmt.Sprint(p.src, p.sport)]+100, 0)}}
		}
		return pass
	})
	c := w.client.capture("c0", "connect/rst-ignored.pcap")
	for _, ip := range []string{nearIP, near6} {
		for _, port := range []int{80, 81, 82} {
			w.client.get("http://" + hostPort(ip, port) + "/")
		}
	}
	c.stop()
	c.says("Forged RSTs that the client's kernel ignores, IPv4 and IPv6: to the SYN with a wrong acknowledgement number (port 80), "+
		"whereupon it repeats the SYN some 10 ms later (Linux takes such an answer for a sign of an old connection), "+
		"after the request beyond the window (81), and in the window but not at its edge, which the client answers with a challenge ACK (82). All requests are answered after 0.3 s. Nothing to report.",
		exactly(6, "SYNs", all(isSYN, firstTime())), atLeast(2, "SYNs repeated", repeats(isSYN)), atLeast(6, "SYN-ACKs", isSYNACK), atLeast(6, "forged RSTs", all(isRST, func(p *pkt) bool { return !p.from(clientIP) && !p.from(client6) })),
		exactly(6, "requests", all(isData, func(p *pkt) bool { return p.dport >= 80 && p.dport <= 82 })))
}

// connectRSTWrongACK: nothing but such resets comes back.
func connectRSTWrongACK(l *lab) {
	w := l.wired()
	w.fwd.set(func(p *pkt) verdict {
		switch {
		case isSYN(p) && p.port(443):
			return verdict{drop: true, back: [][]byte{reply(p, rst|ack, 0, p.seq)}} // one less than valid
		case isSYN(p) && p.port(444):
			return verdict{drop: true, back: [][]byte{reply(p, rst, p.seq, 0)}} // no ACK at all
		}
		return pass
	})
	c := w.client.capture("c0", "connect/rst-wrong-ack.pcap")
	try := func(ip string, port int) func() {
		return func() { w.client.giveUp(hostPort(ip, port), dialOptions{timeout: 3500 * time.Millisecond}) }
	}
	l.parallel(try(nearIP, 443), try(nearIP, 444), try(near6, 443))
	l.sleep(5 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("SYNs are dropped and answered by forged RSTs that do not acknowledge them (port 443: the initial sequence number itself; 444: no ACK flag), which the client's kernel ignores: it goes on repeating, the first time after some 10 ms. Expect connect-dropped three times, not connect-refused.",
		atLeast(12, "SYNs", all(isSYN, func(p *pkt) bool { return !p.port(tickPort) })), atLeast(12, "forged RSTs", isRST), exactly(1, "sound SYN-ACK", isSYNACK))
}

// connectBroadcast: misguided discovery by TCP. Kernels refuse to connect to
// such addresses, so the SYNs are made by hand.
func connectBroadcast(l *lab) {
	w := l.wired()
	everybody := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	c := w.client.capture("c0", "connect/broadcast.pcap")
	for try := range 3 {
		for i, to := range []struct {
			ip  string
			mac [6]byte
		}{
			{"192.0.2.255", everybody}, // known for one by its MAC address only
			{"255.255.255.255", everybody},
			{"224.0.0.1", [6]byte{1, 0, 0x5e, 0, 0, 1}},
			{"ff02::1", [6]byte{0x33, 0x33, 0, 0, 0, 1}},
		} {
			from := clientIP
			if strings.Contains(to.ip, ":") {
				from = client6
			}
			w.client.send("c0", segment{srcMAC: [6]byte{2, 0, 0, 0, 0, 1}, dstMAC: to.mac, flags: syn, seq: uint32(1000 * (i + 1)),
				src: netip.AddrPortFrom(netip.MustParseAddr(from), uint16(50_001+i)), dst: netip.AddrPortFrom(netip.MustParseAddr(to.ip), 9100)}.frame())
		}
		if try < 2 {
			l.sleep(time.Second)
		}
	}
	l.sleep(5 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("SYNs to the subnet's broadcast address, 255.255.255.255, 224.0.0.1 and ff02::1, three each, one a second: TCP never answers such (RFC 9293 3.10). Nothing above info.",
		exactly(12, "SYNs", all(isSYN, onPort(9100))), none("RST", isRST), exactly(1, "sound SYN-ACK", isSYNACK))
}

// connectFailuresV6: what the other scenarios show with IPv4, each at its own port.
func connectFailuresV6(l *lab) {
	w := l.wired()
	w.server.http(hostPort(near6, 80), page(500)) // lost SYNs
	w.server.http(hostPort(near6, 83), page(500)) // health checks
	w.server.serve(hostPort(near6, 81), func(c net.Conn) {
		c.Read(make([]byte, 4000))
		c.(*net.TCPConn).SetLinger(0) // the deferred close resets
	})
	w.server.serve(hostPort(near6, 82), func(c net.Conn) { io.Copy(io.Discard, c) })
	w.server.listenRaw6(8443, 1)
	lose := 2
	w.fwd.set(func(p *pkt) verdict {
		if isSYN(p) && p.port(80) && lose > 0 {
			lose--
			return drop
		}
		return pass
	})
	c := w.client.capture("c0", "connect/failures-v6.pcap")
	full := hostPort(near6, 8443)
	w.client.mustDial(full)
	l.sleep(50 * time.Millisecond)
	w.client.mustDial(full)
	l.sleep(300 * time.Millisecond)
	l.parallel(
		func() { w.client.get("http://" + hostPort(near6, 80) + "/") },
		func() {
			conn := w.client.mustDial(hostPort(near6, 81))
			fmt.Fprint(conn, smallGET)
			if _, err := io.ReadAll(conn); err == nil {
				l.fail("not reset")
			}
		},
		func() {
			conn := w.client.mustDial(hostPort(near6, 82))
			fmt.Fprint(conn, smallGET)
			conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			conn.Read(make([]byte, 1))
			conn.Close()
		},
		func() {
			for range 4 {
				conn, err := w.client.dial(hostPort(near6, 83), dialOptions{control: func(fd int) error {
					if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0); err != nil {
						return err
					}
					return resetOnClose(fd)
				}})
				l.must(err)
				conn.Close()
				l.sleep(500 * time.Millisecond)
			}
		},
		func() { w.client.giveUp(full, dialOptions{timeout: 2500 * time.Millisecond}) },
		func() { w.client.giveUp(hostPort(near6, 84), dialOptions{}) },
	)
	l.sleep(5 * time.Second)
	w.client.get("http://" + hostPort(near6, 83) + "/")
	c.stop()
	c.says("IPv6, a port each: two SYNs lost (80), reset after the request (81), request never answered (82), four health checks (83), closed (84), full accept queue (8443). "+
		"Expect connect-slow-syn-lost, -reset-early, -no-response, -health-check, -refused, -dropped-selectively, once each.",
		exactly(3, "SYNs to port 80", all(isSYN, onPort(80))), atLeast(1, "RST of port 81", all(isRST, from(near6), onPort(81))),
		none("data of port 82", all(isData, from(near6), onPort(82))), exactly(4, "resets of the checker", all(isRST, from(client6), onPort(83))),
		exactly(1, "RST of port 84", all(isRST, from(near6), onPort(84))), atLeast(5, "SYNs to port 8443", all(isSYN, onPort(8443))))
}
