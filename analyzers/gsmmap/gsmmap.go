// Package gsmmap says what became of each short message between MAP nodes: its
// direction and MAP version with the grounds for them, how long the answer
// took, what it was, and why there was none.
//
// The flow part (flowpart.go) takes SCTP packets (sctp.go, assoc.go) and records of
// SS7 links (link.go) down to TCAP and condenses each TCAP message into a summary
// (message.go, condense.go), which travels as a chain of events (wire.go), as do
// SCCP segments and the TSNs seen (tsn.go). The correlator follows dialogues over
// all associations (correlator.go, dialogue.go, lookup.go), decides what each
// operation is (invoke.go) and what became of it (answer.go, ending.go, retry.go),
// and gathers counts and incidents (operations.go, outcome.go, concat.go,
// incident.go). Conclude makes findings (conclude.go, transport.go) and tables
// (tables.go) of them.
package gsmmap

import (
	"errors"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/mtp3"
)

// Analyzer is the gsmmap analyzer.
var Analyzer = &analyzers.Analyzer{
	Name: "gsmmap",
	Doc: "Short messages over GSM MAP: direction, version, latency and outcome of each forwardSM and its companions, between which nodes. " +
		"It reads SIGTRAN over SCTP, and MTP2, MTP3, SCCP and exported PDU link types.",
	Needs:   analyzers.NeedSCTP | analyzers.NeedUDP | analyzers.NeedNonIP,
	Rules:   rules(),
	Metrics: metrics,
	Tables:  tables,
	Config:  func() any { return &config{} },

	NewFlowPart:   func(env *analyzers.Env) analyzers.FlowPart { return newFlowPart(env) },
	NewCorrelator: func(env *analyzers.Env) analyzers.Correlator { return newCorrelator(env) },
	Conclude:      conclude,
}

// config is the analyzer's options. Without the first two, subscribers' identities
// are masked, and texts are not read at all.
type config struct {
	ShowSubscribers bool    `opt:"show-subscribers" doc:"write IMSI, MSISDN and subscriber numbers in full"`
	ShowContent     bool    `opt:"show-content" doc:"write the texts of short messages into table map_dialogues"`
	MTP3            variant `opt:"mtp3" doc:"routing label of all MTP3 links: itu, ansi, china, japan, or guess, which finds it out for each link"`
	AnnexA          bool    `opt:"annex-a" doc:"MTP2 with sequence numbers of 12 bits (Q.703 annex A), where the capture does not tell: link type MTP2"`
}

// variant is the MTP3 variant as told, mtp3.Unknown for one to be guessed.
type variant mtp3.Variant

// tellable are the variants that can be told, by name.
var tellable = map[string]mtp3.Variant{"guess": mtp3.Unknown, "itu": mtp3.ITU, "ansi": mtp3.ANSI, "china": mtp3.China, "japan": mtp3.Japan}

func (v variant) String() string {
	for name, t := range tellable {
		if t == mtp3.Variant(v) {
			return name
		}
	}
	return mtp3.Variant(v).String()
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *variant) UnmarshalText(text []byte) error {
	t, ok := tellable[strings.ToLower(string(text))]
	if !ok {
		return errors.New("want guess, itu, ansi, china or japan")
	}
	*v = variant(t)
	return nil
}

// Indexes into metrics.
const (
	metricResponse = iota
	metricSetup
)

var metrics = []analyzers.Metric{
	metricResponse: {Name: "map.response", Unit: "ns",
		Labels: []string{"operation", "version", "basis", "direction", "initiator", "responder"},
		Doc:    "From the message that completes the invoke to the message that completes its answer, both at the capture point nearest to the answering node.",
		Render: func(k analyzers.LabelKey) []string {
			o := operation(k)
			return []string{o.name(), o.versionText(), o.basis().String(), o.direction().String(), node(k.A).String(), node(k.B).String()}
		}},
	metricSetup: {Name: "map.dialogue_setup", Unit: "ns",
		Labels: []string{"context", "initiator", "responder"},
		Doc:    "From an empty Begin to the first Continue of a dialogue of short messages: no radio and no subscriber is involved.",
		Render: func(k analyzers.LabelKey) []string {
			name := "none"
			if k.X[0] != 0 {
				name = gsmmap.Context{Family: k.X[0], Version: k.X[1]}.String()
			}
			return []string{name, node(k.A).String(), node(k.B).String()}
		}},
}
