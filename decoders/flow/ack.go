package flow

import (
	"time"

	"pcaptriage/decoders"
)

// acknowledge notes that direction d acknowledged everything below ack, and
// reports whether that was news.
func (f *Flow) acknowledge(d uint8, ack Seq, clock int64) bool {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	if me.Has&HasAck != 0 && ack.LessEq(me.Acked) {
		return false
	}
	me.Acked = ack
	me.Has |= HasAck
	me.Dups = 0
	if peer.Has&HasNext != 0 && peer.Unacked != 0 {
		if peer.Next.LessEq(ack) {
			peer.Unacked = 0
		} else {
			peer.Unacked = clock
		}
	}
	if peer.Has&HasFIN != 0 && peer.FINSeq.Less(ack) {
		peer.Has |= FINAcked
	}
	return true
}

// onACK classifies a segment's acknowledgement and window. so far is what its
// own bytes made of it.
func (t *Table) onACK(f *Flow, p *decoders.Packet, d uint8, soFar decoders.Class, clock int64) (c decoders.Class) {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	ack := Seq(p.TCP.Ack)
	pure := soFar&decoders.ClassPureACK != 0
	probe := soFar&(decoders.ClassKeepAlive|decoders.ClassZeroWindowProbe) != 0

	if peer.Has&HasNext != 0 && peer.Next.Less(ack) {
		switch {
		case peer.Has&probeByte != 0 && ack == peer.Next+1:
			peer.Next = ack // the probe's byte was taken
		case ack.Diff(peer.Next) > maxWindow:
			return decoders.ClassUnseenAcked // no connection has so much outstanding
		default:
			c = decoders.ClassUnseenAcked
			t.miss(f, 1-d, peer.Next, ack, clock)
			peer.Next = ack
		}
	}

	window := f.scaled(p, d)
	if window == 0 {
		c |= decoders.ClassZeroWindow
	}
	if me.Has&HasAck != 0 && ack.Less(me.Acked) {
		return c // overtaken: its window is out of date
	}
	same := me.Window == window
	sacked, news := me.sack(p)
	if f.acknowledge(d, ack, clock) {
		if soFar&decoders.ClassKeepAlive == 0 {
			f.busy = clock
		}
	} else if pure && !probe {
		c |= f.repeated(d, same, sacked, news, clock)
	}
	if c&decoders.ClassDupACK == 0 && !pure {
		me.Dups = 0
	}
	if !probe {
		peer.Has &^= keepAliveOut | probeOut
	}
	me.announce(window)
	return c
}

// blindRepeat is how soon an ACK must be repeated to be a duplicate when the
// other direction was not captured: answers to unseen keep-alive probes come
// further apart.
const blindRepeat = int64(time.Second)

// repeated classifies an ACK without payload whose number direction d has sent
// before. sacked says that it reports bytes above that number, news that it
// reports more than any before.
func (f *Flow) repeated(d uint8, sameWindow, sacked, news bool, clock int64) decoders.Class {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	switch {
	case peer.Has&probeOut != 0:
		if !sameWindow && me.Has&ZeroWindow != 0 {
			return decoders.ClassZeroWindowProbeACK | decoders.ClassWindowUpdate
		}
		return decoders.ClassZeroWindowProbeACK
	case peer.Has&keepAliveOut != 0:
		return decoders.ClassKeepAliveACK
	case news, sameWindow && (sacked || f.outstanding(d, clock)):
		// RFC 5681 2 asks for an unchanged window; with SACK, new
		// information makes it a duplicate (RFC 6675 2).
		if me.Dups < 255 {
			me.Dups++
		}
		return decoders.ClassDupACK
	case !sameWindow:
		return decoders.ClassWindowUpdate
	}
	return 0
}

// outstanding reports whether the other side has sent more than direction d has
// acknowledged, as far as that can be known.
func (f *Flow) outstanding(d uint8, clock int64) bool {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	if peer.Packets == 0 {
		return clock-me.Last < blindRepeat
	}
	return peer.Has&HasNext != 0 && me.Acked.Less(peer.Next)
}

// sack takes the segment's SACK blocks. any reports whether there is a block
// above the acknowledgement, news whether one tells of bytes above all that were
// reported before. A block below the acknowledgement (DSACK, RFC 2883) tells of
// a duplicate and counts for neither.
func (h *Half) sack(p *decoders.Packet) (any, news bool) {
	o := &p.TCP.Opt
	if o.Has&decoders.OptSACK == 0 {
		return false, false
	}
	for _, b := range o.SACK[:min(int(o.NSACK), len(o.SACK))] {
		left, right := Seq(b[0]), Seq(b[1])
		if !Seq(p.TCP.Ack).Less(right) || !left.Less(right) {
			continue
		}
		any = true
		if h.Has&HasSACK == 0 || h.SACKed.Less(right) {
			h.SACKed = right
			h.Has |= HasSACK
			news = true
		}
	}
	return any, news
}
