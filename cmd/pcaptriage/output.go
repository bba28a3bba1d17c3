package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pcaptriage/decoders/capture"
)

// outputError is a failure to write output, or the refusal to.
type outputError struct{ err error }

func (e *outputError) Error() string { return e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

func outputFailure(name string, err error) error {
	return &outputError{fmt.Errorf("cannot write %s: %w", name, reason(err))}
}

// reason is an error of the operating system without the names, which the message
// around it has.
func reason(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}

// outputFile is a file that appears under its name only when it is complete:
// it is written beside its target and renamed. A target that is no ordinary
// file (/dev/stderr, a named pipe) is written directly.
type outputFile struct {
	name   string // as the user gave it
	target string // links resolved
	force  bool
	f      *os.File
	direct bool
}

var errExists = errors.New("it exists; --force overwrites it")

// createOutput begins an output file. It refuses an existing one without force.
func createOutput(name string, force bool) (*outputFile, error) {
	o := &outputFile{name: name, target: capture.Target(name), force: force}
	mode := fs.FileMode(0o666)
	var old fs.FileInfo
	if st, err := os.Stat(o.target); err == nil {
		switch {
		case st.IsDir():
			return nil, outputFailure(name, errors.New("it is a directory"))
		case !st.Mode().IsRegular():
			o.direct = true
		case !force:
			return nil, outputFailure(name, errExists)
		default:
			mode, old = st.Mode().Perm(), st
		}
	}
	var err error
	if o.direct {
		o.f, err = os.OpenFile(o.target, os.O_WRONLY, 0)
	} else {
		o.f, err = os.OpenFile(o.temporary(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	}
	if err == nil && old != nil {
		if err = capture.Own(o.f.Name(), old); err != nil {
			o.discard()
		}
	}
	if err != nil {
		return nil, outputFailure(name, err)
	}
	return o, nil
}

// temporary is a name beside the target that nothing else has.
func (o *outputFile) temporary() string {
	dir, base := filepath.Split(o.target)
	return filepath.Join(dir, "."+base+"."+strings.ToLower(rand.Text()[:12])+".tmp")
}

func (o *outputFile) Write(p []byte) (int, error) { return o.f.Write(p) }

// commit completes the file and gives it its name.
func (o *outputFile) commit() error {
	if err := o.f.Close(); err != nil {
		o.remove()
		return outputFailure(o.name, err)
	}
	if o.direct {
		return nil
	}
	if err := o.rename(); err != nil {
		o.remove()
		return outputFailure(o.name, err)
	}
	return nil
}

// rename moves the file to its target. Without force it must not replace a
// file that has appeared since the beginning: a hard link fails then, where a
// rename would not.
func (o *outputFile) rename() error {
	if !o.force {
		switch err := os.Link(o.f.Name(), o.target); {
		case err == nil:
			return os.Remove(o.f.Name())
		case errors.Is(err, fs.ErrExist):
			return errExists
		}
		// A file system without hard links: look, then rename.
		if _, err := os.Lstat(o.target); err == nil {
			return errExists
		}
	}
	return os.Rename(o.f.Name(), o.target)
}

// discard gives the file up.
func (o *outputFile) discard() {
	o.f.Close()
	o.remove()
}

func (o *outputFile) remove() {
	if !o.direct {
		os.Remove(o.f.Name())
	}
}

var _ io.Writer = (*outputFile)(nil)
