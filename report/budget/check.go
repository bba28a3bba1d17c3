package budget

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// kind is what a value is. Durations are no numbers: "p99(...) < 50" would be
// 50 ns to us and 50 ms to whoever wrote it.
type kind int

const (
	truth kind = iota + 1
	number
	length // a duration, ns
	text
)

func (k kind) String() string {
	return [...]string{"", "true or false", "a number", "a duration", "a text"}[k]
}

// zero is a value of the kind, for the library's own check of types. Numbers
// and durations are float64 throughout.
func (k kind) zero() any {
	switch k {
	case truth:
		return false
	case text:
		return ""
	}
	return 0.0
}

// exprError is an error at a place in an expression.
type exprError struct {
	at int // character of the source, from 1
	error
}

func (e *exprError) Error() string { return fmt.Sprintf("character %d: %v", e.at, e.error) }
func (e *exprError) Unwrap() error { return e.error }

// checker goes through an expression, lets in what belongs to the language of
// budgets, and finds the facts that it asks for. What it does not name is
// refused, so a new feature of the library is not let in by an update.
type checker struct {
	known *Catalogue
	src   *rewritten
	facts map[ast.Node]*fact // by the node that asks for it
}

// scope says what names mean at some place.
type scope struct {
	// names are the fields of a finding, or the labels of a metric; nil outside
	// of a function's condition.
	names map[string]kind
	what  string // what the names are of: "a finding", "metric tcp.handshake"
	// literal checks what a field is compared with; nil: anything goes.
	literal func(name, operator, value string) error
}

// outer: the names are the capture's facts.
func (s *scope) outer() bool { return s.names == nil }

func (c *checker) fail(n ast.Node, format string, args ...any) error {
	return &exprError{c.src.at(n.Location().From), fmt.Errorf(format, args...)}
}

// check returns the kind of a node's value.
func (c *checker) check(n ast.Node, s *scope) (kind, error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return truth, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return number, nil
	case *ast.StringNode:
		return text, nil
	case *ast.IdentifierNode:
		return c.identifier(n, s)
	case *ast.MemberNode:
		return c.member(n, s)
	case *ast.UnaryNode:
		return c.unary(n, s)
	case *ast.BinaryNode:
		return c.binary(n, s)
	case *ast.ConditionalNode:
		return c.conditional(n, s)
	case *ast.CallNode:
		return c.call(n, s)
	case *ast.BuiltinNode:
		return 0, c.unknownFunction(n, n.Name)
	case *ast.ArrayNode:
		return 0, c.fail(n, "a list has its place behind \"in\" only")
	}
	return 0, c.fail(n, "%q has no place in a budget", c.src.restore(n.String()))
}

func (c *checker) identifier(n *ast.IdentifierNode, s *scope) (kind, error) {
	if i := slices.IndexFunc(c.src.durations, func(d duration) bool { return d.name == n.Value }); i >= 0 {
		return length, nil
	}
	if s.outer() {
		if f := captureFact(n.Value); f != nil {
			c.facts[n] = f
			return f.kind, nil
		}
		known := captureNames()
		if isFunction(n.Value) {
			return 0, c.fail(n, "%s is a function: %s", n.Value, functions[n.Value].usage)
		}
		return 0, c.fail(n, "unknown name %q%s; known: %s, and functions", n.Value, c.known.suggest(n.Value, known), strings.Join(known, ", "))
	}
	if k, ok := s.names[n.Value]; ok {
		return k, nil
	}
	known := sortedNames(s.names)
	return 0, c.fail(n, "%s has no %q%s; it has %s", s.what, n.Value, c.known.suggest(n.Value, known), strings.Join(known, ", "))
}

// member: coverage.NAME is the only one.
func (c *checker) member(n *ast.MemberNode, s *scope) (kind, error) {
	owner, ok := n.Node.(*ast.IdentifierNode)
	name, isName := n.Property.(*ast.StringNode)
	if !ok || !isName || n.Optional || n.Method || !s.outer() || owner.Value != "coverage" {
		return 0, c.fail(n, "%q: only coverage has members", n.String())
	}
	if f := coverageFact(name.Value); f != nil {
		c.facts[n] = f
		return f.kind, nil
	}
	known := coverageNames()
	return 0, c.fail(n, "coverage has no %q%s; it has %s", name.Value, c.known.suggest(name.Value, known), strings.Join(known, ", "))
}

func (c *checker) unary(n *ast.UnaryNode, s *scope) (kind, error) {
	k, err := c.check(n.Node, s)
	if err != nil {
		return 0, err
	}
	switch n.Operator {
	case "not", "!":
		return truth, c.want(n, n.Operator, k, truth)
	case "-", "+":
		return k, c.want(n, n.Operator, k, number, length)
	}
	return 0, c.fail(n, "operator %s has no place in a budget", n.Operator)
}

