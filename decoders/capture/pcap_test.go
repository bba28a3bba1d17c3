package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

func TestPcapFormats(t *testing.T) {
	orders := map[string]binary.AppendByteOrder{"little": le, "big": be}
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			cases := []struct {
				name   string
				bytes  []byte
				format Format
				want   got // of the second record
			}{
				{"us", smallPcap(o, magicPcap), FormatPcap,
					got{Record: Record{Time: 1700000001_001000000, Len: 27, Orig: 127, Flags: HasTime | SnapCut}}},
				{"ns", smallPcap(o, magicPcapNS), FormatPcapNS,
					got{Record: Record{Time: 1700000001_000001000, Len: 27, Orig: 127, Flags: HasTime | SnapCut}}},
				{"2.2 original length first", pcapFile(o, magicPcap, 2, 2, 96, 1).
					u32(5, 6, 2, 2).raw(1, 2).u32(7, 8, 9, 2).raw(3, 4).Bytes(), FormatPcap,
					got{Record: Record{Time: 7_000008000, Len: 2, Orig: 9, Flags: HasTime | SnapCut}}},
				{"2.3 either first", pcapFile(o, magicPcap, 2, 3, 96, 1).
					u32(5, 6, 2, 3).raw(1, 2).u32(7, 8, 9, 2).raw(3, 4).Bytes(), FormatPcap,
					got{Record: Record{Time: 7_000008000, Len: 2, Orig: 9, Flags: HasTime | SnapCut}}},
				{"DG/UX", pcapFile(o, magicPcap, 543, 0, 96, 1).
					u32(5, 6, 3, 2).raw(1, 2).u32(7, 8, 9, 2).raw(3, 4).Bytes(), FormatPcap,
					got{Record: Record{Time: 7_000008000, Len: 2, Orig: 9, Flags: HasTime | SnapCut}}},
				{"modified", modified(o, magicPcapMod, 0), FormatPcapModified,
					got{Record: Record{Time: 101_000002000, Len: 11, Orig: 11, Flags: HasTime}}},
				{"modified, SuSE", modified(o, magicPcapMod, 4), FormatPcapModified,
					got{Record: Record{Time: 101_000002000, Len: 11, Orig: 11, Flags: HasTime}}},
				{"modified, standard magic", modified(o, magicPcap, 0), FormatPcap,
					got{Record: Record{Time: 101_000002000, Len: 11, Orig: 11, Flags: HasTime}}},
				{"Ixia hardware", pcapFile(o, magicIxiaHW, 2, 4, 96, 1).u32(99).rec(1, 2, 3, 3).rec(4, 5, 6, 6).Bytes(), FormatPcapNS,
					got{Record: Record{Time: 4_000000005, Len: 6, Orig: 6, Flags: HasTime}}},
				{"caplen above origlen", pcapFile(o, magicPcap, 2, 4, 96, 1).rec(1, 2, 3, 3).rec(1, 2, 6, 4).Bytes(), FormatPcap,
					got{Record: Record{Time: 1_000002000, Len: 6, Orig: 6, Flags: HasTime | BadOrig}}},
				{"microseconds above a second, seconds unsigned", pcapFile(o, magicPcap, 2, 4, 96, 1).rec(1, 2, 3, 3).rec(4294967295, 2000000, 6, 6).Bytes(), FormatPcap,
					got{Record: Record{Time: 4294967297_000000000, Len: 6, Orig: 6, Flags: HasTime}}},
			}
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					recs, in := mustRead(t, c.bytes)
					if in.Format != c.format || in.BigEndian != (name == "big") || in.DamageCount != 0 || len(recs) < 2 {
						t.Fatalf("%d records, %+v", len(recs), in)
					}
					if r := recs[1].Record; r != c.want.Record || recs[1].Frame != 2 {
						t.Errorf("record %+v, want %+v", r, c.want.Record)
					}
				})
			}
		})
	}
}

