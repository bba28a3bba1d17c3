package capture

import (
	"bytes"
	"errors"
	"testing"
)

func TestSnoop(t *testing.T) {
	recs, in := mustRead(t, smallSnoop())
	if len(recs) != 5 || in.DamageCount != 0 || in.Format != FormatSnoop || in.VersionMajor != 2 {
		t.Fatalf("%d records, %+v", len(recs), in)
	}
	want := Record{Time: 1700000003_000500000, Len: 33, Orig: 83, Flags: HasTime | SnapCut}
	if recs[3].Record != want || recs[3].Data != string(payload(33)) {
		t.Errorf("%+v", recs[3])
	}
	if ifc := in.Interfaces[0]; ifc.LinkType != 1 || ifc.LinkTypeRaw != 4 || ifc.Dropped != 4 || ifc.Packets != 5 {
		t.Errorf("%+v", ifc)
	}
}

func TestSnoopLinkTypes(t *testing.T) {
	for _, c := range []struct {
		raw  uint32
		pad  int
		want uint16
	}{{0, 0, 1}, {4, 0, 1}, {2, 0, 6}, {8, 0, 10}, {9, 0, 0}, {14, 0, 0}, {16, 0, 122}, {18, 0, 123}, {26, 0, 242},
		{0x80000005, 0, 226}, {10, 16, 1}, {12, 16, 1}, {11, 16, 6}} {
		_, in := mustRead(t, snoopFile(2, c.raw).srec(1, 2, 8, 8, c.pad, 0).Bytes())
		if got := in.Interfaces[0].LinkType; got != c.want {
			t.Errorf("datalink %#x: link type %d, want %d", c.raw, got, c.want)
		}
	}
	for name, f := range map[string]*file{"X.25": snoopFile(2, 13), "version": snoopFile(9, 4)} {
		if _, _, err := readAll(t, bytes.NewReader(f.Bytes()), Options{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
