package capture

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

// A read that waits for a pipe ends when ctx does; what has come before is read.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pr, pw := io.Pipe()
	defer pw.Close()
	r := newInterruptible(ctx, pr)
	go pw.Write([]byte("abc")) //nolint:errcheck // the other end reads it
	b := make([]byte, 8)
	if n, err := r.Read(b); n != 3 || err != nil || string(b[:n]) != "abc" {
		t.Fatalf("read %q, %v", b[:n], err)
	}
	time.AfterFunc(10*time.Millisecond, cancel)
	for range 2 {
		if n, err := r.Read(b); n != 0 || !errors.Is(err, context.Canceled) {
			t.Fatalf("after the interruption: read %d, %v", n, err)
		}
	}
}

func TestOpenContextIsOpen(t *testing.T) {
	const name = "../../testdata/pcaps/connect/refused.pcap"
	r, err := OpenContext(t.Context(), name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	if err := r.Each(func(*Slab, *Record) error { n++; return nil }); err != nil || n != 18 {
		t.Errorf("%d records, %v", n, err)
	}
	if _, err := OpenContext(t.Context(), "missing", Options{}); err == nil || err.Error() != "missing: no such file or directory" {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := OpenContext(t.Context(), ".", Options{}); err == nil || err.Error() != ".: is a directory" {
		t.Errorf("a directory: %v", err)
	}
}
