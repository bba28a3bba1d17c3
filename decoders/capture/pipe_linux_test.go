package capture

import (
	"bytes"
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestWidenedPipe: what a pipe is asked for it holds (or the system refuses, and
// nothing is different), and what lies in it is read as it was written.
func TestWidenedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	widenPipe(r)
	conn, err := r.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var size uintptr
	conn.Control(func(fd uintptr) { size, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, 1032, 0) })
	if size < pipeSize {
		t.Skipf("the system lets a pipe hold no more than %d bytes", size)
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), pipeSize/16)
	written := make(chan error, 1)
	go func() { _, err := w.Write(data); written <- err }()
	select { // before anything is read
	case err := <-written:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the writer waits")
	}
	w.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
}
