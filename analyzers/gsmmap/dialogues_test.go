package gsmmap_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers"
)

const second = time.Second

func mt(id byte) []byte { return short{}.invoke(id, 44) }

// A message captured on both sides of an STP is one message, and its latency is
// that of the hop nearest to the answering node.
func TestHops(t *testing.T) {
	tp := newTape(t)
	b := udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))))
	e := udt(msc, sc, end("AAAA", aare(25, 3), components(result(1))))
	tp.say(0, legA, b)
	tp.say(300*time.Millisecond, legB, b)
	tp.say(2*second, legB.back(), e)
	tp.say(2300*time.Millisecond, legA.back(), e)
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 1.70 s")
	wantRules(t, o)
	if hops := table(o, "map_dialogues").Rows[0][13]; hops != uint64(2) {
		t.Errorf("%v hops", hops)
	}
	if r := o.Latency[0]; r.Count != 1 || r.Max != 1.7e9 {
		t.Errorf("%d answers, max %d", r.Count, r.Max)
	}
	wantCoverage(t, o, "copies on further hops", 2)
}

// A chunk sent again over another path of its association is the same message;
// the same octets in another chunk are not.
func TestPaths(t *testing.T) {
	tp := newTape(t)
	b := udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))))
	e := udt(msc, sc, end("AAAA", aare(25, 3), components(result(1))))
	other := leg{"198.51.100.1", "198.51.100.2", legA.vtag}
	tp.chunk(0, legA, 1, b)
	tp.chunk(3*second, other, 1, b)
	tp.say(4*second, legA.back(), e)
	tp.chunk(5*second, other, 2, b) // the id is used again, for the same message
	tp.say(6*second, legA.back(), e)
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 4.00 s", "4: mt-forwardSM v3: answered after 1.00 s")
	wantCoverage(t, o, "repeated over another path", 1)
}

func wantCoverage(t *testing.T, o *analyzers.Outcome, item string, n uint64) {
	t.Helper()
	for _, row := range table(o, "map_coverage").Rows {
		if row[0] == item {
			if row[1] != n {
				t.Errorf("%s: %v, want %d", item, row[1], n)
			}
			return
		}
	}
	t.Errorf("no line %q", item)
}

// No answer is a finding when the capture goes on for a minute; before that the
// operation is open.
func TestNoAnswer(t *testing.T) {
	exchange := func(tp *tape, at time.Duration, id string) {
		tp.say(at, legA, udt(sc, msc, begin(id, aarq(25, 3), components(mt(1)))))
		tp.say(at+second, legA.back(), udt(msc, sc, end(id, aare(25, 3), components(result(1)))))
	}
	for _, c := range []struct {
		goesOn time.Duration
		rules  []string
		says   string
	}{{59 * second, nil, "open at the end of the capture"}, {80 * second, []string{"map-no-answer"}, "no answer for 79.0 s"}} {
		tp := newTape(t)
		exchange(tp, 0, "AAAA")
		tp.say(2*second, legA, udt(sc, msc, begin("BBBB", aarq(25, 3), components(mt(1)))))
		exchange(tp, c.goesOn, "CCCC")
		o := tp.run(nil)
		wantRules(t, o, c.rules...)
		if got := dialogues(o); !strings.Contains(got, "3: mt-forwardSM v3: "+c.says) {
			t.Errorf("dialogues:\n%s", got)
		}
		if f := find(o, "map-no-answer"); c.rules != nil && (f.Severity != analyzers.Warning || f.Confidence != analyzers.Likely || f.Count != 1) {
			t.Errorf("%s %s %d", f.Severity, f.Confidence, f.Count)
		}
	}
}

