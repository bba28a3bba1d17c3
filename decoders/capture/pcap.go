package capture

import (
	"encoding/binary"
	"fmt"
)

// Magic numbers of the pcap family as written by a little-endian machine
// (draft-ietf-opsawg-pcap; wiretap's libpcap.h for the variants).
const (
	magicPcap     = 0xa1b2c3d4
	magicPcapNS   = 0xa1b23c4d
	magicPcapMod  = 0xa1b2cd34 // Kuznetzov's patches of 1999
	magicIxiaHW   = 0x1c0001ac // Ixia lcap, nanoseconds, 4 more header bytes
	magicIxiaSW   = 0x1c0001ab // Ixia lcap, microseconds, 4 more header bytes
	pcapHeaderLen = 24
)

// maxPacket is the largest captured length that libpcap and wiretap accept; a
// larger one is taken for damage.
const maxPacket = 262144

// maxSaneSnapLen is the largest stated snaplen that raises that limit. Some
// programs write 0xffffffff or garbage there.
const maxSaneSnapLen = 16 << 20

// maxBigPacket is the limit for link types whose packets really can be huge.
const maxBigPacket = 128 << 20

// packetLimit returns the largest captured length, in bytes, that is believed
// for a link type and snaplen.
func packetLimit(linkType uint16, snapLen uint32) uint32 {
	switch linkType {
	case 189, 220, 231, 249, 279: // USB_LINUX, USB_LINUX_MMAPPED, DBUS, USBPCAP, EBHSCR
		return maxBigPacket
	}
	if snapLen > maxPacket && snapLen <= maxSaneSnapLen {
		return snapLen
	}
	return maxPacket
}

// lengthOrder says in which order a record header has its two lengths.
type lengthOrder uint8

const (
	capturedFirst lengthOrder = iota // 2.4
	originalFirst                    // before 2.3, and DG/UX's 543.0
	eitherFirst                      // 2.3: some writers did not follow the change
)

// pcapParser reads the pcap family.
type pcapParser struct {
	info *Info
	scan scanner

	big    bool
	fracNS int64 // ns in a unit of the fraction field
	recLen int   // length of a record header
	order  lengthOrder
	limit  uint32 // largest believable captured length
	skip   int    // file header bytes still to pass over
	zeros  int    // length of the current run of all-zero record headers
	gap    bool   // the next record follows a gap
}

// maxZeroRecords is how many all-zero record headers in a row are counted as
// records, as wiretap would, before they are taken for what they are: a part of
// the file that was never written, or a decompression bomb.
const maxZeroRecords = 64

