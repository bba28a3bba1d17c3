package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"pcaptriage/decoders/capture"
	"pcaptriage/report"
)

// rewriteFlags are the options that extract and annotate share.
type rewriteFlags struct {
	analyzeFlags
	output, outputDir string
	findings, rules   []string
}

func (fl *rewriteFlags) add(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringArrayVarP(&fl.read, "read", "r", nil, "read this `FILE`, as tcpdump and tshark spell it (repeatable)")
	f.StringVarP(&fl.output, "output", "o", "", "write the new capture to this `FILE` (-: standard output); .gz, .zst, .lz4 and .xz are compressed")
	f.StringVarP(&fl.output, "write", "w", "", "the same as -o `FILE`, as tcpdump and tshark spell it")
	f.StringVar(&fl.outputDir, "output-dir", "", "write a new capture for each FILE into this `DIRECTORY`, under its own name")
	f.BoolVar(&fl.force, "force", false, "overwrite files")
	f.StringArrayVar(&fl.findings, "finding", nil, "only the finding with this `ID`, or the beginning of it (repeatable; --format json of analyze shows them)")
	f.StringSliceVar(&fl.rules, "rule", nil, "only findings of this `RULE` (repeatable, or a list with commas)")
	f.StringSliceVar(&fl.enable, "enable", nil, "run only this `ANALYZER` (repeatable, or a list with commas)")
	f.StringSliceVar(&fl.disable, "disable", nil, "do not run this `ANALYZER` (repeatable, or a list with commas)")
	f.StringArrayVar(&fl.set, "set", nil, "set an analyzer's option: `ANALYZER.OPTION=VALUE` (repeatable; see pcaptriage analyzers)")
	f.StringVar(&fl.filter, "filter", "", "analyze only the packets that this `EXPRESSION` lets pass")
	f.BoolVar(&fl.trustLinkType, "trust-linktype", false, "read every file as its header says, also when its packets say otherwise")
	f.BoolVar(&fl.series, "series", false, "the files are one rotated capture: connections run on across them")
	f.IntVar(&fl.workers, "workers", 0, "decode and analyze on `N` cores (0: all)")
	f.StringVar(&fl.maxMemory, "max-memory", "", "bound the tables of flows to about `SIZE`: 512M, 2G")
	f.StringVar(&fl.config, "config", "", "read options from this YAML `FILE`; its names are those of the flags, which win over it")
	f.BoolVar(&fl.noProgress, "no-progress", false, "no progress bar, also on a terminal")
	f.BoolVarP(&fl.quiet, "quiet", "q", false, "say only what went wrong")
}

// rewriting is one run of extract or annotate.
type rewriting struct {
	*analysis
	fl      *rewriteFlags
	written map[string]string // base names in outputDir, to their inputs
	inputs  []string          // all of them
	wrote   int
	// selection says what to write of a capture's files, nil for nothing. It may
	// read the files.
	selection func(ctx context.Context, files []*citing) ([]*capture.Selection, error)
}

// citing is a file and the findings that cite frames of it.
type citing struct {
	name     string
	index    int // of the file in a series
	capture  *report.Capture
	findings []*report.Finding
	frames   map[uint64]bool // cited
}

// rewrite carries a verb out. An error is about the command line.
func (run *rewriting) rewrite(ctx context.Context, args []string) error {
	fl := run.fl
	args = append(fl.read, args...)
	fl.failOn = "never"
	if (fl.output == "") == (fl.outputDir == "") {
		return errors.New("say where to: -o FILE, or --output-dir DIRECTORY")
	}
	if err := run.options(); err != nil {
		return err
	}
	if err := run.knownRules(); err != nil {
		return err
	}
	in, err := run.expand(args)
	if err != nil {
		return err
	}
	for _, n := range in.names {
		if n == stdinName {
			return errors.New("standard input (-) can be read only once, and this reads a capture again; save it to a file")
		}
	}
	if fl.output != "" && len(in.names) > 1 {
		return fmt.Errorf("-o %s is one file and there are %d captures; --output-dir takes them", fl.output, len(in.names))
	}
	run.inputs = fl.inputs(in.names)
	in.leaveOutPipes()
	jobs, err := run.jobs(in)
	if err != nil {
		return err
	}
	chosen := 0
	for i := range jobs {
		if ctx.Err() != nil {
			break
		}
		c, err := run.capture(ctx, &jobs[i])
		if errors.Is(err, errNotReached) {
			break
		}
		if err != nil {
			return err
		}
		if c.Unreadable() || ctx.Err() != nil {
			continue
		}
		findings := run.choose(c.Findings)
		chosen += len(findings)
		run.files(ctx, jobs[i].names, c, findings)
	}
	if ctx.Err() != nil {
		run.happened.note(exitInterrupted)
		run.say("interrupted")
		return nil
	}
	if run.wrote == 0 {
		run.happened.note(exitFindings)
	}
	if chosen == 0 && len(fl.findings) > 0 {
		return fmt.Errorf("no finding has the id %s; pcaptriage analyze --format json shows the ids", strings.Join(fl.findings, " or "))
	}
	return nil
}

