package sctp

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sackChunk(typ ChunkType, cum uint32, gaps, dups int) []byte {
	v := binary.BigEndian.AppendUint32(nil, cum)
	v = append(v, 0, 0, 0x80, 0) // window
	v = binary.BigEndian.AppendUint16(v, uint16(gaps))
	if typ == TypeNRSack {
		v = append(v, 0, 0) // no gap is final
		v = binary.BigEndian.AppendUint16(v, uint16(dups))
		v = append(v, 0, 0)
	} else {
		v = binary.BigEndian.AppendUint16(v, uint16(dups))
	}
	return chunk(typ, 0, append(v, make([]byte, gapBlockLen*gaps+4*dups)...))
}

func initChunk(typ ChunkType, tag, tsn uint32) []byte {
	v := binary.BigEndian.AppendUint32(nil, tag)
	v = append(v, 0, 0, 0x80, 0, 0, 1, 0, 1)
	return chunk(typ, 0, binary.BigEndian.AppendUint32(v, tsn))
}

// The runs of a direction, in each of its generations, and what its receiver
// acknowledges.
func TestRuns(t *testing.T) {
	a, r := NewAssoc(Config{}), &recorder{}
	data := func(tsns ...uint32) (all []byte) {
		for _, n := range tsns {
			all = append(all, dataChunk(whole, n, 0, 0, 3, "x")...)
		}
		return all
	}
	forward := func(vtag uint32, b []byte) {
		p := pkt(0, b)
		p.VTag = vtag
		a.Packet(p, r)
	}
	back := func(b []byte) {
		p := pkt(0, b)
		p.Dir, p.VTag = 1, 9
		a.Packet(p, r)
	}
	forward(7, data(0xfffffffe, 0xffffffff, 0, 2)) // over the end of the numbers; 1 is missing
	back(sackChunk(TypeSack, 0, 1, 0))
	back(sackChunk(TypeNRSack, 2, 0, 3))
	back(sackChunk(TypeSack, 1, 0, 0)) // late
	forward(7, data(1, 2))             // 2 is no news
	forward(7, initChunk(TypeInit, 5, 100))
	back(sackChunk(TypeSack, 1000, 0, 0)) // of numbers that are not known yet
	forward(8, data(102))
	forward(8, chunk(TypeForwardTSN, 0, []byte{0, 0, 0, 110}))
	forward(8, data(111))
	a.Close()
	want := []Run{
		{VTag: 7, First: 0xfffffffe, Last: 0}, {VTag: 7, First: 2, Last: 2}, {VTag: 7, First: 1, Last: 1}, {VTag: 7, Last: 2, Acked: true},
		{VTag: 8, First: 99, Last: 99}, {VTag: 8, First: 102, Last: 102}, {VTag: 8, First: 102, Last: 111},
	}
	if d := cmp.Diff(want, a.Runs); d != "" {
		t.Error(d)
	}
	if a.Stats.Sacks != 4 || a.Stats.GapReports != 1 || a.Stats.DupReports != 3 {
		t.Errorf("%+v", a.Stats)
	}
	if err := a.Packet(pkt(0, chunk(TypeSack, 0, make([]byte, 8))), r); err != ErrMalformed {
		t.Errorf("a short SACK: %v", err)
	}
}