// When nothing of the way back is captured, nothing follows from silence; and
// with missing chunks the answer may be among them.
func TestNoAnswerInDoubt(t *testing.T) {
	tp := newTape(t)
	for i := range 3 {
		tp.say(time.Duration(i)*100*second, legA, udt(sc, msc, begin(fmt.Sprintf("AAA%d", i), aarq(25, 3), components(mt(1)))))
	}
	o := tp.run(nil)
	wantRules(t, o, "map-no-answer")
	if f := find(o, "map-no-answer"); f.Severity != analyzers.Info || f.Confidence != analyzers.Possible || f.Count != 2 || !strings.Contains(f.Message, "nothing of the way back") {
		t.Errorf("%s %s %d %q", f.Severity, f.Confidence, f.Count, f.Message)
	}

	tp = newTape(t)
	tp.chunk(0, legA, 1, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.chunk(100*second, legA, 5, udt(sc, msc, begin("BBBB", aarq(25, 3), components(mt(1)))))
	tp.say(101*second, legA.back(), udt(msc, sc, end("BBBB", aare(25, 3), components(result(1)))))
	o = tp.run(nil)
	wantRules(t, o, "map-no-answer", "sctp-gap")
	if f := find(o, "map-no-answer"); !strings.Contains(f.Message, "no answer seen") {
		t.Errorf("%q", f.Message)
	}
	if f := find(o, "sctp-gap"); f.Measure == nil || f.Measure.Value != 3 {
		t.Errorf("%+v", f.Measure)
	}
}

// A transaction id is used again after the End, which is normal; while the
// dialogue is open, the old one is given up.
func TestIDsUsedAgain(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.say(1*second, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(short{imsi: "262019999999999"}.invoke(1, 44)))))
	tp.say(2*second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(result(1)))))
	tp.say(3*second, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(2)))))
	tp.say(5*second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(failure(2, 31)))))
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: transaction id used again after 1.00 s",
		"2: mt-forwardSM v3: answered after 1.00 s", "4: mt-forwardSM v3: subscriberBusyForMT-SMS (31) after 2.00 s")
	wantRules(t, o)
}

// The responder answers from another address than the one that was called, and
// to an address with another title in front of it: the ids lead to the dialogue.
func TestOtherAddresses(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3))))
	tp.say(100*time.Millisecond, legA.back(), udt("491720000099", sc, more("ZZZZ", "AAAA", aare(25, 3))))
	tp.say(200*time.Millisecond, legA, udt(sc, "491720000099", more("AAAA", "ZZZZ", components(mt(1)))))
	tp.say(1200*time.Millisecond, legB.back(), udt("491720000099", "491710769999", end("AAAA", components(result(1)))))
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 1.00 s")
	row := table(o, "map_dialogues").Rows[0]
	if row[4] != "491720000099" || row[15] != "id" || row[10] != int64(100e6) {
		t.Errorf("responder %v, matched by %v, setup %v", row[4], row[15], row[10])
	}
}

// What ends a dialogue without an answer: a P-Abort, an End with nothing in it,
// and an answer to something else.
func TestEnds(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.say(1*second, legA.back(), udt(msc, sc, abort("AAAA", tlv(0x4a, []byte{4}))))
	tp.say(2*second, legA, udt(sc, msc, begin("BBBB", aarq(25, 3), components(mt(1)))))
	tp.say(3*second, legA.back(), udt(msc, sc, end("BBBB", aare(25, 3))))
	tp.say(4*second, legA, udt(sc, msc, begin("CCCC", aarq(25, 3), components(mt(2)))))
	tp.say(5*second, legA.back(), udt(msc, sc, end("CCCC", aare(25, 3), components(failure(0, 6)))))
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: aborted (P-Abort resourceLimitation) after 1.00 s",
		"3: mt-forwardSM v3: dialogue ended without an answer",
		"5: absentSubscriberSM (6) for invoke id 0, which nobody invoked; mt-forwardSM v3: dialogue ended without an answer")
	wantRules(t, o, "map-abort", "map-no-answer", "map-orphan-answer")
}

// SCCP returns the message of a Continue: what is open from its sender ends,
// and the dialogue goes on.
func TestReturnedContinue(t *testing.T) {
	tp := newTape(t)
	inv := more("AAAA", "ZZZZ", components(mt(1)))
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3))))
	tp.say(100*time.Millisecond, legA.back(), udt(msc, sc, more("ZZZZ", "AAAA", aare(25, 3))))
	tp.say(200*time.Millisecond, legA, udt(sc, msc, inv))
	tp.say(300*time.Millisecond, legA.back(), udts(8, msc, sc, inv))
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: returned by SCCP (cause 8, error in message transport) after 100 ms")
	wantRules(t, o, "map-sccp-return")
}

