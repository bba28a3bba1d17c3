package main

import (
	"fmt"
	"time"
)

func sshBlackholeKEXINIT(l *lab) {
	l.sshBlackhole("kexinit", clientIP, "No packet of more than 1400 bytes gets from client to server: the first segment of the client's KEXINIT is repeated and never arrives")
}

func sshBlackholeReply(l *lab) {
	// Shorter lists than usual, so that KEXINIT fits and the reply does not.
	l.sshBlackhole("reply", nearIP, "No packet of more than 1400 bytes gets from server to client: the first segment of the server's key exchange reply never arrives, a shorter one behind it does",
		"HostKeyAlgorithms=rsa-sha2-512", "KexAlgorithms=sntrup761x25519-sha512@openssh.com")
}

func (l *lab) sshBlackhole(name, from, text string, options ...string) {
	s, w := l.sshWired()
	s.server(w.server, nearIP)
	w.fwd.set(func(p *pkt) verdict {
		if p.from(from) && p.ipLen > 1400 {
			return drop
		}
		return verdict{delay: 10 * time.Millisecond}
	})
	at := w.client.capture("c0", "ssh/blackhole-"+name+".pcap")
	far := w.server.capture("s0", "ssh/blackhole-"+name+"-server.pcap")
	in := withKey
	in.options, in.patience = options, 9*time.Second
	log := s.loginFails(w.client, nearIP, in)
	l.sleep(time.Second)
	l.tick(w.client, nearTick)
	at.stop()
	far.stop()
	large := func(p *pkt) bool { return p.port(sshPort) && p.data() && p.ipLen > 1400 }
	onSSH := []fact{exactly(1, "SYN to port 22", all(isSYN, onPort(sshPort))), none("ICMP", func(p *pkt) bool { return p.proto == protoICMP })}
	near, there := append(onSSH, atLeast(4, "large segments", large)), append(onSSH, none("large segments", large))
	if from == nearIP {
		near, there = there, near
	}
	f := at.says(text+"; no ICMP. Seen at the client, whose user gives up after 9 s. Expect ssh-mtu-blackhole.", near...)
	l.sshFacts(at, f, "no login: black hole for large packets", log)
	far.says(text+"; no ICMP. Seen at the server. Expect ssh-mtu-blackhole.", there...)
}

func sshPMTUD(l *lab) {
	r := l.routed()
	// Narrow in one direction only: a narrow device would silently drop what
	// the server sends.
	r.router.ip("route", "add", serverIP+"/32", "dev", "r1", "mtu", "lock", fmt.Sprint(narrowMTU))
	l.versions += ", OpenSSH " + version("ssh", "-V")
	s := l.ssh()
	s.server(r.server, serverIP)
	c := r.client.capture("c0", "ssh/pmtud.pcap")
	log := s.loginWorks(r.client, serverIP, withKey)
	c.stop()
	f := c.says("A router with a far link of 1480 bytes tells so by ICMP when the KEXINIT does not fit: repaired in no time, a healthy login. No ssh-mtu-blackhole.",
		exactly(1, "SYN", isSYN), atLeast(1, "ICMP of the router", routerICMP))
	l.sshFacts(c, f, "success with publickey", log)
}

func sshJump(l *lab) {
	r := l.routed()
	l.versions += ", OpenSSH " + version("ssh", "-V")
	s := l.ssh()
	const jumpIP = "192.0.2.254"
	jump := s.server(r.router, jumpIP)
	target := s.server(r.server, serverIP)
	jump.who, target.who = "jump", "target"
	known := s.knownHosts(s.dir, jumpIP, "host_ed25519")
	at := r.client.capture("c0", "ssh/jump-client.pcap")
	mid := r.router.capture("any", "ssh/jump-host.pcap")
	in := withKey
	in.options = []string{fmt.Sprintf("ProxyCommand=ssh -F none -o UserKnownHostsFile=%s -o GlobalKnownHostsFile=none -o IdentityAgent=none -i %s -W %%h:%%p %s@%s", known, s.path("user"), sshUser, jumpIP)}
	log := s.loginWorks(r.client, serverIP, in)
	at.stop()
	mid.stop()
	f := at.says("Login to a target through a jump host. Seen at the client: one connection, to the jump host; the second login is inside it.", exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(at, f, "success with publickey on the jump host and on the target", log, jump, target)
	mid.says("The same, seen on the jump host on all interfaces: two SSH connections, the second from the jump host to the target.", exactly(2, "SYNs", isSYN), exactly(4, "banners", isBanner))
}
