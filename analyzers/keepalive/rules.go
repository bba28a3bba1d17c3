package keepalive

import "pcaptriage/analyzers"

// Codes of the rules; they are permanent.
const (
	ruleDead       = "keepalive-dead-peer"
	ruleProbeReset = "keepalive-answered-by-reset"
	ruleFlood      = "keepalive-flood"
	ruleReuse      = "keepalive-reuse"
	ruleRace       = "keepalive-race"
	ruleIdleDrop   = "keepalive-idle-drop"
	ruleUnused     = "keepalive-unused"
	ruleUnread     = "keepalive-body-unread"
	ruleSlow       = "http-slow-response"
	ruleIdleReset  = "tcp-idle-reset"
)

func rules() []analyzers.Rule { return append(probeRules(), reuseRules()...) }

// probeRules are about TCP keep-alive probes.
func probeRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleDead, Severity: analyzers.Error, Title: "keep-alive probes without an answer: the peer is dead",
			Explanation: `A TCP connection on which nothing is sent looks the same whether the other side is alive or gone. With SO_KEEPALIVE the kernel therefore asks: after an idle time it sends a segment with a sequence number that the other side has acknowledged long ago, and any living TCP must answer with an ACK. When several probes in a row go unanswered, the kernel gives the connection up: it sends an RST and the application's next read fails.

Linux asks after 7200 s, then every 75 s, and gives up after 9 probes (tcp_keepalive_time, _intvl, _probes); Go's net.Dialer after 15 s and every 15 s; Windows after 2 h, then every second, 10 times; macOS after 2 h.

What the application prints: "Connection timed out" (ETIMEDOUT) from a read that had been waiting, or "read: operation timed out".`,
			Recognised: `At least two probes in a row without any segment from the other side, then an RST of the prober; or at least three, then silence until the connection left the table, or until the capture had run on for at least twice the interval. Both directions of the connection must be in the capture. A zero-window probe is not a keep-alive probe. The finding does not tell a dead host from a broken path.`,
			Remedy: `Look at the peer at that time: power, crash, pause (a suspended laptop or VM), moved address. If it is alive, look for what lies between: a firewall or NAT that forgot the connection and drops silently, a route that changed.

If dead peers must be noticed sooner, lower TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT on the socket, or TCP_USER_TIMEOUT for data under way.`},

		{Code: ruleProbeReset, Severity: analyzers.Warning, Title: "keep-alive probe answered by RST: the peer has forgotten the connection",
			Explanation: `A keep-alive probe asks whether the connection still exists. An RST says: no. The other host has restarted, its process was killed while the host could not tell, or, most often, something in between has lost its state: a NAT gateway, firewall or load balancer whose idle timeout is shorter than the keep-alive time answers on the server's behalf, or hands the probe to another server that never knew the connection.

Common idle timeouts: AWS NAT gateway and Network Load Balancer 350 s, Azure load balancer 4 min, conntrack of a loaded firewall a few minutes.`,
			Recognised: `The next segment from the other side after a keep-alive probe is an RST that fits the connection, at most 3 s after it. The measure is the idle time before that probe: the state was lost at some moment within it.`,
			Remedy:     `Set the keep-alive time (TCP_KEEPIDLE, net.ipv4.tcp_keepalive_time, the client's pool) below the shortest idle timeout on the path, about half of it; or raise that timeout. If the RST comes from the server itself, find out why it restarted.`},

		{Code: ruleFlood, Severity: analyzers.Warning, Title: "keep-alive probes more often than once a second",
			Explanation: `Keep-alive probes are meant to come minutes, at the least many seconds apart. Below one second they cost packets, battery and CPU on both sides and find a dead peer hardly sooner; a fleet of clients with such a setting is a load of its own. The cause is nearly always a unit mistaken: milliseconds where the socket option takes seconds, or an application that probes in a loop.`,
			Recognised:  `At least three probes of one side, with two intervals in a row below one second (option flood-interval) and nothing but answers in between. Retransmissions of a last byte are not probes.`,
			Remedy:      `Correct TCP_KEEPINTVL and TCP_KEEPIDLE (both in seconds on Linux, SIO_KEEPALIVE_VALS in milliseconds on Windows).`},
	}
}

