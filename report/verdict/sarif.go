package verdict

import (
	"fmt"
	"io"
	"path"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/report"
	"pcaptriage/report/sarif"
)

// WriteSARIF writes a result for each problem, located where the promise stands:
// the budget's line, the golden file. What is to be known only is a note.
func WriteSARIF(w io.Writer, v *Verdict) error {
	s := &sarifWriter{known: map[string]*analyzers.Rule{}, index: map[string]int{}, seen: map[string]int{}}
	for _, r := range v.Rules {
		s.known[r.Code] = r
	}
	ok := true
	var notices []sarif.Notification
	for _, note := range v.Notes {
		notices = append(notices, sarif.Notification{Level: sarif.LevelNote, Message: sarif.Plain(note)})
	}
	for _, c := range v.Cases {
		for _, p := range c.Problems {
			s.run.Results = append(s.run.Results, s.result(c, p))
			if p.Change == Internal || p.Change == Unreadable || p.Change == Wrong {
				ok = false
			}
		}
		if c.Status == Fail || c.Status == Error {
			if first(c) == nil { // nothing that fails must be without a result
				s.run.Results = append(s.run.Results, s.result(c, &Problem{Change: fallback(c), Fails: true, Severity: c.Severity, Message: c.Message}))
			}
		}
	}
	s.run.Tool.Driver.Name, s.run.Tool.Driver.Version = v.Tool.Name, v.Tool.Version
	s.run.Invocations = []sarif.Invocation{{ExecutionSuccessful: ok, ToolExecutionNotifications: notices}}
	return sarif.Write(w, []sarif.Run{s.run})
}

// fallback is the change of a case that ended badly without a problem.
func fallback(c *Case) Change {
	switch c.Kind {
	case Golden:
		return Unusable
	case Budget:
		return Violated
	}
	return Damaged
}

type sarifWriter struct {
	run   sarif.Run
	known map[string]*analyzers.Rule
	index map[string]int // rule id to its place in the driver's rules
	seen  map[string]int // how often a fingerprint's base has occurred
}

func (s *sarifWriter) result(c *Case, p *Problem) sarif.Result {
	place := c.Place(p)
	if place.File == "" {
		place.File = c.Capture
	}
	at := sarif.At(place.File, place.Line, place.Column)
	if c.Capture != "" {
		at.LogicalLocations = []sarif.LogicalLocation{{Name: path.Base(c.Capture), FullyQualifiedName: c.Capture + ": " + c.Name, Kind: "capture"}}
	}
	r := sarif.Result{RuleID: ruleID(p), Level: sarif.Level(p.Severity), Message: sarif.Plain(problemText(c, p)),
		Locations: []sarif.Location{at}, Properties: map[string]any{"change": p.Change, "case": c.Name, "fails": p.Fails}}
	r.RuleIndex = s.rule(r.RuleID, p)
	if !p.Fails {
		r.Level = sarif.LevelNote
	}
	if c.Capture != "" {
		r.Properties["capture"] = c.Capture
		if c.Capture != place.File {
			related := sarif.At(c.Capture, 0, 0)
			text := "the capture"
			if frames, _ := p.cited(); frames != "" {
				text += ", " + frames
			}
			message := sarif.Plain(text)
			related.Message = &message
			r.RelatedLocations = []sarif.Location{related}
		}
	}
	if _, filter := p.cited(); filter != "" {
		r.Properties["wireshark_filter"] = filter
	}
	r.PartialFingerprints = sarif.Fingerprints(s.identity(c, p), sarif.URI(place.File)+" "+c.Capture)
	return r
}

// identity is what stays the same about a problem from run to run: a finding's
// stable id, else what kind of problem it is in which case, numbered.
func (s *sarifWriter) identity(c *Case, p *Problem) string {
	if p.FindingID != "" {
		return p.FindingID
	}
	base := string(p.Change) + ":" + c.Name
	key := c.Capture + "\x00" + base
	s.seen[key]++
	return fmt.Sprintf("%s:%d", base, s.seen[key])
}

