package stream

import "pcaptriage/decoders"

// Feed takes the next segment of s and hands to k what is in order now. The
// payload is not kept: what has to wait is copied.
func (p *Pool) Feed(s *Stream, g *Segment, k Sink) {
	if s.flags&ended != 0 {
		return
	}
	if g.Flags&(decoders.SYN|decoders.FIN|decoders.RST) == decoders.FIN && g.Len == 0 && g.Seq == s.next && g.Seq == s.top &&
		s.flags&(started|sawFIN) == started && s.line == 0 {
		// Nothing is missing, and nothing comes with it: as nearly always.
		s.stray, s.fin = 0, g.Seq
		s.flags |= sawFIN
		p.end(s, k, EndFIN)
		return
	}
	r := run{Segment: *g, start: true}
	if r.Len > maxSegment {
		r.Len = uint32(len(r.Payload)) // a damaged record's length
	}
	if int(r.Len) < len(r.Payload) {
		r.Payload = r.Payload[:r.Len]
	}
	if g.Flags&decoders.SYN != 0 {
		r.Seq++ // the SYN takes one number; data may follow it (RFC 7413)
		if s.flags&started == 0 {
			s.start(r.Seq, true)
		}
	}
	if g.Flags&decoders.RST != 0 {
		// A reset's payload is a diagnostic (RFC 9293 3.5.3), not stream data.
		p.flush(s, k)
		p.end(s, k, EndRST)
		return
	}
	if s.flags&started == 0 {
		if r.Len == 0 && g.Flags&decoders.FIN == 0 {
			return // a bare ACK may be a keep-alive probe: no place to start
		}
		s.start(r.Seq, false)
	}
	if !p.inWindow(s, &r, k) {
		return
	}
	s.noteFIN(&r)
	p.advance(s, &r, k)
	p.finish(s, k)
}

// Plain reports whether n bytes of payload at seq are the next of s, and nothing
// waits: as nearly always. If the segment has them all, and none of SYN, FIN and
// RST, the owner may take them as they are, as a Chunk at Offset that begins at a
// boundary, and call Advance in place of Feed.
func (s *Stream) Plain(seq, n uint32) bool {
	return seq == s.next && s.flags&(started|sawFIN|ended) == started && s.line == 0 && n-1 < maxSegment
}

// Advance tells that n bytes for which Plain holds were taken.
func (s *Stream) Advance(n uint32) {
	s.stray = 0
	s.moveTo(s.next+n, uint64(n))
}

// Acked tells that the other side has acknowledged everything before ack: holes
// that lie before it and behind which something is held are given up, since
// what the receiver has will not be sent again. Captures can hold an
// acknowledgement a little ahead of the data; such data are then dropped.
func (p *Pool) Acked(s *Stream, ack uint32, k Sink) {
	for {
		l := p.line(s)
		if l == nil || int32(ack-p.piece(l.head).seq) < 0 {
			break
		}
		p.skip(s, l, k)
	}
	p.finish(s, k)
}

// Close hands over everything that is held back, with the holes between, and
// ends the stream. Call it when the flow ends. A reset by the other side need not
// end this one: what was under way at that moment still arrives.
func (p *Pool) Close(s *Stream, k Sink) {
	if s.flags&ended != 0 {
		return
	}
	p.flush(s, k)
	p.end(s, k, EndClose)
}

// Drop frees what s holds back and ends it without a word to a Sink.
func (p *Pool) Drop(s *Stream) {
	if p.line(s) != nil {
		p.dropLine(s.line)
	}
	s.line = 0
	s.flags |= ended
}

// Holding returns the number of segments that s holds back.
func (p *Pool) Holding(s *Stream) int {
	if l := p.line(s); l != nil {
		return l.count
	}
	return 0
}

// run is what is left to do of a segment: it shrinks from the front.
type run struct {
	Segment
	start bool // begins where the segment began
}

// cut takes n bytes of sequence space off the front.
func (r *run) cut(n uint32) {
	if n == 0 {
		return
	}
	r.Seq += n
	r.Len -= n
	r.Payload = r.Payload[min(int(n), len(r.Payload)):]
	r.start = false
}

