package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng 11.1).
const (
	blockSHB      = 0x0a0d0d0a
	blockIDB      = 1
	blockPB       = 2 // obsolete packet block
	blockSPB      = 3
	blockNRB      = 4
	blockISB      = 5
	blockEPB      = 6
	blockJournal  = 9
	blockDSB      = 10
	blockCustom   = 0x00000bad
	blockCustomNC = 0x40000bad // not to be copied

	byteOrderMagic = 0x1a2b3c4d
)

// maxBlock is the largest block that is believed, as in wiretap, unless there is
// an interface whose packets can be larger.
const maxBlock = 16 << 20

// ngInterface is what is needed to read packets of an interface.
type ngInterface struct {
	resolution
	snapLen  uint32
	epbDrops uint64 // sum of epb_dropcount
	isbDrops uint64 // largest isb_ifdrop + isb_osdrop
}

// ngParser reads pcapng.
type ngParser struct {
	info *Info
	scan scanner

	big      bool
	probeBig bool // byte order inside the chain that is being probed
	base     int  // index in info.Interfaces of the section's first interface
	ifaces   []ngInterface
	limit    uint32 // largest believable block
	gap      bool   // the next record follows a gap
	misfit   misfit // among the options of the block that is being read
	counts   [numBlockKinds]uint64

	unread     *Damage // the section is of an unknown version: it is passed over
	unreadFrom int64   // up to here its bytes are counted as skipped
}

// blockKind numbers the kinds of block that are counted.
type blockKind uint8

const (
	kindSHB blockKind = iota
	kindIDB
	kindPB
	kindSPB
	kindNRB
	kindISB
	kindEPB
	kindJournal
	kindDSB
	kindCustom
	kindCustomNC
	kindUnknown
	numBlockKinds
)

var blockNames = [numBlockKinds]string{
	"SHB", "IDB", "PB", "SPB", "NRB", "ISB", "EPB", "journal", "DSB", "custom", "custom-nocopy", "unknown",
}

func kindOf(typ uint32) blockKind {
	switch typ {
	case blockEPB:
		return kindEPB
	case blockSHB:
		return kindSHB
	case blockIDB:
		return kindIDB
	case blockPB:
		return kindPB
	case blockSPB:
		return kindSPB
	case blockNRB:
		return kindNRB
	case blockISB:
		return kindISB
	case blockJournal:
		return kindJournal
	case blockDSB:
		return kindDSB
	case blockCustom:
		return kindCustom
	case blockCustomNC:
		return kindCustomNC
	}
	return kindUnknown
}

func newNgParser(info *Info, head []byte, opt Options) *ngParser {
	p := &ngParser{info: info, limit: maxBlock}
	info.Format = FormatPcapNG
	info.Blocks = make(map[string]uint64)
	p.scan = newScanner(p, info, opt)
	if len(head) >= 12 {
		p.big = binary.LittleEndian.Uint32(head[8:]) != byteOrderMagic
	}
	info.BigEndian = p.big
	return p
}

func (p *ngParser) u16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if p.big {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (p *ngParser) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if p.big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (p *ngParser) u64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if p.big {
		v = bits.ReverseBytes64(v)
	}
	return v
}

// parse implements parser.
func (p *ngParser) parse(s *Slab, eof bool) (need int, done bool) {
	for {
		if p.scan.active {
			if need, done = p.scan.run(s, eof); need > 0 || done || p.scan.active {
				p.unreadFrom = s.BufOffset + int64(s.pos)
				return need, done
			}
			p.gap = true
			p.unreadFrom = s.BufOffset + int64(s.pos)
		}
		need, bad := p.blocks(s)
		if bad != "" {
			at := s.BufOffset + int64(s.pos)
			p.countUnread(at)
			p.scan.start(at, p.info.damage(at, "%s", bad))
			continue
		}
		if !eof {
			return need, false
		}
		if s.pos < s.n && p.cutOrBad(s, need) {
			continue
		}
		p.endSection(s.BufOffset + int64(s.pos))
		return 0, false
	}
}

