package golden

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/verdict"
)

// findings compares the findings.
func (d *comparison) findings() {
	if d.same {
		p := pair(d.g.Capture.Findings, d.now.Findings, func(f *report.Finding) string { return f.ID }, ruleAndFlow)
		d.appeared(p.come)
		d.vanished(p.gone)
		for _, both := range p.both {
			d.changed(both[0], both[1])
		}
		return
	}
	d.appeared(d.recording.Appeared)
	d.vanished(d.recording.Vanished)
	for _, c := range d.recording.Changed {
		d.recorded(c.A, c.B)
	}
}

// counts says whether a finding that came or went fails. In another recording
// one of severity info does not: such rules tell of what is near a threshold.
func (d *comparison) counts(f *report.Finding) bool {
	return d.same || d.opt.Strict || f.Severity != "info"
}

// appeared are findings that the golden does not have.
func (d *comparison) appeared(list []*report.Finding) {
	for _, f := range list {
		if d.thenRules[f.Rule] {
			d.add(d.problem(verdict.Appeared, d.counts(f), "new: ", f, 0))
		} else {
			d.add(d.problem(verdict.NewRule, d.opt.Strict, "new rule: ", f, 0))
		}
	}
}

// vanished are findings that only the golden has. Those of analyzers that do
// not run are nobody's fault.
func (d *comparison) vanished(list []*report.Finding) {
	for _, f := range list {
		line := d.g.lines[f.ID]
		switch {
		case d.nowRules[f.Rule]:
			d.add(d.problem(verdict.Vanished, d.counts(f), "gone: ", f, line))
		case d.opt.Rules[f.Rule] == "":
			d.add(d.problem(verdict.RetiredRule, d.opt.Strict, "gone with its rule: ", f, line))
		}
	}
}

// problem describes a finding; line is where the golden has it, 0 for nowhere.
func (d *comparison) problem(change verdict.Change, fails bool, word string, f *report.Finding, line int) *verdict.Problem {
	p := &verdict.Problem{Change: change, Fails: fails, Severity: f.Severity, Rule: f.Rule, FindingID: f.ID, Frames: f.Evidence,
		Message: word + title(f) + ": " + f.Message}
	if f.WiresharkFilter != nil {
		p.Filter = *f.WiresharkFilter
	}
	if line > 0 {
		p.Location = verdict.Location{File: d.out.Location.File, Line: line}
	}
	return p
}

// title is what a finding is about.
func title(f *report.Finding) string {
	if flow := report.FlowText(f.Flow); flow != "" {
		return f.Rule + ", " + flow
	}
	return f.Rule
}

// differences collects what differs between two findings.
type differences struct{ what, details []string }

func (d *differences) add(what, then, now string) {
	if then != now {
		d.what = append(d.what, what)
		d.details = append(d.details, what+" "+orNone(then)+" -> "+orNone(now))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// changed compares a finding of the very same capture: everything counts.
func (d *comparison) changed(then, now *report.Finding) {
	var diff differences
	diff.add("severity", then.Severity, now.Severity)
	diff.add("confidence", then.Confidence, now.Confidence)
	diff.add("count", report.Count(then.Count), report.Count(now.Count))
	diff.add("measure", measureText(then.Measure), measureText(now.Measure))
	diff.add("flow", report.FlowText(then.Flow)+tunnelText(then.Flow), report.FlowText(now.Flow)+tunnelText(now.Flow))
	diff.add("frames", report.FrameList(then.Evidence, then.EvidenceTotal), report.FrameList(now.Evidence, now.EvidenceTotal))
	diff.add("roles of frames", roles(then), roles(now))
	diff.add("first time", then.FirstTime.String(), now.FirstTime.String())
	diff.add("last time", then.LastTime.String(), now.LastTime.String())
	diff.add("cause", deref(then.CausedBy), deref(now.CausedBy))
	diff.attrs(then.Attrs, now.Attrs)
	if then.Message != now.Message {
		diff.what = append(diff.what, "message")
		diff.details = append(diff.details, "was: "+then.Message, "now: "+now.Message)
	}
	if len(diff.what) == 0 {
		return
	}
	p := d.problem(verdict.Changed, true, "", now, d.g.lines[then.ID])
	p.Message = "changed: " + title(now) + ": " + strings.Join(diff.what, ", ")
	p.Details = diff.details
	d.add(p)
}

// attrs compares the attributes, by name.
func (d *differences) attrs(then, now map[string]any) {
	const most = 8
	names := slices.Concat(slices.Collect(maps.Keys(then)), slices.Collect(maps.Keys(now)))
	sort.Strings(names)
	n := 0
	for _, name := range slices.Compact(names) {
		a, b := attrText(then, name), attrText(now, name)
		if a == b {
			continue
		}
		if n++; n <= most {
			d.add(name, a, b)
		}
	}
	if n > most {
		d.details = append(d.details, fmt.Sprintf("%d more attributes", n-most))
	}
}

// attrText is an attribute as JSON; what was built and what was read print the
// same.
func attrText(attrs map[string]any, name string) string {
	v, ok := attrs[name]
	if !ok {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

func measureText(m report.Measure) string {
	switch {
	case m == report.Measure{}:
		return ""
	case m.Unit == "ns":
		return m.Name + " " + report.Duration(m.Value)
	}
	return fmt.Sprintf("%s %s %s", m.Name, report.Count(m.Value), m.Unit)
}

func tunnelText(f *report.Flow) string {
	if f == nil || len(f.Tunnel) == 0 {
		return ""
	}
	return " in " + strings.Join(f.Tunnel, ", ")
}

func roles(f *report.Finding) string {
	list := make([]string, len(f.Evidence))
	for i := range f.Evidence {
		list[i] = f.Evidence[i].Role
	}
	return strings.Join(list, ", ")
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// manyTimes is from what factor on a finding's count is worth a remark in
// another recording.
const manyTimes = 2

// recorded compares a finding of another recording, where numbers differ by
// nature: a worse severity fails, a milder one, another confidence or many
// times the count are to be known.
func (d *comparison) recorded(then, now *report.Finding) {
	ranks := map[string]int{"info": 0, "warning": 1, "error": 2}
	var diff differences
	diff.add("severity", then.Severity, now.Severity)
	diff.add("confidence", then.Confidence, now.Confidence)
	if then.Count > manyTimes*now.Count || now.Count > manyTimes*then.Count {
		diff.add("count", report.Count(then.Count), report.Count(now.Count))
	}
	if len(diff.what) == 0 {
		return
	}
	worse := ranks[now.Severity] > ranks[then.Severity]
	p := d.problem(verdict.Changed, worse, "", now, d.g.lines[then.ID])
	p.Message = "changed: " + title(now) + ": " + strings.Join(diff.details, ", ")
	p.Details = []string{"now: " + now.Message}
	d.add(p)
}
