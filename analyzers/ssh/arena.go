package ssh

import "pcaptriage/decoders/recency"

// arena holds the state of the sessions of one shard, at most max at a time,
// named by handles: 0 is none. It must not be copied after init.
type arena struct {
	chunks [][]session
	free   []uint32
	used   uint32
	live   int
	max    int
	byUse  recency.List[uint32] // sessions in use
}

const arenaChunk = 16

func (a *arena) init(max int) {
	a.max = max
	a.byUse = recency.New(func(h uint32) *recency.Links[uint32] { return &a.at(h).links })
}

// at returns the session of a handle other than 0; valid until it is dropped.
func (a *arena) at(h uint32) *session { return &a.chunks[(h-1)/arenaChunk][(h-1)%arenaChunk] }

// take returns a new session's handle. There must be room (see full).
func (a *arena) take() (h uint32) {
	if n := len(a.free); n > 0 {
		h = a.free[n-1]
		a.free = a.free[:n-1]
	} else {
		if int(a.used) == len(a.chunks)*arenaChunk {
			a.chunks = append(a.chunks, make([]session, arenaChunk))
		}
		a.used++
		h = a.used
	}
	s := a.at(h)
	*s = session{gen: s.gen + 1}
	a.live++
	a.byUse.Add(h)
	return h
}

func (a *arena) full() bool { return a.live >= a.max }

// drop gives a handle back. Copies of it are recognised by the session's gen.
func (a *arena) drop(h uint32) {
	a.byUse.Remove(h)
	a.at(h).gen++
	a.live--
	a.free = append(a.free, h)
}
