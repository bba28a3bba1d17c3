// Package analyzers is the contract between the engine and the analyzers: an
// analyzer is a value that describes itself (rules, metrics, tables, options)
// and supplies up to three parts that see packets of one shard of flows, events
// of all flows, and in the end the merged results.
package analyzers

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// Analyzer describes one analyzer. It is a plain value, checked by Validate
// before the first byte of a capture is read.
type Analyzer struct {
	// Name matches [a-z][a-z0-9]*; flag, JSON and directory use the same string.
	Name string
	// Doc says what the analyzer finds: a first sentence, then more.
	Doc string
	// Needs selects the packets that the flow part is called for.
	Needs Needs
	// Requires names analyzers whose Conclude must have run before.
	Requires []string

	Rules   []Rule
	Metrics []Metric
	Tables  []TableSpec
	// Config returns a pointer to a fresh struct of defaults, whose exported
	// fields carry `opt:"name"` and `doc:"..."` tags; nil: no options.
	Config func() any

	// NewFlowPart makes the part that sees packets, one a virtual shard; nil: none.
	NewFlowPart func(env *Env) FlowPart
	// NewCorrelator makes the part that sees the events of all shards; nil: none.
	NewCorrelator func(env *Env) Correlator
	// Conclude turns the merged results into findings, latency rows and
	// tables; it runs once, on one goroutine.
	Conclude func(c *Conclusion)
}

// Needs is a set of packet kinds.
type Needs uint16

const (
	NeedTCP        Needs = 1 << iota // every TCP segment
	NeedTCPControl                   // TCP segments with SYN, FIN or RST, and every segment of a flow that has state in the slot (but see Quiet)
	NeedTCPPayload                   // TCP segments with payload
	NeedTCPEarly                     // TCP segments with payload, of the first EarlyBytes of their direction or the next to them
	NeedTCPSACK                      // TCP segments with the SACK option
	NeedUDP
	NeedSCTP
	NeedICMP    // ICMP and ICMPv6; f is the quoted flow for errors, nil when that is not in the table
	NeedNonIP   // f is nil
	NeedOther   // other IP protocols, and fragments
	NeedFlowEnd // FlowEnd is called for every flow (else only for flows with state in the slot)
)

// EarlyBytes is how much payload lies before a segment of NeedTCPEarly at most.
const EarlyBytes = 8 << 10

// Quiet is a bit that an analyzer may set in a flow's slot (flow.Flow.Slot): its
// state there does not call for segments that Needs would not select.
const Quiet = 1 << 31

// Env is what the engine tells a part at its start.
type Env struct {
	Slot   int // this analyzer's index in flow.Flow.Slot
	Shard  int // virtual shard of a flow part
	Shards int // number of virtual shards: caps are total/Shards
	Config any // the *struct that Analyzer.Config returned, options applied
	// Metrics is Analyzer.Metrics, and Rows are what the flow parts of one worker
	// share of their latencies; see Env.Latencies.
	Metrics []Metric
	Rows    *LatencyRows
	// Shared is for what else the flow parts of one worker may share, none of which
	// may change any result; the first that needs it sets it. nil: there is nobody to
	// share with.
	Shared *any
}

// FlowPart sees the packets of one virtual shard, in frame order, never
// concurrently.
type FlowPart interface {
	// Packet is called for each packet that Needs asks for, copies included
	// (p.Seg.Is(decoders.ClassCopy)). p and everything it refers to are
	// borrowed until Packet returns. f is nil for packets without a flow.
	Packet(p *decoders.Packet, f *flow.Flow, out *Out)
	// FlowEnd is called when f leaves the table. at is when, on the capture
	// clock: the deadline for an expiry, not the moment it was noticed.
	FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *Out)
	// End is called once, after FlowEnd for every flow.
	End(clock int64, out *Out) Result
}

// Correlator sees the analyzer's own events from all shards in one goroutine,
// ordered by capture clock, then frame, then shard and emission.
type Correlator interface {
	Event(e *Event)
	End(clock int64) Result
}

// Sifter is what a Correlator is besides if its flow parts leave asides.
type Sifter interface {
	// Sift is shown the asides that are due, before the events among which they
	// belong: one shard's in order after the other's. It returns, as events to be
	// delivered now, those that it wants, earlier ones that it has kept included;
	// and the runs that are no longer needed, one worker's in the order in which
	// they came. The rest it keeps. The slice runs is borrowed, and deliver until
	// the next call. In at it leaves the frame of the aside that it looks at, which
	// the engine names if it panics.
	Sift(runs []AsideRun, at *decoders.FrameRef) (deliver []StampedEvent, done []AsideRun)
}

// Result is what a part leaves behind. Merge folds other, a Result of the same
// type, into the receiver; the engine calls it in shard order.
type Result interface{ Merge(other Result) }

// Rule is one kind of finding.
type Rule struct {
	// Code is permanent, kebab-case.
	Code     string
	Severity Severity
	Title    string // a few words
	// Explanation teaches the mechanism, Recognised says from which packets it
	// is concluded and what it does not prove, Remedy what to do. Plain text,
	// paragraphs separated by a blank line.
	Explanation, Recognised, Remedy string
	// Lead: it says what the capture lacks, and the text report lists its findings
	// before all others, whatever their severity.
	Lead bool
}

// Severity of a finding.
type Severity uint8

// The severities, mildest first. Zero means: the rule's.
const (
	SeverityDefault Severity = iota
	Info
	Warning
	Error
)

func (s Severity) String() string { return [...]string{"", "info", "warning", "error"}[s] }

// Confidence of a finding.
type Confidence uint8

const (
	Possible Confidence = iota + 1
	Likely
	Certain
)

func (c Confidence) String() string { return [...]string{"", "possible", "likely", "certain"}[c] }
