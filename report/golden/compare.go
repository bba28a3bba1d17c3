package golden

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/compare"
	"pcaptriage/report/verdict"
)

// CaseName is the name of the case that a golden makes.
const CaseName = "golden"

// Options of a comparison.
type Options struct {
	// Strict: what only a newer tool can find fails, too, and in another
	// recording findings of severity info that come and go.
	Strict bool
	// Tolerance is by how many percent a latency of another recording may grow,
	// however significant that is.
	Tolerance float64
	// Now describes this run.
	Now report.GoldenHeader
	// Rules are all rules of this version and their analyzers, also of those that
	// do not run.
	Rules map[string]string
	// Neutral metrics are not worse for being larger.
	Neutral map[string]bool
	// Fails says whether problems of a severity make the case fail; nil: all do.
	Fails func(severity string) bool
}

// comparison is one golden against one report.
type comparison struct {
	g    *Golden
	now  *report.Capture // normalised
	opt  *Options
	same bool // the very same capture
	out  *verdict.Case
	// recording compares as diff does; nil for the same capture.
	recording *compare.Pair

	thenRules, nowRules     map[string]bool
	thenMetrics, nowMetrics map[string]bool
	failed                  map[verdict.Change]int // problems that fail
	noted                   int                    // those that do not
}

// Compare holds a capture's report against its golden.
func Compare(g *Golden, c *report.Capture, opt *Options) *verdict.Case {
	d := &comparison{g: g, now: Normalise(c), opt: opt, same: g.SameCapture(c), out: newCase(c, g.File), failed: map[verdict.Change]int{},
		thenRules: set(g.Header.Rules), nowRules: set(opt.Now.Rules), thenMetrics: set(g.Header.Metrics), nowMetrics: set(opt.Now.Metrics)}
	if failed := c.Coverage.AnalyzersFailed; len(failed) > 0 {
		d.out.Status = verdict.Error
		d.out.Message = "not compared: " + failed[0].Error
		return d.out
	}
	if !d.options() {
		return d.finish()
	}
	if !d.same {
		d.recording = d.diff()
	}
	d.versions()
	d.facts()
	d.findings()
	d.latency()
	d.coverage()
	return d.finish()
}

// diff has package compare compare. That an analyzer did not run for the golden
// is left out: we know its rules, which says more.
func (d *comparison) diff() *compare.Pair {
	side := func(c *report.Capture) *compare.Side {
		plain := *c
		plain.Analyzers = nil
		return &compare.Side{Captures: []compare.Named{{Name: plain.Path, Capture: &plain}}}
	}
	return compare.Compare(side(d.g.Capture), side(d.now), compare.Options{Neutral: d.opt.Neutral}).Pairs[0]
}

// Missing is the case of a capture that has no golden. fails says whether errors
// count.
func Missing(c *report.Capture, file string, fails func(severity string) bool) *verdict.Case {
	out := newCase(c, file)
	p := &verdict.Problem{Change: verdict.Missing, Fails: fails("error"), Severity: "error", Message: "there is no golden " + out.Location.File,
		Details: []string{"the same command with --update writes it"}, Location: verdict.Location{File: c.Path}}
	if p.Fails {
		out.Status = verdict.Fail
	}
	out.Message, out.Problems = p.Message, []*verdict.Problem{p}
	return out
}

// Unusable is the case of a golden that cannot be read or is none.
func Unusable(c *report.Capture, file string, err error) *verdict.Case {
	out := newCase(c, file)
	out.Status, out.Severity = verdict.Error, "error"
	out.Message = "the golden cannot be used: " + report.Escape(err.Error())
	out.Problems = []*verdict.Problem{{Change: verdict.Unusable, Fails: true, Severity: "error", Message: out.Message}}
	return out
}

func newCase(c *report.Capture, file string) *verdict.Case {
	return &verdict.Case{Capture: c.Path, Name: CaseName, Kind: verdict.Golden, Severity: "error", Status: verdict.Pass,
		Location: verdict.Location{File: report.Escape(file)}}
}

func set(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}

// add notes a problem.
func (d *comparison) add(p *verdict.Problem) {
	if p.Fails && d.opt.Fails != nil {
		p.Fails = d.opt.Fails(p.Severity)
	}
	if p.Fails {
		d.failed[p.Change]++
	} else {
		d.noted++
	}
	d.out.Problems = append(d.out.Problems, p)
}

// options: with other filters or settings another report is no wonder, and
// nothing else is worth telling.
func (d *comparison) options() bool {
	then, now := d.g.Header.Options, d.opt.Now.Options
	var differ []string
	names := slices.Concat(slices.Collect(maps.Keys(then)), slices.Collect(maps.Keys(now)))
	sort.Strings(names)
	for _, name := range slices.Compact(names) {
		if then[name] != now[name] {
			differ = append(differ, fmt.Sprintf("%s: golden %s, this run %s", name, given(then, name), given(now, name)))
		}
	}
	if len(differ) == 0 {
		return true
	}
	d.add(&verdict.Problem{Change: verdict.Stale, Fails: true, Severity: "error", Details: differ,
		Message: "the golden was made with other options, so the reports cannot be compared"})
	return false
}

func given(options map[string]string, name string) string {
	if v, ok := options[name]; ok {
		return v
	}
	return "default"
}

