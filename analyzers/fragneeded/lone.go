package fragneeded

import (
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// lone is a segment after a silence of its sender that ends a write (PSH) and
// is shorter than the handshake allows: what the probe timer sends when the
// sender's own kernel refused the whole segment. It waits for what follows it.
type lone struct {
	time, clock int64
	silent      int64 // capture clock of the sender's packet before
	frame       decoders.FrameRef
	end         uint32
	ipLen       uint32
	dir         uint8
}

// loneFirst takes the segment p, before which its sender was silent for at
// least the shortest probe timer, since before. It reports whether it keeps it.
func (fp *flowPart) loneFirst(t *track, p *decoders.Packet, f *flow.Flow, before int64) bool {
	d := p.Seg.Dir
	full := segmentSize(f, d) + headers(p.IPVersion)
	if segmentSize(f, d) == 0 {
		full = t.full[d] + (p.IPLen - p.Seg.Payload) // of what it has sent before
	}
	if p.IPLen >= full {
		return false
	}
	h, l := fp.lones.get()
	if l == nil {
		return false
	}
	*l = lone{time: p.Recorded(), clock: p.Clock, silent: before, frame: p.Ref(), end: p.TCP.Seq + p.Seg.Payload, ipLen: p.IPLen, dir: d}
	t.lone = h
	return true
}

// loneOther takes a segment without payload.
func (fp *flowPart) loneOther(t *track, p *decoders.Packet) {
	if p.TCP.Flags&(decoders.SYN|decoders.FIN|decoders.RST) != 0 {
		fp.dropLone(t)
	}
}

func (fp *flowPart) dropLone(t *track) {
	fp.lones.put(t.lone)
	t.lone = 0
}

// loneNext takes the next segment with payload: if it goes on right behind the
// lone one, and left as soon as that was acknowledged, the correlator shall see
// whether an ICMP error of another flow explains it.
func (fp *flowPart) loneNext(t *track, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	l := fp.lones.at(t.lone)
	peer := &f.Dir[1-l.dir]
	if p.Seg.Dir == l.dir && p.TCP.Seq == l.end && peer.Has&flow.HasAck != 0 && flow.Seq(l.end).LessEq(peer.Acked) &&
		p.Clock-peer.Last <= nearRTT(f, l.dir)+resentSoon && t.told&told(l.dir) == 0 {
		e := about(evLone, l.dir, f)
		e.Flags |= epochFlags(p.Epoch)
		e.Time, e.Frame, e.N = l.time, l.frame, l.ipLen
		e.V = [4]int64{l.silent, l.clock, f.First, int64(p.Ref())}
		out.Emit(&e)
	}
	fp.dropLone(t)
}

// resentSoon bounds how long after its acknowledgement a segment's tail may
// leave for the two to belong together, beyond the near round trip.
const resentSoon = int64(20 * time.Millisecond)
