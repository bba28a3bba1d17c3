package capture

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// crashDisk is the real file system until its step number stop: there it does
// half of what it was to do, if that can be, and the program is gone. After
// that nothing works any more, as clean-up code of a dead program does not run.
type crashDisk struct {
	osFiles
	stop, steps int
	dead        bool
	fail        error // instead of crashing: the step fails and the program goes on
}

type crash struct{}

// step counts an operation; half does half of it.
func (d *crashDisk) step(half func()) error {
	if d.dead {
		return errors.New("dead")
	}
	d.steps++
	if d.steps != d.stop {
		return nil
	}
	if half != nil {
		half()
	}
	if d.fail != nil {
		return d.fail
	}
	d.dead = true
	panic(crash{})
}

func (d *crashDisk) create(name string, perm fs.FileMode) (diskFile, error) {
	if err := d.step(nil); err != nil {
		return nil, err
	}
	f, err := d.osFiles.create(name, perm)
	return &crashFile{d, f}, err
}

func (d *crashDisk) openForWriting(name string) (diskFile, error) {
	if err := d.step(nil); err != nil {
		return nil, err
	}
	f, err := d.osFiles.openForWriting(name)
	return &crashFile{d, f}, err
}

func (d *crashDisk) rename(from, to string) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.rename(from, to)
}

func (d *crashDisk) link(from, to string) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.link(from, to)
}

func (d *crashDisk) remove(name string) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.remove(name)
}

func (d *crashDisk) copyAttributes(from, to string) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.copyAttributes(from, to)
}

func (d *crashDisk) own(name string, like fs.FileInfo) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.own(name, like)
}

func (d *crashDisk) setTimes(name string, like fs.FileInfo) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.setTimes(name, like)
}

func (d *crashDisk) syncDir(name string) error {
	if err := d.step(nil); err != nil {
		return err
	}
	return d.osFiles.syncDir(name)
}

type crashFile struct {
	d *crashDisk
	diskFile
}

func (f *crashFile) Write(p []byte) (int, error) {
	if err := f.d.step(func() { f.diskFile.Write(p[:len(p)/2]) }); err != nil { //nolint:errcheck // half a write
		return 0, err
	}
	return f.diskFile.Write(p)
}

func (f *crashFile) WriteAt(p []byte, at int64) (int, error) {
	// A write within a sector happens or does not.
	if err := f.d.step(nil); err != nil {
		return 0, err
	}
	return f.diskFile.WriteAt(p, at)
}

func (f *crashFile) Sync() error {
	if err := f.d.step(nil); err != nil {
		return err
	}
	return f.diskFile.Sync()
}

// run calls f and reports whether it crashed.
func (d *crashDisk) run(f func() error) (crashed bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(crash); !ok {
				panic(v)
			}
			crashed = true
		}
	}()
	return false, f()
}

var (
	oldBytes = bytes.Repeat([]byte("old "), 5000)
	newBytes = bytes.Repeat([]byte("new!"), 6000)
)

