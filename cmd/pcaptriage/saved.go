package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pcaptriage/decoders/capture"
	"pcaptriage/report"
	"pcaptriage/report/compare"
)

// saved reads a JSON report. When that fails it says why, notes the exit code
// and returns nil; when the user has interrupted it only returns nil.
func (a *app) saved(ctx context.Context, name string) *report.Report {
	rep, err := readReport(ctx, name)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		a.happened.note(exitUnreadable)
		a.complain(err)
		return nil
	}
	return rep
}

// readReport reads a JSON report. The error names the file.
func readReport(ctx context.Context, name string) (*report.Report, error) {
	f, err := capture.OpenInput(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rep, err := report.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rep, nil
}

// reportsIn adds the saved reports of a directory and below it. A report of one
// capture goes under the report's own name, of several under those of the
// captures below it. found says whether there was any.
func (a *app) reportsIn(ctx context.Context, s *compare.Side, dir string) (found bool) {
	files, _ := jsonFiles(dir) // unreadable directories have been complained about
	for _, path := range files {
		name := strings.TrimSuffix(below(dir, path), filepath.Ext(path))
		rep := a.saved(ctx, path)
		if rep == nil {
			s.Captures = append(s.Captures, compare.Named{Name: name, Capture: report.BuildCapture(
				&report.Input{Names: []string{path}, Err: errors.New("no usable report")})})
			continue
		}
		s.Tool = rep.Tool
		for _, n := range compare.Names(rep.Captures) {
			if len(rep.Captures) > 1 {
				n.Name = filepath.Join(name, n.Name)
			} else {
				n.Name = name
			}
			s.Captures = append(s.Captures, n)
		}
	}
	return len(files) > 0
}

// jsonFiles are the files of a directory and below it that are named *.json, in
// the order of their names, and what could not be looked at. As with captures,
// pipes and the like do not count.
func jsonFiles(dir string) (names []string, failed []failedInput) {
	in := &inputs{}
	in.below(dir, func(path string) {
		if !strings.EqualFold(filepath.Ext(path), ".json") {
			return
		}
		if st, err := os.Stat(path); err != nil || st.Mode().IsRegular() {
			names = append(names, path) // opening it tells what is wrong
		}
	})
	return names, in.failed
}

// below is a path relative to dir; "" leaves it as it is.
func below(dir, name string) string {
	if dir == "" {
		return report.Escape(name)
	}
	if rel, err := filepath.Rel(dir, name); err == nil {
		name = rel
	}
	return report.Escape(name)
}
