package connect

import (
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// maxParked is the number of superseded attempts that one shard keeps.
const maxParked = 256

// parked is an attempt whose flow ended because a SYN with another ISN took
// over the 4-tuple. Where forged and real SYNs, or two hosts behind one NAT
// address, share a 4-tuple, the first ISN comes back: it is the same attempt.
type parked struct {
	a      attempt // its extra stays with it
	key    flowKey
	epoch  uint32
	tunnel uint32
}

type flowKey = decoders.FlowKey

// park keeps a superseded attempt back. It reports the oldest one for which
// there is no more room.
func (fp *flowPart) park(a *attempt, f *flow.Flow, out *analyzers.Out) {
	fp.releaseOld(out)
	if len(fp.parked) == maxParked {
		fp.release(1, out)
	}
	fp.parked = append(fp.parked, parked{a: *a, key: f.Key, epoch: out.Place.Epoch, tunnel: f.TunnelID})
	a.extra = 0
}

// resume takes an attempt with the SYN p's number back from the parked ones,
// if there is one, as the state of f.
func (fp *flowPart) resume(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) bool {
	fp.releaseOld(out)
	for i := range fp.parked {
		k := &fp.parked[i]
		if k.a.isn != p.TCP.Seq || k.a.dir != p.Seg.Dir || k.key != f.Key || p.Clock-k.a.synQuiet > maxSilence {
			continue
		}
		a := fp.store.New(f)
		*a = k.a
		a.synackTime = 0
		fp.parked = slices.Delete(fp.parked, i, i+1)
		return true
	}
	return false
}

// release reports the n oldest parked attempts: nothing came of them.
func (fp *flowPart) release(n int, out *analyzers.Out) {
	for i := range fp.parked[:n] {
		k := &fp.parked[i]
		f := flow.Flow{Key: k.key, TunnelID: k.tunnel}
		fp.report(&k.a, &f, verdict(&k.a, fp.extras.challenges(&k.a)), out)
		fp.extras.drop(&k.a)
	}
	fp.parked = slices.Delete(fp.parked, 0, n)
}

// releaseOld reports those parked before the capture clock's last restart.
func (fp *flowPart) releaseOld(out *analyzers.Out) {
	n := 0
	for n < len(fp.parked) && fp.parked[n].epoch != out.Place.Epoch {
		n++
	}
	if n > 0 {
		fp.release(n, out)
	}
}
