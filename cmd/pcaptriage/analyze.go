package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pcaptriage/analyzers/engine"
	"pcaptriage/report"
)

// analyzeFlags are the options of analyze.
type analyzeFlags struct {
	read, enable, disable, set, output []string
	format, failOn, maxMemory, config  string
	filter                             string
	workers, top                       int
	force, series, trustLinkType       bool
	showSubscribers, showContent       bool
	noColour, noProgress, quiet        bool
}

func (a *app) analyzeCommand() *cobra.Command {
	var fl analyzeFlags
	cmd := &cobra.Command{
		Use:   "analyze FILE...",
		Short: "Reads captures and prints the latency and anomaly report",
		Long: `Reads captures and prints what went wrong in them, how long things took, and what could
not be seen. FILE is a capture (pcap, pcapng or snoop; plain or compressed with gzip, zstd,
lz4, xz or bzip2), a directory, which is searched for captures, a pattern, or - for standard
input.

Exit codes: 0 done; 1 findings at or above --fail-on; 2 usage error; 3 an input could not be
read at all; 4 an input was damaged or cut short; 5 an analyzer failed or output could not be
written; 130 interrupted. The report of whatever could be read is printed in any case.`,
		Example: `  # what is wrong in this capture?
  pcaptriage analyze trace.pcapng

  # a capture that is being taken elsewhere
  ssh host tcpdump -U -w - port 443 | pcaptriage analyze -

  # the rotated files of one capture, as one
  pcaptriage analyze --series trace.pcap0 trace.pcap1 trace.pcap2

  # in CI: a readable log, a JSON report to keep, and a failing job
  pcaptriage analyze --fail-on error --output json=report.json captures/

  # only one server's traffic; frame numbers stay those of the file
  pcaptriage analyze --filter 'host 10.0.0.5 and tcp port 443' trace.pcapng

  # one analyzer, one option of it
  pcaptriage analyze --enable connect --set connect.slow-min=1s trace.pcapng`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if fl.config != "" {
				if err := applyConfig(cmd.Flags(), fl.config); err != nil {
					return err
				}
			}
			return a.analyze(cmd.Context(), &fl, append(fl.read, args...))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&fl.read, "read", "r", nil, "read this `FILE`, as tcpdump and tshark spell it (repeatable)")
	f.StringVar(&fl.format, "format", "text", "print `FORMAT` to standard output: "+strings.Join(report.Formats(), ", "))
	f.StringArrayVarP(&fl.output, "output", "o", nil, "also write `FORMAT=FILE` (repeatable)")
	f.BoolVar(&fl.force, "force", false, "let --output overwrite files")
	f.StringSliceVar(&fl.enable, "enable", nil, "run only this `ANALYZER` (repeatable, or a list with commas)")
	f.StringSliceVar(&fl.disable, "disable", nil, "do not run this `ANALYZER` (repeatable, or a list with commas)")
	f.StringArrayVar(&fl.set, "set", nil, "set an analyzer's option: `ANALYZER.OPTION=VALUE` (repeatable; see pcaptriage analyzers)")
	f.StringVar(&fl.failOn, "fail-on", "never", "exit with 1 when there are findings of `SEVERITY` or worse: info, warning, error, never")
	f.StringVar(&fl.filter, "filter", "", "analyze only the packets that this `EXPRESSION` lets pass: tcpdump's filter language, as far as people type it by hand")
	f.BoolVar(&fl.trustLinkType, "trust-linktype", false, "read every file as its header says, also when its packets say otherwise")
	f.BoolVar(&fl.series, "series", false, "the files are one rotated capture: order them by time and let connections run on across them")
	f.IntVar(&fl.workers, "workers", 0, "decode and analyze on `N` cores (0: all); the report is the same")
	f.StringVar(&fl.maxMemory, "max-memory", "", "bound the tables of flows to about `SIZE`: 512M, 2G; the oldest flows are given up beyond it")
	f.IntVar(&fl.top, "top", 25, "show `N` findings and rows a table in the text and Markdown reports (0: all)")
	f.BoolVar(&fl.showSubscribers, "show-subscribers", false, "write subscribers' numbers (IMSI, MSISDN) in full; the report says so")
	f.BoolVar(&fl.showContent, "show-content", false, "write the texts of short messages; the report says so")
	f.StringVar(&fl.config, "config", "", "read options from this YAML `FILE`; its names are those of the flags, which win over it")
	f.BoolVar(&fl.noColour, "no-color", false, "no colours, also on a terminal (so does NO_COLOR)")
	f.BoolVar(&fl.noProgress, "no-progress", false, "no progress bar, also on a terminal")
	f.BoolVarP(&fl.quiet, "quiet", "q", false, "neither progress nor remarks on standard error, errors only")
	return cmd
}

