package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Frame is what a packet becomes under another link type: Header, then the
// packet's bytes from Skip on, Wire of them on the wire (captured or not).
type Frame struct {
	Header []byte // borrowed until the next call
	Skip   int
	Wire   uint32
}

// Reframer says what packets become under another link type.
type Reframer interface {
	// LinkType is the new type of an interface; ok is false to leave its
	// packets as they are.
	LinkType(iface int, ifc *Interface) (linkType uint16, ok bool)
	// Frame gives the packet's new form; ok is false when it has none under the
	// new type and is to be left out.
	Frame(iface int, data []byte, wire uint32) (f Frame, ok bool)
}

// ReencapStats counts what Reencapsulate did.
type ReencapStats struct {
	Packets uint64 // written in their new form
	LeftOut uint64 // had none
}

// Reencapsulate writes the capture file called name to dst with other
// link-layer headers. Link types, snaplens, captured and original lengths
// follow; everything else stays as it is: times, order, comments, secrets,
// statistics, unknown blocks. A
// hash of the packet's bytes (epb_hash) is dropped, since it would be wrong. A
// snoop file cannot be converted (ErrFixedLinkType), nor one that is damaged
// (ErrDamaged), except that a record which reaches beyond its end is left out.
func Reencapsulate(dst io.Writer, name string, by Reframer) (ReencapStats, error) {
	r, err := Open(name, Options{})
	if err != nil {
		return ReencapStats{}, err
	}
	defer r.Close()
	raw, err := OpenStream(name)
	if err != nil {
		return ReencapStats{}, err
	}
	defer raw.Close()
	e := &reencap{r: r, raw: raw, dst: dst, by: by}
	err = e.run()
	return e.stats, err
}

type reencap struct {
	r     *Reader
	raw   *Stream // the same bytes as r, for what lies between the records
	at    int64   // offset in raw
	dst   io.Writer
	by    Reframer
	stats ReencapStats

	ifaces []reframed
	buf    []byte // the record or block at hand, rebuilt
}

// reframed is what becomes of an interface.
type reframed struct {
	change   bool
	linkType uint16
	snapLen  uint32
	written  bool // its description has been copied
	trailer  int  // bytes of a frame check sequence that records end with
}

func (e *reencap) run() error {
	info := e.r.Info()
	if info.Format == FormatSnoop {
		return fmt.Errorf("%s: %w: snoop files are not converted", info.Name, ErrFixedLinkType)
	}
	for {
		slab, err := e.r.Next()
		e.describe()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return err
			}
			break
		}
		for i := range slab.Recs {
			if err := e.record(slab, &slab.Recs[i]); err != nil {
				slab.Release()
				return fmt.Errorf("%s: frame %d: %w", info.Name, slab.FrameNumber(&slab.Recs[i]), err)
			}
		}
		slab.Release()
	}
	return e.tail()
}

// describe decides about the interfaces that have been found since.
func (e *reencap) describe() {
	info := e.r.Info()
	for i := len(e.ifaces); i < len(info.Interfaces); i++ {
		ifc := &info.Interfaces[i]
		f := reframed{snapLen: ifc.SnapLen}
		f.linkType, f.change = e.by.LinkType(i, ifc)
		if f.change {
			f.trailer = checkSequence(info, ifc)
		}
		e.ifaces = append(e.ifaces, f)
	}
}

// checkSequence is the length of the frame check sequence that pcap's link-type
// field states (draft-ietf-opsawg-pcap 4): in 16-bit units if bit 26 is set.
func checkSequence(info *Info, ifc *Interface) int {
	if info.Format == FormatPcapNG || ifc.LinkTypeRaw&(1<<26) == 0 {
		return 0
	}
	return int(ifc.LinkTypeRaw>>28) * 2
}

// copyTo copies bytes between records up to offset end, with the descriptions of
// interfaces among them changed.
func (e *reencap) copyTo(end int64) error {
	info := e.r.Info()
	for i := range e.ifaces {
		f := &e.ifaces[i]
		if f.written || info.fields[i].at >= end {
			continue
		}
		f.written = true
		if !f.change {
			continue
		}
		if err := e.description(i, f); err != nil {
			return err
		}
	}
	return e.verbatim(end)
}

