package analyzers

import (
	"cmp"
	"slices"

	"pcaptriage/decoders"
)

// Finding is one thing that a person would act on.
type Finding struct {
	Rule string
	// Severity may be milder than the rule's, never more severe. Zero: the rule's.
	Severity   Severity
	Confidence Confidence
	// Message is one sentence with the numbers in it, no raw packet bytes.
	// Every number is also in Measure or Attrs.
	Message string
	Flow    *FlowRef // nil where there is none
	// FirstTime and LastTime bound what was found, recorded ns; valid if HasTime.
	FirstTime, LastTime int64
	HasTime             bool
	Count               uint64 // how often: 1 for a single event
	Measure             *Measure
	Citations
	// Attrs are further facts, JSON values (string, bool, int64, uint64,
	// float64, and slices and maps of those). "direction" is the data's way.
	Attrs    map[string]any
	CausedBy *Finding

	// ID and Analyzer are set by the engine.
	ID       string
	Analyzer string
}

// FlowRef names a flow, or the part of one that a grouped finding is about: a
// zero Src or Dst and a port of 0 stand for "several" and print as null.
type FlowRef struct {
	Proto        string // "tcp", "udp", "sctp", "icmp", ...
	Src, Dst     decoders.Addr
	SPort, DPort uint16   // 0: null (several, or none)
	Tunnel       []string // "ipip 10.0.0.5>10.0.0.6", outermost first
}

// Measure is a finding's main number.
type Measure struct {
	Name  string
	Value int64
	Unit  string // "ns", "count", "bytes"
}

// Evidence is a frame that a finding rests on.
type Evidence struct {
	Frame   decoders.FrameRef
	Role    string
	Time    int64 // recorded, ns; valid if HasTime
	HasTime bool
}

// Citations are the frames that a finding cites: the first few, and how many there
// are.
type Citations struct {
	Evidence      []Evidence // at most MaxEvidence
	EvidenceTotal uint64     // 0: len(Evidence)
}

// MaxEvidence is the largest number of frames a finding cites.
const MaxEvidence = 8

// Cite adds a frame; 0 is none, and a time of 0 is not known.
func (c *Citations) Cite(frame decoders.FrameRef, role string, time int64) {
	if frame == 0 {
		return
	}
	c.EvidenceTotal++
	if len(c.Evidence) < MaxEvidence {
		c.Evidence = append(c.Evidence, Evidence{Frame: frame, Role: role, Time: time, HasTime: time != 0})
	}
}

// Cites reports whether frame is one of those kept.
func (c *Citations) Cites(frame decoders.FrameRef) bool {
	return slices.ContainsFunc(c.Evidence, func(e Evidence) bool { return e.Frame == frame })
}

// SortEvidence puts the frames into their order and leaves each once.
func (c *Citations) SortEvidence() {
	slices.SortStableFunc(c.Evidence, func(a, b Evidence) int { return cmp.Compare(a.Frame, b.Frame) })
	c.Evidence = slices.CompactFunc(c.Evidence, func(a, b Evidence) bool { return a.Frame == b.Frame })
}
