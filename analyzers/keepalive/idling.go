package keepalive

import (
	"math"

	"pcaptriage/analyzers"
)

// settled is how long a connection must have carried no request for the
// correlator to be told that it is idle. Exchanges that follow each other sooner
// are one busy time: what other connections of the pair were opened meanwhile
// were opened while this one was in use. It saves an event or two for nearly
// every exchange.
const settled = int64(100e6)

// idleQueue lists connections whose last response is over, until they have been
// idle for settled. The packets of the shard drive it, so it does not depend on
// anything but them. It is a ring.
type idleQueue struct {
	// due is the capture clock at which the oldest entry must be looked at.
	// The zero queue is due at any time, which does no harm.
	due   int64
	ring  []idleEntry
	first int
	count int
}

type idleEntry struct {
	due    int64
	id     uint64 // httpPart.id, which tells whether handle still names it
	handle uint32
}

func (q *idleQueue) push(e idleEntry) {
	if q.count == len(q.ring) {
		ring := make([]idleEntry, max(16, 2*q.count))
		n := copy(ring, q.ring[q.first:])
		copy(ring[n:], q.ring[:q.first])
		q.ring, q.first = ring, 0
	}
	q.ring[(q.first+q.count)&(len(q.ring)-1)] = e
	q.count++
	if q.count == 1 {
		q.due = e.due
	}
}

func (q *idleQueue) pop() idleEntry {
	e := q.ring[q.first]
	q.first = (q.first + 1) & (len(q.ring) - 1)
	q.count--
	q.due = math.MaxInt64
	if q.count > 0 {
		q.due = q.ring[q.first].due
	}
	return e
}

// drop takes out the entries of connections that have ended.
func (q *idleQueue) drop(ended func(e *idleEntry) bool) {
	kept := 0
	at := func(i int) *idleEntry { return &q.ring[(q.first+i)&(len(q.ring)-1)] }
	for i := range q.count {
		if e := at(i); !ended(e) {
			*at(kept) = *e
			kept++
		}
	}
	q.count = kept
	q.due = math.MaxInt64
	if kept > 0 {
		q.due = at(0).due
	}
}

func (q *idleQueue) clear() { q.first, q.count, q.due = 0, 0, math.MaxInt64 }

// becomeIdle tells the correlator of the connections that have been idle long
// enough.
func (fp *flowPart) becomeIdle(now int64, out *analyzers.Out) {
	q := &fp.idling
	for q.count > 0 && q.due <= now {
		e := q.pop()
		h := fp.https.at(e.handle)
		if h.id != e.id {
			continue // it has ended
		}
		h.flags &^= isQueued
		switch due := h.lastDone + settled; {
		case h.flags&isBusy == 0 || h.queue.Len() > 0:
		case due > now:
			h.flags |= isQueued
			e.due = due
			q.push(e)
		default:
			h.reportIdle(0, out)
		}
	}
	if q.count == 0 {
		q.due = math.MaxInt64
	}
}

// mayIdle notes that a response is over, on a connection that is not in the queue
// or is closed. Its request is still in the queue of requests, if it is known.
func (fp *flowPart) mayIdle(known bool) {
	c, h := fp.cur.c, fp.cur.h
	waiting := h.queue.Len()
	if known {
		waiting--
	}
	if h.flags&isBusy == 0 || waiting > 0 {
		return
	}
	if c.closed != 0 {
		h.reportIdle(c.closed, fp.cur.out)
		return
	}
	if h.flags&isQueued == 0 {
		h.flags |= isQueued
		// While the clock stands still, as in a file without times, none leaves by
		// itself.
		if q := &fp.idling; q.count == len(q.ring) && q.count >= 2*fp.maxHTTP {
			q.drop(func(e *idleEntry) bool { return fp.https.at(e.handle).id != e.id })
		}
		fp.idling.push(idleEntry{due: h.lastDone + settled, id: h.id, handle: c.http})
	}
}