// reuseRules are about HTTP connections between requests.
func reuseRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleReuse, Severity: analyzers.Info, Title: "an idle HTTP connection was used again",
			Explanation: `HTTP/1.1 keeps a connection open after a response (RFC 9112 9.3), so that the next request costs no handshake. This finding shows that it works: after how much idle time a request still found its connection, and whether TCP keep-alive probes held the path open in that time. Note that HTTP keep-alive and TCP keep-alive are two things: the first is the decision not to close, the second a packet that asks whether the peer is still there.`,
			Recognised:  `A request begins on a connection on which a whole response was delivered at least 1 s (option reuse-min) before, with no other request under way. Server pushes and pipelined requests are no reuse. Inside TLS nothing can be read: there, a record of application data of at least 48 bytes from the client counts (what TLS and HTTP/2 send of their own accord is smaller), on a connection on which such data were answered before, at least 30 s (option tls-reuse-min), or 1 s with keep-alive probes in between, once the server answers it (attrs.tls, confidence "likely"); shorter idle times are in the latency rows and the table of turns only. Connections of other protocols are not looked at: a keystroke in a terminal is no request.`,
			Remedy:      `Nothing to repair. Compare the idle times with the server's idle timeout and with those of NAT and load balancers: a gap close to one of them is a keepalive-race or keepalive-idle-drop waiting to happen.`},

		{Code: ruleRace, Severity: analyzers.Error, Title: "request lost: sent when the server was closing the idle connection",
			Explanation: `A server closes a connection that was idle for its keep-alive timeout. If the client sends the next request at that moment, request and FIN cross on the wire: the server has closed the socket and answers the request with RST. The request was not processed, but the client cannot be sure of that, so it may retry only what is idempotent (RFC 9110 9.2.2) and reports an error for the rest.

What clients print: "unexpected EOF", "http: server closed idle connection", "Connection reset by peer", "socket hang up" (Node.js), "NoHttpResponseException" (Apache HttpClient); behind a proxy: 502 Bad Gateway.`,
			Recognised: `A request on a connection that had delivered its last response, no byte of a response to it, and either an RST of the server after it, or a FIN of the server that does not acknowledge it. An RST without a FIN counts only after at least 1 s of idleness (option idle-min) if the server acknowledged the request, with the RST or before, and no request counts on a connection of which the last exchange said that it closes. Inside TLS (attrs.tls): what looks like a request (see keepalive-reuse), after at least 1 s of idleness, answered by RST, with nothing from the server since that acknowledges it, and before the client itself closed. A client that had acknowledged the FIN (attrs.fin_acknowledged) could have known: its pool does not watch idle connections. attrs.idle_ns is the time from the last response to the server's FIN where the FIN is seen: the server's idle timeout, as seen at the capture point.`,
			Remedy:     `Make the client's idle timeout shorter than the server's, with some seconds to spare: IdleConnTimeout in Go, keepAliveTimeout of the proxy above that of its clients and below that of its upstream (nginx keepalive_timeout, Node.js server.keepAliveTimeout 5 s by default, ALB 60 s). Along a chain every hop towards the client should time out first. Retry idempotent requests.`},

		{Code: ruleIdleDrop, Severity: analyzers.Error, Title: "request after an idle time vanishes: a middlebox has forgotten the connection",
			Explanation: `NAT gateways, firewalls and load balancers keep a table of connections and drop an entry that was idle for too long, often without telling either side. Both ends still believe in the connection. The next request is then dropped on the way, is repeated at growing intervals and never acknowledged, until the application's timeout, or the kernel after some 15 minutes (net.ipv4.tcp_retries2).

What the client prints: a timeout, only for the first request after a pause.`,
			Recognised: `Payload of the client after an idle time of at least 1 s (option idle-min), sent at least three times over at least 3 s (option drop-min), never acknowledged, and not one segment from the other side since, which had answered before. A server that died, or a path that broke, in the idle time looks the same.`,
			Remedy:     `Let TCP keep-alive probes hold the path open: a keep-alive time below the middlebox's idle timeout (about half of it). Or close idle connections sooner in the client's pool; or raise the middlebox's timeout and let it send RST when it drops. TCP_USER_TIMEOUT makes the client notice sooner.`},

		{Code: ruleUnused, Severity: analyzers.Warning, Title: "a new HTTP connection for each request",
			Explanation: `Each of these connections carried one request, and the next was opened soon after. Every one of them pays a round trip for the TCP handshake (two or three with TLS), begins with a small congestion window, and leaves a port in TIME_WAIT, which limits one client to some 28,000 connections a minute to one server.

Typical causes: a client object made anew for each request (a new http.Client, requests.get without a Session, curl in a loop), a pool of size 0, a proxy that does not keep connections to its upstream (nginx needs "keepalive" in the upstream block and "proxy_http_version 1.1"), or an explicit "Connection: close".`,
			Recognised: `At least 5 (option unused-min) connections of one client to one server with exactly one HTTP/1.x exchange each and an end that is in the capture, which were opened at most 5 s (option unused-window) after another's response, or followed by such a one. It is information only when "Connection: close" or HTTP/1.0 asked for it, in all of them but fewer than 5.`,
			Remedy:     `Share one client or session in the process; keep its pool large enough for the concurrency (Go: MaxIdleConnsPerHost, 2 by default); read response bodies to the end and close them. Remove "Connection: close"; use HTTP/1.1.`},

		{Code: ruleUnread, Severity: analyzers.Warning, Title: "a new connection although one was idle: response body not read or closed?",
			Explanation: `The client had a connection to this server that was idle and could be used again, and opened another one all the same; the idle one never carried a request again. A client does that when its pool does not have the connection back: in Go, a response body that was not read to the end and closed keeps its connection out of the pool (defer resp.Body.Close() and io.Copy(io.Discard, resp.Body)); in Java, an entity that was not consumed; in Python, a response that was not closed. Such connections pile up until the server closes them: file descriptors and memory leak.`,
			Recognised:  `At the moment of the SYN no exchange of this client and server was under way, no other connection of theirs opened within 100 ms, an earlier one was idle with its response delivered, neither closed (nor within 100 ms after) nor announced to close, by then or after a time (Keep-Alive: timeout=) that was over, Host and User-Agent of the two requests are the same, the new one became no WebSocket or other tunnel, for which clients open a connection of its own, and the idle connection carries no further request. Two processes with the same User-Agent on one host look the same: hence "possible". One or two are information, three or more a warning.`,
			Remedy:      `Read each response body to its end and close it, on the error paths as well. Check that the processes share one client. Look at the number of ESTABLISHED connections to the server ("ss -tn dst ADDRESS") over time.`},

		{Code: ruleSlow, Severity: analyzers.Warning, Title: "slow HTTP response",
			Explanation: `From the last byte of the request to the first byte of the response: the time in the server, and what lies behind it, plus one round trip between the capture point and the server. On a long path (satellite, a congested mobile or dial-up link) that alone can take a second, and no server is slow. So it is taken off before the comparison with the limit; the finding names it where it is a tenth of the time or more. A proxy or load balancer that answers the handshake itself is the server here: what it waits for behind it counts as its own time.`,
			Recognised:  `The response's first byte came at least 1 s (option slow) after the request's last byte, without the round trip (attrs.server_side_min_ns and _max_ns; the measure is the whole time, as in http.response). The round trip is the time from SYN to SYN-ACK of the connection; a SYN that was repeated counts only if its own answer shows which is whose. Where the server acknowledged the request sooner than that, after a slow handshake, the round trip is no longer than the acknowledgement took. Without either, as in a capture that begins mid-stream, nothing is taken off, and the confidence is "likely". Upgrades, CONNECT and event streams are left out. At least three slow responses to the same method and path with nearly equal durations are a long poll, which waits on purpose: information only. The time is counted from the last repetition of the request, if it had to be repeated; a response whose first segment had to be sent again is left out, since that time was lost on the way. Responses to pipelined requests include the wait for those before them.`,
			Remedy:      `Look at the server's own logs for the request at that time. If the durations cluster at a round value (1 s, 5 s, 30 s), look for a timeout behind the server: name service, database lock, an upstream that is down. If the capture does not show the round trip, take one that begins before the connection does, or one at the server.`},

		{Code: ruleIdleReset, Severity: analyzers.Info, Title: "idle connection closed by RST",
			Explanation: `A connection on which nothing was under way ended with an RST instead of a FIN. Some programs and devices close idle connections this way on purpose (SO_LINGER 0, load balancers and firewalls at their idle timeout, browsers and Windows clients that discard a socket). Nothing is lost, unless a request was just on its way; the idle time shows whose timeout it was.`,
			Recognised:  `An RST that fits the connection, at least 2 s (option reset-min) after the last segment that carried or acknowledged anything, with no FIN before, nothing unacknowledged, no request unanswered, and no keep-alive probe unanswered. Where the payload is not HTTP/1.x, or its beginning is not in the capture, a request or half an answer may have been under way: confidence "likely".`,
			Remedy:      `If it is the server or something in front of it, keep the client's idle timeout below this time, so that it never sends into a connection that is being reset (see keepalive-race).`},
	}
}
