package gsmmap

import (
	"testing"

	"pcaptriage/analyzers"
)

// TestCoverageLeads: a report opens with what was read of SS7 if there was any,
// not with one SCTP packet of something else.
func TestCoverageLeads(t *testing.T) {
	c := newCorrelator(&analyzers.Env{Config: Analyzer.Config()})
	other := &coverage{packets: 3, notSS7: 2}
	if table := coverageTable(other, c); !table.Aside || len(table.Rows) == 0 {
		t.Errorf("other users of SCTP: aside %v, %d rows", table.Aside, len(table.Rows))
	}
	some := &coverage{packets: 3, notSS7: 2}
	some.layers[1] = 1
	if coverageTable(some, c).Aside {
		t.Error("does not lead although there is SS7")
	}
}
