package main

// connectScenarios: what becomes of connection attempts.
func connectScenarios() []scenario {
	return []scenario{
		{name: "connect/dropped", doc: "a router drops every SYN; the kernel gives up", seconds: 25, run: connectDropped},
		{name: "connect/dropped-doubling", doc: "the same with the doubling schedule of older kernels, several clients' timeouts", seconds: 25, run: connectDroppedDoubling},
		{name: "connect/dropped-v6", doc: "a router drops every SYN, IPv6", seconds: 15, run: connectDroppedV6},
		{name: "connect/dropped-selectively", doc: "a full accept queue drops SYNs while earlier ones were answered", seconds: 16, run: connectDroppedSelectively},
		{name: "connect/unanswered", doc: "single SYNs of an application that gives up before the first repeat", seconds: 10, run: connectUnanswered},
		{name: "connect/refused", doc: "closed ports, IPv4 and IPv6", seconds: 2, run: connectRefused},
		{name: "connect/rejected", doc: "every ICMP unreachable code that a Linux router sends", seconds: 4, run: connectRejected},
		{name: "connect/rejected-v6", doc: "every ICMPv6 unreachable code that a Linux router sends", seconds: 4, run: connectRejectedV6},
		{name: "connect/accept-queue", doc: "accept queue full: server ignores the final ACK and the data", seconds: 15, run: connectAcceptQueue},
		{name: "connect/accept-queue-cookies", doc: "the same with SYN cookies: no SYN-ACK is repeated", seconds: 15, run: connectAcceptQueueCookies},
		{name: "connect/syn-lost", doc: "SYN lost once, and twice, then answered", seconds: 8, run: connectSYNLost},
		{name: "connect/synack-ignored", doc: "SYN-ACKs lost on the way back, seen at the server", seconds: 20, run: connectSYNACKIgnored},
		{name: "connect/handshake-incomplete", doc: "final ACKs and data lost, seen at the server", seconds: 24, run: connectHandshakeIncomplete},
		{name: "connect/synack-repeated", doc: "final ACK lost once: the SYN-ACK comes twice, then all is well", seconds: 4, run: connectSYNACKRepeated},
		{name: "connect/stale-peer", doc: "server still holds the old connection: challenge ACK, RST, success", seconds: 5, run: connectStalePeer},
		{name: "connect/stale-peer-stuck", doc: "the same, and the RST never arrives: no success", seconds: 12, run: connectStalePeerStuck},
		{name: "connect/health-check", doc: "checker resets after the SYN-ACK", seconds: 6, run: connectHealthCheck},
		{name: "connect/health-check-full", doc: "checker completes the handshake and closes at once", seconds: 6, run: connectHealthCheckFull},
		{name: "connect/scan", doc: "one source tries 40 ports", seconds: 10, run: connectScan},
		{name: "connect/scan-hosts", doc: "one source tries one port of 25 addresses", seconds: 12, run: connectScanHosts},
		{name: "connect/many-clients", doc: "20 clients refused by one server", seconds: 2, run: connectManyClients},
		{name: "connect/tfo", doc: "TCP Fast Open: cookie request, data in the SYN, data not taken", seconds: 3, run: connectTFO},
		{name: "connect/port-reuse", doc: "the same local port again and again, new initial sequence numbers", seconds: 4, run: connectPortReuse},
		{name: "connect/reset-early", doc: "server resets after the request, before any byte", seconds: 5, run: connectResetEarly},
		{name: "connect/no-response", doc: "requests acknowledged and never answered", seconds: 10, run: connectNoResponse},
		{name: "connect/ecn-fallback", doc: "ECN-setup SYN lost, its repeat without ECN answered", seconds: 4, run: connectECNFallback},
		{name: "connect/simultaneous-open", doc: "both sides connect to each other at once", seconds: 3, run: connectSimultaneousOpen},
		{name: "connect/quiet-http", doc: "sound exchanges, IPv4 and IPv6: nothing to report", seconds: 2, run: connectQuietHTTP},
		{name: "connect/quiet-loss", doc: "data segments lost and repaired: nothing to report", seconds: 5, run: connectQuietLoss},
		{name: "connect/quiet-cookies", doc: "SYN cookies always on: nothing to report", seconds: 2, run: connectQuietCookies},
		{name: "connect/quiet-defer-accept", doc: "TCP_DEFER_ACCEPT repeats the SYN-ACK: not an accept queue overflow", seconds: 6, run: connectQuietDeferAccept},
	}
}
