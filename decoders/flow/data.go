package flow

import (
	"time"

	"pcaptriage/decoders"
)

const (
	// reorderFloor: a late segment that comes sooner than this after the one
	// that overtook it was reordered, whatever the round trip.
	reorderFloor = int64(3 * time.Millisecond)
	// probeIdle is how long a connection must have been silent for a segment to
	// be a keep-alive probe. The shortest keep-alive times in use are a second;
	// retransmissions of tiny segments come after 200 ms and more.
	probeIdle = int64(time.Second)
	// probeIdleBlind is the same for a probe with a byte of payload in a
	// direction whose acknowledgements were not captured, which a
	// retransmission resembles more.
	probeIdleBlind = int64(10 * time.Second)
	// recovery is how soon after news from the receiver a retransmission is
	// loss recovery by SACK and not a timeout.
	recovery = int64(20 * time.Millisecond)
)

// onSegment handles a segment without SYN and RST: ACKs, data, FIN.
func (t *Table) onSegment(f *Flow, p *decoders.Packet, d uint8, clock int64) (c decoders.Class) {
	if !f.born() {
		c = decoders.ClassMidStream
		f.Flags |= MidStream
		f.State = StateEstablished
		f.busy = clock
	} else if f.State == StateSYN || f.State == StateSYNACK {
		h, done := f.onHandshake(p, d, clock)
		c |= h
		if done {
			return c
		}
	}
	if p.TCP.Flags&(decoders.ACK|decoders.FIN) == decoders.ACK && p.Seg.Payload == 0 {
		c |= decoders.ClassPureACK
	}
	c |= t.onData(f, p, d, clock)
	if p.TCP.Flags&decoders.ACK != 0 {
		c |= t.onACK(f, p, d, c, clock)
	}
	if f.Dir[0].Has&FINAcked != 0 && f.Dir[1].Has&FINAcked != 0 {
		f.State = StateClosed
	}
	return c
}

// onData classifies what the segment occupies in its sender's sequence space.
func (t *Table) onData(f *Flow, p *decoders.Packet, d uint8, clock int64) (c decoders.Class) {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq, n, length := Seq(p.TCP.Seq), p.Seg.Payload, p.Seg.Len
	end := seq + Seq(length)
	fin := p.TCP.Flags&decoders.FIN != 0

	if me.Has&HasNext == 0 {
		me.Has |= HasNext
		me.Next = seq
		if peer.Has&HasAck != 0 && seq.Less(peer.Acked) {
			me.Next = peer.Acked // the capture began after these bytes
		}
	}
	off := seq.Diff(me.Next)

	if n <= 1 && !fin && off <= 0 {
		if c := f.probe(p, d, off, clock); c != 0 {
			return c
		}
	}
	if length > 0 {
		me.Has &^= keepAliveOut | probeOut | probeByte
	}
	if fin {
		c |= decoders.ClassFIN
		finSeq := end - 1
		if me.Has&HasFIN != 0 && me.FINSeq == finSeq {
			c |= decoders.ClassFINRetrans
		} else if me.Has&HasFIN == 0 {
			me.Has |= HasFIN
			me.FINSeq = finSeq
			if peer.Has&HasAck != 0 && finSeq.Less(peer.Acked) {
				me.Has |= FINAcked
			}
		}
		if f.State < StateClosing {
			f.State = StateClosing
		}
	}

	switch {
	case off > 0:
		c |= decoders.ClassGap
		me.Gaps++
		t.miss(f, d, me.Next, seq, clock)
		me.Next = end
		if length > 0 {
			c |= decoders.ClassNewData
		}
		f.send(d, n, end, clock)
	case length == 0:
		// The same number as before, or an ACK that was overtaken.
	case off == 0:
		c |= decoders.ClassNewData
		me.Next = end
		f.send(d, n, end, clock)
	default:
		c |= t.old(f, p, d, seq, end, clock)
		if me.Next.Less(end) {
			c |= decoders.ClassNewData
			me.Next = end
		}
		f.send(d, n, end, clock)
	}
	return c
}

// old classifies a segment that begins below what its side has sent.
func (t *Table) old(f *Flow, p *decoders.Packet, d uint8, seq, end Seq, clock int64) decoders.Class {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	top := end
	if me.Next.Less(top) {
		top = me.Next
	}
	shownAt, missing := t.fill(f, d, seq, top)

	acked := peer.Has&HasAck != 0 && end.LessEq(peer.Acked)
	fast := false
	if !acked && peer.Has&HasAck != 0 {
		fast = peer.Dups >= 3 && seq == peer.Acked ||
			peer.Has&HasSACK != 0 && seq.Less(peer.SACKed) && clock-peer.Last <= max(recovery, int64(f.rtt)*1000)
	}
	if missing && clock-shownAt < max(reorderFloor, int64(f.rtt)*1000/2) && !(fast && peer.Dups >= 3) {
		return decoders.ClassOutOfOrder
	}
	c := decoders.ClassRetrans
	me.Retrans++
	if acked {
		c |= decoders.ClassSpurious
	} else if fast {
		c |= decoders.ClassFastRetrans
	}
	return c
}

// probe recognises segments that only ask whether the other side is there. off
// is their distance from the next expected sequence number, at most 0.
func (f *Flow) probe(p *decoders.Packet, d uint8, off int32, clock int64) decoders.Class {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	n := p.Seg.Payload
	if p.TCP.Flags&decoders.ACK == 0 {
		return 0
	}
	if peer.Has&ZeroWindow != 0 {
		seq := Seq(p.TCP.Seq)
		switch {
		case off == 0 && n == 1:
			// RFC 9293 3.8.6.1: the next byte, which the peer may take or not.
			me.Has |= probeOut | probeByte
			return decoders.ClassZeroWindowProbe
		case off == -1, n == 0 && off < 0 && peer.Has&HasAck != 0 && seq == peer.Acked-1:
			// Linux and others probe with an old number, as for keep-alive.
			me.Has |= probeOut
			return decoders.ClassZeroWindowProbe
		}
		return 0
	}
	if off != -1 || me.Has&HasFIN != 0 {
		return 0
	}
	idle := probeIdle
	if peer.Has&HasAck != 0 {
		if peer.Acked != me.Next {
			return 0 // something is outstanding: a retransmission, or an ACK that was overtaken
		}
	} else if n == 1 {
		idle = probeIdleBlind
	}
	if clock-f.busy < idle {
		return 0
	}
	me.Has |= keepAliveOut
	return decoders.ClassKeepAlive
}
