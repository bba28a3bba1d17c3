package analyzers

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/linkscore"
)

// Conclusion is what Conclude gets and where it puts what it concludes.
type Conclusion struct {
	Config any
	// Flow and Correlator are the merged results of the parts, nil when the
	// analyzer has no such part.
	Flow, Correlator Result
	// Required holds the finished outcome of the analyzers named in Requires.
	Required map[string]*Outcome
	Facts    Facts
	// TunnelPath resolves a Packet.TunnelID: "ipip 10.0.0.5>10.0.0.6" a hop,
	// outermost first; nil for 0.
	TunnelPath func(id uint32) []string

	Out Outcome
}

// Facts are facts about the whole capture that rules depend on.
type Facts struct {
	// LastTime is the largest recorded time, Clock the capture clock at the
	// end, both ns; Epoch counts the clock's restarts.
	LastTime, Clock int64
	Epoch           uint32
	// TwoWay: at least one TCP flow of the capture has both directions.
	TwoWay     bool
	EndedEarly bool // the file stopped inside a record, or the run was interrupted
	Frames     uint64
	// Links says for each interface of each file whether its declared link type
	// is right, and as what it was read; empty when the file was taken at its
	// word. It is left out of dumps of a result, since only one analyzer and the
	// report look at it.
	Links []LinkVerdict `json:"-"`
}

// LinkVerdict is what the packets of one interface say about its link type.
type LinkVerdict struct {
	File      int // index in a series
	Interface int
	linkscore.Verdict
}

// Outcome is an analyzer's contribution to the report.
type Outcome struct {
	Findings []*Finding
	Latency  []*LatencyRow
	Tables   []*Table
	// VerdictsWithheld counts verdicts not given because a flow was evicted or
	// the clock restarted; LabelsFolded the observations that went to
	// "(other)"; NegativeLatencies those dropped for running backwards.
	VerdictsWithheld, LabelsFolded, NegativeLatencies uint64
}

// Report adds a finding and returns it, for CausedBy of others.
func (c *Conclusion) Report(f Finding) *Finding {
	c.Out.Findings = append(c.Out.Findings, &f)
	return &f
}

// Capture is the engine's result for one capture (or one series): what a
// report is made of.
type Capture struct {
	Facts   Facts
	Results []*AnalyzerResult // in the order of the analyzers' list
	Ledger  Ledger
	// Internal holds one line for each failure outside the analyzers (a panic
	// in a decoder, say), at most a few; InternalCount is their number.
	Internal      []string
	InternalCount uint64
}

// AnalyzerResult is one analyzer's outcome, or why it has none.
type AnalyzerResult struct {
	Analyzer *Analyzer
	Outcome  Outcome
	// Failed: a part panicked. Failure is one line with the frame; what other
	// parts found before is not reported.
	Failed  bool
	Failure string
}

// Ledger accounts for every record: Records = Decoded + the sum of Undecoded +
// UnknownLinkType.
type Ledger struct {
	Records, Decoded, UnknownLinkType uint64
	Undecoded                         [16]uint64 // by decoders.Undecoded
	// Subsets of Records.
	TruncatedBySnaplen, Duplicates, OutOfOrder, TimestampOutliers uint64

	FragmentsIncomplete, FlowsCreated, FlowsEvicted uint64
	VerdictsWithheld, LabelsFolded                  uint64
	NegativeLatencies, ClockResets                  uint64
	TunnelsFolded                                   uint64 // tunnel paths beyond the cap of those kept apart
	// FilteredOut counts records that the user's filter kept out; they are not
	// in Records.
	FilteredOut uint64
	// Interrupted: the run was stopped before the end of the input.
	Interrupted bool
}

// SumUndecoded adds up Undecoded.
func (l *Ledger) SumUndecoded() (n uint64) {
	for u := decoders.Undecoded(1); int(u) < len(decoders.UndecodedNames); u++ {
		if u != decoders.UnknownLink {
			n += l.Undecoded[u]
		}
	}
	return n
}
