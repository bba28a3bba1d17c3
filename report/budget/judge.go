package budget

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"pcaptriage/report"
	"pcaptriage/report/verdict"
)

// Judge says whether the assertion holds for a capture that could be read. Who
// calls it has asked Applies. fails says whether a broken promise of a severity
// counts; if not, its problems are to be known and the case passes.
func (a *Assertion) Judge(c *report.Capture, fails func(severity string) bool) *verdict.Case {
	out := a.newCase(c.Path)
	if failed := c.Coverage.AnalyzersFailed; len(failed) > 0 {
		out.Status = verdict.Error
		out.Message = "not judged: " + failed[0].Error
		return out
	}
	var said, skipped []string
	for _, t := range a.terms {
		res := t.judge(c)
		switch {
		case res.err != nil:
			out.Status = verdict.Error
			out.Message = "not judged: " + report.Escape(res.err.Error())
			return out
		case res.empty != "" && (!a.AllowEmpty || !res.decided):
			if a.AllowEmpty {
				skipped = append(skipped, res.empty)
				continue
			}
			out.Problems = append(out.Problems, a.problem(verdict.NoData, t.source+": no data to judge by: "+res.empty, nil))
		case !res.holds:
			out.Problems = append(out.Problems, a.problem(verdict.Violated, t.source+" does not hold: "+strings.Join(res.values, "; "), res.found))
		default:
			said = addNew(said, res.values...)
		}
	}
	switch {
	case len(out.Problems) > 0:
		broken(out, fails)
	case len(said) == 0 && len(skipped) > 0:
		out.Status = verdict.Skipped
		out.Message = strings.Join(skipped, "; ")
	default:
		out.Status = verdict.Pass
		out.Message = strings.Join(append(said, skipped...), "; ")
	}
	return out
}

// addNew appends what list does not have yet: a fact may be asked for twice.
func addNew(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// Unmatched is the case of an assertion that applied to no capture: it matched
// no data, so it does not hold, unless that is allowed.
func (a *Assertion) Unmatched(fails func(severity string) bool) *verdict.Case {
	out := a.newCase("")
	message := "no capture matches " + strings.Join(a.Files, ", ")
	out.Message = report.Escape(message)
	if a.AllowEmpty {
		out.Status = verdict.Skipped
		return out
	}
	out.Problems = []*verdict.Problem{a.problem(verdict.NoData, message, nil)}
	broken(out, fails)
	return out
}

// broken ends a case whose problems say that the promise does not hold.
func broken(c *verdict.Case, fails func(severity string) bool) {
	c.Status, c.Message = verdict.Fail, c.Problems[0].Message
	if fails(c.Severity) {
		return
	}
	c.Status = verdict.Pass
	for _, p := range c.Problems {
		p.Fails = false
	}
}

func (a *Assertion) newCase(path string) *verdict.Case {
	return &verdict.Case{Capture: path, Name: a.Name, Kind: verdict.Budget, Severity: a.Severity,
		Location: verdict.Location{File: report.Escape(a.File), Line: a.Line, Column: a.Column}}
}

// problem makes a failing problem with the author's message first, then the
// findings that count counted.
func (a *Assertion) problem(change verdict.Change, message string, found []*report.Finding) *verdict.Problem {
	p := &verdict.Problem{Change: change, Fails: true, Severity: a.Severity, Message: report.Escape(message)}
	if a.Message != "" {
		p.Details = append(p.Details, a.Message)
	}
	const most = 5
	for i, f := range found {
		if i == most {
			p.Details = append(p.Details, fmt.Sprintf("... and %s more", report.Count(len(found)-most)))
			break
		}
		p.Details = append(p.Details, describe(f))
	}
	if len(found) > 0 {
		f := found[0]
		p.Rule, p.FindingID, p.Frames = f.Rule, f.ID, f.Evidence
		if f.WiresharkFilter != nil {
			p.Filter = *f.WiresharkFilter
		}
	}
	return p
}

// describe is a finding in one line.
func describe(f *report.Finding) string {
	s := f.Severity + " " + f.Rule + ": " + f.Message
	frames := make([]string, 0, len(f.Evidence))
	for _, e := range f.Evidence {
		frames = append(frames, fmt.Sprint(e.Frame))
	}
	if len(frames) > 0 {
		s += " (frames " + strings.Join(frames, ", ") + ")"
	}
	return s
}

// result is what came of one term.
type result struct {
	holds   bool
	decided bool     // holds is valid
	empty   string   // why there were no data, "" when there were
	values  []string // "p99(...) is 61.2 ms (12 observations)"
	found   []*report.Finding
	err     error
}

// judge evaluates a term for a capture.
func (t *term) judge(c *report.Capture) (res result) {
	env := make(map[string]any, len(t.facts))
	for _, f := range t.facts {
		a, err := f.eval(c)
		if err != nil {
			res.err = err
			return res
		}
		if a.empty != "" && res.empty == "" {
			res.empty = a.empty
		}
		if a.value == nil {
			return res
		}
		env[f.name] = a.value
		value := f.source + " is " + f.kind.say(a.value)
		if a.note != "" {
			value += " (" + a.note + ")"
		}
		res.values = addNew(res.values, report.Escape(value))
		res.found = append(res.found, a.found...)
	}
	for name, v := range t.constants {
		env[name] = v
	}
	v, err := vm.Run(t.program, env)
	if errors.Is(err, errNoDivisor) {
		res.empty = errNoDivisor.Error() + ": " + strings.Join(res.values, "; ")
		return res
	}
	if err != nil {
		res.err = fmt.Errorf("%s: %s", t.source, oneLine(err))
		return res
	}
	res.holds, _ = v.(bool) // it was compiled to give one
	res.decided = true
	return res
}
