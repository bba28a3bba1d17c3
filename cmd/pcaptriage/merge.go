package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pcaptriage/report"
)

// mergeFlags are the options of merge.
type mergeFlags struct {
	format   string
	output   []string
	force    bool
	top      int
	noColour bool
	quiet    bool
}

func (a *app) mergeCommand() *cobra.Command {
	var fl mergeFlags
	cmd := &cobra.Command{
		Use:   "merge REPORT...",
		Short: "Makes one JSON report of several",
		Long: `Makes one report of several JSON reports (analyze --format json), of the jobs of a CI pipeline for
example. REPORT is a file, a directory with *.json files, or a pattern. Captures stay as they are,
in the order of the reports, with their own findings and latency rows; the totals are counted anew.

Exit codes: 0 done; 2 usage error; 3 a report could not be read (the others are merged); 5 output
could not be written; 130 interrupted.`,
		Example: `  pcaptriage merge job1.json job2.json > all.json
  pcaptriage merge --format markdown reports/ >> "$GITHUB_STEP_SUMMARY"`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.merge(cmd.Context(), &fl, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&fl.format, "format", "json", "print `FORMAT` to standard output: "+strings.Join(report.Formats(), ", "))
	f.StringArrayVarP(&fl.output, "output", "o", nil, "also write `FORMAT=FILE` (repeatable)")
	f.BoolVar(&fl.force, "force", false, "let --output overwrite files")
	f.IntVar(&fl.top, "top", 25, "show `N` findings and rows a table in the text and Markdown reports (0: all)")
	f.BoolVar(&fl.noColour, "no-color", false, "no colours, also on a terminal (so does NO_COLOR)")
	f.BoolVarP(&fl.quiet, "quiet", "q", false, "no remarks on standard error, errors only")
	return cmd
}

// merge carries the verb out. An error is about the command line.
func (a *app) merge(ctx context.Context, fl *mergeFlags, args []string) error {
	if len(args) == 0 {
		return errors.New("no input: name a JSON report, or a directory of them")
	}
	if fl.top < 0 {
		return fmt.Errorf("--top %d: want 0 or more", fl.top)
	}
	names, failed := reportFiles(args)
	opt := report.Options{Top: fl.top, Colour: !fl.noColour, Analyzers: a.analyzers}
	sinks, err := a.openSinks(fl.format, fl.output, fl.force, opt, names)
	if err != nil {
		return err
	}
	for _, f := range failed {
		a.happened.note(exitUnreadable)
		a.complain(f.err)
	}
	totals := report.NewTotals()
	versions, paths := map[string]bool{}, map[string]string{}
	sinks.each(func(r report.Renderer) error { return r.Begin(tool()) })
	for i, name := range names {
		rep := a.saved(ctx, name)
		if ctx.Err() != nil {
			totals.Interrupted = true
			totals.InputsNotReached += uint64(len(names) - i)
			a.happened.note(exitInterrupted)
			a.say("interrupted: the report has what was read until then")
			break
		}
		if rep == nil {
			continue
		}
		versions[rep.Tool.Version] = true
		totals.FilesSkipped += rep.Totals.FilesSkipped
		totals.InputsNotReached += rep.Totals.InputsNotReached
		totals.Interrupted = totals.Interrupted || rep.Totals.Interrupted
		for _, c := range rep.Captures {
			if other, twice := paths[c.Path]; twice && !fl.quiet {
				a.say("%s: %s is in %s too; both are kept", name, c.Path, other)
			}
			paths[c.Path] = name
			totals.Add(c)
			sinks.each(func(r report.Renderer) error { return r.Capture(c) })
		}
	}
	if len(versions) > 1 && !fl.quiet {
		a.say("the reports are of %d versions of pcaptriage: their rules may differ", len(versions))
	}
	sinks.each(func(r report.Renderer) error { return r.End(totals) })
	sinks.finish()
	return nil
}

// reportFiles are the files that the arguments stand for.
func reportFiles(args []string) (names []string, failed []failedInput) {
	in := &inputs{}
	for _, arg := range args {
		st, err := os.Stat(arg)
		switch {
		case err == nil && st.IsDir():
			found, lost := jsonFiles(arg)
			names, in.failed = append(names, found...), append(in.failed, lost...)
			if len(found)+len(lost) == 0 {
				in.fail(arg, errors.New("no *.json files in this directory"))
			}
		case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?["):
			matches, err := filepath.Glob(arg)
			if err != nil || len(matches) == 0 {
				in.fail(arg, fs.ErrNotExist)
			}
			names = append(names, matches...)
		default:
			names = append(names, arg) // opening it tells what is wrong
		}
	}
	return names, in.failed
}
