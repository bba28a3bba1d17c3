package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/httpwire"
)

// reset takes an RST: what was the connection doing?
func (fp *flowPart) reset(c *conn, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if c.probes != 0 && fp.resetProbes(c, p) {
		return
	}
	if c.tls != 0 && fp.tlsReset(c, p, f, out) {
		return
	}
	if c.http != 0 {
		h := fp.https.at(c.http)
		if h.flags&raceReported == 0 && h.flags&hasClient != 0 && p.Seg.Dir != h.client {
			if r := h.lone(); r != nil && h.crossed() && h.refused(p, f, r, fp.idleMin) {
				fp.reportRace(c, h, f, r, p.Ref(), out)
				return
			}
		}
		if h.queue.Len() > 0 {
			return // a request under way
		}
	}
	idle := p.Clock - c.busy
	if c.closed != 0 || idle < int64(fp.cfg.ResetMin) || !c.sentAny() || c.dataDir == f.Client || c.ask != 0 ||
		f.Dir[0].Unacked != 0 || f.Dir[1].Unacked != 0 {
		return
	}
	e := event(evReset, f.Client, f)
	e.Time, e.Frame = p.Clock, p.Ref()
	e.V = [4]int64{idle, int64(c.busyFrame), c.busy}
	if p.Seg.Dir == f.Client {
		e.Flags |= byClient
	}
	if c.flags&flagHTTP == 0 || fp.https.at(c.http).flags&fromStart == 0 {
		e.Flags |= isPartial
	}
	out.Emit(&e)
}

// refusal is how soon after a request an RST must come that answers it, if the
// server's kernel had acknowledged it: a server that closes a socket with
// unread data in it resets (RFC 9293 3.6.1 and RFC 2525 2.17).
const refusal = int64(1e9)

// refused reports whether the RST p of the server answers the lone request r because
// the server had given the connection up. Who had not, acknowledges the request; if
// the connection had not been idle for idleMin either, it was the request that made
// the server reset, and no timeout.
func (h *httpPart) refused(p *decoders.Packet, f *flow.Flow, r *httpwire.Pending, idleMin int64) bool {
	acked := flow.Seq(h.pendSeq).Less(f.Dir[h.client^1].Acked)
	if acked && p.Clock-r.Last.Time > refusal {
		return false
	}
	if h.pendGap >= idleMin || h.finTime != 0 {
		return true
	}
	return !acked && (p.TCP.Flags&decoders.ACK == 0 || !flow.Seq(h.pendSeq).Less(flow.Seq(p.TCP.Ack)))
}

// asked follows client payload on a connection that was idle, until the server
// says something. fresh: p carries new payload, after idle.
func (fp *flowPart) asked(c *conn, p *decoders.Packet, f *flow.Flow, idle int64, fresh bool) {
	d := p.Seg.Dir
	switch {
	case c.ask != 0 && d != fp.asks.at(c.ask).dir:
		fp.asks.drop(&c.ask)
	case c.ask != 0:
		if a := fp.asks.at(c.ask); p.Seg.Payload > 0 && p.TCP.Seq == a.seq {
			a.sends++
			a.last, a.lastOne = p.Clock, p.Ref()
			if a.sends == 2 {
				a.again = p.Ref()
			}
		}
	case fresh && d == f.Client && c.closed == 0 && f.Dir[d].Unacked == p.Clock && f.Dir[1-d].Packets > 0:
		c.ask = fp.asks.take()
		*fp.asks.at(c.ask) = ask{first: p.Clock, last: p.Clock, gap: idle, frame: p.Ref(), lastOne: p.Ref(), seq: p.TCP.Seq, sends: 1, dir: d}
	}
}

// minSends is how often a request must have been sent for keepalive-idle-drop.
const minSends = 3

// concludeAsk judges a request that the server never reacted to.
func (fp *flowPart) concludeAsk(c *conn, f *flow.Flow, reason flow.EndReason, out *analyzers.Out) {
	a := fp.asks.at(c.ask)
	if a.sends < minSends || a.last-a.first < int64(fp.cfg.DropMin) {
		return
	}
	if reason == flow.EndEvicted || reason == flow.EndClockReset {
		withheld(f, out)
		return
	}
	e := event(evIdleDrop, a.dir, f)
	e.Time, e.Frame, e.N = a.first, a.frame, a.sends
	e.V = [4]int64{a.gap, int64(a.lastOne), a.last, int64(a.again)}
	if reason == flow.EndCapture && c.closed == 0 {
		e.Flags |= cutShort
	}
	out.Emit(&e)
}
