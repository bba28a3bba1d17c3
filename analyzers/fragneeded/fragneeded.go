// Package fragneeded finds what path MTU discovery costs: the pause after an
// ICMP "fragmentation needed" or "packet too big", the black hole where such
// messages are missing or ignored, and the forward of a proxy that is late
// because of either.
//
// The flow part keeps some bits in each flow with payload (slot.go), 44 bytes
// besides that few segments need (track.go) and, only while something is under
// way, an open event about ICMP errors (event.go), a hole that the receiver
// reports (hole.go) or a segment that might have waited for the probe timer
// (lone.go). The correlator knows which hosts were told of which MTU
// (routes.go), pairs the messages that a proxy passes on (hops.go, asleep.go),
// and collects what Conclude turns into findings.
package fragneeded

import "pcaptriage/analyzers"

// Analyzer is the fragneeded analyzer.
var Analyzer = &analyzers.Analyzer{
	Name: "fragneeded",
	Doc: "What path MTU discovery costs. It measures the pause after each ICMP fragmentation needed (IPv4) or packet too big (IPv6), " +
		"tells a sender's own kernel from a router, recognises black holes with and without ICMP, and finds proxies that pass requests on late.",
	Needs:   analyzers.NeedTCPPayload | analyzers.NeedTCPControl | analyzers.NeedTCPSACK | analyzers.NeedICMP,
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
	metricRecovery = iota
	metricHop
)

var metrics = []analyzers.Metric{
	metricRecovery: {Name: "pmtu.recovery", Unit: "ns", Labels: []string{"reporter"},
		Render: func(k analyzers.LabelKey) []string { return []string{reporterKind(k.X[0]).String()} },
		Doc: "From the first ICMP error about a TCP flow's segments until all of them were sent again in a size that fits, " +
			"less the round trip between capture point and sender. By who sent the error: a router, the destination, or the sender's own kernel (self)."},
	metricHop: {Name: "proxy.hop", Unit: "ns", Labels: []string{"server"}, Render: analyzers.ServerLabel,
		Doc: "From a request's arrival at a proxy (or from the moment its outbound connection stood, if that was later) to the first segment of the same bytes on the way to the server."},
}
