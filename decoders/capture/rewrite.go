package capture

import (
	"io"
)

// Edit replaces the Drop bytes at offset At of a (decompressed) file by Put.
type Edit struct {
	At   int64
	Drop int
	Put  []byte
}

// Edited returns src with edits applied, which are in the order of their
// offsets and do not overlap. Every other byte passes through as it is. Reading
// fails with io.ErrUnexpectedEOF when src ends before the last edit.
func Edited(src io.Reader, edits []Edit) io.Reader {
	return &editedReader{src: src, edits: edits}
}

type editedReader struct {
	src   io.Reader
	edits []Edit
	at    int64  // offset in src
	put   []byte // still to be delivered
}

func (e *editedReader) Read(p []byte) (int, error) {
	for {
		if len(e.put) > 0 {
			n := copy(p, e.put)
			e.put = e.put[n:]
			return n, nil
		}
		if len(e.edits) == 0 {
			return e.src.Read(p)
		}
		next := &e.edits[0]
		if left := next.At - e.at; left > 0 {
			n, err := e.src.Read(p[:min(int64(len(p)), left)])
			e.at += int64(n)
			if err == io.EOF && n == 0 {
				return 0, io.ErrUnexpectedEOF
			}
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
		if n, err := io.CopyN(io.Discard, e.src, int64(next.Drop)); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			e.at += n
			return 0, err
		}
		e.at += int64(next.Drop)
		e.put = next.Put
		e.edits = e.edits[1:]
	}
}

// CopyEdited writes src with edits applied to dst and returns the number of
// bytes written.
func CopyEdited(dst io.Writer, src io.Reader, edits []Edit) (int64, error) {
	// Hide ReadFrom and WriteTo: they would copy through buffers of 32 KiB.
	return io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{Edited(src, edits)}, make([]byte, 1<<20))
}
