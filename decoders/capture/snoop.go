package capture

import (
	"encoding/binary"
	"fmt"
)

const (
	snoopMagic     = "snoop\x00\x00\x00"
	snoopHeaderLen = 16
	snoopRecLen    = 24
	// shomitiTrailer is the least padding that tells a Shomiti Surveyor file.
	shomitiTrailer = 16
	// maxSnoopPad is the padding that is believed of a record.
	maxSnoopPad = 4096
)

// snoopParser reads snoop (RFC 1761), big-endian throughout.
type snoopParser struct {
	info   *Info
	scan   scanner
	header bool // the file header was passed
	gap    bool
}

// newSnoopParser reads the file header in head; the first record header, if it
// is there, tells whether the file is Shomiti's, whose link types differ.
func newSnoopParser(info *Info, head []byte, opt Options) (*snoopParser, error) {
	p := &snoopParser{info: info}
	p.scan = newScanner(p, info, opt)
	info.Format, info.Sections, info.BigEndian = FormatSnoop, 1, true
	if len(head) < snoopHeaderLen {
		return p, nil // parse tells that the file header is cut
	}
	o := binary.BigEndian
	version, raw := o.Uint32(head[8:]), o.Uint32(head[12:])
	if version < 2 || version > 5 {
		return nil, fmt.Errorf("%w: snoop version %d", ErrUnsupported, version)
	}
	info.VersionMajor = uint16(version)
	shomiti := false
	if h := head[snoopHeaderLen:]; len(h) >= snoopRecLen {
		shomiti = int64(o.Uint32(h[8:]))-snoopRecLen-int64(o.Uint32(h[4:])) >= shomitiTrailer
	}
	lt, ok := snoopLinkType(raw, shomiti)
	if !ok {
		return nil, fmt.Errorf("%w: snoop datalink type %d", ErrUnsupported, raw)
	}
	info.Interfaces = append(info.Interfaces, Interface{LinkType: lt, LinkTypeRaw: raw, TSResol: 6})
	info.fields = append(info.fields, linkField{fixed: "a snoop file states a datalink type of its own kind"})
	return p, nil
}

// snoopLinkType maps a datalink type of RFC 1761 and its later additions (Sun's
// dlpi.h), or of Shomiti's files, to a LINKTYPE_ value.
func snoopLinkType(raw uint32, shomiti bool) (uint16, bool) {
	const (
		ethernet  = 1
		tokenRing = 6
		fddi      = 10
		null      = 0
		ipOverFC  = 122
		sunATM    = 123
		ipnet     = 226
		ipOverIB  = 242
	)
	switch raw {
	case 0, 4: // IEEE 802.3, Ethernet
		return ethernet, true
	case 2:
		return tokenRing, true
	case 8:
		return fddi, true
	}
	if shomiti {
		switch raw {
		case 10, 12, 19: // fast, gigabit, 10 gigabit
			return ethernet, true
		case 11, 13, 14:
			return tokenRing, true
		}
		return 0, false
	}
	switch raw {
	case 9, 14: // other, software loopback
		return null, true
	case 16:
		return ipOverFC, true
	case 18:
		return sunATM, true
	case 26:
		return ipOverIB, true
	case 0x80000005:
		return ipnet, true
	}
	return 0, false
}

// parse implements parser.
func (p *snoopParser) parse(s *Slab, eof bool) (need int, done bool) {
	if !p.header {
		if s.n < snoopHeaderLen {
			if eof {
				p.info.endedEarly(int64(s.n), "file ends inside the file header (%d of %d bytes)", s.n, snoopHeaderLen)
				s.pos = s.n
			}
			return snoopHeaderLen, false
		}
		s.pos, p.header = snoopHeaderLen, true
	}
	for {
		if p.scan.active {
			if need, done = p.scan.run(s, eof); need > 0 || done || p.scan.active {
				return need, done
			}
			p.gap = true
		}
		need, bad := p.records(s)
		at := s.BufOffset + int64(s.pos)
		if bad != "" {
			p.scan.start(at, p.info.damage(at, "%s", bad))
			continue
		}
		if !eof || s.pos == s.n {
			return need, false
		}
		if left := s.n - s.pos; left > snoopRecLen && p.scan.finds(s) {
			p.scan.start(at, p.info.damage(at, "record claims %d bytes, but other records begin within them", need))
			continue
		} else if left < snoopRecLen {
			p.info.endedEarly(at, "file ends inside a packet record's header (%d of %d bytes)", left, snoopRecLen)
		} else {
			p.info.endedEarly(at, "file ends inside a packet record (%d of %d bytes)", left, need)
		}
		s.pos = s.n
		return 0, false
	}
}

// records appends all complete records.
func (p *snoopParser) records(s *Slab) (need int, bad string) {
	in, o := p.info, binary.BigEndian
	if len(s.Recs) == 0 {
		s.FrameBase = in.Frames
	}
	ifc := &in.Interfaces[0]
	for {
		h := s.Buf[s.pos:s.n]
		if len(h) < snoopRecLen {
			return snoopRecLen, ""
		}
		w, c, size, drops := o.Uint32(h), o.Uint32(h[4:]), o.Uint32(h[8:]), o.Uint32(h[12:])
		if c > maxPacket || w > maxPacket || size < snoopRecLen+c || size > snoopRecLen+c+maxSnoopPad {
			return 0, fmt.Sprintf("record claims %d bytes with %d captured of %d", size, c, w)
		}
		if int(size) > len(h) {
			return int(size), ""
		}
		in.Frames++
		in.Packets++
		r := Record{
			Time: int64(o.Uint32(h[16:]))*1e9 + int64(o.Uint32(h[20:]))*1000,
			Off:  uint32(s.pos + snoopRecLen), Len: c, Orig: w,
			Frame: uint32(in.Frames - s.FrameBase), Flags: HasTime,
		}
		in.measure(&r, &p.gap)
		ifc.Packets++
		ifc.Dropped, ifc.HasDrops = max(ifc.Dropped, uint64(drops)), true
		in.observe(ifc, r.Time)
		s.Recs = append(s.Recs, r)
		s.pos += int(size)
	}
}

func (p *snoopParser) probeLen() int { return snoopRecLen }

// probe implements prober.
func (p *snoopParser) probe(buf []byte, at, _ int) (size int, sec int64, ok bool) {
	o, h := binary.BigEndian, buf[at:]
	w, c, n := o.Uint32(h), o.Uint32(h[4:]), o.Uint32(h[8:])
	if c == 0 || c > maxPacket || w < c || w > maxPacket || n < snoopRecLen+c || n > snoopRecLen+c+maxSnoopPad || o.Uint32(h[20:]) >= 1e6 {
		return 0, 0, false
	}
	return int(n), int64(o.Uint32(h[16:])), true
}

func (p *snoopParser) ends([]byte, int, int) bool { return true }

func (p *snoopParser) finish() {}
