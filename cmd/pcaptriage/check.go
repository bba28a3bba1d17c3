package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pcaptriage/analyzers"
	"pcaptriage/report"
	"pcaptriage/report/budget"
	"pcaptriage/report/golden"
	"pcaptriage/report/verdict"
)

// checkFlags are the options of check: those of analyze that say how captures
// are read, and its own.
type checkFlags struct {
	analyzeFlags
	golden         string
	budgets        []string
	tolerance      float64
	update, strict bool
	goldenGiven    bool
}

func (a *app) checkCommand() *cobra.Command {
	var fl checkFlags
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Fails a CI job when a capture's report is not its golden, or breaks a budget",
		Long: `Holds captures against what was promised of them: a golden (the report that the team has
accepted, in FILE.golden.json beside the capture), a budget (assertions over findings and
latencies), or both. FILE is as for analyze.

Without --budget the goldens are checked. For the very capture that a golden was made from, any
difference counts. For another recording of the same traffic, findings of severity warning and
error that appear or are gone count, and latencies that grew by more than chance and by more than
--tolerance. What only a newer version of pcaptriage can find is listed and does not fail, except
with --strict.

A budget is a YAML file:
  assertions:
    - name: no stalls behind the tunnel
      expr: count(rule == "pmtu-stall") == 0
    - name: quick handshakes
      expr: p99("tcp.handshake", server == "10.0.0.2:443") < 50ms
      file: "login-*.pcap"      # optional: a pattern, or a list of them
      severity: warning         # optional: error (the default), warning, info
      message: Is the load balancer in another zone again?
      allow_empty: true         # optional: without such data it is skipped
Functions: count, share, observations, min, mean, p50, p90, p95, p99, max; names: coverage.*,
packets, bytes, duration. pcaptriage analyzers lists rules, metrics and their labels.

Exit codes: 0 all hold; 1 a golden or an assertion does not; 2 usage error, also in a budget; 3 an
input or a golden could not be read at all; 4 an input was damaged or cut short; 5 an analyzer
failed or output could not be written; 130 interrupted. The first of 130, 2, 5, 3, 4, 1 it is.`,
		Example: `  # accept what is there, then commit the goldens
  pcaptriage check --update captures/

  # in CI: fail when something is worse, and tell the CI system where
  pcaptriage check --output junit=check.xml --output sarif=check.sarif captures/

  # no goldens, only limits
  pcaptriage check --budget limits.yaml captures/*.pcapng

  # goldens kept apart from the captures that the test records, and limits
  pcaptriage check --golden testdata/goldens --budget limits.yaml recorded/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if fl.config != "" {
				if err := applyConfig(cmd.Flags(), fl.config); err != nil {
					return err
				}
			}
			fl.goldenGiven = cmd.Flags().Changed("golden") || fl.golden != ""
			return a.check(cmd.Context(), &fl, append(fl.read, args...))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&fl.read, "read", "r", nil, "read this `FILE`, as tcpdump and tshark spell it (repeatable)")
	f.StringVar(&fl.golden, "golden", "", "goldens are in this `DIR|SUFFIX`: a directory, in which they have the captures' relative paths, or what follows a capture's name, beginning with a dot (default .golden.json)")
	f.BoolVar(&fl.update, "update", false, "write the goldens instead of comparing with them; refused where the environment has CI set")
	f.StringArrayVar(&fl.budgets, "budget", nil, "check the assertions of this YAML `FILE` (repeatable); goldens only with --golden then")
	f.Float64Var(&fl.tolerance, "tolerance", 10, "let latencies of another recording grow by `PERCENT`")
	f.BoolVar(&fl.strict, "strict", false, "also fail for what only another version of pcaptriage can find, and for findings of severity info that come and go in another recording")
	f.StringVar(&fl.failOn, "fail-on", "info", "let only problems of `SEVERITY` or worse fail: info, warning, error, never")
	f.StringVar(&fl.format, "format", "text", "print `FORMAT` to standard output: "+strings.Join(verdict.Formats(), ", "))
	f.StringArrayVarP(&fl.output, "output", "o", nil, "also write `FORMAT=FILE` (repeatable)")
	f.BoolVar(&fl.force, "force", false, "let --output overwrite files, and --update write where CI is set")
	f.StringSliceVar(&fl.enable, "enable", nil, "run only this `ANALYZER` (repeatable, or a list with commas)")
	f.StringSliceVar(&fl.disable, "disable", nil, "do not run this `ANALYZER` (repeatable, or a list with commas)")
	f.StringArrayVar(&fl.set, "set", nil, "set an analyzer's option: `ANALYZER.OPTION=VALUE` (repeatable; see pcaptriage analyzers)")
	f.StringVar(&fl.filter, "filter", "", "analyze only the packets that this `EXPRESSION` lets pass")
	f.BoolVar(&fl.trustLinkType, "trust-linktype", false, "read every file as its header says, also when its packets say otherwise")
	f.BoolVar(&fl.series, "series", false, "the files are one rotated capture; its golden is the first file's")
	f.IntVar(&fl.workers, "workers", 0, "decode and analyze on `N` cores (0: all); the report is the same")
	f.StringVar(&fl.maxMemory, "max-memory", "", "bound the tables of flows to about `SIZE`: 512M, 2G")
	f.IntVar(&fl.top, "top", 25, "show `N` problems a golden or assertion in the text (0: all)")
	f.StringVar(&fl.config, "config", "", "read options from this YAML `FILE`; its names are those of the flags, which win over it")
	f.BoolVar(&fl.noColour, "no-color", false, "no colours, also on a terminal (so does NO_COLOR)")
	f.BoolVar(&fl.noProgress, "no-progress", false, "no progress bar, also on a terminal")
	f.BoolVarP(&fl.quiet, "quiet", "q", false, "say nothing about what holds; neither progress nor remarks on standard error")
	return cmd
}

// checking is one run of check.
type checking struct {
	*analysis
	fl      *checkFlags
	budgets []*budget.Budget
	applied map[*budget.Assertion]bool // to some capture
	goldens *goldenFiles               // nil: none are asked for
	opt     golden.Options
	least   int // rank in failRanks of the mildest severity that fails; 0: none does
	out     *verdict.Verdict
}

// check carries the verb out. An error is about the command line.
func (a *app) check(ctx context.Context, fl *checkFlags, args []string) error {
	run := &checking{analysis: &analysis{app: a, fl: &fl.analyzeFlags, totals: report.NewTotals()}, fl: fl,
		applied: map[*budget.Assertion]bool{}, out: &verdict.Verdict{Tool: tool()}}
	if err := run.options(); err != nil {
		return err
	}
	if err := run.checkOptions(); err != nil {
		return err
	}
	if errs := run.loadBudgets(); len(errs) > 0 {
		return run.wrongBudget(errs, args)
	}
	in, err := a.expandBeside(args, goldenSuffixOf(fl.golden))
	if err != nil {
		return err
	}
	jobs, err := run.jobs(in)
	if err != nil {
		return err
	}
	if len(fl.budgets) == 0 || fl.goldenGiven {
		if run.goldens, err = newGoldenFiles(fl.golden, args, jobs); err != nil {
			return err
		}
	}
	if n := in.skipped - in.beside; n > 0 {
		// An empty file is what a recording that failed leaves.
		files := "files"
		if n == 1 {
			files = "file"
		}
		run.out.Notes = append(run.out.Notes, fmt.Sprintf("%s other %s in directories skipped: no capture's magic number.", report.Count(n), files))
	}
	sinks, err := a.openDocuments(&fl.analyzeFlags, verdict.Formats(), run.reads(in))
	if err != nil {
		return err
	}
	for i := range jobs {
		err := run.job(ctx, &jobs[i])
		if errors.Is(err, errNotReached) {
			break
		}
		if err != nil {
			sinks.discard()
			return err
		}
	}
	run.finish(ctx)
	sinks.write(func(d *document, opt report.Options) error {
		return verdict.Write(d, d.format, run.out, verdict.TextOptions{Options: opt, Quiet: fl.quiet})
	})
	return nil
}

// reads are the files that the run reads, or keeps: goldens, too.
func (run *checking) reads(in *inputs) []string {
	names := slices.Concat(run.fl.inputs(in.names), run.fl.budgets)
	if run.goldens != nil {
		for file := range run.goldens.of {
			names = append(names, file)
		}
	}
	return names
}

// checkOptions checks the options that analyze does not have.
func (run *checking) checkOptions() error {
	fl := run.fl
	// It is the promises that fail, no finding by itself.
	run.least, run.failOn = run.failOn, 0
	if math.IsNaN(fl.tolerance) || fl.tolerance < 0 {
		return fmt.Errorf("--tolerance %v: want a percentage of 0 or more", fl.tolerance)
	}
	if fl.update && len(fl.budgets) > 0 && !fl.goldenGiven {
		return errors.New("--update writes goldens; with --budget say where they are: --golden .golden.json")
	}
	for key := range run.analysis.opt.Set {
		if _, option, _ := strings.Cut(key, "."); isDisclosure(option) {
			return fmt.Errorf("--set %s: a golden is for a repository, so subscribers' data stay masked", key)
		}
	}
	if fl.update && underCI() && !fl.force {
		return &outputError{errors.New("--update is refused where CI is set: a job that accepts what it finds never fails (--force does it all the same)")}
	}
	run.opt = golden.Options{Strict: fl.strict, Tolerance: fl.tolerance, Now: golden.Header(run.analysis.opt.Analyzers, run.goldenOptions()),
		Rules: map[string]string{}, Neutral: run.neutralMetrics(), Fails: run.fails}
	for _, an := range run.analyzers {
		for i := range an.Rules {
			run.opt.Rules[an.Rules[i].Code] = an.Name
		}
	}
	return nil
}

// goldenOptions are the options of this run that change results. What little
// memory changes, coverage tells.
func (run *checking) goldenOptions() map[string]string {
	out := map[string]string{}
	for name, value := range run.analysis.opt.Set {
		out[name] = value
	}
	if run.fl.filter != "" {
		out["filter"] = run.fl.filter
	}
	for name, on := range map[string]bool{"trust-linktype": run.fl.trustLinkType, "series": run.fl.series} {
		if on {
			out[name] = "true"
		}
	}
	return out
}

// fails says whether problems of a severity count.
func (run *checking) fails(severity string) bool {
	return run.least > 0 && failRanks[severity] >= run.least
}

// job analyzes one input and judges it. An error is errNotReached or about the
// command line.
func (run *checking) job(ctx context.Context, j *job) error {
	if ctx.Err() != nil {
		return errNotReached
	}
	c, err := run.capture(ctx, j)
	if err != nil {
		return err
	}
	for _, a := range run.assertions(c.Path) {
		run.applied[a] = true
	}
	if c.Unreadable() {
		run.add(inputCase(c, verdict.Unreadable, "the capture could not be read: "+c.Error))
		return nil
	}
	if c.Coverage.Interrupted {
		run.out.Notes = append(run.out.Notes, c.Path+" was not read to its end, so it was not judged.")
		return nil
	}
	if cov := c.Coverage; cov.EndedEarly || cov.DamageCount > 0 || cov.Error != "" {
		run.add(inputCase(c, verdict.Damaged, "the capture is damaged or cut short; what could be read is judged: "+cov.Error))
	}
	for _, f := range c.Coverage.AnalyzersFailed {
		run.add(inputCase(c, verdict.Internal, f.Error))
	}
	if run.goldens != nil {
		run.golden(j, c)
	}
	for _, a := range run.assertions(c.Path) {
		run.add(a.Judge(c, run.fails))
	}
	return nil
}

// inputCase is the case of a capture that could not be read as it should.
func inputCase(c *report.Capture, change verdict.Change, message string) *verdict.Case {
	return &verdict.Case{Capture: c.Path, Name: "input", Kind: verdict.Input, Status: verdict.Error, Severity: "error", Message: message,
		Location: verdict.Location{File: c.Path},
		Problems: []*verdict.Problem{{Change: change, Fails: true, Severity: "error", Message: message}}}
}

// assertions are those that apply to a capture, in order.
func (run *checking) assertions(path string) (out []*budget.Assertion) {
	for _, b := range run.budgets {
		for _, a := range b.Assertions {
			if a.Applies(path) {
				out = append(out, a)
			}
		}
	}
	return out
}

// add takes a case into the verdict and notes the exit code that follows.
func (run *checking) add(c *verdict.Case) {
	run.out.Cases = append(run.out.Cases, c)
	switch {
	case c.Status == verdict.Fail:
		run.happened.note(exitFindings)
	case c.Status == verdict.Error && c.Kind == verdict.Golden && len(c.Problems) > 0 && c.Problems[0].Change == verdict.Unusable:
		run.happened.note(exitUnreadable)
	case c.Status == verdict.Error && c.Kind != verdict.Input:
		run.happened.note(exitInternal)
	}
}

// finish adds what can be said only at the end.
func (run *checking) finish(ctx context.Context) {
	if ctx.Err() != nil {
		run.happened.note(exitInterrupted)
		run.out.Notes = append(run.out.Notes, "Interrupted: the verdict covers what was read until then.")
		run.say("interrupted: the verdict covers what was read until then")
	} else {
		for _, b := range run.budgets {
			for _, a := range b.Assertions {
				if !run.applied[a] {
					run.add(a.Unmatched(run.fails))
				}
			}
		}
		if run.goldens != nil {
			for _, c := range run.goldens.orphans(run.fails) {
				run.add(c)
			}
		}
	}
	cited := map[string]bool{}
	for _, c := range run.out.Cases {
		for _, p := range c.Problems {
			cited[p.Rule] = true
		}
	}
	for _, an := range run.analyzers {
		for i := range an.Rules {
			if cited[an.Rules[i].Code] {
				run.out.Rules = append(run.out.Rules, &an.Rules[i])
			}
		}
	}
	slices.SortFunc(run.out.Rules, func(a, b *analyzers.Rule) int { return strings.Compare(a.Code, b.Code) })
}
