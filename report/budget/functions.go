package budget

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/expr-lang/expr/ast"

	"pcaptriage/report"
)

// function is a function of the language. Each takes what its usage says; the
// condition is looked at for each finding or latency row.
type function struct {
	usage string
	// value of a function over latency rows; nil for count and share.
	value func(d report.Distribution) float64
	kind  kind // length stands for the metric's unit
}

// functions by name. It is a table, nobody writes to it.
var functions = map[string]function{
	"count":        {usage: `count(rule == "...") is the number of findings for which the condition holds`, kind: number},
	"share":        {usage: `share("metric", label == "...") is the share of the metric's observations, 0 to 1`, kind: number},
	"observations": {usage: `observations("metric", label == "...") is the number of observations`, kind: number, value: func(d report.Distribution) float64 { return float64(d.Count()) }},
	"min":          latencyFunction("min", "the smallest value", func(d report.Distribution) float64 { return float64(d.Min()) }),
	"mean":         latencyFunction("mean", "the arithmetic mean", report.Distribution.Mean),
	"p50":          latencyFunction("p50", "the median", quantile(.50)),
	"p90":          latencyFunction("p90", "the 90th percentile", quantile(.90)),
	"p95":          latencyFunction("p95", "the 95th percentile", quantile(.95)),
	"p99":          latencyFunction("p99", "the 99th percentile", quantile(.99)),
	"max":          latencyFunction("max", "the largest value", func(d report.Distribution) float64 { return float64(d.Max()) }),
}

func latencyFunction(name, what string, value func(report.Distribution) float64) function {
	return function{usage: fmt.Sprintf(`%s("metric", label == "...") is %s`, name, what), value: value, kind: length}
}

func quantile(q float64) func(report.Distribution) float64 {
	return func(d report.Distribution) float64 { return float64(d.Quantile(q)) }
}

func isFunction(name string) bool {
	_, ok := functions[name]
	return ok
}

func functionNames() []string {
	out := make([]string, 0, len(functions))
	for n := range functions {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

func (c *checker) unknownFunction(n ast.Node, name string) error {
	known := functionNames()
	return c.fail(n, "unknown function %q%s; known: %s", name, c.known.suggest(name, known), strings.Join(known, ", "))
}

// call checks the call of a function and makes the fact that it asks for.
func (c *checker) call(n *ast.CallNode, s *scope) (kind, error) {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return 0, c.fail(n, "%q has no place in a budget", c.src.restore(n.String()))
	}
	f, ok := functions[id.Value]
	switch {
	case !ok:
		return 0, c.unknownFunction(n, id.Value)
	case !s.outer():
		return 0, c.fail(n, "%s inside of a condition", id.Value)
	}
	var made *fact
	var err error
	if id.Value == "count" {
		made, err = c.count(n)
	} else {
		made, err = c.latency(n, id.Value, f)
	}
	if err != nil {
		return 0, err
	}
	made.source = c.src.restore(n.String())
	c.facts[n] = made
	return made.kind, nil
}

// count makes the fact behind count().
func (c *checker) count(n *ast.CallNode) (*fact, error) {
	if len(n.Arguments) > 1 {
		return nil, c.fail(n, "%d arguments; %s", len(n.Arguments), functions["count"].usage)
	}
	var cond *condition
	if len(n.Arguments) == 1 {
		var err error
		s := &scope{names: findingKinds, what: "a finding", literal: c.known.findingLiteral}
		if cond, err = c.condition(n.Arguments[0], s); err != nil {
			return nil, err
		}
	}
	return &fact{kind: number, eval: func(cap *report.Capture) (answer, error) { return countFindings(cap, cond) }}, nil
}

// latency makes the fact behind share, observations, and the functions of a
// distribution.
func (c *checker) latency(n *ast.CallNode, name string, f function) (*fact, error) {
	want := 1
	if name == "share" {
		want = 2 // the share of everything is no question
	}
	if len(n.Arguments) < want || len(n.Arguments) > 2 {
		return nil, c.fail(n, "%d arguments; %s", len(n.Arguments), f.usage)
	}
	metricName, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		return nil, c.fail(n, `the metric is to be written out; %s`, f.usage)
	}
	m, err := c.known.metric(metricName.Value)
	if err != nil {
		return nil, c.fail(n.Arguments[0], "%w", err)
	}
	var cond *condition
	if len(n.Arguments) == 2 {
		s := &scope{names: map[string]kind{}, what: "metric " + m.Name}
		for _, label := range m.Labels {
			s.names[label] = text
		}
		if cond, err = c.condition(n.Arguments[1], s); err != nil {
			return nil, err
		}
	}
	if name == "share" {
		return &fact{kind: number, eval: func(cap *report.Capture) (answer, error) { return shareOf(cap, m.Name, cond) }}, nil
	}
	k := f.kind
	if k == length && m.Unit != "ns" {
		k = number
	}
	empty := name == "observations" // none is a number, too
	return &fact{kind: k, eval: func(cap *report.Capture) (answer, error) { return distribution(cap, m.Name, cond, f.value, empty) }}, nil
}

// findingLiteral checks what a finding's field is compared with.
func (c *Catalogue) findingLiteral(field, operator, value string) error {
	closed := map[string][]string{"severity": severities, "confidence": {"certain", "likely", "possible"}}
	switch {
	case field == "rule" && (operator == "==" || operator == "!="):
		return c.rule(value)
	case field == "rule":
		return c.someRule(operator, value)
	case field == "analyzer" && (operator == "==" || operator == "!="):
		return c.analyzer(value)
	case closed[field] != nil && (operator == "==" || operator == "!=") && !slices.Contains(closed[field], value):
		return fmt.Errorf("unknown %s %q; known: %s", field, value, strings.Join(closed[field], ", "))
	}
	return nil
}

// someRule: a pattern has to fit at least one rule of an analyzer that runs.
func (c *Catalogue) someRule(operator, value string) error {
	match, err := matcher(operator, value)
	if err != nil {
		return err
	}
	for _, a := range c.Running {
		for i := range a.Rules {
			if match(a.Rules[i].Code) {
				return nil
			}
		}
	}
	return fmt.Errorf("no rule of a running analyzer %s %q; pcaptriage explain lists all", operator, value)
}
