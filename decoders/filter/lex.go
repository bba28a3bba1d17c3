package filter

import (
	"fmt"
	"strings"
)

// token is one word or operator, with its byte position for error messages.
type token struct {
	text string
	pos  int
}

// maxExpr bounds the work on hostile input; nobody types more.
const maxExpr = 1 << 14

// SyntaxError says where an expression cannot be understood.
type SyntaxError struct {
	Expr string
	Pos  int // byte offset in Expr
	Msg  string
}

func (e *SyntaxError) Error() string {
	near := e.Expr[min(e.Pos, len(e.Expr)):]
	if near == "" {
		return fmt.Sprintf("filter: %s at the end of %q", e.Msg, e.Expr)
	}
	if len(near) > 20 {
		near = near[:20] + "..."
	}
	return fmt.Sprintf("filter: %s at %q (character %d)", e.Msg, near, e.Pos+1)
}

// operators, longest first.
var operators = []string{"&&", "||", "<<", ">>", "<=", ">=", "==", "!=",
	"(", ")", "[", "]", "!", "<", ">", "=", "+", "*", "/", "%", "&", "|", "^"}

// lex splits an expression. A '-' is a word character between letters and
// digits (tcp-syn, 80-90), else an operator; ':' likewise belongs to addresses
// unless inside brackets.
func lex(expr string) ([]token, error) {
	if len(expr) > maxExpr {
		return nil, &SyntaxError{expr[:40], 0, fmt.Sprintf("expression longer than %d bytes", maxExpr)}
	}
	var out []token
	brackets := 0
	for i := 0; i < len(expr); {
		c := expr[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == ':' && brackets > 0 || c == '-':
			out = append(out, token{expr[i : i+1], i})
			i++
			continue
		}
		if op := operatorAt(expr[i:]); op != "" {
			switch op {
			case "[":
				brackets++
			case "]":
				brackets--
			}
			out = append(out, token{op, i})
			i += len(op)
			continue
		}
		start := i
		for i < len(expr) && wordByte(expr, start, i, brackets > 0) {
			i++
		}
		if i == start {
			return nil, &SyntaxError{expr, i, "unexpected character"}
		}
		out = append(out, token{expr[start:i], start})
	}
	return out, nil
}

func operatorAt(s string) string {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

func wordByte(s string, start, i int, bracket bool) bool {
	switch c := s[i]; {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '\\':
		return true
	case c == ':':
		return !bracket
	case c == '-':
		// Part of a name (tcp-syn), but an operator after a number in an
		// arithmetic expression; a port range is put together by the parser.
		return i > start && letter(s[start]) && i+1 < len(s) && (letter(s[i+1]) || digit(s[i+1]))
	}
	return false
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
