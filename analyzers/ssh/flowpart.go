package ssh

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sshwire"
	"pcaptriage/decoders/stream"
)

// flowPart follows the sessions of one shard.
type flowPart struct {
	cfg      *config
	slot     uint // index in flow.Flow.Slot
	store    *analyzers.Store[conn]
	sessions arena
	names    *names
	pool     *stream.Pool
	decoder  *sshwire.Decoder

	res *flowResult

	// sinks and cur are for the call of Packet or FlowEnd that is running.
	sinks   [2]sink
	cur     cursor
	scratch [analyzers.MaxEvidence]cite
}

// cursor is what the handlers of messages need to know of the call they run in.
type cursor struct {
	s   *session
	f   *flow.Flow
	out *analyzers.Out
	dir uint8
}

const (
	// maxSessions bounds the sessions under way, in all shards: those that have
	// not logged in, at 4 kB each.
	maxSessions = 1 << 14
	// scratchBytes is the memory for lines and packets that are not complete
	// yet, in all shards.
	scratchBytes = 16 << 20
	// maxClear is how many bytes of a direction are looked at before its
	// encryption begins; maxSealed how many behind it.
	maxClear  = 256 << 10
	maxSealed = 64 << 10
)

func newFlowPart(env *analyzers.Env) *flowPart {
	fp := &flowPart{cfg: env.Config.(*config), slot: uint(env.Slot), store: analyzers.NewStore[conn](env.Slot),
		names:   newNames(),
		pool:    stream.NewPool(stream.DefaultConfig(env.Shards)),
		decoder: sshwire.NewDecoder(stream.NewScratch(scratchBytes / env.Shards)),
		res:     newFlowResult(env)}
	fp.sessions.init(max(maxSessions/env.Shards, 1))
	for d := range fp.sinks {
		fp.sinks[d] = sink{fp, uint8(d)}
	}
	return fp
}

// End implements analyzers.FlowPart.
func (fp *flowPart) End(int64, *analyzers.Out) analyzers.Result { return fp.res }

// ignored are segments that say nothing about the connection.
const ignored = decoders.ClassCopy | decoders.ClassRSTBad

// Packet implements analyzers.FlowPart.
func (fp *flowPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if f != nil && f.Slot[fp.slot%flow.MaxSlots] == 0 && p.Has&decoders.HasTCP != 0 && !mayOpen(p) {
		return
	}
	if p.Has&decoders.HasUDP != 0 {
		if p.SrcPort == dnsPort || p.DstPort == dnsPort {
			fp.dns(p, out)
		}
		return
	}
	if f == nil || p.Has&decoders.HasTCP == 0 || p.Seg.Is(ignored) {
		return
	}
	var s *session
	if c := fp.store.Get(f); c != nil {
		if s = fp.sessions.at(c.h); s.gen != c.gen {
			fp.store.Free(f) // its session was evicted
			return
		}
	} else if s = fp.open(p, f, out); s == nil {
		return
	}
	fp.sessions.byUse.Touch(fp.store.Get(f).h)
	switch {
	case s.auth.stage == authDone:
		fp.firstData(s, p)
	default:
		fp.follow(s, p, f, out)
		if s.auth.stage == authDone {
			fp.leave(s, p.Clock, 0, out)
		}
	}
	if s.flags&decided != 0 {
		fp.finish(s, f, flow.EndClosed, p.Clock, out)
	}
}

// follow takes a segment of a session.
func (fp *flowPart) follow(s *session, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	d := p.Seg.Dir
	fp.cur = cursor{s: s, f: f, out: out}
	flags := p.TCP.Flags
	fp.account(s, p, f)
	if flags&decoders.ACK != 0 {
		s.sides[1-d].acknowledged(p.TCP.Ack, p.Clock)
		fp.pool.Acked(&s.sides[1-d].stream, p.TCP.Ack, &fp.sinks[1-d])
	}
	if p.Seg.Is(decoders.ClassKeepAlive) {
		return
	}
	if p.Seg.Payload > 0 {
		s.lastData = p.Clock
		s.bytes[d] += uint64(p.Seg.Payload)
		s.sides[d].sent(p)
	}
	if p.Seg.Payload > 0 || flags&(decoders.FIN|decoders.RST) != 0 {
		g := stream.FromPacket(p)
		fp.pool.Feed(&s.sides[d].stream, &g, &fp.sinks[d])
	}
	if flags&(decoders.FIN|decoders.RST) != 0 {
		fp.closing(s, p, out)
	}
	if s.tooMuch() {
		s.flags |= decided
	}
}

