package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// flowPart follows the attempts of one shard.
type flowPart struct {
	cfg     *config
	store   *analyzers.Store[attempt]
	extras  extras
	latency *analyzers.Latencies
	parked  []parked // oldest first
}

func newFlowPart(env *analyzers.Env) *flowPart {
	return &flowPart{cfg: env.Config.(*config), store: analyzers.NewStore[attempt](env.Slot), latency: env.Latencies()}
}

// flowResult is what the flow parts leave: the handshake times.
type flowResult struct{ latency *analyzers.Latencies }

func (r *flowResult) Merge(other analyzers.Result) { r.latency.Merge(other.(*flowResult).latency) }

// End implements analyzers.FlowPart.
func (fp *flowPart) End(_ int64, out *analyzers.Out) analyzers.Result {
	fp.release(len(fp.parked), out)
	return &flowResult{fp.latency}
}

// Packet implements analyzers.FlowPart. The engine calls it for SYN, FIN and
// RST, for ICMP, and for every segment of a flow whose attempt is not settled
// yet.
func (fp *flowPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.Has&decoders.HasTCP == 0 {
		if p.Has&decoders.HasICMP == 0 {
			return
		}
		if p.Has&decoders.HasQuote != 0 && f != nil {
			fp.icmp(p, f)
		}
		unreadable(p, out)
		return
	}
	if f == nil {
		return
	}
	a := fp.store.Get(f)
	switch {
	case p.Seg.Is(decoders.ClassCopy):
		if a != nil && a.phase != open {
			fp.copied(a, p)
		}
	case a == nil:
		fp.first(p, f, out)
	case p.Seg.Dir == a.dir:
		fp.fromClient(a, p, f, out)
	default:
		fp.fromServer(a, p, f, out)
	}
}

// FlowEnd implements analyzers.FlowPart.
func (fp *flowPart) FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	a := fp.store.Get(f)
	if a == nil {
		return
	}
	switch a.phase {
	case open:
		fp.concludeOpen(a, f, reason, out)
	case unseen:
		fp.report(a, f, answeredUnseen, out)
	default:
		fp.decide(a, f, reason, at, out)
	}
	fp.settle(a, f)
}

// settle forgets the attempt: nothing that f may still bring matters.
func (fp *flowPart) settle(a *attempt, f *flow.Flow) {
	fp.extras.drop(a)
	fp.store.Free(f)
}

const handshakeFlags = decoders.SYN | decoders.ACK | decoders.RST | decoders.FIN

// first is called for a SYN, FIN or RST of a flow without an attempt.
func (fp *flowPart) first(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	switch p.TCP.Flags & handshakeFlags {
	case decoders.SYN:
		switch {
		case !p.Seg.Is(decoders.ClassSYN):
		case f.Flags&flow.PortReused != 0 && len(fp.parked) > 0 && fp.resume(p, f, out):
			fp.synAgain(fp.store.Get(f), p, f, out)
		default:
			fp.begin(p, f)
		}
	case decoders.SYN | decoders.ACK:
		if p.Seg.Is(decoders.ClassSYNACK) && f.Flags&flow.SawSYN == 0 {
			e := event(evNoSYN, p.Seg.Dir^1, f)
			e.Time, e.Frame = p.Recorded(), p.Ref()
			out.Emit(&e)
		}
	}
}

// begin starts the attempt that the SYN p makes.
func (fp *flowPart) begin(p *decoders.Packet, f *flow.Flow) {
	a := fp.store.New(f)
	now := p.Recorded()
	a.synTime, a.lastSYN, a.quietSince, a.synQuiet, a.synFrame = now, now, p.Clock, p.Clock, p.Ref()
	a.isn, a.dir, a.syns = p.TCP.Seq, p.Seg.Dir, 1
	a.timed(p, untimed)
	a.window, a.ttl, a.wscale = p.TCP.Window, p.TTL, 0xff
	if p.TCP.Opt.Has&decoders.OptWScale != 0 {
		a.wscale = p.TCP.Opt.WScale
	}
	if p.TCP.Opt.Has&decoders.OptTimestamps != 0 {
		a.tsval, a.lastTS = p.TCP.Opt.TSVal, p.TCP.Opt.TSVal
	}
	if p.PayloadLen > 0 {
		a.flags |= flagSYNData
		a.synLen = uint16(min(p.PayloadLen, 0xffff))
	}
	if p.IPVersion == 6 {
		a.flags |= flagV6
	}
	if p.Dst.IsMulticast() || p.Dst.IsBroadcast() || p.Has&decoders.HasMAC != 0 && p.DstMAC[0]&1 != 0 {
		a.flags |= flagBroadcast
	}
	if f.Flags&flow.PortReused != 0 && f.PrevLast != 0 {
		a.flags |= flagReused
		fp.extras.of(a).sinceReuse = p.Clock - f.PrevLast
	}
	if s := &f.Dir[a.dir^1]; f.Flags&flow.SawSYNACK != 0 && s.Has&flow.HasISN != 0 && a.acks(uint32(s.Acked)) {
		// The two directions were captured out of order: the flow began with
		// the answer to this SYN.
		a.synackTime, a.lastSYNACK, a.synackFrame = f.SYNACKTime, f.SYNACKTime, f.FirstFrame
		a.synacks, a.serverISN, a.synsBefore, a.phase = 1, s.ISN, 1, halfway
	}
}

