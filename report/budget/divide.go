package budget

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
)

// divideName is the function that stands for "/" in compiled terms. No budget can
// call it: names that the checker does not know are refused before.
const divideName = "_divide"

// errNoDivisor: nothing can be said of a share of nothing.
var errNoDivisor = errors.New("division by zero")

// divisions replaces "/" by a function that fails for a divisor of zero. In
// floating point it would give infinity or NaN, and "errors / requests != 0.1"
// would hold for a capture without requests.
type divisions struct{}

// Visit implements ast.Visitor; inner nodes come first.
func (divisions) Visit(n *ast.Node) {
	if b, ok := (*n).(*ast.BinaryNode); ok && b.Operator == "/" {
		ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: divideName}, Arguments: []ast.Node{b.Left, b.Right}})
	}
}

// divide has the shape of the library's functions.
func divide(args ...any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("division of %d values", len(args))
	}
	a, err := float(args[0])
	if err != nil {
		return nil, err
	}
	b, err := float(args[1])
	if err != nil {
		return nil, err
	}
	if b == 0 {
		return nil, errNoDivisor
	}
	return a / b, nil
}

// float takes a number as the library has it: facts are float64, numbers in the
// budget may be whole.
func float(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case int:
		return float64(v), nil
	}
	return 0, fmt.Errorf("%T is no number", v)
}
