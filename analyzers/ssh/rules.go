package ssh

import "pcaptriage/analyzers"

// rule is an index into ruleCodes.
type rule uint8

const (
	ruleClosedEarly rule = iota
	ruleMismatch
	ruleNoKex
	ruleNoHostKey
	ruleNoCipher
	ruleNoMAC
	ruleNoComp
	ruleStall
	ruleBlackHole
	ruleSlowBanner
	ruleAuthFirst
	ruleGrace
	ruleTooMany
	ruleBrute
	ruleHostKeyRefused
	ruleHostKeyChanged
	ruleLoss
	ruleSlowKexClient
	ruleSlowKexServer
	ruleAuthFail
	rulePreBanner
	ruleSlowClient
	ruleClientSilent
	ruleNotSSH
	ruleUserHostKey
	ruleScan
	ruleNoPQ
	ruleWeak
	ruleTerrapin
	numRules
)

// ruleCodes are permanent.
var ruleCodes = [numRules]string{
	ruleClosedEarly:    "ssh-closed-before-banner",
	ruleMismatch:       "ssh-version-mismatch",
	ruleNoKex:          "ssh-no-common-kex",
	ruleNoHostKey:      "ssh-no-common-hostkey",
	ruleNoCipher:       "ssh-no-common-cipher",
	ruleNoMAC:          "ssh-no-common-mac",
	ruleNoComp:         "ssh-no-common-compression",
	ruleStall:          "ssh-stall-newkeys",
	ruleBlackHole:      "ssh-mtu-blackhole",
	ruleSlowBanner:     "ssh-slow-server-banner",
	ruleAuthFirst:      "ssh-slow-auth-first",
	ruleGrace:          "ssh-grace",
	ruleTooMany:        "ssh-auth-too-many",
	ruleBrute:          "ssh-brute",
	ruleHostKeyRefused: "ssh-hostkey-refused",
	ruleHostKeyChanged: "ssh-hostkey-changed",
	ruleLoss:           "ssh-loss",
	ruleSlowKexClient:  "ssh-slow-kex-client",
	ruleSlowKexServer:  "ssh-slow-kex-server",
	ruleAuthFail:       "ssh-slow-auth-fail",
	rulePreBanner:      "ssh-prebanner-text",
	ruleSlowClient:     "ssh-slow-client-banner",
	ruleClientSilent:   "ssh-client-silent",
	ruleNotSSH:         "ssh-not-ssh",
	ruleUserHostKey:    "ssh-user-hostkey",
	ruleScan:           "ssh-scan",
	ruleNoPQ:           "ssh-no-pq",
	ruleWeak:           "ssh-weak-alg",
	ruleTerrapin:       "ssh-terrapin",
}

func (r rule) code() string { return ruleCodes[r] }

// text is what a rule teaches.
type text struct {
	severity                                        analyzers.Severity
	title, explanation, recognised, remedy, printed string
}

func rules() []analyzers.Rule {
	texts := [numRules]text{}
	bannerTexts(&texts)
	exchangeTexts(&texts)
	authTexts(&texts)
	out := make([]analyzers.Rule, numRules)
	for i := range out {
		t := &texts[i]
		if t.printed != "" {
			t.explanation += "\n\nWhat the client prints: " + t.printed
		}
		out[i] = analyzers.Rule{Code: rule(i).code(), Severity: t.severity, Title: t.title, Explanation: t.explanation, Recognised: t.recognised, Remedy: t.remedy}
	}
	return out
}

// viewpoint is said wherever a side is called slow.
const viewpoint = ` The time is the side's own: the round trip between it and the capture point, as the TCP handshake shows it, is taken off, and so is time lost by retransmissions.`

