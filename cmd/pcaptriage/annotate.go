package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pcaptriage/decoders/capture"
	"pcaptriage/report"
)

func (a *app) annotateCommand() *cobra.Command {
	var fl rewriteFlags
	cmd := &cobra.Command{
		Use:   "annotate FILE...",
		Short: "Writes the capture as pcapng with a comment on each frame that a finding cites",
		Long: `Writes the same capture with a comment on each frame that a finding cites; Wireshark shows them
in the packet details and under Analyze > Expert Information. pcap and snoop become pcapng; times,
lengths and packets stay as they are, and so do frame numbers. Everything else in a pcapng file
stays too. A damaged capture is written from what can be read of it.

The display filter frame.comment contains "pcaptriage" finds the frames.`,
		Example: `  pcaptriage annotate -o trace-annotated.pcapng trace.pcap
  pcaptriage annotate --rule connect-dropped -o - trace.pcapng | wireshark -k -i -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if fl.config != "" {
				if err := applyConfig(cmd.Flags(), fl.config); err != nil {
					return err
				}
			}
			run := a.rewriting(&fl)
			run.selection = annotations
			return run.rewrite(cmd.Context(), args)
		},
	}
	fl.add(cmd.Flags())
	return cmd
}

// annotations keeps every frame of a capture's files and comments on some.
func annotations(_ context.Context, files []*citing) ([]*capture.Selection, error) {
	var out []*capture.Selection
	for _, cf := range files {
		comments := frameComments(cf)
		out = append(out, &capture.Selection{Comments: func(frame uint64) []string { return comments[frame] }})
	}
	return out, nil
}

// frameComments are the comments of a file's frames, one a finding and frame.
func frameComments(c *citing) map[uint64][]string {
	out := map[uint64][]string{}
	for _, f := range c.findings {
		for _, e := range f.Evidence {
			if e.File != "" && e.File != report.Escape(c.name) {
				continue
			}
			role := ""
			if e.Role != "" {
				role = " (" + e.Role + ")"
			}
			out[e.Frame] = append(out[e.Frame], fmt.Sprintf("pcaptriage: %s %s%s: %s [%s; see pcaptriage explain %s]",
				f.Severity, f.Rule, role, f.Message, others(f, e), f.Rule))
		}
	}
	return out
}

// others names all frames of a finding, where there are more than e.
func others(f *report.Finding, e report.Evidence) string {
	list := report.FrameList(f.Evidence, f.EvidenceTotal)
	if e.File != "" {
		list = strings.ReplaceAll(list, " of "+e.File, " of "+filepath.Base(e.File))
	}
	return list
}
