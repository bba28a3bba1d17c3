package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/httpwire"
	"pcaptriage/decoders/stream"
)

// flowPart follows the connections of one shard.
type flowPart struct {
	cfg           *config
	idleMin       int64 // config.IdleMin
	shard, shards uint64

	store  *analyzers.Store[conn]
	https  arena[httpPart]
	probes arena[probePair]
	asks   arena[ask]
	tls    arena[tlsPart]

	maxHTTP int // connections that carry HTTP at a time

	pool    *stream.Pool
	latency *analyzers.Latencies
	idling  idleQueue

	// sink and cur are for the call of Packet or FlowEnd that is running.
	sink httpwire.Sink
	cur  cursor
}

// maxHTTP is how many connections are read as HTTP at a time, in all shards; of
// those beyond nothing is said. The state of one takes 1.2 kB.
const maxHTTP = 1 << 16

// scratchBytes is the memory for heads that are not complete yet, in all shards.
const scratchBytes = 16 << 20

func newFlowPart(env *analyzers.Env) *flowPart {
	fp := &flowPart{cfg: env.Config.(*config), shard: uint64(env.Shard), shards: uint64(env.Shards),
		store: analyzers.NewStore[conn](env.Slot), latency: env.Latencies(),
		pool: stream.NewPool(stream.DefaultConfig(env.Shards))}
	fp.idleMin = int64(fp.cfg.IdleMin)
	fp.maxHTTP = maxHTTP / env.Shards
	fp.sink.Decoder = httpwire.NewDecoder(stream.NewScratch(scratchBytes/env.Shards), formsOf(env))
	fp.sink.Handler = (*exchanges)(fp)
	return fp
}

// formsOf is what the parts of env's worker share: the heads that were read before.
func formsOf(env *analyzers.Env) *httpwire.Forms {
	if env.Shared == nil {
		return &httpwire.Forms{}
	}
	if *env.Shared == nil {
		*env.Shared = &httpwire.Forms{}
	}
	return (*env.Shared).(*httpwire.Forms)
}

// flowResult is what the flow parts leave: the latencies.
type flowResult struct{ latency *analyzers.Latencies }

func (r *flowResult) Merge(other analyzers.Result) { r.latency.Merge(other.(*flowResult).latency) }

// End implements analyzers.FlowPart.
func (fp *flowPart) End(int64, *analyzers.Out) analyzers.Result { return &flowResult{fp.latency} }

const (
	// ignored are segments that say nothing about the connection.
	ignored = decoders.ClassCopy | decoders.ClassRSTBad
	// asking are segments that only ask whether the other side is there, and
	// the answers.
	asking = decoders.ClassKeepAlive | decoders.ClassKeepAliveACK
	// rare are segments that Packet leaves to other.
	rare = asking | decoders.ClassRetrans
)

// begin gives f its state, if p is a segment with which a connection begins to
// matter: the first after those with SYN.
func (fp *flowPart) begin(p *decoders.Packet, f *flow.Flow) *conn {
	if p.TCP.Flags&(decoders.SYN|decoders.RST) != 0 {
		return nil
	}
	c := fp.store.New(f)
	c.busy, c.busyFrame = p.Clock, p.Ref()
	return c
}

// segment takes a segment of any kind, but for flagWatched.
func (fp *flowPart) segment(c *conn, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	flags := p.TCP.Flags
	d := p.Seg.Dir
	if c.probes != 0 {
		fp.heard(c, p, f)
	}
	if p.Seg.Is(asking) {
		if p.Seg.Is(decoders.ClassKeepAlive) {
			fp.probe(c, p)
		}
		return
	}
	if flags&decoders.RST != 0 {
		fp.reset(c, p, f, out)
	}
	idle := p.Clock - c.busy
	fresh := p.Seg.Payload > 0 && p.Seg.Is(decoders.ClassNewData)
	if c.ask != 0 || fresh && idle >= int64(fp.cfg.IdleMin) {
		fp.asked(c, p, f, idle, fresh)
	}
	if p.Seg.Payload > 0 {
		if d == f.Client && p.Seg.Is(decoders.ClassRetrans) {
			c.resent = p.Clock
		}
		fp.payload(c, p, f, fresh, out)
	}
	if c.http != 0 && (p.Seg.Payload > 0 || flags&(decoders.FIN|decoders.RST) != 0 || c.flags&flagHeld != 0) {
		fp.feed(c, p, f, out)
	}
	if fresh {
		c.data, c.dataDir = p.Clock, d
		c.flags |= flagData0 << d
	}
	if flags&(decoders.FIN|decoders.RST) != 0 {
		fp.closing(c, p, out)
	}
	if c.closed != 0 && c.http != 0 {
		fp.retire(c, f, out)
	}
	if p.Seg.Len > 0 || p.TCP.Ack != c.ack[d] {
		c.moved(d, p)
	}
}

