package gsmmap_test

import "testing"

// xudt is an XUDT with a segmentation parameter: remaining segments, local
// reference.
func xudt(from, to string, data []byte, first bool, remaining byte, ref byte) []byte {
	called, calling := address(to), address(from)
	m := []byte{0x11, 0x81, 15, 4, byte(4 + len(called)), byte(4 + len(called) + len(calling)), byte(4 + len(called) + len(calling) + len(data))}
	m = append(append(m, byte(len(called))), called...)
	m = append(append(m, byte(len(calling))), calling...)
	m = append(append(m, byte(len(data))), data...)
	head := remaining
	if first {
		head |= 0x80
	}
	return append(m, 0x10, 4, head, ref, 0, 0, 0)
}

// halves are the two segments of a message.
func halves(from, to string, data []byte, ref byte) [2][]byte {
	return [2][]byte{xudt(from, to, data[:40], true, 1, ref), xudt(from, to, data[40:], false, 0, ref)}
}

// The segments of one message may come over two associations, the second one
// first.
func TestSegmentsOverTwoAssociations(t *testing.T) {
	tp := newTape(t)
	s := halves(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))), 9)
	tp.say(0, legB, s[1])
	tp.say(second/100, legA, s[0])
	tp.say(2*second, legA.back(), udt(msc, sc, end("AAAA", aare(25, 3), components(result(1)))))
	o := tp.run(nil)
	wantRules(t, o)
	wantDialogues(t, o, "2: mt-forwardSM v3: answered after 1.99 s")
}

// A relay passes the segments on as they are: one message on two hops, whose
// latency is that of the hop next to the answering node.
func TestSegmentsBehindRelay(t *testing.T) {
	tp := newTape(t)
	s := halves(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))), 9)
	e := udt(msc, sc, end("AAAA", aare(25, 3), components(result(1))))
	tp.say(0, legA, s[0])
	tp.say(second/100, legB, s[0])
	tp.say(2*second/100, legA, s[1])
	tp.say(3*second/100, legB, s[1])
	tp.say(second, legB.back(), e)
	tp.say(second+second/100, legA.back(), e)
	o := tp.run(nil)
	wantRules(t, o)
	wantDialogues(t, o, "3: mt-forwardSM v3: answered after 970 ms")
	if hops := cell(o, "map_dialogues", table(o, "map_dialogues").Rows[0], "hops"); hops != uint64(2) {
		t.Errorf("%v hops", hops)
	}
}

// A segment that never comes is told, and no message is made of the others.
func TestSegmentMissing(t *testing.T) {
	tp := newTape(t)
	s := halves(sc, msc, begin("AAAA", aarq(25, 3), components(mt(1))), 9)
	tp.say(0, legA, s[0])
	tp.say(30*second, legA, udt(sc, msc, begin("BBBB", aarq(25, 3), components(mt(1)))))
	o := tp.run(nil)
	wantRules(t, o)
	wantDialogues(t, o, "2: mt-forwardSM v3: open at the end of the capture")
	wantCoverage(t, o, "SCCP segments incomplete", 1)
}
