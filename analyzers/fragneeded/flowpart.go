package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// flowPart follows the flows of one shard.
type flowPart struct {
	cfg     *config
	slot    uint // index in flow.Flow.Slot
	shard   uint32
	tracks  pool[track]
	events  pool[event]
	holes   pool[hole]
	lones   pool[lone]
	latency *analyzers.Latencies
	words   words // scratch of emit
	recent  recent
}

// Caps of what is under way in all shards together.
const (
	maxEvents = 16_384
	maxHoles  = 65_536
	maxLones  = 65_536
)

func newFlowPart(env *analyzers.Env) *flowPart {
	n := max(env.Shards, 1)
	return &flowPart{cfg: env.Config.(*config), slot: uint(env.Slot), shard: uint32(env.Shard), tracks: newPool[track](analyzers.Quiet >> slotBits), latency: env.Latencies(),
		events: newPool[event](maxEvents / n), holes: newPool[hole](maxHoles / n), lones: newPool[lone](maxLones / n)}
}

// flowResult is what the flow parts leave: the recovery times.
type flowResult struct{ latency *analyzers.Latencies }

func (r *flowResult) Merge(other analyzers.Result) { r.latency.Merge(other.(*flowResult).latency) }

// End implements analyzers.FlowPart.
func (fp *flowPart) End(int64, *analyzers.Out) analyzers.Result { return &flowResult{fp.latency} }

// Packet implements analyzers.FlowPart. The engine calls it for segments with
// payload, SACK, SYN, FIN or RST, for every segment of a flow with something
// under way, and for ICMP.
func (fp *flowPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	// Nothing but new data: they have a flow, of which no more than its slot is
	// needed if there is nothing unusual.
	if p.Seg.Class != decoders.ClassNewData || p.Seg.Longest || p.TCP.Opt.Has&decoders.OptSACK != 0 {
		fp.other(p, f, out)
		return
	}
	s := slot(*fp.of(f))
	if s&(quiet|anyData|hasLone) != quiet|anyData || p.Clock-p.Seg.Before >= probeLow {
		fp.other(p, f, out)
		return
	}
	if turns(s, p.Seg.Dir) {
		fp.turn(p, f, s, out)
	}
	if p.IPLen >= minLarge {
		fp.recent.add(p, f)
	}
}

// other takes a packet of any kind.
func (fp *flowPart) other(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.Has&(decoders.HasTCP|decoders.IsFragment) != decoders.HasTCP || f == nil {
		if p.Has&decoders.HasTCP == 0 {
			fp.icmp(p, f, out)
		}
		return
	}
	s := slot(*fp.of(f))
	switch {
	case s.busy() || p.TCP.Opt.Has&decoders.OptSACK != 0:
		fp.segment(p, f, out)
	case p.Seg.Payload == 0:
		if s&hasLone != 0 && p.TCP.Flags&(decoders.SYN|decoders.FIN|decoders.RST) != 0 {
			fp.segment(p, f, out)
		}
	case s&anyData == 0 || p.Seg.Class&(decoders.ClassNewData|unusual) != decoders.ClassNewData:
		fp.segment(p, f, out)
	default:
		fp.next(p, f, s, out)
	}
}

const (
	// again are segments that were sent before, or fill a hole.
	again = decoders.ClassRetrans | decoders.ClassOutOfOrder
	// unusual are segments that only segment takes: those as well whose payload
	// does not count into flow.Half.MaxSeg.
	unusual = again | decoders.ClassCopy | decoders.ClassSYN | decoders.ClassSYNRetrans | decoders.ClassSYNACK | decoders.ClassSYNACKRetrans |
		decoders.ClassRST | decoders.ClassRSTBad | decoders.ClassKeepAlive | decoders.ClassZeroWindowProbe
)

// next takes new data of a flow with nothing under way. It does what segment does
// with them, for the most part without a look at the track.
func (fp *flowPart) next(p *decoders.Packet, f *flow.Flow, s slot, out *analyzers.Out) {
	if s&hasLone != 0 {
		fp.loneNext(fp.track(f), p, f, out)
		s &^= hasLone
	}
	if p.Seg.Longest {
		fp.track(f).sizes(f, p.Seg.Dir, p.Seg.Payload, p.TCP.Seq+p.Seg.Payload)
	}
	if p.IPLen >= minLarge {
		fp.recent.add(p, f)
		if fp.afterSilence(p, p.Seg.Before) && fp.loneFirst(fp.track(f), p, f, p.Seg.Before) {
			s |= hasLone
		}
	}
	*fp.of(f) = uint32(s)
	if turns(s, p.Seg.Dir) {
		fp.turn(p, f, s, out)
	}
}

