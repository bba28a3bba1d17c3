package capture

// enhancedPacket reads an EPB (draft 4.3): interface, time in two halves,
// captured and original length, data, options.
func (p *ngParser) enhancedPacket(s *Slab, b []byte) {
	if len(b) < 20 {
		p.info.Frames++
		p.badBlock(s, "enhanced packet block of %d bytes is too short", len(b)+minBlock)
		return
	}
	id, c, w := p.u32(b), p.u32(b[12:]), p.u32(b[16:])
	ts := uint64(p.u32(b[4:]))<<32 | uint64(p.u32(b[8:]))
	ifc := p.packet(s, b[20:], 28, id, c, w, ts, true)
	if n := 20 + pad4(c); ifc != nil && n < uint64(len(b)) {
		p.packetOptions(ifc, id, b[n:])
	}
}

// packetOptions reads the options of an EPB that are told further: comments and
// epb_dropcount, which counts packets lost since the one before.
func (p *ngParser) packetOptions(ifc *ngInterface, id uint32, opts []byte) {
	for o := range p.options(opts) {
		switch {
		case o.code == optComment:
			p.info.Comments++
		case o.code == optDropCount && len(o.value) == 8:
			ifc.epbDrops += p.u64(o.value)
			p.setDrops(ifc, id)
		}
	}
}

// oldPacket reads an obsolete packet block (draft appendix A): as an EPB, with a
// 16-bit interface and a count of drops (0xffff: unknown).
func (p *ngParser) oldPacket(s *Slab, b []byte) {
	if len(b) < 20 {
		p.info.Frames++
		p.badBlock(s, "packet block of %d bytes is too short", len(b)+minBlock)
		return
	}
	id, drops, c, w := uint32(p.u16(b)), p.u16(b[2:]), p.u32(b[12:]), p.u32(b[16:])
	ts := uint64(p.u32(b[4:]))<<32 | uint64(p.u32(b[8:]))
	ifc := p.packet(s, b[20:], 28, id, c, w, ts, true)
	if ifc == nil {
		return
	}
	if drops != 0xffff {
		ifc.epbDrops += uint64(drops)
		p.setDrops(ifc, id)
	}
	if n := 20 + pad4(c); n < uint64(len(b)) {
		p.comments(b[n:])
	}
}

// simplePacket reads an SPB (draft 4.4): an original length and data. Its
// interface is the first one; how much was captured follows from the snaplen.
func (p *ngParser) simplePacket(s *Slab, b []byte) {
	if len(b) < 4 {
		p.info.Frames++
		p.badBlock(s, "simple packet block of %d bytes is too short", len(b)+minBlock)
		return
	}
	w := p.u32(b)
	c := w
	if len(p.ifaces) > 0 && p.ifaces[0].snapLen != 0 {
		c = min(c, p.ifaces[0].snapLen)
	}
	c = min(c, uint32(len(b)-4))
	p.packet(s, b[4:], 12, 0, c, w, 0, false)
}

// packet appends a record for a packet block at s.pos whose data begin off bytes
// into it, or records why it cannot. A packet block takes a frame number in any
// case.
func (p *ngParser) packet(s *Slab, data []byte, off int, id, c, w uint32, ts uint64, timed bool) *ngInterface {
	in := p.info
	if uint64(id) >= uint64(len(p.ifaces)) {
		in.Frames++
		p.badBlock(s, "packet of interface %d, but the section describes %d", id, len(p.ifaces))
		return nil
	}
	if uint64(c) > uint64(len(data)) {
		in.Frames++
		p.badBlock(s, "packet claims %d captured bytes, its block has room for %d", c, len(data))
		return nil
	}
	if len(s.Recs) == 0 {
		s.FrameBase = in.Frames
	}
	in.Frames++
	in.Packets++
	r := Record{
		Off: uint32(s.pos + off), Len: c, Orig: w,
		Frame: uint32(in.Frames - s.FrameBase), Iface: uint32(p.base) + id,
	}
	in.measure(&r, &p.gap)
	ifc := &p.ifaces[id]
	whole := &in.Interfaces[r.Iface]
	whole.Packets++
	if timed {
		if t, ok := ifc.ns(ts); ok {
			r.Time = t
			r.Flags |= HasTime
			in.observe(whole, t)
		}
	}
	s.Recs = append(s.Recs, r)
	return ifc
}

// measure compares a record's lengths and counts its bytes. gap says that some were
// skipped before it, and is over with it.
func (in *Info) measure(r *Record, gap *bool) {
	if r.Orig > r.Len {
		r.Flags |= SnapCut
		in.SnapCut++
	} else if r.Orig < r.Len {
		r.Flags |= BadOrig
		r.Orig = r.Len
	}
	if *gap {
		r.Flags |= AfterGap
		*gap = false
	}
	in.Bytes += uint64(r.Orig)
}

// observe takes a packet's time into the file's and the interface's facts.
func (in *Info) observe(ifc *Interface, t int64) {
	if !ifc.HasTime {
		ifc.FirstTime, ifc.HasTime = t, true
	}
	switch {
	case !in.HasTime:
		in.FirstTime, in.LastTime, in.HasTime = t, t, true
	case t >= in.LastTime:
		in.LastTime = t
	default:
		in.OutOfOrder++
		in.FirstTime = min(in.FirstTime, t)
	}
}
