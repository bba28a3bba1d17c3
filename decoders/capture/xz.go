package capture

import (
	"bufio"
	"fmt"
	"io"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

const (
	xzStreamHeader = 12
	xzFilterLZMA2  = 0x21
)

// newXZ opens an xz stream whose first block asks for no more dictionary than
// maxDecoderMemory; the decoder would allocate up to 4 GiB without a question.
func newXZ(src *bufio.Reader) (io.Reader, error) {
	if n := xzDictionary(src); n > maxDecoderMemory {
		return nil, fmt.Errorf("dictionary of %d MiB is larger than the limit of %d", n>>20, maxDecoderMemory>>20)
	}
	return xz.NewReader(src)
}

// xzDictionary returns the dictionary size in bytes that the first block header
// behind the stream header states (.xz file format 3.1, 5.3.1), 0 when there is
// none to be found; the decoder will then say what is wrong.
func xzDictionary(src *bufio.Reader) int64 {
	b, _ := src.Peek(xzStreamHeader + 1)
	if len(b) <= xzStreamHeader || b[xzStreamHeader] == 0 {
		return 0
	}
	size := (int(b[xzStreamHeader]) + 1) * 4
	b, _ = src.Peek(xzStreamHeader + size)
	if len(b) < xzStreamHeader+size {
		return 0
	}
	b = b[xzStreamHeader+1:]
	flags := b[0]
	b = b[1:]
	for range flags>>6&1 + flags>>7 { // compressed and uncompressed size
		_, b = xzInteger(b)
	}
	var dict int64
	for range flags&3 + 1 {
		var id, n uint64
		id, b = xzInteger(b)
		n, b = xzInteger(b)
		if n > uint64(len(b)) {
			break
		}
		if id == xzFilterLZMA2 && n == 1 {
			if d, err := lzma.DecodeDictCap(b[0]); err == nil {
				dict = max(dict, d)
			}
		}
		b = b[n:]
	}
	return dict
}

// xzInteger reads a multibyte integer (.xz file format 1.2).
func xzInteger(b []byte) (v uint64, rest []byte) {
	for i := 0; i < len(b) && i < 9; i++ {
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return v, b[i+1:]
		}
	}
	return 0, nil
}