// inWindow reports whether r can belong to s at all. A stream of which only
// such segments come begins anew.
func (p *Pool) inWindow(s *Stream, r *run, k Sink) bool {
	d := int32(r.Seq - s.next)
	if d <= maxWindow && d >= -maxWindow {
		s.stray = 0
		return true
	}
	p.stats.Stray++
	if r.Len == 0 {
		return false
	}
	if s.stray++; s.stray <= maxStray {
		return false
	}
	s.stray = 0
	p.flush(s, k)
	if s.flags&sawFIN != 0 {
		p.end(s, k, EndFIN)
		return false
	}
	p.stats.Restarts++
	k.Gap(Gap{Off: s.off, Cause: CauseRestart, Time: r.Time, Frame: r.Frame})
	s.moveTo(r.Seq, 0)
	s.top = s.next
	return true
}

// noteFIN remembers where the stream ends, as its first FIN says, and cuts off
// what comes later and lies behind it. A FIN in front of known bytes is no end.
func (s *Stream) noteFIN(r *run) {
	if r.Flags&decoders.FIN != 0 && s.flags&sawFIN == 0 {
		if fin := r.Seq + r.Len; int32(fin-s.top) >= 0 {
			s.fin = fin
			s.flags |= sawFIN
		}
	}
	if s.flags&sawFIN != 0 {
		if beyond := int32(r.Seq + r.Len - s.fin); beyond > 0 {
			r.Len -= min(uint32(beyond), r.Len)
			r.Payload = r.Payload[:min(len(r.Payload), int(r.Len))]
		}
	}
}

// advance hands over what of r is in order and holds back the rest, giving up
// holes as the limits demand.
func (p *Pool) advance(s *Stream, r *run, k Sink) {
	for r.Len > 0 {
		if behind := int32(s.next - r.Seq); behind > 0 {
			r.cut(min(uint32(behind), r.Len))
			continue
		}
		l := p.line(s)
		if r.Seq == s.next {
			n := r.Len
			if l != nil {
				// What is held came first and keeps its place.
				n = min(n, p.piece(l.head).seq-s.next)
				s.since = r.Time
			}
			p.emit(s, r.Payload[:min(int(n), len(r.Payload))], n, r.Time, r.Frame, r.start, k)
			r.cut(n)
			p.drain(s, k)
			continue
		}
		waited := l != nil && p.cfg.MaxWait > 0 && r.Time-s.since > int64(p.cfg.MaxWait)
		if !waited && p.hold(s, r) {
			return
		}
		to, time, frame := r.Seq, r.Time, r.Frame
		if l = p.line(s); l != nil {
			if h := p.piece(l.head); int32(h.seq-to) <= 0 {
				p.skip(s, l, k)
				s.since = time
				continue
			}
		}
		p.lose(s, to, time, frame, k)
	}
}

// hold keeps r until the hole before it is filled. It returns false if that is
// beyond the limits; then a part of r may be held already.
func (p *Pool) hold(s *Stream, r *run) bool {
	l := p.line(s)
	held, count := 0, 0
	if l != nil {
		held, count = l.bytes, l.count
		p.byUse.Touch(s.line)
	}
	if held+len(r.Payload) > p.cfg.MaxStream {
		return false
	}
	if l == nil {
		l = p.newLine(s)
		s.since = r.Time
	}
	if end := r.Seq + r.Len; int32(end-s.top) > 0 {
		s.top = end
	}
	ok := p.insert(s, l, r, count)
	if l = p.line(s); l.count == 0 {
		p.dropLine(s.line)
		s.line = 0
	} else if ok {
		p.stats.Held++
	}
	return ok
}

// insert puts those parts of r into the line that it does not have yet.
func (p *Pool) insert(s *Stream, l *line, r *run, count int) bool {
	rest := *r
	prev := uint32(0) // the piece before the place to insert at
	at := l.head
	if l.tail != 0 {
		if t := p.piece(l.tail); int32(rest.Seq-t.end()) >= 0 {
			prev, at = l.tail, 0
		}
	}
	for rest.Len > 0 {
		n := rest.Len
		if at != 0 {
			h := p.piece(at)
			if d := int32(h.seq - rest.Seq); d <= 0 {
				// rest begins in or behind h.
				if over := int32(h.end() - rest.Seq); over > 0 {
					rest.cut(min(uint32(over), rest.Len))
				}
				prev, at = at, h.next
				continue
			}
			n = min(n, h.seq-rest.Seq)
		}
		if count >= p.cfg.MaxSegments {
			return false
		}
		i := p.put(s, &rest, n)
		if i == 0 {
			return false
		}
		p.piece(i).next = at
		if prev != 0 {
			p.piece(prev).next = i
		} else {
			l.head = i
		}
		if at == 0 {
			l.tail = i
		}
		l.count++
		count++
		l.bytes += int(p.piece(i).n)
		prev = i
		rest.cut(n)
	}
	return true
}