// exchanges records n operations between two nodes, each answered after a time.
func exchanges(tp *tape, n int, gap, answer time.Duration, b func(i int) []byte, x, v byte, back func(i int) []byte) {
	for i := range n {
		at := time.Duration(i) * gap
		id := fmt.Sprintf("A%03d", i)
		tp.say(at, legA, udt(sc, msc, begin(id, aarq(x, v), components(b(i)))))
		tp.say(at+answer, legA.back(), udt(msc, sc, back(i)))
	}
}

func TestLatencies(t *testing.T) {
	answer := func(x byte) func(int) []byte {
		return func(i int) []byte { return end(fmt.Sprintf("A%03d", i), aare(x, 3), components(result(1))) }
	}
	mo := func(int) []byte { return short{mo: true}.invoke(1, 46) }
	toMobile := func(int) []byte { return mt(1) }
	for _, c := range []struct {
		name     string
		n        int
		answer   time.Duration
		x        byte
		invoke   func(int) []byte
		rules    []string
		severity analyzers.Severity
	}{
		{"MO fast", 20, 1900 * time.Millisecond, 21, mo, nil, 0},
		{"MO slow, few", 19, 2100 * time.Millisecond, 21, mo, nil, 0},
		{"MO slow", 20, 2100 * time.Millisecond, 21, mo, []string{"map-latency-mo"}, analyzers.Warning},
		{"MO very slow, one", 1, 11 * second, 21, mo, []string{"map-latency-mo"}, analyzers.Warning},
		{"MT normal", 20, 19 * second, 25, toMobile, nil, 0},
		{"MT slow", 20, 21 * second, 25, toMobile, []string{"map-latency-mt"}, analyzers.Info},
		{"MT very slow", 20, 61 * second, 25, toMobile, []string{"map-latency-mt"}, analyzers.Warning},
	} {
		t.Run(c.name, func(t *testing.T) {
			tp := newTape(t)
			exchanges(tp, c.n, 70*second, c.answer, c.invoke, c.x, 3, answer(c.x))
			o := tp.run(nil)
			wantRules(t, o, c.rules...)
			if c.rules != nil && o.Findings[0].Severity != c.severity {
				t.Errorf("%s", o.Findings[0].Severity)
			}
		})
	}
}

// A version that is refused each time makes a warning; each message is counted
// with its repetition.
func TestFallback(t *testing.T) {
	tp := newTape(t)
	for i := range 6 {
		at := time.Duration(i) * 20 * second
		s := short{imsi: fmt.Sprintf("26201123456%04d", i)}
		a, b := fmt.Sprintf("A%03d", i), fmt.Sprintf("B%03d", i)
		tp.say(at, legA, udt(sc, msc, begin(a, aarq(25, 3), components(s.invoke(1, 44)))))
		tp.say(at+second, legA.back(), udt(msc, sc, abort(a, refusal(25, 2))))
		tp.say(at+2*second, legA, udt(sc, msc, begin(b, aarq(25, 2), components(s.invoke(1, 46)))))
		tp.say(at+3*second, legA.back(), udt(msc, sc, end(b, aare(25, 2), components(result(1)))))
	}
	o := tp.run(nil)
	wantRules(t, o, "map-fallback")
	f := find(o, "map-fallback")
	if f.Severity != analyzers.Warning || f.Count != 6 || f.Attrs["repeated"] != uint64(6) || f.Measure == nil || f.Measure.Value != 2e9 {
		t.Errorf("%s count %d %v %+v", f.Severity, f.Count, f.Attrs, f.Measure)
	}
}

// Rules about the messages themselves.
func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name string
		from string
		s    short
		rule string
	}{
		{"sound", sc, short{}, ""},
		{"more, both", sc, short{more: true, mms: true}, ""},
		{"more in TP-MMS only", sc, short{mms: true}, "map-mms-mismatch"},
		{"more in MAP only", sc, short{more: true}, "map-mms-mismatch"},
		{"part 1 of 2, and the capture ends", sc, short{part: 1, total: 2}, ""},
		{"other service centre", sc, short{sc: "491710769999"}, "map-sc-mismatch"},
		{"from another country", far, short{sc: far}, "map-mt-no-handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tp := newTape(t)
			tp.say(0, legA, udt(c.from, msc, begin("AAAA", aarq(25, 3), components(c.s.invoke(1, 44)))))
			tp.say(second, legA.back(), udt(msc, c.from, end("AAAA", aare(25, 3), components(result(1)))))
			var want []string
			if c.rule != "" {
				want = []string{c.rule}
			}
			wantRules(t, tp.run(nil), want...)
		})
	}
}

