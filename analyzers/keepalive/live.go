package keepalive

import (
	"math"
	"math/bits"
	"slices"

	"pcaptriage/decoders"
)

// liveConn is a connection that may still matter for others of its pair.
type liveConn struct {
	id            uint64
	open          int64    // 0: not seen
	done          busyTime // the last that is over
	over          bool     // nothing more can come
	after, before bool     // opened soon after a response; its own response was soon followed by an opening
	busy          bool     // a request waits, or it has not been idle for long
	stays         bool     // nothing said that it closes
	flying        bool     // when it was opened, another was in use, or opened at that time too
	reused        bool     // the one that was idle then was used again, or closed at once
	passed        bool     // it may be the one that was idle when another was opened

	closed    int64
	kept      int64  // for how long after done the server said that it stays, or forever
	host      uint64 // of the last request
	begin     int64  // of the request since which it is busy; valid if busy
	past      busyTime
	openFrame decoders.FrameRef
	handshake int64
	exchanges uint32
	flags     uint16

	idle      uint64 // the connection that was idle when this one was opened, 0: none
	idleFrame decoders.FrameRef
	idleSince int64
}

// busyTime is a time in which a connection carried exchanges, without being idle
// for long in between. Zero: there was none.
type busyTime struct {
	begin     int64 // of the first request
	firstDone int64 // end of the first response
	end       int64 // of the last response
	endFrame  decoders.FrameRef
}

// quiet is the time from which on a connection that is opened learns nothing more
// from o, once it has found another that it followed soon.
func (o *liveConn) quiet() int64 {
	if o.over && (o.after || o.before) {
		return max(o.done.end, o.open+together)
	}
	return math.MaxInt64
}

// liveList are the latest connections of a pair, at most maxLive. What an event
// asks of each of them lies apart from the rest, of which most then remains
// untouched.
type liveList struct {
	heads []liveHead   // oldest first
	conns []*liveChunk // liveHead.at counts through them
	used  uint32       // a bit for each of their connections
}

// liveChunk is room for a few connections: more than most pairs ever have at a
// time, and little beside the most.
type liveChunk [4]liveConn

// liveHead finds a connection by its number, and by when it was opened.
type liveHead struct {
	id    uint64
	open  int64 // liveConn.open
	quiet int64 // liveConn.quiet, or later
	at    uint32
}

func (l *liveList) len() int { return len(l.heads) }

// at is the i-th connection, valid until it is removed.
func (l *liveList) at(i int) *liveConn { return l.room(l.heads[i].at) }

func (l *liveList) room(at uint32) *liveConn {
	return &l.conns[at/uint32(len(liveChunk{}))][at%uint32(len(liveChunk{}))]
}

// index is the place of the connection of that number, -1 if it is not there.
func (l *liveList) index(id uint64) int {
	heads := l.heads
	for i := len(heads) - 1; i >= 0; i-- {
		if heads[i].id == id {
			return i
		}
	}
	return -1
}

// find is that connection, nil if it is not there.
func (l *liveList) find(id uint64) *liveConn {
	if i := l.index(id); i >= 0 {
		return l.at(i)
	}
	return nil
}

// first is the place of the oldest for which is holds, -1 if there is none.
func (l *liveList) first(is func(*liveConn) bool) int {
	for i := range l.heads {
		if is(l.at(i)) {
			return i
		}
	}
	return -1
}

// add makes a connection of that number, the newest. There must be room.
func (l *liveList) add(id uint64) *liveConn {
	at := uint32(bits.TrailingZeros32(^l.used))
	if int(at) == len(l.conns)*len(liveChunk{}) {
		l.conns = append(l.conns, new(liveChunk))
	}
	l.used |= 1 << at
	c := l.room(at)
	*c = liveConn{id: id}
	l.heads = append(l.heads, liveHead{id: id, quiet: math.MaxInt64, at: at})
	return c
}

// opened notes when the newest was opened.
func (l *liveList) opened(at int64) {
	i := len(l.heads) - 1
	l.heads[i].open, l.at(i).open = at, at
}

// remove takes the i-th out.
func (l *liveList) remove(i int) {
	l.used &^= 1 << l.heads[i].at
	l.heads = slices.Delete(l.heads, i, i+1)
}

// compact takes those out whose number in heads was made 0, and gives the memory
// back if none is left.
func (l *liveList) compact() {
	l.heads = slices.DeleteFunc(l.heads, func(h liveHead) bool {
		if h.id == 0 {
			l.used &^= 1 << h.at
		}
		return h.id == 0
	})
	if len(l.heads) == 0 {
		*l = liveList{}
	}
}
