package main

import (
	"net"
	"os"
	"time"
)

func sshMaxStartups(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP, "MaxStartups 3:100:3")
	c := w.client.capture("c0", "ssh/maxstartups.pcap")
	for range 3 { // connections that do not log in
		w.client.mustDial(hostPort(nearIP, sshPort))
	}
	l.sleep(300 * time.Millisecond)
	log := s.loginFails(w.client, nearIP, withKey)
	again := s.loginFails(w.client, nearIP, withKey)
	c.stop()
	f := c.says("MaxStartups 3:100:3 and three connections waiting before authentication: the next two are told \"Exceeded MaxStartups\" and closed. Expect ssh-closed-before-banner twice, with the server's words.",
		exactly(5, "SYNs", isSYN), exactly(2, "Exceeded MaxStartups", func(p *pkt) bool {
			return len(p.payload) >= 8 && string(p.payload[:8]) == "Exceeded"
		}))
	l.sshFacts(c, f, "two connections dropped by MaxStartups", log, again, server)
}

const deadDNS = "192.0.2.53"

// deadResolver gives the server a name server that takes questions and never
// answers.
func (s *sshLab) deadResolver(w *wired) {
	w.server.ip("neigh", "add", deadDNS, "lladdr", "02:00:00:00:00:53", "dev", "s0", "nud", "permanent")
	s.etc["resolv.conf"] = "nameserver " + deadDNS + "\noptions timeout:2 attempts:2\n"
	s.etc["hosts"] = "127.0.0.1 localhost\n"
	s.etc["nsswitch.conf"] = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
}

const wantedWithDNS = "tcp or udp port 53"

func isDNS(p *pkt) bool { return p.proto == protoUDP && p.dport == 53 }

func sshSlowBanner(l *lab) {
	s, w := l.sshWired()
	s.deadResolver(w)
	// A pattern with a name makes tcp-wrappers look the client's name up.
	s.etc["hosts.allow"] = "sshd: .lab.example\nsshd: ALL\n"
	if _, err := os.Stat("/etc/hosts.allow"); err != nil {
		l.fail("no /etc/hosts.allow to cover (Debian package libwrap0)")
	}
	server := s.server(w.server, nearIP)
	c := w.server.captureFilter("s0", "ssh/slow-banner.pcap", wantedWithDNS)
	log := s.loginWorks(w.client, nearIP, withKey)
	c.stop()
	f := c.says("The server looks the client's name up (tcp-wrappers) against a resolver that does not answer, before it sends its banner; then all goes well. Captured at the server, so its unanswered PTR queries are in it. Expect ssh-slow-server-banner, cause reverse DNS.",
		atLeast(2, "PTR queries", isDNS), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success; the banner came 4 s late", log, server)
}

func sshSlowAuth(l *lab) {
	s, w := l.sshWired()
	s.deadResolver(w)
	server := s.server(w.server, nearIP, "UseDNS yes")
	c := w.server.captureFilter("s0", "ssh/slow-auth.pcap", wantedWithDNS)
	log := s.loginWorks(w.client, nearIP, withKey)
	c.stop()
	f := c.says("UseDNS yes and a resolver that does not answer: the banner is prompt, the wait is before the answer to the first authentication request. Captured at the server. Expect ssh-slow-auth-first, with PTR queries as proof.",
		atLeast(2, "PTR queries", isDNS), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success; the first authentication answer came 4 s late", log, server)
}

func sshOddPeers(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP, "LoginGraceTime 4")
	c := w.client.capture("c0", "ssh/grace.pcap")
	var waiting *timedLog
	l.parallel(
		func() {
			waiting = s.loginFails(w.client, nearIP, login{known: true, passwords: []answer{{7 * time.Second, s.password}}})
		},
		func() {
			conn := w.client.mustDial(hostPort(nearIP, sshPort))
			conn.SetReadDeadline(time.Now().Add(8 * time.Second))
			for {
				if _, err := conn.Read(make([]byte, 200)); err != nil {
					break
				}
			}
			conn.Close()
		},
	)
	c.stop()
	f := c.says("LoginGraceTime 4: the server closes two connections of the same age, one whose user has not typed the password yet, one whose client never identified itself. Expect ssh-grace, and ssh-client-silent for the second.",
		exactly(2, "SYNs", isSYN), atLeast(3, "banners", isBanner))
	l.sshFacts(c, f, "two connections ended by LoginGraceTime", waiting, server)

	c = w.client.capture("c0", "ssh/odd-clients.pcap")
	for _, text := range []string{"GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n", "SSH-1.5-lab\r\n", ""} {
		conn := w.client.mustDial(hostPort(nearIP, sshPort))
		conn.Write([]byte(text))
		conn.SetReadDeadline(time.Now().Add(400 * time.Millisecond))
		for {
			if _, err := conn.Read(make([]byte, 200)); err != nil {
				break
			}
		}
		conn.Close()
	}
	c.stop()
	c.says("An HTTP request to the SSH port, an SSH 1 client, and a client that takes the banner and leaves. Expect ssh-not-ssh, ssh-version-mismatch.",
		exactly(3, "SYNs", isSYN), exactly(4, "banners", isBanner))

	w.server.serve(hostPort(nearIP, 2222), func(c net.Conn) {
		for range 14 {
			time.Sleep(400 * time.Millisecond)
			if _, err := c.Write([]byte("a line before the banner\r\n")); err != nil {
				return
			}
		}
	})
	c = w.client.capture("c0", "ssh/tarpit.pcap")
	s.loginFails(w.client, nearIP, login{known: true, options: []string{"Port=2222"}})
	c.stop()
	c.says("A tarpit sends 14 lines in 5.6 s and never a banner (OpenSSH client, port 2222). Expect ssh-prebanner-text.", exactly(1, "SYN", isSYN), exactly(14, "lines", all(isData, from(nearIP))))
}
