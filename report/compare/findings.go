package compare

import (
	"fmt"
	"strings"

	"pcaptriage/report"
)

// findings matches the findings of a pair: by their stable id, and of those left
// over by rule and hosts, in their order. An id has no ephemeral port and no
// time; where even the server's port differs, as between two test runs that
// took any free one, rule and addresses still agree.
func (p *Pair) findings() {
	p.UnmatchedA, p.UnmatchedB = map[string]int{}, map[string]int{}
	a := p.comparable(p.A, p.UnmatchedA)
	b := p.comparable(p.B, p.UnmatchedB)
	p.notRun("A", missingAnalyzers(p.B, p.A), p.UnmatchedB)
	p.notRun("B", missingAnalyzers(p.A, p.B), p.UnmatchedA)
	for _, key := range []func(f *report.Finding) string{
		func(f *report.Finding) string { return f.ID }, hosts,
	} {
		a, b = p.match(a, b, key)
	}
	p.Vanished, p.Appeared = a, b
}

// notRun says what a side did not look for. found are the other side's findings
// of that.
func (p *Pair) notRun(side string, analyzers []string, found map[string]int) {
	if len(analyzers) == 0 {
		return
	}
	n := 0
	for _, a := range analyzers {
		n += found[a]
	}
	what := "findings"
	if n == 1 {
		what = "finding"
	}
	p.Remarks = append(p.Remarks, fmt.Sprintf("%s was not analyzed by %s: %d %s of the other side not compared.", side, list(analyzers), n, what))
}

// comparable are the findings of analyzers that ran on both sides; the others
// are counted.
func (p *Pair) comparable(c *report.Capture, unmatched map[string]int) (out []*report.Finding) {
	for _, f := range c.Findings {
		if p.both(f.Analyzer) {
			out = append(out, f)
		} else {
			unmatched[f.Analyzer]++
		}
	}
	return out
}

// match takes out the findings of a and b that have one key, the first with the
// first, and returns those left over.
func (p *Pair) match(a, b []*report.Finding, key func(*report.Finding) string) (restA, restB []*report.Finding) {
	waiting := map[string][]*report.Finding{}
	for _, f := range b {
		waiting[key(f)] = append(waiting[key(f)], f)
	}
	gone := map[*report.Finding]bool{}
	for _, f := range a {
		k := key(f)
		if len(waiting[k]) == 0 {
			restA = append(restA, f)
			continue
		}
		other := waiting[k][0]
		waiting[k] = waiting[k][1:]
		gone[other] = true
		if d := differs(f, other); len(d) > 0 {
			p.Changed = append(p.Changed, FindingChange{f, other, d})
		} else {
			p.Same++
		}
	}
	for _, f := range b {
		if !gone[f] {
			restB = append(restB, f)
		}
	}
	return restA, restB
}

// hosts is a finding's rule and flow without ports.
func hosts(f *report.Finding) string {
	key := []string{f.Rule}
	if w := f.Flow; w != nil {
		key = append(key, w.Proto, orStar(w.Src), orStar(w.Dst))
		for _, hop := range w.Tunnel { // its kind: addresses of a tunnel's ends change
			kind, _, _ := strings.Cut(hop, " ")
			key = append(key, kind)
		}
	}
	return strings.Join(key, "\x00")
}

func orStar(s *string) string {
	if s == nil {
		return "*"
	}
	return *s
}

// differs says what is not the same about a finding on both sides. Its times,
// frames and measured numbers never are.
func differs(a, b *report.Finding) (out []string) {
	if a.Severity != b.Severity {
		out = append(out, "severity "+a.Severity+" -> "+b.Severity)
	}
	if a.Confidence != b.Confidence {
		out = append(out, "confidence "+a.Confidence+" -> "+b.Confidence)
	}
	if a.Count != b.Count {
		out = append(out, "count "+report.Count(a.Count)+" -> "+report.Count(b.Count))
	}
	if pa, pb := ports(a), ports(b); pa != pb {
		out = append(out, "port "+pa+" -> "+pb)
	}
	if len(out) > 0 && a.Measure != b.Measure && a.Measure.Name == b.Measure.Name && a.Measure.Unit == b.Measure.Unit && a.Measure.Name != "" {
		out = append(out, a.Measure.Name+" "+report.Value(a.Measure.Value, a.Measure.Unit)+" -> "+report.Value(b.Measure.Value, b.Measure.Unit))
	}
	return out
}

// ports is the server's port, "-" when there is none.
func ports(f *report.Finding) string {
	if f.Flow == nil || f.Flow.DPort == nil {
		return "-"
	}
	return fmt.Sprint(*f.Flow.DPort)
}
