// Command traffic makes the captures that the benchmarks read: http.pcap, real HTTP between two network namespaces
// where the machine allows it and otherwise the work of a deterministic generator; synflood.pcap; and, from any
// of them, a capture many times as long.
//
//	go run ./testdata/bench/traffic                       # http.pcap, unless it is there already
//	go run ./testdata/bench/traffic --generate --force    # http.pcap from the generator
//	go run ./testdata/bench/traffic --synflood            # synflood.pcap
//	go run ./testdata/bench/traffic --grow 10 -o - FILE   # FILE ten times over, on standard output
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"pcaptriage/testdata/bench/savefile"
)

type options struct {
	dir, out       string
	force          bool
	generate       bool
	seed           uint64
	packets, bytes int64
	synflood       bool
	flows          int
	grow           int
	limit          time.Duration
	role           string
	workers        int
}

func main() {
	var o options
	fs := pflag.NewFlagSet("traffic", pflag.ExitOnError)
	fs.StringVar(&o.dir, "dir", filepath.Join(".cache", "bench"), "cache folder")
	fs.StringVarP(&o.out, "output", "o", "", "file to write, or - for standard output (default: in the cache folder)")
	fs.BoolVar(&o.force, "force", false, "make the capture again even if a good one is there")
	fs.BoolVar(&o.generate, "generate", false, "use the deterministic generator even where real traffic is possible")
	fs.Uint64Var(&o.seed, "seed", 1, "the generator's seed")
	fs.Int64Var(&o.packets, "packets", 4_000_000, "least number of packets in http.pcap")
	fs.Int64Var(&o.bytes, "bytes", 2<<30, "least length of http.pcap")
	fs.BoolVar(&o.synflood, "synflood", false, "make synflood.pcap")
	fs.IntVar(&o.flows, "flows", 5_000_000, "flows in synflood.pcap, one SYN each")
	fs.IntVar(&o.grow, "grow", 0, "write FILE this many times over, later and from other clients each time")
	fs.DurationVar(&o.limit, "limit", 5*time.Minute, "longest time for one attempt at real traffic")
	fs.IntVar(&o.workers, "workers", 48, "clients at work at once in real traffic")
	fs.StringVar(&o.role, "role", "", "internal: which part a child process plays")
	fs.MarkHidden("role")
	fs.Parse(os.Args[1:])

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o, fs.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, args []string) error {
	switch o.role {
	case "":
	case "server":
		return serve(ctx)
	case "client":
		return load(ctx, o)
	default:
		return fmt.Errorf("unknown role %q", o.role)
	}

	if o.grow > 0 {
		if len(args) != 1 || o.out == "" {
			return errors.New("--grow needs -o and one file")
		}
		return grow(args[0], o.out, o.grow)
	}
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	if o.out == "" {
		if err := os.MkdirAll(o.dir, 0o755); err != nil {
			return err
		}
	}
	if o.synflood {
		return ready(o, "synflood.pcap", int64(o.flows), 0, func(path string) error {
			return synflood(path, o.flows)
		})
	}
	return ready(o, "http.pcap", o.packets, o.bytes, func(path string) error {
		if o.generate || path == "-" {
			return generate(path, o)
		}
		if err := possible(); err != nil {
			say("no real traffic: %v; generating instead", err)
			return generate(path, o)
		}
		err := record(ctx, path, o)
		if err == nil || ctx.Err() != nil {
			return err
		}
		say("real traffic failed: %v; generating instead", err)
		return generate(path, o)
	})
}

// ready has a capture made unless a good one is there.
func ready(o options, name string, packets, bytes int64, make func(path string) error) error {
	path := o.out
	if path == "" {
		path = filepath.Join(o.dir, name)
	}
	good := func() (savefile.Size, error) {
		s, err := savefile.Measure(path)
		if err == nil && (s.Packets < packets || s.Bytes < bytes) {
			err = fmt.Errorf("%s: %d packets and %d bytes, fewer than asked for", path, s.Packets, s.Bytes)
		}
		return s, err
	}
	if path == "-" {
		return make(path)
	}
	if !o.force {
		if s, err := good(); err == nil {
			say("%s is there: %d packets, %d bytes", path, s.Packets, s.Bytes)
			return nil
		}
	}
	if err := make(path); err != nil {
		return err
	}
	s, err := good()
	if err != nil {
		return err
	}
	say("%s: %d packets, %d bytes, %.1f s", path, s.Packets, s.Bytes, float64(s.Last-s.First)/1e6)
	return nil
}

// say reports on standard error: standard output may be the capture.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "traffic: "+format+"\n", args...) }
