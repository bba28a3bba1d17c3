package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcaptriage/report"
	"pcaptriage/report/compare"
)

// diffFlags are the options of diff: those of analyze that say how captures are
// read, and its own.
type diffFlags struct {
	analyzeFlags
	failOn string // --fail-on-regression; "" when it was not given
}

const (
	defaultRegression = "10" // percent
	notAsked          = -1.0
)

func (a *app) diffCommand() *cobra.Command {
	var fl diffFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compares two captures or reports: which findings came and went, which latencies moved",
		Long: `Compares two captures, directories of captures, or saved JSON reports (analyze --format json),
in any mixture: which findings came and went, which latencies moved, and whether the move is more
than chance.

Findings are matched by their stable id, then by rule and hosts. Latencies are tested on samples
of at most 256 values a row: p50 by a Mann-Whitney test, p95 by how the slowest twentieth divides
between the sides. A change counts when its p-value, corrected for the number of tests (Benjamini
and Hochberg), is below 0.05; otherwise it is shown as ~. Directories are paired by relative path.

With --fail-on-regression the exit code is 1 when B has a new finding of severity warning or
error, or a latency of which p50 or p95 grew by more than chance and by PERCENT or more (default
10); and when nothing could be compared. More of a known finding is none, nor is a finding that is
gone.`,
		Example: `  # before and after a change
  pcaptriage diff before.pcapng after.pcapng

  # in CI: fail when something is worse than in the report of the last release
  pcaptriage diff --fail-on-regression=20 release.json captures/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if fl.config != "" {
				if err := applyConfig(cmd.Flags(), fl.config); err != nil {
					return err
				}
			}
			return a.diff(cmd.Context(), &fl, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&fl.failOn, "fail-on-regression", "", "exit with 1 when something is worse in B: by `PERCENT` or more, for latencies (--fail-on-regression=20)")
	f.Lookup("fail-on-regression").NoOptDefVal = defaultRegression
	f.StringVar(&fl.format, "format", "text", "print `FORMAT` to standard output: "+strings.Join(compare.Formats(), ", "))
	f.StringArrayVarP(&fl.output, "output", "o", nil, "also write `FORMAT=FILE` (repeatable)")
	f.BoolVar(&fl.force, "force", false, "let --output overwrite files")
	f.StringSliceVar(&fl.enable, "enable", nil, "run only this `ANALYZER` (repeatable, or a list with commas)")
	f.StringSliceVar(&fl.disable, "disable", nil, "do not run this `ANALYZER` (repeatable, or a list with commas)")
	f.StringArrayVar(&fl.set, "set", nil, "set an analyzer's option: `ANALYZER.OPTION=VALUE` (repeatable; see pcaptriage analyzers)")
	f.StringVar(&fl.filter, "filter", "", "analyze only the packets that this `EXPRESSION` lets pass, of both sides")
	f.BoolVar(&fl.trustLinkType, "trust-linktype", false, "read every file as its header says, also when its packets say otherwise")
	f.BoolVar(&fl.series, "series", false, "the captures of a directory or pattern are one rotated capture")
	f.IntVar(&fl.workers, "workers", 0, "decode and analyze on `N` cores (0: all); the report is the same")
	f.StringVar(&fl.maxMemory, "max-memory", "", "bound the tables of flows to about `SIZE`: 512M, 2G")
	f.IntVar(&fl.top, "top", 25, "show `N` findings and rows a capture in the text and Markdown reports (0: all)")
	f.StringVar(&fl.config, "config", "", "read options from this YAML `FILE`; its names are those of the flags, which win over it")
	f.BoolVar(&fl.noColour, "no-color", false, "no colours, also on a terminal (so does NO_COLOR)")
	f.BoolVar(&fl.noProgress, "no-progress", false, "no progress bar, also on a terminal")
	f.BoolVarP(&fl.quiet, "quiet", "q", false, "neither progress nor remarks on standard error, errors only")
	return cmd
}

// diff carries the verb out. An error is about the command line.
func (a *app) diff(ctx context.Context, fl *diffFlags, args []string) error {
	args = takePercent(fl, args)
	if len(args) != 2 {
		return fmt.Errorf("diff takes two captures, directories or JSON reports, not %d", len(args))
	}
	if args[0] == stdinName && args[1] == stdinName {
		return errors.New("standard input (-) can be read only once")
	}
	percent, err := regressionPercent(fl.failOn)
	if err != nil {
		return err
	}
	fl.analyzeFlags.failOn = "never"
	run := &analysis{app: a, fl: &fl.analyzeFlags, totals: report.NewTotals()}
	if err := run.options(); err != nil {
		return err
	}
	var reads []string
	if len(fl.output) > 0 {
		for _, arg := range args {
			reads = append(reads, a.compared(arg)...)
		}
	}
	out, err := a.openDocuments(&fl.analyzeFlags, compare.Formats(), fl.inputs(reads))
	if err != nil {
		return err
	}
	var sides [2]*compare.Side
	for i, arg := range args {
		if sides[i], err = run.side(ctx, arg); err != nil {
			out.discard()
			return err
		}
	}
	if ctx.Err() != nil {
		a.happened.note(exitInterrupted)
		a.say("interrupted: there is no comparison")
		out.discard()
		return nil
	}
	c := compare.Compare(sides[0], sides[1], compare.Options{Neutral: a.neutralMetrics()})
	a.judgeDiff(c, percent)
	out.write(func(d *document, opt report.Options) error {
		return compare.Write(d, d.format, c, tool(), percent, opt)
	})
	return nil
}

// takePercent understands "--fail-on-regression 20 A B", where 20 looks like an
// argument: of three arguments one that is a number and no file.
func takePercent(fl *diffFlags, args []string) []string {
	if fl.failOn != defaultRegression || len(args) != 3 {
		return args
	}
	for _, i := range []int{0, 2} {
		if _, err := regressionPercent(args[i]); err != nil || args[i] == "" {
			continue
		}
		if _, err := os.Stat(args[i]); err == nil {
			continue
		}
		fl.failOn = args[i]
		return append(append([]string{}, args[:i]...), args[i+1:]...)
	}
	return args
}

// regressionPercent reads the value of --fail-on-regression.
func regressionPercent(s string) (float64, error) {
	if s == "" {
		return notAsked, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s, "%")), 64)
	if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("--fail-on-regression %s: want a percentage such as 10", s)
	}
	return v, nil
}

// neutralMetrics are those that are not worse for being larger.
func (a *app) neutralMetrics() map[string]bool {
	out := map[string]bool{}
	for _, an := range a.analyzers {
		for i := range an.Metrics {
			if an.Metrics[i].Neutral {
				out[an.Metrics[i].Name] = true
			}
		}
	}
	return out
}

// judgeDiff draws the exit codes from a comparison: of reports that were read,
// too, for captures their analysis has noted them.
func (a *app) judgeDiff(c *compare.Comparison, percent float64) {
	damaged, unreadable := c.Damaged()
	if damaged {
		a.happened.note(exitDamaged)
	}
	if unreadable {
		a.happened.note(exitUnreadable)
	}
	if percent >= 0 && len(c.Regressions(percent)) > 0 {
		a.happened.note(exitFindings)
	}
}

// side reads one of the two: a saved report, or captures, which are analyzed.
// An error is about the command line.
func (run *analysis) side(ctx context.Context, arg string) (*compare.Side, error) {
	s := &compare.Side{Name: report.Escape(arg), Tool: tool()}
	st, err := os.Stat(arg)
	switch {
	case arg == stdinName:
	case err == nil && st.IsDir():
		return s, run.directorySide(ctx, s, arg)
	case err == nil && looksLikeJSON(arg):
		rep := run.saved(ctx, arg)
		if rep == nil {
			s.Captures = []compare.Named{{Name: s.Name, Capture: run.unusable(arg)}}
			return s, nil
		}
		s.Tool, s.Captures = rep.Tool, compare.Names(rep.Captures)
		return s, nil
	}
	in, err := run.expand([]string{arg})
	if err != nil {
		return nil, err
	}
	for _, f := range in.failed {
		run.failedInput(s, f, "")
	}
	return s, run.analyzed(ctx, s, in.names, "")
}

// compared are the files that an argument of diff stands for.
func (a *app) compared(arg string) []string {
	in, err := a.expand([]string{arg})
	switch {
	case err != nil:
		return nil // side says it
	case len(in.names) > 0:
		return in.names
	}
	if st, err := os.Stat(arg); err != nil || !st.IsDir() {
		return nil
	}
	names, _ := jsonFiles(arg)
	return names
}

// directorySide analyzes the captures of a directory; without any, it takes the
// saved reports in it.
func (run *analysis) directorySide(ctx context.Context, s *compare.Side, dir string) error {
	in, err := run.expand([]string{dir})
	if err != nil {
		return err
	}
	if len(in.names) > 0 {
		for _, f := range in.failed {
			run.failedInput(s, f, dir)
		}
		return run.analyzed(ctx, s, in.names, dir)
	}
	if run.reportsIn(ctx, s, dir) {
		return nil
	}
	for _, f := range in.failed {
		run.failedInput(s, f, dir)
	}
	return nil
}

// analyzed adds the reports of captures, named relative to dir.
func (run *analysis) analyzed(ctx context.Context, s *compare.Side, names []string, dir string) error {
	jobs, err := run.jobs(&inputs{names: names})
	if err != nil {
		return err
	}
	for i := range jobs {
		if ctx.Err() != nil {
			return nil
		}
		name := jobs[i].names[0]
		c, err := run.capture(ctx, &jobs[i])
		if errors.Is(err, errNotReached) {
			return nil
		}
		if err != nil {
			return err
		}
		s.Captures = append(s.Captures, compare.Named{Name: below(dir, name), Capture: c})
	}
	return nil
}

func (run *analysis) failedInput(s *compare.Side, f failedInput, dir string) {
	input := report.Input{Names: []string{f.name}, Err: f.err}
	c := report.BuildCapture(&input)
	run.judge(c, &input)
	s.Captures = append(s.Captures, compare.Named{Name: below(dir, f.name), Capture: c})
}

// unusable stands for a report that could not be read; the reason has been said.
func (run *analysis) unusable(name string) *report.Capture {
	return report.BuildCapture(&report.Input{Names: []string{name}, Err: errors.New("no usable report")})
}

// looksLikeJSON says whether a file begins as a JSON object does. Of a pipe, as in
// diff <(zcat a.gz) b, what has been looked at would be gone: it is a capture.
func looksLikeJSON(name string) bool {
	if !isPlain(name) {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	return strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(head[:n]), "\ufeff"), " \t\r\n"), "{")
}
