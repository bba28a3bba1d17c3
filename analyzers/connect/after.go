package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// openClient takes a segment of the client after the handshake. Most are data
// of a one-way upload: it has to be cheap.
func (fp *flowPart) openClient(a *attempt, p *decoders.Packet, flags uint8) {
	if p.PayloadLen > 0 && flags&decoders.SYN == 0 {
		switch {
		case a.dataFrame == 0:
			a.dataTime, a.dataFrame = p.Recorded(), p.Ref()
			a.kind = recognise(p.Payload)
		case a.after&dataAcked == 0 && p.Seg.Is(decoders.ClassRetrans):
			a.dataAgain = inc(a.dataAgain)
		}
		a.sent = uint32(min(uint64(a.sent)+uint64(p.PayloadLen), 1<<32-1))
	}
	if flags&(decoders.FIN|decoders.RST) != 0 {
		a.after |= clientClosed
		if a.closeFrame == 0 {
			a.closed(p, flags)
			a.after |= closedClient
		}
	}
}

// closed notes the connection's first FIN or RST.
func (a *attempt) closed(p *decoders.Packet, flags uint8) {
	a.closeTime, a.closeFrame = p.Recorded(), p.Ref()
	if flags&decoders.RST != 0 {
		a.after |= closedByReset
	}
}

// openServer takes a segment of the server after the handshake. Its first byte
// settles the attempt.
func (fp *flowPart) openServer(a *attempt, p *decoders.Packet, flags uint8, f *flow.Flow, out *analyzers.Out) {
	if flags == decoders.SYN|decoders.ACK {
		if p.TCP.Seq == a.serverISN && a.flags&flagSimul == 0 {
			if a.again == 0 {
				a.againFrame = p.Ref()
			}
			a.again = inc(a.again)
		}
		return
	}
	if d := p.TCP.Seq - (a.serverISN + 1); d > 1 && d < 1<<30 {
		fp.settle(a, f) // it has sent bytes that are not in the capture
		return
	}
	if flags&decoders.ACK != 0 && a.after&dataAcked == 0 && a.dataFrame != 0 {
		// Beyond the SYN and what was sent with it.
		if d := p.TCP.Ack - (a.isn + 1); d > 0 && d < 1<<31 && (a.synLen == 0 || d > uint32(a.synLen)) {
			fp.queueOverflow(a, p, f, out)
			a.after |= dataAcked
		}
	}
	switch {
	case flags&decoders.RST != 0:
		fp.resetByServer(a, p, f, out)
	case p.PayloadLen > 0:
		e := event(evResponded, a.dir, f)
		e.Time, e.Frame = p.Recorded(), p.Ref()
		out.Emit(&e)
		fp.settle(a, f)
	case flags&decoders.FIN != 0 && a.closeFrame == 0:
		a.closed(p, flags)
	}
}

// queueOverflow reports connect-accept-queue if its marks are there: SYN-ACK
// repeated after the final ACK, and client data retransmitted for want of an
// acknowledgement. p is the acknowledgement that came in the end, nil if none
// did.
//
// With an acknowledgement in the end more is needed, since a lost final ACK
// together with a lost data segment looks alike: two retransmissions before it.
func (fp *flowPart) queueOverflow(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if a.again == 0 || a.dataAgain == 0 || p != nil && a.dataAgain < 2 {
		return
	}
	e := event(evQueue, a.dir, f)
	e.Time, e.Frame, e.N = a.endTime, a.synFrame, a.isn
	e.V = [4]int64{int64(a.againFrame), int64(a.dataFrame), int64(a.again)<<32 | int64(a.dataAgain), 0}
	if p != nil {
		e.V[3] = max(p.Recorded()-a.dataTime, 1)
	}
	out.Emit(&e)
}

// resetByServer takes the server's RST before its first byte. Further ones, for
// segments that were on their way, or copies, are about the same connection.
func (fp *flowPart) resetByServer(a *attempt, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if a.dataFrame != 0 && a.after&(clientClosed|resetEarly) == 0 && p.TCP.Seq == a.serverISN+1 && a.synackFrame != 0 {
		a.after |= resetEarly
		e := event(evReset, a.dir, f)
		e.Time, e.Frame, e.N = p.Recorded(), p.Ref(), a.isn
		e.V = [4]int64{a.dataTime, int64(a.dataFrame), int64(a.synFrame), int64(a.sent)}
		e.Flags = uint16(a.kind)
		if a.after&dataAcked != 0 {
			e.Flags |= noteAcked
		}
		out.Emit(&e)
	}
	if a.closeFrame == 0 {
		a.closed(p, p.TCP.Flags)
	}
}

// concludeOpen gives the verdicts on a connection that ended before the
// server's first byte.
func (fp *flowPart) concludeOpen(a *attempt, f *flow.Flow, reason flow.EndReason, out *analyzers.Out) {
	if a.after&(dataAcked|resetEarly) == 0 && a.dataFrame != 0 {
		if reason == flow.EndEvicted || reason == flow.EndClockReset {
			if a.again > 0 && a.dataAgain > 0 {
				fp.withheld(a, f, out)
			}
		} else {
			fp.queueOverflow(a, nil, f, out)
		}
		return
	}
	switch {
	case a.after&resetEarly != 0:
	case a.dataFrame != 0:
		fp.noResponse(a, f, reason, out)
	case a.after&closedClient != 0 && a.flags&(flagSYNData|flagSimul) == 0 && a.closeTime-a.endTime <= int64(fp.cfg.HealthCheckClose):
		fp.check(a, f, false, out)
	}
}

// noResponse reports a request that was acknowledged and got no byte back
// until the connection closed.
func (fp *flowPart) noResponse(a *attempt, f *flow.Flow, reason flow.EndReason, out *analyzers.Out) {
	if a.closeFrame == 0 && reason != flow.EndIdle {
		if reason == flow.EndEvicted || reason == flow.EndClockReset {
			fp.withheld(a, f, out)
		}
		return // still open when the capture ended: the response may be on its way
	}
	if a.after&closedClient != 0 && a.closeTime-a.dataTime < int64(fp.cfg.MuteMin) {
		return // it did not wait for one
	}
	e := event(evMute, a.dir, f)
	e.Time, e.Frame, e.N = a.dataTime, a.dataFrame, a.isn
	e.V = [4]int64{a.closeTime, int64(a.closeFrame), int64(a.sent), int64(a.synFrame)}
	e.Flags = uint16(a.kind)
	if a.after&closedClient != 0 {
		e.Flags |= noteByClient
	}
	if a.after&closedByReset != 0 {
		e.Flags |= noteByReset
	}
	out.Emit(&e)
}

// check reports a connection that carried nothing and was closed by its client
// at once.
func (fp *flowPart) check(a *attempt, f *flow.Flow, halfOpen bool, out *analyzers.Out) {
	e := event(evCheck, a.dir, f)
	e.Time, e.Frame, e.N = a.synTime, a.synFrame, a.isn
	e.V = [4]int64{a.closeTime - a.endTime, int64(a.closeFrame), 0, 0}
	if halfOpen {
		e.V = [4]int64{a.endTime - a.synackTime, int64(a.endFrame), 0, 0}
		e.Flags |= noteHalfOpen
	}
	if a.after&closedByReset != 0 {
		e.Flags |= noteByReset
	}
	out.Emit(&e)
}

// withheld counts a verdict that cannot be given.
func (fp *flowPart) withheld(a *attempt, f *flow.Flow, out *analyzers.Out) {
	e := event(evWithheld, a.dir, f)
	e.Time, e.Frame = a.synTime, a.synFrame
	out.Emit(&e)
}
