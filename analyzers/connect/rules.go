package connect

import "pcaptriage/analyzers"

// Codes of the rules; they are permanent.
const (
	ruleSlow        = "connect-slow-syn-lost"
	ruleDropped     = "connect-dropped"
	ruleDroppedSome = "connect-dropped-selectively"
	ruleUnanswered  = "connect-unanswered"
	ruleRefused     = "connect-refused"
	ruleRejected    = "connect-rejected"
	ruleIncomplete  = "connect-handshake-incomplete"
	ruleIgnored     = "connect-synack-ignored"
	ruleQueue       = "connect-accept-queue"
	ruleStale       = "connect-stale-peer"
	ruleCheck       = "connect-health-check"
	ruleScan        = "connect-scan"
	ruleReset       = "connect-reset-early"
	ruleMute        = "connect-no-response"
)

func rules() []analyzers.Rule {
	return append(setupRules(), laterRules()...)
}

// setupRules are about attempts that did not complete, or not at once.
func setupRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleDropped, Severity: analyzers.Error, Title: "SYNs dropped without an answer",
			Explanation: `A TCP client opens a connection with a SYN. A host that is reachable answers at once: with SYN-ACK if a program listens, with RST if none does. When nothing at all comes back, the client's kernel repeats the SYN, at growing intervals, until the application's timeout or its own limit ends the attempt. Silence means that the SYN, or the answer, was thrown away: by a firewall with a DROP rule, a security group, a route into nothing, a host that is down behind a router that does not say so, or a broken way back.

The gaps between the SYNs tell the client's system. Linux since 6.5 repeats at 1 1 1 1 1 2 4 8 16 32 s (net.ipv4.tcp_syn_linear_timeouts=4) and gives up after 131 s; older Linux at 1 2 4 8 16 32 s and gives up after 127 s; macOS and FreeBSD at 1 1 1 1 1 2 4 8 s and more, up to 75 s; Windows at 1 2 4 s, before Windows 10 at 3 6 s, and gives up after about 21 s. Fewer repetitions than the kernel would make show the application's own timeout.

What the client prints: "Connection timed out" (ETIMEDOUT), curl error 28 ("Failed to connect ... Timeout was reached"), "i/o timeout" in Go, "connect timed out" in Java.`,
			Recognised: `At least one SYN with the same initial sequence number again, and no SYN-ACK, no valid RST and no ICMP error up to the end of the attempt: silence of 4 s or three times the last gap, whichever is longer, at most 130 s. A second capture of the same packet is not a repetition. An RST that does not acknowledge the SYN is no answer.

If the capture ends before that silence is over, the finding stands with confidence "possible". If no TCP connection of the capture has both directions, or if this client's other connections went on without a captured answer, it is information only: the answers may have taken a path that was not captured. Likewise if ICMP errors to this client are cut by the snaplen before the ports that they quote, since one of them may be the answer. The finding does not say where the packet was lost; only a second capture, nearer to the server, does.`,
			Remedy: `Capture at the server, or on the next hop, at the same time: if the SYNs do not arrive there, look at firewalls, security groups, network policies and routes between the two points; if they arrive and are answered, look at the way back (asymmetric routing, reverse path filter, NAT).

If they arrive at the server and are not answered, look at its own packet filter, at "nstat -az TcpExtListenDrops TcpExtListenOverflows TcpExtTCPReqQFullDrop" and at the conntrack table ("nf_conntrack: table full, dropping packet"). A firewall that should refuse rather than be silent wants REJECT instead of DROP.`},

		{Code: ruleDroppedSome, Severity: analyzers.Error, Title: "some SYNs dropped while others are answered",
			Explanation: `The SYNs of this attempt got no answer although other attempts to the same address and port were answered at that time. A firewall rule would have dropped them all. What drops some is a limit: the accept queue of the listening socket is full, so that Linux ignores further SYNs (the application accepts too slowly, or its listen() backlog, capped by net.core.somaxconn, is too small); the SYN backlog is full; the conntrack table of the server or of a NAT on the way is full; a rate limit or a SYN flood defence has stepped in; one of several servers behind a load balancer is dead; or the client reuses ports faster than a NAT forgets them. If nothing was answered while these attempts failed, only before or after, the server may just as well have been down in between.

What the client prints: as for connect-dropped, now and then: "Connection timed out", curl error 28, or a connect time of 1 s, 3 s or 7 s when a repetition gets through.`,
			Recognised: `As connect-dropped, and an answered attempt to the same address and port began at most 30 s (option selective-window) before the first SYN of this one, or between its first and its last SYN. attrs.answered_same_client tells whether the same client was among the answered. If it was not, a rule against that client explains the silence as well. attrs.none_answered_meanwhile says that no answered attempt began between the first and the last of these, so that an outage explains the silence as well; a timestamp clock (TSval) of the server that begins anew afterwards shows a restart.`,
			Remedy: `On the server: "ss -ltn" shows Recv-Q (waiting connections) against Send-Q (the queue's size) of the listening socket; "nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop" counts what was dropped. Accept faster (more workers, no blocking work in the accept loop) or raise the backlog in the application and net.core.somaxconn.

On the way: "conntrack -S" (insert_failed, drop), nf_conntrack_max, port allocation of the NAT, health of each server behind the load balancer.`},

		{Code: ruleUnanswered, Severity: analyzers.Info, Title: "one SYN, never repeated, no answer",
			Explanation: `A single SYN without an answer and without a repetition. Kernels repeat a SYN after 1 s (older ones 3 s); so either the application gave up before that (timeouts of some hundred milliseconds, happy eyeballs, a cancelled request), or the SYN was not sent by a kernel's connect() at all (port scanners, SYN floods, packet generators), or the capture does not show what followed.`,
			Recognised:  `One SYN, no SYN-ACK, no valid RST, no ICMP error, within 4 s. The message says which explanation the capture leaves open: it ended within these 4 s, the client began another attempt from the same port, or the client was simply silent.`,
			Remedy:      `If the client has a connect timeout below one second, raise it: a single lost SYN costs 1 s and is then repaired by the kernel. Otherwise compare with other findings about the same server: together with connect-dropped it has the same cause.`},

		{Code: ruleRefused, Severity: analyzers.Warning, Title: "connection refused: the port is closed",
			Explanation: `The server's host answered the SYN with RST. It is up and reachable, no firewall is silently in between, but no program listens on that address and port: the service is down, not started yet, listens on another port or on 127.0.0.1 only, or has just crashed. Some firewalls and load balancers send RST on the server's behalf (REJECT --reject-with tcp-reset, no healthy backend).

What the client prints: "Connection refused" (ECONNREFUSED), curl error 7, at once. Windows tries three times, 0.5 s apart, before it says so.`,
			Recognised: `An RST that acknowledges the SYN's sequence number plus one (plus data in the SYN, if there were any), before any SYN-ACK. An RST with another acknowledgement number is ignored by clients and does not count. An answer that is much faster than the usual round trip, or whose TTL differs from that of the server's other packets, comes from a box on the way.`,
			Remedy:     `On the server: "ss -ltnp" shows what listens where; check that the service runs, on which address it is bound, and whether the client's port number is right. In a container platform: does the service's port map to the port that the process listens on? During a deployment a few refusals mean that traffic was sent before the process listened: use a readiness check.`},

		{Code: ruleRejected, Severity: analyzers.Warning, Title: "rejected by an ICMP error",
			Explanation: `A router, a firewall or the host itself answered the SYN with an ICMP error that says the destination cannot be reached. The code says why: 0 no route to the network, 1 the host does not answer on its last link (no ARP reply), 2 protocol unreachable, 3 port unreachable (for TCP almost always a firewall's REJECT, since a closed port answers with RST), 9, 10 and 13 forbidden by an administrator. ICMPv6 type 1: code 0 no route, 1 forbidden, 3 address unreachable, 4 port unreachable, 5 source address failed policy, 6 reject route. "Time exceeded" means a routing loop.

What the client prints: "No route to host" (EHOSTUNREACH) for host unreachable and prohibited, "Network is unreachable" (ENETUNREACH) for code 0 and 9, "Connection refused" for port unreachable, "Permission denied" for prohibited in IPv6; curl error 7 in all these cases. Linux fails at once in IPv4; other systems, and Linux in some cases, take the error as a hint, go on repeating the SYN, and report it when they give up.`,
			Recognised: `An ICMP destination unreachable (not "fragmentation needed") or time exceeded message that quotes this SYN: same addresses, ports and sequence number. It does not count after an answer, nor if the attempt is answered later. attrs.icmp_from is the sender: the server's own address means that the host itself rejects.`,
			Remedy:     `Look at the sender of the ICMP error (attrs.icmp_from): its routes for code 0, its ARP or neighbour table and the target's power for code 1 and ICMPv6 code 3, its filter rules for the others.`},

		{Code: ruleSlow, Severity: analyzers.Warning, Title: "connected only after lost SYNs",
			Explanation: `The connection was made, but the first SYN or the answer to it was lost, and the client waited for its retransmission timer: 1 s for the first repetition (3 s on old systems), more with each further one. Users see connect times of just over 1, 2, 3 or 7 seconds while the network's round trip is a few milliseconds.

Single cases are packet loss. Regular ones come from a full accept queue, a full conntrack table, a NAT that has not forgotten the previous use of a port, or a middlebox that drops SYNs with unknown options: ECN (ECE and CWR set) or TCP Fast Open; the kernel repeats without them.`,
			Recognised: `A completed handshake with at least one retransmission of the SYN, at least 0.2 s (option slow-min) after the first. Where TCP timestamps are in use, the answer's echo tells which SYN the server answered: a repeated one (the first was lost on the way there) or the first (its answer was lost, or was only slow). A SYN-ACK in the capture before the repetition means that the answer was lost between capture point and client.`,
			Remedy:     `Compare with tcp.handshake of the same server to see how common it is. Look for loss on the path (interface errors and drops, policers), for listen and conntrack overflows on the server ("nstat -az TcpExtListenOverflows TcpExtListenDrops", "conntrack -S"), and whether the lost SYNs carry ECN or Fast Open while the answered ones do not.`},

		{Code: ruleIncomplete, Severity: analyzers.Warning, Title: "handshake left half open",
			Explanation: `The server answered with SYN-ACK, but the third part of the handshake, the client's ACK, never came. The server keeps a half-open connection and repeats its SYN-ACK (Linux five times, at 1, 3, 7, 15 and 31 s). Either the SYN-ACK does not reach the client, or the client's ACK does not reach the capture point, or the source address is forged and nobody ever asked: a SYN flood, or its backscatter.

What the client prints: if it is real, "Connection timed out", as with connect-dropped.`,
			Recognised: `A SYN-ACK that acknowledges the SYN, no segment of the client after it, and no further SYN (else it is connect-synack-ignored). A client that answers with RST, as half-open scanners and some health checkers do, is not meant. A capture that sees only one direction of the client's later traffic gives the same picture.`,
			Remedy:     `Many different sources, once each: a SYN flood; SYN cookies (net.ipv4.tcp_syncookies=1) keep the service alive. One real client: capture at the client; if the SYN-ACK does not arrive there, look at the way back; if it does and the ACK is sent, look at stateful firewalls that saw only one of the directions (asymmetric routing).`},

		{Code: ruleIgnored, Severity: analyzers.Error, Title: "SYN-ACKs do not reach the client",
			Explanation: `The server answers, the SYN-ACKs are in this capture, and still the client repeats its SYN: it does not get them, or does not take them. Everything up to the capture point works in both directions; the fault lies between capture point and client, on the way back: asymmetric routing through a stateful firewall that has not seen the SYN, a reverse path filter, a NAT that does not translate back, a wrong return route or ARP entry on the server. A client that gets the SYN-ACK from an address it did not call (direct server return set up wrongly) would answer RST.

What the client prints: "Connection timed out", curl error 28.`,
			Recognised: `At least one SYN of the same attempt after a captured SYN-ACK that acknowledges it, and no final ACK at all.`,
			Remedy:     `Capture on the client's host. If no SYN-ACK arrives: follow the return path hop by hop; look at the server's route to the client ("ip route get CLIENT"), at rp_filter ("nstat -az TcpExtIPReversePathFilter"), and at firewalls that see only one direction. If it arrives and is ignored: checksum errors, wrong VLAN or MAC address, a local packet filter.`},

		{Code: ruleStale, Severity: analyzers.Warning, Title: "server still holds an old connection",
			Explanation: `The server answered a new SYN with a bare ACK whose number has nothing to do with it: a challenge ACK (RFC 5961, RFC 9293 3.10.7.4). For the server, this pair of addresses and ports is still an established connection. The client vanished without telling (crash, power loss, a reset that a firewall swallowed) and now happens to use the same port again; or a NAT gave the same outside port to another host. The client answers the unexpected ACK with RST, the server drops the old connection, and the next SYN, usually 1 s later, is accepted.

What the client sees: a connect time of 1 s or more; or "Connection timed out" when the RST does not get through.`,
			Recognised: `A segment with only ACK set, without data, that does not acknowledge the SYN, followed by the client's RST. If a connection comes of it, the attempt counts as answered.`,
			Remedy:     `Shorten what the server believes: TCP keep-alive on accepted sockets, or TCP_USER_TIMEOUT. On the client's side let the kernel choose ports (no fixed source port), and make NAT and firewall timeouts longer than the applications' idle times.`},
	}
}
