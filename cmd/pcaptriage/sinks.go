package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"pcaptriage/report"
)

// sink is one place that a report goes to.
type sink struct {
	renderer report.Renderer
	file     *outputFile // nil: standard output
	err      error       // it has failed; nothing more goes there
}

// sinks are all places that a report goes to. A failing one does not stop the
// others.
type sinks struct {
	app  *app
	list []*sink
}

// openSinks opens standard output in a format, and each FORMAT=FILE. Errors
// are about the command line, or output errors.
func (a *app) openSinks(format string, outputs []string, force bool, opt report.Options, inputs []string) (*sinks, error) {
	s := &sinks{app: a}
	std := opt
	std.Colour, std.Width = opt.Colour && mayColour(a.stdout, false), columns(a.stdout)
	r, err := report.NewRenderer(format, a.stdout, std)
	if err != nil {
		return nil, fmt.Errorf("--format: %w%s", err, didYouMean(format, report.Formats()))
	}
	s.list = append(s.list, &sink{renderer: r})
	targets, err := outputTargets(outputs, report.Formats(), inputs)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		f, err := createOutput(t.file, force)
		if err != nil {
			s.discard()
			return nil, err
		}
		plain := opt
		plain.Colour, plain.Width = false, widest
		r, err := report.NewRenderer(t.format, f, plain)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.list = append(s.list, &sink{renderer: r, file: f})
	}
	if len(targets) > 0 {
		// With files to complete, a reader of standard output that has had
		// enough must not end the program; alone, it may, as usual.
		signal.Ignore(syscall.SIGPIPE)
	}
	return s, nil
}

// target is one FORMAT=FILE of --output.
type target struct{ format, file string }

// outputTargets reads the values of --output, and refuses what could only go
// wrong once the inputs are read.
func outputTargets(outputs, known, inputs []string) (targets []target, err error) {
	seen := map[string]bool{}
	for _, o := range outputs {
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
		targets = append(targets, target{format, file})
	}
	return targets, nil
}

// sameFile returns the input that file is, if any.
func sameFile(file string, inputs []string) string {
	st, err := os.Stat(file)
	if err != nil || !st.Mode().IsRegular() {
		return ""
	}
	for _, in := range inputs {
		if other, err := os.Stat(in); err == nil && os.SameFile(st, other) {
			return in
		}
	}
	return ""
}

// each calls f for every sink that still works.
func (s *sinks) each(f func(r report.Renderer) error) {
	for _, k := range s.list {
		if k.err != nil {
			continue
		}
		if k.err = f(k.renderer); k.err == nil {
			continue
		}
		name := "to standard output"
		if k.file != nil {
			name = k.file.name
			k.file.discard()
		}
		s.app.fail(outputFailure(name, k.err))
	}
}

// finish completes the files.
func (s *sinks) finish() {
	for _, k := range s.list {
		if k.file != nil && k.err == nil {
			s.app.fail(k.file.commit())
		}
	}
}

// discard gives the files up.
func (s *sinks) discard() {
	for _, k := range s.list {
		if k.file != nil && k.err == nil {
			k.file.discard()
		}
	}
}
