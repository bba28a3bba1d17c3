package capture

import (
	"errors"
	"io"
	"os"
)

// input is the decompressed byte stream that the parser sees.
type input struct {
	pre    []byte // read while sniffing, comes first
	src    io.Reader
	raw    *rawReader
	closer []func() error

	// live: bytes come when they come (pipe, terminal, device), so records are
	// to be delivered as soon as they are complete.
	live    bool
	eof     bool  // src has ended; pre may still hold bytes
	ioErr   error // the source failed
	dataErr error // the compressed data are damaged or cut
	idle    int
}

// rawReader is the undecompressed source. It counts the bytes and remembers its
// own error, so that a decompressor's complaint can be told from a failing disk.
type rawReader struct {
	src io.Reader
	n   int64
	err error // other than io.EOF
	end error // what the source ended with; it is not read again
}

func (r *rawReader) Read(p []byte) (int, error) {
	if r.end != nil {
		return 0, r.end
	}
	n, err := r.src.Read(p)
	r.n += int64(n)
	r.end = err
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// read reads once. It returns 0 only at the end.
func (in *input) read(p []byte) int {
	if len(in.pre) > 0 {
		n := copy(p, in.pre)
		in.pre = in.pre[n:]
		return n
	}
	for !in.eof {
		n, err := in.src.Read(p)
		if err != nil {
			in.stop(err)
		} else if n == 0 {
			// A reader may return 0, nil; one that keeps doing so is broken.
			if in.idle++; in.idle > 100 {
				in.stop(io.ErrNoProgress)
			}
			continue
		}
		in.idle = 0
		if n > 0 {
			return n
		}
	}
	return 0
}

// drained says that no more bytes will come.
func (in *input) drained() bool { return in.eof && len(in.pre) == 0 }

func (in *input) stop(err error) {
	in.eof = true
	switch {
	case in.raw.err != nil:
		in.ioErr = in.raw.err
	case err == io.EOF:
	case in.src != io.Reader(in.raw):
		in.dataErr = err
	default:
		in.ioErr = err
	}
}

func (in *input) close() error {
	var errs []error
	for _, c := range in.closer {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// peek reads until at least want bytes are in pre, or the end. From a file it
// reads up to size bytes, from a pipe as little as it can.
func (in *input) peek(want, size int) []byte {
	if !in.live {
		want = size
	}
	b := make([]byte, size)
	n := copy(b, in.pre)
	in.pre = nil
	for n < want && !in.eof {
		n += in.read(b[n:])
	}
	in.pre = b[:n]
	return in.pre
}

// isLive says whether a source is one that delivers bytes as they happen.
func isLive(src io.Reader) bool {
	if e, ok := src.(*editedReader); ok {
		return isLive(e.src)
	}
	f, ok := src.(*os.File)
	if !ok {
		_, sized := src.(interface{ Len() int })
		return !sized
	}
	st, err := f.Stat()
	return err != nil || !st.Mode().IsRegular()
}
