package report

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// A cell that an analyzer made is the same in JSON, whether by way of what it
// means or straight, in a series too, and whatever it holds.
func TestAppendOfAnalyzers(t *testing.T) {
	addr := func(s string) decoders.Addr { return decoders.Addr4(netip.MustParseAddr(s).AsSlice()) }
	v6 := decoders.Addr{Hi: 0x20010db8_00000000, Lo: 1}
	values := []any{nil, "plain", hostile, int64(-5), int64(1_700_000_000_000_000_001), uint64(1 << 63), 7, true, 0.25, decoders.FrameRef(9),
		1<<48 | decoders.FrameRef(12), []decoders.FrameRef(nil), []decoders.FrameRef{3}, []decoders.FrameRef{3, 1<<48 | 4}, []string(nil), []string{"a", hostile},
		(*analyzers.FlowRef)(nil), &analyzers.FlowRef{}, &analyzers.FlowRef{Proto: "tcp", Src: addr("10.0.0.1"), Dst: v6, DPort: 443},
		&analyzers.FlowRef{Proto: hostile, SPort: 5, Dst: addr("10.0.0.1"), Tunnel: []string{"ipip 10.0.0.5>10.0.0.6", hostile}}}
	types := []analyzers.ColumnType{analyzers.ColString, analyzers.ColCount, analyzers.ColDuration, analyzers.ColTime, analyzers.ColFrame, analyzers.ColFrames,
		analyzers.ColRatio, analyzers.ColNumber, analyzers.ColFlow, analyzers.ColBool, analyzers.ColStrings}
	for _, s := range []*source{{}, {paths{"a.pcap", "b.pcap"}}} {
		for _, typ := range types {
			for _, v := range values {
				got, err := s.append(nil, typ, v)
				if err != nil {
					t.Fatal(err)
				}
				want, err := appendCell(nil, s.cell(typ, v))
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != string(want) || !json.Valid(got) {
					t.Errorf("%s %#v: %s, want %s", typ, v, got, want)
				}
			}
		}
	}
}

// The cells written by hand read back as what the general encoder writes.
func TestAppendCell(t *testing.T) {
	str, port := func(s string) *string { return &s }, func(p uint16) *uint16 { return &p }
	for _, cell := range []any{nil, "plain", "quote \" back \\ tab \t ä", int64(-5), uint64(1 << 63), true, 0.25, Frame{Number: 7},
		Frame{File: "a.pcap", Number: 7}, []Frame{}, []Frame{{Number: 1}, {File: "b", Number: 2}}, At(1_700_000_000_000_000_001), Time{},
		[]string{"a", "b"}, (*Flow)(nil), &Flow{Proto: "tcp", Src: str("2001:db8::1"), DPort: port(443), Tunnel: []string{}},
		&Flow{Proto: "udp", SPort: port(5), Dst: str("10.0.0.1"), Tunnel: []string{"ipip 10.0.0.5>10.0.0.6", "gre"}}, &Flow{}} {
		got, err := appendCell(nil, cell)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(cell)
		if err != nil {
			t.Fatal(err)
		}
		var g, w any
		if err := json.Unmarshal(got, &g); err != nil {
			t.Errorf("%#v: %s: %v", cell, got, err)
		}
		if err := json.Unmarshal(want, &w); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%#v: %s, want %s", cell, got, want)
		}
	}
}
