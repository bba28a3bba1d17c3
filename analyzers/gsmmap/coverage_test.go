package gsmmap_test

import "testing"

// Records of HDLC channels on Endace cards are said to be skipped: "no short
// messages" would be wrong of what was not read.
func TestERF(t *testing.T) {
	tp := newTapeAs(t, onERF)
	for i, typ := range []byte{5, 17, 1} {
		rec := []byte{0, 0, 0, 0, 0, 0, 0, 0, typ, 4, 0, 32, 0, 0, 0, 16}
		tp.record(second*1, append(rec, make([]byte, 16+i)...))
	}
	o := tp.run(nil)
	wantRules(t, o)
	wantCoverage(t, o, "ERF multi-channel records", 2)
}
