package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/excerpt"
	"pcaptriage/report"
)

func (a *app) extractCommand() *cobra.Command {
	var fl rewriteFlags
	around, whole := 5, false
	cmd := &cobra.Command{
		Use:   "extract FILE...",
		Short: "Writes a small capture of the packets that findings are about",
		Long: `Writes a small capture: the frames that findings cite, the handshakes of their connections, and
some packets of the same connections around them. pcap stays pcap and pcapng stays pcapng, with
interfaces, names, statistics and secrets; packets stay as they are. The new frame numbers are
printed. A damaged capture is written as pcapng from what can be read of it.

A finding cites at most 8 frames. What rests on more than those and their neighbours does not show
again in the small capture: of one connection, as with SSH, --whole-flows helps; of many, as with
a scan, nothing does.

Exit codes: those of analyze; 1 when there is no finding to show.`,
		Example: `  # what to attach to a ticket
  pcaptriage extract -o stall.pcap --rule pmtu-stall trace.pcap

  # one finding, with more around it
  pcaptriage extract -o one.pcapng --finding 6942b4c5 --context 50 trace.pcapng

  # each file of a rotated capture
  pcaptriage extract --series --output-dir small/ trace.pcap0 trace.pcap1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if fl.config != "" {
				if err := applyConfig(cmd.Flags(), fl.config); err != nil {
					return err
				}
			}
			if around < 0 {
				return fmt.Errorf("--context %d: want 0 or more", around)
			}
			run := a.rewriting(&fl)
			run.selection = func(ctx context.Context, files []*citing) ([]*capture.Selection, error) {
				return excerpts(files, excerpt.Options{Context: around, Whole: whole, Stop: ctx.Err})
			}
			return run.rewrite(cmd.Context(), args)
		},
	}
	fl.add(cmd.Flags())
	cmd.Flags().IntVar(&around, "context", around, "take `N` packets of the same connection before and after each cited frame")
	cmd.Flags().BoolVar(&whole, "whole-flows", false, "take the whole connections of cited frames")
	return cmd
}

func (a *app) rewriting(fl *rewriteFlags) *rewriting {
	return &rewriting{analysis: &analysis{app: a, fl: &fl.analyzeFlags, totals: report.NewTotals()}, fl: fl, written: map[string]string{}}
}

// excerpts chooses the packets of a capture's files.
func excerpts(files []*citing, opt excerpt.Options) ([]*capture.Selection, error) {
	names := make([]string, len(files))
	cited := map[decoders.FrameRef]bool{}
	for i, cf := range files {
		names[i] = cf.name
		for frame := range cf.frames {
			cited[decoders.FrameRef(uint64(i)<<48|frame)] = true
		}
	}
	out := make([]*capture.Selection, len(files))
	if len(cited) == 0 {
		return out, nil
	}
	opt.LinkType = func(file, iface int, declared uint16) uint16 { return files[file].readAs(iface, declared) }
	keep, err := excerpt.Frames(names, cited, opt)
	if err != nil {
		return nil, err
	}
	for ref := range cited {
		if !keep[ref] {
			return nil, fmt.Errorf("%s %w", names[ref.File()], errShorter)
		}
	}
	for ref := range keep {
		if i := ref.File(); out[i] == nil {
			out[i] = &capture.Selection{Keep: func(frame uint64) bool { return keep[decoders.FrameRef(uint64(i)<<48|frame)] }}
		}
	}
	return out, nil
}

// readAs is the link type that the file's interface was read as.
func (c *citing) readAs(iface int, declared uint16) uint16 {
	types := c.capture.LinkTypes
	if c.index < len(c.capture.Files) {
		types = c.capture.Files[c.index].LinkTypes
	}
	for _, t := range types {
		if t.Interface == iface {
			return t.ReadAs
		}
	}
	return declared
}
