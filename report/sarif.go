package report

import (
	"io"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/report/markdown"
	"pcaptriage/report/sarif"
)

// sarifRenderer writes a SARIF result a finding, located in its capture file.
type sarifRenderer struct {
	w     io.Writer
	opt   Options
	tool  Tool
	run   sarif.Run
	rules map[string]int // code to index in the driver's rules
	// failed: something could not be read or looked at.
	failed  bool
	notices []sarif.Notification
}

func (r *sarifRenderer) Begin(tool Tool) error {
	r.tool, r.rules = tool, map[string]int{}
	return nil
}

func (r *sarifRenderer) Capture(c *Capture) error {
	for _, f := range c.Findings {
		r.run.Results = append(r.run.Results, r.result(c, f))
	}
	cov := c.Coverage
	switch {
	case c.Unreadable():
		r.notice(c, sarif.LevelError, "not readable: "+c.Error)
		r.failed = true
	case cov.EndedEarly || cov.DamageCount > 0 || cov.Error != "":
		r.notice(c, sarif.LevelWarning, cov.Error)
	}
	for _, f := range cov.AnalyzersFailed {
		r.notice(c, sarif.LevelError, f.Error)
		r.failed = true
	}
	for _, e := range cov.InternalErrors {
		r.notice(c, sarif.LevelError, e)
		r.failed = true
	}
	return nil
}

func (r *sarifRenderer) End(t *Totals) error {
	if t.Interrupted {
		r.notices = append(r.notices, sarif.Notification{Level: sarif.LevelWarning,
			Message: sarif.Text{Text: "interrupted: the results cover what was read until then"}})
	}
	r.run.Tool.Driver.Name, r.run.Tool.Driver.Version = r.tool.Name, r.tool.Version
	r.run.Invocations = []sarif.Invocation{{ExecutionSuccessful: !r.failed, ToolExecutionNotifications: r.notices}}
	return sarif.Write(r.w, []sarif.Run{r.run})
}

func (r *sarifRenderer) notice(c *Capture, level, text string) {
	r.notices = append(r.notices, sarif.Notification{Level: level, Message: sarif.Plain(c.Path + ": " + text),
		Locations: []sarif.Location{sarif.At(c.Path, 0, 0)}})
}

// result makes a finding's result.
func (r *sarifRenderer) result(c *Capture, f *Finding) sarif.Result {
	file := c.Path
	if f.File != "" {
		file = f.File
	}
	at := sarif.At(file, 0, 0)
	if s := flowText(f.Flow); s != "" {
		at.LogicalLocations = []sarif.LogicalLocation{{Name: s, FullyQualifiedName: c.Path + ": " + s, Kind: "flow"}}
	}
	message := sentence(qualified(f))
	if s := frameList(f); s != "" {
		message += " F" + s[1:] + "."
	}
	props := map[string]any{"analyzer": f.Analyzer, "confidence": f.Confidence, "severity": f.Severity}
	if f.WiresharkFilter != nil {
		props["wireshark_filter"] = *f.WiresharkFilter
	}
	if f.FirstTime.known {
		props["first_time"], props["last_time"] = f.FirstTime.String(), f.LastTime.String()
	}
	if f.CausedBy != nil {
		props["caused_by"] = *f.CausedBy
	}
	return sarif.Result{RuleID: f.Rule, RuleIndex: r.rule(f), Level: sarif.Level(f.Severity), Message: sarif.Plain(message),
		Locations: []sarif.Location{at}, PartialFingerprints: sarif.Fingerprints(f.ID, sarif.URI(file)),
		OccurrenceCount: f.Count, Properties: props}
}

// rule is the index of a finding's rule, which is added at its first finding.
func (r *sarifRenderer) rule(f *Finding) int {
	i, ok := r.rules[f.Rule]
	if !ok {
		i = len(r.run.Tool.Driver.Rules)
		r.rules[f.Rule] = i
		rule := sarif.Rule{ID: f.Rule, Name: sarif.RuleName(f.Rule)}
		if known := r.opt.rule(f.Rule); known != nil {
			rule = SARIFRule(known)
		}
		rule.Properties = map[string]any{"tags": []string{"network", f.Analyzer}}
		r.run.Tool.Driver.Rules = append(r.run.Tool.Driver.Rules, rule)
	}
	return i
}

// SARIFRule describes a rule with the text of pcaptriage explain.
func SARIFRule(rule *analyzers.Rule) sarif.Rule {
	sections := ruleSections(rule)
	var plain, marked strings.Builder
	for i, s := range sections {
		if i > 0 {
			plain.WriteString("\n\n")
			marked.WriteString("\n\n")
		}
		plain.WriteString(s.head + "\n\n" + strings.TrimSpace(s.text))
		marked.WriteString("## " + s.head + "\n\n" + paragraphs(s.text))
	}
	out := sarif.Rule{ID: rule.Code, Name: sarif.RuleName(rule.Code),
		ShortDescription: &sarif.Text{Text: sentence(rule.Title)}, FullDescription: &sarif.Text{Text: sentence(rule.Title)},
		DefaultConfiguration: &sarif.Configuration{Level: sarif.Level(rule.Severity.String())}}
	if len(sections) > 0 {
		first, _, _ := strings.Cut(strings.TrimSpace(sections[0].text), "\n\n")
		out.FullDescription.Text = sentences(unwrap(first), maxDescription)
		out.Help = &sarif.Text{Text: plain.String(), Markdown: marked.String()}
	}
	return out
}

// maxDescription is the length of a description that code scanning takes.
const maxDescription = 1000

// sentences are the first sentences of s, at most n bytes of them.
func sentences(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if i := strings.LastIndex(s[:n], ". "); i > 0 {
		return s[:i+1]
	}
	return strings.ToValidUTF8(s[:n-3], "") + "..."
}

// section is a part of what explain says of a rule.
type section struct{ head, text string }

// ruleSections are the parts that the rule has.
func ruleSections(r *analyzers.Rule) (out []section) {
	for _, s := range []section{
		{"What happens", r.Explanation}, {"How it was recognised", r.Recognised}, {"What to do", r.Remedy},
	} {
		if strings.TrimSpace(s.text) != "" {
			out = append(out, s)
		}
	}
	return out
}

// paragraphs is a rule's text in Markdown: each paragraph on one line.
func paragraphs(text string) string {
	parts := strings.Split(strings.TrimSpace(text), "\n\n")
	for i := range parts {
		parts[i] = markdown.Text(unwrap(parts[i]))
	}
	return strings.Join(parts, "\n\n")
}

// unwrap joins lines.
func unwrap(s string) string { return strings.Join(strings.Fields(s), " ") }

// sentence ends s with a full stop, as SARIF asks (3.49.9).
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// qualified is a finding's message with its confidence, unless it is certain.
func qualified(f *Finding) string {
	if f.Confidence == analyzers.Certain.String() || f.Confidence == "" {
		return f.Message
	}
	return f.Message + " (" + f.Confidence + ")"
}