// bannerTexts are the rules about identification (RFC 4253 4.2).
func bannerTexts(t *[numRules]text) {
	t[ruleClosedEarly] = text{severity: analyzers.Error, title: "the server closed the connection before it identified itself",
		explanation: `The TCP connection was accepted, and closed without the line "SSH-2.0-..." that a server begins with. Either sshd has refused on purpose or something before it has.

- "Exceeded MaxStartups" (OpenSSH 9.x) and "Not allowed at this time" (10.x) are said in place of the identification: too many connections wait for authentication (MaxStartups, by default refusing at random from 10 on and all from 100 on), or PerSourcePenalties holds the client's address.

- Without a word: tcp-wrappers (hosts.deny), a MaxStartups of older versions, fail2ban and the like, a port forwarding or balancer whose target is gone, or a crash of the server's process.

That the server sends RST and not FIN only says that it had not read the client's identification.`,
		recognised: `The handshake is in the capture, the server has sent nothing that begins with SSH-, the client has acknowledged nothing else, and the server closes first. attrs.text quotes what it said instead; attrs.waiting counts the other connections of this server in the capture that had not logged in then.`,
		remedy:     `Ask the server's log first: sshd logs "drop connection ... past MaxStartups". Raise MaxStartups, or find who holds connections open without logging in (ssh-brute, ssh-client-silent, ssh-scan). Look at hosts.allow and hosts.deny, "fail2ban-client status sshd", "journalctl -u ssh", PerSourcePenalties and PerSourceMaxStartups.`,
		printed:    `"kex_exchange_identification: Connection closed by remote host", "kex_exchange_identification: read: Connection reset by peer", "ssh_exchange_identification: ..." in older versions.`}

	t[ruleMismatch] = text{severity: analyzers.Error, title: "client and server speak different versions of SSH",
		explanation: `One side offers only SSH 1 (SSH-1.5-...), the other only SSH 2 (SSH-2.0-...). SSH-1.99 offers both. SSH 1 was removed from OpenSSH in 2017, since it cannot be made secure; what still speaks it is old network equipment or a scanner.`,
		recognised:  `Both identification strings are in the capture and have no version in common (RFC 4253 5).`,
		remedy:      `Update the side that speaks SSH 1; most equipment of that kind has SSH 2 after a new key is made ("crypto key generate rsa modulus 2048", "ip ssh version 2").`,
		printed:     `"Protocol major versions differ: 2 vs. 1".`}

	t[ruleSlowBanner] = text{severity: analyzers.Error, title: "the server took long to identify itself",
		explanation: `A server sends its identification as soon as it has accepted the connection; OpenSSH needs some 10 to 50 ms for the process. Seconds mean that something has to be waited for before:

(a) a reverse DNS look-up of the client's address with name servers that do not answer: tcp-wrappers (libwrap) with name patterns, or a start by inetd. OpenSSH's own UseDNS is not it: that look-up comes later, before the answer to the first authentication request (ssh-slow-auth-first);

(b) an overloaded host, a slow fork, no entropy after boot;

(c) a tarpit, which makes scanners wait on purpose.`,
		recognised: `From the established connection to the server's line, 0.5 s or more (info), 2 s (warning), 5 s (error); options banner-slow, -warn, -error.` + viewpoint + ` The measure of a connection whose server never said anything is how long the client waited. attrs.ptr_queries counts questions of the server's own host for the client's name in that time that got no answer: then (a) is proven.`,
		remedy:     `If DNS is proven: repair the resolvers in the server's /etc/resolv.conf, or use addresses in hosts.allow in place of names. Else look at load and memory of the host in that minute.`,
		printed:    `nothing, until "Connection timed out during banner exchange" (ConnectTimeout).`}

	t[rulePreBanner] = text{severity: analyzers.Info, title: "text before the server's identification",
		explanation: `RFC 4253 4.2 allows a server to send lines of text before the one that begins with SSH-. tcp-wrappers and some appliances use that for a notice. endlessh and its like use it as a trap: a random line every few seconds, forever, which keeps a scanner busy for hours, and a misdirected client too.`,
		recognised:  `Complete lines of the server in front of its identification, or without one. More than 10 lines or 10 s of them suggest a tarpit.`,
		remedy:      `If your own client meets a tarpit, it has the wrong port: the real sshd listens elsewhere.`,
		printed:     `with -v, each line: "kex_exchange_identification: banner line 0: ...".`}

	t[ruleSlowClient] = text{severity: analyzers.Info, title: "the client took long to identify itself",
		explanation: `OpenSSH's client sends its identification with its first packet; others wait for the server's. A client that needs a second or more is a stalled or suspended process, a program that opens connections in advance, or a person with telnet.`,
		recognised:  `From the established connection to the client's line, 1 s or more (option client-banner).` + viewpoint,
		remedy:      `Look at the client's host. Such connections count against the server's MaxStartups while they wait.`}

	t[ruleClientSilent] = text{severity: analyzers.Info, title: "the client never said anything",
		explanation: `The server identified itself and waited for the client until it gave up, usually after LoginGraceTime (120 s by default). Port scanners and monitors do that, load balancers that open a connection in advance, and clients whose first packet is lost somewhere. Each of them occupies a slot of MaxStartups all the while.`,
		recognised:  `No byte of the client after the handshake, and the server closed first.`,
		remedy:      `If it is a monitor, let it read the identification and close. Against strangers: PerSourceMaxStartups, a shorter LoginGraceTime, a firewall.`}

	t[ruleNotSSH] = text{severity: analyzers.Info, title: "the client does not speak SSH",
		explanation: `Something else than SSH was sent to an SSH server: a browser, a proxy's health check, a scanner trying protocols. OpenSSH closes such connections.`,
		recognised:  `The server identified itself as SSH, and the client's first bytes do not begin with SSH-. attrs.text quotes the first line if it is text.`,
		remedy:      `Find out what the client is; a health check should use plain TCP or read the server's line.`}

	t[ruleScan] = text{severity: analyzers.Info, title: "one client looked at many servers without logging in",
		explanation: `The client took the server's identification, or its host key as well, and left. ssh-keyscan, inventory and monitoring tools do that, and so do scanners that look for old versions.`,
		recognised:  `Connections to at least five servers (option scan-min) that the client closed after the server's identification or within the key exchange.`,
		remedy:      `Nothing, if it is your own inventory. Else restrict who may reach the servers.`}
}

