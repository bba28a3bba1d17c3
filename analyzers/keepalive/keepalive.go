// Package keepalive looks at what happens on TCP connections between requests:
// keep-alive probes of the kernels (RFC 9293 3.8.4), and the reuse of
// connections by HTTP/1.x clients (RFC 9112 9.3).
//
// The flow part keeps a small state for each connection (state.go), a larger
// one where probes are seen (probes.go) or the payload is HTTP (exchanges.go,
// sniff.go) or TLS (tls.go), and condenses these into events (wire.go): not one
// an exchange, but when a connection becomes busy and when it has been idle for a
// while (idling.go). The segments that nearly all are take a short way (packet.go)
// past the cases for all others (flowpart.go). The correlator accounts for the
// events by client and server (pairs.go, live.go, groups.go) and keeps what the
// tables show (rows.go), and Conclude turns that into findings (findings.go),
// tables and latency rows.
package keepalive

import "pcaptriage/analyzers"

// Analyzer is the keepalive analyzer.
var Analyzer = &analyzers.Analyzer{
	Name: "keepalive",
	Doc: "What happens on connections between requests: TCP keep-alive probes, and the reuse of connections by HTTP/1.x clients. " +
		"It tells a dead peer from a forgotten connection, finds requests lost in the race with a server's idle timeout, and counts what connections without reuse cost.",
	Needs:   analyzers.NeedTCP,
	Rules:   rules(),
	Metrics: metrics,
	Tables:  tables,
	Config:  func() any { return defaultConfig() },

	NewFlowPart:   func(env *analyzers.Env) analyzers.FlowPart { return newFlowPart(env) },
	NewCorrelator: func(env *analyzers.Env) analyzers.Correlator { return newCorrelator(env) },
	Conclude:      conclude,
}

// Indexes into metrics.
const (
	metricResponse = iota
	metricTurn
	metricIdle
	metricAnswer
)

var metrics = []analyzers.Metric{
	metricResponse: {Name: "http.response", Unit: "ns", Labels: []string{"server", "reused"}, Render: renderReused,
		Doc: "From the last byte of an HTTP request to the first byte of its final response; the first exchange on a connection and those on a reused one apart. Where the capture cut the request's head, from the client's last payload before the response."},
	metricTurn: {Name: "turn.response", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel,
		Doc: "From the client's last payload before the direction changed to the server's first payload, where the payload is not HTTP/1.x (TLS, HTTP/2, anything else)."},
	metricIdle: {Name: "conn.idle_before_reuse", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel, Neutral: true,
		Doc: "From the end of an HTTP response to the next request on the same connection."},
	metricAnswer: {Name: "keepalive.answer", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel,
		Doc: "From a TCP keep-alive probe to its answer, whichever side probes."},
}

// renderReused shows the server in A and PA, and in X[0] whether the connection
// had been used before.
func renderReused(k analyzers.LabelKey) []string {
	if k.X[0] != 0 {
		return []string{k.A.HostPort(k.PA), "yes"}
	}
	return []string{k.A.HostPort(k.PA), "no"}
}
