package ssh

// arena holds the state of the sessions of one shard, at most max at a time,
// named by handles: 0 is none. Those in use are listed by when they were last
// touched.
type arena struct {
	chunks [][]session
	free   []uint32
	used   uint32
	live   int
	max    int

	oldest, newest uint32
}

const arenaChunk = 16

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
	a.link(h)
	return h
}

func (a *arena) full() bool { return a.live >= a.max }

// drop gives a handle back. Copies of it are recognised by the session's gen.
func (a *arena) drop(h uint32) {
	a.unlink(h)
	a.at(h).gen++
	a.live--
	a.free = append(a.free, h)
}

// touch makes h the most recently used.
func (a *arena) touch(h uint32) {
	if a.newest != h {
		a.unlink(h)
		a.link(h)
	}
}

func (a *arena) link(h uint32) {
	s := a.at(h)
	s.older, s.newer = a.newest, 0
	if a.newest != 0 {
		a.at(a.newest).newer = h
	} else {
		a.oldest = h
	}
	a.newest = h
}

func (a *arena) unlink(h uint32) {
	s := a.at(h)
	if s.older != 0 {
		a.at(s.older).newer = s.newer
	} else {
		a.oldest = s.newer
	}
	if s.newer != 0 {
		a.at(s.newer).older = s.older
	} else {
		a.newest = s.older
	}
}