// idle is a message that has nothing to do with the others, to let the capture go
// on.
func idle(tp *tape, at time.Duration) {
	tp.say(at, legA, udt(sc, msc, begin("ZZZY", aarq(25, 3), components(mt(1)))))
	tp.say(at+second, legA.back(), udt(msc, sc, end("ZZZY", aare(25, 3), components(result(1)))))
}

// Which parts are missing depends on how long the capture looked for them.
func TestPartsMissing(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after bool // the capture was there for a minute
		parts         []byte
		gap           bool
	}{
		{"the last, and the capture goes on", false, true, []byte{1, 2}, true},
		{"the last, and the capture ends", true, false, []byte{1, 2}, false},
		{"the first, and the capture had begun", true, false, []byte{2, 3}, true},
		{"the first, and the capture has just begun", false, true, []byte{2, 3}, false},
		{"the one between", false, false, []byte{1, 3}, true},
	} {
		tp := newTape(t)
		if c.before {
			idle(tp, 0)
		}
		for i, part := range c.parts {
			at := time.Duration(100+5*i) * second
			tp.say(at, legA, udt(sc, msc, begin(tagOf(i), aarq(25, 3), components(short{part: part, total: 3}.invoke(1, 44)))))
			tp.say(at+second, legA.back(), udt(msc, sc, end(tagOf(i), aare(25, 3), components(result(1)))))
		}
		if c.after {
			idle(tp, 200*second)
		}
		o := tp.run(nil)
		if got := find(o, "map-concat-gap").Count == 1; got != c.gap {
			t.Errorf("%s: told %v", c.name, got)
		}
		if withheld := o.VerdictsWithheld == 1; withheld == c.gap {
			t.Errorf("%s: %d withheld", c.name, o.VerdictsWithheld)
		}
	}
}

// Both parts of a concatenated message are there.
func TestConcatenated(t *testing.T) {
	tp := newTape(t)
	exchanges(tp, 2, 5*second, second, func(i int) []byte { return short{part: byte(2 - i), total: 2}.invoke(1, 44) }, 25, 3,
		func(i int) []byte { return end(fmt.Sprintf("A%03d", i), aare(25, 3), components(result(1))) })
	wantRules(t, tp.run(nil))
}

func TestSlowSetup(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3))))
	tp.say(1500*time.Millisecond, legA.back(), udt(msc, sc, more("ZZZZ", "AAAA", aare(25, 3))))
	tp.say(1600*time.Millisecond, legA, udt(sc, msc, more("AAAA", "ZZZZ", components(mt(1)))))
	tp.say(2600*time.Millisecond, legA.back(), udt(msc, sc, end("AAAA", components(result(1)))))
	o := tp.run(nil)
	wantRules(t, o, "map-setup-slow")
	if m := find(o, "map-setup-slow").Measure; m == nil || m.Value != 1.5e9 {
		t.Errorf("%+v", m)
	}
}

// An SCTP ABORT matters while operations are open, and an operation code under a
// private context is not taken for MAP's.
func TestTransportAndForeign(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.packet(second, legA.back(), []byte{6, 0, 0, 8, 0, 12, 0, 4})
	private := tlv(0x6b, tlv(0x28, external, tlv(0xa0, tlv(0x60, tlv(0xa1, tlv(6, []byte{0x2a, 0x86, 0x3a, 1, 46}))))))
	tp.say(2*second, legA, udt(sc, msc, begin("BBBB", private, components(short{}.invoke(1, 46)))))
	o := tp.run(nil)
	wantRules(t, o, "sctp-abort")
	wantDialogues(t, o, "1: mt-forwardSM v3: open at the end of the capture")
	wantCoverage(t, o, "not interpreted", 1)
}

