package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"pcaptriage/decoders/capture"
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
	targets, err := a.outputTargets(outputs, report.Formats(), inputs)
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
func (a *app) outputTargets(outputs, known, inputs []string) (targets []target, err error) {
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
		case seen[identity(file)]:
			return nil, fmt.Errorf("--output %s: the file is named twice", o)
		case a.sameFile(file, inputs) != "":
			return nil, fmt.Errorf("--output %s: the file is also an input", o)
		case a.isStdout(file):
			return nil, fmt.Errorf("--output %s: the file is standard output already; for that there is --format %s", o, format)
		}
		seen[identity(file)] = true
		targets = append(targets, target{format, file})
	}
	return targets, nil
}

// identity is the same for all names of a file: "a.json", "./a.json", a link to
// it, and its full path.
func identity(file string) string {
	file = capture.Target(file)
	if full, err := filepath.Abs(file); err == nil {
		file = full
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
		file = filepath.Join(dir, filepath.Base(file))
	}
	return filepath.Clean(file)
}

// sameFile returns the input that file is, if any. Standard input is one, too,
// when it is a file.
func (a *app) sameFile(file string, inputs []string) string {
	st, err := os.Stat(file)
	if err != nil || !st.Mode().IsRegular() {
		return ""
	}
	for _, in := range inputs {
		other, err := a.statInput(in)
		if err == nil && os.SameFile(st, other) {
			return in
		}
	}
	return ""
}

// spare reports that target, where the outcome of the file name is to go, is an
// input: that one or another. hint says what to do instead if it is that one.
func (a *app) spare(target, name string, inputs []string, hint string) error {
	switch in := a.sameFile(target, inputs); in {
	case "":
		return nil
	case name:
		return errors.New("it is the input" + hint)
	default:
		return fmt.Errorf("it is the input %s", in)
	}
}

// spareStdout reports that what goes to standard output would be appended to an
// input, which would then never end.
func (a *app) spareStdout(inputs []string) error {
	for _, in := range inputs {
		if a.isStdout(in) {
			return outputFailure("to standard output", fmt.Errorf("it is the input %s", in))
		}
	}
	return nil
}

// isStdout says whether file is where standard output goes, when that is a file:
// one of the two would be lost.
func (a *app) isStdout(file string) bool {
	f, ok := a.stdout.(*os.File)
	if !ok {
		return false
	}
	st, err := os.Stat(file)
	if err != nil || !st.Mode().IsRegular() {
		return false
	}
	out, err := f.Stat()
	return err == nil && os.SameFile(st, out)
}

// statInput describes the file that an input's name stands for.
func (a *app) statInput(name string) (os.FileInfo, error) {
	if f, ok := a.stdin.(*os.File); ok && name == stdinName {
		return f.Stat()
	}
	return os.Stat(name)
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
