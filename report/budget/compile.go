package budget

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	exprcheck "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// maxNodes bounds the size of an expression's tree, and with it the time that
// its evaluation takes.
const maxNodes = 500

// term is one of the conditions that "and" joins.
type term struct {
	source  string // as the library prints it, durations as written
	program *vm.Program
	facts   []*fact
	// constants are the durations, by the names that stand for them.
	constants map[string]any
}

// compile parses the expression, checks it, and compiles its terms.
func (a *Assertion) compile(known *Catalogue) error {
	if len(a.Source) > maxSource {
		return fmt.Errorf("an expression of more than %d bytes", maxSource)
	}
	c := &checker{known: known, src: rewriteDurations(a.Source), facts: map[ast.Node]*fact{}}
	tree, err := parser.ParseWithConfig(c.src.text, language(nil))
	if err != nil {
		return c.syntax(err)
	}
	for _, n := range conjuncts(tree.Node) {
		k, err := c.check(n, &scope{})
		if err != nil {
			return err
		}
		if k != truth {
			return c.fail(n, "%w", errNoBool)
		}
		t, err := c.term(n)
		if err != nil {
			return err
		}
		if len(t.facts) == 0 {
			return c.fail(n, "%s asks for nothing of the capture", t.source)
		}
		a.terms = append(a.terms, t)
	}
	return nil
}

// conjuncts are the parts that "and" joins at the top of a tree.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// language configures the library: no function of its own, and ours known by
// name, so that they are calls to the parser.
func language(env map[string]any) *conf.Config {
	cfg := conf.CreateNew()
	cfg.MaxNodes = maxNodes
	for name := range cfg.Builtins {
		cfg.Disabled[name] = true
	}
	cfg.Builtins = conf.FunctionsTable{}
	for name := range functions {
		cfg.Functions[name] = &builtin.Function{Name: name}
	}
	if env != nil {
		cfg.WithEnv(env)
		cfg.Expect, cfg.ExpectAny = reflect.Bool, false
	}
	return cfg
}

// syntax puts an error of the parser in one line.
func (c *checker) syntax(err error) error {
	var e *file.Error
	if errors.As(err, &e) {
		message := c.src.restore(strings.Join(strings.Fields(e.Message), " "))
		if message == "unexpected token EOF" {
			message = "it ends too early"
		}
		return &exprError{c.src.at(e.From), errors.New(message)}
	}
	return errors.New(oneLine(err))
}

// term compiles a checked condition of which the capture's facts are the
// variables.
func (c *checker) term(n ast.Node) (*term, error) {
	t := &term{source: c.src.restore(n.String()), constants: c.durations()}
	env := c.durations()
	p := &patcher{facts: c.facts, term: t, env: env}
	ast.Walk(&n, p)
	ast.Walk(&n, divisions{})
	var err error
	t.program, err = c.compileTree(n, env)
	return t, err
}

// condition checks and compiles the condition of a function.
func (c *checker) condition(n ast.Node, s *scope) (*condition, error) {
	k, err := c.check(n, s)
	if err != nil {
		return nil, err
	}
	if k != truth {
		return nil, c.fail(n, "%w", errCondition)
	}
	env := c.durations()
	for name, k := range s.names {
		env[name] = k.zero()
	}
	cond := &condition{source: c.src.restore(n.String()), constants: c.durations()}
	cond.program, err = c.compileTree(n, env)
	return cond, err
}

// durations are the variables that stand for durations.
func (c *checker) durations() map[string]any {
	env := map[string]any{}
	for _, d := range c.src.durations {
		env[d.name] = d.ns
	}
	return env
}

// compileTree has the library check the types once more, by values of their
// kinds in env, and compile the tree.
func (c *checker) compileTree(n ast.Node, env map[string]any) (*vm.Program, error) {
	tree := &parser.Tree{Node: n, Source: file.NewSource(c.src.text)}
	cfg := language(env)
	cfg.Functions[divideName] = &builtin.Function{Name: divideName, Func: divide}
	if _, err := exprcheck.Check(tree, cfg); err != nil {
		return nil, c.syntax(err)
	}
	program, err := compiler.Compile(tree, cfg)
	if err != nil {
		return nil, c.syntax(err)
	}
	return program, nil
}

// patcher replaces what asks for a fact by a variable.
type patcher struct {
	facts map[ast.Node]*fact
	term  *term
	env   map[string]any
}

// Visit implements ast.Visitor; inner nodes come first.
func (p *patcher) Visit(n *ast.Node) {
	f := p.facts[*n]
	if f == nil {
		return
	}
	if f.name == "" {
		f.name = fmt.Sprintf("_fact%d", len(p.term.facts))
		p.term.facts = append(p.term.facts, f)
	}
	p.env[f.name] = f.kind.zero()
	ast.Patch(n, &ast.IdentifierNode{Value: f.name})
}