// fromClient takes a segment of the attempt's client.
func (fp *flowPart) fromClient(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	flags := p.TCP.Flags & handshakeFlags
	if a.phase == open {
		fp.openClient(a, p, flags)
		return
	}
	ahead := p.TCP.Seq - (a.isn + 1)
	switch {
	case flags == decoders.SYN:
		fp.synAgain(a, p, f, out)
	case flags&decoders.RST != 0:
		fp.clientReset(a, p, f, out)
	case flags&decoders.ACK == 0:
	case flags&decoders.SYN != 0: // simultaneous open: this SYN-ACK is the final ACK as well
		if p.TCP.Seq == a.isn {
			a.flags |= flagSimul
			fp.finalACK(a, p, f, out)
		}
	case ahead < 1<<24: // ISN+1, or further if segments are missing in the capture
		fp.finalACK(a, p, f, out)
	}
}

// synAgain takes a further SYN of the client.
func (fp *flowPart) synAgain(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.TCP.Seq != a.isn {
		// The tracker begins a new flow for another ISN; should it see more
		// reason to go on with the old one, the attempt still is another.
		fp.FlowEnd(f, flow.EndClosed, p.Clock, out)
		fp.begin(p, f)
		return
	}
	if a.phase == unseen {
		return // a duplicate that came late
	}
	now := p.Recorded()
	if p.IPID == 0 && p.Clock-a.synQuiet < unknownCopy && a.flags&(flagRefused|flagStale) == 0 {
		// No identification to tell by, and no timer repeats a SYN so fast.
		fp.copied(a, p)
		return
	}
	x := fp.extras.of(a)
	if n := int(a.syns) - 1; n < len(x.frames) {
		x.frames[n] = p.Ref()
	}
	if n := int(a.syns) - 1; n < len(x.offsets) {
		x.offsets[n] = uint32(max(now-a.synTime, 0) / offsetUnit)
	}
	a.syns = inc(a.syns)
	if a.phase == halfway {
		a.synsAfter = inc(a.synsAfter)
	}
	a.gap = max(now-a.lastSYN, 0)
	a.lastSYN, a.quietSince, a.synQuiet = now, p.Clock, p.Clock
	if p.TCP.Opt.Has&decoders.OptTimestamps != 0 {
		a.lastTS = p.TCP.Opt.TSVal
	}
	a.flags &^= flagAborted | flagSuperseded
}

// unknownCopy is the time within which the same SYN again is taken for a copy
// although nothing else marks it as one.
const unknownCopy = int64(3e6)

func inc(n uint16) uint16 {
	if n == 0xffff {
		return n
	}
	return n + 1
}

// clientReset takes an RST of the client before the handshake is complete.
func (fp *flowPart) clientReset(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	a.flags |= flagAborted
	switch {
	case a.phase == halfway && p.TCP.Seq-(a.isn+1) <= uint32(a.synLen):
		// The client got the answer and does not want it: half-open scanners
		// and health checkers do that.
		a.flags |= flagHalfOpen
		a.endTime, a.endFrame = p.Recorded(), p.Ref()
		fp.report(a, f, answered, out)
		if a.flags&flagSYNData == 0 {
			fp.check(a, f, true, out)
		}
		fp.settle(a, f)
	case a.phase == waiting && a.extra != 0 && fp.extras.at(a.extra).challenges > 0:
		a.flags |= flagStale
		if x := fp.extras.at(a.extra); x.clientRST == 0 {
			x.clientRST = p.Ref()
		}
	}
}

// fromServer takes a segment of the server.
func (fp *flowPart) fromServer(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	flags := p.TCP.Flags & handshakeFlags
	if a.phase == open {
		fp.openServer(a, p, flags, f, out)
		return
	}
	switch {
	case flags == decoders.SYN:
		a.flags |= flagSimul
	case flags == decoders.SYN|decoders.ACK:
		fp.synack(a, p, f, out)
	case flags&decoders.RST != 0:
		fp.serverReset(a, p)
	case a.phase == halfway && a.flags&flagSYNData == 0 && (p.PayloadLen > 0 || flags&decoders.FIN != 0):
		// It has the final ACK, which is missing in the capture.
		a.endTime, a.endFrame = p.Recorded(), p.Ref()
		a.phase = open
		fp.report(a, f, answered, out)
		fp.openServer(a, p, flags, f, out)
	case a.phase == halfway && p.PayloadLen > 0:
		a.after |= answeredEarly
	case a.phase == unseen:
		// The server talks, so the capture has its side; only its SYN-ACK is
		// missing.
		fp.report(a, f, answeredUnseen, out)
		fp.settle(a, f)
	case a.phase == waiting && flags == decoders.ACK && p.PayloadLen == 0 && !a.acks(p.TCP.Ack):
		x := fp.extras.of(a)
		if x.challenges == 0 {
			x.challenge = p.Ref()
		}
		x.challenges = inc(x.challenges)
	}
}

