package main

import (
	"fmt"
	"io"
	"os/signal"
	"slices"
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
// anything is read. inputs are all files that are read, so that none of them is
// overwritten.
func (a *app) openDocuments(fl *analyzeFlags, known, inputs []string) (*documents, error) {
	if !slices.Contains(known, fl.format) {
		return nil, fmt.Errorf("--format: unknown format %q (known: %s)%s", fl.format, quoteList(known), didYouMean(fl.format, known))
	}
	targets, err := a.outputTargets(fl.output, known, inputs)
	if err != nil {
		return nil, err
	}
	s := &documents{app: a, fl: fl, list: []*document{{Writer: a.stdout, format: fl.format}}}
	for _, t := range targets {
		f, err := createOutput(t.file, fl.force)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.list = append(s.list, &document{f, t.format, f})
	}
	if len(targets) > 0 {
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
