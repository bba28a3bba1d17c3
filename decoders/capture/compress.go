package capture

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// compression is how a file is packed.
type compression uint8

const (
	noCompression compression = iota
	gzipped
	zstandard
	lz4Frame
	xzStream
	bzip2ed
)

func (c compression) String() string {
	return [...]string{"none", "gzip", "zstd", "lz4", "xz", "bzip2"}[c]
}

// maxDecoderMemory bounds the window or dictionary of a decompressor, in bytes.
const maxDecoderMemory = 128 << 20

// decompress puts the decompressor for c between the source and the parser. It
// decompresses as it is read from, in the caller's goroutine: what follows the
// reader runs in others already, so that a goroutine more would not help.
func (in *input) decompress(c compression) error {
	buffered := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(in.pre), in.raw), 64<<10)
	in.pre, in.eof = nil, false
	var err error
	switch c {
	case gzipped:
		in.src, err = gzip.NewReader(buffered)
	case zstandard:
		var d *zstd.Decoder
		d, err = zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(maxDecoderMemory), zstd.WithDecoderMaxWindow(maxDecoderMemory))
		if err == nil {
			in.src = d
			in.closer = append(in.closer, func() error { d.Close(); return nil })
		}
	case lz4Frame:
		in.src = lz4.NewReader(buffered)
	case xzStream:
		in.src, err = newXZ(buffered)
	case bzip2ed:
		in.src = bzip2.NewReader(buffered)
	}
	return err
}
