package connect

import "pcaptriage/analyzers"

// laterRules are about what follows a handshake, and about patterns of many
// attempts.
func laterRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleQueue, Severity: analyzers.Error, Title: "accept queue full: the final ACK was ignored",
			Explanation: `The client has completed the handshake and sends its request; for it, the connection exists. The server's kernel could not put the connection into the accept queue of the listening socket, because the application does not call accept() fast enough. Linux then ignores the final ACK, and with it the request, and repeats its SYN-ACK as if nothing had come. The client repeats the request at growing intervals. When there is room in time, all is well after a delay; else the server forgets the connection and answers a later segment with RST.

What the client prints: a time-out while waiting for the response although connect() succeeded (curl error 28 with a good connect time), or "Connection reset by peer" (curl 56 or 35) in the end. With net.ipv4.tcp_abort_on_overflow=1 the reset comes at once.`,
			Recognised: `SYN-ACK repeated after the client's final ACK, and client data that were retransmitted before any acknowledgement. When they are acknowledged in the end, at least two retransmissions are asked for, since one lost ACK and one lost segment look alike. A server with TCP_DEFER_ACCEPT repeats SYN-ACKs too, but takes the data at once. A server that fell back on SYN cookies repeats nothing and is not recognised here.`,
			Remedy:     `"ss -ltn": Recv-Q of the listening socket stays at or above Send-Q. "nstat -az TcpExtListenOverflows" counts. Make the application accept faster (more workers or threads, nothing slow in the accept loop); a longer backlog (listen() argument and net.core.somaxconn) helps against bursts only.`},

		{Code: ruleReset, Severity: analyzers.Warning, Title: "reset after the request, before any response",
			Explanation: `The handshake completed, the client sent its request, and the server reset the connection without having sent a single byte. The time between request and reset names the cause: within a round trip, the process closed the socket with unread data, crashed while reading, or a proxy has no backend; after a fixed time such as 10, 30 or 60 s, a timeout (load balancer, proxy, worker killed); after the data of a protocol that the server does not speak (plain HTTP to a TLS port, or the reverse), the wrong port. Firewalls that look into the data (TLS server name) reset at once too.

What the client prints: "Connection reset by peer" (ECONNRESET): curl error 56 ("Recv failure: Connection reset by peer") after the request, curl error 35 when it happens during the TLS handshake, "EOF" or "unexpected end of file" in some libraries; 502 Bad Gateway when the client is a proxy.`,
			Recognised: `An RST of the server with the sequence number directly behind its SYN-ACK, after client data, no FIN or RST of the client before, no byte of the server. The delay runs from the client's first data to the RST.`,
			Remedy:     `Look at the server's log at that time (crash, out of memory, worker timeout), at the timeouts of each proxy on the way against the measured delay, and whether client and server speak the same protocol on that port. An RST with a TTL unlike that of the server's SYN-ACK comes from a middlebox.`},

		{Code: ruleMute, Severity: analyzers.Info, Title: "request acknowledged, never answered",
			Explanation: `The server's kernel acknowledged the request, so it arrived, but the application sent no byte until the connection was closed. The process hangs, waits for something behind it (database, lock, another service), never accepted the connection (the kernel acknowledges data of connections in the accept queue), or closed without an answer.

What the client prints: its own response timeout (curl error 28 "Operation timed out ... with 0 bytes received"), or, when the server closed, "Empty reply from server" (curl 52).`,
			Recognised: `Client data acknowledged, no payload of the server until FIN, RST, or the end of the flow by silence. Only for requests that ask for an answer: an HTTP request, a TLS ClientHello, an SSH banner, or any data when other connections to the same server and port did get bytes. A connection that is still open when the capture ends is not reported.`,
			Remedy:     `Look at the application, not at the network: thread dumps, its accept loop ("ss -ltn", Recv-Q above 0 and not falling), what it waits for. If the client closed first, compare its timeout with the server's usual response time (http.response).`},

		{Code: ruleCheck, Severity: analyzers.Info, Title: "health checks",
			Explanation: `One source connects to the same port again and again and closes at once without sending a byte, or resets after the SYN-ACK without completing the handshake. That is how load balancers and monitoring systems check that a port is open. It is harmless, but it shows up as short connections, in logs as "connection closed without data", and as noise in statistics.`,
			Recognised:  `At least 3 (option health-check-min) connections of one client to one server and port, without data in either direction: SYN, SYN-ACK, RST, or a full handshake that the client closes within 1 s (option health-check-close).`,
			Remedy:      `None needed. If the application logs these as errors, give the checker a proper request to send, or make the application ignore connections without data. Leave the checker's address out when you count connections.`},

		{Code: ruleScan, Severity: analyzers.Info, Title: "one source tries many targets",
			Explanation: `One source sent SYNs to many different addresses or ports in a short time, and most of them led to nothing. That is a port scan (many ports of one host), a sweep (one port on many hosts), malware that spreads, or an inventory tool. A client that has lost its way to the network while programs keep trying looks similar; then the targets are ordinary servers and the SYNs are repeated as by any kernel.`,
			Recognised:  `At least 20 (option scan-targets) distinct address:port targets of one source within 60 s (option scan-window), to at least 80 % (option scan-failed) of which no attempt completed. Its failed attempts are reported here only and not as refused, dropped or unanswered ones; table connect_attempts still lists each with its outcome.`,
			Remedy:      `Find out whom the source belongs to. If it is yours: a monitoring or inventory job, or an infected host. If targets answered (attrs.answered), these are the ports that are open to it.`},
	}
}
