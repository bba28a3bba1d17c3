package budget

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/vm"

	"pcaptriage/report"
)

// fact is something about a capture that an expression asks for.
type fact struct {
	name   string // in the compiled expression
	source string // as a person knows it
	kind   kind
	eval   func(c *report.Capture) (answer, error)
}

// answer is a fact's value for one capture.
type answer struct {
	value any // of the fact's kind: bool, float64 or string
	// empty says why there was nothing to judge by, "" when there was. Then value
	// is what may stand for it where that is allowed, nil when nothing can.
	empty string
	note  string            // "12 observations"
	found []*report.Finding // what count counted
}

// condition is the compiled condition of a function.
type condition struct {
	program   *vm.Program
	source    string
	constants map[string]any // the durations, by the names that stand for them
}

// holds evaluates the condition for the names in env, to which it adds the
// constants; nil holds always.
func (c *condition) holds(env map[string]any) (bool, error) {
	if c == nil {
		return true, nil
	}
	for name, v := range c.constants {
		env[name] = v
	}
	v, err := vm.Run(c.program, env)
	if err != nil {
		return false, fmt.Errorf("%s: %s", c.source, oneLine(err))
	}
	b, _ := v.(bool) // it was compiled to give one
	return b, nil
}

// findingKinds are the fields of a finding in the condition of count.
var findingKinds = map[string]kind{
	"rule": text, "analyzer": text, "severity": text, "confidence": text, "message": text, "id": text,
	"proto": text, "src": text, "dst": text, "server": text, "sport": number, "dport": number, "count": number,
}

// findingEnv are the values of those fields.
func findingEnv(f *report.Finding) map[string]any {
	env := map[string]any{
		"rule": f.Rule, "analyzer": f.Analyzer, "severity": f.Severity, "confidence": f.Confidence, "message": f.Message, "id": f.ID,
		"proto": "", "src": "", "dst": "", "server": "", "sport": 0.0, "dport": 0.0, "count": float64(f.Count),
	}
	if f.Flow == nil {
		return env
	}
	env["proto"] = f.Flow.Proto
	if f.Flow.Src != nil {
		env["src"] = *f.Flow.Src
	}
	if f.Flow.SPort != nil {
		env["sport"] = float64(*f.Flow.SPort)
	}
	if f.Flow.DPort != nil {
		env["dport"] = float64(*f.Flow.DPort)
	}
	if f.Flow.Dst != nil {
		env["dst"] = *f.Flow.Dst
		env["server"] = server(*f.Flow.Dst, f.Flow.DPort)
	}
	return env
}

// server prints an address and port as labels do: 10.0.0.2:443, [2001:db8::1]:443.
func server(addr string, port *uint16) string {
	if port == nil {
		return addr
	}
	if a, err := netip.ParseAddr(addr); err == nil {
		return netip.AddrPortFrom(a, *port).String()
	}
	return addr + ":" + strconv.Itoa(int(*port))
}

// countFindings is the fact behind count(). A capture without a packet that
// could be analyzed has no findings because nobody looked.
func countFindings(c *report.Capture, cond *condition) (answer, error) {
	var a answer
	for _, f := range c.Findings {
		ok, err := cond.holds(findingEnv(f))
		if err != nil {
			return a, err
		}
		if ok {
			a.found = append(a.found, f)
		}
	}
	a.value = float64(len(a.found))
	if c.Coverage.Decoded == 0 {
		a.empty = "no packet of the capture could be analyzed"
	}
	return a, nil
}

// rowsOf are the rows of a metric, and those for which the condition holds.
func rowsOf(c *report.Capture, metric string, cond *condition) (all, chosen []*report.LatencyRow, err error) {
	for _, r := range c.Latency {
		if r.Metric != metric || r.Count == 0 {
			continue
		}
		all = append(all, r)
		env := make(map[string]any, len(r.Labels))
		for _, l := range r.Labels {
			env[l.Name] = l.Value
		}
		ok, err := cond.holds(env)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			chosen = append(chosen, r)
		}
	}
	return all, chosen, nil
}

// distribution is the fact behind the functions of latency rows taken together.
func distribution(c *report.Capture, metric string, cond *condition, value func(report.Distribution) float64, mayBeEmpty bool) (answer, error) {
	all, chosen, err := rowsOf(c, metric, cond)
	if err != nil {
		return answer{}, err
	}
	if len(chosen) == 0 && !mayBeEmpty {
		return answer{empty: noRows(metric, all, cond)}, nil
	}
	d := report.Together(chosen...)
	a := answer{value: value(d)}
	if !mayBeEmpty { // else it is the count that is said anyway
		a.note = observed(d.Count(), len(chosen))
	}
	return a, nil
}

// shareOf is the fact behind share. Where no row fits the condition the share
// may be 0, or the label's value may be misspelt: that is not for us to say.
func shareOf(c *report.Capture, metric string, cond *condition) (answer, error) {
	all, chosen, err := rowsOf(c, metric, cond)
	if err != nil {
		return answer{}, err
	}
	part, whole := report.Together(chosen...).Count(), report.Together(all...).Count()
	a := answer{note: fmt.Sprintf("%s of %s observations", report.Count(part), report.Count(whole))}
	if whole > 0 {
		a.value = float64(part) / float64(whole)
	}
	if part == 0 {
		a.empty = noRows(metric, all, cond)
	}
	return a, nil
}

