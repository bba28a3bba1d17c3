package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/stream"
)

// cursor is what the HTTP handler needs to know of the call it runs in.
type cursor struct {
	c   *conn
	h   *httpPart
	f   *flow.Flow
	out *analyzers.Out
	dir uint8

	// hash is the flow's.
	hash uint64
	// resent is the frame of the segment if that was a retransmission, else 0:
	// feed sets it, and clears it in the end.
	resent decoders.FrameRef
	// untimed: the segment's time is not known, so that nothing is measured. other
	// sets it, and clears it in the end.
	untimed bool
}

// of makes h the HTTP connection that the call is about. It does not store what
// is there already: while the collector marks, each pointer that changes costs
// more than all the rest of a packet here.
func (cur *cursor) of(c *conn, h *httpPart, f *flow.Flow, out *analyzers.Out) {
	if cur.h != h { // whoever drops h clears it here
		cur.c, cur.h, cur.f = c, h, f
	}
	if cur.out != out {
		cur.out = out
	}
}

// Packet implements analyzers.FlowPart. It has the kinds of segments that nearly
// all are of: an acknowledgement without payload, and the next payload, whole and
// new, of an HTTP connection that goes on. The rest is for other, always as the last
// step: what is needed after a call has to be stored before it, and an
// acknowledgement, which needs none, would pay for that, too.
func (fp *flowPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if f == nil || p.Seg.Is(ignored) {
		return
	}
	c := fp.store.Get(f)
	if c == nil || p.Clock >= fp.idling.due || p.Seg.Is(rare) ||
		p.TCP.Flags&(decoders.SYN|decoders.FIN|decoders.RST) != 0 || c.flags&flagWatched != 0 || !p.Timed() {
		fp.other(p, f, out)
		return
	}
	d := p.Seg.Dir & 1
	n := p.Seg.Payload
	if n == 0 {
		if p.TCP.Ack != c.ack[d] {
			c.moved(d, p)
		}
		return
	}
	if c.flags&flagHTTP == 0 || !p.Seg.Is(decoders.ClassNewData) || uint32(len(p.Payload)) != n || p.Clock-c.busy >= fp.idleMin {
		fp.other(p, f, out)
		return
	}
	h := fp.https.at(c.http)
	side := &h.sides[d]
	if !side.stream.Plain(p.TCP.Seq, n) {
		fp.other(p, f, out)
		return
	}
	fp.cur.of(c, h, f, out)
	fp.cur.dir, fp.cur.hash = d, p.Hash
	fp.sink.Decoder.Segment(&side.parser, &h.queue, p.Payload,
		stream.Mark{Off: side.stream.Offset(), Time: p.Clock, Frame: p.Ref()}, fp.sink.Handler)
	side.stream.Advance(n)
	c.data, c.dataDir = p.Clock, d
	c.flags = c.flags&^flagAnswering | flagData0<<d
	c.moved(d, p)
}

// other takes a packet of any kind, of a flow that has a connection's state or may
// get it. What Packet does with those that nearly all are is the same in fewer
// steps.
func (fp *flowPart) other(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.Clock >= fp.idling.due {
		fp.becomeIdle(p.Clock, out) // what is due by then goes before
	}
	c := fp.store.Get(f)
	if c == nil {
		if c = fp.begin(p, f); c == nil {
			return
		}
	}
	fp.cur.untimed = !p.Timed()
	fp.segment(c, p, f, out)
	fp.cur.untimed = false
	c.watch()
}

// moved notes a segment that carried or acknowledged something.
func (c *conn) moved(d uint8, p *decoders.Packet) {
	c.busy, c.busyFrame = p.Clock, p.Ref()
	c.ack[d] = p.TCP.Ack
}

// watch sets or clears flagWatched.
func (c *conn) watch() {
	c.flags &^= flagWatched
	if c.probes != 0 || c.ask != 0 || c.closed != 0 || c.flags&flagHeld != 0 {
		c.flags |= flagWatched
	}
}
