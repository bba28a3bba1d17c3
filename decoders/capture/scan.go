package capture

// scanner finds the next trustworthy place after damage: a chain of plausible
// record headers, each where the one before says. It needs memory for no more
// than such a chain, and time linear in the bytes passed over.
type scanner struct {
	active bool
	p      prober
	info   *Info
	max    int64 // bytes that one search may pass over

	from   int64 // where the damage begins
	next   int64 // first offset not yet tried
	damage *Damage
}

// prober judges a record header on its own.
type prober interface {
	// probeLen is the number of bytes needed to judge.
	probeLen() int
	// probe judges the header at buf[at:], of which probeLen bytes are there.
	// prev is the length of the record before it in the chain, 0 at the
	// beginning. It returns the record's length, header included, and its time
	// in seconds, or noTime.
	probe(buf []byte, at, prev int) (size int, sec int64, ok bool)
	// ends says whether a chain whose last record has length prev may end at at,
	// which is the end of the file.
	ends(buf []byte, at, prev int) bool
}

// noTime is the time of a record that has none.
const noTime = -1 << 62

const (
	// chainLen is the number of plausible headers in a row that are believed.
	chainLen = 3
	// maxJump is how far apart neighbours may lie in time, in seconds.
	maxJump = 25 * 3600
)

func newScanner(p prober, info *Info, opt Options) scanner {
	return scanner{p: p, info: info, max: opt.MaxSkip}
}

// start begins a search behind offset at, where d was found.
func (c *scanner) start(at int64, d *Damage) {
	c.active, c.from, c.next, c.damage = true, at, at+1, d
}

// run searches on in s. It ends with active false when a place was found, and
// s.pos is there; need and done are as in parser.
func (c *scanner) run(s *Slab, eof bool) (need int, done bool) {
	s.pos = max(s.pos, int(c.next-s.BufOffset))
	head := c.p.probeLen()
	buf := s.Buf[:s.n]
	for ; s.pos+head <= s.n; s.pos++ {
		if s.BufOffset+int64(s.pos)-c.from > c.max {
			c.giveUp(s)
			return 0, true
		}
		ok, short := c.chain(buf, s.pos, eof)
		if short > 0 {
			c.next = s.BufOffset + int64(s.pos)
			return short, false
		}
		if ok {
			c.info.skipped(c.damage, s.BufOffset+int64(s.pos)-c.from)
			c.active = false
			return 0, false
		}
	}
	c.next = s.BufOffset + int64(s.pos)
	if eof {
		c.giveUp(s)
		return 0, true
	}
	return head, false
}

// giveUp ends the search without a result.
func (c *scanner) giveUp(s *Slab) {
	s.pos = s.n
	c.damage.Fatal = true
	c.info.skipped(c.damage, s.BufOffset+int64(s.n)-c.from)
	c.active = false
}

// finds says whether the rest of s, which is the rest of the file, holds a
// trustworthy place behind s.pos.
func (c *scanner) finds(s *Slab) bool {
	for pos := s.pos + 1; pos+c.p.probeLen() <= s.n; pos++ {
		if ok, _ := c.chain(s.Buf[:s.n], pos, true); ok {
			return true
		}
	}
	return false
}

// chain says whether a chain of plausible records begins at pos. It may also
// end exactly at the end of the file before it has chainLen links. short is
// how many bytes from pos on are wanted to decide.
func (c *scanner) chain(buf []byte, pos int, eof bool) (ok bool, short int) {
	head := c.p.probeLen()
	at, size := pos, 0
	var prev int64
	for i := range chainLen {
		if at+head > len(buf) {
			if !eof {
				return false, at + head - pos
			}
			return at == len(buf) && c.p.ends(buf, at, size) && (i > 1 || i == 1 && tells(prev)), 0
		}
		var sec int64
		size, sec, ok = c.p.probe(buf, at, size)
		switch {
		case !ok, i == 0 && !c.near(sec), i > 0 && !within(sec, prev):
			return false, 0
		}
		prev = sec
		at += size
	}
	return true, 0
}

// near says whether a time in seconds fits the records read so far.
func (c *scanner) near(sec int64) bool {
	in := c.info
	return sec == noTime || !in.HasTime || sec >= in.FirstTime/1e9-maxJump && sec <= in.LastTime/1e9+maxJump
}

func within(a, b int64) bool {
	return a == noTime || b == noTime || a-b <= maxJump && b-a <= maxJump
}

// tells says whether a time that fits is evidence: in a capture whose times are
// near zero, any small number fits.
func tells(sec int64) bool { return sec == noTime || sec > 100*maxJump }
