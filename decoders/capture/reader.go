package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Reader reads one capture. Its methods belong to one goroutine, except Close,
// which may also interrupt a Next that waits for a slab.
type Reader struct {
	opt    Options
	info   Info
	in     *input
	parser parser
	pool   *slabPool

	// carry holds bytes that were read but belong to no delivered record yet:
	// the partial record at the end of the last slab. It starts at offset base
	// of the decompressed stream. Owner: the reader; the slab that it was cut
	// from may already be overwritten.
	carry []byte
	base  int64

	over error // what Next returns from now on, once set
}

// parser finds the records of one format.
type parser interface {
	// parse appends the records that lie wholly in s.Buf[s.pos:s.n] and moves
	// s.pos behind what it has dealt with. eof says that no more bytes will
	// come; then it deals with everything. need is how many bytes from s.pos on
	// it wants before it can go on, or 0. done says that the rest of the file
	// is given up.
	parse(s *Slab, eof bool) (need int, done bool)
	// finish brings derived facts of the Info up to date.
	finish()
}

// Next returns the next slab of records, which has at least one. It returns
// io.EOF at the end, also at the end of a damaged file (see Info.Damages), and
// another error only when the source itself failed, after everything that could
// be read was delivered.
//
// When reading from a pipe, Next returns what is complete as soon as a read
// brings something; it does not wait for a slab to fill.
func (r *Reader) Next() (*Slab, error) {
	if r.over != nil {
		return nil, r.over
	}
	s := r.pool.get()
	if s == nil {
		return nil, r.closed()
	}
	if len(s.Buf) <= len(r.carry) {
		s.grow(len(r.carry) + minSlabSize)
	}
	s.n = copy(s.Buf, r.carry)
	s.BufOffset = r.base
	r.carry = r.carry[:0]

	for {
		r.fill(s)
		need, done := r.parser.parse(s, r.in.drained())
		if done || r.in.drained() {
			r.end()
		}
		if len(s.Recs) > 0 && (r.over != nil || r.in.live || s.n == len(s.Buf)) {
			r.base = s.BufOffset + int64(s.pos)
			if r.over == nil {
				r.carry = append(r.carry, s.Buf[s.pos:s.n]...)
			}
			s.Buf = s.Buf[:s.n]
			r.pool.most = max(r.pool.most, len(s.Recs))
			return s, nil
		}
		if r.over != nil {
			s.Release()
			return nil, r.over
		}
		if len(s.Recs) > 0 {
			continue
		}
		s.compact()
		if s.n == len(s.Buf) {
			s.grow(min(max(need, s.n+minSlabSize), 2*len(s.Buf)))
		}
	}
}

// pieceSize is how much is read before it is parsed: little enough for the
// headers to be in the processor's cache still.
const pieceSize = 256 << 10

// fill reads a piece into the free part of s, or from a pipe what one read
// brings.
func (r *Reader) fill(s *Slab) {
	end := min(len(s.Buf), s.n+pieceSize)
	for s.n < end && !r.in.drained() {
		n := r.in.read(s.Buf[s.n:end])
		s.n += n
		r.info.FileBytes += int64(n)
		if r.in.live && n > 0 {
			return
		}
	}
}

// end settles what Next returns after the last slab.
func (r *Reader) end() {
	r.over = io.EOF
	if err := r.in.ioErr; err != nil {
		r.over = fmt.Errorf("%s: frame %d, offset %d: %w", r.info.Name, r.info.Frames, r.info.FileBytes, err)
	}
	if err := r.in.dataErr; err != nil {
		r.info.brokenStream(err, r.in.raw.n)
	}
	r.parser.finish()
	r.carry = nil
}

// Each calls f for every record that is left, in order, until f returns an error,
// which Each returns then. The slab and the record are borrowed until f returns.
func (r *Reader) Each(f func(s *Slab, rec *Record) error) error {
	for {
		slab, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range slab.Recs {
			if err := f(slab, &slab.Recs[i]); err != nil {
				slab.Release()
				return err
			}
		}
		slab.Release()
	}
}

// Info returns what is known about the capture. It grows while the file is read
// and is complete once Next has returned an error. It belongs to the goroutine
// that calls Next.
func (r *Reader) Info() *Info {
	r.parser.finish()
	return &r.info
}

// Live reports whether the capture comes as it happens (a pipe, a terminal), so
// that it cannot be read a second time.
func (r *Reader) Live() bool { return r.in.live }

// Close ends reading. Slabs that are still out stay valid until they are
// released. Standard input is left open.
func (r *Reader) Close() error {
	select {
	case <-r.pool.done:
		return nil
	default:
		close(r.pool.done)
	}
	return r.in.close()
}

func (r *Reader) closed() error {
	return fmt.Errorf("%s: %w", r.info.Name, os.ErrClosed)
}
