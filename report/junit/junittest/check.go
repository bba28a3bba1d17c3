// Package junittest checks JUnit XML in tests: the rules of Jenkins' junit-10.xsd,
// which the standard library has no validator for, and what CI systems expect
// beyond it.
package junittest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// element says what may stand in an element.
type element struct {
	required, optional []string // attributes
	children           []string
	text               bool
}

// elements are those of junit-10.xsd without those of test runs that were tried
// again, which no capture is.
var elements = map[string]element{
	"testsuites": {optional: []string{"name", "time", "tests", "failures", "errors"}, children: []string{"testsuite"}},
	"testsuite": {required: []string{"name", "tests", "failures", "errors"},
		optional: []string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
		children: []string{"testsuite", "properties", "testcase", "system-out", "system-err"}},
	"testcase": {required: []string{"name"}, optional: []string{"time", "classname", "group"},
		children: []string{"skipped", "error", "failure", "system-out", "system-err"}},
	"failure":    {optional: []string{"type", "message"}, text: true},
	"error":      {optional: []string{"type", "message"}, text: true},
	"skipped":    {optional: []string{"type", "message"}, text: true},
	"properties": {children: []string{"property"}},
	"property":   {required: []string{"name", "value"}},
	"system-out": {text: true},
	"system-err": {text: true},
}

// open is an element that has begun.
type open struct {
	name  string
	attrs map[string]string
	seen  map[string]int // children
	sums  map[string]int // of the cases below
}

// Check says what is wrong with a document, nil when nothing is. Besides the
// schema it asks that the counts are right, that no case has two outcomes or a
// name that another of its suite has, that failures say something, that no
// duration or moment is claimed, and that there is no invisible character.
func Check(doc []byte) error {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var stack []*open
	var errs []error
	fail := func(format string, args ...any) {
		line, _ := d.InputPos()
		errs = append(errs, fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...)))
	}
	names := map[string]bool{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := begin(t, stack, fail)
			if e.name == "testcase" {
				key := stack[len(stack)-1].attrs["name"] + "\x00" + e.attrs["name"]
				if names[key] {
					fail("two cases are called %q", e.attrs["name"])
				}
				names[key] = true
			}
			stack = append(stack, e)
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			end(e, fail)
			if len(stack) > 0 {
				e.addTo(stack[len(stack)-1])
			}
		case xml.CharData:
			text(t, stack, fail)
		}
	}
	if len(stack) > 0 {
		fail("%s is not closed", stack[len(stack)-1].name)
	}
	return errors.Join(errs...)
}

type complaint func(format string, args ...any)

func begin(t xml.StartElement, stack []*open, fail complaint) *open {
	e := &open{name: t.Name.Local, attrs: map[string]string{}, seen: map[string]int{}, sums: map[string]int{}}
	rule, ok := elements[e.name]
	if !ok {
		fail("unknown element %s", e.name)
	}
	if len(stack) == 0 {
		if e.name != "testsuites" {
			fail("the root is %s", e.name)
		}
	} else if parent := stack[len(stack)-1]; !slices.Contains(elements[parent.name].children, e.name) {
		fail("%s in %s", e.name, parent.name)
	}
	for _, a := range t.Attr {
		e.attrs[a.Name.Local] = a.Value
		if !slices.Contains(rule.required, a.Name.Local) && !slices.Contains(rule.optional, a.Name.Local) {
			fail("attribute %s of %s", a.Name.Local, e.name)
		}
		if a.Name.Local == "time" || a.Name.Local == "timestamp" {
			fail("a time is claimed")
		}
		visible(a.Value, false, fail)
	}
	for _, r := range rule.required {
		if _, ok := e.attrs[r]; !ok {
			fail("%s has no attribute %s", e.name, r)
		}
	}
	return e
}

// end checks what is known only at the end of an element.
func end(e *open, fail complaint) {
	switch e.name {
	case "testcase":
		if n := e.seen["failure"] + e.seen["error"] + e.seen["skipped"]; n > 1 {
			fail("case %q has %d outcomes", e.attrs["name"], n)
		}
		if e.attrs["name"] == "" {
			fail("a case without a name")
		}
	case "failure", "error":
		if e.attrs["message"] == "" || e.attrs["type"] == "" || e.seen["text"] == 0 {
			fail("a %s without message, type or text", e.name)
		}
		if strings.Contains(e.attrs["message"], "\n") {
			fail("a message of several lines")
		}
	case "testsuite", "testsuites":
		for _, count := range []string{"tests", "failures", "errors", "skipped"} {
			v, ok := e.attrs[count]
			if n, err := strconv.Atoi(v); ok && (err != nil || n != e.sums[count]) {
				fail("%s %q has %s=%q, there are %d", e.name, e.attrs["name"], count, v, e.sums[count])
			}
		}
	}
}

// addTo counts a finished element in its parent.
func (e *open) addTo(parent *open) {
	parent.seen[e.name]++
	switch e.name {
	case "testcase":
		parent.sums["tests"]++
		parent.sums["failures"] += e.seen["failure"]
		parent.sums["errors"] += e.seen["error"]
		parent.sums["skipped"] += e.seen["skipped"]
	case "testsuite":
		for k, n := range e.sums {
			parent.sums[k] += n
		}
	}
}

func text(t xml.CharData, stack []*open, fail complaint) {
	if strings.TrimSpace(string(t)) == "" {
		return
	}
	if len(stack) == 0 || !elements[stack[len(stack)-1].name].text {
		fail("text %.20q where none may be", string(t))
		return
	}
	stack[len(stack)-1].seen["text"]++
	visible(string(t), true, fail)
}

// visible complains about characters that a terminal would obey.
func visible(s string, lines bool, fail complaint) {
	for _, r := range s {
		if !unicode.IsPrint(r) && !(lines && (r == '\n' || r == '\t')) || r == unicode.ReplacementChar {
			fail("character %U", r)
		}
	}
}
