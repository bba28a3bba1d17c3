package analyzers

import "sync"

// Aside is a cache line that most likely nobody will want; what its words mean
// is the analyzer's affair. Writing an event of 128 bytes and bringing those of
// all shards into one order is most of what an event costs. Asides reach the
// correlator as they come, in the memory they were written to, and only become
// events if it asks (see Sifter).
type Aside [8]uint64

// AsideRun is asides that one worker left between two batches' ends, next to
// each other in memory.
type AsideRun struct {
	Asides []Aside
	Marked uint64 // bit i: Asides[i] was marked
	N      int    // how many there are of them, those of two cache lines counted once

	chunk *asideChunk // not nil: the chunk's last run, with which all of it is free again
}

// asideChunk is a page of asides; it has as many as a run has marks.
type asideChunk [64]Aside

// AsidePool keeps the chunks that are not in use, for all workers.
type AsidePool struct {
	mu   sync.Mutex
	free []*asideChunk
}

func (p *AsidePool) get() *asideChunk {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return new(asideChunk)
	}
	c := p.free[n-1]
	p.free = p.free[:n-1]
	return c
}

// Release takes runs back, those of one worker in the order in which it left
// them.
func (p *AsidePool) Release(runs []AsideRun) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range runs {
		if c := runs[i].chunk; c != nil {
			p.free = append(p.free, c)
		}
	}
}

// Asides is where a worker's shards leave one analyzer's asides. A chunk is
// handed on in as many runs as it takes to fill it: a batch with few asides does
// not cost one of its own.
type Asides struct {
	pool  *AsidePool
	done  []AsideRun  // since the last Take, but for the current
	chunk *asideChunk // nil: none yet, and no room
	// The current run: chunk[from:to], and what AsideRun says of it.
	from, to int
	marked   uint64
	wide     int // of two cache lines
}

// NewAsides returns an empty list of asides with chunks from p.
func NewAsides(p *AsidePool) *Asides {
	return &Asides{pool: p, from: len(asideChunk{}), to: len(asideChunk{})}
}

// Aside begins an aside about the current packet and returns the cache line that
// it takes, to be written to its last word at once. mark is for the correlator
// (AsideRun). Expiries must leave none.
func (o *Out) Aside(mark bool) *Aside {
	a := o.Asides
	if a == nil || a.to == len(asideChunk{}) {
		o.turn()
		return o.Aside(mark)
	}
	i := a.take(1, mark)
	return &a.chunk[uint(i)%uint(len(a.chunk))]
}

// WideAside is Aside for one that takes two cache lines.
func (o *Out) WideAside(mark bool) *[2]Aside {
	a := o.Asides
	if a == nil || a.to+2 > len(asideChunk{}) {
		o.turn()
		return o.WideAside(mark)
	}
	a.wide++
	i := a.take(2, mark)
	return (*[2]Aside)(a.chunk[i:])
}

// take takes the next n cache lines of the chunk; i is the first.
func (a *Asides) take(n int, mark bool) (i int) {
	i = a.to
	if mark {
		a.marked |= 1 << (uint(i-a.from) % 64)
	}
	a.to = i + n
	return i
}

// turn begins a chunk.
func (o *Out) turn() {
	if o.Asides == nil {
		o.Asides = NewAsides(&AsidePool{})
	}
	a := o.Asides
	if a.chunk != nil {
		a.end(a.chunk)
	}
	a.chunk, a.from, a.to = a.pool.get(), 0, 0
}

// end ends the current run; last is its chunk if it is the last one.
func (a *Asides) end(last *asideChunk) {
	a.done = append(a.done, AsideRun{a.chunk[a.from:a.to], a.marked, a.to - a.from - a.wide, last})
	a.from, a.marked, a.wide = a.to, 0, 0
}

// Take moves all asides to the end of runs.
func (a *Asides) Take(runs []AsideRun) []AsideRun {
	if a.to > a.from {
		a.end(nil)
	}
	if len(a.done) == 0 {
		return runs
	}
	runs = append(runs, a.done...)
	clear(a.done)
	a.done = a.done[:0]
	return runs
}