// put copies the first n bytes of r into a new piece; 0: no room.
func (p *Pool) put(s *Stream, r *run, n uint32) uint32 {
	b := r.Payload[:min(int(n), len(r.Payload))]
	i := p.newPiece(len(b), s.line)
	if i == 0 {
		return 0
	}
	q := p.piece(i)
	q.time, q.frame, q.seq, q.wire, q.n, q.start = r.Time, uint64(r.Frame), r.Seq, n, uint32(len(b)), r.start
	if q.buf != 0 {
		copy(p.mem.at(q.buf), b)
	}
	return i
}

// drain hands over what is held and has become in order.
func (p *Pool) drain(s *Stream, k Sink) {
	for l := p.line(s); l != nil && p.piece(l.head).seq == s.next; l = p.line(s) {
		i := l.head
		q := *p.piece(i)
		var b []byte
		if q.buf != 0 {
			b = p.mem.at(q.buf)[:q.n]
		}
		p.emit(s, b, q.wire, q.time, decoders.FrameRef(q.frame), q.start, k)
		l.head = p.dropPiece(i)
		l.count--
		l.bytes -= int(q.n)
		if l.head == 0 {
			p.dropLine(s.line)
			s.line = 0
		}
	}
}

// emit hands over the next n bytes, of which b was captured.
func (p *Pool) emit(s *Stream, b []byte, n uint32, time int64, frame decoders.FrameRef, start bool, k Sink) {
	if len(b) > 0 {
		k.Data(Chunk{Off: s.off, Bytes: b, Time: time, Frame: frame, Boundary: start})
	}
	if cut := uint64(n) - uint64(len(b)); cut > 0 {
		p.stats.Snapped += cut
		k.Gap(Gap{Off: s.off + uint64(len(b)), Len: cut, Cause: CauseSnap, Time: time, Frame: frame})
	}
	s.moveTo(s.next+n, uint64(n))
}

// lose gives up the bytes before to.
func (p *Pool) lose(s *Stream, to uint32, time int64, frame decoders.FrameRef, k Sink) {
	n := uint64(to - s.next)
	if n == 0 {
		return
	}
	p.stats.Lost += n
	k.Gap(Gap{Off: s.off, Len: n, Cause: CauseLost, Time: time, Frame: frame})
	s.moveTo(to, n)
}

// skip gives up the hole before the first of l's pieces, and hands over what is in
// order then. l is s's.
func (p *Pool) skip(s *Stream, l *line, k Sink) {
	h := p.piece(l.head)
	p.lose(s, h.seq, h.time, decoders.FrameRef(h.frame), k)
	p.drain(s, k)
}

// flush gives up all holes behind which something is known.
func (p *Pool) flush(s *Stream, k Sink) {
	for l := p.line(s); l != nil; l = p.line(s) {
		p.skip(s, l, k)
	}
	if s.flags&sawFIN != 0 {
		s.top = s.fin
	}
	p.lose(s, s.top, 0, 0, k) // what was held and taken away, or only the FIN told of
}

// finish ends the stream when its FIN is in order.
func (p *Pool) finish(s *Stream, k Sink) {
	if s.flags&(sawFIN|ended) == sawFIN && s.next == s.fin {
		p.end(s, k, EndFIN)
	}
}

func (p *Pool) end(s *Stream, k Sink, how Ending) {
	if p.line(s) != nil {
		p.dropLine(s.line)
		s.line = 0
	}
	if how == EndClose && s.flags&sawFIN != 0 && s.next == s.fin {
		how = EndFIN
	}
	s.flags |= ended
	k.End(how)
}
