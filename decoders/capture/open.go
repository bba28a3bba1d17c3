package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// sniffLen is how many bytes of a file are looked at to tell its format and the
// variants that share a magic number.
const sniffLen = 64 << 10

// sniffMin is what is enough to tell the format, for a pipe that may not bring
// more: a pcap file header.
const sniffMin = 24

// Open opens the capture file called name; "-" is standard input. Its error is
// one line that begins with the name; it wraps the operating system's error,
// ErrNotCapture or ErrUnsupported. A file that is recognised but cut inside its
// header opens, and has that as its damage.
func Open(name string, opt Options) (*Reader, error) {
	if name == "-" {
		return NewReader(os.Stdin, name, opt)
	}
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	return newOwner(f, name, opt)
}

// newOwner is NewReader for a source that is the reader's to close.
func newOwner(f io.ReadCloser, name string, opt Options) (*Reader, error) {
	r, err := NewReader(f, name, opt)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.in.closer = append(r.in.closer, f.Close)
	return r, nil
}

// openFile opens name for reading, which must not be a directory.
func openFile(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err == nil {
		var st fs.FileInfo
		if st, err = f.Stat(); err == nil && st.IsDir() {
			err = syscall.EISDIR
		}
		if err != nil {
			f.Close()
		}
	}
	if err != nil {
		return nil, named(name, err)
	}
	return f, nil
}

// named puts the name before an error of the operating system, once.
func named(name string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// NewReader reads a capture from src, which name stands for in messages. It does
// not close src.
func NewReader(src io.Reader, name string, opt Options) (*Reader, error) {
	opt = opt.withDefaults()
	raw := &rawReader{src: src}
	r := &Reader{
		opt:  opt,
		info: Info{Name: name},
		in:   &input{src: raw, raw: raw, live: isLive(src)},
		pool: newSlabPool(opt.SlabSize, opt.MaxSlabs),
	}
	if r.in.live {
		widenPipe(src)
	}
	if err := r.begin(); err != nil {
		err = fmt.Errorf("%s: %w", name, err)
		return nil, errors.Join(err, r.in.close())
	}
	return r, nil
}

// begin tells compression and format and sets up the parser.
func (r *Reader) begin() error {
	head := r.in.peek(sniffMin, sniffLen)
	comp := sniffCompression(head)
	r.info.Compression = comp.String()
	if comp != noCompression {
		if err := r.in.decompress(comp); err != nil {
			return fmt.Errorf("%w: %s data is damaged at its beginning: %w", ErrNotCapture, comp, err)
		}
		head = r.in.peek(sniffMin, sniffLen)
	}
	var err error
	switch format, why := sniffFormat(head); format {
	case kindPcapFile:
		r.parser, err = newPcapParser(&r.info, head, r.in.eof, r.opt)
	case kindPcapNG:
		r.parser = newNgParser(&r.info, head, r.opt)
	case kindSnoop:
		r.parser, err = newSnoopParser(&r.info, head, r.opt)
	case kindKnown:
		err = fmt.Errorf("%w: %s", ErrUnsupported, why)
	default:
		switch {
		case r.in.ioErr != nil:
			err = r.in.ioErr
		case r.in.dataErr != nil && len(head) == 0:
			err = fmt.Errorf("%w: %s data is damaged at its beginning: %w", ErrNotCapture, comp, r.in.dataErr)
		default:
			err = fmt.Errorf("%w: %s", ErrNotCapture, why)
		}
	}
	if err != nil && comp != noCompression {
		err = fmt.Errorf("%w (inside %s)", err, comp)
	}
	return err
}
