package capture

import "iter"

// Option codes (draft 3.5, 4.2 to 4.6).
const (
	optEnd         = 0
	optComment     = 1
	optDropCount   = 4 // in an EPB
	optIfName      = 2
	optIfDesc      = 3
	optIfTSResol   = 9
	optIfFilter    = 11
	optIfOS        = 12
	optIfTSOffset  = 14
	optISBIfDrop   = 5
	optISBOSDrop   = 7
	minSHB         = 28
	maxOptionsText = 4096 // bytes kept of a text option
)

// maxInterfaces bounds the interface descriptions that are kept. A damaged or
// hostile file could otherwise fill the memory with them.
const maxInterfaces = 1 << 16

// option is one option of a block; value is borrowed from the slab.
type option struct {
	code  uint16
	value []byte
}

// options walks the options in b. It ends at opt_endofopt, at the end of b, or
// at an option that does not fit, which is kept in p.misfit.
func (p *ngParser) options(b []byte) iter.Seq[option] {
	return func(yield func(option) bool) {
		for len(b) >= 4 {
			code, n := p.u16(b), int(p.u16(b[2:]))
			if code == optEnd {
				return
			}
			if n > len(b)-4 {
				p.misfit = misfit{code: code, len: n, left: len(b) - 4}
				return
			}
			if !yield(option{code, b[4 : 4+n]}) {
				return
			}
			b = b[min(4+(n+3)&^3, len(b)):]
		}
	}
}

// misfit is an option that claims more bytes than its block has left. It and what
// follows it cannot be read: it may have said in which unit the times are. len 0:
// there is none.
type misfit struct {
	code      uint16
	len, left int
}

// tellMisfit records the misfit among the options of the block at s.pos.
func (p *ngParser) tellMisfit(s *Slab, kind blockKind) {
	m := p.misfit
	p.misfit = misfit{}
	p.badBlock(s, "option %d of a block %s claims %d bytes and has %d: it and those behind it are not read", m.code, blockNames[kind], m.len, m.left)
}

// comments counts the comments among the options in b.
func (p *ngParser) comments(b []byte) {
	for o := range p.options(b) {
		if o.code == optComment {
			p.info.Comments++
		}
	}
}

// section reads a section header (draft 4.1). Its length field is not needed:
// the blocks tell where they end. A section of an unknown major version is
// passed over.
func (p *ngParser) section(b []byte, at int64) {
	in := p.info
	p.counts[kindSHB]++
	p.base = len(in.Interfaces)
	p.ifaces = p.ifaces[:0]
	major, minor := p.u16(b[12:]), p.u16(b[14:])
	if in.Sections == 0 {
		in.VersionMajor, in.VersionMinor, in.BigEndian = major, minor, p.big
	}
	in.Sections++
	if major != 1 {
		p.unread = in.damage(at, "section of unsupported version %d.%d", major, minor)
		p.unreadFrom = at
		return
	}
	p.comments(b[24 : len(b)-4])
}

// interfaceDescription reads an IDB (draft 4.2).
func (p *ngParser) interfaceDescription(s *Slab, b []byte) {
	if len(b) < 8 {
		p.badBlock(s, "interface description block of %d bytes is too short", len(b)+minBlock)
		return
	}
	if len(p.info.Interfaces) >= maxInterfaces {
		p.badBlock(s, "more than %d interface descriptions", maxInterfaces)
		return
	}
	ifc := Interface{
		LinkType: p.u16(b), LinkTypeRaw: uint32(p.u16(b)), Section: p.info.Sections - 1,
		SnapLen: p.u32(b[4:]), TSResol: 6,
	}
	for o := range p.options(b[8:]) {
		switch {
		case o.code == optComment:
			p.info.Comments++
		case o.code == optIfName:
			ifc.Name = text(o.value)
		case o.code == optIfDesc:
			ifc.Description = text(o.value)
		case o.code == optIfOS:
			ifc.OS = text(o.value)
		case o.code == optIfFilter && len(o.value) > 0 && o.value[0] == 0:
			ifc.Filter = text(o.value[1:])
		case o.code == optIfTSResol && len(o.value) > 0:
			ifc.TSResol = o.value[0]
		case o.code == optIfTSOffset && len(o.value) == 8:
			ifc.TSOffset = int64(p.u64(o.value))
		}
	}
	p.info.Interfaces = append(p.info.Interfaces, ifc)
	p.info.fields = append(p.info.fields, linkField{at: s.BufOffset + int64(s.pos) + idbLinkType, big: p.big})
	p.ifaces = append(p.ifaces, ngInterface{
		resolution: newResolution(ifc.TSResol, ifc.TSOffset), snapLen: ifc.SnapLen,
	})
	if l := packetLimit(ifc.LinkType, 0); l > maxPacket {
		p.limit = l + maxBlock
	}
}

// text copies a text option, which may be padded with zeros.
func text(b []byte) string {
	b = b[:min(len(b), maxOptionsText)]
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return string(b)
}

// nameResolution passes over an NRB's records (draft 4.5) to its options.
func (p *ngParser) nameResolution(b []byte) {
	for len(b) >= 4 {
		typ, n := p.u16(b), uint32(p.u16(b[2:]))
		b = b[min(4+pad4(n), uint64(len(b))):]
		if typ == 0 {
			p.comments(b)
			return
		}
	}
}

// statistics reads an ISB (draft 4.6). Its counters run from the beginning of
// the capture, so of several the largest counts.
func (p *ngParser) statistics(s *Slab, b []byte) {
	if len(b) < 12 {
		p.badBlock(s, "interface statistics block of %d bytes is too short", len(b)+minBlock)
		return
	}
	id := p.u32(b)
	if uint64(id) >= uint64(len(p.ifaces)) {
		p.badBlock(s, "statistics of interface %d, but the section describes %d", id, len(p.ifaces))
		return
	}
	var drops uint64
	told := false
	for o := range p.options(b[12:]) {
		switch {
		case o.code == optComment:
			p.info.Comments++
		case (o.code == optISBIfDrop || o.code == optISBOSDrop) && len(o.value) == 8:
			if n := drops + p.u64(o.value); n >= drops {
				drops = n
			}
			told = true
		}
	}
	if told {
		ifc := &p.ifaces[id]
		ifc.isbDrops = max(ifc.isbDrops, drops)
		p.setDrops(ifc, id)
	}
}

// setDrops brings Interface.Dropped up to date. Statistics and packets count the
// same losses, so the larger number counts, not the sum.
func (p *ngParser) setDrops(ifc *ngInterface, id uint32) {
	whole := &p.info.Interfaces[p.base+int(id)]
	whole.Dropped, whole.HasDrops = max(ifc.epbDrops, ifc.isbDrops), true
}