// Nobody is named and no text is printed, unless it is asked for.
func TestPrivacy(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(short{text: "\x00h\x00i\x00!"}.invoke(1, 44)))))
	tp.say(second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(result(1)))))
	tp.say(2*second, legA, udt(msc, sc, begin("BBBB", aarq(21, 3), components(short{mo: true}.invoke(1, 46)))))
	print := func(set map[string]string) string { return outline(t, tp.run(set)) }
	masked := print(nil)
	for _, secret := range []string{imsi, imsi[5:], sme, sme[2:], "hi!"} {
		if strings.Contains(masked, secret) {
			t.Errorf("%q is in %s", secret, masked)
		}
	}
	for _, shown := range []string{"sub#1 IMSI 26201**********", "sub#2 MSISDN 49***********", sc, msc} {
		if !strings.Contains(masked, shown) {
			t.Errorf("%q is not in %s", shown, masked)
		}
	}
	open := print(map[string]string{"gsmmap.show-subscribers": "true", "gsmmap.show-content": "true"})
	for _, shown := range []string{imsi, sme, "hi!"} {
		if !strings.Contains(open, shown) {
			t.Errorf("%q is not in %s", shown, open)
		}
	}
}

// Nothing is concluded across a restart of the clock.
func TestClockReset(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	for i := range 20 {
		tp.say(48*time.Hour+time.Duration(i)*second, legA.back(), udt(msc, sc, end(fmt.Sprintf("Z%03d", i), aare(25, 3), components(result(1)))))
	}
	o := tp.run(nil)
	wantRules(t, o)
	if o.VerdictsWithheld != 1 {
		t.Errorf("%d verdicts withheld", o.VerdictsWithheld)
	}
}

// SCTP in UDP, and SCTP without IP.
func TestCarriers(t *testing.T) {
	for _, as := range []carrier{inIP, inUDP, onLink} {
		tp := newTapeAs(t, as)
		tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
		tp.say(second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(result(1)))))
		o := tp.run(nil)
		wantDialogues(t, o, "1: mt-forwardSM v3: answered after 1.00 s")
		wantRules(t, o)
	}
}

// A node of version 1 aborts a Begin with a dialogue portion; the repetition has
// none.
func TestFallbackToVersion1(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 2), components(short{}.invoke(1, 46)))))
	tp.say(1*second, legA.back(), udt("491720000077", sc, abort("AAAA", tlv(0x4a, []byte{3}))))
	tp.say(2*second, legA, udt(sc, msc, begin("BBBB", components(short{}.invoke(1, 46)))))
	tp.say(3*second, legA.back(), udt(msc, sc, end("BBBB", components(failure(1, 27)))))
	o := tp.run(nil)
	wantDialogues(t, o, "1: forwardSM v2 MT: refused, an older version offered", "3: forwardSM v1 MT: absentSubscriber (27) after 1.00 s")
	wantRules(t, o, "map-fallback")
	if f := find(o, "map-fallback"); f.Severity != analyzers.Info || f.Attrs["repeated"] != uint64(1) || f.Evidence[len(f.Evidence)-1].Frame.Frame() != 3 {
		t.Errorf("%s %v %v", f.Severity, f.Attrs, f.Evidence)
	}
}

// A dialogue is given up after 15 minutes of silence, while the capture goes on.
func TestExpiry(t *testing.T) {
	tp := newTape(t)
	for i := range 3 {
		at := time.Duration(i) * 20 * time.Minute
		id := fmt.Sprintf("A%03d", i)
		tp.say(at, legA, udt(sc, msc, begin(id, aarq(25, 3), components(mt(1)))))
		if i > 0 {
			tp.say(at+second, legA.back(), udt(msc, sc, end(id, aare(25, 3), components(result(1)))))
		}
	}
	o := tp.run(nil)
	wantRules(t, o, "map-no-answer")
	if got := dialogues(o); !strings.HasPrefix(got, "1: mt-forwardSM v3: no answer for 15 min 0 s") {
		t.Errorf("%s", got)
	}
}

// The time to open a dialogue is that of the hop on which the first Continue is
// seen first.
func TestSetupOnHops(t *testing.T) {
	tp := newTape(t)
	b := udt(sc, msc, begin("AAAA", aarq(25, 3)))
	tp.say(0, legA, b)
	tp.say(300*time.Millisecond, legB, b)
	tp.say(1000*time.Millisecond, legB.back(), udt(msc, sc, more("ZZZZ", "AAAA", aare(25, 3))))
	o := tp.run(nil)
	if setup := table(o, "map_dialogues").Rows[0][10]; setup != int64(700e6) {
		t.Errorf("setup %v", setup)
	}
}

