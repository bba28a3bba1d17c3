package flow

import "pcaptriage/decoders"

// plain tracks what nearly every segment is: data or an acknowledgement, in
// order, on an established connection in which nothing unusual is going on. It
// does exactly what track does with such a segment, in a quarter of the
// instructions, and reports false, with f as it was, for every other one.
// Copies, resets of idle time and the like do not come here.
func (f *Flow) plain(p *decoders.Packet, d uint8, clock int64) (c decoders.Class, ok bool) {
	const (
		control = decoders.SYN | decoders.FIN | decoders.RST | decoders.ACK
		known   = HasNext | HasAck
		unusual = ZeroWindow | keepAliveOut | probeOut | probeByte | HasFIN
	)
	me, peer := &f.Dir[d&1], &f.Dir[^d&1]
	if f.State != StateEstablished || p.TCP.Flags&control != decoders.ACK || p.TCP.Opt.Has&decoders.OptSACK != 0 ||
		me.Has&(known|unusual) != known || peer.Has&(known|unusual) != known {
		return 0, false
	}
	seq, ack, n := Seq(p.TCP.Seq), Seq(p.TCP.Ack), p.Seg.Payload
	news := ack.Diff(me.Acked)
	if seq != me.Next || news < 0 || peer.Next.Less(ack) {
		return 0, false
	}
	window := uint32(p.TCP.Window)
	if me.Has&HasWScale != 0 {
		if peer.Has&HasWScale == 0 {
			return 0, false
		}
		window <<= min(me.WScale, 14)
	}
	if window == 0 {
		return 0, false
	}

	switch {
	case n > 0:
		c = decoders.ClassNewData
		end := seq + Seq(n)
		me.Next = end
		me.Has |= SentData
		me.MaxSeg = max(me.MaxSeg, n)
		if me.Unacked == 0 && !end.LessEq(peer.Acked) {
			me.Unacked = clock
		}
		me.Dups = 0
	case news > 0:
		c = decoders.ClassPureACK
		me.Dups = 0
	default: // a duplicate or a new window: see repeated
		return 0, false
	}
	if news > 0 {
		me.Acked = ack
		if peer.Next == ack {
			peer.Unacked = 0
		} else if peer.Unacked != 0 {
			peer.Unacked = clock
		}
	}
	me.Window = window
	f.busy = clock
	return c, true
}

// addPlain is add for a segment that plain has tracked: not the first of its
// direction.
func (t *Table) addPlain(f *Flow, p *decoders.Packet, clock int64) {
	t.stats.Packets++
	t.stats.TCP++
	h := &f.Dir[p.Seg.Dir&1]
	h.Packets++
	h.Bytes += uint64(p.IPLen)
	h.Payload += uint64(p.Seg.Payload)
	h.Last = clock
	f.Last, f.LastFrame = clock, p.Ref()
}