// patience is how long the server's first data behind SUCCESS are waited for.
const patience = 60e9

// firstData takes a segment behind SUCCESS: of all that follows, only the
// server's first data are looked for, before which it opens the user's session
// (PAM, the home directory).
func (fp *flowPart) firstData(s *session, p *decoders.Packet) {
	a := &s.auth
	switch {
	case p.Seg.Payload > 0 && p.Seg.Dir != s.client && p.Seg.Is(decoders.ClassNewData):
		a.session[1] = s.mark(p.Seg.Dir, stream.Mark{Time: p.Clock, Frame: p.Ref()})
		s.flags |= decided
	case p.TCP.Flags&(decoders.FIN|decoders.RST) != 0, p.Clock-a.success.time > patience:
		s.flags |= decided
	}
}

// tooMuch reports whether there is no use in following s further: more came
// than a handshake has.
func (s *session) tooMuch() bool {
	strange := 0
	for d := range s.sides {
		limit := uint64(maxClear)
		e := &s.sides[d]
		if e.parser.Phase() == sshwire.Encrypted {
			limit = maxSealed
		}
		if e.fault == sshwire.FaultNotSSH && !e.version.seen() {
			strange++
		}
		if s.bytes[d] > limit {
			return true
		}
	}
	return strange == 2
}

// account notes what retransmissions and zero windows cost.
func (fp *flowPart) account(s *session, p *decoders.Packet, f *flow.Flow) {
	d := p.Seg.Dir
	me := &s.sides[d]
	if p.TCP.Window == 0 && p.TCP.Flags&(decoders.RST|decoders.SYN) == 0 {
		me.zero = p.Clock
	}
	if p.Seg.Payload == 0 || !p.Seg.Is(decoders.ClassRetrans) {
		return
	}
	me.flags |= unclean
	if p.Seg.Is(decoders.ClassSpurious) || s.flags&isClosed != 0 {
		return
	}
	me.flags |= resending
	me.resentEnd = p.TCP.Seq + p.Seg.Payload
	s.resent++
	s.lossDir = d
	s.lossAt[1] = mark{time: p.Clock, frame: p.Ref()}
	if !s.lossAt[0].seen() {
		s.lossAt[0] = s.lossAt[1]
	}
	// The sender has waited since its oldest outstanding byte was sent.
	since := f.Dir[d].Unacked
	if since == 0 {
		since = p.Clock
	}
	if since = max(since, s.lossUntil, s.begun); p.Clock > since {
		s.loss += p.Clock - since
	}
	s.lossUntil = p.Clock
}

// sent notes a segment with payload of this side.
func (e *side) sent(p *decoders.Packet) {
	if !p.Seg.Is(decoders.ClassNewData) {
		return
	}
	if e.ackedAt != 0 {
		e.ackedPrev = e.ackedAt
	}
	e.sentEnd, e.sentAt, e.sentFrame, e.ackedAt = p.TCP.Seq+p.Seg.Payload, p.Clock, p.Ref(), 0
	if !p.Seg.Is(decoders.ClassRetrans) {
		e.flags &^= unclean
	}
}

// acknowledged notes an acknowledgement of this side's data. The round trip
// that it shows, between capture point and the other side, is kept with the
// data's sender until near needs it.
func (e *side) acknowledged(ack uint32, now int64) {
	if int32(ack-e.resentEnd) >= 0 {
		e.flags &^= resending
	}
	if e.sentAt == 0 || e.ackedAt != 0 || int32(ack-e.sentEnd) < 0 {
		return
	}
	e.ackedAt = now
	if took := now - e.sentAt; e.flags&unclean == 0 && (e.near < 0 || took < e.near) {
		e.near = took
	}
}

