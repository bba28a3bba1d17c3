package sctp

import (
	"encoding/binary"
	"slices"
)

// direction is what is remembered of the chunks that one endpoint sends.
type direction struct {
	vtag     uint32 // of the generation under way, valid if tagged
	tagged   bool
	seen     seenTSNs
	partials []*partial // in the order of their first fragment

	// highest is the highest TSN so far, valid if counting; missing are the
	// TSNs below it that have not been seen.
	highest  uint32
	counting bool
	missing  uint64

	// The TSNs seen last without a gap, valid if running; the highest one that the
	// receiver has acknowledged with all before it, valid if hasAck.
	runFirst, runLast uint32
	running           bool
	acked             uint32
	hasAck            bool

	initTSN uint32 // first TSN of the next generation, valid if hasInit
	hasInit bool
}

// begin starts a generation: nothing of the one before has a meaning in it.
func (d *direction) begin(vtag uint32, a *Assoc) {
	if d.tagged {
		a.Stats.Generations++
		for _, p := range d.partials {
			a.cfg.Budget.give(p.cost())
			a.Stats.Incomplete++
		}
		d.partials = d.partials[:0]
		d.seen.clear()
		a.Stats.Missing += d.missing
		d.endGeneration(a)
	}
	d.vtag, d.tagged = vtag, true
	if d.hasInit {
		// As if the one before the first had been seen: what is missing at the
		// beginning is missing behind it.
		d.running, d.runFirst, d.runLast = true, d.initTSN-1, d.initTSN-1
	}
	d.counting, d.missing = d.hasInit, 0
	d.highest, d.hasInit = d.initTSN-1, false
}

// count follows the TSNs to find those that the capture does not have. It is
// called for a fresh TSN.
func (d *direction) count(tsn uint32, window int) {
	step := int64(int32(tsn - d.highest))
	switch {
	case !d.counting, step > int64(window), step < -int64(window):
		// The first of the capture, or a jump too wide for loss.
		d.counting, d.highest = true, tsn
	case step > 0:
		d.missing += uint64(step - 1)
		d.highest = tsn
	case d.missing > 0:
		d.missing--
	}
}

// fragment takes a fragment; it returns the run that completed a message, which
// is no longer the direction's, or nil.
func (d *direction) fragment(c *Data, clock int64, a *Assoc) *partial {
	d.expire(clock, a)
	if !a.makeRoom(d, len(c.User)+fragmentOverhead) {
		a.Stats.Dropped++
		return nil
	}
	p := newPartial(c, clock)
	if i := d.find(func(q *partial) bool { return q.key == p.key && q.last+1 == p.first && !q.end && !p.begin }); i >= 0 {
		q := d.partials[i]
		q.join(p)
		p = q
		d.partials = slices.Delete(d.partials, i, i+1)
	}
	if i := d.find(func(q *partial) bool { return q.key == p.key && p.last+1 == q.first && !p.end && !q.begin }); i >= 0 {
		p.join(d.partials[i])
		d.partials = slices.Delete(d.partials, i, i+1)
	}
	switch {
	case p.size > a.cfg.MaxMessage || p.n > a.cfg.MaxFragments:
		a.Stats.Dropped++
		a.cfg.Budget.give(p.cost())
		return nil
	case p.begin && p.end:
		a.cfg.Budget.give(p.cost())
		return p
	}
	if len(d.partials) == a.cfg.MaxPartials {
		a.drop(d, 0)
	}
	i, _ := slices.BinarySearchFunc(d.partials, p, func(q, p *partial) int {
		if q.since <= p.since {
			return -1
		}
		return 1
	})
	d.partials = slices.Insert(d.partials, i, p)
	return nil
}

func (d *direction) find(match func(*partial) bool) int { return slices.IndexFunc(d.partials, match) }

// expire drops what is past its age. The oldest stand first.
func (d *direction) expire(clock int64, a *Assoc) {
	for len(d.partials) > 0 && clock-d.partials[0].since > a.cfg.MaxAge {
		a.drop(d, 0)
	}
}

// forward takes a FORWARD-TSN (RFC 3758 3.2) or I-FORWARD-TSN (RFC 8260 2.3.1):
// its sender gives up the messages up to there.
func (d *direction) forward(c *Chunk, a *Assoc) error {
	v := c.Value
	if len(v) < 4 {
		return shortErr(c)
	}
	cum := binary.BigEndian.Uint32(v)
	if d.counting && serialAfter(cum, d.highest) {
		d.endRun(a)
		d.running, d.runFirst, d.runLast = true, d.highest, cum
		d.highest = cum
	}
	if c.Type == TypeForwardTSN {
		d.dropIf(a, func(p *partial) bool { return !p.key.interleaved && !serialAfter(p.last, cum) })
		return nil
	}
	for v = v[4:]; len(v) >= 8; v = v[8:] {
		stream, unordered, mid := binary.BigEndian.Uint16(v), v[3]&1 != 0, binary.BigEndian.Uint32(v[4:])
		d.dropIf(a, func(p *partial) bool {
			return p.key.interleaved && p.key.stream == stream && p.key.unordered == unordered && !serialAfter(p.key.mid, mid)
		})
		if len(d.partials) == 0 {
			break
		}
	}
	return nil
}

func (d *direction) dropIf(a *Assoc, match func(*partial) bool) {
	for i := len(d.partials) - 1; i >= 0; i-- {
		if match(d.partials[i]) {
			a.drop(d, i)
		}
	}
}
