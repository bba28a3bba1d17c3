package capture

import (
	"encoding/binary"
	"slices"
)

// recordSums is what a run over records adds up.
type recordSums struct {
	earliest, latest int64 // times
	late             uint64
	bytes, cut       uint64
}

// plainRecLen is the length of the header of a plain record.
const plainRecLen = 16

// plain appends the records of which most files consist, for as long as they
// come one after the other, and leaves the first other one to records: those of
// a little-endian file of today's version, not empty, whole, of lengths that
// make sense.
func (p *pcapParser) plain(s *Slab, sums *recordSums) {
	if p.big || p.order != capturedFirst || p.recLen != plainRecLen {
		return
	}
	begin := s.pos
	for p.plainRun(s, sums) {
		s.Recs = slices.Grow(s.Recs, 1)
	}
	if s.pos != begin {
		p.zeros = 0
	}
}

// plainRun is plain for as long as there is room in s.Recs, and reports whether
// that was what ended it. This is the hot loop: it calls nothing, so that most of
// what it needs stays in registers, and what happens seldom is summed up in
// memory.
func (p *pcapParser) plainRun(s *Slab, sums *recordSums) (full bool) {
	var (
		buf    = s.Buf[:s.n:s.n]
		pos    = s.pos
		first  = len(s.Recs)
		n      = first
		recs   = s.Recs[:cap(s.Recs)]
		limit  = p.limit
		latest = sums.latest
	)
	for n < len(recs) && len(buf)-pos >= plainRecLen {
		h := (*[plainRecLen]byte)(buf[pos : pos+plainRecLen : pos+plainRecLen])
		c, w := binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
		end := pos + plainRecLen + int(c)
		if c-1 >= limit || w < c || end > len(buf) { // c-1: an empty one is none of the plain
			break
		}
		r := &recs[n]
		n++
		r.Off, r.Len, r.Orig, r.Frame, r.Iface, r.Flags = uint32(pos+plainRecLen), c, w, uint32(n), 0, HasTime
		if w != c {
			r.Flags = HasTime | SnapCut
			sums.cut++
			sums.bytes += uint64(w - c)
		}
		t := int64(binary.LittleEndian.Uint32(h[:]))*1e9 + int64(binary.LittleEndian.Uint32(h[4:]))*p.fracNS
		r.Time = t
		if t < latest {
			sums.late++
			sums.earliest = min(sums.earliest, t)
		} else {
			latest = t
		}
		pos = end
	}
	sums.bytes += uint64(pos - s.pos - (n-first)*plainRecLen)
	sums.latest = latest
	s.pos, s.Recs = pos, recs[:n]
	return n == len(recs)
}