func (e *reencap) verbatim(end int64) error {
	n, err := io.CopyN(e.dst, e.raw, end-e.at)
	e.at += n
	return err
}

// snapLenBefore: in pcap's file header the snaplen stands before the link type,
// in an interface description behind it.
const snapLenBefore = 4

// description copies the link type and snaplen of interface i, changed.
func (e *reencap) description(i int, f *reframed) error {
	info := e.r.Info()
	at := info.fields[i].at
	var b []byte
	order := byteOrder(info.fields[i].big)
	if info.Format == FormatPcapNG {
		b = order.AppendUint16(b, f.linkType)
		b = order.AppendUint16(b, 0) // reserved
		b = order.AppendUint32(b, moreSnapLen(f.snapLen))
	} else {
		at = pcapLinkType - snapLenBefore
		b = order.AppendUint32(b, moreSnapLen(f.snapLen))
		b = order.AppendUint32(b, uint32(f.linkType)) // no check sequence any more
	}
	if err := e.verbatim(at); err != nil {
		return err
	}
	n, err := io.CopyN(io.Discard, e.raw, int64(len(b)))
	e.at += n
	if err != nil {
		return err
	}
	_, err = e.dst.Write(b)
	return err
}

// maxAdded is how much longer a packet can become: the longest new header.
const maxAdded = 20

// moreSnapLen leaves room for the new header. 0 is no limit.
func moreSnapLen(n uint32) uint32 {
	if n == 0 || n > 1<<31 {
		return n
	}
	return n + maxAdded
}

