package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// flowPart follows the flows of one shard.
type flowPart struct {
	cfg     *config
	store   *analyzers.Store[track]
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
	return &flowPart{cfg: env.Config.(*config), store: analyzers.NewStore[track](env.Slot), latency: analyzers.NewLatencies(env.Metrics),
		events: newPool[event](maxEvents / n), holes: newPool[hole](maxHoles / n), lones: newPool[lone](maxLones / n)}
}

// flowResult is what the flow parts leave: the recovery times.
type flowResult struct{ latency *analyzers.Latencies }

func (r *flowResult) Merge(other analyzers.Result) { r.latency.Merge(other.(*flowResult).latency) }

// End implements analyzers.FlowPart.
func (fp *flowPart) End(int64, *analyzers.Out) analyzers.Result { return &flowResult{fp.latency} }

// Packet implements analyzers.FlowPart. The engine calls it for segments with
// payload, SYN, FIN or RST, for every segment of a flow that had payload
// before, and for ICMP.
func (fp *flowPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.Has&decoders.HasTCP == 0 {
		fp.icmp(p, f, out)
		return
	}
	if f == nil || p.Seg.Class&decoders.ClassCopy != 0 || p.Has&decoders.IsFragment != 0 {
		return
	}
	t := fp.store.Get(f)
	if t == nil {
		if p.Seg.Payload == 0 {
			return
		}
		t = fp.newTrack(f)
		// The flow's time of this direction is p's own by now.
		if t.last[p.Seg.Dir] = f.SYNACKTime; p.Seg.Dir == f.Client {
			t.last[p.Seg.Dir] = f.AckTime
		}
	}
	d := p.Seg.Dir
	if p.Seg.Payload > 0 {
		fp.data(t, p, f, out)
	} else if t.lone != 0 {
		fp.loneOther(t, p)
	}
	if t.event != 0 {
		fp.onEvents(t, p, f, out)
	}
	if t.hole[1-d] != 0 || p.TCP.Opt.Has&decoders.OptSACK != 0 {
		fp.onACK(t, p, f, out)
	}
	t.last[d] = p.Clock
}

// data handles a segment with payload.
func (fp *flowPart) data(t *track, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
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
	const again = decoders.ClassRetrans | decoders.ClassOutOfOrder
	if p.Seg.Class&again != 0 {
		fp.resent(t, p, f)
	} else if p.Seg.Class&decoders.ClassNewData != 0 {
		if p.TCP.Flags&decoders.PSH != 0 && p.IPLen >= minLarge && t.lone == 0 && p.Clock-t.last[d] >= probeLow && t.last[d] != 0 {
			fp.loneFirst(t, p, f)
		}
		from1 := t.flags&lastFrom1 != 0
		if d == f.Client && (t.flags&anyData == 0 || from1 != (d == 1)) {
			t.message(p, f, out)
		}
	}
	t.flags = t.flags&^lastFrom1 | anyData | lastFrom1*trackFlags(d)
}

// FlowEnd implements analyzers.FlowPart.
func (fp *flowPart) FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	t := fp.store.Get(f)
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
	fp.store.Free(f)
}
