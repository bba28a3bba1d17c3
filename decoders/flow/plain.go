package flow

import "pcaptriage/decoders"

// plain tracks and counts what nearly every segment is: data or an
// acknowledgement, in order, on an established connection in which nothing
// unusual is going on. It does exactly what track and add do with such a segment,
// in a quarter of the instructions, and reports false, with f and p as they were,
// for every other one. me is the sender's half of f, peer the other.
func (f *Flow) plain(p *decoders.Packet, me, peer *Half, clock int64) bool {
	const (
		control = decoders.SYN | decoders.FIN | decoders.RST | decoders.ACK
		known   = HasNext | HasAck
		unusual = ZeroWindow | keepAliveOut | probeOut | probeByte | HasFIN
	)
	if f.State != StateEstablished || p.TCP.Flags&control != decoders.ACK || p.TCP.Opt.Has&decoders.OptSACK != 0 ||
		me.Has&(known|unusual) != known || peer.Has&(known|unusual) != known {
		return false
	}
	seq, ack, n := Seq(p.TCP.Seq), Seq(p.TCP.Ack), p.Seg.Payload
	news := ack.Diff(me.Acked)
	if seq != me.Next || news < 0 || peer.Next.Less(ack) || n|uint32(news) == 0 {
		return false // n, news: a duplicate, or a new window (see repeated)
	}
	window := uint32(p.TCP.Window)
	if me.Has&HasWScale != 0 {
		if peer.Has&HasWScale == 0 {
			return false
		}
		window <<= min(me.WScale, 14)
	}
	if window == 0 {
		return false
	}

	p.Seg.Class = decoders.ClassPureACK
	if n > 0 {
		p.Seg.Class = decoders.ClassNewData
		end := seq + Seq(n)
		me.Next = end
		me.Has |= SentData
		if me.MaxSeg < n {
			me.MaxSeg = n
			p.Seg.Longest = true
		}
		if me.Unacked == 0 && !end.LessEq(peer.Acked) {
			me.Unacked = clock
		}
	}
	if news > 0 {
		me.Acked = ack
		if peer.Next == ack {
			peer.Unacked = 0
		} else if peer.Unacked != 0 {
			peer.Unacked = clock
		}
	}
	me.Dups = 0
	me.Window = window
	f.busy = clock

	me.Packets++
	me.Bytes += uint64(p.IPLen)
	p.Seg.Ahead = me.Payload
	me.Payload += uint64(n)
	p.Seg.Before, me.Last = me.Last, clock
	f.Last, f.LastFrame = clock, p.Ref()
	return true
}
