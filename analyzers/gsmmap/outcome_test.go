package gsmmap_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers"
)

// rowOf is the first row of a table that has a value in a column.
func rowOf(t *testing.T, o *analyzers.Outcome, name, column string, value any) []any {
	t.Helper()
	for _, row := range table(o, name).Rows {
		if cell(o, name, row, column) == value {
			return row
		}
	}
	t.Fatalf("%s: no row with %v in %s", name, value, column)
	return nil
}

// Failures by whose affair they are: eight of the subscriber's (two of which the
// operation does not have), one of the network's, three of the interworking's.
func TestOutcomeClasses(t *testing.T) {
	o := run(t, filepath.Join(captures, "v3_errors.pcap"), nil)
	row := rowOf(t, o, "map_outcomes", "operation", "mt-forwardSM")
	if d := cmp.Diff([]any{uint64(12), uint64(0), uint64(8), uint64(1), uint64(3), uint64(0), 8.0 / 12, 1.0 / 12, 3.0 / 12}, row[5:]); d != "" {
		t.Error(d)
	}
	// Returned by SCCP: the network's.
	o = run(t, filepath.Join(captures, "sccp_variants.pcap"), nil)
	row = rowOf(t, o, "map_outcomes", "operation", "mt-forwardSM")
	if cell(o, "map_outcomes", row, "network") != uint64(2) {
		t.Error(row)
	}
	// What all went well has no row.
	if rows := table(run(t, filepath.Join(captures, "versions.pcap"), nil), "map_outcomes").Rows; len(rows) != 0 {
		t.Error(rows)
	}
}

// A bucket holds what took longer than the bound before and at most its own.
func TestAnswerTimes(t *testing.T) {
	tp := newTape(t)
	for i, took := range []time.Duration{100 * time.Millisecond, 101 * time.Millisecond, 500 * time.Millisecond, time.Second, 60 * time.Second, 61 * time.Second} {
		at := time.Duration(i) * 70 * second
		tp.say(at, legA, udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(mt(1)))))
		tp.say(at+took, legA.back(), udt(msc, sc, end(tagOf(i), aare(25, 3), components(result(1)))))
	}
	o := tp.run(nil)
	want := []any{uint64(1), uint64(1), uint64(1), uint64(1), uint64(0), uint64(0), uint64(0), uint64(0), uint64(0), uint64(1), uint64(1)}
	if d := cmp.Diff(want, table(o, "map_answer_times").Rows[0][5:]); d != "" {
		t.Error(d)
	}
}

// Two attempts in different versions are one message, counted with the second.
func TestOneMessageTwoAttempts(t *testing.T) {
	o := run(t, filepath.Join(captures, "fallback.pcap"), nil)
	var invokes, messages uint64
	for _, row := range table(o, "map_operations").Rows {
		invokes += cell(o, "map_operations", row, "invokes").(uint64)
		messages += cell(o, "map_operations", row, "messages").(uint64)
	}
	if invokes != 19 || messages != 14 {
		t.Errorf("%d invokes, %d messages, want 19 and 14", invokes, messages)
	}
	row := rowOf(t, o, "map_operations", "operation", "mt-forwardSM")
	if cell(o, "map_operations", row, "messages") != uint64(8) || cell(o, "map_operations", row, "repeated") != uint64(4) {
		t.Error(row)
	}
}

// A result in parts keeps its invoke open; the latency is that of the last part.
func TestResultInParts(t *testing.T) {
	part := func(id byte) []byte { return tlv(0xa7, tlv(2, []byte{id})) }
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.say(second, legA.back(), udt(msc, sc, more("BBBB", "AAAA", aare(25, 3), components(part(1)))))
	tp.say(2*second, legA.back(), udt(msc, sc, more("BBBB", "AAAA", components(part(1)))))
	tp.say(3*second, legA.back(), udt(msc, sc, end("AAAA", components(result(1)))))
	tp.say(4*second, legA, udt(sc, msc, begin("CCCC", aarq(25, 3), components(mt(1)))))
	tp.say(5*second, legA.back(), udt(msc, sc, end("CCCC", aare(25, 3), components(part(7), result(1)))))
	o := tp.run(nil)
	wantRules(t, o, "map-orphan-answer") // the part for invoke id 7
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 3.00 s, the first part after 1.00 s",
		"5: result for invoke id 7, which nobody invoked; mt-forwardSM v3: answered after 1.00 s")
	if r := o.Latency[0]; r.Count != 2 || r.Max != int64(3*second) {
		t.Errorf("%d answers, max %d", r.Count, r.Max)
	}
}

// What is repeated later than 10 s, or in a version that was not offered, is
// another message.
func TestNoRetry(t *testing.T) {
	for _, c := range []struct {
		name    string
		wait    time.Duration
		version byte
		empty   bool
		want    uint64
	}{
		{"in time", 9 * second, 2, false, 1}, {"too late", 11 * second, 2, false, 0},
		{"empty, in time", 9 * second, 2, true, 1}, {"empty, too late", 11 * second, 2, true, 0}, {"empty, same version", second, 3, true, 0},
	} {
		tp := newTape(t)
		first := begin("AAAA", aarq(25, 3), components(mt(1)))
		if c.empty {
			first = begin("AAAA", aarq(25, 3))
		}
		tp.say(0, legA, udt(sc, msc, first))
		tp.say(second, legA.back(), udt(msc, sc, abort("AAAA", refusal(25, 2))))
		tp.say(second+c.wait, legA, udt(sc, msc, begin("BBBB", aarq(25, c.version), components(short{}.invoke(1, 46)))))
		tp.say(2*second+c.wait, legA.back(), udt(msc, sc, end("BBBB", aare(25, c.version), components(result(1)))))
		if got := find(tp.run(nil), "map-fallback").Attrs["repeated"]; got != c.want {
			t.Errorf("%s: %v repeated", c.name, got)
		}
	}
}