// cutOrBad deals with a block that reaches past the end of the file: true when
// trustworthy blocks lie inside it, so that its length must be wrong.
func (p *ngParser) cutOrBad(s *Slab, need int) bool {
	at := s.BufOffset + int64(s.pos)
	left := s.n - s.pos
	if left > minBlock && p.scan.finds(s) {
		p.countUnread(at)
		p.scan.start(at, p.info.damage(at, "block claims %d bytes, but other blocks begin within them", need))
		return true
	}
	p.info.endedEarly(at, "file ends inside a block (%d of %d bytes)", left, need)
	s.pos = s.n
	return false
}

// minBlock is the length of an empty block: type, length, length.
const minBlock = 12

// blocks reads all complete blocks. It stops at one that is not complete, of
// which need bytes are wanted, or at one whose framing is bad.
func (p *ngParser) blocks(s *Slab) (need int, bad string) {
	buf := s.Buf[:s.n]
	for {
		rest := buf[s.pos:]
		if len(rest) < minBlock {
			return minBlock, ""
		}
		typ := binary.LittleEndian.Uint32(rest)
		big := p.big
		if typ == blockSHB {
			// The byte order of a section header is told behind its length.
			switch m := binary.LittleEndian.Uint32(rest[8:]); m {
			case byteOrderMagic:
				p.big = false
			case bits.ReverseBytes32(byteOrderMagic):
				p.big = true
			default:
				return 0, fmt.Sprintf("section header with byte-order magic 0x%08x", m)
			}
		} else if p.big {
			typ = bits.ReverseBytes32(typ)
		}
		size := p.u32(rest[4:])
		switch {
		case size < minBlock || size%4 != 0 || size > p.limit || typ == blockSHB && size < minSHB:
			p.big = big
			return 0, fmt.Sprintf("block of type 0x%x has the bad length %d", typ, size)
		case int(size) > len(rest):
			p.big = big
			return int(size), ""
		}
		if again := p.u32(rest[size-4:]); again != size {
			p.big = big
			return 0, fmt.Sprintf("block of type 0x%x has length %d at its beginning and %d at its end", typ, size, again)
		}
		if typ == blockSHB {
			p.endSection(s.BufOffset + int64(s.pos))
			p.section(rest[:size], s.BufOffset+int64(s.pos))
		} else if p.unread == nil {
			p.block(s, typ, rest[:size])
		}
		if p.misfit.len > 0 {
			p.tellMisfit(s, kindOf(typ))
		}
		s.pos += int(size)
	}
}

// block reads a block other than a section header. b is all of it.
func (p *ngParser) block(s *Slab, typ uint32, b []byte) {
	kind := kindOf(typ)
	p.counts[kind]++
	body := b[8 : len(b)-4]
	switch kind {
	case kindEPB:
		p.enhancedPacket(s, body)
	case kindSPB:
		p.simplePacket(s, body)
	case kindPB:
		p.oldPacket(s, body)
	case kindIDB:
		p.interfaceDescription(s, body)
	case kindISB:
		p.statistics(s, body)
	case kindNRB:
		p.nameResolution(body)
	case kindDSB:
		if len(body) >= 8 {
			if n := pad4(p.u32(body[4:])); n <= uint64(len(body)-8) {
				p.comments(body[8+n:])
			}
		}
	case kindJournal, kindCustom, kindCustomNC:
		p.info.Frames++
	}
}

// pad4 is n rounded up to a multiple of 4.
func pad4(n uint32) uint64 { return (uint64(n) + 3) &^ 3 }

// badBlock records a block whose framing is right but whose content is not.
func (p *ngParser) badBlock(s *Slab, format string, args ...any) {
	p.info.damage(s.BufOffset+int64(s.pos), format, args...)
}

// endSection closes the section at offset at.
func (p *ngParser) endSection(at int64) {
	p.countUnread(at)
	p.unread = nil
}

// countUnread counts the bytes of a section that is passed over, up to at.
func (p *ngParser) countUnread(at int64) {
	if p.unread != nil {
		p.info.skipped(p.unread, at-p.unreadFrom)
		p.unreadFrom = at
	}
}

// finish implements parser.
func (p *ngParser) finish() {
	for k, n := range p.counts {
		if n > 0 {
			p.info.Blocks[blockNames[k]] = n
		}
	}
}