// exchangeTexts are the rules about the key exchange (RFC 4253 7, 8).
func exchangeTexts(t *[numRules]text) {
	noCommon := func(what, setting, example string) text {
		return text{severity: analyzers.Error, title: "no common " + what,
			explanation: `Client and server each send lists of what they are willing to use; the first name of the client's list that is in the server's is taken. Here the two lists for the ` + what + ` have no name in common, so both sides close the connection. OpenSSH sends no message about it: the lists, which are in clear, are all that a capture shows.

Usual causes: an old device that offers only what new clients have switched off, or a hardened server.`,
			recognised: `From both KEXINIT messages, which must be whole in the capture; no key exchange followed.`,
			remedy:     `Update the side with the shorter or older list. Until then allow one method for that host only: ` + example + ` in ~/.ssh/config, or ` + setting + ` in sshd_config.`,
			printed:    `"Unable to negotiate with HOST port 22: no matching ` + what + ` found. Their offer: ...".`}
	}
	t[ruleNoKex] = noCommon("key exchange method", "KexAlgorithms", `"KexAlgorithms +diffie-hellman-group14-sha1"`)
	t[ruleNoHostKey] = noCommon("host key type", "HostKeyAlgorithms and HostKey", `"HostKeyAlgorithms +ssh-rsa"`)
	t[ruleNoCipher] = noCommon("cipher", "Ciphers", `"Ciphers +aes128-cbc"`)
	t[ruleNoMAC] = noCommon("MAC", "MACs", `"MACs +hmac-sha1"`)
	t[ruleNoComp] = noCommon("compression method", "Compression", `"Compression no"`)

	slowKex := func(side, more string) text {
		return text{severity: analyzers.Warning, title: "the " + side + " took long in the key exchange",
			explanation: `The ` + side + ` computed for its key exchange message, or was not running. With elliptic curves and their post-quantum hybrids the work takes milliseconds; groups of 4096 and 8192 bits (diffie-hellman-group16, group18, large moduli in group exchange) take seconds on small CPUs, and so does a large RSA host key. ` + more,
			recognised:  `0.3 s or more (info), 1 s (warning); options kex-slow, kex-warn.` + viewpoint + ` attrs.acked_after_ns is when its kernel had acknowledged the other side's message: then the host was reachable, and its program was what took the time.`,
			remedy:      `Prefer mlkem768x25519-sha256, sntrup761x25519-sha512 or curve25519-sha256 (KexAlgorithms). If the method is cheap, look for a host that is overloaded, paused or swapping.`}
	}
	t[ruleSlowKexClient] = slowKex("client", "A client may also wait for an agent, a smart card or a resolver.")
	t[ruleSlowKexServer] = slowKex("server", "A server may be overloaded, suspended by its hypervisor, or short of memory.")

	t[ruleUserHostKey] = text{severity: analyzers.Info, title: "the client waited before it accepted the host key",
		explanation: `The server had sent its key and its NEWKEYS, and the client did not answer: the picture of "The authenticity of host ... can't be established ... (yes/no)?". The connection hangs because a person has not answered, not because of the server or the network. Without a person it may be a slow look-up: SSHFP records (VerifyHostKeyDNS), a KnownHostsCommand, known_hosts on a dead network share.`,
		recognised:  `1 s or more (option hostkey-wait) from the server's key exchange reply to the client's NEWKEYS.` + viewpoint + ` That it was a person is an inference; it is left out of all times that are called the client's or the server's.`,
		remedy:      `Where nobody sits at the prompt, distribute host keys (ssh_known_hosts, host certificates, StrictHostKeyChecking=accept-new).`}

	t[ruleHostKeyRefused] = text{severity: analyzers.Warning, title: "the client left at the server's host key",
		explanation: `The server proved its identity with its host key, and the client closed the connection without taking the new keys into use: the user said no, or the key is not the one in known_hosts and StrictHostKeyChecking forbids to go on.`,
		recognised:  `The client's FIN or RST after the key exchange reply, without its NEWKEYS. Known scanners are left out. attrs.waited_ns tells a person (seconds) from a program (milliseconds).`,
		remedy:      `If the host was reinstalled, remove its old key ("ssh-keygen -R HOST"). If not, find out who answers at this address before anybody types a password.`,
		printed:     `"Host key verification failed.", "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!".`}

	t[ruleHostKeyChanged] = text{severity: analyzers.Warning, title: "a server showed different host keys",
		explanation: `Within one capture the same address and port showed two keys of the same type. A host was reinstalled, the address moved to another host (DHCP, failover, several hosts behind a balancer or DNAT), or somebody stands in between.`,
		recognised:  `SHA-256 fingerprints of the keys in two key exchange replies, as ssh shows them. Certificates are not compared.`,
		remedy:      `Compare the fingerprints with "ssh-keygen -lf /etc/ssh/ssh_host_*.pub" on the host's console. Hosts behind one address should share their keys, or use host certificates.`,
		printed:     `"WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!".`}

	t[ruleBlackHole] = text{severity: analyzers.Error, title: "the login hangs: large packets vanish on the path",
		explanation: `The first packets of an SSH connection that fill a segment are the KEXINITs and the key exchange reply. Where a link on the path is too small for them, and no ICMP error says so, the small packets before them pass and the login hangs at just this place, always. "ping works, ssh hangs".`,
		recognised:  `pmtu-blackhole-silent on the connection's flow (see caused_by), and authentication never succeeded.`,
		remedy:      `See pmtu-blackhole-silent: find the link, stop filtering ICMP type 3 code 4 and ICMPv6 type 2, or clamp the MSS. As a way out for one client: "KexAlgorithms curve25519-sha256" and "Ciphers aes128-gcm@openssh.com" make the packets smaller.`,
		printed:     `with -v, as the last line "expecting SSH2_MSG_KEX_ECDH_REPLY" or "expecting SSH2_MSG_KEX_DH_GEX_REPLY".`}

	t[ruleLoss] = text{severity: analyzers.Warning, title: "lost packets made the login slow",
		explanation: `Segments of the handshake had to be sent again. A handshake has few packets in flight, so nothing but the retransmission timer, at least 200 ms and doubled each time, can repair most losses in it.`,
		recognised:  `Retransmissions of payload in the handshake that cost at least 200 ms (option loss-min) together: from when their sender began to wait to when it sent again. SYNs are reported by connect.`,
		remedy:      `Look for the loss: interface errors, a full link, a policer. Neither client nor server is at fault for this time.`}

	t[ruleNoPQ] = text{severity: analyzers.Info, title: "no post-quantum key exchange",
		explanation: `What is recorded today can be decrypted once a large quantum computer exists, unless the key exchange had a post-quantum part: mlkem768x25519-sha256 (OpenSSH 9.9 and later), sntrup761x25519-sha512 (8.5 and later, default since 9.0). OpenSSH 10.1 warns its users of connections without it.`,
		recognised:  `The negotiated method; the message says which side offers none.`,
		remedy:      `Update the side that offers none, or allow the methods in its KexAlgorithms.`}

	t[ruleWeak] = text{severity: analyzers.Info, title: "weak algorithms were negotiated",
		explanation: `Methods that RFC 9142, RFC 8758 and OpenSSH's defaults advise against: SHA-1 in key exchange and host key signatures, ciphers in CBC mode, arcfour, 3DES, HMACs of MD5 or cut to 96 bits.`,
		recognised:  `From both KEXINITs. What is only offered and not chosen is not reported.`,
		remedy:      `Update the side that has nothing better, and take the names out of the other side's configuration.`}

	t[ruleTerrapin] = text{severity: analyzers.Info, title: "open to prefix truncation (Terrapin)",
		explanation: `With chacha20-poly1305, or CBC and an encrypt-then-MAC, an attacker on the path can remove messages from the beginning of the encrypted part without being noticed (CVE-2023-48795): extension negotiation with its protections is what gets lost. Strict key exchange closes the hole, if both sides announce it in their KEXINIT.`,
		recognised:  `The negotiated cipher, and a missing kex-strict marker in one of the KEXINITs. It says that the connection could be attacked, not that it was.`,
		remedy:      `Update the side without the marker (OpenSSH 9.6 or a distribution's corrected version), or switch off those ciphers there.`}
}

