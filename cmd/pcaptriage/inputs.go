package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"pcaptriage/decoders/capture"
)

const stdinName = "-"

// inputs is what the arguments of a command line stand for.
type inputs struct {
	names   []string // files to read, in order
	skipped uint64   // files in directories without a capture's magic number
	beside  uint64   // of those, with a suffix that expand was told to expect
	expect  string
	failed  []failedInput
}

// failedInput is an argument, or something in a directory, that is no input.
type failedInput struct {
	name string
	err  error
}

// expand turns arguments into files: a directory into the captures in it and
// below, a pattern that the shell left alone into what it matches, unless a
// file of that very name exists. The error is about the command line.
func (a *app) expand(args []string) (*inputs, error) { return a.expandBeside(args, "") }

// expandBeside also counts the files that have to be beside captures: those
// whose names end so.
func (a *app) expandBeside(args []string, suffix string) (*inputs, error) {
	in := &inputs{expect: suffix}
	if len(args) == 0 {
		return nil, errors.New("no input: name a file, a directory, or - for standard input")
	}
	stdins := 0
	for _, arg := range args {
		if arg == stdinName {
			if stdins++; stdins > 1 {
				return nil, errors.New("standard input (-) can be read only once")
			}
			if isTerminal(a.stdin) {
				return nil, errors.New("standard input is a terminal: pipe a capture into it")
			}
			in.names = append(in.names, arg)
			continue
		}
		in.add(arg)
	}
	return in, nil
}

// add takes one argument.
func (in *inputs) add(arg string) {
	st, err := os.Stat(arg)
	switch {
	case err == nil && st.IsDir():
		in.directory(arg)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?["):
		in.pattern(arg)
	default:
		in.names = append(in.names, arg) // opening it tells what is wrong
	}
}

func (in *inputs) pattern(arg string) {
	matches, err := filepath.Glob(arg)
	if err != nil || len(matches) == 0 {
		in.fail(arg, fs.ErrNotExist)
		return
	}
	for _, m := range matches {
		if st, err := os.Stat(m); err == nil && st.IsDir() {
			in.directory(m)
		} else {
			in.names = append(in.names, m)
		}
	}
}

// directory takes the captures in dir and below it, in the order of their
// names. What is neither file nor directory (a pipe would wait for ever) does
// not count; links to files do.
func (in *inputs) directory(dir string) {
	found, failed, skipped := len(in.names), len(in.failed), in.skipped
	in.below(dir, in.fileIn)
	if len(in.names) == found && len(in.failed) == failed {
		in.fail(dir, fmt.Errorf("no captures in this directory (%d other files)", in.skipped-skipped))
	}
}

// below gives all that is in dir and below it, but for directories, to take, in the
// order of the names.
func (in *inputs) below(dir string, take func(path string)) {
	// The function returns no error, so walk does not.
	_ = walk(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			in.fail(path, err)
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir():
			take(path)
		}
		return nil
	})
}

// walk is filepath.WalkDir, also for a directory that is named by a link to it:
// a name that ends in a separator stands for what the link leads to.
func walk(dir string, f fs.WalkDirFunc) error {
	root := dir
	if !os.IsPathSeparator(root[len(root)-1]) {
		root += string(filepath.Separator)
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if path == root {
			path = dir
		}
		return f(path, d, err)
	})
}

// fileIn takes a file found in a directory.
func (in *inputs) fileIn(path string) {
	st, err := os.Stat(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // a dangling link is nobody's capture
			in.fail(path, err)
		}
		return
	}
	if !st.Mode().IsRegular() {
		return
	}
	switch ok, err := capture.IsCapture(path); {
	case err != nil:
		in.fail(path, err)
	case ok:
		in.names = append(in.names, path)
	default:
		in.skipped++
		if in.expect != "" && strings.HasSuffix(path, in.expect) {
			in.beside++
		}
	}
}

// isPlain says whether name is a file that can be read again, and at any time;
// a pipe cannot. What is not there is for opening it to tell.
func isPlain(name string) bool {
	if name == stdinName {
		return false
	}
	st, err := os.Stat(name)
	return err != nil || st.Mode().IsRegular() || st.IsDir()
}

// errReadTwice: the input is a pipe or the like, of a verb that reads it again.
var errReadTwice = errors.New("it is no ordinary file, and has to be read twice")

// leaveOutPipes is for verbs that read their inputs twice.
func (in *inputs) leaveOutPipes() {
	in.names = slices.DeleteFunc(in.names, func(n string) bool {
		if isPlain(n) {
			return false
		}
		in.fail(n, errReadTwice)
		return true
	})
}

func (in *inputs) fail(name string, err error) {
	err = reason(err)
	if errors.Is(err, fs.ErrNotExist) {
		err = syscall.ENOENT // in the words of the other messages
	}
	if !strings.HasPrefix(err.Error(), name+": ") {
		err = fmt.Errorf("%s: %w", name, err)
	}
	in.failed = append(in.failed, failedInput{name, err})
}
