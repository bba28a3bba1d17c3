package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

const (
	memoryLimit = 400 << 20
	floodLimit  = 512 << 20
	// Flat means up to this much more for ten times the packets: the garbage collector's timing alone makes some.
	flatness = 1.2
)

// target is a promise and what was found.
type target struct {
	promise string
	found   string
	open    bool // nothing was measured
	met     bool
}

func unmeasured(promise string, why error) target {
	return target{promise: promise, found: why.Error(), open: true}
}

// speedTargets are those that the table decides.
func speedTargets(all []*contender) []target {
	find := func(name string) *contender {
		for _, c := range all {
			if c.name == name && len(c.runs) > 0 {
				return c
			}
		}
		return nil
	}
	var ts []target
	for _, t := range []struct {
		ours, promise, peer string
		least               float64
	}{
		{connectAlone, "at most half the time of tcpdump's one filter", "tcpdump -nr, one filter", 2},
		{connectAlone, "at least 10 times as fast as tcptrace", "tcptrace -n", 10},
		{connectAlone, "at least 100 times as fast as tshark", "tshark -z conv,tcp, part", 100},
		{everything, "at most 0.8 of the time of tcpdump's one filter", "tcpdump -nr, one filter", 1 / 0.8},
	} {
		promise := t.ours + ": " + t.promise
		ours, peer := find(t.ours), find(t.peer)
		if ours == nil || peer == nil {
			ts = append(ts, unmeasured(promise, fmt.Errorf("needs pcaptriage and %s", t.peer)))
			continue
		}
		times := peer.perPacket() / ours.perPacket()
		ts = append(ts, target{promise: promise, found: fmt.Sprintf("%.2f times as fast", times), met: times >= t.least})
	}
	promise := fmt.Sprintf("%s: peak memory under %d MiB", everything, memoryLimit>>20)
	ours := find(everything)
	if ours == nil {
		return append(ts, unmeasured(promise, fmt.Errorf("needs pcaptriage")))
	}
	p := ours.median().peak
	return append(ts, target{promise: promise, found: mib(p) + " MiB", met: p < memoryLimit})
}

// verdicts prints the targets and tells whether every measured one is met.
func verdicts(out io.Writer, ts []target) bool {
	all := true
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range ts {
		verdict := "met"
		switch {
		case t.open:
			verdict = "not measured"
		case !t.met:
			verdict = "NOT met"
			all = false
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", verdict, t.promise, t.found)
	}
	w.Flush()
	return all
}
