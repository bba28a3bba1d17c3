package flow

import (
	"math"
	"time"
)

// class is a timeout class. Flows of one class have the same timeout, so that
// in its list, ordered by last packet, the deadlines are ordered as well.
type class uint8

const (
	classSYN    class = iota // nothing but SYNs yet
	classOpen                // open TCP connections
	classClosed              // closed ones, kept for late segments
	classOther               // everything but TCP
	numClasses
)

// classOf is a tracked TCP flow's class.
func classOf(s State) class {
	switch s {
	case StateSYN, StateSYNACK:
		return classSYN
	case StateClosed:
		return classClosed
	case StateNone:
		return classOther
	}
	return classOpen
}

// lru keeps one list a class, least recently used flow first. The links lie
// apart from the flows: relinking a flow writes to its neighbours, whose own
// cache lines are cold, while the links of a whole shard fit into the cache.
//
// links[0:numClasses] are the lists' sentinels, links[numClasses+id] belongs to
// flow id.
type lru struct {
	links []link
}

type link struct{ prev, next int32 }

func newLRU() lru {
	var l lru
	for c := range int32(numClasses) {
		l.links = append(l.links, link{c, c})
	}
	return l
}

// push puts f at the end of the list of its class.
func (l *lru) push(f *Flow) {
	i := f.id + int32(numClasses)
	for int(i) >= len(l.links) {
		l.links = append(l.links, link{})
	}
	head := int32(f.class)
	last := l.links[head].prev
	l.links[i] = link{last, head}
	l.links[last].next = i
	l.links[head].prev = i
}

// remove takes f out of its list.
func (l *lru) remove(f *Flow) {
	k := l.links[f.id+int32(numClasses)]
	l.links[k.prev].next = k.next
	l.links[k.next].prev = k.prev
}

// oldest returns the id at the front of a list, or -1.
func (l *lru) oldest(c class) int32 {
	i := l.links[c].next
	if i == int32(c) {
		return -1
	}
	return i - int32(numClasses)
}

// touch moves f, which has just had a packet, to the end of the list of class c.
func (t *Table) touch(f *Flow, c class) {
	i := f.id + int32(numClasses)
	if links := t.lru.links; f.class != c || links[c].prev != i {
		f.class = c
		relink(links, i, int32(c))
	}
}

// relink moves element i of a list to the end of the list with that sentinel.
func relink(links []link, i, head int32) {
	k := &links[i]
	links[k.prev].next = k.next
	links[k.next].prev = k.prev
	end := &links[head]
	links[end.prev].next = i
	*k = link{end.prev, head}
	end.prev = i
}

// deadline is the capture clock at which f ends if no packet comes.
func (t *Table) deadline(f *Flow) int64 {
	d := int64(t.timeout[f.class])
	if f.Last > math.MaxInt64-d {
		return math.MaxInt64
	}
	return f.Last + d
}

// expired is the reason for which a flow of that class ends at its deadline.
func (f *Flow) expired() EndReason {
	if f.class == classClosed {
		return EndClosed
	}
	return EndIdle
}

// Expire ends every flow whose deadline is not after clock, earliest deadline
// first (of equal ones the one with the earlier last packet). clock must not be
// ahead of the packets to come. How often it is called, and whether at all,
// changes only when an end is noticed.
func (t *Table) Expire(clock int64) {
	for {
		var due *Flow
		var at int64
		for c := range numClasses {
			id := t.lru.oldest(c)
			if id < 0 {
				continue
			}
			f := t.arena.at(id)
			d := t.deadline(f)
			if d <= clock && (due == nil || d < at || d == at && f.LastFrame < due.LastFrame) {
				due, at = f, d
			}
		}
		if due == nil {
			return
		}
		t.end(due, due.expired(), at)
	}
}

// evict makes room for a flow: what is past its deadline ends first, so that
// sweeps leave no trace, and only then goes the flow that was used least
// recently, over all classes (last packets are totally ordered by frame).
func (t *Table) evict(clock int64) {
	t.Expire(clock)
	if t.arena.live() < t.max {
		return
	}
	var victim *Flow
	for c := range numClasses {
		id := t.lru.oldest(c)
		if id < 0 {
			continue
		}
		f := t.arena.at(id)
		if victim == nil || older(f, victim) {
			victim = f
		}
	}
	t.stats.Evicted++
	t.end(victim, EndEvicted, clock)
}

// older reports whether a's last packet came before b's.
func older(a, b *Flow) bool {
	if a.Last != b.Last {
		return a.Last < b.Last
	}
	if a.LastFrame != b.LastFrame {
		return a.LastFrame < b.LastFrame
	}
	return a.Serial < b.Serial
}

func timeouts(cfg Config) (t [numClasses]time.Duration) {
	t[classSYN], t[classOpen], t[classClosed], t[classOther] = cfg.IdleSYN, cfg.IdleTCP, cfg.Linger, cfg.IdleOther
	return t
}