// authTexts are the rules about what is encrypted (RFC 4252).
func authTexts(t *[numRules]text) {
	const inferred = ` Authentication is encrypted: what happened is inferred from sizes and turns.`

	t[ruleStall] = text{severity: analyzers.Error, title: "the server stopped answering after the key exchange",
		explanation: `Both sides had changed to the new keys, the client asked for the authentication service, the server's kernel acknowledged that, and the server's process did not answer. At this point OpenSSH has done nothing slow yet: a process that hangs here is stopped, starved of CPU, or blocked in its privilege-separated child.`,
		recognised:  `No data of the server for 2 s (option stall) or more after the client's first encrypted packet, which was acknowledged.` + inferred,
		remedy:      `On the server: "ps -o pid,stat,wchan -C sshd" while it hangs, dmesg, the hypervisor's steal time, pressure in /proc/pressure.`,
		printed:     `with -v, as the last line "SSH2_MSG_NEWKEYS sent" or "SSH2_MSG_EXT_INFO received".`}

	t[ruleAuthFirst] = text{severity: analyzers.Warning, title: "the first authentication request was answered late",
		explanation: `The first request asks which methods are allowed. To answer it, the server looks the user up: UseDNS asks for the client's name, NSS asks LDAP or SSSD, PAM its account modules, GSSAPI a KDC. When one of these does not answer, every login waits here for its timeout, and the password prompt comes late.`,
		recognised:  `1 s or more (option auth-first) from the request to its answer, with the request acknowledged before.` + viewpoint + inferred + ` attrs.ptr_queries counts questions of the server's host for the client's name in that time that got no answer: then it was DNS.`,
		remedy:      `If DNS is proven: "UseDNS no", or repair the resolvers. Else time "getent passwd USER" and "id USER" on the server; "GSSAPIAuthentication no"; look at the PAM stack.`,
		printed:     `nothing; with -v it stops behind "SSH2_MSG_SERVICE_ACCEPT received".`}

	t[ruleAuthFail] = text{severity: analyzers.Info, title: "refusals are delayed",
		explanation: `pam_unix and pam_faildelay delay the answer to a wrong password by two seconds, more or less at random, and OpenSSH rounds that up, to as much as twice the time. It is meant against guessing, and no fault.`,
		recognised:  `At least two refused requests that were answered after 1.5 to 6 s (options fail-min, fail-max).` + inferred,
		remedy:      `Nothing. If right passwords are slow too, see ssh-slow-auth-first.`}

	t[ruleGrace] = text{severity: analyzers.Warning, title: "LoginGraceTime ran out",
		explanation: `The server gives a client LoginGraceTime (120 s by default) to log in, and then closes, whatever is under way. Here it was waiting for the client: for a password, a second factor, an answer at the host key prompt, or the client's first byte.`,
		recognised:  `The server closed first, a second or more after its own last message, with the connection's age near 120 s (option grace) or the same on two connections; one connection of another age that is a whole number of seconds is reported as possible.` + inferred,
		remedy:      `If people need longer (tokens, one-time passwords by mail), raise LoginGraceTime. Clients that never say anything are best kept out.`,
		printed:     `"Connection closed by HOST port 22" at the prompt.`}

	t[ruleTooMany] = text{severity: analyzers.Warning, title: "the server ended the login after refused attempts",
		explanation: `A server allows MaxAuthTries requests (6 by default), and then disconnects. Each key that the client's agent offers counts: with many keys in the agent the right one, or the password prompt, is never reached.`,
		recognised:  `The connection ended at once behind the client's request, with an answer that is neither a refusal like those before nor a success, or with none; at least one request had been refused. attrs tell refused keys from others by the size of the requests, and by how soon they came where both have the same size.` + inferred,
		remedy:      `Too many keys: "IdentitiesOnly yes" with IdentityFile for that host, or fewer keys in the agent. Passwords: the server's log knows why; fail2ban and PerSourcePenalties act upon it.`,
		printed:     `"Received disconnect from HOST port 22:2: Too many authentication failures".`}

	t[ruleBrute] = text{severity: analyzers.Warning, title: "passwords are being guessed",
		explanation: `One client connected again and again, was refused each time, and answered faster than anybody types.`,
		recognised:  `At least 10 connections (option brute-fast) in 5 minutes with refused requests that were no offered keys and all came within 0.5 s of the prompt; or 30 failed connections (option brute-many) in 30 minutes.` + inferred + ` A job with a wrong password looks the same.`,
		remedy:      `Allow keys only ("PasswordAuthentication no"), restrict who may connect, PerSourcePenalties (OpenSSH 9.8 and later) or fail2ban. Look in the server's log whether one of them succeeded.`}
}