// A status report and the reports in answers are told by their types.
func TestReports(t *testing.T) {
	o := run(t, filepath.Join(captures, "companions.pcap"), nil)
	row := rowOf(t, o, "map_operations", "operation", "mt-forwardSM")
	if d := cmp.Diff([]string{"SMS-STATUS-REPORT x1 (delivered x1)"}, cell(o, "map_operations", row, "tpdus")); d != "" {
		t.Error(d)
	}
}

// One row an operation, version, direction and pair of nodes, whatever the version
// rests on: a dialogue from its Begin, and one that began before the capture. The
// metric keeps the two apart.
func TestBasesShareARow(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AA01", aarq(25, 3), components(short{}.invoke(1, 44)))))
	tp.say(time.Second, legA.back(), udt(msc, sc, end("AA01", aare(25, 3), components(failure(1, 34)))))
	tp.say(2*time.Second, legA, udt(sc, msc, more("AA02", "BB02", components(short{text: "2"}.invoke(1, 44)))))
	tp.say(5*time.Second, legA.back(), udt(msc, sc, end("AA02", components(failure(1, 34)))))
	o := tp.run(nil)
	rows := table(o, "map_operations").Rows
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1: %v", len(rows), rows)
	}
	for column, want := range map[string]any{"operation": "mt-forwardSM", "version": "3", "basis": "context, opcode", "direction": "MT",
		"invokes": uint64(2), "errors": uint64(2), "p50": int64(time.Second), "max": int64(3 * time.Second)} {
		if got := cell(o, "map_operations", rows[0], column); got != want {
			t.Errorf("%s: %v (%T), want %v", column, got, got, want)
		}
	}
	for _, name := range []string{"map_outcomes", "map_answer_times"} {
		if n := len(table(o, name).Rows); n != 1 {
			t.Errorf("%s: %d rows", name, n)
		}
	}
	var labels []string
	for _, r := range o.Latency {
		labels = append(labels, strings.Join(r.Values, " "))
	}
	if want := []string{"mt-forwardSM 3 context MT " + sc + " " + msc, "mt-forwardSM 3 opcode MT " + sc + " " + msc}; !slices.Equal(labels, want) {
		t.Errorf("labels %q, want %q", labels, want)
	}
	wantRules(t, o, "map-err-network")
	f := find(o, "map-err-network")
	if f.Count != 2 || !strings.HasPrefix(f.Message, "2 of 2 answers (100 %) to mt-forwardSM v3") || f.Attrs["basis"] != "context, opcode" {
		t.Errorf("%d %q basis %v", f.Count, f.Message, f.Attrs["basis"])
	}
}

// A version that is partly an inference from syntax is not told as if it were known.
func TestPartlyAssumed(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AA01", aarq(25, 2), components(short{more: true, mms: true}.invoke(1, 46)))))
	tp.say(time.Second, legA.back(), udt(msc, sc, end("AA01", aare(25, 2), components(failure(1, 34)))))
	tp.say(2*time.Second, legA, udt(sc, msc, more("AA02", "BB02", components(short{more: true, mms: true, text: "2"}.invoke(1, 46)))))
	tp.say(3*time.Second, legA.back(), udt(msc, sc, end("AA02", components(failure(1, 34)))))
	o := tp.run(nil)
	for i, want := range []string{"context", "syntax"} {
		if got := cell(o, "map_dialogues", table(o, "map_dialogues").Rows[i], "basis"); got != want {
			t.Errorf("dialogue %d: basis %v, want %s", i, got, want)
		}
	}
	wantDialogues(t, o, "1: forwardSM v2 MT: systemFailure (34) after 1.00 s", "3: forwardSM v2 (assumed) MT: systemFailure (34) after 1.00 s")
	if f := find(o, "map-err-network"); !strings.Contains(f.Message, "to forwardSM v2 (partly assumed) MT of") || f.Attrs["basis"] != "context, syntax" {
		t.Errorf("%q basis %v", f.Message, f.Attrs["basis"])
	}
}

// Messages to groups are no forwardSM: they count as "other", and their dialogue
// says what they are.
func TestGroupMessage(t *testing.T) {
	tp := newTape(t)
	group := tlv(0xa1, tlv(2, []byte{1}), tlv(2, []byte{21}), tlv(0x30, tlv(4, []byte{1, 2, 3, 4}), tlv(4, []byte{0x91, 0x94, 0x71}), tlv(4, []byte{0, 0})))
	tp.say(0, legA, udt(sc, msc, begin("AA01", aarq(41, 3), components(group))))
	tp.say(time.Second, legA.back(), udt(msc, sc, end("AA01", aare(41, 3), components(result(1)))))
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM-VGCS v3 MT: answered after 1.00 s")
	if row := table(o, "map_operations").Rows[0]; row[0] != "other" || row[1] != "3" || row[3] != "MT" {
		t.Errorf("row %v", row)
	}
	if l := o.Latency; len(l) != 1 || l[0].Values[0] != "other" {
		t.Errorf("latency %v", l)
	}
	wantRules(t, o)
}