// endian is a byte order with all of its methods.
type endian interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func byteOrder(big bool) endian {
	if big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// record copies what lies before a record, and the record in its new form.
func (e *reencap) record(slab *Slab, rec *Record) error {
	f := &e.ifaces[rec.Iface]
	if !f.change {
		return nil // copied with what follows
	}
	old := e.whole(slab, rec)
	begin := slab.BufOffset + int64(rec.Off) - int64(old.head)
	if err := e.copyTo(begin); err != nil {
		return err
	}
	n, err := io.CopyN(io.Discard, e.raw, int64(len(old.bytes)))
	e.at += n
	if err != nil {
		return err
	}
	data, wire := slab.Data(rec), rec.Orig
	if f.trailer > 0 && rec.Len == rec.Orig && len(data) > f.trailer {
		data, wire = data[:len(data)-f.trailer], wire-uint32(f.trailer)
	}
	fr, ok := e.by.Frame(int(rec.Iface), data, wire)
	if !ok {
		e.stats.LeftOut++
		return nil
	}
	e.stats.Packets++
	kept := data[fr.Skip:min(len(data), fr.Skip+int(fr.Wire))]
	if e.r.Info().Format == FormatPcapNG {
		err = e.packetBlock(old, f, fr, kept)
	} else {
		e.pcapRecord(old, fr, kept)
	}
	if err != nil {
		return err
	}
	_, err = e.dst.Write(e.buf)
	return err
}

// oldRecord is a record as it stands in the file.
type oldRecord struct {
	bytes []byte // record header and data, or the whole block; borrowed from the slab
	head  int    // where the data begin in it
	order endian
	data  int // captured bytes
}

// Where the data of packet blocks begin (draft 4.3, 4.4).
const (
	epbHead = 28
	spbHead = 12
)

// whole finds all of a record in its slab.
func (e *reencap) whole(slab *Slab, rec *Record) oldRecord {
	o := oldRecord{order: byteOrder(e.r.Info().fields[rec.Iface].big), data: int(rec.Len)}
	off := int(rec.Off)
	if p, ok := e.r.parser.(*pcapParser); ok {
		o.order, o.head = byteOrder(p.big), p.recLen
		o.bytes = slab.Buf[off-o.head : off+o.data]
		return o
	}
	read := o.order.Uint32
	o.head = epbHead
	// An enhanced packet block has the lower half of its time where a simple one
	// has its type; only blocks of the second kind are without time.
	if rec.Flags&HasTime == 0 && read(slab.Buf[off-spbHead:]) == blockSPB {
		size := int(read(slab.Buf[off-spbHead+4:]))
		if end := off - spbHead + size; size >= spbHead+4 && end <= len(slab.Buf) && int(read(slab.Buf[end-4:])) == size {
			o.head = spbHead
		}
	}
	begin := off - o.head
	o.bytes = slab.Buf[begin : begin+int(read(slab.Buf[begin+4:]))]
	return o
}

// pcapRecord builds a pcap record: the old header with new lengths, which stand
// at the same place in all variants, captured first or original first.
func (e *reencap) pcapRecord(old oldRecord, fr Frame, kept []byte) {
	e.buf = append(e.buf[:0], old.bytes[:8]...)
	captured, wire := uint32(len(fr.Header)+len(kept)), uint32(len(fr.Header))+fr.Wire
	if e.r.parser.(*pcapParser).order == originalFirst {
		captured, wire = wire, captured
	}
	e.buf = old.order.AppendUint32(e.buf, captured)
	e.buf = old.order.AppendUint32(e.buf, wire)
	e.buf = append(e.buf, old.bytes[16:old.head]...)
	e.buf = append(e.buf, fr.Header...)
	e.buf = append(e.buf, kept...)
}

// packetBlock builds a pcapng packet block: the old one with new lengths, data
// and padding, and its options but for a hash.
func (e *reencap) packetBlock(old oldRecord, f *reframed, fr Frame, kept []byte) error {
	captured, wire := uint32(len(fr.Header)+len(kept)), uint32(len(fr.Header))+fr.Wire
	e.buf = append(e.buf[:0], old.bytes[:old.head]...)
	o := old.order
	if old.head == spbHead {
		o.PutUint32(e.buf[8:], wire)
		// What was captured is not stated but follows from the snaplen.
		if limit := moreSnapLen(f.snapLen); captured != wire && (limit == 0 || captured != min(wire, limit)) {
			return errors.New("a simple packet block cannot state how much of it was captured under another link type")
		}
	} else {
		o.PutUint32(e.buf[20:], captured)
		o.PutUint32(e.buf[24:], wire)
	}
	e.buf = append(e.buf, fr.Header...)
	e.buf = append(e.buf, kept...)
	for len(e.buf)&3 != 0 {
		e.buf = append(e.buf, 0)
	}
	options := old.bytes[min(old.head+int(pad4(uint32(old.data))), len(old.bytes)-4) : len(old.bytes)-4]
	e.buf = appendOptions(e.buf, options, o)
	size := uint32(len(e.buf) + 4)
	o.PutUint32(e.buf[4:], size)
	e.buf = o.AppendUint32(e.buf, size)
	return nil
}

const optHash = 3 // in an EPB

// appendOptions copies options except hashes; what does not parse is copied as
// it is.
func appendOptions(dst, opts []byte, o endian) []byte {
	for len(opts) >= 4 {
		code, size := o.Uint16(opts), 4+int(pad4(uint32(o.Uint16(opts[2:]))))
		if code == optEnd || size > len(opts) {
			break
		}
		if code != optHash {
			dst = append(dst, opts[:size]...)
		}
		opts = opts[size:]
	}
	return append(dst, opts...)
}

// ErrDamaged: the file has damage other than a cut end.
var ErrDamaged = errors.New("the file is damaged")

// tail copies what follows the last record. A record that reaches beyond the end
// of the file has no new form, and is left out.
func (e *reencap) tail() error {
	info := e.r.Info()
	cut := info.EndedEarly && info.cut != nil
	if n := info.DamageCount; n > 1 || n == 1 && !cut {
		return fmt.Errorf("%w: %s", ErrDamaged, info.Damages[0])
	}
	if cut {
		return e.copyTo(max(info.cut.Offset, e.at))
	}
	if err := e.copyTo(max(info.FileBytes, e.at)); err != nil {
		return err
	}
	_, err := io.Copy(e.dst, e.raw)
	return err
}