// versions says when the golden was made by another version of the tool.
func (d *comparison) versions() {
	var unknown, gone, idle, metrics []string
	for _, r := range d.opt.Now.Rules {
		if !d.thenRules[r] {
			unknown = append(unknown, r)
		}
	}
	for _, r := range d.g.Header.Rules {
		switch a := d.opt.Rules[r]; {
		case a == "":
			gone = append(gone, r)
		case !d.nowRules[r] && !slices.Contains(idle, a):
			idle = append(idle, a)
		}
	}
	for _, m := range d.opt.Now.Metrics {
		if !d.thenMetrics[m] && len(unknown) == 0 { // else the rules have said it
			metrics = append(metrics, m)
		}
	}
	const older = "the golden was made by an older version of pcaptriage, or with fewer analyzers: it knows nothing of "
	if len(metrics) > 0 {
		d.add(stale("warning", d.opt.Strict, older, "metric", metrics))
	}
	if len(unknown) > 0 {
		d.add(stale("warning", d.opt.Strict, older, "rule", unknown))
	}
	if len(gone) > 0 {
		d.add(stale("warning", d.opt.Strict, "the golden was made by another version of pcaptriage, and knows what this one does not: ", "rule", gone))
	}
	if len(idle) > 0 {
		d.add(&verdict.Problem{Change: verdict.Stale, Severity: "info",
			Message: "not compared, because they do not run here: the findings and latencies of " + strings.Join(idle, ", ")})
	}
}

// stale is a problem of rules or metrics that only one version has.
func stale(severity string, fails bool, message, what string, names []string) *verdict.Problem {
	p := &verdict.Problem{Change: verdict.Stale, Fails: fails, Severity: severity}
	if len(names) == 1 {
		p.Message = message + "the " + what + " " + names[0]
		return p
	}
	p.Message = fmt.Sprintf("%s%d %ss", message, len(names), what)
	const most = 20
	list := names
	if len(names) > most {
		list = append(slices.Clone(names[:most]), fmt.Sprintf("%d more", len(names)-most))
	}
	p.Details = []string{strings.Join(list, ", ")}
	return p
}

// facts compares how the capture was read.
func (d *comparison) facts() {
	then, now := linkTypes(d.g.Capture), linkTypes(d.now)
	if then == now {
		return
	}
	d.add(&verdict.Problem{Change: verdict.Facts, Fails: d.same, Severity: "warning", Message: "link types changed: " + then + " -> " + now})
}

// linkTypes is "EN10MB", "RAW (read as 1)", "EN10MB, LINUX_SLL2".
func linkTypes(c *report.Capture) string {
	var list []string
	for _, l := range c.LinkTypes {
		s := l.Name
		if l.ReadAs != l.LinkType {
			s += fmt.Sprintf(" (read as %d)", l.ReadAs)
		}
		list = append(list, s)
	}
	sort.Strings(list)
	if list = slices.Compact(list); len(list) > 0 {
		return strings.Join(list, ", ")
	}
	return "none"
}

// finish orders the problems and says how it ended.
func (d *comparison) finish() *verdict.Case {
	c := d.out
	ranks := map[string]int{"error": 0, "warning": 1, "info": 2}
	sort.SliceStable(c.Problems, func(i, j int) bool {
		a, b := c.Problems[i], c.Problems[j]
		if a.Fails != b.Fails {
			return a.Fails
		}
		return ranks[a.Severity] < ranks[b.Severity]
	})
	if len(c.Problems) > 0 && c.Problems[0].Fails {
		c.Status, c.Severity = verdict.Fail, c.Problems[0].Severity
		c.Message = d.summary()
		return c
	}
	c.Message = fmt.Sprintf("%s and %s", plural(len(d.now.Findings), "finding", "findings"), plural(len(d.now.Latency), "latency row", "latency rows"))
	if d.same {
		c.Message += ", as in the golden"
	} else {
		c.Message += ", another recording: nothing worse"
	}
	if d.noted > 0 {
		c.Message += fmt.Sprintf(" (%s to be known)", plural(d.noted, "remark", "remarks"))
	}
	return c
}

// summary is "2 findings appeared, 1 finding gone, coverage changed".
func (d *comparison) summary() string {
	var parts []string
	for _, w := range []struct {
		change    verdict.Change
		one, many string // %d: the number
	}{
		{verdict.Stale, "the golden is stale", "the golden is stale"},
		{verdict.Facts, "link types changed", "link types changed"},
		{verdict.Appeared, "1 finding appeared", "%d findings appeared"},
		{verdict.NewRule, "1 finding of a new rule", "%d findings of new rules"},
		{verdict.Vanished, "1 finding is gone", "%d findings are gone"},
		{verdict.RetiredRule, "1 finding of a rule that is no more", "%d findings of rules that are no more"},
		{verdict.Changed, "1 finding changed", "%d findings changed"},
		{verdict.Latency, "1 latency changed", "%d latencies changed"},
		{verdict.Coverage, "coverage changed", "coverage changed"},
	} {
		switch n := d.failed[w.change]; {
		case n == 1:
			parts = append(parts, w.one)
		case n > 1 && strings.Contains(w.many, "%d"):
			parts = append(parts, fmt.Sprintf(w.many, n))
		case n > 1:
			parts = append(parts, w.many)
		}
	}
	return strings.Join(parts, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return report.Count(n) + " " + many
}
