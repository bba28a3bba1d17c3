package main

import (
	"fmt"
	"io"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"pcaptriage/report"
)

// document is one place that something goes to as a whole, in a format.
type document struct {
	io.Writer
	format string
	file   *outputFile // nil: standard output
}

// documents are standard output and the files of --output.
type documents struct {
	app  *app
	fl   *analyzeFlags
	list []*document
}

// openDocuments checks --format and --output and begins the files, before
// anything is read.
func (a *app) openDocuments(fl *analyzeFlags, known, inputs []string) (*documents, error) {
	if !slices.Contains(known, fl.format) {
		return nil, fmt.Errorf("--format: unknown format %q (known: %s)%s", fl.format, quoteList(known), didYouMean(fl.format, known))
	}
	seen := map[string]bool{}
	for _, o := range fl.output {
		format, file, ok := strings.Cut(o, "=")
		switch {
		case !ok || file == "":
			return nil, fmt.Errorf("--output %s: want FORMAT=FILE", o)
		case !slices.Contains(known, format):
			return nil, fmt.Errorf("--output %s: unknown format %q (known: %s)%s", o, format, quoteList(known), didYouMean(format, known))
		case file == stdinName:
			return nil, fmt.Errorf("--output %s: for standard output there is --format %s", o, format)
		case seen[filepath.Clean(file)]:
			return nil, fmt.Errorf("--output %s: the file is named twice", o)
		case sameFile(file, inputs) != "":
			return nil, fmt.Errorf("--output %s: the file is also an input", o)
		}
		seen[filepath.Clean(file)] = true
	}
	s := &documents{app: a, fl: fl, list: []*document{{Writer: a.stdout, format: fl.format}}}
	for _, o := range fl.output {
		format, file, _ := strings.Cut(o, "=")
		f, err := createOutput(file, fl.force)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.list = append(s.list, &document{f, format, f})
	}
	if len(fl.output) > 0 {
		signal.Ignore(syscall.SIGPIPE) // see openSinks
	}
	return s, nil
}

// write has f write each document, and completes the files. One that fails does
// not stop the others.
func (s *documents) write(f func(d *document, opt report.Options) error) {
	for _, d := range s.list {
		opt := report.Options{Top: s.fl.top, Width: widest, Analyzers: s.app.analyzers}
		name := "to standard output"
		if d.file != nil {
			name = d.file.name
		} else {
			opt.Width, opt.Colour = columns(s.app.stdout), mayColour(s.app.stdout, s.fl.noColour)
		}
		if err := f(d, opt); err != nil {
			if d.file != nil {
				d.file.discard()
			}
			s.app.fail(outputFailure(name, err))
			continue
		}
		if d.file != nil {
			s.app.fail(d.file.commit())
		}
	}
}

// discard gives the files up.
func (s *documents) discard() {
	for _, d := range s.list {
		if d.file != nil {
			d.file.discard()
		}
	}
}
