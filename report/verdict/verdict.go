// Package verdict holds what `check` decided about captures: plain data, one
// case a capture and promise (its golden, an assertion of a budget), which
// renderers print as text, JSON, JUnit, SARIF or Markdown.
//
// Every string in it is escaped (see report.Escape) and free of line breaks,
// whatever packets, file names or budgets contain.
package verdict

import (
	"pcaptriage/analyzers"
	"pcaptriage/report"
)

// Verdict is the outcome of one run of check.
type Verdict struct {
	Tool report.Tool
	// Cases are in the order of the captures as named, and for each capture:
	// its input, its golden, the budgets' assertions in their order. Assertions
	// that no capture's name matched come last.
	Cases []*Case
	// Rules explain the rules that problems cite, ascending by code. A rule
	// that this version of the tool does not know (a golden may name one) is
	// absent.
	Rules []*analyzers.Rule
	// Notes are remarks about the run as a whole, a sentence each: interrupted,
	// files skipped.
	Notes []string
}

// Kind says what promise a case is about.
type Kind string

const (
	Golden Kind = "golden" // the capture's report is what its golden says
	Budget Kind = "budget" // one assertion of a budget
	Input  Kind = "input"  // the capture could be read, whole; there is such a case only when it could not
)

// Status is how a case ended.
type Status string

const (
	Pass    Status = "pass"
	Fail    Status = "fail"    // the promise does not hold
	Error   Status = "error"   // it could not be judged: unreadable or damaged capture, unusable golden
	Skipped Status = "skipped" // there was nothing to judge, and that is allowed
)

// Case is one promise about one capture.
type Case struct {
	// Capture is the path of the capture as named, that of the first file for a
	// series; "" for an assertion that no capture's name matched.
	Capture string
	// Name is unique among the cases of one capture: "golden", "input", or the
	// assertion's name, behind "FILE: " when several budgets are checked.
	Name   string
	Kind   Kind
	Status Status
	// Severity is the worst of the failing problems', and what was promised
	// otherwise: "error", "warning" or "info".
	Severity string
	// Location is where the promise stands: the budget's line, the golden file.
	// For Input it is the capture.
	Location Location
	// Message says in one sentence how the case ended, also when it passed:
	// "3 findings and 12 latency rows as in the golden".
	Message string
	// Problems are what is wrong, worst first. Only those with Fails make the
	// case fail; the others are to be known. A case that passed may have some.
	Problems []*Problem
}

// Location is a place in a text file, or the file as a whole.
type Location struct {
	File   string // as the user named it, or beside the capture; slashes as on this machine
	Line   int    // from 1; 0: the whole file
	Column int    // from 1, in characters; 0: the whole line
}

// Change says of what kind a problem is. The values are stable: SARIF uses them
// as rule ids for what is about no rule of an analyzer.
type Change string

const (
	Appeared    Change = "finding-appeared"
	Vanished    Change = "finding-vanished"
	Changed     Change = "finding-changed"
	NewRule     Change = "new-rule"     // a finding of a rule that the golden's tool did not have
	RetiredRule Change = "retired-rule" // a finding of a rule that this tool does not have
	Latency     Change = "latency-changed"
	Coverage    Change = "coverage-changed"
	Facts       Change = "capture-changed" // packets, link types, format
	Missing     Change = "golden-missing"
	Unusable    Change = "golden-unusable"
	Orphaned    Change = "golden-orphaned" // its capture is gone
	Stale       Change = "golden-stale"    // made by another version of the tool, or with other options
	Violated    Change = "budget-broken"   // the assertion is false
	NoData      Change = "budget-no-data"
	Wrong       Change = "budget-wrong" // it names what does not exist, or is no budget
	Unreadable  Change = "input-unreadable"
	Damaged     Change = "input-damaged"
	Internal    Change = "internal-error"
)

// Problem is one thing that differs from what was promised.
type Problem struct {
	Change Change
	// Fails: it makes the case fail. Otherwise it is listed only.
	Fails    bool
	Severity string // "error", "warning" or "info"
	// Rule is the finding's rule and FindingID its stable id; "" when the
	// problem is about no finding.
	Rule, FindingID string
	// Message is one sentence that stands alone, without the capture's name:
	// "new: pmtu-stall, tcp 10.0.0.1 -> 10.0.0.2:443: the message of the finding".
	Message string
	// Details are further lines, each a fact: "p99 12.0 ms -> 48.0 ms (+300 %)".
	Details []string
	// Frames are what a finding rests on, in the capture (or in File of a
	// series); Filter shows them in Wireshark. For a finding that vanished they
	// are those of the golden's capture.
	Frames []report.Evidence
	Filter string
	// Location is where in the golden or the budget the problem stands; the
	// zero value: where the case does.
	Location Location
}

// Counts are the numbers of cases by status.
type Counts struct{ Pass, Fail, Error, Skipped int }

// Total is the number of all cases.
func (n Counts) Total() int { return n.Pass + n.Fail + n.Error + n.Skipped }

// Counts counts the cases.
func (v *Verdict) Counts() (n Counts) {
	for _, c := range v.Cases {
		switch c.Status {
		case Pass:
			n.Pass++
		case Fail:
			n.Fail++
		case Error:
			n.Error++
		case Skipped:
			n.Skipped++
		}
	}
	return n
}

// Place is where a problem of the case stands.
func (c *Case) Place(p *Problem) Location {
	if p.Location != (Location{}) {
		return p.Location
	}
	return c.Location
}
