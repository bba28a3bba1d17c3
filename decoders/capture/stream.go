package capture

import (
	"compress/flate"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// Stream is a file's bytes behind its compression, if any.
type Stream struct {
	// Compression is as in Info.
	Compression string

	in   *input
	name string
	at   int64 // bytes read
}

// OpenStream opens a file that Open accepts, for its bytes instead of its
// records.
func OpenStream(name string) (*Stream, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	raw := &rawReader{src: f}
	s := &Stream{name: name, in: &input{src: raw, raw: raw, live: isLive(f), closer: []func() error{f.Close}}}
	comp := sniffCompression(s.in.peek(sniffMin, sniffLen))
	s.Compression = comp.String()
	if comp != noCompression {
		if err := s.in.decompress(comp); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %s data is damaged at its beginning: %w", name, comp, err), s.in.close())
		}
	}
	return s, nil
}

// Read implements io.Reader. Compressed data that are damaged or cut are an
// error behind the last good byte.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n := s.in.read(p)
	s.at += int64(n)
	switch {
	case n > 0:
		return n, nil
	case s.in.ioErr != nil:
		return 0, fmt.Errorf("%s: offset %d: %w", s.name, s.at, s.in.ioErr)
	case s.in.dataErr != nil:
		return 0, fmt.Errorf("%s: offset %d: %w: %w", s.name, s.at, ErrBrokenStream, s.in.dataErr)
	}
	return 0, io.EOF
}

// Close closes the file.
func (s *Stream) Close() error { return s.in.close() }

// ErrBrokenStream: compressed data are damaged or cut; what was read before is good.
var ErrBrokenStream = errors.New("compressed data are damaged")

// ErrNoCompressor: files can be read with that compression but not written.
var ErrNoCompressor = errors.New("no compressor for")

// NewCompressor returns a writer that compresses to w as Info.Compression
// names it; closing it completes the data and leaves w open. For bzip2 there is
// no compressor: the error is ErrNoCompressor.
func NewCompressor(w io.Writer, compression string) (io.WriteCloser, error) {
	switch compression {
	case "none":
		return nopCloser{w}, nil
	case "gzip":
		return gzip.NewWriterLevel(w, flate.DefaultCompression)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case "lz4":
		return lz4.NewWriter(w), nil
	case "xz":
		return xz.NewWriter(w)
	}
	return nil, fmt.Errorf("%w %s", ErrNoCompressor, compression)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

var _ io.ReadCloser = (*Stream)(nil)
