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

		Count                        uint64
		Min, P50, P90, P95, P99, Max int64
		Sum                          int64
		Bins                         []analyzers.Bin
		Zero                         uint64
		Sample                       []int64
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
			r.Latency = append(r.Latency, latency{row.Metric.Name, row.Values,
				row.Count, row.Min, row.P50, row.P90, row.P95, row.P99, row.Max, row.Sum, row.Bins, row.Zero, row.Sample})
		}
		for _, t := range o.Tables {
			r.Tables = append(r.Tables, table{t.Spec.Name, t.Rows, t.Truncated})
		}
		out.Results = append(out.Results, r)
	}
	return json.MarshalIndent(out, "", " ")
}
