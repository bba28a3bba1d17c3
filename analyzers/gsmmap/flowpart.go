package gsmmap

import (
	"errors"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/exportpdu"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/mtp3"
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
	fp.assocs = newAssociations(env.Shards, fp.ended)
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

// runs passes on which TSNs an association has seen. flags is runBreak when the
// frame's chunk is what ended a run.
func (fp *flowPart) runs(a *association, time int64, frame decoders.FrameRef, flags uint16) {
	for _, r := range a.sctp.Runs {
		e := analyzers.Event{Kind: evRun, Time: time, Frame: frame, Src: a.a, Dst: a.b, SPort: a.portA, DPort: a.portB,
			V: [4]int64{int64(r.VTag), int64(r.First), int64(r.Last)}, Flags: flags}
		if r.Dir == 1 {
			e.Src, e.Dst, e.SPort, e.DPort = a.b, a.a, a.portB, a.portA
		}
		if r.Acked {
			e.Flags = runAcked
		}
		fp.at.out.Emit(&e)
	}
	a.sctp.Runs = a.sctp.Runs[:0]
}

// init passes on the addresses that the sender of an INIT or INIT ACK has.
func (fp *flowPart) init(c *sctp.Chunk) {
	in, err := sctp.ReadInit(c)
	if err != nil || in.NAddr == 0 {
		return // an association with one address each way
	}
	e := fp.at.event
	e.Kind = evAddress
	e.SPort, e.DPort, e.V[0] = fp.at.dport, fp.at.sport, int64(in.Tag)
	fp.at.out.Emit(&e)
	for _, a := range in.Addrs[:in.NAddr] {
		e.Src = a
		fp.at.out.Emit(&e)
	}
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

// udp takes SCTP in UDP, and counts GSMTAP, which carries no MAP.
func (fp *flowPart) udp(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if p.Has&decoders.HasPayload == 0 {
		return
	}
	switch {
	case p.SrcPort == portSCTPInUDP || p.DstPort == portSCTPInUDP:
		if !sctp.InUDP(p.Payload, int(p.PayloadLen)) {
			return
		}
		h, chunks, err := sctp.ReadHeader(p.Payload)
		if err != nil {
			return
		}
		fp.begin(p, out)
		fp.flowPacket(p, f, h.SrcPort, h.DstPort, h.VTag, chunks, int(p.PayloadLen)-sctp.HeaderLen)
	case p.DstPort == portGSMTAP:
		fp.cov.gsmtap++
	}
}

// begin sets the context of a packet.
func (fp *flowPart) begin(p *decoders.Packet, out *analyzers.Out) {
	fp.at = packetContext{out: out, clock: p.Clock, epoch: p.Epoch,
		event: analyzers.Event{Time: recorded(p), Frame: p.Ref(), TunnelID: p.TunnelID}}
	if p.Has&decoders.HasIP != 0 {
		fp.at.event.Src, fp.at.event.Dst, fp.at.event.Proto = p.Src, p.Dst, decoders.ProtoSCTP
		fp.at.mark = sctp.Mark{ID: uint16(p.IPID), TTL: p.TTL}
	}
}

// recorded is p's own time, or the capture clock's where that is missing or an
// outlier.
func recorded(p *decoders.Packet) int64 {
	if p.Has&decoders.HasTime != 0 && p.Time <= p.Clock && p.Clock-p.Time <= maxDisorder {
		return p.Time
	}
	return p.Clock
}

// maxDisorder is how far behind the capture clock a record's time is believed.
const maxDisorder = int64(60e9)

// flowPacket takes an SCTP packet of a flow.
func (fp *flowPart) flowPacket(p *decoders.Packet, f *flow.Flow, sport, dport uint16, vtag uint32, chunks []byte, wire int) {
	fp.cov.packets++
	h := fp.store.Get(f)
	var a *association
	if h != nil {
		a = fp.assocs.get(h.index, f.Serial, p.Clock)
	}
	if a == nil {
		if idle(chunks) {
			return
		}
		a = &association{owner: f.Serial, a: f.Key.A, b: f.Key.B, portA: f.Key.PortA, portB: f.Key.PortB, first: p.Ref(), firstTime: fp.at.event.Time}
		if h == nil {
			h = fp.store.New(f)
		}
		h.index = fp.assocs.add(a, p.Clock)
	}
	dir := uint8(1)
	if p.Src == f.Key.A && p.SrcPort == f.Key.PortA {
		dir = 0
	}
	fp.at.scope = f.Key.Hash()
	fp.sctp(a, dir, sport, dport, vtag, p.Seg.Is(decoders.ClassCopy), chunks, wire)
}

// idle reports whether a packet is a heartbeat, which alone keeps paths of an
// association alive that carry nothing.
func idle(chunks []byte) bool {
	return len(chunks) > 0 && (sctp.ChunkType(chunks[0]) == sctp.TypeHeartbeat || sctp.ChunkType(chunks[0]) == sctp.TypeHeartbeatAck)
}

// sctp hands a packet to its association.
func (fp *flowPart) sctp(a *association, dir uint8, sport, dport uint16, vtag uint32, isCopy bool, chunks []byte, wire int) {
	fp.at.assoc, fp.at.vtag, fp.at.sport, fp.at.dport = a, vtag, sport, dport
	fp.at.event.SPort, fp.at.event.DPort = sport, dport
	if a.first == 0 {
		a.first, a.firstTime = fp.at.event.Frame, fp.at.event.Time
	}
	s := fp.assocs.followSCTP(a)
	before := s.Stats.Retransmissions
	// What is wrong with the packet is counted in Stats.
	_ = s.Packet(&sctp.Packet{Dir: dir, VTag: vtag, Time: fp.at.event.Time, Clock: fp.at.clock, Copy: isCopy, Mark: fp.at.mark, Chunks: chunks, Wire: wire}, fp)
	fp.runs(a, fp.at.event.Time, fp.at.event.Frame, runBreak)
	if n := s.Stats.Retransmissions - before; n > 0 {
		e := fp.at.event
		e.Kind, e.N = evRetransmit, uint32(n)
		fp.at.out.Emit(&e)
	}
}

// Message implements sctp.Sink.
func (fp *flowPart) Message(m *sctp.Message) {
	layer := ss7.OfMessage(m.PPID, fp.at.sport, fp.at.dport, m.Data)
	if layer == ss7.NoLayer {
		fp.cov.notSS7++
		return
	}
	fp.at.tsn = m.TSN
	fp.decode(layer, m.Data, m.Cut)
}

// Control implements sctp.Sink.
func (fp *flowPart) Control(c *sctp.Chunk) {
	switch c.Type {
	case sctp.TypeInit, sctp.TypeInitAck:
		fp.init(c)
		return
	case sctp.TypeAbort:
	default:
		return
	}
	e := fp.at.event
	e.Kind = evAbort
	if code, ok := sctp.Cause(c); ok {
		e.N = uint32(code)
	}
	e.V[0], e.V[1] = fp.at.clock, int64(fp.at.vtag)
	fp.at.out.Emit(&e)
}

// linkPacket takes a record of a link type without IP.
func (fp *flowPart) linkPacket(p *decoders.Packet, out *analyzers.Out) {
	layer, data := ss7.OfLinkType(p.LinkType), p.Data
	k := linkKey{file: p.File, iface: p.Iface}
	switch {
	case p.LinkType == ss7.LinkTypeExportPDU:
		fp.begin(p, out)
		fp.cov.packets++
		pdu, err := exportpdu.Decode(data)
		if err == nil {
			layer, data = ss7.OfExported(&pdu), pdu.Data
		}
		if layer == ss7.NoLayer || layer == ss7.GSMMAP {
			fp.cov.exported++
			return
		}
		fp.exportedFrom(&pdu, &k)
	case ss7.ERFChannel(p.LinkType, data):
		fp.cov.erf++
		return
	case layer == ss7.NoLayer:
		return
	default:
		fp.begin(p, out)
		fp.cov.packets++
	}
	k.layer = layer
	fp.at.scope = uint64(p.Iface)<<8 | uint64(layer)
	if layer == ss7.SCTP {
		fp.linkSCTP(k, data, int(p.WireLen)-(len(p.Data)-len(data)))
		return
	}
	a := fp.assocs.ofLink(k, p.Clock)
	fp.at.assoc = a
	fp.decode(layer, data, p.Has&decoders.SnapCut != 0)
}

// exportedFrom takes the addresses that an exported PDU brings with it.
func (fp *flowPart) exportedFrom(pdu *exportpdu.PDU, k *linkKey) {
	e := &fp.at.event
	e.Src, e.Dst, e.SPort, e.DPort = pdu.Src, pdu.Dst, pdu.SrcPort, pdu.DstPort
	fp.at.sport, fp.at.dport = pdu.SrcPort, pdu.DstPort
	fp.at.exportedPC, fp.at.opc, fp.at.dpc = pdu.HasPC, pdu.OPC, pdu.DPC
	k.a, k.b, k.portA, k.portB = pdu.Src, pdu.Dst, pdu.SrcPort, pdu.DstPort
	if k.b.Less(k.a) || k.a == k.b && k.portB < k.portA {
		k.a, k.b, k.portA, k.portB = k.b, k.a, k.portB, k.portA
	}
	if !e.Src.IsZero() {
		e.Proto = decoders.ProtoSCTP
	}
}

// linkSCTP takes an SCTP packet without IP, or from an exported PDU.
func (fp *flowPart) linkSCTP(k linkKey, data []byte, wire int) {
	h, chunks, err := sctp.ReadHeader(data)
	if err != nil {
		fp.cov.failed++
		return
	}
	dir := uint8(0)
	k.portA, k.portB = h.SrcPort, h.DstPort
	if k.portB < k.portA {
		k.portA, k.portB, dir = k.portB, k.portA, 1
	}
	a := fp.assocs.ofLink(k, fp.at.clock)
	if k.portA == k.portB {
		// Neither addresses nor ports tell the directions apart; the tags do, until
		// the association begins anew.
		if a.tag == 0 {
			a.tag = h.VTag
		}
		if dir = 0; h.VTag != a.tag {
			dir = 1
		}
	}
	fp.sctp(a, dir, h.SrcPort, h.DstPort, h.VTag, false, chunks, wire-sctp.HeaderLen)
}

// decode takes a message of a layer, down to SCCP.
func (fp *flowPart) decode(layer ss7.Layer, b []byte, cut bool) {
	fp.cov.layers[layer]++
	if layer == ss7.TCAP {
		fp.m = message{components: fp.m.components[:0]}
		if cut {
			fp.m.flags |= msgCut
		}
		fp.tcap(b)
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