// payload looks for HTTP, or counts turns where there is none.
func (fp *flowPart) payload(c *conn, p *decoders.Packet, f *flow.Flow, fresh bool, out *analyzers.Out) {
	switch {
	case c.flags&flagRetired != 0:
		return
	case c.http == 0 && p.Has&decoders.HasPayload != 0 && (looksLikeHTTP(p.Payload) || c.overtook(p, f)):
		if fp.https.inUse() >= fp.maxHTTP {
			c.flags |= flagRetired
			withheld(f, out)
			return
		}
		fp.startHTTP(c, p, f)
	}
	switch {
	case c.flags&flagHTTP != 0:
		c.flags &^= flagAnswering
	case fresh:
		if c.tls != 0 || !c.sentAny() {
			fp.secure(c, p, f, out)
		}
		fp.turn(c, p, f)
	}
}

// turn takes new payload of a connection that does not carry HTTP/1.x.
func (fp *flowPart) turn(c *conn, p *decoders.Packet, f *flow.Flow) {
	if p.Seg.Dir == f.Client {
		if c.sent(f.Client) && c.dataDir != f.Client {
			c.longest = max(c.longest, p.Clock-c.data)
		}
		c.flags |= flagAnswering
		return
	}
	if c.flags&flagAnswering != 0 && c.sent(f.Client) {
		c.turns++
		if p.Timed() {
			a, port := f.Endpoint(f.Server())
			fp.latency.Observe(metricTurn, analyzers.LabelKey{A: a, PA: port}, p.Clock-c.data, analyzers.SampleID(p.Hash, p.Ref()))
		}
	}
	c.flags &^= flagAnswering
}

// startHTTP gives c the state of an HTTP connection.
func (fp *flowPart) startHTTP(c *conn, p *decoders.Packet, f *flow.Flow) {
	var used bool
	c.http, used = fp.https.takeUsed()
	h := fp.https.at(c.http)
	if used {
		h.renew()
	}
	h.id = f.Serial*fp.shards + fp.shard + 1
	h.serverTimeout = -1
	if f.Flags&flow.SawSYN != 0 && !c.sentAny() || begins(f, p) {
		h.flags |= fromStart
	}
	fp.enter(c, h, f, nil)
	for d := range uint8(2) {
		if half := &f.Dir[d]; half.Has&flow.HasISN != 0 && (!c.sent(d) || d == p.Seg.Dir && begins(f, p)) {
			h.sides[d].stream.Begin(half.ISN)
		}
	}
}

// overtook reports whether p is the first payload of its direction to arrive but
// not the first that was sent: what comes before it may be a request's beginning.
func (c *conn) overtook(p *decoders.Packet, f *flow.Flow) bool {
	half := &f.Dir[p.Seg.Dir]
	return !c.sent(p.Seg.Dir) && half.Has&flow.HasISN != 0 && p.TCP.Seq-(half.ISN+1)-1 < maxOvertake
}

// maxOvertake bounds the bytes that may be missing before such a segment.
const maxOvertake = 64 << 10

// begins reports whether p's payload is the first of its direction. Others may
// have overtaken it.
func begins(f *flow.Flow, p *decoders.Packet) bool {
	half := &f.Dir[p.Seg.Dir]
	return half.Has&flow.HasISN != 0 && p.TCP.Seq == half.ISN+1
}

// enter makes c the connection that the handler works on.
func (fp *flowPart) enter(c *conn, h *httpPart, f *flow.Flow, out *analyzers.Out) {
	fp.cur.of(c, h, f, out)
	fp.cur.hash = f.Key.Hash()
	fp.sink.Queue = &h.queue
}

