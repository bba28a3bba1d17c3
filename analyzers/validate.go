package analyzers

import (
	"fmt"
	"regexp"
	"strings"

	"pcaptriage/decoders/flow"
)

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	ruleForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	metricForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)
	snakeForm  = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// Validate checks a list of analyzers before anything runs: names, codes and
// metrics well formed and unique, descriptions present, requirements met by an
// analyzer earlier in the list, parts that make sense. The error names the
// analyzer and the first thing that is wrong.
func Validate(list []*Analyzer) error {
	if len(list) > flow.MaxSlots {
		return fmt.Errorf("%d analyzers, but a flow has room for the state of %d", len(list), flow.MaxSlots)
	}
	seen := map[string]string{} // "kind name" to the analyzer that has it
	for _, a := range list {
		if a == nil {
			return fmt.Errorf("nil analyzer in the list")
		}
		if err := a.validate(seen); err != nil {
			return fmt.Errorf("analyzer %q: %w", a.Name, err)
		}
	}
	return nil
}

func (a *Analyzer) validate(seen map[string]string) error {
	claim := func(kind, name string) error {
		if other, taken := seen[kind+" "+name]; taken {
			return fmt.Errorf("%s %q is already declared by %q", kind, name, other)
		}
		seen[kind+" "+name] = a.Name
		return nil
	}
	if !nameForm.MatchString(a.Name) {
		return fmt.Errorf("name does not match %s", nameForm)
	}
	for _, r := range a.Requires {
		if _, ok := seen["analyzer "+r]; !ok {
			return fmt.Errorf("requires %q, which is not earlier in the list", r)
		}
	}
	if err := claim("analyzer", a.Name); err != nil {
		return err
	}
	if strings.TrimSpace(a.Doc) == "" {
		return fmt.Errorf("no Doc")
	}
	if a.Conclude == nil {
		return fmt.Errorf("no Conclude: nothing would come of it")
	}
	if a.NewFlowPart != nil && a.Needs == 0 {
		return fmt.Errorf("a flow part without Needs is never called")
	}
	for i := range a.Rules {
		r := &a.Rules[i]
		if !ruleForm.MatchString(r.Code) {
			return fmt.Errorf("rule %q is not kebab-case", r.Code)
		}
		if r.Severity < Info || r.Severity > Error {
			return fmt.Errorf("rule %s has no severity", r.Code)
		}
		if r.Title == "" || r.Explanation == "" || r.Recognised == "" || r.Remedy == "" {
			return fmt.Errorf("rule %s: title, explanation, recognised and remedy are all needed", r.Code)
		}
		if err := claim("rule", r.Code); err != nil {
			return err
		}
	}
	for i := range a.Metrics {
		m := &a.Metrics[i]
		if !metricForm.MatchString(m.Name) {
			return fmt.Errorf("metric %q is not of the form area.what", m.Name)
		}
		if m.Unit == "" || len(m.Labels) == 0 || m.Render == nil || m.Doc == "" {
			return fmt.Errorf("metric %s: unit, doc, labels and render are all needed", m.Name)
		}
		if err := claim("metric", m.Name); err != nil {
			return err
		}
	}
	for i := range a.Tables {
		t := &a.Tables[i]
		if !snakeForm.MatchString(t.Name) || len(t.Columns) == 0 || t.Doc == "" {
			return fmt.Errorf("table %q: a snake_case name, doc and columns are all needed", t.Name)
		}
		if err := claim("table", t.Name); err != nil {
			return err
		}
	}
	if _, err := a.NewConfig(nil); err != nil {
		return err
	}
	return nil
}

// Rule returns the declared rule with that code, or nil.
func (a *Analyzer) Rule(code string) *Rule {
	for i := range a.Rules {
		if a.Rules[i].Code == code {
			return &a.Rules[i]
		}
	}
	return nil
}
