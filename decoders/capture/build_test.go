package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
)

// file builds capture bytes in a byte order.
type file struct {
	bytes.Buffer
	o binary.AppendByteOrder
}

var (
	le binary.AppendByteOrder = binary.LittleEndian
	be binary.AppendByteOrder = binary.BigEndian
)

func (f *file) u16(vs ...uint16) *file {
	for _, v := range vs {
		f.Write(f.o.AppendUint16(nil, v))
	}
	return f
}

func (f *file) u32(vs ...uint32) *file {
	for _, v := range vs {
		f.Write(f.o.AppendUint32(nil, v))
	}
	return f
}

func (f *file) u64(v uint64) *file {
	f.Write(f.o.AppendUint64(nil, v))
	return f
}

func (f *file) raw(b ...byte) *file {
	f.Write(b)
	return f
}

// pcapFile begins a pcap file.
func pcapFile(o binary.AppendByteOrder, magic uint32, major, minor uint16, snapLen, linkType uint32) *file {
	f := &file{o: o}
	return f.u32(magic).u16(major, minor).u32(0, 0, snapLen, linkType)
}

// rec appends a pcap record with n bytes of data.
func (f *file) rec(sec, frac uint32, n, orig int) *file {
	return f.u32(sec, frac, uint32(n), uint32(orig)).raw(payload(n)...)
}

// payload is packet data that looks like no record header.
func payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(0x80 | i%61)
	}
	return b
}

// block appends a pcapng block around a body, which is padded.
func (f *file) block(typ uint32, body []byte) *file {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(len(body) + 12)
	return f.u32(typ, n).raw(body...).u32(n)
}

// body begins the body of a block.
func (f *file) body() *file { return &file{o: f.o} }

// opt appends an option.
func (f *file) opt(code uint16, v []byte) *file {
	f.u16(code, uint16(len(v))).raw(v...)
	for f.Len()%4 != 0 {
		f.raw(0)
	}
	return f
}

func (f *file) shb(major, minor uint16) *file {
	return f.block(blockSHB, f.body().u32(byteOrderMagic).u16(major, minor).u64(1<<64-1).Bytes())
}

func (f *file) idb(linkType uint16, snapLen uint32, opts func(*file)) *file {
	b := f.body().u16(linkType, 0).u32(snapLen)
	if opts != nil {
		opts(b)
		b.u32(0)
	}
	return f.block(blockIDB, b.Bytes())
}

func (f *file) epb(id uint32, ts uint64, n, orig int, opts func(*file)) *file {
	b := f.body().u32(id, uint32(ts>>32), uint32(ts), uint32(n), uint32(orig)).raw(payload(n)...)
	for b.Len()%4 != 0 {
		b.raw(0)
	}
	if opts != nil {
		opts(b)
		b.u32(0)
	}
	return f.block(blockEPB, b.Bytes())
}

func (f *file) spb(n, orig int) *file {
	return f.block(blockSPB, f.body().u32(uint32(orig)).raw(payload(n)...).Bytes())
}

func (f *file) isb(id uint32, ifDrop, osDrop uint64) *file {
	b := f.body().u32(id, 0, 0)
	b.opt(optISBIfDrop, f.body().u64(ifDrop).Bytes()).opt(optISBOSDrop, f.body().u64(osDrop).Bytes()).u32(0)
	return f.block(blockISB, b.Bytes())
}

// snoopFile begins a snoop file.
func snoopFile(version, datalink uint32) *file {
	f := &file{o: be}
	f.WriteString(snoopMagic)
	return f.u32(version, datalink)
}

// srec appends a snoop record padded by pad bytes.
func (f *file) srec(sec, usec uint32, n, orig, pad int, drops uint32) *file {
	return f.u32(uint32(orig), uint32(n), uint32(snoopRecLen+n+pad), drops, sec, usec).raw(payload(n)...).raw(make([]byte, pad)...)
}

// smallPcap, smallNG and smallSnoop are small files of several records, without
// damage.
func smallPcap(o binary.AppendByteOrder, magic uint32) []byte {
	f := pcapFile(o, magic, 2, 4, 65535, 1)
	for i := range 6 {
		f.rec(1700000000+uint32(i), uint32(i)*1000, 20+7*i, 20+7*i+i%2*100)
	}
	return f.Bytes()
}

