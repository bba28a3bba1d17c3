package capture

import (
	"encoding/binary"
	"math/bits"
)

// stopReason says why a run over records ended.
type stopReason uint8

const (
	stopNeed   stopReason = iota // the next record is not complete
	stopLength                   // it has an absurd length
	stopZeros                    // too many all-zero headers
)

// records appends all complete records and stops at the first that is not, or
// that cannot be believed. What most files hold, plain takes; here is the loop
// for the rest: one load for each field, and byte order and length order decided
// by branches that always go the same way in a file.
func (p *pcapParser) records(s *Slab) (stop stopReason, need int) {
	in := p.info
	if len(s.Recs) == 0 {
		s.FrameBase = in.Frames
	}
	var (
		buf, first     = s.Buf[:s.n], len(s.Recs)
		big, order     = p.big, p.order
		fracNS, recLen = p.fracNS, p.recLen
		sums           = recordSums{earliest: in.FirstTime, latest: in.LastTime}
		gap            RecordFlags
	)
	if p.gap {
		gap = AfterGap
	}
	if !in.HasTime && len(buf)-s.pos >= recLen {
		sums.earliest = p.time(buf[s.pos:])
		sums.latest = sums.earliest
	}
	for {
		if gap == 0 {
			p.plain(s, &sums)
		}
		pos := s.pos
		if len(buf)-pos < recLen {
			need = recLen
			break
		}
		h := buf[pos : pos+16 : pos+16]
		sec, frac := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
		c, w := binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
		if big {
			sec, frac = bits.ReverseBytes32(sec), bits.ReverseBytes32(frac)
			c, w = bits.ReverseBytes32(c), bits.ReverseBytes32(w)
		}
		if order != capturedFirst && (order == originalFirst || c > w) {
			c, w = w, c
		}
		if c > p.limit {
			stop = stopLength
			break
		}
		off := pos + recLen
		end := off + int(c)
		if end > len(buf) {
			need = end - pos
			break
		}
		if c != 0 {
			p.zeros = 0
		} else if sec|frac|w == 0 {
			if p.zeros++; p.zeros > maxZeroRecords {
				stop = stopZeros
				break
			}
		}
		s.pos = end
		t := int64(sec)*1e9 + int64(frac)*fracNS
		flags := HasTime | gap
		gap = 0
		if w != c {
			if w > c {
				flags |= SnapCut
				sums.cut++
			} else {
				flags |= BadOrig
				w = c
			}
		}
		if t >= sums.latest {
			sums.latest = t
		} else {
			sums.late++
			sums.earliest = min(sums.earliest, t)
		}
		sums.bytes += uint64(w)
		s.Recs = append(s.Recs, Record{
			Time: t, Off: uint32(off), Len: c, Orig: w, Frame: uint32(len(s.Recs) + 1), Flags: flags,
		})
	}
	if n := uint64(len(s.Recs) - first); n > 0 {
		p.gap = false
		ifc := &in.Interfaces[0]
		if !ifc.HasTime {
			ifc.FirstTime, ifc.HasTime = s.Recs[first].Time, true
		}
		ifc.Packets += n
		in.Packets += n
		in.Frames += n
		in.Bytes += sums.bytes
		in.FirstTime, in.LastTime, in.HasTime = sums.earliest, sums.latest, true
		in.OutOfOrder += sums.late
		in.SnapCut += sums.cut
	}
	return stop, need
}

// time is the timestamp in a record header, in ns since 1970. The seconds are
// unsigned; a fraction of a second or more is added as it stands. It cannot
// overflow.
func (p *pcapParser) time(h []byte) int64 {
	o := p.byteOrder()
	return int64(o.Uint32(h))*1e9 + int64(o.Uint32(h[4:]))*p.fracNS
}
