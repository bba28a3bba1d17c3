package capture

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is what replacing a file needs of the operating system. Tests have one
// that stops at any step, as a crash would.
type disk interface {
	stat(name string) (fs.FileInfo, error)
	evalSymlinks(name string) (string, error)
	create(name string, perm fs.FileMode) (diskFile, error) // must not exist
	open(name string) (io.ReadCloser, error)
	openForWriting(name string) (diskFile, error)
	rename(from, to string) error
	link(from, to string) error
	remove(name string) error
	copyAttributes(from, to string) error // mode, times, owner where allowed
	setTimes(name string, like fs.FileInfo) error
	syncDir(name string) error
}

type diskFile interface {
	io.Writer
	io.ReaderAt
	io.WriterAt
	Sync() error
	Close() error
}

// osFiles is the real one.
type osFiles struct{}

func (osFiles) stat(name string) (fs.FileInfo, error)        { return os.Stat(name) }
func (osFiles) evalSymlinks(name string) (string, error)     { return filepath.EvalSymlinks(name) }
func (osFiles) open(name string) (io.ReadCloser, error)      { return os.Open(name) }
func (osFiles) rename(from, to string) error                 { return os.Rename(from, to) }
func (osFiles) link(from, to string) error                   { return os.Link(from, to) }
func (osFiles) remove(name string) error                     { return os.Remove(name) }
func (osFiles) setTimes(name string, like fs.FileInfo) error { return setTimes(name, like) }

func (osFiles) create(name string, perm fs.FileMode) (diskFile, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
}

func (osFiles) openForWriting(name string) (diskFile, error) {
	return os.OpenFile(name, os.O_RDWR, 0)
}

// copyAttributes gives to the mode and times of from, and its owner if that is
// allowed.
func (osFiles) copyAttributes(from, to string) error {
	st, err := os.Stat(from)
	if err != nil {
		return err
	}
	copyOwner(to, st)
	if err := os.Chmod(to, st.Mode().Perm()); err != nil {
		return err
	}
	return setTimes(to, st)
}

// syncDir brings a rename to the disk. Systems that cannot sync a directory
// order renames by themselves.
func (osFiles) syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return nil
	}
	_ = d.Sync()
	return d.Close()
}
