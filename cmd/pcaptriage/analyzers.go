package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pcaptriage/analyzers"
	"pcaptriage/report"
)

func (a *app) analyzersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "analyzers [ANALYZER]...",
		Short: "Lists the analyzers with their rules, metrics, tables and options",
		Example: `  pcaptriage analyzers
  pcaptriage analyzers connect`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.analyzerNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list := a.analyzers
			if len(args) > 0 {
				list = nil
			}
			for _, name := range args {
				found := false
				for _, an := range a.analyzers {
					if an.Name == name {
						list, found = append(list, an), true
					}
				}
				if !found {
					return fmt.Errorf("no analyzer %q%s; known: %s", name, didYouMean(name, a.analyzerNames()), quoteList(a.analyzerNames()))
				}
			}
			return a.describeAnalyzers(list)
		},
	}
}

func (a *app) describeAnalyzers(list []*analyzers.Analyzer) error {
	opt := report.Options{Width: columns(a.stdout), Colour: mayColour(a.stdout, false)}
	for i, an := range list {
		if i > 0 {
			if err := a.print("\n"); err != nil {
				return err
			}
		}
		options, err := an.Options()
		if err != nil {
			return &outputError{fmt.Errorf("analyzer %s: %w", an.Name, err)}
		}
		if err := a.printed(report.WriteAnalyzer(a.stdout, an, options, opt)); err != nil {
			return err
		}
	}
	return nil
}
