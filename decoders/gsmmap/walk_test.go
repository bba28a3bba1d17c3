package gsmmap_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/ber"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/exportpdu"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sctp"
	"pcaptriage/decoders/ss7"
	"pcaptriage/decoders/tcap"
)

// corpusDir holds captures of other origin, which may be absent.
const corpusDir = "../../../shared/pcaps/gsmmap"

func corpus(t testing.TB, name string) string {
	t.Helper()
	file := filepath.Join(corpusDir, name)
	if _, err := os.Stat(file); err != nil {
		t.Skip("no corpus beside the repository")
	}
	return file
}

// message is one TCAP message found in a capture. It owns its octets.
type message struct {
	frame      uint64
	time       int64
	layer      ss7.Layer
	unit       ss7.Unit
	msg        tcap.Message
	components []tcap.Component
	err        error // of TCAP
	compErr    error
	octets     []byte
}

// walker leads records through all layers up to TCAP.
type walker struct {
	// chunks: take each DATA chunk by itself, duplicates included, instead of
	// the association's messages.
	chunks bool

	p        decoders.Packet
	ip       *decoders.Reassembler
	assocs   map[decoders.FlowKey]*sctp.Assoc
	links    map[any]*ss7.Link
	segments *sccp.Reassembler
	found    []message
	failed   map[string]int // errors below TCAP
	skipped  map[ss7.Result]int
	port     [2]uint16 // of the packet under way
	key      any
}

func newWalker() *walker {
	return &walker{
		ip:       decoders.NewReassembler(decoders.DefaultReassembly()),
		assocs:   map[decoders.FlowKey]*sctp.Assoc{},
		links:    map[any]*ss7.Link{},
		segments: sccp.NewReassembler(sccp.Config{}),
		failed:   map[string]int{},
		skipped:  map[ss7.Result]int{},
	}
}

// walkFile walks a whole capture.
func walkFile(t testing.TB, file string, chunks bool) *walker {
	t.Helper()
	w := newWalker()
	w.chunks = chunks
	eachRecord(t, file, w.record)
	return w
}

func eachRecord(t testing.TB, file string, f func(link uint16, frame uint64, at int64, b []byte, wire uint32)) {
	t.Helper()
	r, err := capture.Open(file, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Recs {
			rec := &s.Recs[i]
			f(r.Info().Interfaces[rec.Iface].LinkType, s.FrameNumber(rec), rec.Time, s.Data(rec), rec.Orig)
		}
		s.Release()
	}
}

func (w *walker) record(link uint16, frame uint64, at int64, b []byte, wire uint32) {
	p := &w.p
	p.Frame, p.Time, p.Clock, p.Has = frame, at, at, decoders.HasTime
	w.port = [2]uint16{}
	if link == ss7.LinkTypeExportPDU {
		pdu, err := exportpdu.Decode(b)
		if err != nil {
			w.failed[err.Error()]++
			return
		}
		w.key = "exported"
		w.layer(ss7.OfExported(&pdu), pdu.Data)
		return
	}
	switch l := ss7.OfLinkType(link); l {
	case ss7.NoLayer:
		p.Decode(link, b, wire)
		if p.Has&decoders.IsFragment != 0 {
			datagram, n, ok := w.ip.Add(p)
			if !ok {
				return
			}
			p.DecodeIP(datagram, n)
		}
		w.ipPacket()
	case ss7.SCTP:
		// Not in the corpus.
	default:
		w.key = l
		w.layer(l, b)
	}
}

func (w *walker) ipPacket() {
	p := &w.p
	chunks, wire, tag := p.Payload, int(p.PayloadLen), p.SCTP.VTag
	switch {
	case p.Has&decoders.HasSCTP != 0 && p.Has&decoders.HasPayload != 0:
	case p.Has&decoders.HasUDP != 0 && (p.SrcPort == 9899 || p.DstPort == 9899) && sctp.InUDP(p.Payload, int(p.PayloadLen)):
		h, rest, _ := sctp.ReadHeader(p.Payload)
		chunks, wire, tag = rest, wire-sctp.HeaderLen, h.VTag
		p.SrcPort, p.DstPort = h.SrcPort, h.DstPort
	default:
		return
	}
	key, dir := p.Key()
	w.port, w.key = [2]uint16{p.SrcPort, p.DstPort}, key
	a := w.assocs[key]
	if a == nil {
		a = sctp.NewAssoc(sctp.Config{})
		w.assocs[key] = a
	}
	packet := sctp.Packet{Dir: dir, VTag: tag, Time: p.Time, Clock: p.Clock, Chunks: chunks, Wire: wire}
	if w.chunks {
		w.eachChunk(a, packet)
		return
	}
	a.Packet(&packet, w)
}

// eachChunk takes whole messages past the association, and leaves it nothing but
// fragments.
func (w *walker) eachChunk(a *sctp.Assoc, p sctp.Packet) {
	walk := sctp.NewWalk(p.Chunks, p.Wire)
	for walk.Next() {
		c := &walk.C
		if c.Type != sctp.TypeData {
			continue
		}
		if d, err := sctp.ReadData(c); err == nil && d.Begin && d.End {
			w.user(d.PPID, d.User)
			continue
		}
		p.Chunks = append([]byte{byte(c.Type), c.Flags, byte(c.Length >> 8), byte(c.Length)}, c.Value...)
		p.Wire = max(int(c.Length), len(p.Chunks))
		a.Packet(&p, w)
	}
}

func (w *walker) Message(m *sctp.Message) { w.user(m.PPID, m.Data) }
func (w *walker) Control(*sctp.Chunk)     {}

func (w *walker) user(ppid uint32, data []byte) {
	if l := ss7.OfMessage(ppid, w.port[0], w.port[1], data); l != ss7.NoLayer {
		w.layer(l, data)
	}
}

func (w *walker) layer(l ss7.Layer, b []byte) {
	if l == ss7.TCAP {
		w.tcap(l, ss7.Unit{}, b)
		return
	}
	link := w.links[w.key]
	if link == nil {
		link = &ss7.Link{}
		w.links[w.key] = link
	}
	u, r, err := link.Decode(l, b)
	switch {
	case r == ss7.Failed && (!u.SCCP.Cut || u.SCCP.OptionalLost):
		w.failed[err.Error()]++
		return
	case r != ss7.Message && r != ss7.Failed:
		w.skipped[r]++
		return
	}
	data, _, s := w.segments.Add(&u.SCCP, 1, u.OPC, w.p.Clock)
	if s == sccp.Whole || s == sccp.Complete {
		w.tcap(l, u, data)
	}
}

func (w *walker) tcap(l ss7.Layer, u ss7.Unit, data []byte) {
	data = append([]byte(nil), data...)
	m, err := tcap.Decode(data)
	if err == tcap.ErrNotTCAP {
		w.failed[err.Error()]++
		return
	}
	found := message{frame: w.p.Frame, time: w.p.Time, layer: l, unit: u, msg: m, err: err, octets: data}
	c := tcap.NewComponents(m.Components)
	for c.Next() {
		found.components = append(found.components, c.C)
	}
	found.compErr = c.Err()
	w.found = append(w.found, found)
}

func oid(content []byte) string { return string(ber.AppendOID(nil, content)) }
