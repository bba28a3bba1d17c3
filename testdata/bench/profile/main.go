// Command profile makes the profile by which the compiler decides what of pcaptriage to inline and how to lay it out
// (profile-guided optimisation): it analyzes the benchmark's capture, with connect alone and with all analyzers, and
// writes down where the time goes.
//
//	go run ./testdata/bench/traffic # makes .cache/bench/http.pcap
//	go run ./testdata/bench/profile # writes cmd/pcaptriage/default.pgo
//
// An old profile does no harm but for what it misses, so it is worth making again after a change of the hot path only.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"

	"github.com/spf13/pflag"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/all"
	"pcaptriage/analyzers/engine"
	"pcaptriage/report"
)

func main() {
	fs := pflag.NewFlagSet("profile", pflag.ExitOnError)
	file := fs.String("file", filepath.Join(".cache", "bench", "http.pcap"), "capture to analyze")
	out := fs.String("out", filepath.Join("cmd", "pcaptriage", "default.pgo"), "profile to write")
	runs := fs.Int("runs", 3, "runs of each choice of analyzers")
	fs.Parse(os.Args[1:])
	if err := run(*file, *out, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

func run(file, out string, runs int) error {
	connect := slices.DeleteFunc(all.Analyzers(), func(a *analyzers.Analyzer) bool { return a.Name != "connect" })
	var cpu bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		return err
	}
	err := analyzeOften(file, runs, connect, all.Analyzers())
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	return rewrite(&cpu, out)
}

// analyzeOften runs each choice of analyzers that often, the choices in turn.
func analyzeOften(file string, runs int, choices ...[]*analyzers.Analyzer) error {
	for range runs {
		for _, chosen := range choices {
			if err := analyze(file, chosen); err != nil {
				return err
			}
		}
	}
	return nil
}

// analyze does what the command does with one capture and --format json.
func analyze(file string, chosen []*analyzers.Analyzer) error {
	res, err := engine.Run(context.Background(), []string{file}, engine.Options{Analyzers: chosen})
	if err != nil {
		return err
	}
	r, err := report.NewRenderer("json", io.Discard, report.Options{Analyzers: chosen})
	if err != nil {
		return err
	}
	return r.Capture(report.BuildCapture(&report.Input{Names: []string{file}, Capture: &res.Capture, Files: res.Files, ReadErr: res.Err}))
}
