package main

import (
	"fmt"
	"strings"
	"time"
)

func sshHostKeyPrompt(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP)
	c := w.client.capture("c0", "ssh/hostkey-prompt.pcap")
	in := login{keys: []string{"user"}, hostKey: []answer{{3 * time.Second, "yes"}}}
	log := s.loginWorks(w.client, nearIP, in)
	c.stop()
	f := c.says("First connection: after the server's NEWKEYS the client asks the user about the host key; yes after 3 s, then a login with a public key. Expect ssh-user-hostkey.",
		exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success with publickey; 3 s at the host-key prompt", log, server)

	c = w.client.capture("c0", "ssh/hostkey-refused.pcap")
	in.hostKey = []answer{{1500 * time.Millisecond, "no"}}
	log = s.loginFails(w.client, nearIP, in)
	c.stop()
	f = c.says("The user says no after 1.5 s: the client closes without NEWKEYS (with RST here, since the server's EXT_INFO is unread). Expect ssh-hostkey-refused.",
		exactly(1, "SYN", isSYN), exactly(1, "client closes first", func(p *pkt) bool {
			return p.from(clientIP) && p.tcp() && p.flags&(fin|rst) != 0
		}))
	l.sshFacts(c, f, "the user refused the host key after 1.5 s", log)
}

func sshHostKeyChanged(l *lab) {
	s, w := l.sshWired()
	c := w.client.capture("c0", "ssh/hostkey-changed.pcap")
	s.server(w.server, nearIP)
	first := s.loginWorks(w.client, nearIP, withKey)
	// A second server on the same wire takes over the address.
	w.server.exec("iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "-d", nearIP, "--dport", "22", "-j", "DNAT", "--to", nearTick+":22")
	s.server(w.server, nearTick, "HostKey "+s.path("other"), "HostKeyAlgorithms ssh-ed25519")
	in := withKey
	in.options = []string{"StrictHostKeyChecking=yes", "HostKeyAlgorithms=ssh-ed25519"}
	second := s.loginFails(w.client, nearIP, in)
	if !second.has("IDENTIFICATION HAS CHANGED") {
		l.fail("the client did not complain: %v", second.tail())
	}
	c.stop()
	f := c.says("A login, then another server with another ed25519 key behind the same address and port: the client refuses. Expect ssh-hostkey-changed.",
		exactly(2, "SYNs", isSYN), exactly(4, "banners", isBanner))
	l.sshFacts(c, f, "success, then refused: another host key of the same type", first, second)
}

func sshPassword(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP)
	c := w.client.capture("c0", "ssh/password.pcap")
	log := s.loginWorks(w.client, nearIP, login{known: true, passwords: []answer{
		{1200 * time.Millisecond, "wrong"}, {1000 * time.Millisecond, "wrong again"}, {1500 * time.Millisecond, s.password}}})
	c.stop()
	f := c.says("Wrong password twice, then the right one, the user typing for 1.2, 1.0 and 1.5 s. Expect outcome success, three password requests of which two refused; the waits are the user's.",
		exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success with password at the third try", log, server)

	c = w.client.capture("c0", "ssh/password-refused.pcap")
	log = s.loginFails(w.client, nearIP, login{known: true, passwords: []answer{
		{900 * time.Millisecond, "wrong"}, {900 * time.Millisecond, "wrong"}, {900 * time.Millisecond, "wrong"}}})
	c.stop()
	f = c.says("Three wrong passwords, then the client gives up. Expect outcome failure.", exactly(1, "SYN", isSYN))
	l.sshFacts(c, f, "failure: three wrong passwords", log)
}

func sshIPv6(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, near6)
	c := w.client.capture("c0", "ssh/ipv6.pcap")
	log := s.loginWorks(w.client, near6, login{hostKey: []answer{{1500 * time.Millisecond, "yes"}}, passwords: []answer{
		{900 * time.Millisecond, "wrong"}, {900 * time.Millisecond, s.password}}})
	c.stop()
	f := c.says("Over IPv6: the user says yes to the host key after 1.5 s, then types a wrong password and the right one. Expect ssh-user-hostkey, outcome success, one password refused.",
		exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success with password at the second try", log, server)
}

func sshPubkey(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP)
	c := w.client.capture("c0", "ssh/pubkey.pcap")
	at := w.server.capture("s0", "ssh/pubkey-server.pcap")
	log := s.loginWorks(w.client, nearIP, login{known: true, keys: []string{"other", "user"}})
	c.stop()
	at.stop()
	text := "Public-key login over a wire of 10 ms each way: a key the server refuses, then the right one. Nothing slow: no finding of severity warning. "
	f := c.says(text+"Seen at the client.", exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success with the second public key", log, server)
	at.says(text+"Seen at the server.", exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
}

func sshNoCommon(l *lab) {
	s, w := l.sshWired()
	s.server(w.server, nearIP, "KexAlgorithms curve25519-sha256", "Ciphers aes256-ctr", "MACs hmac-sha2-256", "HostKeyAlgorithms ssh-ed25519")
	for _, c := range []struct{ name, option string }{
		{"kex", "KexAlgorithms=ecdh-sha2-nistp256"},
		{"cipher", "Ciphers=aes128-gcm@openssh.com"},
		{"mac", "MACs=hmac-sha1"},
		{"hostkey", "HostKeyAlgorithms=rsa-sha2-512"},
	} {
		p := w.client.capture("c0", "ssh/no-common-"+c.name+".pcap")
		in := withKey
		in.options = []string{c.option}
		log := s.loginFails(w.client, nearIP, in)
		p.stop()
		if !log.has("no matching") {
			l.fail("%s: %v", c.name, log.tail())
		}
		f := p.says("The client offers only "+strings.Replace(c.option, "=", " ", 1)+", which the server does not have: both close after the KEXINITs, no message says why. Expect ssh-no-common-"+c.name+".",
			exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
		l.sshFacts(p, f, "no common algorithm ("+c.name+")", log)
	}
}

func sshBruteForce(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP)
	c := w.client.capture("c0", "ssh/bruteforce.pcap", "-s", "200")
	for i := range 12 {
		s.loginFails(w.client, nearIP, login{known: true, passwords: []answer{{0, fmt.Sprint("guess", i)}}, options: []string{"NumberOfPasswordPrompts=1", "PreferredAuthentications=password"}})
	}
	c.stop()
	f := c.says("Twelve connections of one client in a few seconds, one wrong password each, typed in no time. Snaplen 200. Expect ssh-brute.", exactly(12, "SYNs", isSYN))
	l.sshFacts(c, f, "twelve failures", server)
}