// want says whether an operand is of a kind that the operator takes.
func (c *checker) want(n ast.Node, operator string, got kind, kinds ...kind) error {
	if slices.Contains(kinds, got) {
		return nil
	}
	return c.fail(n, "%s does not go with %s", operator, got)
}

func (c *checker) binary(n *ast.BinaryNode, s *scope) (kind, error) {
	if n.Operator == "in" {
		return truth, c.in(n, s)
	}
	left, err := c.check(n.Left, s)
	if err != nil {
		return 0, err
	}
	right, err := c.check(n.Right, s)
	if err != nil {
		return 0, err
	}
	same := left == right || isZero(n.Left) && right == length || isZero(n.Right) && left == length
	differ := func() error { return c.fail(n, "%s between %s and %s%s", n.Operator, left, right, hint(left, right)) }
	switch n.Operator {
	case "and", "or", "&&", "||":
		if left != truth || right != truth {
			return 0, differ()
		}
		return truth, nil
	case "==", "!=":
		if !same {
			return 0, differ()
		}
		return truth, c.literals(n, s)
	case "<", "<=", ">", ">=":
		if !same || left == truth || left == text {
			return 0, differ()
		}
		return truth, nil
	case "matches", "contains", "startsWith", "endsWith":
		if left != text || right != text {
			return 0, differ()
		}
		return truth, c.literals(n, s)
	case "+", "-":
		if !same || left == truth || left == text {
			return 0, differ()
		}
		return max(left, right), nil // zero and a duration make a duration
	case "*", "/":
		return c.product(n, left, right)
	}
	return 0, c.fail(n, "operator %s has no place in a budget", n.Operator)
}

// hint helps with the commonest mistake.
func hint(a, b kind) string {
	if a == length && b == number || a == number && b == length {
		return ": durations have a unit, such as 50ms"
	}
	return ""
}

func (c *checker) product(n *ast.BinaryNode, left, right kind) (kind, error) {
	switch {
	case left == number && right == number:
		return number, nil
	case left == length && right == number, n.Operator == "*" && left == number && right == length:
		return length, nil
	case n.Operator == "/" && left == length && right == length:
		return number, nil
	}
	return 0, c.fail(n, "%s between %s and %s", n.Operator, left, right)
}

// isZero: 0 is a duration, too.
func isZero(n ast.Node) bool {
	i, ok := n.(*ast.IntegerNode)
	return ok && i.Value == 0
}

func (c *checker) in(n *ast.BinaryNode, s *scope) error {
	left, err := c.check(n.Left, s)
	if err != nil {
		return err
	}
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return c.fail(n, `behind "in": want a list such as ["a", "b"]`)
	}
	for _, e := range list.Nodes {
		k, err := c.check(e, s)
		if err != nil {
			return err
		}
		if k != left || k == length || k == truth {
			return c.fail(e, "%s in a list of %s", left, k)
		}
		if err := c.literal(n.Left, "==", e, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) conditional(n *ast.ConditionalNode, s *scope) (kind, error) {
	cond, err := c.check(n.Cond, s)
	if err != nil {
		return 0, err
	}
	if cond != truth {
		return 0, c.fail(n.Cond, "the condition is %s", cond)
	}
	yes, err := c.check(n.Exp1, s)
	if err != nil {
		return 0, err
	}
	no, err := c.check(n.Exp2, s)
	if err != nil {
		return 0, err
	}
	if yes != no {
		return 0, c.fail(n, "either %s or %s: want the same kind", yes, no)
	}
	return yes, nil
}

// literals checks a name that is compared with a text that is written out:
// rule == "no-such-rule" would hold for ever.
func (c *checker) literals(n *ast.BinaryNode, s *scope) error {
	if err := c.literal(n.Left, n.Operator, n.Right, s); err != nil {
		return err
	}
	return c.literal(n.Right, n.Operator, n.Left, s)
}

func (c *checker) literal(name ast.Node, operator string, value ast.Node, s *scope) error {
	id, isName := name.(*ast.IdentifierNode)
	lit, isText := value.(*ast.StringNode)
	if operator == "matches" && !isText {
		if _, ok := name.(*ast.StringNode); !ok {
			return c.fail(value, "matches: want a pattern that is written out")
		}
	}
	if !isName || !isText || s.literal == nil {
		return nil
	}
	if err := s.literal(id.Value, operator, lit.Value); err != nil {
		return c.fail(value, "%w", err)
	}
	return nil
}

func sortedNames(m map[string]kind) []string {
	out := make([]string, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

var errCondition = errors.New("the condition gives a value; want something that is true or false")