// The reference of a concatenated message comes again for the next one.
func TestReferenceUsedAgain(t *testing.T) {
	tp := newTape(t)
	parts, texts := []byte{1, 2, 1}, []string{"a", "b", "c"}
	exchanges(tp, 3, 5*second, second, func(i int) []byte { return short{part: parts[i], total: 2, text: texts[i]}.invoke(1, 44) }, 25, 3,
		func(i int) []byte { return end(fmt.Sprintf("A%03d", i), aare(25, 3), components(result(1))) })
	idle(tp, 80*second)
	o := tp.run(nil)
	wantRules(t, o, "map-concat-gap")
	if f := find(o, "map-concat-gap"); f.Evidence[0].Frame.Frame() != 5 || f.Attrs["parts_seen"] != uint64(1) || f.Attrs["parts_total"] != uint64(2) {
		t.Errorf("%v %v", f.Evidence, f.Attrs)
	}
}

// A part that is sent again is no part of another message.
func TestPartSentAgain(t *testing.T) {
	tp := newTape(t)
	parts, texts := []byte{2, 1, 2}, []string{"b", "a", "b"}
	exchanges(tp, 3, 5*second, second, func(i int) []byte { return short{part: parts[i], total: 2, text: texts[i]}.invoke(1, 44) }, 25, 3,
		func(i int) []byte { return end(fmt.Sprintf("A%03d", i), aare(25, 3), components(result(1))) })
	o := tp.run(nil)
	wantRules(t, o)
	row := table(o, "map_concatenated").Rows[0]
	if d := cmp.Diff([]any{uint64(2), uint64(2), "1-2", "out of order", int64(5 * second), uint64(1)}, row[5:11]); d != "" {
		t.Error(d)
	}
}

// The called node of an alert is a service centre, which is no subscriber, also
// before it has answered.
func TestCalledServiceCentre(t *testing.T) {
	number := append([]byte{0x91}, bcd(sme, 15)...)
	inv := tlv(0xa1, tlv(2, []byte{1}), tlv(2, []byte{64}), tlv(0x30, tlv(4, number), tlv(4, append([]byte{0x91}, bcd(sc, 15)...))))
	tp := newTape(t)
	tp.say(0, legA, udt(msc, sc, begin("AAAA", aarq(23, 2), components(inv))))
	row := table(tp.run(nil), "map_operations").Rows[0]
	if row[0] != "alertServiceCentre" || row[4] != msc || row[5] != sc {
		t.Error(row[:6])
	}
}

// A request for routing information is addressed to the subscriber's number,
// which is masked like the one in the argument.
func TestCalledSubscriber(t *testing.T) {
	tp := newTape(t)
	number := append([]byte{0x91}, bcd(sme, 15)...)
	arg := tlv(0x30, tlv(0x80, number), tlv(0x81, []byte{1}), tlv(0x82, append([]byte{0x91}, bcd(sc, 15)...)))
	inv := tlv(0xa1, tlv(2, []byte{1}), tlv(2, []byte{45}), arg)
	b := begin("AAAA", aarq(20, 3), components(inv))
	tp.say(0, legA, udt(sc, sme, b))
	tp.say(second, legA.back(), udts(1, sme, sc, b))
	tp.say(2*second, legA.back(), udts(1, sme, sc, begin("BBBB", aarq(20, 3), components(inv))))
	o := tp.run(nil)
	wantRules(t, o, "map-sccp-return")
	if s := outline(t, o); strings.Contains(s, sme) || strings.Contains(s, sme[2:]) || !strings.Contains(s, "49***********") {
		t.Errorf("%s", s)
	}
}

// Of a message that was returned in segments, the first one has the transaction
// id; another one is not taken for a message.
func TestReturnedSegment(t *testing.T) {
	tp := newTape(t)
	b := begin("AAAA", aarq(25, 3), components(mt(1)))
	tp.say(0, legA, udt(sc, msc, b))
	called, calling := address(sc), address(msc)
	seg := func(first byte) []byte {
		m := []byte{0x12, 8, 15, 4, byte(4 + len(called)), byte(4 + len(called) + len(calling)), byte(4 + len(called) + len(calling) + len(b))}
		m = append(append(m, byte(len(called))), called...)
		m = append(append(m, byte(len(calling))), calling...)
		m = append(append(m, byte(len(b))), b...)
		return append(m, 0x10, 4, first, 1, 2, 3, 0)
	}
	tp.say(second, legA.back(), seg(0x41))
	o := tp.run(nil)
	wantRules(t, o)
	wantCoverage(t, o, "returned SCCP segments", 1)
	tp.say(2*second, legA.back(), seg(0xc2))
	wantRules(t, tp.run(nil), "map-sccp-return")
}

