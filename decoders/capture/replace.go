package capture

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
)

// ErrExists: an output file exists, and nobody said that it may be overwritten.
var ErrExists = errors.New("it exists")

// ReplaceOptions say how a new file takes its name.
type ReplaceOptions struct {
	// Overwrite lets an existing file be replaced; the new one has its mode and
	// owner (where allowed).
	Overwrite bool
	// Like names a file whose mode, owner (where allowed) and times the new one
	// gets; "": none.
	Like string
	// Backup is a name under which the replaced file is kept; "": it is not.
	Backup string
}

// Replace makes the file name from what write writes. It is written beside its
// target, synced, checked, and renamed, so that at every moment either the old
// file or the whole new one is there. check, if not nil, is given the temporary
// name before the new file takes its place; its error leaves the old one.
func Replace(name string, opt ReplaceOptions, write func(io.Writer) error, check func(temp string) error) error {
	return replace(osFiles{}, name, opt, write, check)
}

func replace(d disk, name string, opt ReplaceOptions, write func(io.Writer) error, check func(temp string) error) error {
	target := d.target(name)
	old, err := mayTake(d, target, opt.Overwrite)
	if err != nil {
		return err
	}
	temp := temporary(target)
	err = func() error {
		perm := fs.FileMode(0o666)
		if opt.Like != "" || old != nil {
			perm = 0o600 // until it gets the other one's mode: nobody else may read it meanwhile
		}
		if err := create(d, temp, perm, write); err != nil {
			return err
		}
		if check != nil {
			if err := check(temp); err != nil {
				return err
			}
		}
		var err error
		switch {
		case opt.Like != "":
			err = d.copyAttributes(opt.Like, temp)
		case old != nil:
			err = d.own(temp, old)
		}
		if err != nil {
			return err
		}
		if opt.Backup != "" {
			if err := keep(d, target, opt.Backup); err != nil {
				return err
			}
		}
		if opt.Overwrite {
			return d.rename(temp, target)
		}
		return takeFree(d, temp, target)
	}()
	if err != nil {
		return errors.Join(err, ignoreMissing(d.remove(temp)))
	}
	return d.syncDir(filepath.Dir(target))
}

// mayTake reports what stands against giving a new file that name, or else the
// file that has it, if any.
func mayTake(d disk, target string, overwrite bool) (old fs.FileInfo, err error) {
	st, err := d.stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case st.IsDir():
		return nil, errors.New("it is a directory")
	case !st.Mode().IsRegular():
		return nil, errors.New("it is no ordinary file")
	case !overwrite:
		return nil, ErrExists
	}
	return st, nil
}

// temporary is a name beside target that nothing else has.
func temporary(target string) string {
	dir, base := filepath.Split(target)
	return filepath.Join(dir, "."+base+"."+strings.ToLower(rand.Text()[:12])+".tmp")
}

// create writes a new file and brings it to the disk.
func create(d disk, name string, perm fs.FileMode, write func(io.Writer) error) error {
	f, err := d.create(name, perm)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// takeFree gives temp a name that nobody has: a hard link fails where a rename
// would replace a file that has appeared meanwhile.
func takeFree(d disk, temp, target string) error {
	switch err := d.link(temp, target); {
	case err == nil:
		return d.remove(temp)
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	}
	// A file system without hard links: look, then rename.
	if _, err := d.stat(target); err == nil {
		return ErrExists
	}
	return d.rename(temp, target)
}

// keep gives the file target the second name backup, or copies it where the file
// system has no hard links.
func keep(d disk, target, backup string) error {
	err := d.link(target, backup)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", backup, ErrExists)
	}
	if err == nil {
		return nil
	}
	return copyFile(d, target, backup)
}

// copyFile copies from to the new file to, with its attributes.
func copyFile(d disk, from, to string) error {
	err := replace(d, to, ReplaceOptions{Like: from}, func(w io.Writer) error {
		f, err := d.open(from)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	}, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// PatchOptions say how a file is patched in place.
type PatchOptions struct {
	// Backup is a name under which a copy of the old file is kept; "": none.
	Backup string
}

// Patch overwrites bytes of a file where they are: one edit that changes no
// length, of at most 8 bytes, so that a crash leaves the old bytes or the new
// ones and the time does not depend on the size of the file. Times are kept.
// The bytes are read back; if they are not what was written the old ones are
// put back and an error is returned.
func Patch(name string, e Edit, opt PatchOptions) error { return patch(osFiles{}, name, e, opt) }

func patch(d disk, name string, e Edit, opt PatchOptions) error {
	if len(e.Put) != e.Drop || e.Drop > 8 {
		return fmt.Errorf("patch of %d bytes by %d at offset %d is not one that fits in place", e.Drop, len(e.Put), e.At)
	}
	target := d.target(name)
	if opt.Backup != "" {
		if err := copyFile(d, target, opt.Backup); err != nil {
			return err
		}
	}
	times, err := d.stat(target)
	if err != nil {
		return err
	}
	f, err := d.openForWriting(target)
	if err != nil {
		return err
	}
	err = overwrite(f, e)
	if err == nil {
		err = d.setTimes(target, times)
	}
	return errors.Join(err, f.Close())
}

// overwrite writes e to f, and makes sure that it is there.
func overwrite(f diskFile, e Edit) error {
	old := make([]byte, e.Drop)
	if _, err := f.ReadAt(old, e.At); err != nil {
		return err
	}
	put := func(b []byte) error {
		if _, err := f.WriteAt(b, e.At); err != nil {
			return err
		}
		return f.Sync()
	}
	err := put(e.Put)
	if err == nil {
		now := make([]byte, e.Drop)
		if _, err = f.ReadAt(now, e.At); err == nil && bytes.Equal(now, e.Put) {
			return nil
		}
		if err == nil {
			err = errors.New("what was read back is not what was written")
		}
	}
	return errors.Join(err, put(old))
}
