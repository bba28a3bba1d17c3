package gsmmap_test

import (
	"encoding/binary"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/gsmmap"
)

const (
	onMTP2 carrier = 140
	onMTP3 carrier = 141
)

// item is the note of a line of map_coverage, "" when there is no such line.
func item(o *analyzers.Outcome, name string) string {
	for _, row := range table(o, "map_coverage").Rows {
		if row[0] == name {
			return row[2].(string)
		}
	}
	return ""
}

// The MTP3 variant is guessed, or as told. The octets of ANSI's and of China's label
// do not tell them apart; a label that is told wrong leads to nothing.
func TestToldVariant(t *testing.T) {
	label := []byte{0x83, 3, 2, 1, 6, 5, 4, 0xf5} // SIO, DPC 1-2-3, OPC 4-5-6, SLS
	for _, c := range []struct{ told, note, dialogues string }{
		{"", "24-bit (ANSI or China), found from the messages", "1: mt-forwardSM v3: open at the end of the capture"},
		{"guess", "24-bit (ANSI or China), found from the messages", "1: mt-forwardSM v3: open at the end of the capture"},
		{"ANSI", "ANSI, as told by option mtp3", "1: mt-forwardSM v3: open at the end of the capture"},
		{"china", "China, as told by option mtp3", "1: mt-forwardSM v3: open at the end of the capture"},
		{"itu", "", ""},
		{"japan", "", ""},
	} {
		tp := newTapeAs(t, onMTP3)
		tp.record(0, append(label[:len(label):len(label)], udt(sc, msc, begin("AA01", aarq(25, 3), components(short{}.invoke(1, 44))))...))
		set := map[string]string{}
		if c.told != "" {
			set["gsmmap.mtp3"] = c.told
		}
		o := tp.run(set)
		if got := item(o, "MTP3 variant"); got != c.note {
			t.Errorf("mtp3=%s: %q, want %q", c.told, got, c.note)
		}
		wantDialogues(t, o, c.dialogues)
	}
	if _, err := gsmmap.Analyzer.NewConfig(map[string]string{"mtp3": "itt"}); err == nil || err.Error() != "option gsmmap.mtp3=itt: want guess, itu, ansi, china or japan" {
		t.Errorf("mtp3=itt: %v", err)
	}
}

// Extended sequence numbers are not told by link type MTP2.
func TestToldAnnexA(t *testing.T) {
	msu := append([]byte{0x83, 0x45, 0x23, 0x8d, 0x54}, udt(sc, msc, begin("AA01", aarq(25, 3), components(short{}.invoke(1, 44))))...)
	unit := append(binary.LittleEndian.AppendUint16([]byte{1, 0x80, 2, 0x80}, uint16(len(msu))), msu...)
	for annexA, want := range map[string]string{"true": "1: mt-forwardSM v3: open at the end of the capture", "false": ""} {
		tp := newTapeAs(t, onMTP2)
		tp.record(0, unit)
		wantDialogues(t, tp.run(map[string]string{"gsmmap.annex-a": annexA}), want)
	}
}