// Rates decide where there are many operations.
func TestRates(t *testing.T) {
	answer := func(bad int, code byte) func(int) []byte {
		return func(i int) []byte {
			id := fmt.Sprintf("A%03d", i)
			switch {
			case i != bad:
				return end(id, aare(25, 3), components(result(1)))
			case code == 0:
				return abort(id, tlv(0x4a, []byte{4}))
			}
			return end(id, aare(25, 3), components(failure(1, code)))
		}
	}
	for _, c := range []struct {
		n        int
		code     byte // of the error of one of them; 0: aborted
		rules    []string
		severity analyzers.Severity
	}{
		{40, 34, []string{"map-err-network"}, analyzers.Warning},
		{60, 34, nil, 0},
		{40, 35, []string{"map-err-interworking"}, analyzers.Warning},
		{60, 35, nil, 0},
		{40, 31, nil, 0},
		{99, 0, []string{"map-abort"}, analyzers.Error},
		{100, 0, []string{"map-abort"}, analyzers.Warning},
	} {
		tp := newTape(t)
		exchanges(tp, c.n, 5*second, second, func(int) []byte { return mt(1) }, 25, 3, answer(7, c.code))
		o := tp.run(nil)
		wantRules(t, o, c.rules...)
		if c.rules != nil && o.Findings[0].Severity != c.severity {
			t.Errorf("%d operations, code %d: %s", c.n, c.code, o.Findings[0].Severity)
		}
	}
}

// The same Begin in another chunk, while the dialogue is open, is the same
// message sent again.
func TestBeginAgain(t *testing.T) {
	tp := newTape(t)
	b := udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))))
	tp.say(0, legA, b)
	tp.say(second, legA, b)
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: open at the end of the capture")
	wantCoverage(t, o, "Begins sent again", 1)
	if to := table(o, "map_dialogues").Rows[0][4]; to != msc {
		t.Errorf("responder %v: the called MSC is no subscriber", to)
	}
}

// With many dialogues from before the capture, answers may be before it too.
func TestMidDialogueDoubt(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.say(1*second, legA.back(), udt(msc, sc, end("XXXX", aare(25, 3), components(result(1)))))
	tp.say(90*second, legA.back(), udt(msc, sc, end("YYYY", aare(25, 3), components(result(1)))))
	o := tp.run(nil)
	wantRules(t, o, "map-no-answer")
	if f := find(o, "map-no-answer"); f.Confidence != analyzers.Possible || !strings.Contains(f.Message, "no answer seen") {
		t.Errorf("%s %q", f.Confidence, f.Message)
	}
}

// A title of E.212 is an IMSI.
func TestTitleOfIMSI(t *testing.T) {
	tp := newTape(t)
	m := udt(sc, imsi, begin("AAAA", aarq(25, 3), components(short{imsi: "262019999999999"}.invoke(1, 44))))
	m[9] = 0x60 | m[9]&15 // numbering plan of the called address
	tp.say(0, legA, m)
	o := tp.run(nil)
	wantDialogues(t, o, "1: mt-forwardSM v3: open at the end of the capture")
	if to := table(o, "map_operations").Rows[0][5]; to != "26201**********" {
		t.Errorf("responder %v", to)
	}
}

// A frame is cited once, however much it holds.
func TestFrameCitedOnce(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1), mt(1)))))
	o := tp.run(nil)
	wantRules(t, o, "map-dup-invoke")
	if f := find(o, "map-dup-invoke"); len(f.Evidence) != 1 || f.EvidenceTotal != 1 {
		t.Errorf("%v of %d", f.Evidence, f.EvidenceTotal)
	}
}

// A version 1 message to an MSC: no context says so, but the operation does.
func TestCalledNodeVersion1(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", components(short{}.invoke(1, 46)))))
	o := tp.run(nil)
	wantDialogues(t, o, "1: forwardSM v1 MT: open at the end of the capture")
	if to := table(o, "map_dialogues").Rows[0][4]; to != msc {
		t.Errorf("responder %v", to)
	}
}
