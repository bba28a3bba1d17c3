// Package excerpt chooses the frames of a capture that show what some cited
// frames are about: those frames, the handshakes of their flows, and the
// neighbours in the same flows.
package excerpt

import (
	"fmt"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
)

// Options of Frames.
type Options struct {
	// Context is the number of packets of the same flow to take before and after
	// each cited frame.
	Context int
	// Whole takes the flows of cited frames as they are, at most MaxFrames frames
	// of them.
	Whole bool
	// LinkType is what the packets of a file's interface are read as, nil: what it
	// declares.
	LinkType func(file, iface int, declared uint16) uint16
	// Stop is asked now and then; its error ends the reading. nil: nobody stops it.
	Stop func() error
}

// MaxFrames bounds the frames of whole flows.
const MaxFrames = 1 << 20

// ErrTooMany: the flows of the cited frames have more than MaxFrames frames.
var ErrTooMany = fmt.Errorf("the flows of the cited frames have more than %d frames", MaxFrames)

// Frames returns the frames to keep of a capture, which is one file, or the files
// of a series in their order: a connection may have begun in an earlier one. Each
// file is read twice: once for the flows of the cited frames, and once for their
// neighbours. Damage is no error; what can be read is looked at.
func Frames(names []string, cited map[decoders.FrameRef]bool, opt Options) (map[decoders.FrameRef]bool, error) {
	c := &chooser{cited: cited, opt: opt, flows: map[decoders.FlowKey]*member{}, datagrams: map[datagram]bool{}, keep: map[decoders.FrameRef]bool{}}
	for _, pass := range []func(p *decoders.Packet){c.learn, c.choose} {
		for i, name := range names {
			if err := eachPacket(i, name, opt, pass); err != nil {
				return nil, err
			}
			if len(c.keep) > MaxFrames {
				return nil, ErrTooMany
			}
		}
	}
	return c.keep, nil
}

// eachPacket decodes each record of a file. The packet is borrowed until f
// returns.
func eachPacket(file int, name string, opt Options, f func(p *decoders.Packet)) error {
	r, err := capture.Open(name, capture.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	p := decoders.Packet{File: uint16(file)}
	const often = 1 << 12 // records
	var records uint
	return r.Each(func(s *capture.Slab, rec *capture.Record) error {
		if records++; records%often == 0 && opt.Stop != nil {
			if err := opt.Stop(); err != nil {
				return err
			}
		}
		const unknown = 0xffff // of an interface that the file does not describe
		linkType := uint16(unknown)
		if interfaces := r.Info().Interfaces; int(rec.Iface) < len(interfaces) {
			linkType = interfaces[rec.Iface].LinkType
		}
		if opt.LinkType != nil {
			linkType = opt.LinkType(file, int(rec.Iface), linkType)
		}
		p.Frame, p.Iface = s.FrameNumber(rec), rec.Iface
		p.Decode(linkType, s.Data(rec), rec.Orig)
		f(&p)
		return nil
	})
}

// chooser holds what the two passes know.
type chooser struct {
	cited     map[decoders.FrameRef]bool
	opt       Options
	flows     map[decoders.FlowKey]*member // of the cited frames
	datagrams map[datagram]bool            // of which a cited frame is a fragment
	keep      map[decoders.FrameRef]bool
}

// datagram is what fragments of one datagram have in common (RFC 791, RFC 8200).
type datagram struct {
	src, dst decoders.Addr
	id       uint32
	proto    uint8
}

// keys are the flow of a packet, and that of the packet that it quotes. Virtual
// networks and tunnels do not tell flows apart here: two views of a connection
// belong together. What is no IP (SS7 links, ARP) has the packets of its kind on
// the same interface for neighbours.
func keys(p *decoders.Packet) (list [2]decoders.FlowKey, n int) {
	if p.Has&decoders.HasIP == 0 {
		list[0].Domain = uint64(p.Iface)
		return list, 1
	}
	list[0], _ = p.Key()
	list[0].Domain = 0
	n = 1
	if p.Has&decoders.HasQuote != 0 {
		q := &p.ICMP.Quote
		var sport, dport uint16
		if q.HasPorts {
			sport, dport = q.SrcPort, q.DstPort
		}
		list[1], _ = decoders.MakeKey(q.Src, q.Dst, sport, dport, q.Proto, q.IPVersion, 0)
		n = 2
	}
	return list, n
}

func datagramOf(p *decoders.Packet) datagram { return datagram{p.Src, p.Dst, p.IPID, p.Proto} }

// learn is the first pass: the flows of the cited frames.
func (c *chooser) learn(p *decoders.Packet) {
	if !c.cited[p.Ref()] {
		return
	}
	list, n := keys(p)
	for _, k := range list[:n] {
		if c.flows[k] == nil {
			c.flows[k] = &member{}
		}
	}
	if p.Has&decoders.IsFragment != 0 {
		c.datagrams[datagramOf(p)] = true
	}
}

// choose is the second pass.
func (c *chooser) choose(p *decoders.Packet) {
	frame := p.Ref()
	cited := c.cited[frame]
	if cited || p.Has&decoders.IsFragment != 0 && c.datagrams[datagramOf(p)] {
		c.keep[frame] = true
	}
	list, n := keys(p)
	for i, k := range list[:n] {
		m := c.flows[k]
		if m == nil {
			continue
		}
		if i == 0 {
			m.handshake.see(p)
		}
		switch {
		case c.opt.Whole:
			if len(c.keep) <= MaxFrames {
				c.keep[frame] = true
			}
		case cited:
			c.take(m.handshake.frames)
			c.take(m.recent)
			m.after = c.opt.Context
		case m.after > 0:
			m.after--
			c.keep[frame] = true
		}
		m.remember(frame, c.opt.Context)
	}
}

func (c *chooser) take(frames []decoders.FrameRef) {
	for _, f := range frames {
		c.keep[f] = true
	}
}

// member is a flow of a cited frame.
type member struct {
	recent    []decoders.FrameRef // the last frames, at most Context
	after     int                 // frames still to take behind a cited one
	handshake handshake
}

func (m *member) remember(frame decoders.FrameRef, n int) {
	if n == 0 {
		return
	}
	if len(m.recent) == n {
		copy(m.recent, m.recent[1:])
		m.recent = m.recent[:n-1]
	}
	m.recent = append(m.recent, frame)
}