// inPieces writes b in several writes.
func inPieces(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		for len(b) > 0 {
			n := min(7000, len(b))
			if _, err := w.Write(b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
		return nil
	}
}

// stopAtEachStep runs act with a crash, then with a failure, at every step, and
// after each looks at the file: it must be the old one or the new one, whole.
func stopAtEachStep(t *testing.T, name, backup string, newBytes []byte, act func(d disk) error) {
	t.Helper()
	for _, failure := range []error{nil, errors.New("disk full")} {
		for stop := 1; ; stop++ {
			dir := filepath.Dir(name)
			clean(t, dir)
			if err := os.WriteFile(name, oldBytes, 0o640); err != nil {
				t.Fatal(err)
			}
			d := &crashDisk{stop: stop, fail: failure}
			crashed, err := d.run(func() error { return act(d) })
			if d.steps < stop {
				if err != nil || crashed {
					t.Fatalf("undisturbed: %v", err)
				}
				if got, _ := os.ReadFile(name); !bytes.Equal(got, newBytes) {
					t.Fatal("undisturbed, and not the new file")
				}
				if stop < 5 {
					t.Errorf("only %d steps: what is tested?", stop-1)
				}
				break
			}
			got, rerr := os.ReadFile(name)
			if rerr != nil || !bytes.Equal(got, oldBytes) && !bytes.Equal(got, newBytes) {
				t.Fatalf("stopped at step %d (%v): neither the old nor the new file: %d bytes, %v", stop, failure, len(got), rerr)
			}
			if b, err := os.ReadFile(backup); backup != "" && err == nil && !bytes.Equal(b, oldBytes) {
				t.Fatalf("stopped at step %d: the backup is not the old file", stop)
			}
			if backup != "" && bytes.Equal(got, newBytes) {
				if _, err := os.Stat(backup); err != nil {
					t.Fatalf("stopped at step %d: the new file is there, and no backup", stop)
				}
			}
			// After a failure the temporary file goes, unless it is its removal
			// that failed, which is then the last step.
			left, _ := filepath.Glob(filepath.Join(dir, ".*.tmp"))
			if failure != nil && len(left) > 0 && d.steps > stop {
				t.Fatalf("step %d failed (%v), and left %v", stop, err, left)
			}
		}
	}
}

func clean(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// A writer that stops at every call it makes leaves the old file or the new one.
func TestReplaceCrash(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.pcapng")
	t.Run("plain", func(t *testing.T) {
		stopAtEachStep(t, name, "", newBytes, func(d disk) error {
			return replace(d, name, ReplaceOptions{Overwrite: true, Like: name}, inPieces(newBytes), nil)
		})
	})
	t.Run("backup", func(t *testing.T) {
		stopAtEachStep(t, name, name+".orig", newBytes, func(d disk) error {
			return replace(d, name, ReplaceOptions{Overwrite: true, Like: name, Backup: name + ".orig"}, inPieces(newBytes), nil)
		})
	})
}

func TestPatchCrash(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.pcap")
	patched := append([]byte(nil), oldBytes...)
	copy(patched[20:], "\x6c\x00")
	e := Edit{At: 20, Drop: 2, Put: []byte{0x6c, 0}}
	t.Run("plain", func(t *testing.T) {
		stopAtEachStep(t, name, "", patched, func(d disk) error { return patch(d, name, e, PatchOptions{}) })
	})
	t.Run("backup", func(t *testing.T) {
		stopAtEachStep(t, name, name+".orig", patched, func(d disk) error {
			return patch(d, name, e, PatchOptions{Backup: name + ".orig"})
		})
	})
}

func TestReplaceKeepsModeAndTime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, oldBytes, 0o604); err != nil {
		t.Fatal(err)
	}
	then := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(name, then, then); err != nil {
		t.Fatal(err)
	}
	same := func(what string) {
		t.Helper()
		st, err := os.Stat(name)
		if err != nil || st.Mode().Perm() != 0o604 || !st.ModTime().Equal(then) {
			t.Errorf("%s: %v %v %v", what, st.Mode(), st.ModTime(), err)
		}
	}
	if err := Replace(name, ReplaceOptions{Overwrite: true, Like: name}, inPieces(newBytes), nil); err != nil {
		t.Fatal(err)
	}
	same("replaced")
	if err := Patch(name, Edit{At: 3, Drop: 1, Put: []byte("?")}, PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	same("patched")
}

// A link leads to the file that is replaced, and stays a link.
func TestReplaceThroughLink(t *testing.T) {
	dir := t.TempDir()
	name, alias := filepath.Join(dir, "x"), filepath.Join(dir, "y")
	if err := errors.Join(os.WriteFile(name, oldBytes, 0o600), os.Symlink("x", alias)); err != nil {
		t.Fatal(err)
	}
	if err := Replace(alias, ReplaceOptions{Overwrite: true, Like: alias}, inPieces(newBytes), nil); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(alias); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("no link any more: %v", err)
	}
	if b, _ := os.ReadFile(name); !bytes.Equal(b, newBytes) {
		t.Error("the file behind the link is the old one")
	}
}

func TestReplaceRefuses(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x")
	if err := os.WriteFile(name, oldBytes, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Replace(name, ReplaceOptions{}, inPieces(newBytes), nil); !errors.Is(err, ErrExists) {
		t.Errorf("existing file: %v", err)
	}
	if err := Replace(dir, ReplaceOptions{Overwrite: true}, inPieces(newBytes), nil); err == nil {
		t.Error("a directory was replaced")
	}
	bad := errors.New("bad")
	if err := Replace(name, ReplaceOptions{Overwrite: true}, inPieces(newBytes), func(string) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("check: %v", err)
	}
	// A file that appears while the new one is written.
	other := filepath.Join(dir, "y")
	err := Replace(other, ReplaceOptions{}, inPieces(newBytes), func(string) error { return os.WriteFile(other, oldBytes, 0o600) })
	if !errors.Is(err, ErrExists) {
		t.Errorf("appeared meanwhile: %v", err)
	}
	for _, n := range []string{name, other} {
		if b, _ := os.ReadFile(n); !bytes.Equal(b, oldBytes) {
			t.Errorf("%s was changed", n)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Who overwrites a file that others may not read does not publish it, and a link
// stays one, also when it leads nowhere yet.
func TestReplaceKeepsModeAndLinks(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, oldBytes, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Replace(secret, ReplaceOptions{Overwrite: true}, inPieces(newBytes), nil); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(secret); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("new", link); err != nil {
		t.Skip(err)
	}
	for range 2 { // it leads nowhere, then somewhere
		if err := Replace(link, ReplaceOptions{Overwrite: true}, inPieces(newBytes), nil); err != nil {
			t.Fatal(err)
		}
		if to, err := os.Readlink(link); to != "new" {
			t.Errorf("the link leads to %q, %v", to, err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "new")); !bytes.Equal(got, newBytes) {
			t.Errorf("%d bytes in the file, %v", len(got), err)
		}
	}
	if err := Replace(link, ReplaceOptions{}, inPieces(newBytes), nil); !errors.Is(err, ErrExists) {
		t.Errorf("without Overwrite: %v", err)
	}
}
