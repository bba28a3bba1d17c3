package stream

import "pcaptriage/decoders/recency"

// Pool keeps what the streams of one virtual shard hold back. It belongs to one
// goroutine at a time. When it is full, the stream whose held-back segments
// were touched least recently loses them; they become part of its hole.
type Pool struct {
	cfg    Config
	mem    mem
	pieces []piece  // all that is held, linked by line
	free   []uint32 // unused pieces
	lines  []line
	byUse  recency.List[uint32] // lines in use, by index plus one
	idle   []uint32             // unused lines
	stats  Stats
}

// Stats counts what a Pool did.
type Stats struct {
	Held         uint64 // segments that were held back
	HeldBytes    int    // payload memory in use now
	Evicted      uint64 // streams that lost what they held because the pool was full
	EvictedBytes uint64 // payload bytes lost with that
	Lost         uint64 // bytes told as CauseLost
	Snapped      uint64 // bytes told as CauseSnap
	Restarts     uint64 // CauseRestart
	Stray        uint64 // segments outside of any window
}

// piece is a held-back segment, or the part of one that was new.
type piece struct {
	time  int64
	frame uint64
	seq   uint32
	wire  uint32 // bytes on the wire
	n     uint32 // captured bytes, at most wire
	buf   uint32 // where they are; 0 if n is 0
	next  uint32 // next piece of the line, 0 at its end
	start bool   // begins where its segment began
}

// end is the sequence number behind q.
func (q *piece) end() uint32 { return q.seq + q.wire }

// line is what one stream holds back, ordered by sequence number, without
// overlaps.
type line struct {
	gen        uint32 // counts the line's owners
	head, tail uint32 // pieces
	count      int
	bytes      int // captured bytes
	links      recency.Links[uint32]
}

// NewPool returns an empty pool.
func NewPool(cfg Config) *Pool {
	cfg.MaxStream = min(cfg.MaxStream, maxBuf)
	p := &Pool{cfg: cfg, mem: mem{max: cfg.MaxBytes}}
	p.byUse = recency.New(func(i uint32) *recency.Links[uint32] { return &p.lines[i-1].links })
	return p
}

// Stats returns the counts so far.
func (p *Pool) Stats() Stats {
	p.stats.HeldBytes = p.mem.used
	return p.stats
}

// maxPieces bounds the pieces of all lines; it counts for segments of which no
// payload was captured, since the others are bounded by memory.
func (p *Pool) maxPieces() int { return max(p.cfg.MaxBytes>>minSizeBits, 1) }

func (p *Pool) piece(i uint32) *piece { return &p.pieces[i-1] }

// line returns what s holds back, nil if nothing.
func (p *Pool) line(s *Stream) *line {
	if s.line == 0 {
		return nil
	}
	l := &p.lines[s.line-1]
	if l.gen != s.gen {
		s.line = 0
		return nil
	}
	return l
}

// newLine gives s a line; it must have none.
func (p *Pool) newLine(s *Stream) *line {
	if n := len(p.idle); n > 0 {
		s.line = p.idle[n-1]
		p.idle = p.idle[:n-1]
	} else {
		p.lines = append(p.lines, line{})
		s.line = uint32(len(p.lines))
	}
	l := &p.lines[s.line-1]
	s.gen = l.gen
	p.byUse.Add(s.line)
	return l
}

// dropLine frees line i and all that it holds.
func (p *Pool) dropLine(i uint32) {
	l := &p.lines[i-1]
	for at := l.head; at != 0; {
		at = p.dropPiece(at)
	}
	p.byUse.Remove(i)
	*l = line{gen: l.gen + 1}
	p.idle = append(p.idle, i)
}

// dropPiece frees piece i and returns the one behind it.
func (p *Pool) dropPiece(i uint32) uint32 {
	q := p.piece(i)
	if q.buf != 0 {
		p.mem.put(q.buf)
	}
	next := q.next
	p.free = append(p.free, i)
	return next
}

// newPiece returns an unused piece with a buffer for n bytes, taking memory
// from the least recently used lines other than keep. It returns 0 when that is
// not enough.
func (p *Pool) newPiece(n int, keep uint32) uint32 {
	for len(p.pieces)-len(p.free) >= p.maxPieces() {
		if !p.evict(keep) {
			return 0
		}
	}
	var buf uint32
	if n > 0 {
		for {
			if buf = p.mem.get(n); buf != 0 {
				break
			}
			if n > min(p.mem.max, maxBuf) || !p.evict(keep) {
				return 0
			}
		}
	}
	var i uint32
	if k := len(p.free); k > 0 {
		i = p.free[k-1]
		p.free = p.free[:k-1]
	} else {
		p.pieces = append(p.pieces, piece{})
		i = uint32(len(p.pieces))
	}
	*p.piece(i) = piece{buf: buf}
	return i
}

// evict takes everything from the least recently used line other than keep,
// which is the most recently used one.
func (p *Pool) evict(keep uint32) bool {
	i := p.byUse.Oldest()
	if i == 0 || i == keep {
		return false
	}
	p.stats.Evicted++
	p.stats.EvictedBytes += uint64(p.lines[i-1].bytes)
	p.dropLine(i)
	return true
}