func smallNG(o binary.AppendByteOrder) []byte {
	f := &file{o: o}
	f.shb(1, 0)
	f.idb(1, 262144, func(b *file) { b.opt(optIfName, []byte("eth0")) })
	f.idb(101, 0, func(b *file) { b.opt(optIfTSResol, []byte{9}) })
	f.epb(0, 1700000000_000001, 60, 60, nil)
	f.block(blockCustom, f.body().u32(32473).raw(payload(9)...).Bytes())
	f.epb(1, 1700000000_000002_003, 33, 99, func(b *file) { b.opt(optComment, []byte("hello")) })
	f.spb(21, 21)
	f.block(0x7777, payload(16))
	f.isb(1, 3, 4)
	f.block(blockPB, f.body().u16(0, 2).u32(0x60a25, 0x5e06e0c3, 10, 12).raw(payload(10)...).Bytes())
	f.shb(1, 0)
	f.idb(228, 96, nil)
	f.epb(0, 1700000001_000000, 40, 40, nil)
	return f.Bytes()
}

func smallSnoop() []byte {
	f := snoopFile(2, 4)
	for i := range 5 {
		f.srec(1700000000+uint32(i), 500, 30+i, 30+i+i%2*50, i%4, uint32(i))
	}
	return f.Bytes()
}

// got is a copy of a record that outlives its slab.
type got struct {
	Record
	Frame  uint64
	Offset int64
	Data   string
}

// readAll reads src with slabs of a size and checks what holds of any capture.
func readAll(t testing.TB, src io.Reader, opt Options) ([]got, *Info, error) {
	t.Helper()
	r, err := NewReader(src, "test", opt)
	if err != nil {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %q", err)
		}
		return nil, nil, err
	}
	defer r.Close()
	var recs []got
	var last uint64
	for {
		s, err := r.Next()
		if err == io.EOF {
			err = nil
		} else if err == nil {
			if len(s.Recs) == 0 {
				t.Fatal("slab without records")
			}
			for i := range s.Recs {
				rec := &s.Recs[i]
				g := got{Record: *rec, Frame: s.FrameNumber(rec), Offset: s.BufOffset + int64(rec.Off), Data: string(s.Data(rec))}
				g.Record.Off, g.Record.Frame = 0, 0
				if g.Frame <= last || g.Orig < g.Len || int(g.Iface) >= len(r.Info().Interfaces) {
					t.Fatalf("bad record %+v after frame %d", g, last)
				}
				last = g.Frame
				recs = append(recs, g)
			}
			s.Release()
			continue
		}
		in := r.Info()
		if in.Frames < in.Packets || in.Packets != uint64(len(recs)) || in.Frames < last {
			t.Fatalf("%d records, last frame %d; info %d packets, %d frames", len(recs), last, in.Packets, in.Frames)
		}
		var packets uint64
		for _, ifc := range in.Interfaces {
			packets += ifc.Packets
		}
		if packets != in.Packets {
			t.Fatalf("interfaces have %d packets of %d", packets, in.Packets)
		}
		for _, d := range in.Damages {
			if strings.Contains(d.String(), "\n") || d.Reason == "" {
				t.Fatalf("damage %q", d)
			}
		}
		if in.BytesSkipped > in.FileBytes {
			t.Fatalf("%d bytes skipped of %d", in.BytesSkipped, in.FileBytes)
		}
		return recs, in, err
	}
}

func mustRead(t testing.TB, b []byte) ([]got, *Info) {
	t.Helper()
	recs, in, err := readAll(t, bytes.NewReader(b), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return recs, in
}

// facts are what must not depend on how a file is read.
func facts(recs []got, in *Info, err error) string {
	var b strings.Builder
	for _, r := range recs {
		fmt.Fprintf(&b, "%+v\n", r)
	}
	if in != nil {
		c := *in
		c.cut = nil
		fmt.Fprintf(&b, "%+v\n", c)
	}
	fmt.Fprintf(&b, "%v\n", err)
	return b.String()
}

// drip returns n bytes a read.
type drip struct {
	b []byte
	n int
}

func (d *drip) Read(p []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), d.n)], d.b)
	d.b = d.b[n:]
	return n, nil
}
