package gsmmap_test

import (
	"encoding/binary"
	"testing"
	"time"

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

const onExport carrier = 252

// exported is a record of link type WIRESHARK_UPPER_PDU, from point code 101 to 102
// if peers is set.
func exported(dissector string, peers bool, data []byte) []byte {
	tag := func(b []byte, n, length uint16, v string) []byte {
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, n), length)
		return append(b, v...)
	}
	for len(dissector)%4 != 0 {
		dissector += "\x00"
	}
	b := tag(nil, 12, uint16(len(dissector)), dissector)
	if peers {
		b = tag(b, 28, 4, "\x00\x00\x00\x65")
		b = tag(b, 29, 4, "\x00\x00\x00\x66")
	}
	return append(tag(b, 0, 0, ""), data...)
}

// Exported PDUs of gsm_map hold a component and nothing of its transaction: the
// operation is told, and no verdict on its answer, however long the capture goes on.
func TestExportedComponents(t *testing.T) {
	tp := newTapeAs(t, onExport)
	tp.record(0, exported("gsm_map", true, short{}.invoke(1, 44)))
	tp.record(time.Second, exported("gsm_map", true, result(1)))
	tp.record(2*time.Second, exported("gsm_map", false, short{mo: true, text: "x"}.invoke(1, 46)))
	tp.record(3*time.Second, exported("gsm_map", false, []byte{0x30, 0}))
	tp.record(200*time.Second, exported("gsm_map", true, failure(1, 6)))
	o := tp.run(nil)
	wantRules(t, o)
	wantDialogues(t, o, "1: mt-forwardSM v3: not decided (no transaction)", "3: forwardSM MO: not decided (no transaction)")
	rows := table(o, "map_operations").Rows
	if len(rows) != 2 || o.VerdictsWithheld != 2 {
		t.Fatalf("%d rows, %d verdicts withheld: %v", len(rows), o.VerdictsWithheld, rows)
	}
	row := rowOf(t, o, "map_operations", "operation", "mt-forwardSM")
	if row[2] != "opcode" || row[4] != "PC 101" || row[5] != "PC 102" || cell(o, "map_operations", row, "other") != uint64(1) {
		t.Errorf("row %v", row)
	}
	if item(o, "MAP components without TCAP") == "" || item(o, "begun before the capture") != "" {
		t.Errorf("coverage: %v", table(o, "map_coverage").Rows)
	}
}

// The nodes of an exported TCAP message are what the export says.
func TestExportedTCAP(t *testing.T) {
	tp := newTapeAs(t, onExport)
	tp.record(0, exported("tcap", true, begin("AA01", aarq(25, 3), components(short{}.invoke(1, 44)))))
	o := tp.run(nil)
	if row := table(o, "map_operations").Rows[0]; row[4] != "PC 101" || row[5] != "PC 102" {
		t.Errorf("row %v", row)
	}
}

// Links of one MTP2_WITH_PHDR capture are told apart by their numbers: each has an
// MTP3 variant of its own, and a message on two of them is one on two hops.
func TestLinkNumbers(t *testing.T) {
	unit := func(link byte, label []byte, b []byte) []byte {
		msu := append(label[:len(label):len(label)], b...)
		return append([]byte{0, 0, 0, link, 0x80, 0x80, 63}, msu...)
	}
	itu, label24 := []byte{0x83, 0x45, 0x23, 0x8d, 0x54}, []byte{0x83, 3, 2, 1, 6, 5, 4, 0xf5}
	tp := newTapeAs(t, 139)
	in := udt(sc, msc, begin("AA01", aarq(25, 3), components(short{}.invoke(1, 44))))
	out := udt(msc, sc, end("AA01", aare(25, 3), components(result(1))))
	tp.record(0, unit(1, itu, in))
	tp.record(20*time.Millisecond, unit(2, label24, in))
	tp.record(time.Second, unit(2, label24, out))
	tp.record(time.Second+20*time.Millisecond, unit(1, itu, out))
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 980 ms")
	if got := item(o, "MTP3 variant"); got != "ITU, 24-bit (ANSI or China), found from the messages" {
		t.Errorf("variants %q", got)
	}
	if got := item(o, "MTP3 variant contradicted"); got != "" {
		t.Errorf("contradicted: %q", got)
	}
	if row := table(o, "map_dialogues").Rows[0]; cell(o, "map_dialogues", row, "hops") != uint64(2) {
		t.Errorf("row %v", row)
	}
}