// knownRules checks the values of --rule.
func (run *rewriting) knownRules() error {
	for _, code := range run.fl.rules {
		if _, ok := run.rule(code); !ok {
			return fmt.Errorf("--rule %s: no such rule%s; pcaptriage explain lists all", code, didYouMean(code, run.ruleCodes()))
		}
	}
	return nil
}

// choose are the findings that --finding and --rule ask for; without them, all.
func (run *rewriting) choose(all []*report.Finding) (out []*report.Finding) {
	for _, f := range all {
		byID, byRule := len(run.fl.findings) == 0, len(run.fl.rules) == 0
		for _, id := range run.fl.findings {
			byID = byID || id != "" && strings.HasPrefix(f.ID, id)
		}
		for _, code := range run.fl.rules {
			byRule = byRule || f.Rule == code
		}
		if byID && byRule && len(f.Evidence) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// files writes the new captures of a job's files.
func (run *rewriting) files(ctx context.Context, names []string, c *report.Capture, findings []*report.Finding) {
	if len(c.Files) > 0 { // in the order read
		names = names[:min(len(names), len(c.Files))]
	}
	var files []*citing
	for i, name := range names {
		files = append(files, cite(name, i, c, findings))
	}
	selections, err := run.selection(ctx, files)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		run.fail(&outputError{err})
		return
	}
	for i, cf := range files {
		if selections[i] == nil {
			run.say("%s: no findings to show, nothing written", cf.name)
			continue
		}
		if err := run.file(ctx, cf, *selections[i]); err != nil && ctx.Err() == nil {
			run.fail(err)
		}
	}
}

// cite collects the frames that findings cite of a file.
func cite(name string, index int, c *report.Capture, findings []*report.Finding) *citing {
	cf := &citing{name: name, index: index, capture: c, frames: map[uint64]bool{}}
	for _, f := range findings {
		here := false
		for _, e := range f.Evidence {
			if e.File == "" || e.File == report.Escape(name) {
				cf.frames[e.Frame] = true
				here = true
			}
		}
		if here {
			cf.findings = append(cf.findings, f)
		}
	}
	return cf
}

// file writes the new capture of one file.
func (run *rewriting) file(ctx context.Context, cf *citing, sel capture.Selection) error {
	cov := cf.capture.Coverage
	// A cut end is copied as far as it goes; other damage is not copied.
	sel.Rebuild = sel.Rebuild || cov.DamageCount > 1 || cov.DamageCount == 1 && !cov.EndedEarly
	target, err := run.target(cf)
	if err != nil {
		return outputFailure(target, err)
	}
	plain := strings.ToLower(strings.TrimSuffix(target, filepath.Ext(target)))
	if compressionOf(target) == "none" {
		plain = strings.ToLower(target)
	}
	if strings.HasSuffix(plain, ".pcapng") {
		sel.Rebuild = sel.Rebuild || !run.isPcapNG(cf)
	}
	var stats capture.SelectionStats
	produce := func(w io.Writer, compression string) error {
		z, err := capture.NewCompressor(w, compression)
		if err != nil {
			return err
		}
		if stats, err = capture.WriteSelection(cancelled{ctx, z}, cf.name, sel); err != nil {
			return err
		}
		if stats.Frames < run.least(cf, sel) {
			return fmt.Errorf("%s %w", cf.name, errShorter)
		}
		return z.Close()
	}
	if target == stdinName {
		if err := run.spareStdout(run.inputs); err != nil {
			return err
		}
		if err := produce(run.stdout, "none"); err != nil {
			return outputFailure("to standard output", err)
		}
		return run.done(cf, "standard output", sel, stats, run.stderr)
	}
	err = capture.Replace(target, capture.ReplaceOptions{Overwrite: run.fl.force}, func(w io.Writer) error {
		return produce(w, compressionOf(target))
	}, func(temp string) error { return readsBack(ctx, temp, &stats) })
	if errors.Is(err, capture.ErrExists) {
		err = fmt.Errorf("%w; --force overwrites it", capture.ErrExists)
	}
	if err != nil {
		return outputFailure(target, err)
	}
	return run.done(cf, target, sel, stats, run.stdout)
}

// errShorter: of a ring of files the oldest is overwritten, for example.
var errShorter = errors.New("has become shorter while it was read")

// least is how many frames have to be written: all, or as far as the last cited.
func (run *rewriting) least(cf *citing, sel capture.Selection) (n uint64) {
	if sel.Keep == nil {
		return run.packets(cf)
	}
	for _, number := range renumbered(sel, cf.frames) {
		n = max(n, number)
	}
	return n
}

// packets are those of one file.
func (run *rewriting) packets(cf *citing) uint64 {
	if cf.index < len(cf.capture.Files) {
		return cf.capture.Files[cf.index].Packets
	}
	return *cf.capture.Packets
}

// isPcapNG says whether the input is in that format already.
func (run *rewriting) isPcapNG(cf *citing) bool {
	if cf.index < len(cf.capture.Files) {
		return cf.capture.Files[cf.index].Format == string(capture.FormatPcapNG)
	}
	return cf.capture.Format != nil && *cf.capture.Format == string(capture.FormatPcapNG)
}

// target is where the new capture of a file goes.
func (run *rewriting) target(cf *citing) (string, error) {
	target := run.fl.output
	if target == stdinName {
		return target, nil
	}
	if target == "" {
		base := filepath.Base(cf.name)
		if compressionOf(base) == "bzip2" {
			base = strings.TrimSuffix(base, filepath.Ext(base))
		}
		target = filepath.Join(run.fl.outputDir, base)
		if other, taken := run.written[base]; taken {
			return target, fmt.Errorf("%s has gone there already", other)
		}
		run.written[base] = cf.name
		if err := os.MkdirAll(run.fl.outputDir, 0o777); err != nil {
			return target, err
		}
	}
	return target, run.app.spare(target, cf.name, run.inputs, "")
}

// readsBack reads a written file to its end: every frame that was written has to
// be there, undamaged.
func readsBack(ctx context.Context, name string, stats *capture.SelectionStats) error {
	r, err := capture.Open(name, capture.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	if err := drain(ctx, r); err != nil {
		return err
	}
	if info := r.Info(); info.Frames != stats.Frames || info.DamageCount > 0 {
		return fmt.Errorf("%d frames were written and %d read back", stats.Frames, info.Frames)
	}
	return nil
}

// done says what was written, and which frames are the cited ones there.
func (run *rewriting) done(cf *citing, target string, sel capture.Selection, stats capture.SelectionStats, w io.Writer) error {
	if stats.Unplaced > 0 {
		run.say("%s: %d comments left out: their frames are simple packet blocks, which hold none", cf.name, stats.Unplaced)
	}
	run.wrote++
	if run.fl.quiet {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s of %s frames of %s", report.Escape(target), report.Count(stats.Frames), report.Count(run.packets(cf)), report.Escape(cf.name))
	if stats.Commented > 0 {
		fmt.Fprintf(&b, ", %s with comments", report.Count(stats.Commented))
	}
	fmt.Fprintln(&b)
	number := renumbered(sel, cf.frames)
	for _, f := range cf.findings {
		var old, now []string
		for _, e := range f.Evidence {
			if n := number[e.Frame]; n > 0 && (e.File == "" || e.File == report.Escape(cf.name)) {
				old, now = append(old, fmt.Sprint(e.Frame)), append(now, fmt.Sprint(n))
			}
		}
		line := fmt.Sprintf("  %s %s %s: frames %s", f.Severity, f.Rule, f.ID, strings.Join(now, ", "))
		if sel.Keep != nil {
			line += " (" + strings.Join(old, ", ") + " before)"
		}
		fmt.Fprintln(&b, line)
	}
	if _, err := io.WriteString(w, b.String()); err != nil && w == run.stdout {
		return outputFailure("to standard output", err)
	}
	return nil
}

// renumbered are the cited frames' numbers among those that were kept.
func renumbered(sel capture.Selection, cited map[uint64]bool) map[uint64]uint64 {
	out := map[uint64]uint64{}
	var last uint64
	for f := range cited {
		last = max(last, f)
	}
	var n uint64
	for f := uint64(1); f <= last; f++ {
		if sel.Keep == nil || sel.Keep(f) {
			n++
			if cited[f] {
				out[f] = n
			}
		}
	}
	return out
}
