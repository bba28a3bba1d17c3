package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// sshSlowScenarios: sides that make the other one wait, and logins that the
// server ends.
func sshSlowScenarios() []scenario {
	return []scenario{
		{name: "ssh/slow-kex", doc: "server or client stands still in the key exchange, and the server behind it", seconds: 9, run: sshSlowKex},
		{name: "ssh/slow-auth-fail", doc: "PAM's delay before each refusal", seconds: 12, run: sshSlowAuthFail},
		{name: "ssh/auth-too-many", doc: "more keys offered than the server allows", seconds: 3, run: sshTooMany},
		{name: "ssh/scan", doc: "ssh-keyscan of six servers", seconds: 4, run: sshScan},
		{name: "ssh/odd-proposals", doc: "a late client, one without strict key exchange, one that insists on zlib", seconds: 4, run: sshOddProposals},
	}
}

// freeze stops the processes of a host whose names begin with program, and lets
// them go on later.
func (n *netns) freeze(program string, d time.Duration) {
	var stopped []int
	out, _ := exec.Command("ip", "netns", "pids", n.name).Output()
	for _, field := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(field)
		comm, _ := os.ReadFile("/proc/" + field + "/comm")
		if err == nil && pid != os.Getpid() && strings.HasPrefix(string(comm), program) && syscall.Kill(pid, syscall.SIGSTOP) == nil {
			stopped = append(stopped, pid)
		}
	}
	time.Sleep(d)
	for _, pid := range stopped {
		syscall.Kill(pid, syscall.SIGCONT)
	}
}

// isMessage recognises a segment that begins with an SSH message in clear.
func isMessage(p *pkt, from string, typ byte) bool {
	return p.from(from) && len(p.payload) > 6 && binary.BigEndian.Uint32(p.payload) < 35000 && p.payload[0] == 0 && p.payload[5] == typ
}

