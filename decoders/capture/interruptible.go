package capture

import (
	"context"
	"io"
	"os"
)

// OpenContext is Open for whoever reads without a goroutine to spare: ctx ends
// also the wait for a pipe that brings nothing, or that nobody has opened to write
// to. The reader then ends with ctx's error, behind what it has got until then.
func OpenContext(ctx context.Context, name string, opt Options) (*Reader, error) {
	if st, err := os.Stat(name); name != "-" && (err != nil || st.Mode().IsRegular() || st.IsDir()) {
		return Open(name, opt)
	}
	f, err := OpenInput(ctx, name)
	if err != nil {
		return nil, err
	}
	return newOwner(f, name, opt)
}

// OpenInput opens any file in a way that ctx can end, as OpenContext does. Its
// error begins with the name.
func OpenInput(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == "-" {
		return newInterruptible(ctx, io.NopCloser(os.Stdin)), nil
	}
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(name) // waits for a named pipe's writer
		done <- opened{f, err}
	}()
	var o opened
	select {
	case o = <-done:
	case <-ctx.Done():
		o.err = ctx.Err()
	}
	if o.err != nil {
		return nil, named(name, o.err)
	}
	return newInterruptible(ctx, o.f), nil
}

// interruptible reads src until ctx is done, also while a read waits.
type interruptible struct {
	io.Closer
	ctx  context.Context
	src  io.Reader
	own  []byte // what a read that nobody waits for any more may write to
	done chan readResult
}

type readResult struct {
	n   int
	err error
}

func newInterruptible(ctx context.Context, src io.ReadCloser) *interruptible {
	return &interruptible{Closer: src, ctx: ctx, src: src, own: make([]byte, 64<<10), done: make(chan readResult, 1)}
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	part := r.own[:min(len(p), len(r.own))]
	go func() {
		n, err := r.src.Read(part)
		r.done <- readResult{n, err}
	}()
	select {
	case got := <-r.done:
		return copy(p, part[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}
