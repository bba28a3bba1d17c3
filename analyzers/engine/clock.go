package engine

import (
	"time"

	"pcaptriage/decoders/capture"
)

const (
	maxForward = uint64(24 * time.Hour)   // a larger step forward is not believed at once
	maxBack    = uint64(60 * time.Second) // nor a larger fall below the clock
	confirm    = 16                       // records in a row that must agree before the clock restarts
)

// stamp is a record's place in time: the capture clock at the record, and the
// epoch, which counts the clock's restarts.
type stamp struct {
	clock int64
	epoch uint32
}

// clock is the capture clock: the running maximum of the timestamps in frame
// order. A record whose time lies too far off is an outlier and does not move
// it, until confirm records in a row agree with each other on the new time;
// then a new epoch begins at the first of them. Records that may yet turn out
// to begin one wait; nothing waits while times are regular. The zero value is
// ready.
type clock struct {
	now     int64
	epoch   uint32
	started bool

	waiting   []waitingTime
	run       int   // of waiting, those with a time
	candidate int64 // running maximum of those

	outliers, resets uint64
}

type waitingTime struct {
	t   int64
	has bool
}

// feed takes the next record's time and appends to out the stamps that are
// now settled: one a record, in order, those of earlier waiting records first.
func (c *clock) feed(t int64, hasTime bool, out []stamp) []stamp {
	switch {
	case !hasTime:
		// A record without a time follows its neighbours.
		if len(c.waiting) > 0 {
			c.waiting = append(c.waiting, waitingTime{})
			return out
		}
	case !c.started:
		c.started, c.now = true, t
	case near(c.now, t):
		out = c.giveUp(out)
		c.now = max(c.now, t)
	default:
		return c.suspect(t, out)
	}
	return append(out, stamp{c.now, c.epoch})
}

// regular returns the clock for records that move it at once, which is no more
// than taking the maximum of what is near: whoever does so for records, in order,
// has no need to feed them. It starts the clock by the first of recs; nil if it
// has no time, or a record is waiting.
func (c *clock) regular(recs []capture.Record) *int64 {
	if len(c.waiting) > 0 {
		return nil
	}
	if !c.started {
		if len(recs) == 0 || recs[0].Flags&capture.HasTime == 0 {
			return nil
		}
		c.started, c.now = true, recs[0].Time
	}
	return &c.now
}

// suspect handles a time that does not fit the clock.
func (c *clock) suspect(t int64, out []stamp) []stamp {
	if c.run > 0 && near(c.candidate, t) {
		c.candidate = max(c.candidate, t)
	} else {
		out = c.giveUp(out)
		c.candidate = t
	}
	c.waiting = append(c.waiting, waitingTime{t, true})
	c.run++
	if c.run < confirm {
		return out
	}
	c.epoch++
	c.resets++
	c.now = c.waiting[0].t
	for _, w := range c.waiting {
		if w.has {
			c.now = max(c.now, w.t)
		}
		out = append(out, stamp{c.now, c.epoch})
	}
	c.waiting, c.run = c.waiting[:0], 0
	return out
}

// giveUp settles the waiting records as outliers: they get the old clock.
func (c *clock) giveUp(out []stamp) []stamp {
	for range c.waiting {
		out = append(out, stamp{c.now, c.epoch})
	}
	c.outliers += uint64(c.run)
	c.waiting, c.run = c.waiting[:0], 0
	return out
}

// near reports whether t follows a clock at now plausibly. The differences are
// taken as unsigned because the times may lie at both ends of int64.
func near(now, t int64) bool {
	if t >= now {
		return uint64(t)-uint64(now) <= maxForward
	}
	return uint64(now)-uint64(t) <= maxBack
}
