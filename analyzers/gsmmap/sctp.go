package gsmmap

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sctp"
	"pcaptriage/decoders/ss7"
)

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
		fp.inUDP(p, f, &h, chunks)
	case p.DstPort == portGSMTAP:
		fp.cov.gsmtap++
	}
}

// inUDP takes an SCTP packet in UDP. All associations between two hosts may share
// the ports of UDP, so that they are told apart by their own ports, not by the flow.
func (fp *flowPart) inUDP(p *decoders.Packet, f *flow.Flow, h *sctp.Header, chunks []byte) {
	fp.cov.packets++
	if idle(chunks) {
		return
	}
	k := linkKey{layer: ss7.SCTP, a: f.Key.A, b: f.Key.B, portA: h.SrcPort, portB: h.DstPort}
	dir := uint8(0)
	if p.Src != f.Key.A || f.Key.A == f.Key.B && p.SrcPort != f.Key.PortA {
		dir, k.portA, k.portB = 1, h.DstPort, h.SrcPort
	}
	fp.at.scope = f.Key.Hash() ^ uint64(k.portA)<<16 ^ uint64(k.portB)
	a := fp.assocs.ofLink(k, p.Clock)
	fp.sctp(a, dir, h.SrcPort, h.DstPort, h.VTag, p.Seg.Is(decoders.ClassCopy), chunks, int(p.PayloadLen)-sctp.HeaderLen)
}

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
	if vtag != 0 && a.tags[dir] != vtag {
		a.tags[dir] = vtag
		e := fp.at.event
		e.Kind, e.V[0] = evTag, int64(vtag)
		fp.at.out.Emit(&e)
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
