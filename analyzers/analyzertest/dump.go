package analyzertest

import (
	"encoding/json"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
)

// dump is the whole result of a run as indented JSON, for goldens and for
// comparing runs byte by byte.
func dump(res *engine.Result) ([]byte, error) {
	type latency struct {
		Metric string
		Labels []string
		Row    *analyzers.LatencyRow
	}
	type table struct {
		Name      string
		Rows      [][]any
		Truncated uint64
	}
	type result struct {
		Analyzer string
		Failure  string               `json:",omitempty"`
		Findings []*analyzers.Finding `json:",omitempty"`
		Latency  []latency            `json:",omitempty"`
		Tables   []table              `json:",omitempty"`

		VerdictsWithheld, LabelsFolded, NegativeLatencies uint64
	}
	out := struct {
		Facts    analyzers.Facts
		Ledger   analyzers.Ledger
		Internal []string `json:",omitempty"`
		Results  []result
	}{Facts: res.Facts, Ledger: res.Ledger, Internal: res.Internal}
	for _, ar := range res.Results {
		o := &ar.Outcome
		r := result{Analyzer: ar.Analyzer.Name, Failure: ar.Failure, Findings: o.Findings,
			VerdictsWithheld: o.VerdictsWithheld, LabelsFolded: o.LabelsFolded, NegativeLatencies: o.NegativeLatencies}
		for _, row := range o.Latency {
			plain := *row
			plain.Metric = nil // holds a function
			r.Latency = append(r.Latency, latency{row.Metric.Name, row.Values, &plain})
		}
		for _, t := range o.Tables {
			r.Tables = append(r.Tables, table{t.Spec.Name, t.Rows, t.Truncated})
		}
		out.Results = append(out.Results, r)
	}
	return json.MarshalIndent(out, "", " ")
}