func (p *pcapParser) byteOrder() binary.ByteOrder {
	if p.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// newPcapParser reads the file header in head. head may go on into the first
// records, which then help to tell variants of the format apart; whole says
// that it is all of the file.
func newPcapParser(info *Info, head []byte, whole bool, opt Options) (*pcapParser, error) {
	p := &pcapParser{info: info, fracNS: 1000, recLen: 16, skip: pcapHeaderLen}
	info.Format, info.Sections = FormatPcap, 1
	magic := binary.LittleEndian.Uint32(head)
	if !isPcapMagic(magic) {
		p.big, magic = true, binary.BigEndian.Uint32(head)
	}
	info.BigEndian = p.big
	switch magic {
	case magicPcapNS:
		info.Format, p.fracNS = FormatPcapNS, 1
	case magicIxiaHW:
		info.Format, p.fracNS, p.skip = FormatPcapNS, 1, pcapHeaderLen+4
	case magicIxiaSW:
		p.skip = pcapHeaderLen + 4
	case magicPcapMod:
		info.Format, p.recLen = FormatPcapModified, 24
	}
	if len(head) < pcapHeaderLen {
		p.scan = newScanner(p, info, opt)
		return p, nil // parse tells that the file header is cut
	}

	o := p.byteOrder()
	info.VersionMajor, info.VersionMinor = o.Uint16(head[4:]), o.Uint16(head[6:])
	if info.VersionMajor < 2 {
		return nil, fmt.Errorf("%w: pcap version %d.%d", ErrUnsupported, info.VersionMajor, info.VersionMinor)
	}
	ifc := Interface{SnapLen: o.Uint32(head[16:]), LinkTypeRaw: o.Uint32(head[20:]), TSResol: 6}
	ifc.LinkType = uint16(ifc.LinkTypeRaw)
	if p.fracNS == 1 {
		ifc.TSResol = 9
	}
	p.order = lengthsOf(info.VersionMajor, info.VersionMinor)
	if magic == magicPcap && p.order == originalFirst && info.VersionMajor == 2 && info.VersionMinor == 2 {
		if lt, ok := aixLinkType(ifc.LinkTypeRaw); ok {
			ifc.LinkType, ifc.TSResol, p.fracNS = lt, 9, 1
		}
	}
	p.limit = packetLimit(ifc.LinkType, ifc.SnapLen)
	if info.VersionMajor == 2 && info.VersionMinor == 4 || magic == magicPcapMod {
		if err := p.chooseVariant(magic, head[min(p.skip, len(head)):], whole, ifc.SnapLen); err != nil {
			return nil, err
		}
	}
	info.Interfaces = append(info.Interfaces, ifc)
	info.fields = append(info.fields, pcapField(p.big, uint16(ifc.LinkTypeRaw) == ifc.LinkType))
	p.scan = newScanner(p, info, opt)
	return p, nil
}

func isPcapMagic(m uint32) bool {
	switch m {
	case magicPcap, magicPcapNS, magicPcapMod, magicIxiaHW, magicIxiaSW:
		return true
	}
	return false
}

// lengthsOf follows libpcap's sf-pcap.c: version 2.3 exchanged the two length
// fields, some writers of 2.3 did not, and DG/UX wrote the old order as 543.0.
func lengthsOf(major, minor uint16) lengthOrder {
	switch {
	case major == 543, major == 2 && minor < 3:
		return originalFirst
	case major == 2 && minor == 3:
		return eitherFirst
	}
	return capturedFirst
}

// aixLinkType maps the RFC 1573 ifType that AIX's version 2.2 files have in
// place of a link type; these files also have nanoseconds.
func aixLinkType(raw uint32) (uint16, bool) {
	switch raw {
	case 6:
		return 1, true // Ethernet
	case 9:
		return 6, true // token ring
	case 15:
		return 10, true // FDDI
	case 24:
		return 0, true // loopback
	}
	return 0, false
}

// parse implements parser.
func (p *pcapParser) parse(s *Slab, eof bool) (need int, done bool) {
	if p.skip > 0 {
		if s.n < p.skip {
			if eof {
				p.info.endedEarly(int64(s.n), "file ends inside the file header (%d of %d bytes)", s.n, p.skip)
				s.pos = s.n
			}
			return p.skip, false
		}
		s.pos, p.skip = p.skip, 0
	}
	for {
		if p.scan.active {
			if need, done = p.scan.run(s, eof); need > 0 || done || p.scan.active {
				return need, done
			}
			p.gap = true
		}
		stop, need := p.records(s)
		at := s.BufOffset + int64(s.pos)
		switch stop {
		case stopNeed:
			if !eof || s.pos == s.n {
				return need, false
			}
			if !p.cutOrBad(s, at, need) {
				return 0, false
			}
		case stopLength:
			o := p.byteOrder()
			p.scan.start(at, p.info.damage(at, "record claims %d captured bytes, more than the limit of %d",
				p.capLen(o, s.Buf[s.pos:]), p.limit))
		case stopZeros:
			p.scan.start(at, p.info.damage(at, "zeros where packet records should be"))
		}
	}
}

// cutOrBad deals with a record that reaches past the end of the file. If
// trustworthy records lie inside it, its length is wrong and reading goes on
// there (true); otherwise the file was cut.
func (p *pcapParser) cutOrBad(s *Slab, at int64, need int) bool {
	left := s.n - s.pos
	if left > p.recLen && p.scan.finds(s) {
		p.scan.start(at, p.info.damage(at, "record claims %d captured bytes, but other records begin within them", need-p.recLen))
		return true
	}
	if left < p.recLen {
		p.info.endedEarly(at, "file ends inside a packet record's header (%d of %d bytes)", left, p.recLen)
	} else {
		p.info.endedEarly(at, "file ends inside a packet (%d of %d bytes)", left-p.recLen, need-p.recLen)
	}
	s.pos = s.n
	return false
}

// capLen is the captured length in a record header.
func (p *pcapParser) capLen(o binary.ByteOrder, h []byte) uint32 {
	c, w := o.Uint32(h[8:]), o.Uint32(h[12:])
	if p.order == originalFirst || p.order == eitherFirst && c > w {
		return w
	}
	return c
}

// probe implements prober: the plausibility of a record header.
func (p *pcapParser) probe(buf []byte, at, _ int) (size int, sec int64, ok bool) {
	o, h := p.byteOrder(), buf[at:]
	c, w := o.Uint32(h[8:]), o.Uint32(h[12:])
	if p.order == originalFirst || p.order == eitherFirst && c > w {
		c, w = w, c
	}
	limit := min(p.limit, maxPacket)
	if c == 0 || c > limit || w < c || w > maxBigPacket || int64(o.Uint32(h[4:]))*p.fracNS >= 1e9 {
		return 0, 0, false
	}
	return p.recLen + int(c), int64(o.Uint32(h)), true
}

func (p *pcapParser) probeLen() int { return p.recLen }

func (p *pcapParser) ends([]byte, int, int) bool { return true }

func (p *pcapParser) finish() {}
