// Package budget judges captures by assertions that a team writes down: no
// finding of this rule, that latency below so much, nothing lost in the
// capture. A budget is a YAML file:
//
//	assertions:
//	  - name: handshakes are quick
//	    expr: p99("tcp.handshake", server == "10.0.0.2:443") < 50ms
//	    file: "login-*.pcap"      # optional, or a list; default: every capture
//	    severity: warning         # optional: error (default), warning, info
//	    message: The load balancer answers from another zone.
//	    allow_empty: true         # optional: no such connection is no failure
//
// Expressions are parsed, checked and run by github.com/expr-lang/expr, of
// whose language only what judges is let in (see check.go): no loops, no
// assignments, no functions but those of functions.go. So an expression cannot
// run long, take memory, or do anything but answer.
//
// What an expression names has to exist: an unknown metric, label, rule, field
// or function is an error when the budget is loaded. An assertion that finds no
// data to judge by does not hold, unless it says allow_empty.
package budget

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"pcaptriage/analyzers"
)

// Budget is one budget file, checked and compiled.
type Budget struct {
	Name       string // of the file, as the user gave it
	Assertions []*Assertion
}

// Assertion is one promise. It holds for a capture when all its terms do.
type Assertion struct {
	Name       string   // unique in its budget
	Source     string   // the expression as written
	Files      []string // patterns; empty: every capture
	Severity   string   // "error", "warning" or "info"
	Message    string   // "" when none is given
	AllowEmpty bool
	// File, Line and Column are where the expression stands in the budget;
	// Line and Column from 1.
	File         string
	Line, Column int

	terms []*term // what "and" joins at the top, in order
}

// Catalogue is what expressions may name.
type Catalogue struct {
	All []*analyzers.Analyzer
	// Running are those that look at the captures; what the others would have
	// found cannot be promised.
	Running []*analyzers.Analyzer
	// Suggest returns the end of a message about an unknown name, such as
	// " (did you mean x?)", or ""; nil: none.
	Suggest func(name string, known []string) string
}

func (c *Catalogue) suggest(name string, known []string) string {
	if c.Suggest == nil {
		return ""
	}
	return c.Suggest(name, known)
}

// runs says whether an analyzer looks at the captures.
func (c *Catalogue) runs(a *analyzers.Analyzer) bool {
	for _, r := range c.Running {
		if r.Name == a.Name {
			return true
		}
	}
	return false
}

// metric finds a metric by its name.
func (c *Catalogue) metric(name string) (*analyzers.Metric, error) {
	var known []string
	for _, a := range c.All {
		for i := range a.Metrics {
			m := &a.Metrics[i]
			if m.Name == name {
				if !c.runs(a) {
					return nil, fmt.Errorf("metric %q is measured by analyzer %s, which does not run (--enable, --disable)", name, a.Name)
				}
				return m, nil
			}
			known = append(known, m.Name)
		}
	}
	return nil, fmt.Errorf("unknown metric %q%s; known: %s", name, c.suggest(name, known), strings.Join(known, ", "))
}

// rule checks the name of a rule.
func (c *Catalogue) rule(code string) error {
	var known []string
	for _, a := range c.All {
		if a.Rule(code) != nil {
			if !c.runs(a) {
				return fmt.Errorf("rule %q is analyzer %s's, which does not run (--enable, --disable)", code, a.Name)
			}
			return nil
		}
		for i := range a.Rules {
			known = append(known, a.Rules[i].Code)
		}
	}
	return fmt.Errorf("unknown rule %q%s; pcaptriage explain lists all", code, c.suggest(code, known))
}

// analyzer checks the name of an analyzer.
func (c *Catalogue) analyzer(name string) error {
	var known []string
	for _, a := range c.All {
		if a.Name == name {
			if !c.runs(a) {
				return fmt.Errorf("analyzer %q does not run (--enable, --disable)", name)
			}
			return nil
		}
		known = append(known, a.Name)
	}
	return fmt.Errorf("unknown analyzer %q%s; known: %s", name, c.suggest(name, known), strings.Join(known, ", "))
}

// Applies says whether the assertion is about the capture of that path. A
// pattern is matched against as many of the path's last elements as it has
// itself: "login-*.pcap" against the file's name, "auth/*.pcap" against name
// and directory. Patterns that begin with "/" are for whole paths.
func (a *Assertion) Applies(file string) bool {
	if len(a.Files) == 0 {
		return true
	}
	file = path.Clean(filepath.ToSlash(file))
	for _, pattern := range a.Files {
		pattern = path.Clean(pattern)
		name := file
		if !strings.HasPrefix(pattern, "/") {
			elements := strings.Split(file, "/")
			n := strings.Count(pattern, "/") + 1
			name = strings.Join(elements[max(0, len(elements)-n):], "/")
		}
		if ok, err := path.Match(pattern, name); err == nil && ok {
			return true
		}
	}
	return false
}
