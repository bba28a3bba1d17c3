package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"pcaptriage/report"
	"pcaptriage/report/budget"
)

// loadBudgets reads the budgets. All their errors are said; the one returned
// ends the run.
func (run *checking) loadBudgets() error {
	known := &budget.Catalogue{All: run.analyzers, Running: run.analysis.opt.Analyzers, Suggest: didYouMean}
	for i, name := range run.fl.budgets {
		if slices.Contains(run.fl.budgets[:i], name) {
			return fmt.Errorf("--budget %s: the file is named twice", name)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			var pe *fs.PathError
			if errors.As(err, &pe) {
				err = pe.Err
			}
			return fmt.Errorf("--budget %s: %w", name, err)
		}
		b, errs := budget.Load(name, text, known)
		if len(errs) > 0 {
			for _, err := range errs[:len(errs)-1] {
				run.complain(err)
			}
			return errs[len(errs)-1]
		}
		run.budgets = append(run.budgets, b)
	}
	run.distinguish()
	return nil
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