// problemText is the message of a result: it stands alone, so it names the
// capture and its frames.
func problemText(c *Case, p *Problem) string {
	text := p.Message
	if c.Capture != "" {
		text = c.Capture + ": " + text
	}
	if len(p.Details) > 0 {
		text += " (" + strings.Join(p.Details, "; ") + ")"
	}
	if frames, _ := p.cited(); frames != "" {
		text += " [" + frames + "]"
	}
	return text
}

// ruleID is the finding's rule where a finding is there to be looked at, else
// the kind of change.
func ruleID(p *Problem) string {
	switch p.Change {
	case Appeared, Changed, NewRule:
		if p.Rule != "" {
			return p.Rule
		}
	}
	return string(p.Change)
}

// rule is the index of a rule, which is described at its first result.
func (s *sarifWriter) rule(id string, p *Problem) int {
	i, ok := s.index[id]
	if ok {
		return i
	}
	i = len(s.run.Tool.Driver.Rules)
	s.index[id] = i
	rule := sarif.Rule{ID: id, Name: sarif.RuleName(id)}
	switch known := s.known[id]; {
	case known != nil:
		rule = report.SARIFRule(known)
	case id == string(p.Change):
		if text, ok := changeText(p.Change); ok {
			rule.ShortDescription = &sarif.Text{Text: text.short}
			rule.FullDescription = &sarif.Text{Text: text.short + " " + text.more}
			rule.Help = &sarif.Text{Text: text.short + " " + text.more, Markdown: text.short + "\n\n" + text.more}
		}
	}
	rule.Properties = map[string]any{"tags": []string{"network"}}
	s.run.Tool.Driver.Rules = append(s.run.Tool.Driver.Rules, rule)
	return i
}

type changeWords struct{ short, more string }

// changeText explains a kind of change, as explain does a rule. ok is false for
// one that has no text.
func changeText(c Change) (changeWords, bool) {
	const update = "If it is meant to be so, run pcaptriage check --update and commit the golden."
	text, ok := map[Change]changeWords{
		Appeared:    {"A finding that the golden does not have.", "Something goes wrong in the capture that did not when its golden was made. " + update},
		Vanished:    {"A finding of the golden is gone.", "What was wrong is repaired, or is no longer seen. " + update},
		Changed:     {"A finding differs from the golden's.", "The same thing goes wrong in another way: other numbers, frames or severity. " + update},
		NewRule:     {"A finding of a rule that the golden's tool did not have.", "The golden was made by an older version, which could not find this. " + update},
		RetiredRule: {"A finding of the golden is of a rule that is no more.", "The golden was made by a version that had the rule. " + update},
		Latency:     {"A latency differs from the golden's.", "For the same capture any difference counts; for another recording, one that is more than chance. " + update},
		Coverage:    {"Not as much of the capture could be looked at as when the golden was made, or more.", "What is not looked at has no findings, so this is never a matter of course. " + update},
		Facts:       {"The capture is not the one that the golden was made from.", "Packets, link types or format differ. " + update},
		Missing:     {"The capture has no golden.", "There is nothing to compare it with. Run pcaptriage check --update and commit the golden."},
		Unusable:    {"The golden cannot be used.", "It is no golden of pcaptriage, damaged, or of a version of its format that this tool does not read."},
		Orphaned:    {"A golden without its capture.", "The capture was removed or renamed, or the test that records it did not. Remove the golden if that is meant."},
		Stale:       {"The golden was made by another version of the tool, or with other options.", update},
		Violated:    {"An assertion of the budget does not hold.", "The message has the expression and the numbers that it was computed from."},
		NoData:      {"An assertion of the budget had no data to judge by.", "Nothing in the capture matched; allow_empty in the budget permits that."},
		Wrong:       {"The budget is wrong.", "It names a rule, metric or label that does not exist, or is not written as a budget is; nothing was checked. pcaptriage analyzers lists what there is."},
		Unreadable:  {"The capture could not be read.", "It is missing, no capture, or may not be read."},
		Damaged:     {"The capture is damaged or cut short.", "What could be read was checked; what is behind the damage was not."},
		Internal:    {"The tool failed inside.", "Findings of the part that failed are missing. Please report it."},
	}[c]
	return text, ok
}