// synack takes a SYN-ACK before the final ACK.
func (fp *flowPart) synack(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if !a.acks(p.TCP.Ack) {
		return
	}
	now := p.Recorded()
	a.timed(p, untimedAnswer)
	if a.phase == halfway {
		a.synacks = inc(a.synacks)
		a.lastSYNACK, a.quietSince = now, p.Clock
		return
	}
	a.synackTime, a.lastSYNACK, a.synackFrame = now, now, p.Ref()
	a.synacks, a.serverISN, a.quietSince, a.synsBefore = 1, p.TCP.Seq, p.Clock, a.syns
	a.flags &^= flagRefused
	if o := &p.TCP.Opt; a.syns > 1 && a.tsval != a.lastTS && o.Has&decoders.OptTimestamps != 0 {
		if o.TSEcr == a.tsval {
			a.flags |= flagFirstSYN
		} else {
			a.flags |= flagLastSYN
		}
	}
	if a.phase == unseen { // the two directions were captured out of order
		fp.complete(a, f, out)
		return
	}
	a.phase = halfway
}

// serverReset takes an RST of the server before the final ACK.
func (fp *flowPart) serverReset(a *attempt, p *decoders.Packet) {
	valid := p.TCP.Flags&decoders.ACK != 0 && a.acks(p.TCP.Ack)
	switch {
	case a.phase == waiting && !valid:
		a.flags |= flagBadRST
	case a.phase == waiting && a.flags&flagRefused == 0:
		a.flags |= flagRefused
		a.endTime, a.endFrame = p.Recorded(), p.Ref()
	case a.phase == halfway && (valid || p.TCP.Seq == a.serverISN+1) && a.flags&flagServerReset == 0:
		a.flags |= flagServerReset
		a.endTime, a.endFrame = p.Recorded(), p.Ref()
	}
}

// finalACK takes the client's first segment that shows it has an answer.
func (fp *flowPart) finalACK(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	switch a.phase {
	case halfway:
		a.endTime, a.endFrame = p.Recorded(), p.Ref()
		a.timed(p, untimed)
		if a.flags&flagSimul == 0 {
			a.serverISN = p.TCP.Ack - 1 // of several SYN-ACKs (cookies), the one it took
		}
		fp.complete(a, f, out)
		fp.openClient(a, p, p.TCP.Flags&handshakeFlags)
	case waiting:
		a.phase = unseen
		a.endTime, a.endFrame = p.Recorded(), p.Ref()
		a.timed(p, untimed)
	}
}

// complete reports a completed handshake and measures it.
func (fp *flowPart) complete(a *attempt, f *flow.Flow, out *analyzers.Out) {
	a.phase = open
	fp.measure(a, f)
	fp.report(a, f, answered, out)
	fp.extras.drop(a)
}

// copied notes a second capture of one of the attempt's own packets.
func (fp *flowPart) copied(a *attempt, p *decoders.Packet) {
	if p.TCP.Flags&(decoders.SYN|decoders.RST) == 0 {
		return
	}
	x := fp.extras.of(a)
	for i := range x.copies {
		if x.copies[i] == 0 {
			x.copies[i] = p.Ref()
			return
		}
	}
}

// decide gives the verdict on an attempt that ended without completing.
func (fp *flowPart) decide(a *attempt, f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	o := verdict(a, fp.extras.challenges(a))
	if o.restsOnAbsence() {
		switch quiet, enough := a.silence(at); reason {
		case flow.EndEvicted, flow.EndClockReset:
			o = undecided
		case flow.EndCapture:
			if quiet < enough {
				a.flags |= flagCut
			}
		case flow.EndClosed:
			if quiet < enough && a.flags&(flagAborted|flagServerReset) == 0 {
				a.flags |= flagSuperseded
			}
		}
	}
	if a.phase == waiting && a.flags&(flagCut|flagSuperseded) != 0 {
		a.synackTime = at - a.quietSince
	}
	if a.flags&flagSuperseded != 0 && a.phase == waiting {
		fp.park(a, f, out)
		return
	}
	fp.report(a, f, o, out)
}

// verdict applies the order of connect's outcomes to an attempt without a
// completed handshake.
func verdict(a *attempt, challenges uint16) outcome {
	switch {
	case a.phase == waiting && a.flags&flagRefused != 0:
		return refused
	case a.phase == waiting && a.flags&flagICMP != 0:
		return rejected
	case a.synacks > 0 && a.synsAfter > 0:
		return synackIgnored
	case a.after&answeredEarly != 0:
		return answered
	case a.synacks > 0:
		return incomplete
	case a.flags&flagStale != 0 || challenges > 1 && a.syns > 1:
		return stalePeer
	case a.syns > 1:
		return dropped // or dropped-selectively: the correlator knows
	}
	return unanswered
}
