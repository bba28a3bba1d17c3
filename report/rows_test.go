package report

import (
	"encoding/json"
	"reflect"
	"testing"
)

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
