package fragneeded

import "pcaptriage/decoders/flow"

// track is what the analyzer keeps for every TCP flow that carried payload. The
// handles are 0 for none.
type track struct {
	// full is the largest payload that a direction sent, fullEnd the sequence
	// number behind the first segment of that size, and passed the largest
	// payload that was acknowledged.
	full, fullEnd, passed [2]uint32

	hole  [2]uint32 // what the other side misses of a direction's data
	event uint32    // list of open events about ICMP errors
	lone  uint32    // segment that might have waited for the probe timer
	told  uint32    // the directions that an ICMP error quoted
}

// busy reports whether something is under way on the flow.
func (t *track) busy() bool { return t.hole[0]|t.hole[1]|t.event|t.told != 0 }

// told is the bit of track.told for a direction.
func told(dir uint8) uint32 { return 1 << dir }

// sizes notes that direction d sent a payload of n bytes, more than ever, up to
// end.
func (t *track) sizes(f *flow.Flow, d uint8, n, end uint32) {
	t.settle(f, d)
	t.full[d], t.fullEnd[d] = n, end
}

// settle brings passed up to date. Sequence numbers are only compared as long
// as they cannot have wrapped.
func (t *track) settle(f *flow.Flow, d uint8) {
	peer := &f.Dir[1-d]
	if t.full[d] == 0 || t.passed[d] >= t.full[d] {
		return
	}
	if f.Dir[d].Payload > 1<<30 || peer.Has&flow.HasAck != 0 && flow.Seq(t.fullEnd[d]).LessEq(peer.Acked) {
		t.passed[d] = t.full[d]
	}
}

// segmentSize is the largest payload that the handshake of f lets direction d
// send, without the room for options: the smaller MSS option of the two, as far
// as they were captured; 0 when neither was.
func segmentSize(f *flow.Flow, d uint8) uint32 {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	var mss uint32
	if peer.Has&flow.HasMSS != 0 {
		mss = uint32(peer.MSS)
	}
	if me.Has&flow.HasMSS != 0 && (mss == 0 || uint32(me.MSS) < mss) {
		mss = uint32(me.MSS)
	}
	return mss
}

// headers is the length of the IP and TCP headers without options that an MSS
// leaves room for (RFC 6691).
func headers(version uint8) uint32 {
	if version == 6 {
		return 60
	}
	return 40
}

// maxHandshake is the longest time between two parts of a handshake that is
// taken for a round trip; a repeated SYN takes 1 s.
const maxHandshake = int64(900e6)

// nearRTT is the round trip between the capture point and direction d's host,
// as the handshake showed it; 0 when it did not.
func nearRTT(f *flow.Flow, d uint8) int64 {
	from, to := f.SYNACKTime, f.AckTime
	if d != f.Client {
		from, to = f.SYNTime, f.SYNACKTime
	}
	return span(from, to)
}

// wholeRTT is the round trip between the two hosts, likewise.
func wholeRTT(f *flow.Flow) int64 { return span(f.SYNTime, f.AckTime) }

func span(from, to int64) int64 {
	if from == 0 || to <= from || to-from > maxHandshake {
		return 0
	}
	return to - from
}
