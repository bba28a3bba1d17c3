package capture

import (
	"bufio"
	"encoding/binary"
	"io"
)

// rebuilder writes records as a new pcapng file: one section, little-endian, an
// interface description for each interface and an enhanced packet block for each
// record.
type rebuilder struct {
	r      *Reader
	dst    *bufio.Writer
	order  endian
	ifaces []uint8 // if_tsresol of the interfaces that have been described
	buf    []byte
	stats  SelectionStats
}

// rebuild writes the records that r reads and sel wants.
func rebuild(dst io.Writer, r *Reader, sel Selection) (SelectionStats, error) {
	b := &rebuilder{r: r, dst: bufio.NewWriterSize(dst, 1<<20), order: byteOrder(false)}
	b.header()
	err := r.Each(func(s *Slab, rec *Record) error {
		frame := s.FrameNumber(rec)
		if !sel.Keep(frame) {
			return nil
		}
		b.describe(int(rec.Iface))
		comments := sel.Comments(frame)
		b.packet(rec, s.Data(rec), comments)
		_, err := b.dst.Write(b.buf)
		return err
	})
	if err != nil {
		return b.stats, err
	}
	b.describe(len(r.Info().Interfaces) - 1)
	return b.stats, b.dst.Flush()
}

// begin starts a block in buf, end completes it there.
func (b *rebuilder) begin(typ uint32) {
	b.buf = b.order.AppendUint32(b.buf[:0], typ)
	b.buf = b.order.AppendUint32(b.buf, 0) // the length comes last
}

func (b *rebuilder) end() {
	for len(b.buf)&3 != 0 {
		b.buf = append(b.buf, 0)
	}
	size := uint32(len(b.buf) + 4)
	b.order.PutUint32(b.buf[4:], size)
	b.buf = b.order.AppendUint32(b.buf, size)
}

// header writes the section header (draft 4.1). An error of dst sticks.
func (b *rebuilder) header() {
	b.begin(blockSHB)
	b.buf = b.order.AppendUint32(b.buf, byteOrderMagic)
	b.buf = b.order.AppendUint16(b.order.AppendUint16(b.buf, 1), 0)
	b.buf = b.order.AppendUint64(b.buf, 1<<64-1) // length not stated
	b.end()
	_, _ = b.dst.Write(b.buf)
}

// describe writes the descriptions (draft 4.2) of the interfaces up to i.
func (b *rebuilder) describe(i int) {
	for n := len(b.ifaces); n <= i; n++ {
		ifc := &b.r.Info().Interfaces[n]
		resolution := uint8(9)
		if ifc.TSResol == 6 && ifc.TSOffset == 0 {
			resolution = 6
		}
		b.ifaces = append(b.ifaces, resolution)
		b.begin(blockIDB)
		b.buf = b.order.AppendUint16(b.order.AppendUint16(b.buf, ifc.LinkType), 0)
		b.buf = b.order.AppendUint32(b.buf, ifc.SnapLen)
		b.option(optIfName, []byte(ifc.Name))
		b.option(optIfDesc, []byte(ifc.Description))
		b.option(optIfOS, []byte(ifc.OS))
		if ifc.Filter != "" {
			b.option(optIfFilter, append([]byte{0}, ifc.Filter...))
		}
		b.option(optIfTSResol, []byte{resolution})
		if bits := checkSequence(b.r.Info(), ifc) * 8; bits > 0 && bits < 256 {
			b.option(optIfFCSLen, []byte{byte(bits)})
		}
		b.buf = append(b.buf, 0, 0, 0, 0) // opt_endofopt
		b.end()
		_, _ = b.dst.Write(b.buf)
	}
}

const optIfFCSLen = 13 // in an IDB

// option adds an option that has a value.
func (b *rebuilder) option(code uint16, value []byte) {
	if len(value) == 0 {
		return
	}
	b.buf = b.order.AppendUint16(b.order.AppendUint16(b.buf, code), uint16(len(value)))
	b.buf = append(b.buf, value...)
	for len(b.buf)&3 != 0 {
		b.buf = append(b.buf, 0)
	}
}

// packet builds a packet block: enhanced, or simple for a record of the first
// interface that has no time, where nothing was cut and no comment is wanted:
// a made-up time would be worse than a missing comment.
func (b *rebuilder) packet(rec *Record, data []byte, comments []string) {
	b.stats.Frames++
	if rec.Flags&HasTime == 0 && b.simple(rec, data) {
		if len(comments) > 0 {
			b.stats.Unplaced++
		}
		return
	}
	ts := uint64(rec.Time)
	if rec.Flags&HasTime == 0 {
		ts = 0
	}
	if b.ifaces[rec.Iface] == 6 {
		ts = uint64(rec.Time / 1000)
	}
	b.begin(blockEPB)
	for _, v := range [...]uint32{rec.Iface, uint32(ts >> 32), uint32(ts), rec.Len, rec.Orig} {
		b.buf = binary.LittleEndian.AppendUint32(b.buf, v)
	}
	b.buf = append(b.buf, data...)
	for len(b.buf)&3 != 0 {
		b.buf = append(b.buf, 0)
	}
	if len(comments) > 0 {
		b.buf = appendComments(b.buf, comments, b.order)
		b.buf = append(b.buf, 0, 0, 0, 0) // opt_endofopt
		b.stats.Commented++
	}
	b.end()
}

// simple builds a simple packet block (draft 4.4), if that can hold the record.
func (b *rebuilder) simple(rec *Record, data []byte) bool {
	limit := b.r.Info().Interfaces[0].SnapLen
	if rec.Iface != 0 || rec.Len != rec.Orig && (limit == 0 || rec.Len != min(rec.Orig, limit)) {
		return false
	}
	b.begin(blockSPB)
	b.buf = b.order.AppendUint32(b.buf, rec.Orig)
	b.buf = append(b.buf, data...)
	b.end()
	return true
}
