// Package savefile reads and writes the one kind of capture file that the benchmarks use: classic pcap as
// little-endian machines write it, with microsecond timestamps and Ethernet frames. It stands apart from
// decoders/capture so that the tool that makes the benchmark's input shares no code with what is measured on it.
package savefile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	magic        = 0xa1b2c3d4
	linkEthernet = 1
	snapLen      = 262144 // what tcpdump writes without -s

	// HeaderLen is the length of the file header.
	HeaderLen = 24
	// RecordHeaderLen is the length of the header in front of each frame.
	RecordHeaderLen = 16

	blockSize = 1 << 20
)

// Header returns the file header.
func Header() []byte {
	h := make([]byte, 0, HeaderLen)
	h = binary.LittleEndian.AppendUint32(h, magic)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 4)
	h = binary.LittleEndian.AppendUint64(h, 0) // time zone and accuracy: zero in every file since 1998
	h = binary.LittleEndian.AppendUint32(h, snapLen)
	return binary.LittleEndian.AppendUint32(h, linkEthernet)
}

// Record is a record's header and frame, in the reader's own buffer: it may be changed in place, and holds until the
// next call to Next.
type Record []byte

// Frame is the record's bytes from the Ethernet header on.
func (r Record) Frame() []byte { return r[RecordHeaderLen:] }

// Micros is the timestamp in microseconds since 1970.
func (r Record) Micros() int64 {
	return int64(binary.LittleEndian.Uint32(r))*1e6 + int64(binary.LittleEndian.Uint32(r[4:]))
}

// SetMicros replaces the timestamp.
func (r Record) SetMicros(us int64) {
	binary.LittleEndian.PutUint32(r, uint32(us/1e6))
	binary.LittleEndian.PutUint32(r[4:], uint32(us%1e6))
}

// PutHeader fills the record header of a whole frame of n bytes.
func PutHeader(h []byte, us int64, n int) {
	Record(h).SetMicros(us)
	binary.LittleEndian.PutUint32(h[8:], uint32(n))
	binary.LittleEndian.PutUint32(h[12:], uint32(n))
}

// Reader reads records.
type Reader struct {
	b       *bufio.Reader
	pending int // length of the record handed out last, still in the buffer
}

// NewReader reads the file header.
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, blockSize)
	h, err := b.Peek(HeaderLen)
	if err != nil {
		return nil, fmt.Errorf("file header: %w", err)
	}
	if binary.LittleEndian.Uint32(h) != magic || binary.LittleEndian.Uint32(h[20:]) != linkEthernet {
		return nil, errors.New("not a little-endian pcap file with microsecond timestamps and Ethernet frames")
	}
	_, err = b.Discard(HeaderLen)
	return &Reader{b: b}, err
}

// Next returns the next record, or io.EOF after the last.
func (r *Reader) Next() (Record, error) {
	if _, err := r.b.Discard(r.pending); err != nil {
		return nil, err
	}
	r.pending = 0
	h, err := r.b.Peek(RecordHeaderLen)
	if err != nil {
		if err == io.EOF && len(h) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	n := binary.LittleEndian.Uint32(h[8:])
	if n > snapLen {
		return nil, fmt.Errorf("a record of %d bytes", n)
	}
	rec, err := r.b.Peek(RecordHeaderLen + int(n))
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	r.pending = len(rec)
	return rec, nil
}

// Size is what a file holds.
type Size struct {
	Packets, Bytes int64 // Bytes is the length of the file
	First, Last    int64 // timestamps of the first and the last record, in microseconds
}

// Measure reads a file to its end.
func Measure(path string) (Size, error) {
	f, err := os.Open(path)
	if err != nil {
		return Size{}, err
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		return Size{}, fmt.Errorf("%s: %w", path, err)
	}
	s := Size{Bytes: HeaderLen}
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, fmt.Errorf("%s: record %d: %w", path, s.Packets+1, err)
		}
		if s.Packets == 0 {
			s.First = rec.Micros()
		}
		s.Last = rec.Micros()
		s.Packets++
		s.Bytes += int64(len(rec))
	}
}

// Head copies the first n records of a file to another.
func Head(from, to string, n int64) (Size, error) {
	in, err := os.Open(from)
	if err != nil {
		return Size{}, err
	}
	defer in.Close()
	r, err := NewReader(in)
	if err != nil {
		return Size{}, fmt.Errorf("%s: %w", from, err)
	}
	err = Create(to, func(w *bufio.Writer) error {
		for range n {
			rec, err := r.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if _, err := w.Write(rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Size{}, err
	}
	return Measure(to)
}

// Create writes a file, header first, under a temporary name that becomes path only when everything is written: a
// benchmark must not find half a capture. The path "-" is standard output.
func Create(path string, write func(w *bufio.Writer) error) error {
	if path == "-" {
		return fill(os.Stdout, write)
	}
	tmp := path + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	err = errors.Join(fill(f, write), f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}

func fill(f *os.File, write func(w *bufio.Writer) error) error {
	w := bufio.NewWriterSize(f, blockSize)
	if _, err := w.Write(Header()); err != nil {
		return err
	}
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}
