// Command lab makes the golden captures of testdata/pcaps again: real kernels,
// servers and clients in network namespaces, and nothing else. It needs root and
// the Debian packages iproute2, ethtool, iptables, tcpdump, openssh-server,
// openssh-client, openssl, curl and nginx-light.
//
//	go run ./testdata/lab -list
//	go run ./testdata/lab -out testdata/pcaps connect/dropped
//	go run ./testdata/lab -out /tmp/pcaps             # everything, two or three minutes
//
// Every scenario states facts about its own capture ("server repeats the SYN-ACK
// at least twice") and fails when the capture does not show them, so a capture
// that shows something else than its name never reaches the MANIFEST. With
// LAB_KEEP=DIR in the environment such a capture is put there.
//
// Captures made again differ in times, ports and sequence numbers, now and then
// in frame numbers: what rests on the old ones has to be looked at anew.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"
)

func init() {
	// The main thread stays out of the namespaces that other threads enter:
	// the kernel takes its namespace for that of the process.
	runtime.LockOSThread()
}

func main() {
	if dir := os.Getenv(askpassEnv); dir != "" {
		os.Exit(askpass(dir))
	}
	list := flag.Bool("list", false, "list the scenarios and exit")
	out := flag.String("out", "testdata/pcaps", "directory that receives the captures and the MANIFEST rows")
	// They mostly wait, but for OpenSSH's key exchanges: too many at a time, and
	// hosts are slow that should not be.
	jobs := flag.Int("j", min(2*runtime.NumCPU(), 8), "scenarios that run at the same time")
	verbose := flag.Bool("v", false, "print what each scenario runs")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: lab [-list] [-out DIR] [-j N] [AREA/CASE | pattern ...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *list {
		for _, s := range scenarios() {
			fmt.Printf("%-34s %s\n", s.name, s.doc)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, *out, *jobs, *verbose, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// run selects, runs and records. Real scenarios go first, in parallel; views
// derived from their captures follow, since they read the files just made.
func run(ctx context.Context, out string, jobs int, verbose bool, patterns []string) error {
	var chosen, derived []scenario
	for _, s := range scenarios() {
		if !selected(s.name, patterns) {
			continue
		}
		if s.derived {
			derived = append(derived, s)
		} else {
			chosen = append(chosen, s)
		}
	}
	if len(chosen)+len(derived) == 0 {
		return fmt.Errorf("no scenario matches %q (see -list)", patterns)
	}
	if len(chosen) > 0 {
		if err := checkTools(); err != nil {
			return err
		}
		removeLeftovers()
	}
	versions := toolVersions()
	// The long ones first: the lab takes as long as its longest scenario.
	sort.SliceStable(chosen, func(i, j int) bool { return chosen[i].seconds > chosen[j].seconds })

	var (
		mu     sync.Mutex
		failed []scenario
		rows   []manifestRow
		wg     sync.WaitGroup
		slots  = make(chan struct{}, max(jobs, 1))
	)
	one := func(s scenario) {
		start := time.Now()
		got, err := runScenario(ctx, s, out, versions, verbose)
		mu.Lock()
		defer mu.Unlock()
		rows = append(rows, got...)
		if err != nil {
			failed = append(failed, s)
			fmt.Fprintf(os.Stderr, "FAIL %-34s %5.1fs  %v\n", s.name, time.Since(start).Seconds(), err)
			return
		}
		fmt.Printf("ok   %-34s %5.1fs\n", s.name, time.Since(start).Seconds())
	}
	for _, s := range chosen {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			one(s)
		}()
	}
	wg.Wait()
	// Scenarios keep to times of milliseconds, which a busy machine does not.
	// What failed beside others gets one more chance, alone.
	again := failed
	failed = nil
	for _, s := range again {
		if ctx.Err() == nil {
			fmt.Printf("once more, alone: %s\n", s.name)
			one(s)
		}
	}
	for _, s := range derived {
		if ctx.Err() == nil {
			one(s)
		}
	}
	if err := updateManifest(filepath.Join(out, "MANIFEST"), rows); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("interrupted; everything was cleaned up")
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d scenarios failed", len(failed))
	}
	return nil
}

func selected(name string, patterns []string) bool {
	if len(patterns) == 0 {
		return true
	}
	for _, p := range patterns {
		if ok, _ := path.Match(p, name); ok || path.Dir(name) == p {
			return true
		}
	}
	return false
}
