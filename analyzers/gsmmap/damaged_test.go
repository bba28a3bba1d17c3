package gsmmap_test

import "testing"

// A component that cannot be read may have been the answer, or the invoke that an
// answer is for: no verdict rests on its absence, and it is counted.
func TestDamagedComponents(t *testing.T) {
	noCode := tlv(0xa3, tlv(2, []byte{1}), tlv(0x30))
	noID := tlv(0xa1, tlv(2, []byte{44}))
	tooLong := []byte{0xa3, 40, 2, 1, 1}
	for _, c := range []struct {
		name          string
		first, answer []byte
		dialogue      string
		withheld      uint64
	}{
		{"an error without a code", mt(1), noCode, "not decided, messages of the dialogue are cut or damaged", 1},
		{"of no known type", mt(1), tlv(0xa9, tlv(2, []byte{1})), "not decided, messages of the dialogue are cut or damaged", 1},
		{"longer than its portion", mt(1), tooLong, "not decided, messages of the dialogue are cut or damaged", 1},
		{"the invoke", noID, result(1), "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tp := newTape(t)
			tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(c.first))))
			tp.say(second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(c.answer))))
			idle(tp, 200*second)
			o := tp.run(nil)
			wantRules(t, o)
			wantCoverage(t, o, "TCAP components damaged", 1)
			if o.VerdictsWithheld != c.withheld {
				t.Errorf("%d verdicts withheld", o.VerdictsWithheld)
			}
			if c.dialogue != "" {
				wantDialogues(t, o, "1: mt-forwardSM v3: "+c.dialogue, "3: mt-forwardSM v3: answered after 1.00 s")
			}
		})
	}
}

// What is whole beside a damaged component counts.
func TestDamagedBesideAnswer(t *testing.T) {
	tp := newTape(t)
	tp.say(0, legA, udt(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1)))))
	tp.say(second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(tlv(0xa9), result(1)))))
	o := tp.run(nil)
	wantRules(t, o)
	wantDialogues(t, o, "1: mt-forwardSM v3: answered after 1.00 s")
	wantCoverage(t, o, "TCAP components damaged", 1)
	if o.VerdictsWithheld != 0 {
		t.Errorf("%d verdicts withheld", o.VerdictsWithheld)
	}
}
