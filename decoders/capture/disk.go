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
	target(name string) string                              // where its links lead
	create(name string, perm fs.FileMode) (diskFile, error) // must not exist
	open(name string) (io.ReadCloser, error)
	openForWriting(name string) (diskFile, error)
	rename(from, to string) error
	link(from, to string) error
	remove(name string) error
	copyAttributes(from, to string) error    // mode, times, owner where allowed
	own(name string, like fs.FileInfo) error // mode, owner where allowed
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
func (osFiles) target(name string) string                    { return Target(name) }
func (osFiles) own(name string, like fs.FileInfo) error      { return Own(name, like) }
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
	if err := Own(to, st); err != nil {
		return err
	}
	return setTimes(to, st)
}

// Own gives a file the mode that another one has, and its owner if that is
// allowed.
func Own(name string, like fs.FileInfo) error {
	copyOwner(name, like)
	return os.Chmod(name, like.Mode().Perm())
}

// Target follows links, also to a file that is not there yet: it is what has to
// be written, and not the link.
func Target(name string) string {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target
	}
	if _, err := os.Stat(name); err == nil { // a link that has no path, as /dev/stdout to a pipe
		return name
	}
	const most = 40 // as Linux
	for range most {
		to, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			dir := filepath.Dir(name)
			if resolved, err := filepath.EvalSymlinks(dir); err == nil {
				dir = resolved // of which ".." is another directory
			}
			to = filepath.Join(dir, to)
		}
		name = to
	}
	return name
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