// startAt tells where direction d's stream begins.
func (fp *flowPart) startAt(s *session, d uint8, isn uint32, p *decoders.Packet) {
	fp.pool.Feed(&s.sides[d].stream, &stream.Segment{Seq: isn, Flags: decoders.SYN, Time: p.Clock, Frame: p.Ref()}, &fp.sinks[d])
}

// closing notes who ends the connection.
func (fp *flowPart) closing(s *session, p *decoders.Packet, out *analyzers.Out) {
	d := p.Seg.Dir
	e := &s.sides[d]
	if !e.ended.seen() {
		e.ended = s.mark(d, stream.Mark{Time: p.Clock, Frame: p.Ref()})
	}
	if p.TCP.Flags&decoders.RST != 0 {
		e.flags |= sentRST
	}
	if s.flags&isClosed == 0 {
		s.flags |= isClosed
		s.closed, s.firstClose = e.ended, d
		if d != s.client && !s.serverSide().version.seen() {
			fp.askLoad(s, out)
		}
		fp.leave(s, p.Clock, p.Ref(), out)
	}
}

// mark makes a mark of direction d's message that is complete at m.
func (s *session) mark(d uint8, m stream.Mark) mark {
	return mark{time: m.Time, frame: m.Frame, loss: s.loss, acked: s.sides[1-d].ackedAt, nagle: s.sides[d].ackedPrev}
}

// FlowEnd implements analyzers.FlowPart.
func (fp *flowPart) FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	c := fp.store.Get(f)
	if c == nil {
		return
	}
	if s := fp.sessions.at(c.h); s.gen == c.gen {
		fp.finish(s, f, reason, at, out)
		return
	}
	fp.store.Free(f)
}

// finish draws the conclusions about a session and frees its state.
func (fp *flowPart) finish(s *session, f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	fp.cur = cursor{s: s, f: f, out: out}
	for d := range s.sides {
		fp.pool.Close(&s.sides[d].stream, &fp.sinks[d])
	}
	fp.conclude(s, f, reason, at, out)
	fp.leave(s, at, 0, out)
	fp.sessions.drop(fp.store.Get(f).h)
	fp.store.Free(f)
}

// evict gives up the session that was silent for longest, without a verdict.
func (fp *flowPart) evict() {
	h := fp.sessions.byUse.Oldest()
	s := fp.sessions.at(h)
	fp.cur = cursor{s: s}
	for d := range s.sides {
		fp.pool.Drop(&s.sides[d].stream)
		fp.cur.dir = uint8(d)
		fp.decoder.End(&s.sides[d].parser, discard{})
	}
	fp.res.withheld++
	fp.sessions.drop(h)
}

// sink hands one direction's bytes to the decoder.
type sink struct {
	fp  *flowPart
	dir uint8
}

// Data implements stream.Sink.
func (k *sink) Data(c stream.Chunk) {
	fp := k.fp
	fp.cur.dir = k.dir
	sides := &fp.cur.s.sides
	fp.decoder.Data(&sides[k.dir].parser, &sides[1-k.dir].parser, c, (*messages)(fp))
}

// Gap implements stream.Sink.
func (k *sink) Gap(g stream.Gap) {
	fp := k.fp
	fp.cur.dir = k.dir
	e := &fp.cur.s.sides[k.dir]
	if g.Cause == stream.CauseSnap {
		e.flags |= snapped
	} else {
		e.flags |= hasGaps
	}
	fp.decoder.Gap(&e.parser, g, (*messages)(fp))
}

// End implements stream.Sink.
func (k *sink) End(stream.Ending) {
	k.fp.cur.dir = k.dir
	k.fp.decoder.End(&k.fp.cur.s.sides[k.dir].parser, (*messages)(k.fp))
}