func sshSlowKex(l *lab) {
	s, w := l.sshWired()
	s.server(w.server, nearIP)
	const kexInit, newKeys = 20, 21
	for _, c := range []struct {
		name, sender, program string
		host                  *netns
		typ                   byte
		d                     time.Duration
		text, outcome         string
	}{
		{"slow-kex-server", nearIP, "sshd", w.server, kexInit, 1600 * time.Millisecond,
			"The server's processes stand still for 1.6 s after its KEXINIT: the client's key exchange message is acknowledged by the kernel and answered late. Expect ssh-slow-kex-server.", "success; the server stood still before its key exchange reply"},
		{"slow-kex-client", clientIP, "ssh", w.client, kexInit, 1500 * time.Millisecond,
			"The client's process stands still for 1.5 s after its KEXINIT. Expect ssh-slow-kex-client.", "success; the client stood still before its key exchange message"},
		{"stall-newkeys", clientIP, "sshd", w.server, newKeys, 2700 * time.Millisecond,
			"The server's processes stand still for 2.7 s after the client's NEWKEYS: the first request is acknowledged by the kernel and answered late. Expect ssh-stall-newkeys.", "success; the server stood still after NEWKEYS"},
	} {
		var once sync.Once
		w.fwd.set(func(p *pkt) verdict {
			if isMessage(p, c.sender, c.typ) {
				once.Do(func() { go c.host.freeze(c.program, c.d) })
			}
			return verdict{delay: 10 * time.Millisecond}
		})
		p := w.client.capture("c0", "ssh/"+c.name+".pcap")
		log := s.loginWorks(w.client, nearIP, withKey)
		p.stop()
		f := p.says(c.text, exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
		l.sshFacts(p, f, c.outcome, log)
	}
}

func sshSlowAuthFail(l *lab) {
	s, w := l.sshWired()
	if _, err := os.Stat("/etc/pam.d/sshd"); err != nil {
		l.fail("no /etc/pam.d/sshd to cover")
	}
	s.etc["pam.d/sshd"] = "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
	server := s.server(w.server, nearIP, "UsePAM yes")
	c := w.client.capture("c0", "ssh/slow-auth-fail.pcap")
	log := s.loginWorks(w.client, nearIP, login{known: true, passwords: []answer{
		{300 * time.Millisecond, "wrong"}, {300 * time.Millisecond, "wrong again"}, {300 * time.Millisecond, s.password}}})
	c.stop()
	f := c.says("Two wrong passwords, each refused some seconds late by pam_unix and sshd, then the right one. Expect ssh-slow-auth-fail, which is no fault.",
		exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success with password at the third try, refusals delayed", log, server)
}

func sshTooMany(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP, "MaxAuthTries 2")
	c := w.client.capture("c0", "ssh/auth-too-many.pcap")
	log := s.loginFails(w.client, nearIP, login{known: true, keys: []string{"other", "host_rsa", "host_ed25519"}})
	c.stop()
	if !log.has("Too many authentication failures") {
		l.fail("not ended by the server: %v", log.tail())
	}
	f := c.says("MaxAuthTries 2 and three keys that the server does not know: it disconnects at the second. Expect ssh-auth-too-many, for keys.",
		exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "ended by the server: two keys refused", log, server)
}

func sshScan(l *lab) {
	s, w := l.sshWired()
	var listen, hosts []string
	for i := range 5 {
		ip := fmt.Sprintf("192.0.2.%d", 101+i)
		w.server.addr("s0", ip+"/24")
		listen = append(listen, "ListenAddress "+hostPort(ip, sshPort))
		hosts = append(hosts, ip)
	}
	server := s.server(w.server, nearIP, listen...)
	c := w.client.capture("c0", "ssh/scan.pcap")
	w.client.exec(append([]string{"ssh-keyscan", "-T", "5", "-t", "ed25519", nearIP}, hosts...)...)
	c.stop()
	f := c.says("ssh-keyscan takes the host keys of six servers. Expect ssh-scan, and no ssh-hostkey-refused.", exactly(6, "SYNs", isSYN), exactly(12, "banners", isBanner))
	l.sshFacts(c, f, "looked at: six servers, none logged into", server)
}

// proposal makes a KEXINIT packet with these lists (RFC 4253 7.1).
func proposal(kex, cipher, compression string) []byte {
	b := append([]byte{20}, make([]byte, 16)...)
	for _, list := range []string{kex, "ssh-ed25519", cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", compression, compression, "", ""} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(list)))
		b = append(b, list...)
	}
	b = append(b, 0, 0, 0, 0, 0)
	pad := 8 - (5+len(b))%8
	if pad < 4 {
		pad += 8
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(1+len(b)+pad))
	return append(append(append(head, byte(pad)), b...), make([]byte, pad)...)
}

func sshOddProposals(l *lab) {
	s, w := l.sshWired()
	s.server(w.server, nearIP)
	// talk says things to the server, reads for a while, and leaves.
	talk := func(wait time.Duration, parts ...[]byte) {
		conn := w.client.mustDial(hostPort(nearIP, sshPort))
		l.sleep(wait)
		for _, b := range parts {
			conn.Write(b)
		}
		conn.SetReadDeadline(time.Now().Add(400 * time.Millisecond))
		for {
			if _, err := conn.Read(make([]byte, 2000)); err != nil {
				break
			}
		}
		conn.Close()
	}
	hello := []byte("SSH-2.0-lab_client\r\n")
	const hybrid = "sntrup761x25519-sha512@openssh.com"
	for _, x := range []struct {
		name, text string
		wait       time.Duration
		init       []byte
	}{
		{"late-client", "A client that identifies itself after 1.3 s, and leaves after the server's KEXINIT. Expect ssh-slow-client-banner.", 1300 * time.Millisecond, nil},
		{"terrapin", "A client that offers chacha20-poly1305 without the marker of strict key exchange, and leaves after the KEXINITs. Expect ssh-terrapin.", 0,
			proposal(hybrid, "chacha20-poly1305@openssh.com", "none")},
		{"no-common-compression", "A client that insists on compression before authentication, which no current OpenSSH server has. Expect ssh-no-common-compression.", 0,
			proposal(hybrid, "aes256-gcm@openssh.com", "zlib")},
	} {
		c := w.client.capture("c0", "ssh/"+x.name+".pcap")
		parts := [][]byte{hello}
		if x.init != nil {
			parts = append(parts, x.init)
		}
		talk(x.wait, parts...)
		c.stop()
		c.says(x.text, exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	}
}
