package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// blockCopier copies the blocks of a pcapng file.
type blockCopier struct {
	src   *bufio.Reader
	dst   *bufio.Writer
	sel   Selection
	order endian
	frame uint64
	begun bool         // a section header has been copied
	in    bytes.Buffer // the block at hand
	buf   []byte       // the same, or what it was changed to
	stats SelectionStats
}

// selectBlocks copies a pcapng file without the packets that are not wanted, and
// with comments.
func selectBlocks(dst io.Writer, name string, sel Selection) (SelectionStats, error) {
	raw, err := OpenStream(name)
	if err != nil {
		return SelectionStats{}, err
	}
	defer raw.Close()
	c := &blockCopier{src: bufio.NewReaderSize(raw, 1<<20), dst: bufio.NewWriterSize(dst, 1<<20), sel: sel, order: byteOrder(false)}
	for {
		err := c.block()
		if errors.Is(err, io.EOF) && !c.begun {
			return c.stats, fmt.Errorf("%w: %s: no whole section header", ErrDamaged, name)
		}
		if errors.Is(err, io.EOF) {
			return c.stats, c.dst.Flush()
		}
		if err != nil {
			return c.stats, fmt.Errorf("%s: frame %d: %w", name, c.frame, err)
		}
	}
}

// block copies the next block, io.EOF at the end. A block that the file's end
// cuts is left out.
func (c *blockCopier) block() error {
	head, err := c.src.Peek(minBlock)
	if err != nil {
		if len(head) > 0 && errors.Is(err, ErrBrokenStream) {
			return io.EOF
		}
		return endOfBlocks(err)
	}
	if binary.LittleEndian.Uint32(head) == blockSHB {
		c.order = byteOrder(binary.LittleEndian.Uint32(head[8:]) != byteOrderMagic)
	}
	typ, size := c.order.Uint32(head), c.order.Uint32(head[4:])
	if size < minBlock || size%4 != 0 || size > 1<<30 {
		return fmt.Errorf("%w: block of type 0x%x has the bad length %d", ErrDamaged, typ, size)
	}
	switch kindOf(typ) {
	case kindSHB:
		return c.section(size)
	case kindEPB, kindPB, kindSPB:
		c.frame++
		return c.packet(kindOf(typ), size)
	case kindJournal, kindCustom, kindCustomNC:
		// Wireshark numbers these too.
		c.frame++
		if !c.sel.Keep(c.frame) {
			return c.skip(size)
		}
		c.stats.Frames++
	}
	return c.whole(size, nil)
}

// endOfBlocks makes io.EOF of the errors that mean the end of the file's good
// part.
func endOfBlocks(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrBrokenStream) {
		return io.EOF
	}
	return err
}

func (c *blockCopier) skip(size uint32) error {
	_, err := io.CopyN(io.Discard, c.src, int64(size))
	return endOfBlocks(err)
}

// whole reads a block, lets change work on it, and writes it.
func (c *blockCopier) whole(size uint32, change func()) error {
	// The buffer grows with what is really there, whatever size claims.
	c.in.Reset()
	if _, err := io.CopyN(&c.in, c.src, int64(size)); err != nil {
		return endOfBlocks(err)
	}
	c.buf = c.in.Bytes()
	if again := c.order.Uint32(c.buf[size-4:]); again != size {
		return fmt.Errorf("%w: a block has length %d at its beginning and %d at its end", ErrDamaged, size, again)
	}
	if change != nil {
		change()
	}
	_, err := c.dst.Write(c.buf)
	return err
}

// section copies a section header; its length is given as unknown.
func (c *blockCopier) section(size uint32) error {
	return c.whole(size, func() {
		c.begun = true
		if size >= minSHB {
			c.order.PutUint64(c.buf[16:], 1<<64-1)
		}
	})
}

// packet copies a packet block that is wanted, with its comments.
func (c *blockCopier) packet(kind blockKind, size uint32) error {
	if !c.sel.Keep(c.frame) {
		return c.skip(size)
	}
	c.stats.Frames++
	comments := c.sel.Comments(c.frame)
	if len(comments) == 0 {
		return c.whole(size, nil)
	}
	if kind == kindSPB {
		c.stats.Unplaced++
		return c.whole(size, nil)
	}
	return c.whole(size, func() { c.comment(comments) })
}

// comment puts comments in front of the options of the packet block in buf.
func (c *blockCopier) comment(comments []string) {
	b := c.buf
	const captured = 20 // where both kinds state the captured length (draft 4.3, appendix A)
	if len(b) < epbHead+4 {
		c.stats.Unplaced++
		return
	}
	at := epbHead + int(pad4(c.order.Uint32(b[captured:])))
	if at > len(b)-4 {
		c.stats.Unplaced++
		return
	}
	options := b[at : len(b)-4]
	out := append([]byte(nil), b[:at]...)
	out = appendComments(out, comments, c.order)
	if len(options) == 0 {
		out = append(out, 0, 0, 0, 0) // opt_endofopt
	}
	out = append(out, options...)
	size := uint32(len(out) + 4)
	c.order.PutUint32(out[4:], size)
	c.buf = c.order.AppendUint32(out, size)
	c.stats.Commented++
}

// appendComments adds comment options (draft 3.5.1), each padded to 32 bits.
func appendComments(dst []byte, comments []string, o endian) []byte {
	for _, s := range comments {
		s = s[:min(len(s), maxComment)]
		dst = o.AppendUint16(o.AppendUint16(dst, optComment), uint16(len(s)))
		dst = append(dst, s...)
		for len(dst)&3 != 0 {
			dst = append(dst, 0)
		}
	}
	return dst
}

// maxComment bounds a comment; an option's length has 16 bits.
const maxComment = 60_000
