package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/compare"
)

// diffSink is one place that a comparison goes to.
type diffSink struct {
	format string
	file   *outputFile // nil: standard output
}

// diffSinks are all of them.
type diffSinks struct {
	app  *app
	fl   *diffFlags
	list []diffSink
}

// openDiffSinks checks the formats and opens the files, before anything is read.
func (a *app) openDiffSinks(fl *diffFlags, inputs []string) (*diffSinks, error) {
	known := compare.Formats()
	if !slices.Contains(known, fl.format) {
		return nil, fmt.Errorf("--format: unknown format %q (known: %s)%s", fl.format, quoteList(known), didYouMean(fl.format, known))
	}
	s := &diffSinks{app: a, fl: fl, list: []diffSink{{format: fl.format}}}
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
	for _, o := range fl.output {
		format, file, _ := strings.Cut(o, "=")
		f, err := createOutput(file, fl.force)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.list = append(s.list, diffSink{format, f})
	}
	return s, nil
}

// write writes the comparison everywhere. A place that fails does not stop the
// others.
func (s *diffSinks) write(c *compare.Comparison, percent float64) {
	a := s.app
	for _, k := range s.list {
		var w io.Writer = a.stdout
		opt := report.Options{Top: s.fl.top, Width: columns(a.stdout), Colour: mayColour(a.stdout, s.fl.noColour), Analyzers: a.analyzers}
		name := "to standard output"
		if k.file != nil {
			w, name = k.file, k.file.name
			opt.Colour, opt.Width = false, widest
		}
		if err := compare.Write(w, k.format, c, tool(), percent, opt); err != nil {
			if k.file != nil {
				k.file.discard()
			}
			a.fail(outputFailure(name, err))
			continue
		}
		if k.file != nil {
			a.fail(k.file.commit())
		}
	}
}

func (s *diffSinks) discard() {
	for _, k := range s.list {
		if k.file != nil {
			k.file.discard()
		}
	}
}
