// Package ssh follows SSH handshakes (RFC 4253, 4252): how long each phase took,
// whether client, server, network or the user at the keyboard was waited for,
// what was negotiated, how far it got, and, from the sizes of encrypted packets,
// how authentication ended.
//
// The flow part finds sessions by their first bytes (gate.go), feeds package
// sshwire (flowpart.go, messages.go), infers authentication (auth.go,
// auth_sizes.go) and gives a session up as soon as that is decided. A finished
// session becomes latencies (phases.go), a table row (record.go) and notes for
// findings (outcome.go, verdicts.go, judge_auth.go). What takes several sessions,
// or DNS, goes through the correlator (wire.go, dns.go, correlator.go,
// series.go). Conclude joins the two (conclude.go, findings*.go, tables.go).
package ssh

import "pcaptriage/analyzers"

// Analyzer is the ssh analyzer.
var Analyzer = &analyzers.Analyzer{
	Name: "ssh",
	Doc: "SSH handshakes, phase by phase: who was waited for, the server, the client, the network or the user; what was negotiated; how authentication ended, as far as sizes tell. " +
		"It finds refused and slow logins, hosts without common algorithms, changed host keys, password guessing and path MTU black holes. Found by content on any port.",
	Needs:    analyzers.NeedTCPControl | analyzers.NeedTCPEarly | analyzers.NeedUDP,
	Requires: []string{"fragneeded"},
	Rules:    rules(),
	Metrics:  metrics,
	Tables:   tables,
	Config:   func() any { return defaultConfig() },

	NewFlowPart:   func(env *analyzers.Env) analyzers.FlowPart { return newFlowPart(env) },
	NewCorrelator: func(env *analyzers.Env) analyzers.Correlator { return newCorrelator(env) },
	Conclude:      conclude,
}

// Indexes into metrics.
const (
	metricPhase = iota
	metricLogin
)

var metrics = []analyzers.Metric{
	metricPhase: {Name: "ssh.phase", Unit: "ns", Labels: []string{"phase", "server"}, Render: renderPhase,
		Doc: "What one side took for a phase of the handshake, without the round trip to it and without time lost by retransmissions; connect: the TCP handshake as it was. auth-client and auth-server have a value for each authentication request."},
	metricLogin: {Name: "ssh.login", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel, Neutral: true,
		Doc: "From the first SYN to the success of authentication, where that could be inferred; the time of users at prompts included."},
}

// renderPhase shows the phase in X[0] and the server in A and PA.
func renderPhase(k analyzers.LabelKey) []string {
	return []string{phaseNames[k.X[0]], k.A.HostPort(k.PA)}
}
