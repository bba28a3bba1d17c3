package gsmmap

import (
	"errors"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/mtp3"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sctp"
	"pcaptriage/decoders/ss7"
)

// UDP ports that are looked at.
const (
	portSCTPInUDP = 9899 // RFC 6951
	portGSMTAP    = 4729
)

// flowPart reads the SS7 messages of one shard.
type flowPart struct {
	cfg    *config
	store  *analyzers.Store[handle]
	assocs *associations
	cov    coverage
	show   bool

	at  packetContext
	m   message
	w   writer
	buf [64]byte
}

// packetContext is the packet under way, valid during Packet.
type packetContext struct {
	out        *analyzers.Out
	event      analyzers.Event // Time, Frame, addresses, ports, protocol, tunnel
	clock      int64
	epoch      uint32
	vtag, tsn  uint32
	mark       sctp.Mark
	scope      uint64
	assoc      *association
	sport      uint16
	dport      uint16
	exportedPC bool // an exported PDU brought point codes
	opc, dpc   uint32
	tcap       bool // a TCAP message was completed by it
}

func newFlowPart(env *analyzers.Env) *flowPart {
	cfg := env.Config.(*config)
	fp := &flowPart{cfg: cfg, store: analyzers.NewStore[handle](env.Slot), show: cfg.ShowContent}
	told := ss7.Link{Guess: mtp3.Guesser{Told: mtp3.Variant(cfg.MTP3)}, AnnexA: cfg.AnnexA}
	fp.assocs = newAssociations(env.Shards, told, fp.ended)
	return fp
}

// flowResult is what the flow parts leave.
type flowResult struct{ cov coverage }

func (r *flowResult) Merge(other analyzers.Result) { r.cov.add(&other.(*flowResult).cov) }

// End implements analyzers.FlowPart.
func (fp *flowPart) End(_ int64, out *analyzers.Out) analyzers.Result {
	fp.at.out = out
	for i := range fp.assocs.all {
		fp.assocs.end(uint32(i))
	}
	fp.cov.evicted = fp.assocs.evicted
	return &flowResult{fp.cov}
}

// FlowEnd implements analyzers.FlowPart.
func (fp *flowPart) FlowEnd(f *flow.Flow, _ flow.EndReason, at int64, out *analyzers.Out) {
	h := fp.store.Get(f)
	if h == nil {
		return
	}
	fp.at.out = out
	if fp.assocs.get(h.index, f.Serial, at) != nil {
		fp.assocs.end(h.index)
	}
	fp.store.Free(f)
}

// ended tells the correlator what an association has counted.
func (fp *flowPart) ended(a *association) {
	if a.link.Guess.Contradictions > 0 {
		fp.cov.contradicted += a.link.Guess.Contradictions
	}
	if a.sctp == nil || a.sctp.Stats.Chunks == 0 {
		return
	}
	s := &a.sctp.Stats
	addSCTP(&fp.cov.sctp, s)
	fp.runs(a, a.firstTime, a.first, 0)
	fp.at.out.Emit(&analyzers.Event{Kind: evAssociation, Time: a.firstTime, Frame: a.first, Src: a.a, Dst: a.b, SPort: a.portA, DPort: a.portB,
		Proto: decoders.ProtoSCTP, V: [4]int64{int64(s.Chunks), int64(s.Retransmissions), int64(s.GapReports), int64(s.DupReports)}})
}

// Packet implements analyzers.FlowPart.
func (fp *flowPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	switch {
	case p.Has&decoders.HasSCTP != 0 && f != nil:
		if p.Has&decoders.SnapCut == 0 && len(p.L4) >= sctp.HeaderLen && p.Has&decoders.IsFragment == 0 && sctp.Checksum(p.L4) != p.SCTP.Checksum {
			fp.cov.checksum++
		}
		fp.begin(p, out)
		fp.flowPacket(p, f, p.SrcPort, p.DstPort, p.SCTP.VTag, p.Payload, int(p.PayloadLen))
	case p.Has&decoders.HasUDP != 0 && f != nil:
		fp.udp(p, f, out)
	case p.Has&decoders.HasIP == 0:
		fp.linkPacket(p, out)
	default:
		return
	}
	if fp.at.tcap {
		fp.cov.tcapFrames++
		fp.at.tcap = false
	}
	fp.at.assoc = nil
}

// begin sets the context of a packet.
func (fp *flowPart) begin(p *decoders.Packet, out *analyzers.Out) {
	fp.at = packetContext{out: out, clock: p.Clock, epoch: p.Epoch,
		event: analyzers.Event{Time: p.Recorded(), Frame: p.Ref(), TunnelID: p.TunnelID}}
	if p.Has&decoders.HasIP != 0 {
		fp.at.event.Src, fp.at.event.Dst, fp.at.event.Proto = p.Src, p.Dst, decoders.ProtoSCTP
		fp.at.mark = sctp.Mark{ID: uint16(p.IPID), TTL: p.TTL}
	}
}

