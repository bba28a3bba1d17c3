package capture

import "sync/atomic"

// slabState is the part of a Slab that belongs to the reader.
type slabState struct {
	refs atomic.Int32
	pool *slabPool

	// The three below are the reader's alone: they are set before the slab is
	// handed out and mean nothing afterwards.
	pos int // Buf[pos:n] is read but not yet parsed
	n   int // Buf[:n] holds file bytes
}

// Retain adds n references, one for each further owner. Only somebody who holds
// a reference may call it.
func (s *Slab) Retain(n int32) { s.refs.Add(n) }

// Release gives up one reference. After the last one the reader reuses the
// memory; it panics when called more often than there were references, since
// the memory would then be overwritten under its readers.
func (s *Slab) Release() {
	switch left := s.refs.Add(-1); {
	case left > 0:
	case left == 0 && s.pool == nil: // a clone: the garbage collector takes it
	case left == 0:
		s.pool.put(s)
	default:
		panic("capture: slab released more often than retained")
	}
}

// Clone returns a slab with the same records in memory of its own, no more than
// they need, and one reference, for whoever has to keep records without keeping
// the reader from going on. s stays as it is.
func (s *Slab) Clone() *Slab {
	c := &Slab{FrameBase: s.FrameBase, BufOffset: s.BufOffset, Recs: append([]Record(nil), s.Recs...)}
	if n := len(c.Recs); n > 0 {
		begin, last := c.Recs[0].Off, &c.Recs[n-1]
		c.Buf = append([]byte(nil), s.Buf[begin:last.Off+last.Len]...)
		c.BufOffset += int64(begin)
		for i := range c.Recs {
			c.Recs[i].Off -= begin
		}
	}
	c.refs.Store(1)
	return c
}

// grow makes room for at least want bytes, keeping those that are there. It at
// least doubles, so that growing to any size copies each byte a constant number
// of times.
func (s *Slab) grow(want int) {
	size := max(want, 2*len(s.Buf))
	b := make([]byte, size)
	copy(b, s.Buf[:s.n])
	s.Buf = b
}

// compact moves the unparsed bytes to the front. The slab must have no records:
// their offsets would move.
func (s *Slab) compact() {
	if s.pos == 0 {
		return
	}
	s.n = copy(s.Buf, s.Buf[s.pos:s.n])
	s.BufOffset += int64(s.pos)
	s.pos = 0
}

// slabPool hands out at most max slabs at a time. The channel has room for all
// of them, so put never blocks, also after the reader was closed.
type slabPool struct {
	free chan *Slab
	done chan struct{} // closed by Reader.Close
	size int
	// The two below belong to the goroutine that calls get.
	made int
	most int // records in a slab so far
}

func newSlabPool(size, slabs int) *slabPool {
	return &slabPool{free: make(chan *Slab, slabs), done: make(chan struct{}), size: size}
}

// get returns an empty slab with one reference, waiting until one is released
// when all are out, or nil when the reader is closed meanwhile.
func (p *slabPool) get() *Slab {
	var s *Slab
	select {
	case <-p.done:
		return nil
	case s = <-p.free:
	default:
		if p.made < cap(p.free) {
			p.made++
			s = &Slab{}
			s.pool = p
			break
		}
		select {
		case <-p.done:
			return nil
		case s = <-p.free:
		}
	}
	if len(s.Buf) < p.size {
		s.Buf = make([]byte, p.size)
	}
	s.Recs = s.Recs[:0]
	if cap(s.Recs) < p.most {
		// As many records again, and some more: growing as they come takes thrice that.
		s.Recs = make([]Record, 0, p.most+p.most/4)
	}
	s.FrameBase, s.BufOffset = 0, 0
	s.pos, s.n = 0, 0
	s.refs.Store(1)
	return s
}

// put takes a slab back. One that had to grow for an outsize record loses that
// memory, so that a few such records do not keep all slabs large; one handed out
// short gets its whole buffer back.
func (p *slabPool) put(s *Slab) {
	s.Buf = s.Buf[:cap(s.Buf)]
	if len(s.Buf) > 2*p.size {
		s.Buf = nil
	}
	p.free <- s
}
