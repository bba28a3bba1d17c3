package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcaptriage/decoders/link"
	"pcaptriage/decoders/linkscore"
	"pcaptriage/decoders/reframe"
	"pcaptriage/report"
)

// fixFlags are the options of fix-dlt.
type fixFlags struct {
	to                               []string
	output, outputDir, backup, encap string
	inPlace, dryRun, force, list     bool
}

func (a *app) fixCommand() *cobra.Command {
	var fl fixFlags
	cmd := &cobra.Command{
		Use:     "fix-dlt FILE...",
		Aliases: []string{"fix-linktype"},
		Short:   "Finds and repairs a lying link-type header",
		Long: `Finds capture files whose header states another link type than the packets have, such as
loopback captures of OpenBSD (12, which everybody else reads as raw IP), and repairs them. FILE
is a pcap or pcapng file, plain or compressed, a directory, or a pattern.

Without an output option it only reports. A repair changes the two bytes of the link type, an
interface at a time in pcapng, and nothing else; compressed files stay compressed. It is read
back before it replaces anything. Files that are right are never touched: --output copies them
as they are, --output-dir leaves them out. When packets disagree, or several types would do,
the file is left alone; --to decides such cases.

Exit codes: 0 all files are right, or were repaired; 1 without an output option: some file is
mislabelled; or a repair was declined; 2 usage error; 3 a file could not be read; 4 a file was
damaged or cut short; 5 output could not be written or was refused without --force.`,
		Example: `  # is it mislabelled?
  pcaptriage fix-dlt lo0.pcap

  # repair it where it is: two bytes, whatever its size
  pcaptriage fix-dlt --in-place lo0.pcap

  # all captures of a directory, keeping the originals
  pcaptriage fix-dlt --output-dir repaired/ captures/

  # for a tool that knows only Ethernet
  pcaptriage fix-dlt --encap ethernet --output eth.pcap lo0.pcap

  # what the file is, if it cannot be told: the second interface is raw IP
  pcaptriage fix-dlt --to 1=RAW --in-place trace.pcapng`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if fl.list {
				return a.listLinkTypes()
			}
			return a.fix(cmd.Context(), &fl, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&fl.to, "to", nil, "the packets are of this `[INTERFACE=]TYPE`, by name or number, whatever they look like (repeatable); of several interfaces only those that are not right are changed, unless named")
	f.StringVarP(&fl.output, "output", "o", "", "write the repaired capture to `FILE` (- is standard output); .gz, .zst, .lz4 or .xz compress it")
	f.StringVarP(&fl.output, "write", "w", "", "the same as -o `FILE`, as tcpdump and tshark spell it")
	f.StringVar(&fl.outputDir, "output-dir", "", "write repaired captures to `DIR`, under their names")
	f.BoolVar(&fl.inPlace, "in-place", false, "repair the files where they are")
	f.StringVar(&fl.backup, "backup", "", "with --in-place: keep the old file under its name and `SUFFIX`")
	f.StringVar(&fl.encap, "encap", "", "give each packet another link-layer header: `TARGET` is "+targetNames())
	f.BoolVarP(&fl.dryRun, "dry-run", "n", false, "only report")
	f.BoolVar(&fl.force, "force", false, "overwrite output files; take --to also if it explains no packet")
	f.BoolVar(&fl.list, "list", false, "list the link types: numbers, names, whether they are decoded and checked")
	return cmd
}

func targetNames() string {
	var names []string
	for _, t := range reframe.Targets {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// fixing is one run of fix-dlt.
type fixing struct {
	*app
	fl    *fixFlags
	to    map[int]uint16 // by interface; allInterfaces: those that are not right
	encap bool
	// target is the new encapsulation, valid if encap.
	target  uint16
	counts  map[string]int
	written map[string]string // in --output-dir: by name, the input it was made from
	inputs  []string          // all of them
}

const allInterfaces = -1

// Outcomes of a file, in the order of the summary.
var outcomes = []string{"right", "repaired", "to repair", "declined", "not judged", "failed"}

// fix carries the verb out. An error is about the command line.
func (a *app) fix(ctx context.Context, fl *fixFlags, args []string) error {
	run := &fixing{app: a, fl: fl, counts: map[string]int{}, written: map[string]string{}}
	if err := run.check(args); err != nil {
		return err
	}
	in, err := a.expand(args)
	if err != nil {
		return err
	}
	run.inputs = in.names
	if fl.output != "" && len(in.names)+len(in.failed) != 1 {
		return fmt.Errorf("--output takes one input, and there are %d; --output-dir takes several", len(in.names)+len(in.failed))
	}
	for _, f := range in.failed {
		a.happened.note(exitUnreadable)
		a.complain(f.err)
		run.counts["failed"]++
	}
	for _, name := range in.names {
		if ctx.Err() != nil {
			break
		}
		run.file(ctx, name)
	}
	if ctx.Err() != nil {
		a.happened.note(exitInterrupted)
		a.say("interrupted")
	}
	if in.skipped > 0 {
		a.say("%d other files in directories skipped: no capture's magic number", in.skipped)
	}
	if n := len(in.names) + len(in.failed); n > 1 {
		run.summary(n)
	}
	return nil
}

// check looks at the options before anything is read.
func (run *fixing) check(args []string) error {
	fl := run.fl
	outputs := 0
	for _, given := range []bool{fl.output != "", fl.outputDir != "", fl.inPlace} {
		if given {
			outputs++
		}
	}
	switch {
	case outputs > 1:
		return errors.New("--output, --output-dir and --in-place exclude one another")
	case fl.backup != "" && !fl.inPlace:
		return errors.New("--backup goes with --in-place")
	case strings.ContainsAny(fl.backup, `/\`):
		return fmt.Errorf("--backup %s: a suffix is wanted, such as .orig", fl.backup)
	}
	for _, arg := range args {
		if arg == stdinName {
			return errors.New("fix-dlt reads a file twice, so it cannot read standard input; analyze reads a mislabelled stream as what it is")
		}
	}
	if fl.encap != "" {
		if run.target, run.encap = reframe.ByName(fl.encap); !run.encap {
			return fmt.Errorf("--encap %s: want %s", fl.encap, targetNames())
		}
	}
	return run.parseTo()
}

// parseTo reads the values of --to: TYPE, or INTERFACE=TYPE.
func (run *fixing) parseTo() error {
	run.to = map[int]uint16{}
	for _, v := range run.fl.to {
		iface, name := allInterfaces, v
		if left, right, ok := strings.Cut(v, "="); ok {
			n, err := strconv.Atoi(left)
			if err != nil || n < 0 {
				return fmt.Errorf("--to %s: %q is no interface number", v, left)
			}
			iface, name = n, right
		}
		t, ok := link.ByName(name)
		if !ok {
			return fmt.Errorf("--to %s: no link type of that name; pcaptriage fix-dlt --list lists them", v)
		}
		if _, twice := run.to[iface]; twice {
			return fmt.Errorf("--to %s: given twice for the same interface", v)
		}
		run.to[iface] = t
	}
	return nil
}

// writes reports whether the run may write anything.
func (run *fixing) writes() bool {
	return !run.fl.dryRun && (run.fl.output != "" || run.fl.outputDir != "" || run.fl.inPlace)
}

// tell prints one line about a file on standard output, unless that is where
// the capture goes.
func (run *fixing) tell(format string, args ...any) {
	line := report.Escape(fmt.Sprintf(format, args...))
	if run.fl.output == stdinName && !run.fl.dryRun {
		run.say("%s", line)
		return
	}
	if err := run.print(line + "\n"); err != nil {
		run.fail(err)
	}
}

func (run *fixing) summary(n int) {
	var parts []string
	for _, o := range outcomes {
		if c := run.counts[o]; c > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c, o))
		}
	}
	run.tell("%d files: %s", n, strings.Join(parts, ", "))
}

// listLinkTypes prints the table of link types.
func (a *app) listLinkTypes() error {
	var b strings.Builder
	fmt.Fprintf(&b, "%6s  %-28s %-8s %-8s %s\n", "NUMBER", "NAME", "DECODED", "CHECKED", "WHAT IT IS")
	for _, t := range link.Table() {
		checked := "no"
		if linkscore.Checkable(t.Number) {
			checked = "yes"
		}
		fmt.Fprintf(&b, "%6d  %-28s %-8s %-8s %s\n", t.Number, t.Name, t.Support, checked, t.Description)
	}
	b.WriteString("\nDECODED: yes, down to IP; \"not IP\", the link carries no IP; no. CHECKED: fix-dlt can tell from\n" +
		"the packets when the number is wrong. 12 is raw IP, and OpenBSD's loopback in its own files.\n")
	return a.print(b.String())
}
