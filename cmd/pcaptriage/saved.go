package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/compare"
)

// saved reads a JSON report. When that fails it says why, notes the exit code
// and returns nil.
func (a *app) saved(name string) *report.Report {
	rep, err := readReport(name)
	if err != nil {
		a.happened.note(exitUnreadable)
		a.complain(err)
		return nil
	}
	return rep
}

// readReport reads a JSON report. The error names the file.
func readReport(name string) (*report.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("%s: %w", name, err)
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
func (a *app) reportsIn(s *compare.Side, dir string) (found bool, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.EqualFold(filepath.Ext(path), ".json") {
			return nil // unreadable directories have been complained about
		}
		found = true
		name := strings.TrimSuffix(below(dir, path), filepath.Ext(path))
		rep := a.saved(path)
		if rep == nil {
			s.Captures = append(s.Captures, compare.Named{Name: name, Capture: report.BuildCapture(
				&report.Input{Names: []string{path}, Err: errors.New("no usable report")})})
			return nil
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
		return nil
	})
	return found, err
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
