package capture

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPcapNG(t *testing.T) {
	for name, o := range map[string]binary.AppendByteOrder{"little": le, "big": be} {
		t.Run(name, func(t *testing.T) {
			recs, in := mustRead(t, smallNG(o))
			want := []Record{
				{Time: 1700000000_000001000, Len: 60, Orig: 60, Flags: HasTime},
				{Time: 1700000000_000002003, Len: 33, Orig: 99, Iface: 1, Flags: HasTime | SnapCut},
				{Len: 21, Orig: 21},
				{Time: (0x60a25<<32 | 0x5e06e0c3) * 1000, Len: 10, Orig: 12, Flags: HasTime | SnapCut},
				{Time: 1700000001_000000000, Len: 40, Orig: 40, Iface: 2, Flags: HasTime},
			}
			frames := []uint64{1, 3, 4, 5, 6} // the custom block is frame 2
			if len(recs) != len(want) {
				t.Fatalf("%d records; %v", len(recs), in.Damages)
			}
			for i := range want {
				if recs[i].Record != want[i] || recs[i].Frame != frames[i] || recs[i].Data != string(payload(int(want[i].Len))) {
					t.Errorf("record %d: frame %d, %+v, want %+v", i, recs[i].Frame, recs[i].Record, want[i])
				}
			}
			if in.Packets != 5 || in.Frames != 6 || in.Comments != 1 || in.Sections != 2 || in.DamageCount != 0 ||
				in.BigEndian != (name == "big") || in.VersionMajor != 1 {
				t.Errorf("%+v", in)
			}
			for typ, n := range map[string]uint64{"SHB": 2, "IDB": 3, "EPB": 3, "SPB": 1, "PB": 1, "ISB": 1, "custom": 1, "unknown": 1} {
				if in.Blocks[typ] != n {
					t.Errorf("%d blocks %s", in.Blocks[typ], typ)
				}
			}
			ifc := in.Interfaces
			if ifc[0].Name != "eth0" || ifc[0].Packets != 3 || ifc[0].Dropped != 2 || !ifc[0].HasDrops || ifc[0].TSResol != 6 {
				t.Errorf("%+v", ifc[0])
			}
			if ifc[1].LinkType != 101 || ifc[1].Dropped != 7 || ifc[1].TSResol != 9 || ifc[1].Packets != 1 {
				t.Errorf("%+v", ifc[1])
			}
			if ifc[2].Section != 1 || ifc[2].LinkType != 228 || ifc[2].SnapLen != 96 {
				t.Errorf("%+v", ifc[2])
			}
		})
	}
}

// Sections may change the byte order; an unsupported one is passed over.
func TestPcapNGSections(t *testing.T) {
	a, b, c := &file{o: le}, &file{o: be}, &file{o: le}
	a.shb(1, 0).idb(1, 0, nil).epb(0, 1e6, 4, 4, nil)
	b.shb(2, 0).idb(1, 0, nil).epb(0, 2e6, 4, 4, nil)
	c.shb(1, 2).idb(113, 0, nil).epb(0, 3e6, 4, 4, nil)
	all := append(append(a.Bytes(), b.Bytes()...), c.Bytes()...)
	recs, in := mustRead(t, all)
	if len(recs) != 2 || recs[1].Time != 3e9 || recs[1].Iface != 1 || recs[1].Frame != 2 {
		t.Errorf("%+v", recs)
	}
	if in.Sections != 3 || in.DamageCount != 1 || in.BytesSkipped != int64(b.Len()) || in.Damages[0].Offset != int64(a.Len()) {
		t.Errorf("%+v", in)
	}
}

