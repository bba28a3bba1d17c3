// Package connect says what became of each TCP connection attempt: answered,
// answered late, refused, rejected by an ICMP error, dropped on the way, or
// left half open, and what went wrong right after the handshake.
//
// The flow part keeps one small attempt a flow (attempt.go) and condenses it
// into events when it is decided (wire.go). The correlator groups attempts by
// client, server and outcome in bounded tables (correlator.go, group.go), and
// Conclude turns the groups into findings (conclude.go and the files named
// after the rules).
package connect

import "pcaptriage/analyzers"

// Analyzer is the connect analyzer.
var Analyzer = &analyzers.Analyzer{
	Name: "connect",
	Doc: "What became of each TCP connection attempt. It tells a firewall that drops from a port that is closed, " +
		"an overloaded server from a slow network, and measures the handshake at the capture point.",
	Needs:   analyzers.NeedTCPControl | analyzers.NeedICMP,
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
	metricHandshake = iota
	metricServer
	metricClient
)

var metrics = []analyzers.Metric{
	metricHandshake: {Name: "tcp.handshake", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel,
		Doc: "From the first SYN to the ACK that completes the handshake: what the client waited, repeated SYNs included."},
	metricServer: {Name: "tcp.handshake.server", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel,
		Doc: "From SYN to SYN-ACK: the network between capture point and server, and the server's kernel. Attempts with a repeated SYN or SYN-ACK are left out."},
	metricClient: {Name: "tcp.handshake.client", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel,
		Doc: "From SYN-ACK to ACK: the network between capture point and client, and the client's kernel. Attempts with a repeated SYN or SYN-ACK are left out."},
}
