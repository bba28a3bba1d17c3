package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"pcaptriage/report"
	"pcaptriage/report/budget"
	"pcaptriage/report/verdict"
)

// loadBudgets reads the budgets, up to the first that is wrong.
func (run *checking) loadBudgets() []error {
	known := &budget.Catalogue{All: run.analyzers, Running: run.analysis.opt.Analyzers, Suggest: didYouMean}
	for i, name := range run.fl.budgets {
		if slices.Contains(run.fl.budgets[:i], name) {
			return []error{fmt.Errorf("--budget %s: the file is named twice", name)}
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return []error{fmt.Errorf("--budget %s: %w", name, reason(err))}
		}
		b, errs := budget.Load(name, text, known)
		if len(errs) > 0 {
			return errs
		}
		run.budgets = append(run.budgets, b)
	}
	run.distinguish()
	return nil
}

// wrongBudget says all that is wrong; the error returned ends the run. Documents
// that a machine reads get it, too: a CI system that finds none shows nothing,
// or the one of an older run. Text is for who reads standard error anyway.
func (run *checking) wrongBudget(errs []error, args []string) error {
	last := errs[len(errs)-1]
	for _, err := range errs[:len(errs)-1] {
		run.complain(err)
	}
	seen := map[string]int{}
	for _, err := range errs {
		if wrong := (*budget.Error)(nil); errors.As(err, &wrong) {
			c := wrongCase(wrong)
			if seen[c.Name]++; seen[c.Name] > 1 {
				c.Name += fmt.Sprintf(" (%d)", seen[c.Name])
			}
			run.out.Cases = append(run.out.Cases, c)
		}
	}
	in, err := run.expand(args)
	if err != nil || len(run.out.Cases) == 0 {
		return last
	}
	docs, err := run.openDocuments(&run.fl.analyzeFlags, verdict.Formats(), run.reads(in))
	if err != nil {
		run.complain(err)
		return last
	}
	if docs.list[0].format == "text" {
		docs.list = docs.list[1:]
	}
	docs.write(func(d *document, opt report.Options) error {
		return verdict.Write(d, d.format, run.out, verdict.TextOptions{Options: opt, Quiet: run.fl.quiet})
	})
	return last
}

// wrongCase is the case of an error in a budget.
func wrongCase(e *budget.Error) *verdict.Case {
	at := verdict.Location{File: report.Escape(e.File), Line: e.Line}
	message := report.Escape(e.Err.Error())
	return &verdict.Case{Name: at.String(), Kind: verdict.Budget, Status: verdict.Error, Severity: "error", Message: message, Location: at,
		Problems: []*verdict.Problem{{Change: verdict.Wrong, Fails: true, Severity: "error", Message: message}}}
}

// distinguish puts the budget's name before those of its assertions where
// several budgets are checked, so that names stay unique.
func (run *checking) distinguish() {
	if len(run.budgets) < 2 {
		return
	}
	for _, b := range run.budgets {
		for _, a := range b.Assertions {
			a.Name = report.Escape(b.Name) + ": " + a.Name
		}
	}
}
