package main

import (
	"os/exec"
	"strings"
	"time"
)

// fileName makes an algorithm's name one of a file.
func fileName(algorithm string) string {
	return strings.NewReplacer("@", "-", "+", "_").Replace(algorithm)
}

func sshKex(l *lab) {
	s, w := l.sshWired()
	out, err := exec.Command("ssh", "-Q", "kex").Output()
	l.must(err)
	methods := strings.Fields(string(out))
	s.server(w.server, nearIP, "KexAlgorithms "+strings.Join(methods, ","))
	for _, m := range methods {
		c := w.client.capture("c0", "ssh/kex-"+fileName(m)+".pcap")
		in := withKey
		in.options = []string{"KexAlgorithms=" + m}
		log := s.loginWorks(w.client, nearIP, in)
		c.stop()
		f := c.says("Public-key login with key exchange "+m+". Nothing slow.", exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
		l.sshFacts(c, f, "success with publickey, "+m, log)
	}
}

func sshCiphers(l *lab) {
	s, w := l.sshWired()
	s.server(w.server, nearIP, "Ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com", "MACs hmac-sha2-256-etm@openssh.com,hmac-sha1,umac-64@openssh.com,hmac-sha2-256")
	for _, c := range []struct{ cipher, mac string }{
		{"chacha20-poly1305@openssh.com", ""},
		{"aes256-gcm@openssh.com", ""},
		{"aes128-ctr", "hmac-sha2-256-etm@openssh.com"},
		{"aes128-ctr", "hmac-sha1"},
		{"aes128-ctr", "umac-64@openssh.com"},
		{"aes128-ctr", "hmac-sha2-256"},
	} {
		name, in := fileName(c.cipher), withKey
		in.options = []string{"Ciphers=" + c.cipher}
		if c.mac != "" {
			name += "-" + fileName(c.mac)
			in.options = append(in.options, "MACs="+c.mac)
		}
		p := w.client.capture("c0", "ssh/cipher-"+name+".pcap")
		log := s.loginWorks(w.client, nearIP, in)
		p.stop()
		f := p.says("Public-key login with "+strings.TrimSpace(c.cipher+" "+c.mac)+". Expect outcome success from the packet sizes.", exactly(1, "SYN", isSYN))
		l.sshFacts(p, f, "success with publickey", log)
	}
}

func sshRekey(l *lab) {
	s, w := l.sshWired()
	s.server(w.server, nearIP)
	c := w.client.capture("c0", "ssh/rekey.pcap", "-s", "400")
	in := withKey
	in.options = []string{"RekeyLimit=32K"}
	in.command = "head -c 120000 /dev/zero"
	log := s.loginWorks(w.client, nearIP, in)
	c.stop()
	if !log.has("rekey") {
		l.fail("no rekeying: %v", log.tail())
	}
	f := c.says("120 kB with RekeyLimit 32K: the key exchanges after the first are encrypted and must not look like new phases. Snaplen 400.", exactly(1, "SYN", isSYN), exactly(2, "banners", isBanner))
	l.sshFacts(c, f, "success with publickey, several rekeyings", log)
}

func sshLoss(l *lab) {
	s, w := l.sshWired()
	server := s.server(w.server, nearIP)
	count := 0
	w.fwd.set(func(p *pkt) verdict {
		if p.data() {
			// The banner of the server, a KEXINIT, and one in the login.
			if count++; count == 1 || count == 4 || count == 12 {
				return drop
			}
		}
		return verdict{delay: 10 * time.Millisecond}
	})
	c := w.client.capture("c0", "ssh/loss.pcap")
	log := s.loginWorks(w.client, nearIP, withKey)
	c.stop()
	f := c.says("Three data segments of a login are lost and repaired: the time goes to the network, not to client or server. Expect ssh-loss.", exactly(1, "SYN", isSYN))
	l.sshFacts(c, f, "success with publickey in spite of loss", log, server)
}
