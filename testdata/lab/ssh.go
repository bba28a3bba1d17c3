package main

import (
	"time"
)

// sshScenarios: OpenSSH logins, phase by phase.
func sshScenarios() []scenario {
	return []scenario{
		{name: "ssh/hostkey-prompt", doc: "first connection: the user thinks for 3 s at the host-key prompt; another says no", seconds: 8, run: sshHostKeyPrompt},
		{name: "ssh/hostkey-changed", doc: "the server's key is not the known one", seconds: 3, run: sshHostKeyChanged},
		{name: "ssh/password", doc: "wrong password twice, then the right one", seconds: 9, run: sshPassword},
		{name: "ssh/pubkey", doc: "a refused key, then the right one, seen from both ends", seconds: 3, run: sshPubkey},
		{name: "ssh/ipv6", doc: "an unknown host and a wrong password over IPv6", seconds: 6, run: sshIPv6},
		{name: "ssh/no-common", doc: "no common key exchange, cipher, MAC, host key algorithm", seconds: 4, run: sshNoCommon},
		{name: "ssh/maxstartups", doc: "the server drops connections beyond MaxStartups", seconds: 4, run: sshMaxStartups},
		{name: "ssh/slow-banner", doc: "tcp-wrappers look the client up in a dead DNS before the banner", seconds: 8, run: sshSlowBanner},
		{name: "ssh/slow-auth", doc: "UseDNS and a dead DNS: the wait is before the first answer to authentication", seconds: 8, run: sshSlowAuth},
		{name: "ssh/kex", doc: "each key exchange method that this OpenSSH has", seconds: 20, run: sshKex},
		{name: "ssh/ciphers", doc: "ciphers and MACs with different SUCCESS sizes", seconds: 5, run: sshCiphers},
		{name: "ssh/rekey", doc: "rekeying every 32 kB", seconds: 4, run: sshRekey},
		{name: "ssh/bruteforce", doc: "a dozen connections with wrong passwords", seconds: 12, run: sshBruteForce},
		{name: "ssh/blackhole-kexinit", doc: "the client's KEXINIT is lost for good: too large for the path", seconds: 12, run: sshBlackholeKEXINIT},
		{name: "ssh/blackhole-reply", doc: "the server's key exchange reply is lost for good", seconds: 12, run: sshBlackholeReply},
		{name: "ssh/pmtud", doc: "the same path with ICMP: healthy", seconds: 3, run: sshPMTUD},
		{name: "ssh/loss", doc: "some segments of a login lost", seconds: 5, run: sshLoss},
		{name: "ssh/jump", doc: "login through a jump host", seconds: 3, run: sshJump},
		{name: "ssh/odd-peers", doc: "a silent client, a user who never types, HTTP, SSH 1, a banner grab, a tarpit", seconds: 12, run: sshOddPeers},
	}
}

// sshWired is a wire of 10 ms each way, so that every round trip shows.
func (l *lab) sshWired() (*sshLab, *wired) {
	w := l.wired()
	w.fwd.set(func(*pkt) verdict { return verdict{delay: 10 * time.Millisecond} })
	l.versions += ", OpenSSH " + version("ssh", "-V")
	return l.ssh(), w
}

func isBanner(p *pkt) bool { return len(p.payload) > 4 && string(p.payload[:4]) == "SSH-" }

// loginWorks and loginFails run a login that must end that way.
func (s *sshLab) loginWorks(n *netns, ip string, in login) *timedLog {
	log, err := s.login(n, ip, in)
	if err != nil {
		s.l.fail("login failed: %v: %s", err, log.tail())
	}
	return log
}

func (s *sshLab) loginFails(n *netns, ip string, in login) *timedLog {
	log, err := s.login(n, ip, in)
	if err == nil {
		s.l.fail("login succeeded")
	}
	return log
}

var withKey = login{known: true, keys: []string{"user"}}