// feed gives a segment to the parsers.
func (fp *flowPart) feed(c *conn, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	h := fp.https.at(c.http)
	d := p.Seg.Dir
	fp.enter(c, h, f, out)
	if p.Seg.Is(decoders.ClassRetrans) {
		fp.cur.resent = p.Ref()
	}
	if c.flags&flagHeld != 0 && p.TCP.Flags&decoders.ACK != 0 {
		fp.side(1 - d)
		fp.pool.Acked(&h.sides[1-d].stream, p.TCP.Ack, &fp.sink)
	}
	if (p.Seg.Payload > 0 || p.TCP.Flags&(decoders.FIN|decoders.RST) != 0) && !fp.inOrder(h, p) {
		g := stream.FromPacket(p)
		fp.side(d)
		fp.pool.Feed(&h.sides[d].stream, &g, &fp.sink)
	}
	fp.cur.resent = 0
	c.flags &^= flagHeld
	if h.sides[0].stream.Holds() || h.sides[1].stream.Holds() {
		c.flags |= flagHeld
	}
}

// inOrder gives a segment's payload to the parser as it is, if that is all there is
// to do.
func (fp *flowPart) inOrder(h *httpPart, p *decoders.Packet) bool {
	d, n := p.Seg.Dir, p.Seg.Payload
	side := &h.sides[d]
	if uint32(len(p.Payload)) != n || p.TCP.Flags&(decoders.SYN|decoders.FIN|decoders.RST) != 0 || !side.stream.Plain(p.TCP.Seq, n) {
		return false
	}
	fp.cur.dir = d
	fp.sink.Decoder.Segment(&side.parser, &h.queue, p.Payload, stream.Mark{Off: side.stream.Offset(), Time: p.Clock, Frame: p.Ref()}, fp.sink.Handler)
	side.stream.Advance(n)
	return true
}

func (fp *flowPart) side(d uint8) {
	fp.cur.dir = d
	fp.sink.Parser = &fp.cur.h.sides[d].parser
}

// closing notes who closes first.
func (fp *flowPart) closing(c *conn, p *decoders.Packet, out *analyzers.Out) {
	first := c.closed == 0
	if first {
		c.closed, c.closedFrame, c.closeDir = p.Clock, p.Ref(), p.Seg.Dir
		if p.TCP.Flags&decoders.RST != 0 {
			c.flags |= flagReset
		}
	}
	if c.http == 0 {
		return
	}
	h := fp.https.at(c.http)
	if p.TCP.Flags&decoders.FIN != 0 && h.flags&hasClient != 0 && p.Seg.Dir != h.client && h.finTime == 0 {
		h.finTime, h.finFrame, h.finAck = p.Clock, p.Ref(), p.TCP.Ack
	}
	if first {
		fp.reportClose(c, h, out)
	}
}

// retire reports a closed connection on which nothing more of HTTP can come, and
// gives its memory back: the flow itself stays in the table for a while.
func (fp *flowPart) retire(c *conn, f *flow.Flow, out *analyzers.Out) {
	h := fp.https.at(c.http)
	if !h.sides[0].stream.Ended() || !h.sides[1].stream.Ended() || h.queue.Len() > 0 {
		return
	}
	fp.reportConn(c, h, f, out)
	fp.dropHTTP(c)
	c.flags = c.flags&^flagHTTP | flagRetired
}

func (fp *flowPart) dropHTTP(c *conn) {
	h := fp.https.at(c.http)
	h.id = 0
	fp.cur.h = nil
	switch {
	case h.queue.Tunnelled():
		c.flags |= flagTunnel
	case h.sides[0].parser.Protocol() == httpwire.HTTP2 || h.sides[1].parser.Protocol() == httpwire.HTTP2:
		c.flags |= flagHTTP2
	}
	fp.https.drop(&c.http)
}

// FlowEnd implements analyzers.FlowPart.
func (fp *flowPart) FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	c := fp.store.Get(f)
	if c == nil {
		return
	}
	if c.http != 0 {
		h := fp.https.at(c.http)
		fp.enter(c, h, f, out)
		for d := range uint8(2) {
			fp.side(d)
			fp.pool.Close(&h.sides[d].stream, &fp.sink)
		}
		fp.lostAtEnd(c, h, f, reason, out)
		fp.reportConn(c, h, f, out)
		fp.dropHTTP(c)
	}
	if c.tls != 0 || c.turns > 0 {
		fp.reportTurns(c, f, out)
		fp.tls.drop(&c.tls)
	}
	if c.ask != 0 {
		fp.concludeAsk(c, f, reason, out)
		fp.asks.drop(&c.ask)
	}
	if c.probes != 0 {
		fp.concludeProbes(c, f, reason, at, out)
		fp.probes.drop(&c.probes)
	}
	fp.store.Free(f)
	if reason == flow.EndClockReset {
		fp.idling.clear() // every flow ends, and time starts anew
	}
}
