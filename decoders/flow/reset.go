package flow

import "pcaptriage/decoders"

// maxWindow is the largest possible receive window (RFC 7323 2.3).
const maxWindow = 1 << 30

// onRST judges a reset by its numbers (RFC 9293 3.10.7) and closes the
// connection if they fit.
func (f *Flow) onRST(p *decoders.Packet, d uint8) decoders.Class {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq, ack := Seq(p.TCP.Seq), Seq(p.TCP.Ack)
	hasACK := p.TCP.Flags&decoders.ACK != 0

	c := decoders.ClassRST
	switch {
	case !f.born():
		// Nothing to compare with.
		c |= decoders.ClassMidStream
		f.Flags |= MidStream

	case f.Flags&Established == 0 && me.Has&HasISN == 0 && peer.Has&HasISN != 0 && f.Flags&SawSYNACK == 0 && peer.Has&HasNext != 0:
		// The answer to a SYN must acknowledge it, and at most the data in it.
		if !hasACK || !peer.acceptsSYNACK(ack) {
			return decoders.ClassRSTBad
		}

	case f.State == StateSYN && d == f.Client && me.Has&HasISN != 0:
		// The client gives up its attempt, or answers a challenge ACK, which
		// leaves the attempt as it is.
		if off := seq.Diff(Seq(me.ISN)); off < 0 || me.Next.Less(seq) {
			if peer.Packets > 0 && peer.Has&HasAck == 0 && peer.Acked == seq {
				return c
			}
			return decoders.ClassRSTBad
		}

	case !f.inWindow(d, seq):
		return decoders.ClassRSTBad
	}
	me.Has |= SentRST
	f.Flags |= SawRST
	f.State = StateClosed
	return c
}

// inWindow reports whether seq, sent by direction d, lies in what the other
// side takes: from the last byte that it acknowledged to the end of its window,
// or to what d has already sent beyond.
func (f *Flow) inWindow(d uint8, seq Seq) bool {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	window := Seq(max(peer.Window, 65535))
	var low, high Seq
	switch {
	case peer.Has&HasAck != 0:
		low, high = peer.Acked, peer.Acked+window
		if me.Has&HasNext != 0 && high.Less(me.Next) {
			high = me.Next
		}
	case me.Has&HasNext != 0:
		low, high = me.Next-window, me.Next+window
	default:
		return true
	}
	if me.Has&HasISN != 0 && low.Less(Seq(me.ISN)+1) {
		low = Seq(me.ISN) + 1
	}
	return low.LessEq(seq) && seq.LessEq(high)
}
