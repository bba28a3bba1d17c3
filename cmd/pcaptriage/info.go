package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pcaptriage/decoders/capture"
	"pcaptriage/report"
)

func (a *app) infoCommand() *cobra.Command {
	var read []string
	var format string
	var noColour bool
	cmd := &cobra.Command{
		Use:   "info FILE...",
		Short: "Says what is in capture files: format, link types, packets, time span, health",
		Long: `Says what is in capture files: format, byte order, timestamp resolution, link types by
interface, packets, time span, drops told by the capture, order, and health. FILE is what
analyze takes.`,
		Example: `  pcaptriage info trace.pcapng
  pcaptriage info --format json captures/ > info.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %s: want text or json", format)
			}
			in, err := a.expand(append(read, args...))
			if err != nil {
				return err
			}
			opt := report.Options{Width: columns(a.stdout), Colour: mayColour(a.stdout, noColour)}
			return a.info(cmd.Context(), in, format, opt)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&read, "read", "r", nil, "read this `FILE` (repeatable)")
	f.StringVar(&format, "format", "text", "print `FORMAT`: text, json")
	f.BoolVar(&noColour, "no-color", false, "no colours, also on a terminal (so does NO_COLOR)")
	return cmd
}

// info describes the inputs. An error is an output error.
func (a *app) info(ctx context.Context, in *inputs, format string, opt report.Options) error {
	var files []*report.Info
	show := func(i *report.Info) error {
		files = append(files, i)
		if format == "json" {
			return nil
		}
		if len(files) > 1 {
			if err := a.print("\n"); err != nil {
				return err
			}
		}
		if err := report.WriteInfoText(a.stdout, i, opt); err != nil {
			return outputFailure("to standard output", err)
		}
		return nil
	}
	for _, f := range in.failed {
		a.happened.note(exitUnreadable)
		a.complain(f.err)
		if err := show(report.NewInfo(f.name, nil, false, f.err)); err != nil {
			return err
		}
	}
	for _, n := range in.names {
		if ctx.Err() != nil {
			break
		}
		i := a.describe(ctx, n)
		if i == nil {
			break
		}
		if err := show(i); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		a.happened.note(exitInterrupted)
		a.say("interrupted")
	}
	if in.skipped > 0 {
		a.say("%d other files in directories skipped: no capture's magic number", in.skipped)
	}
	if format == "json" {
		if err := report.WriteInfoJSON(a.stdout, tool(), files); err != nil {
			return outputFailure("to standard output", err)
		}
	}
	return nil
}

// describe reads a file to its end and notes the exit codes. It returns nil when
// the user has interrupted before anything was known.
func (a *app) describe(ctx context.Context, name string) *report.Info {
	r, err := capture.OpenContext(ctx, name, capture.Options{})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		a.happened.note(exitUnreadable)
		a.complain(err)
		return report.NewInfo(name, nil, false, err)
	}
	defer r.Close()
	for err == nil && ctx.Err() == nil {
		var slab *capture.Slab
		if slab, err = r.Next(); err == nil {
			slab.Release()
		}
	}
	interrupted := err == nil || errors.Is(err, context.Canceled)
	if interrupted || errors.Is(err, io.EOF) {
		err = nil
	}
	info := r.Info()
	if interrupted { // that it ends here is no fault of the file
		return report.NewInfo(name, info, true, nil)
	}
	if err != nil || info.DamageCount > 0 || info.EndedEarly {
		a.happened.note(exitDamaged)
	}
	if err != nil {
		a.complain(err)
	}
	for i := range info.Damages {
		if i == 3 {
			a.say("%s: ... and %s more such places", name, report.Count(info.DamageCount-3))
			break
		}
		a.say("%s", info.Damages[i].String())
	}
	return report.NewInfo(name, info, false, err)
}
