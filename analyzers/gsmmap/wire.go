package gsmmap

import (
	"encoding/binary"
	"math"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/tcap"
)

// Kinds of events. A message is one evMessage, with its length in N, and as many
// evOctets as that takes, 64 octets each; they follow each other, since the
// events of one packet stay together. So is a segment.
const (
	evMessage     = iota + 1 // V: fingerprint of the TCAP octets, capture clock, epoch, hop
	evSegment                // of an SCCP message: likewise, without a fingerprint
	evOctets                 // Src, Dst, V: the octets
	evAbort                  // SCTP ABORT; V[0]: clock
	evRetransmit             // a DATA chunk with a TSN seen before; N: how many
	evAssociation            // the flow's end; V: chunks, retransmissions, SACKs that report gaps, TSNs that they report as duplicates
	evRun                    // TSNs seen from Src to Dst; V: tag, first, last; Flags: runBreak, runAcked
	evTag                    // packets from Src to Dst have the tag V[0]; once for each
	evAddress                // Src is an address of the receiver of packets with the tag V[0]
)

const octetsPerEvent = 64

// emitOctets cuts b into events.
func emitOctets(out *analyzers.Out, e *analyzers.Event, b []byte) {
	e.Kind = evOctets
	for len(b) > 0 {
		var part [octetsPerEvent]byte
		n := copy(part[:], b)
		b = b[n:]
		le := binary.LittleEndian
		e.Src = decoders.Addr{Hi: le.Uint64(part[0:]), Lo: le.Uint64(part[8:])}
		e.Dst = decoders.Addr{Hi: le.Uint64(part[16:]), Lo: le.Uint64(part[24:])}
		for i := range e.V {
			e.V[i] = int64(le.Uint64(part[32+8*i:]))
		}
		out.Emit(e)
	}
}

// appendEventOctets is the reverse for one event.
func appendEventOctets(b []byte, e *analyzers.Event) []byte {
	le := binary.LittleEndian
	for _, v := range [...]uint64{e.Src.Hi, e.Src.Lo, e.Dst.Hi, e.Dst.Lo, uint64(e.V[0]), uint64(e.V[1]), uint64(e.V[2]), uint64(e.V[3])} {
		b = le.AppendUint64(b, v)
	}
	return b
}

// writer and reader put a message into octets and take it out again. They are
// two ends of one program: what does not fit is a fault of the program.
type writer struct{ b []byte }

func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.LittleEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.LittleEndian.AppendUint32(w.b, v) }
func (w *writer) u64(v uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, v) }
func (w *writer) octets(b []byte, most int) {
	b = b[:min(len(b), most)]
	w.u16(uint16(len(b)))
	w.b = append(w.b, b...)
}

type reader struct{ b []byte }