// decode takes a message of a layer, down to SCCP.
func (fp *flowPart) decode(layer ss7.Layer, b []byte, cut bool) {
	fp.cov.layers[layer]++
	if layer == ss7.TCAP || layer == ss7.GSMMAP {
		fp.withoutSCCP(layer, b, cut)
		return
	}
	u, result, err := fp.at.assoc.link.Decode(layer, b)
	switch result {
	case ss7.Management:
		fp.cov.management++
		return
	case ss7.OtherUser:
		fp.cov.otherUser++
		return
	case ss7.Failed:
		if errors.Is(err, ss7.ErrVariant) {
			fp.cov.undecided++
			return
		}
		if !u.SCCP.Cut || len(u.SCCP.Data) == 0 {
			fp.cov.failed++
			return
		}
		cut = true
	}
	if u.HasPC {
		fp.cov.variants[u.Variant]++
	}
	fp.sccp(&u, cut)
}

// withoutSCCP takes an exported PDU from above SCCP: the nodes are known by what
// the export tells, if anything.
func (fp *flowPart) withoutSCCP(layer ss7.Layer, b []byte, cut bool) {
	at, none := &fp.at, sccp.Address{}
	fp.m = message{components: fp.m.components[:0], opc: at.opc, dpc: at.dpc}
	fp.m.calling = partyOf(&none, at.opc, at.exportedPC, mtp3.ITU, at.event.Src, fp.buf[:])
	fp.m.called = partyOf(&none, at.dpc, at.exportedPC, mtp3.ITU, at.event.Dst, fp.buf[:])
	if at.exportedPC {
		fp.m.flags |= msgHasPC
	}
	if cut {
		fp.m.flags |= msgCut
	}
	if layer == ss7.TCAP {
		fp.tcap(b)
	} else if fp.cov.loose(&fp.m, b, cut, fp.show) {
		fp.w.b = fp.w.b[:0]
		fp.w.message(&fp.m)
		fp.emit(evMessage, gsmmap.Fingerprint(b))
	}
}

// sccp takes an SCCP message. Segments go to the correlator, which has those of
// all associations.
func (fp *flowPart) sccp(u *ss7.Unit, cut bool) {
	s := &u.SCCP
	if !u.HasPC && fp.at.exportedPC {
		u.HasPC, u.OPC, u.DPC, u.Variant = true, fp.at.opc, fp.at.dpc, mtp3.ITU
	}
	fp.m = message{components: fp.m.components[:0], opc: u.OPC, dpc: u.DPC, cause: s.Cause, vtag: fp.at.vtag, tsn: fp.at.tsn}
	if u.HasPC {
		fp.m.flags |= msgHasPC
	}
	fp.m.calling = partyOf(&s.Calling, u.OPC, u.HasPC, u.Variant, fp.at.event.Src, fp.buf[:])
	fp.m.called = partyOf(&s.Called, u.DPC, u.HasPC, u.Variant, fp.at.event.Dst, fp.buf[:])
	if s.OptionalLost {
		cut = true
	}
	cut = cut || s.Cut
	switch {
	case s.Type.Service():
		fp.m.flags |= msgReturned
		if s.Seg.Present && !s.Seg.First {
			// Returned segments come one by one, and late. The first one has the
			// transaction id, which is all that is wanted.
			fp.cov.returnedTail++
			return
		}
	case s.Segmented():
		fp.w.b = fp.w.b[:0]
		fp.w.message(&fp.m)
		fp.w.segment(s, cut)
		fp.emit(evSegment, 0)
		return
	}
	if cut {
		fp.m.flags |= msgCut
	}
	fp.tcap(s.Data)
}

// tcap condenses a TCAP message and sends it to the correlator.
func (fp *flowPart) tcap(b []byte) {
	if !fp.cov.tcap(&fp.m, b, fp.show) {
		return
	}
	fp.at.tcap = true
	fp.w.b = fp.w.b[:0]
	fp.w.message(&fp.m)
	fp.emit(evMessage, gsmmap.Fingerprint(b))
}

// emit sends what the writer holds, as events of a kind.
func (fp *flowPart) emit(kind uint8, sum uint64) {
	e := fp.at.event
	e.Kind, e.N = kind, uint32(len(fp.w.b))
	e.V = [4]int64{int64(sum), fp.at.clock, int64(fp.at.epoch), int64(fp.at.scope)}
	fp.at.out.Emit(&e)
	emitOctets(fp.at.out, &e, fp.w.b)
}