func TestPcapNGOptions(t *testing.T) {
	f := &file{o: be}
	f.block(blockSHB, f.body().u32(byteOrderMagic).u16(1, 0).u64(1<<64-1).opt(optComment, []byte("a")).opt(optComment, []byte("b")).u32(0).Bytes())
	f.idb(1, 68, func(b *file) {
		b.opt(optIfName, []byte("en0\x00")).opt(optIfDesc, []byte("uplink")).opt(optIfOS, []byte("linux"))
		b.opt(optIfFilter, []byte("\x00tcp port 80")).opt(optIfTSOffset, f.body().u64(1000).Bytes()).opt(optComment, []byte("c"))
	})
	f.block(blockNRB, f.body().u16(1, 5).raw(1, 2, 3, 4, 'x', 0, 0, 0).u32(0).opt(optComment, []byte("d")).u32(0).Bytes())
	f.epb(0, 5e6, 4, 4, func(b *file) { b.opt(optDropCount, f.body().u64(7).Bytes()).opt(optComment, []byte("e")) })
	f.epb(0, 6e6, 4, 4, func(b *file) { b.opt(optDropCount, f.body().u64(2).Bytes()) })
	f.block(blockDSB, f.body().u32(0x544c534b, 5).raw(1, 2, 3, 4, 5, 0, 0, 0).opt(optComment, []byte("f")).u32(0).Bytes())
	f.isb(0, 1, 1).isb(0, 20, 5).isb(0, 3, 3)
	f.spb(68, 200)
	recs, in := mustRead(t, f.Bytes())
	ifc := in.Interfaces[0]
	if ifc.Name != "en0" || ifc.Description != "uplink" || ifc.OS != "linux" || ifc.Filter != "tcp port 80" || ifc.TSOffset != 1000 || ifc.Dropped != 25 {
		t.Errorf("%+v", ifc)
	}
	if recs[0].Time != 1005e9 || recs[2].Len != 68 || recs[2].Orig != 200 || recs[2].Flags != SnapCut || in.Comments != 6 || in.DamageCount != 0 {
		t.Errorf("%+v\n%+v", recs, in)
	}
}

// An option that does not fit ends those of its block, which may have had the time
// resolution, and is told.
func TestPcapNGOptionTooLong(t *testing.T) {
	tooLong := func(b *file) { b.u16(optIfTSResol, 500).raw(9, 0, 0, 0) }
	f := &file{o: le}
	f.shb(1, 0)
	f.idb(1, 0, tooLong)
	f.epb(0, 5e6, 4, 4, func(b *file) { b.opt(optComment, []byte("read")).u16(optComment, 9).raw(1, 2, 3, 4) })
	recs, in := mustRead(t, f.Bytes())
	if len(recs) != 1 || recs[0].Time != 5e9 || in.Comments != 1 || in.DamageCount != 2 || in.BytesSkipped != 0 {
		t.Fatalf("%+v\n%+v", recs, in)
	}
	for i, want := range []string{
		"frame 0, offset 28: option 9 of a block IDB claims 500 bytes and has 8: it and those behind it are not read",
		"option 1 of a block EPB claims 9 bytes and has 8: it and those behind it are not read",
	} {
		if got := in.Damages[i].String(); !strings.HasSuffix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestResolution compares with arithmetic of unlimited precision.
func TestResolution(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	times := []uint64{0, 1, 999, 1e6, 1700000000, 1700000000e6, 1700000000e9, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64}
	offsets := []int64{0, 1, -1, 1000, -1700000000, math.MaxInt64, math.MinInt64, 1 << 33}
	lo, hi := big.NewInt(math.MinInt64), big.NewInt(math.MaxInt64)
	for v := range 256 {
		for range 20 {
			times = append(times[:10], rng.Uint64()>>rng.UintN(64))
			for _, ts := range times {
				for _, off := range offsets {
					want := new(big.Int).SetUint64(ts)
					want.Mul(want, big.NewInt(1e9))
					if v&0x80 != 0 {
						want.Rsh(want, uint(v&0x7f))
					} else {
						want.Quo(want, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v)), nil))
					}
					want.Add(want, new(big.Int).Mul(big.NewInt(off), big.NewInt(1e9)))
					r := newResolution(uint8(v), off)
					ns, ok := r.ns(ts)
					fits := want.Cmp(lo) >= 0 && want.Cmp(hi) <= 0
					if ok != fits || ok && ns != want.Int64() {
						t.Fatalf("resolution %#x, time %d, offset %d: %d %v, want %v", v, ts, off, ns, ok, want)
					}
				}
			}
		}
	}
}
