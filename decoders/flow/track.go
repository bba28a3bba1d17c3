package flow

import (
	"time"

	"pcaptriage/decoders"
)

// track classifies the segment p, which direction d of f sent, and moves the
// connection's state. f's counters and times of the last packet are still those
// before p.
func (t *Table) track(f *Flow, p *decoders.Packet, d uint8, clock int64) decoders.Class {
	const kind = decoders.SYN | decoders.ACK
	switch flags := p.TCP.Flags; {
	case flags&decoders.RST != 0:
		return f.onRST(p, d)
	case flags&kind == decoders.SYN:
		return f.onSYN(p, d, clock)
	case flags&kind == kind:
		return f.onSYNACK(p, d, clock)
	}
	return t.onSegment(f, p, d, clock)
}

// born reports whether f's first packet has been counted.
func (f *Flow) born() bool { return f.First != unborn }

// announce sets the side's window. The windows of SYN and SYN-ACK are never
// scaled (RFC 7323 2.2).
func (h *Half) announce(window uint32) {
	h.Window = window
	if window == 0 {
		h.Has |= ZeroWindow
	} else {
		h.Has &^= ZeroWindow
	}
}

// scaled is the window, in bytes, that p announces. Scaling holds only if both
// sides offered it (RFC 7323 2.2); a SYN-ACK with the option answers a SYN that
// had it, captured or not.
func (f *Flow) scaled(p *decoders.Packet, d uint8) uint32 {
	w := uint32(p.TCP.Window)
	me, peer := &f.Dir[d], &f.Dir[1-d]
	if me.Has&HasWScale == 0 || peer.Has&HasWScale == 0 && (peer.Has&HasISN != 0 || d == f.Client) {
		return w
	}
	return w << min(me.WScale, 14)
}

// options reads the options that only SYN and SYN-ACK carry.
func (h *Half) options(o *decoders.TCPOptions) {
	if o.Has&decoders.OptMSS != 0 {
		h.MSS = o.MSS
		h.Has |= HasMSS
	}
	if o.Has&decoders.OptWScale != 0 {
		h.WScale = o.WScale
		h.Has |= HasWScale
	}
	if o.Has&decoders.OptSACKPermitted != 0 {
		h.Has |= SACKPermitted
	}
	if o.Has&decoders.OptTimestamps != 0 {
		h.Has |= Timestamps
	}
}

// send notes n payload bytes sent up to sequence number end.
func (f *Flow) send(d uint8, n uint32, end Seq, clock int64) {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	if n > 0 {
		me.Has |= SentData
		me.MaxSeg = max(me.MaxSeg, n)
	}
	if me.Unacked == 0 && !(peer.Has&HasAck != 0 && end.LessEq(peer.Acked)) {
		me.Unacked = clock
	}
	f.busy = clock
}

// micros is a duration as Flow keeps those of the handshake: at least 1, so that
// it counts as known.
func micros(ns int64) uint32 {
	if ns < 0 || ns > int64(time.Hour) {
		return 0
	}
	return uint32(ns/1000) + 1
}
