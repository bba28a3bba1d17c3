package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pcaptriage/analyzers"
	"pcaptriage/report"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE]...",
		Short: "Says what a rule means: mechanism, how it was recognised, what to do",
		Long: `Says what a rule means: the mechanism behind it, from which packets it is concluded and what
that does not prove, and what to do about it. Without a rule, lists all of them.`,
		Example: `  pcaptriage explain
  pcaptriage explain connect-dropped`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.ruleCodes(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			opt := report.Options{Width: columns(a.stdout), Colour: mayColour(a.stdout, false)}
			if len(args) == 0 {
				return a.printed(report.WriteRules(a.stdout, a.analyzers, opt))
			}
			var rules []ownedRule
			for _, code := range args {
				r, ok := a.rule(code)
				if !ok {
					return fmt.Errorf("no rule %q%s; pcaptriage explain lists all", code, didYouMean(code, a.ruleCodes()))
				}
				rules = append(rules, r)
			}
			for i, r := range rules {
				if i > 0 {
					if err := a.print("\n"); err != nil {
						return err
					}
				}
				if err := a.printed(report.WriteRule(a.stdout, r.analyzer, r.rule, opt)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// ownedRule is a rule and whose it is.
type ownedRule struct {
	analyzer *analyzers.Analyzer
	rule     *analyzers.Rule
}

func (a *app) rule(code string) (ownedRule, bool) {
	for _, an := range a.analyzers {
		if r := an.Rule(code); r != nil {
			return ownedRule{an, r}, true
		}
	}
	return ownedRule{}, false
}

func (a *app) ruleCodes() (out []string) {
	for _, an := range a.analyzers {
		for i := range an.Rules {
			out = append(out, an.Rules[i].Code)
		}
	}
	return out
}

// printed wraps the error of a write to standard output.
func (a *app) printed(err error) error {
	if err != nil {
		return outputFailure("to standard output", err)
	}
	return nil
}
