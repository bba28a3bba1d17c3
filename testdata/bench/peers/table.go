package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// table prints what every contender took. The ratio is of times per packet, so that rows on a part compare too.
func table(out io.Writer, all []*contender, part int64) {
	var ours *contender
	for _, c := range all {
		if c.name == everything && len(c.runs) > 0 {
			ours = c
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "command\tversion\twall s\tuser+sys s\tMpps\tpeak MiB\ttime / all analyzers'\t")
	floor := ownPeak()
	var notes []string
	for _, c := range all {
		if len(c.runs) == 0 {
			why := "missing"
			if !errors.Is(c.missing, errMissing) {
				why = "see below"
				notes = append(notes, fmt.Sprintf("%s: %v", c.name, c.missing))
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t\t\t\t\t\n", c.name, c.version, why)
			continue
		}
		m := c.median()
		memory, ratio := mib(m.peak), ""
		if m.peak <= floor {
			memory = "<= " + memory
		}
		if ours != nil {
			ratio = fmt.Sprintf("%.2f", c.perPacket()/ours.perPacket())
		}
		fmt.Fprintf(w, "%s\t%s\t%.3f\t%.3f\t%.3f\t%s\t%s\t\n", c.name, c.version, m.wall.Seconds(), m.cpu.Seconds(),
			1e-6/c.perPacket(), memory, ratio)
	}
	w.Flush()
	fmt.Fprintf(out, "\nwall is the median; part: on the first %d packets, startup included, compared by time per packet.\n", part)
	for _, n := range notes {
		fmt.Fprintln(out, n)
	}
}

func mib(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/(1<<20)) }
