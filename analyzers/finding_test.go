package analyzers

import (
	"slices"
	"testing"

	"pcaptriage/decoders"
)

func TestCite(t *testing.T) {
	var c Citations
	c.Cite(0, "none", 5)
	c.Cite(30, "first", 0)
	for i := range decoders.FrameRef(9) {
		c.Cite(20-i, "then", 7)
	}
	if len(c.Evidence) != MaxEvidence || c.EvidenceTotal != 10 || c.Evidence[0] != (Evidence{Frame: 30, Role: "first"}) {
		t.Errorf("%d cited, %d kept: %v", c.EvidenceTotal, len(c.Evidence), c.Evidence)
	}
	if !c.Cites(14) || c.Cites(13) || c.Cites(0) {
		t.Error("not the first ones are kept")
	}
	c.Evidence = append(c.Evidence, Evidence{Frame: 30, Role: "again"})
	c.SortEvidence()
	if n := len(c.Evidence); n != MaxEvidence || c.Evidence[n-1].Role != "first" ||
		!slices.IsSortedFunc(c.Evidence, func(a, b Evidence) int { return int(a.Frame - b.Frame) }) {
		t.Errorf("%v", c.Evidence)
	}
}