// inputs are the files that a run reads: captures, and the configuration.
func (fl *analyzeFlags) inputs(captures []string) []string {
	if fl.config == "" {
		return captures
	}
	return append(slices.Clone(captures), fl.config)
}

// analysis is one run of analyze.
type analysis struct {
	*app
	fl     *analyzeFlags
	opt    engine.Options
	failOn int // rank in failRanks, 0: never
	sinks  *sinks
	totals *report.Totals
}

// analyze carries the verb out. An error is about the command line.
func (a *app) analyze(ctx context.Context, fl *analyzeFlags, args []string) error {
	run := &analysis{app: a, fl: fl, totals: report.NewTotals()}
	if err := run.options(); err != nil {
		return err
	}
	in, err := a.expand(args)
	if err != nil {
		return err
	}
	jobs, err := run.jobs(in)
	if err != nil {
		return err
	}
	opt := report.Options{Top: fl.top, Colour: !fl.noColour, Analyzers: a.analyzers}
	if run.failOn > 0 {
		opt.FailOn = fl.failOn
	}
	if run.sinks, err = a.openSinks(fl.format, fl.output, fl.force, opt, fl.inputs(in.names)); err != nil {
		return err
	}
	run.sinks.each(func(r report.Renderer) error { return r.Begin(tool()) })
	if manyPackets(in.names) {
		settleHeap()
	}
	for i := range jobs {
		if ctx.Err() != nil {
			run.totals.InputsNotReached = uint64(len(jobs) - i)
			break
		}
		switch err := run.one(ctx, &jobs[i]); {
		case errors.Is(err, errNotReached):
			run.totals.InputsNotReached = uint64(len(jobs) - i)
		case err != nil:
			run.sinks.discard()
			return err
		}
	}
	run.end(ctx, in)
	return nil
}

// job is one entry of the report: a capture, a series, or an input that is
// known to be unreadable.
type job struct {
	names  []string
	series bool
	err    error
}

// jobs makes the list of what to analyze.
func (run *analysis) jobs(in *inputs) ([]job, error) {
	var jobs []job
	for _, f := range in.failed {
		jobs = append(jobs, job{names: []string{f.name}, err: f.err})
	}
	if !run.fl.series {
		for _, n := range in.names {
			jobs = append(jobs, job{names: []string{n}})
		}
		return jobs, nil
	}
	ordered, failed, err := orderSeries(in.names)
	if err != nil {
		return nil, err
	}
	for _, f := range failed {
		jobs = append(jobs, job{names: []string{f.name}, err: f.err})
	}
	if len(ordered) > 0 {
		jobs = append(jobs, job{names: ordered, series: true})
	}
	return jobs, nil
}

// errNotReached: the interruption came before anything of the input was read.
var errNotReached = errors.New("not reached")

// one analyzes one job and reports it. An error is errNotReached or about the
// command line.
func (run *analysis) one(ctx context.Context, j *job) error {
	c, err := run.capture(ctx, j)
	if err != nil {
		return err
	}
	run.totals.Add(c)
	run.sinks.each(func(r report.Renderer) error { return r.Capture(c) })
	return nil
}

// capture analyzes one job, notes the exit codes that follow and says what was
// wrong with the input. An error is errNotReached or about the command line.
func (run *analysis) capture(ctx context.Context, j *job) (*report.Capture, error) {
	input := report.Input{Names: j.names, Series: j.series, Err: j.err, Shows: disclosed(run.opt.Set)}
	if j.err == nil {
		bar := run.progress(j.names)
		opt := run.opt
		opt.Progress = bar.update
		res, err := engine.Run(ctx, j.names, opt)
		bar.stop()
		var usage *engine.UsageError
		switch {
		case errors.As(err, &usage):
			return nil, err
		case err != nil && ctx.Err() != nil:
			return nil, errNotReached
		case err != nil:
			input.Err = err
		default:
			input.Capture, input.Files, input.ReadErr = &res.Capture, res.Files, res.Err
		}
	}
	c := report.BuildCapture(&input)
	run.judge(c, &input)
	return c, nil
}