// noRows says why there is no latency to judge by.
func noRows(metric string, all []*report.LatencyRow, cond *condition) string {
	if len(all) == 0 {
		return "the capture has no " + metric
	}
	names := make([]string, 0, len(all))
	for _, r := range all {
		names = append(names, labelText(r))
	}
	sort.Strings(names)
	const most = 4
	if n := len(names) - most; n > 0 {
		names = append(names[:most], fmt.Sprintf("%s more", report.Count(n)))
	}
	return fmt.Sprintf("no %s with %s; there is %s", metric, cond.source, strings.Join(names, "; "))
}

func labelText(r *report.LatencyRow) string {
	s := make([]string, len(r.Labels))
	for i, l := range r.Labels {
		s[i] = l.Name + " " + l.Value
	}
	return strings.Join(s, ", ")
}

func observed(n uint64, rows int) string {
	s := report.Count(n) + " observations"
	if n == 1 {
		s = "1 observation"
	}
	if rows > 1 {
		s += fmt.Sprintf(" in %d rows", rows)
	}
	return s
}

// captureFacts are the names outside of functions.
var captureFacts = map[string]fact{
	"packets": {source: "packets", kind: number, eval: func(c *report.Capture) (answer, error) { return answer{value: count(c.Packets)}, nil }},
	"bytes":   {source: "bytes", kind: number, eval: func(c *report.Capture) (answer, error) { return answer{value: count(c.Bytes)}, nil }},
	"duration": {source: "duration", kind: length, eval: func(c *report.Capture) (answer, error) {
		first, ok := c.FirstTime.Nanos()
		last, also := c.LastTime.Nanos()
		if !ok || !also {
			return answer{empty: "the capture has no timestamps"}, nil
		}
		return answer{value: float64(last - first)}, nil
	}},
}

func count(n *uint64) float64 {
	if n == nil {
		return 0
	}
	return float64(*n)
}

// captureFact returns a fresh fact of that name, nil when there is none.
func captureFact(name string) *fact {
	f, ok := captureFacts[name]
	if !ok {
		return nil
	}
	return &f
}

func captureNames() []string {
	out := []string{"coverage"}
	for n := range captureFacts {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// coverageFact is a member of coverage by its name in the JSON report; nil when
// there is none. A count by reason or table gives its sum, a list its length.
func coverageFact(name string) *fact {
	t := reflect.TypeFor[report.Coverage]()
	for i := range t.NumField() {
		field := t.Field(i)
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag != name {
			continue
		}
		return &fact{source: "coverage." + name, kind: coverageKind(field.Type), eval: func(c *report.Capture) (answer, error) {
			return coverageAnswer(name, reflect.ValueOf(c.Coverage).Elem().Field(i)), nil
		}}
	}
	return nil
}

func coverageKind(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.Bool:
		return truth
	case reflect.String:
		return text
	}
	return number
}

func coverageAnswer(name string, v reflect.Value) answer {
	switch v.Kind() {
	case reflect.Bool:
		return answer{value: v.Bool()}
	case reflect.String:
		return answer{value: v.String()}
	case reflect.Uint64:
		return answer{value: float64(v.Uint())}
	case reflect.Map:
		sum := 0.0
		for it := v.MapRange(); it.Next(); {
			sum += float64(it.Value().Uint())
		}
		return answer{value: sum}
	case reflect.Pointer:
		if v.IsNil() {
			return answer{empty: fmt.Sprintf("the capture does not say how many %s there were", name)}
		}
		return coverageAnswer(name, v.Elem())
	case reflect.Slice:
		return answer{value: float64(v.Len())}
	}
	return answer{empty: "coverage." + name + " is not known"}
}

func coverageNames() (out []string) {
	t := reflect.TypeFor[report.Coverage]()
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out = append(out, tag)
	}
	return out
}

// matcher makes the function behind a text operator and its right side.
func matcher(operator, value string) (func(string) bool, error) {
	switch operator {
	case "startsWith":
		return func(s string) bool { return strings.HasPrefix(s, value) }, nil
	case "endsWith":
		return func(s string) bool { return strings.HasSuffix(s, value) }, nil
	case "contains":
		return func(s string) bool { return strings.Contains(s, value) }, nil
	}
	re, err := regexp.Compile(value)
	if err != nil {
		return nil, err
	}
	return re.MatchString, nil
}

// say prints a value as people read it.
func (k kind) say(v any) string {
	n, ok := v.(float64)
	switch {
	case !ok:
		return fmt.Sprint(v)
	case k == length:
		return report.Duration(int64(n))
	case n == math.Trunc(n) && math.Abs(n) < 1e15:
		return report.Count(int64(n))
	}
	return strconv.FormatFloat(n, 'g', 4, 64)
}
