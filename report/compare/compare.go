// Package compare says what differs between two sides, each of which is one or
// more reports of captures: which findings came and went, which latencies moved,
// and whether the move is more than chance.
//
// Two recordings of the same thing never agree to the nanosecond and seldom to
// the packet, so equality is not the measure: findings are matched by what they
// are about, latencies by tests of their samples.
package compare

import (
	"slices"
	"strings"

	"pcaptriage/report"
)

// Side is one of the two that are compared.
type Side struct {
	Name     string // as the user named it
	Tool     report.Tool
	Captures []Named
}

// Named is a capture's report under the name by which it is paired: its path
// relative to the side's directory.
type Named struct {
	Name string
	*report.Capture
}

// Comparison is what came out.
type Comparison struct {
	A, B  *Side
	Pairs []*Pair
	// OnlyA and OnlyB are captures without a partner.
	OnlyA, OnlyB []Named
	// Remarks are about the comparison as a whole, a sentence each.
	Remarks []string
	// Tests is the number of tests of significance that were made; each of their
	// p-values is corrected for all of them (see stats.Adjust).
	Tests int
}

// Pair is a capture of A and its partner in B.
type Pair struct {
	Name string // "" when each side is one capture
	A, B *report.Capture
	// Remarks say what limits the comparison: damage, other analyzers.
	Remarks []string

	Appeared []*report.Finding // in B only
	Vanished []*report.Finding // in A only
	Changed  []FindingChange
	Same     int // findings that are on both sides and did not change
	// Unmatched counts findings of analyzers that ran on one side only, by
	// analyzer: nobody knows whether the other side has them.
	UnmatchedA, UnmatchedB map[string]int

	Rows []*Row
}

// FindingChange is a finding on both sides that is not the same.
type FindingChange struct {
	A, B    *report.Finding
	Differs []string // "count 3 -> 5"
}

// Options of a comparison.
type Options struct {
	// Neutral metrics are neither better nor worse for being larger: pauses that
	// users make. They are compared, and never are a regression.
	Neutral map[string]bool
}

// Compare compares two sides. Neither is changed.
func Compare(a, b *Side, opt Options) *Comparison {
	c := &Comparison{A: a, B: b}
	if a.Tool != b.Tool && a.Tool.Version != "" && b.Tool.Version != "" {
		c.Remarks = append(c.Remarks, "A was analyzed by version "+a.Tool.Version+", B by version "+b.Tool.Version+
			": findings may differ because the rules do.")
	}
	pairs, onlyA, onlyB := pair(a.Captures, b.Captures)
	c.OnlyA, c.OnlyB = onlyA, onlyB
	for _, p := range pairs {
		p.remark()
		if !p.A.Unreadable() && !p.B.Unreadable() {
			p.findings()
			p.latency(opt)
		}
		c.Pairs = append(c.Pairs, p)
	}
	c.adjust()
	return c
}

// remark notes what limits the comparison of a pair.
func (p *Pair) remark() {
	for _, s := range []struct {
		name string
		c    *report.Capture
	}{{"A", p.A}, {"B", p.B}} {
		cov := s.c.Coverage
		switch {
		case s.c.Unreadable():
			p.Remarks = append(p.Remarks, s.name+" could not be read: "+s.c.Error+".")
			continue
		case cov.Interrupted:
			p.Remarks = append(p.Remarks, s.name+" was interrupted: only its beginning is compared.")
		case cov.EndedEarly || cov.DamageCount > 0 || cov.Error != "":
			p.Remarks = append(p.Remarks, s.name+" is damaged or cut short, only what could be read is compared: "+cov.Error+".")
		}
		for _, f := range cov.AnalyzersFailed {
			p.Remarks = append(p.Remarks, s.name+": analyzer "+f.Analyzer+" failed.")
		}
		if cov.FilteredOut > 0 {
			p.Remarks = append(p.Remarks, s.name+" was filtered: "+report.Count(cov.FilteredOut)+" packets were kept out.")
		}
	}
}

// ran says whether an analyzer's findings of a capture are known. A report that
// does not name its analyzers is taken to have run all.
func ran(c *report.Capture, analyzer string) bool {
	for _, f := range c.Coverage.AnalyzersFailed {
		if f.Analyzer == analyzer {
			return false
		}
	}
	return c.Analyzers == nil || slices.Contains(c.Analyzers, analyzer)
}

// both says whether an analyzer ran on both sides.
func (p *Pair) both(analyzer string) bool { return ran(p.A, analyzer) && ran(p.B, analyzer) }

// missingAnalyzers lists the analyzers that ran on one side only.
func missingAnalyzers(have, lack *report.Capture) []string {
	var out []string
	for _, a := range have.Analyzers {
		if ran(have, a) && !ran(lack, a) {
			out = append(out, a)
		}
	}
	return out
}

// Damaged says whether a side has a capture that could not be read whole, and
// whether one could not be read at all.
func (c *Comparison) Damaged() (damaged, unreadable bool) {
	for _, s := range []*Side{c.A, c.B} {
		for _, n := range s.Captures {
			unreadable = unreadable || n.Unreadable()
			cov := n.Coverage
			damaged = damaged || !n.Unreadable() && (cov.EndedEarly || cov.DamageCount > 0 || cov.Error != "")
		}
	}
	return damaged, unreadable
}

// title names a pair in headings.
func (p *Pair) title() string {
	if p.Name != "" {
		return p.Name
	}
	return p.A.Path + " and " + p.B.Path
}

// list joins names for a sentence.
func list(names []string) string { return strings.Join(names, ", ") }
