// Command peers runs pcaptriage and other programs that read captures as whole processes on the same file, and
// compares time and memory.
//
//	go run ./testdata/bench/traffic                       # makes .cache/bench/http.pcap
//	go run ./testdata/bench/peers                         # the table and the targets
//	go run ./testdata/bench/peers --only pcaptriage,tcpdump --runs 9
//	go run ./testdata/bench/peers --flood --tenfold       # the memory checks as well
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"pcaptriage/testdata/bench/savefile"
)

type options struct {
	file, flood    string
	part           int64
	runs, cores    int
	only           []string
	subject        string
	checkFlood     bool
	checkTenfold   bool
	skipComparison bool
	enforce        bool
}

func main() {
	var o options
	var dir string
	fs := pflag.NewFlagSet("peers", pflag.ExitOnError)
	fs.StringVar(&dir, "dir", filepath.Join(".cache", "bench"), "cache folder")
	fs.StringVar(&o.file, "file", "", "capture to compare on (default: http.pcap in the cache folder)")
	fs.Int64Var(&o.part, "part", 200_000, "packets of it for the programs that are too slow for the whole")
	fs.IntVar(&o.runs, "runs", 5, "runs of each program, in turn")
	fs.IntVar(&o.cores, "cores", 2, "processors that every program may use; 0: all")
	fs.StringSliceVar(&o.only, "only", nil, "run only the programs whose name begins with one of these")
	fs.StringVar(&o.subject, "pcaptriage", "", "pcaptriage binary to compare (default: built from this checkout)")
	fs.BoolVar(&o.checkFlood, "flood", false, "also check the memory taken by 5 million flows")
	fs.BoolVar(&o.checkTenfold, "tenfold", false, "also check that ten times the capture takes no more memory")
	fs.BoolVar(&o.skipComparison, "skip-comparison", false, "do the memory checks only")
	fs.BoolVar(&o.enforce, "enforce", false, "exit with 1 when a target is not met: for quiet machines")
	fs.Parse(os.Args[1:])
	if o.file == "" {
		o.file = filepath.Join(dir, "http.pcap")
	}
	o.flood = filepath.Join(dir, "synflood.pcap")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	met, err := run(ctx, o)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	case o.enforce && !met:
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (met bool, err error) {
	cores, err := confine(o.cores)
	if err != nil {
		return false, err
	}
	tmp, err := os.MkdirTemp("", "bench-peers-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)

	whole, err := savefile.Measure(o.file)
	if err != nil {
		return false, fmt.Errorf("%w (go run ./testdata/bench/traffic makes it)", err)
	}
	in := input{path: o.file, packets: whole.Packets}
	part := input{path: filepath.Join(tmp, "part.pcap")}
	head, err := savefile.Head(o.file, part.path, o.part)
	if err != nil {
		return false, err
	}
	part.packets = head.Packets

	b := &builder{ctx: ctx, dir: tmp}
	subject := b.subject(o.subject)
	fmt.Printf("%s: %.2f M packets, %.2f GB; %d processors; load %s\n\n", filepath.Base(o.file),
		float64(whole.Packets)/1e6, float64(whole.Bytes)/1e9, cores, loadAverage())

	var targets []target
	if !o.skipComparison {
		all := contenders(b, subject, in, part)
		if len(o.only) > 0 {
			all = slices.DeleteFunc(all, func(c *contender) bool {
				return !slices.ContainsFunc(o.only, func(s string) bool { return strings.HasPrefix(c.name, s) })
			})
		}
		if err := race(ctx, all, o.runs, tmp); err != nil {
			return false, err
		}
		table(os.Stdout, all, part.packets)
		targets = speedTargets(all)
	}
	if o.checkTenfold {
		targets = append(targets, tenfold(ctx, b, subject, in, tmp))
	}
	if o.checkFlood {
		targets = append(targets, flood(ctx, subject, o.flood, tmp))
	}
	fmt.Println()
	return verdicts(os.Stdout, targets), ctx.Err()
}

func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown on " + runtime.GOOS
	}
	return strings.Fields(string(b))[0]
}