// modified builds a file with the record headers of Kuznetzov's patches.
func modified(o binary.AppendByteOrder, magic uint32, more int) []byte {
	f := pcapFile(o, magic, 2, 4, 1500, 1)
	for i := range uint32(4) {
		n := 10 + int(i)
		f.u32(100+i, 1+i, uint32(n), uint32(n)).u32(2).u16(0x0800).raw(0, 0).raw(make([]byte, more)...).raw(payload(n)...)
	}
	return f.Bytes()
}

func TestPcapAIX(t *testing.T) {
	for raw, want := range map[uint32]uint16{6: 1, 9: 6, 15: 10, 24: 0} {
		recs, in := mustRead(t, pcapFile(be, magicPcap, 2, 2, 96, raw).u32(5, 6, 2, 2).raw(1, 2).Bytes())
		if ifc := in.Interfaces[0]; ifc.LinkType != want || ifc.LinkTypeRaw != raw || recs[0].Time != 5_000000006 {
			t.Errorf("ifType %d: %+v, time %d", raw, ifc, recs[0].Time)
		}
	}
}

func TestPcapUpperBits(t *testing.T) {
	_, in := mustRead(t, pcapFile(le, magicPcap, 2, 4, 96, 0x24000001).Bytes())
	if ifc := in.Interfaces[0]; ifc.LinkType != 1 || ifc.LinkTypeRaw != 0x24000001 || ifc.SnapLen != 96 {
		t.Errorf("%+v", ifc)
	}
}

func TestPcapUnsupported(t *testing.T) {
	nokia := pcapFile(le, magicPcap, 2, 4, 1500, 1)
	for i := range uint32(4) {
		nokia.u32(100+i, 1+i, 10, 10).u32(0x9fbfb601).raw(payload(10)...)
	}
	for name, b := range map[string][]byte{
		"version 1": pcapFile(le, magicPcap, 1, 4, 96, 1).Bytes(),
		"nokia":     nokia.Bytes(),
	} {
		if _, _, err := readAll(t, bytes.NewReader(b), Options{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPcapFacts(t *testing.T) {
	f := pcapFile(le, magicPcap, 2, 4, 96, 1)
	f.rec(100, 5, 10, 20).rec(99, 0, 10, 10).rec(101, 0, 10, 10).rec(100, 0, 10, 30)
	_, in := mustRead(t, f.Bytes())
	if in.FirstTime != 99e9 || in.LastTime != 101e9 || in.OutOfOrder != 2 || in.SnapCut != 2 || in.Bytes != 70 ||
		in.Packets != 4 || in.Frames != 4 || in.Interfaces[0].FirstTime != 100_000005000 || in.FileBytes != int64(f.Len()) {
		t.Errorf("%+v", in)
	}
}

// Zero timestamps are ordinary; a long run of headers that are wholly zero is a
// part of the file that was never written.
func TestPcapZeros(t *testing.T) {
	f := pcapFile(le, magicPcap, 2, 4, 96, 1)
	for range 100 {
		f.rec(0, 0, 4, 4)
	}
	if recs, in := mustRead(t, f.Bytes()); len(recs) != 100 || in.DamageCount != 0 {
		t.Errorf("%d records, %v", len(recs), in.Damages)
	}
	f.raw(make([]byte, 16*(maxZeroRecords+1000))...)
	recs, in := mustRead(t, f.Bytes())
	if len(recs) != 100+maxZeroRecords || in.DamageCount != 1 || !in.Damages[0].Fatal || in.BytesSkipped != 16*1000 {
		t.Errorf("%d records, %d skipped, %v", len(recs), in.BytesSkipped, in.Damages)
	}
	for range 5 {
		f.rec(0, 0, 4, 4)
	}
	recs, in = mustRead(t, f.Bytes())
	if len(recs) != 105+maxZeroRecords || recs[100+maxZeroRecords].Flags != HasTime|AfterGap {
		t.Errorf("%d records, %v", len(recs), in.Damages)
	}
}