// turn notes that the new data p come from the other side than those before, and
// hands on the first of a message.
func (fp *flowPart) turn(p *decoders.Packet, f *flow.Flow, s slot, out *analyzers.Out) {
	if p.Seg.Dir == f.Client {
		fp.message(p, f, s, out)
	} else {
		fp.answer(p, f, s, out)
	}
}

// turns reports whether payload of direction d is not what came before it in the
// flow with slot s.
func turns(s slot, d uint8) bool { return s&(from1|anyData) != slot(d)|anyData }

// afterSilence reports whether the large segment p ends a write that began after
// a silence of its sender, since before, of at least the shortest probe timer.
func (fp *flowPart) afterSilence(p *decoders.Packet, before int64) bool {
	return p.TCP.Flags&decoders.PSH != 0 && p.Clock-before >= probeLow && before != 0
}

// sent notes that the latest new payload came from direction d.
func (fp *flowPart) sent(f *flow.Flow, s slot, d uint8) {
	*fp.of(f) = uint32(s&^from1 | anyData | slot(d))
}

// segment takes a segment of any kind.
func (fp *flowPart) segment(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.Seg.Class&decoders.ClassCopy != 0 {
		return
	}
	d, before := p.Seg.Dir, p.Seg.Before
	t := fp.track(f)
	if t == nil {
		if p.Seg.Payload == 0 {
			return
		}
		t = fp.follow(f)
		if before = f.SYNACKTime; d == f.Client {
			before = f.AckTime
		}
	}
	if p.Seg.Payload > 0 {
		fp.data(t, p, f, before, out)
	} else if t.lone != 0 {
		fp.loneOther(t, p)
	}
	if t.event != 0 {
		fp.onEvents(t, p, f, out)
	}
	if t.hole[1-d] != 0 || p.TCP.Opt.Has&decoders.OptSACK != 0 {
		fp.onACK(t, p, f, out)
	}
	fp.settle(f, t)
}

// data handles a segment with payload.
func (fp *flowPart) data(t *track, p *decoders.Packet, f *flow.Flow, before int64, out *analyzers.Out) {
	d, n := p.Seg.Dir, p.Seg.Payload
	if p.IPLen >= minLarge {
		fp.recent.add(p, f)
	}
	if n > t.full[d] {
		t.sizes(f, d, n, p.TCP.Seq+n)
	}
	if t.lone != 0 {
		fp.loneNext(t, p, f, out)
	}
	switch s := slot(*fp.of(f)); {
	case p.Seg.Class&again != 0:
		fp.resent(t, p, f)
		if s&asked != 0 && d == f.Client && p.Seg.Class&(decoders.ClassRetrans|decoders.ClassSpurious) == decoders.ClassRetrans {
			s &^= asked
			fp.spend(p, f, out)
		}
		switch { // whose turn it is only new data tell
		case p.Seg.Class&decoders.ClassNewData == 0 && s&anyData != 0:
			*fp.of(f) = uint32(s)
		case d == f.Client:
			fp.sent(f, s, d)
		default: // old bytes, and new ones with them
			fp.answer(p, f, s, out)
		}
	case p.Seg.Class&decoders.ClassNewData != 0:
		if p.IPLen >= minLarge && t.lone == 0 && fp.afterSilence(p, before) {
			fp.loneFirst(t, p, f, before)
		}
		if turns(s, d) {
			fp.turn(p, f, s, out)
		}
	default:
		fp.sent(f, s, d)
	}
}

// FlowEnd implements analyzers.FlowPart.
func (fp *flowPart) FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	t := fp.track(f)
	if t == nil {
		return
	}
	for t.event != 0 {
		fp.finish(t, t.event, f, ending{over: true, reason: reason, at: at}, out)
	}
	for d := range t.hole {
		if t.hole[d] != 0 {
			fp.endHole(t, uint8(d), f, reason, at, out)
		}
	}
	if t.lone != 0 {
		fp.lones.put(t.lone)
	}
	fp.unfollow(f)
}
