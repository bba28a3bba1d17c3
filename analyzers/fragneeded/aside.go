package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// A message is an aside of one cache line, or of two if its flags have wide:
//
//	0 capture clock   1 frame              2 fingerprint        3 when the connection stood
//	4 seq, TSval      5 lengths, ports     6 IPv4 addresses     7 tunnel, flags, shard
//
//	0 recorded time   1 short fingerprint  2, 3 address A       4, 5 address B
//	6 epoch           7 unused
//
// Addresses and ports are in the order of the flow's key.
//
// The second one is needed where the time is not the capture clock's, the
// capture cut the message or its clock began anew, and for IPv6.

// Flags of asides only.
const (
	fromB uint16 = 1 << 13 // B of the flow's key is the sender
	cut   uint16 = 1 << 14 // the capture kept less of the message than is fingerprinted
	wide  uint16 = 1 << 15
)

// addr4 is the IPv4 address in the low half of v.
func addr4(v uint64) decoders.Addr { return decoders.Addr{Lo: 0xffff<<32 | uint64(uint32(v))} }

// flagsOf are the flags of the message in a[0].
func flagsOf(a []analyzers.Aside) uint16 { return uint16(a[0][7] >> 32) }

// frameOf is the frame of the message in a[0].
func frameOf(a []analyzers.Aside) decoders.FrameRef { return decoders.FrameRef(a[0][1]) }

// ends returns the addresses of the message in a[0].
func ends(a []analyzers.Aside) (src, dst decoders.Addr) {
	flags := flagsOf(a)
	src, dst = addr4(a[0][6]), addr4(a[0][6]>>32)
	if flags&wide != 0 {
		w := &a[1]
		src, dst = decoders.Addr{Hi: w[2], Lo: w[3]}, decoders.Addr{Hi: w[4], Lo: w[5]}
	}
	if flags&fromB != 0 {
		return dst, src
	}
	return src, dst
}

// readAside makes e the event about the message in a[0], and returns the number
// of asides that it took.
func readAside(e *analyzers.StampedEvent, a []analyzers.Aside) int {
	m := &a[0]
	e.At = analyzers.Place{Stamp: int64(m[0]), Frame: frameOf(a), Shard: uint32(m[7] >> 48)}
	seq, _ := split32(m[4])
	flags, lengths := flagsOf(a), uint32(m[5])
	if flags&cut != 0 {
		lengths |= cutBit
	}
	e.Event = analyzers.Event{Kind: evMessage, Proto: decoders.ProtoTCP, Time: e.At.Stamp, Frame: e.At.Frame, N: seq,
		SPort: uint16(m[5] >> 32), DPort: uint16(m[5] >> 48), TunnelID: uint32(m[7]), Flags: flags &^ (fromB | cut | wide)}
	e.Src, e.Dst = ends(a)
	if flags&fromB != 0 {
		e.SPort, e.DPort = e.DPort, e.SPort
	}
	// As readMessage has it: the fingerprints, TSval and lengths, and when the
	// connection stood.
	e.V = [4]int64{0, int64(m[2]), int64(join32(uint32(m[4]>>32), lengths)), int64(m[3])}
	if flags&wide == 0 {
		return 1
	}
	w := &a[1]
	e.Time, e.V[0], e.At.Epoch = int64(w[0]), int64(w[1]), uint32(w[6])
	e.Flags |= epochFlags(e.At.Epoch)
	return 2
}

// readAsides adds the messages in runs to events; at is that of Sift.
func readAsides(events []analyzers.StampedEvent, runs []analyzers.AsideRun, at *decoders.FrameRef) []analyzers.StampedEvent {
	for r := range runs {
		for a := runs[r].Asides; len(a) > 0; {
			*at = frameOf(a)
			events = append(events, analyzers.StampedEvent{})
			a = a[readAside(&events[len(events)-1], a):]
		}
	}
	return events
}
