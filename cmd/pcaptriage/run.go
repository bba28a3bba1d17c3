package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/all"
	"pcaptriage/report"
)

// app is one run of the program: where it reads and writes, what it knows, and
// what has happened so far.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	analyzers      []*analyzers.Analyzer
	happened       events
}

// run carries out one command line and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, analyzers: all.Analyzers()}
	return a.run(args)
}

func (a *app) run(args []string) int {
	if err := analyzers.Validate(a.analyzers); err != nil {
		a.complain(err)
		return exitInternal
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	// The first signal ends the reading; from then on signals act as if nobody
	// listened, so that a second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)

	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	a.fail(root.ExecuteContext(ctx))
	return a.happened.code()
}

// fail notes how a verb ended. An error that is of no other kind is about the
// command line: cobra's own are.
func (a *app) fail(err error) {
	var out *outputError
	switch {
	case err == nil:
	case isBrokenPipe(err):
		// Whoever read our output has had enough, as head does: no complaint.
	case errors.As(err, &out):
		a.complain(err)
		a.happened.note(exitInternal)
	default:
		a.complain(err)
		a.happened.note(exitUsage)
	}
}

// complain prints one line about a failure.
func (a *app) complain(err error) { a.say("%s", err.Error()) }

// say prints one line on standard error, control characters escaped.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, "pcaptriage: %s\n", report.Escape(fmt.Sprintf(format, args...)))
}

// isBrokenPipe: the reader of our output is gone.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pcaptriage",
		Short: "Says what went wrong in packet captures, and how long things took",
		Long: `pcaptriage reads packet captures (pcap, pcapng, snoop; plain or compressed) and says
what went wrong in them and why, how long things took, and what it could not see.`,
		Example: `  pcaptriage analyze trace.pcapng
  ssh host tcpdump -U -w - | pcaptriage analyze -
  pcaptriage explain connect-dropped`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(a.stderr)
			if err := cmd.Help(); err != nil {
				return err
			}
			return errors.New("no command given")
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 100"))
	root.AddCommand(a.analyzeCommand(), a.checkCommand(), a.diffCommand(), a.extractCommand(), a.annotateCommand(), a.mergeCommand(), a.fixCommand(), a.infoCommand(), a.explainCommand(), a.analyzersCommand(), a.versionCommand())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" { // which by itself shows how to use the program instead
			c.Args = func(_ *cobra.Command, args []string) error {
				if len(args) > 0 && !slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == args[0] || c.HasAlias(args[0]) }) {
					return unknownCommand(root, args[0])
				}
				return nil
			}
		}
	}
	return root
}

func unknownCommand(root *cobra.Command, name string) error {
	var verbs []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			verbs = append(verbs, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s; see pcaptriage --help", name, didYouMean(name, verbs))
}

// analyzerNames lists the analyzers in the report's order.
func (a *app) analyzerNames() []string {
	names := make([]string, len(a.analyzers))
	for i, an := range a.analyzers {
		names[i] = an.Name
	}
	return names
}

// quoteList joins names for a message.
func quoteList(names []string) string { return strings.Join(names, ", ") }