func (r *reader) take(n int) []byte {
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
func (r *reader) u8() uint8      { return r.take(1)[0] }
func (r *reader) u16() uint16    { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32    { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64    { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) octets() []byte { return r.take(int(r.u16())) }

func (w *writer) party(p *party) {
	w.u64(p.node.Hi)
	w.u64(p.node.Lo)
	w.u8(p.ssn)
	w.u8(p.plan)
}

func (r *reader) party() (p party) {
	p.node = node{Hi: r.u64(), Lo: r.u64()}
	p.ssn, p.plan = r.u8(), r.u8()
	return p
}

func (w *writer) tid(t *tcap.TID) {
	w.b = append(w.b, t.Octets[:]...)
	w.u8(t.Len)
}

func (r *reader) tid() (t tcap.TID) {
	copy(t.Octets[:], r.take(4))
	t.Len = r.u8()
	return t
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func (w *writer) message(m *message) {
	w.u8(uint8(m.kind))
	w.u16(uint16(m.flags))
	w.u8(m.cause)
	w.u8(m.pabort)
	w.tid(&m.otid)
	w.tid(&m.dtid)
	w.u32(m.vtag)
	w.u32(m.tsn)
	w.party(&m.calling)
	w.party(&m.called)
	w.u32(m.opc)
	w.u32(m.dpc)
	w.u8(uint8(m.dialogue))
	w.u8(m.result)
	w.u8(m.diagnostic)
	w.u8(m.context.Family)
	w.u8(m.context.Version)
	w.octets(m.foreign, 64)
	w.u8(uint8(m.pdu))
	w.u8(uint8(m.reason))
	w.u8(uint8(m.refusal.Kind))
	w.u8(bit(m.refusal.HasAlternative))
	w.u8(m.refusal.Alternative.Family)
	w.u8(m.refusal.Alternative.Version)
	w.u8(uint8(len(m.components)))
	for i := range m.components {
		w.component(&m.components[i])
	}
}

// message reads into m, whose components are reused.
func (r *reader) message(m *message) {
	components := m.components[:0]
	*m = message{kind: tcap.Kind(r.u8()), flags: messageFlags(r.u16()), cause: r.u8(), pabort: r.u8(), otid: r.tid(), dtid: r.tid(), vtag: r.u32(), tsn: r.u32()}
	m.calling, m.called = r.party(), r.party()
	m.opc, m.dpc = r.u32(), r.u32()
	m.dialogue = tcap.DialogueKind(r.u8())
	m.result, m.diagnostic = r.u8(), r.u8()
	m.context = gsmmap.Context{Family: r.u8(), Version: r.u8()}
	m.foreign = r.octets()
	m.pdu, m.reason = gsmmap.PDUKind(r.u8()), int8(r.u8())
	m.refusal = gsmmap.Refusal{Kind: gsmmap.RefusalKind(r.u8()), HasAlternative: r.u8() != 0}
	m.refusal.Alternative = gsmmap.Context{Family: r.u8(), Version: r.u8()}
	for range r.u8() {
		components = append(components, r.component())
	}
	m.components = components
}

// segment follows the message that it is a part of, whose components are not
// known yet.
func (w *writer) segment(s *sccp.Message, cut bool) {
	w.u8(uint8(s.Type))
	w.u8(bit(s.Seg.First))
	w.u8(s.Seg.Remaining)
	w.u32(s.Seg.Ref)
	w.u8(bit(cut))
	w.octets(s.Calling.Raw, 255)
	w.octets(s.Data, math.MaxUint16)
}

func (r *reader) segment() (s sccp.Message) {
	s.Type = sccp.Type(r.u8())
	s.Seg = sccp.Segmentation{Present: true, First: r.u8() != 0, Remaining: r.u8(), Ref: r.u32()}
	s.Cut = r.u8() != 0
	s.Calling, s.Data = sccp.ReadAddress(r.octets()), r.octets()
	return s
}

func (w *writer) component(c *component) {
	w.u8(uint8(c.kind))
	w.u8(uint8(c.flags))
	w.u8(uint8(c.invokeID))
	w.u32(uint32(c.code))
	w.u8(uint8(c.problemKind))
	w.u8(c.problem)
	w.u16(uint16(c.value))
	w.u8(uint8(c.versions))
	w.u8(uint8(c.report))
	w.u16(uint16(c.fcs))
	w.u8(bit(c.alone.Forward))
	w.u8(c.alone.Version)
	w.u8(uint8(c.alone.Basis))
	w.u8(uint8(c.alone.Direction))
	w.octets(c.number, 16)
	w.u8(c.nature)
	if c.flags&compForward == 0 {
		return
	}
	f := &c.forward
	w.u8(uint8(f.DA))
	w.u8(uint8(f.OA))
	w.u8(bit(f.HasUI))
	w.u8(uint8(f.Tail))
	w.octets(f.DAValue, 24)
	w.octets(f.OAValue, 24)
	w.octets(f.UI, 1)
	w.octets(f.Octets, 16)
	w.u64(c.ui)
	w.u8(uint8(c.tpdu))
	w.u16(uint16(c.status))
	w.u8(bit(c.more))
	w.u16(c.concat.Ref)
	w.u8(c.concat.Total)
	w.u8(c.concat.Seq)
	w.u64(c.sender)
	w.octets(c.text, 1024)
}

func (r *reader) component() (c component) {
	c.kind, c.flags, c.invokeID = tcap.ComponentKind(r.u8()), componentFlags(r.u8()), int8(r.u8())
	c.code = int32(r.u32())
	c.problemKind, c.problem = tcap.ProblemKind(r.u8()), r.u8()
	c.value, c.versions = int16(r.u16()), gsmmap.Versions(r.u8())
	c.report, c.fcs, c.status = gsmmap.TPDUType(r.u8()), int16(r.u16()), -1
	c.alone = gsmmap.Verdict{Forward: r.u8() != 0, Version: r.u8(), Basis: gsmmap.Basis(r.u8()), Direction: gsmmap.Direction(r.u8())}
	c.number, c.nature = r.octets(), r.u8()
	if c.flags&compForward == 0 {
		return c
	}
	f := &c.forward
	f.DA, f.OA = gsmmap.Party(r.u8()), gsmmap.Party(r.u8())
	f.HasUI, f.Tail = r.u8() != 0, gsmmap.Tail(r.u8())
	f.DAValue, f.OAValue, f.UI, f.Octets = r.octets(), r.octets(), r.octets(), r.octets()
	c.ui, c.tpdu, c.status, c.more = r.u64(), gsmmap.TPDUType(r.u8()), int16(r.u16()), r.u8() != 0
	c.concat = gsmmap.Concat{Ref: r.u16(), Total: r.u8(), Seq: r.u8()}
	c.sender, c.text = r.u64(), r.octets()
	return c
}