// judge draws the exit codes from a capture's report, and says on standard
// error what was wrong with the input.
func (run *analysis) judge(c *report.Capture, in *report.Input) {
	if c.Unreadable() {
		run.happened.note(exitUnreadable)
		run.complain(in.Err)
		return
	}
	cov := c.Coverage
	if cov.DamageCount > 0 || cov.EndedEarly || in.ReadErr != nil {
		run.happened.note(exitDamaged)
		run.damages(c, in)
	}
	if len(cov.AnalyzersFailed) > 0 || cov.InternalErrorCount > 0 {
		run.happened.note(exitInternal)
		for _, f := range cov.AnalyzersFailed {
			run.say("%s: %s", c.Path, f.Error)
		}
		for _, s := range cov.InternalErrors {
			run.say("%s: %s", c.Path, s)
		}
	}
	for _, f := range c.Findings {
		if run.failOn > 0 && failRanks[f.Severity] >= run.failOn {
			run.happened.note(exitFindings)
		}
	}
}

// damages prints the first damages of an input, one line each.
func (run *analysis) damages(c *report.Capture, in *report.Input) {
	const most = 3
	cov := c.Coverage
	for i, d := range cov.Damages {
		if i == most {
			run.say("%s: ... and %s more such places", c.Path, report.Count(cov.DamageCount-most))
			break
		}
		run.say("%s", d)
	}
	if in.ReadErr != nil {
		run.complain(in.ReadErr)
	}
}

// end completes the report.
func (run *analysis) end(ctx context.Context, in *inputs) {
	if ctx.Err() != nil {
		run.totals.Interrupted = true
		run.happened.note(exitInterrupted)
		run.say("interrupted: the report covers what was read until then")
	}
	run.totals.FilesSkipped = in.skipped
	if in.skipped > 0 && !run.fl.quiet {
		run.say("%d other files in directories skipped: no capture's magic number", in.skipped)
	}
	run.sinks.each(func(r report.Renderer) error { return r.End(run.totals) })
	run.sinks.finish()
}

// heapLimit is what the collector works to stay below. The live data are
// bounded by the tables' caps, about half of this; without a limit the heap
// may grow to twice the live data before the collector looks at it.
const heapLimit = 384 << 20

// boundHeap tells the collector, unless the user did (GOMEMLIMIT).
func boundHeap(maxMemory int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(heapLimit, 2*maxMemory))
	}
}

// heapGrowth is the share of the live data, in percent, by which the heap may grow
// before the collector looks at it again: half of what is usual. It has little to
// look at, as the tables hold no pointers, and what a long capture takes is then
// nearer to what it needs.
const heapGrowth = 50

// settleHeap prepares for many packets. The user's settings come first (GOGC,
// GOMEMLIMIT): who set a limit may not have the room that huge pages take.
func settleHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		askHugePages()
	}
}

// failRanks orders what --fail-on takes.
var failRanks = map[string]int{"never": 0, "info": 1, "warning": 2, "error": 3}

// options checks the flags that need checking, before anything is read.
func (run *analysis) options() error {
	fl := run.fl
	rank, ok := failRanks[fl.failOn]
	if !ok {
		return fmt.Errorf("--fail-on %s: want info, warning, error or never", fl.failOn)
	}
	// A severity is at least as bad as the threshold when its rank is not lower.
	run.failOn = rank
	if fl.workers < 0 {
		return fmt.Errorf("--workers %d: want 0 or more", fl.workers)
	}
	if fl.top < 0 {
		return fmt.Errorf("--top %d: want 0 or more", fl.top)
	}
	run.opt.Workers, run.opt.Filter = fl.workers, fl.filter
	run.opt.TrustLinkType = fl.trustLinkType
	var err error
	if run.opt.MaxMemory, err = parseSize(fl.maxMemory); err != nil {
		return fmt.Errorf("--max-memory %s: %w", fl.maxMemory, err)
	}
	boundHeap(run.opt.MaxMemory)
	if run.opt.Analyzers, err = run.chosen(fl.enable, fl.disable); err != nil {
		return err
	}
	if run.opt.Set, err = run.settings(fl.set, run.opt.Analyzers); err != nil {
		return err
	}
	fl.disclose(run.opt.Set, run.opt.Analyzers)
	return nil
}
