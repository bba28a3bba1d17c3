package budget

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"pcaptriage/report"
)

// What a budget may hold at most; far beyond what people write.
const (
	maxFile       = 1 << 20 // bytes
	maxAssertions = 1000
	maxSource     = 4096 // bytes of an expression
	maxErrors     = 20   // that Load returns
)

// Load reads and compiles a budget; name is the file's, for messages. The
// errors are all about the budget's text, each an *Error. With any, there is no
// budget.
func Load(name string, text []byte, known *Catalogue) (*Budget, []error) {
	l := &loader{budget: &Budget{Name: name}, known: known, names: map[string]int{}}
	l.load(text)
	if len(l.errs) > 0 {
		return nil, l.errs
	}
	return l.budget, nil
}

// Error is what is wrong with a budget.
type Error struct {
	File string // as the user named it
	Line int    // 0: the file as a whole
	Err  error  // does not name the place
}

// Error is one line: "FILE:LINE: ...".
func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Err)
	}
	return e.File + ": " + e.Err.Error()
}

// Unwrap returns what is wrong, without the place.
func (e *Error) Unwrap() error { return e.Err }

type loader struct {
	budget *Budget
	known  *Catalogue
	names  map[string]int // of assertions, to their lines
	errs   []error
}

// fail notes an error at a line; 0: about the file.
func (l *loader) fail(line int, format string, args ...any) {
	if len(l.errs) >= maxErrors {
		return
	}
	l.errs = append(l.errs, &Error{File: l.budget.Name, Line: line, Err: fmt.Errorf(format, args...)})
}

func (l *loader) load(text []byte) {
	if len(text) > maxFile {
		l.fail(0, "a budget of more than %s", report.Bytes(maxFile))
		return
	}
	root := l.document(text)
	if root == nil {
		return
	}
	members, ok := l.members(root, "the budget", "assertions")
	if !ok {
		return
	}
	list := members["assertions"]
	switch {
	case list == nil:
		l.fail(root.Line, "want assertions, a list")
	case list.Kind != yaml.SequenceNode:
		l.fail(list.Line, "assertions: want a list")
	case len(list.Content) == 0:
		l.fail(list.Line, "assertions: the list is empty")
	case len(list.Content) > maxAssertions:
		l.fail(list.Line, "assertions: more than %d", maxAssertions)
	default:
		for _, n := range list.Content {
			l.assertion(n)
		}
	}
}

// document returns the root of the only YAML document in the text, nil when there
// is none or another: what a second one (behind "---") asserts must not go unsaid.
func (l *loader) document(text []byte) (root *yaml.Node) {
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			if root == nil {
				l.fail(0, "the budget is empty: want assertions, a list")
			}
			return root
		case err != nil:
			l.fail(0, "no YAML: %s", oneLine(err))
			return nil
		case len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null": // nothing but comments
		case root != nil:
			l.fail(doc.Content[0].Line, "a second YAML document (behind ---): want one, with all assertions")
			return nil
		default:
			root = doc.Content[0]
		}
	}
}

// members returns the members of a mapping, which may have those names only.
func (l *loader) members(n *yaml.Node, what string, known ...string) (map[string]*yaml.Node, bool) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		l.fail(n.Line, "%s: want a mapping with %s", what, strings.Join(known, ", "))
		return nil, false
	}
	out := map[string]*yaml.Node{}
	good := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		switch {
		case !slices.Contains(known, key.Value):
			l.fail(key.Line, "%s: unknown name %q%s; known: %s", what, key.Value, l.known.suggest(key.Value, known), strings.Join(known, ", "))
			good = false
		case out[key.Value] != nil:
			l.fail(key.Line, "%s: %s is there twice", what, key.Value)
			good = false
		default:
			out[key.Value] = value
		}
	}
	return out, good
}

// resolve follows an alias (*name) to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for range 10 {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}

func (l *loader) assertion(n *yaml.Node) {
	m, ok := l.members(n, "assertion", "name", "expr", "file", "severity", "message", "allow_empty")
	if !ok {
		return
	}
	line := resolve(n).Line
	a := &Assertion{File: l.budget.Name, Line: line, Severity: "error"}
	before := len(l.errs)
	for _, want := range []string{"name", "expr"} {
		if m[want] == nil {
			l.fail(line, "assertion: %s is missing", want)
		}
	}
	a.Name = report.Escape(l.text(m["name"], "name"))
	a.Message = report.Escape(strings.Join(strings.Fields(l.text(m["message"], "message")), " "))
	a.Source = strings.TrimSpace(l.text(m["expr"], "expr"))
	if s := m["severity"]; s != nil {
		a.Severity = l.text(s, "severity")
		if !slices.Contains(severities, a.Severity) {
			l.fail(s.Line, "severity %q: want %s", a.Severity, strings.Join(severities, ", "))
		}
	}
	if s := m["allow_empty"]; s != nil {
		if err := s.Decode(&a.AllowEmpty); err != nil {
			l.fail(s.Line, "allow_empty: want true or false")
		}
	}
	a.Files = l.patterns(m["file"])
	if len(l.errs) > before {
		return
	}
	if other := l.names[a.Name]; other > 0 {
		l.fail(line, "assertion %q: the name is taken by that of line %d", a.Name, other)
		return
	}
	l.names[a.Name] = line
	a.Line, a.Column = place(m["expr"])
	if err := a.compile(l.known); err != nil {
		l.fail(a.Line, "assertion %q: %w", a.Name, err)
		return
	}
	l.budget.Assertions = append(l.budget.Assertions, a)
}

var severities = []string{"error", "warning", "info"}

// place is where a scalar's text begins.
func place(n *yaml.Node) (line, column int) {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Line + 1, 0 // below the | or >
	}
	return n.Line, n.Column
}

// text is a string that must not be empty; "" for a missing node.
func (l *loader) text(n *yaml.Node, what string) string {
	switch {
	case n == nil:
		return ""
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "":
		l.fail(n.Line, "%s: want a text; in quotes, where YAML takes it for something else", what)
		return ""
	}
	return n.Value
}

// patterns reads one pattern or a list of them.
func (l *loader) patterns(n *yaml.Node) (out []string) {
	if n == nil {
		return nil
	}
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	if len(list) == 0 {
		l.fail(n.Line, "file: the list is empty")
	}
	for _, e := range list {
		s := l.text(resolve(e), "file")
		if _, err := path.Match(s, ""); err != nil {
			l.fail(e.Line, "file %q: no valid pattern", s)
		}
		out = append(out, s)
	}
	return out
}

// oneLine is an error without the line breaks that libraries put into theirs.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
}

var errNoBool = errors.New("it gives a value; want something that is true or false")
