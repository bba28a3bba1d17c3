package ssh

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// pairKey is a client and the server that it connects to.
type pairKey struct {
	client, server decoders.Addr
	port           uint16
}

// pair accounts for the sessions of a client with a server: password guessing.
type pair struct {
	fast, many window // ends of sessions with prompt guesses, of failed ones

	failed, keys, guesses uint64
	success               uint64
	first, last           int64
	firstFrame            decoders.FrameRef
	byFast, byMany        bool // what made it a finding
	cites
}

// window holds the last times of something: whether its capacity was reached
// within a span of time.
type window struct {
	times []int64
	next  int
}

// add notes t and reports whether the last n times, t included, lie within span.
func (w *window) add(t int64, n int, span int64) bool {
	if n < 1 {
		return true
	}
	if len(w.times) < n {
		w.times = append(w.times, t)
	} else {
		w.times[w.next] = t
	}
	w.next = (w.next + 1) % n
	return len(w.times) == n && t-w.times[w.next%len(w.times)] <= span
}

// looker is a client that looks at servers and leaves.
type looker struct {
	servers     map[endpoint]struct{}
	sessions    uint64
	more        bool // there were more servers than are kept
	loggedIn    bool
	first, last int64
	cites
}

// maxLooked is how many servers of a looker are told apart.
const maxLooked = 1024

// session takes the end of a session.
func (c *correlator) session(e *analyzers.Event) {
	if e.Flags&(flagFailed|flagSuccess) != 0 {
		c.guess(e)
	}
	if e.Flags&flagLooked != 0 {
		c.look(e)
	} else if e.Flags&flagSuccess != 0 {
		if l := c.clients.Find(e.Src); l != nil {
			l.loggedIn = true
		}
	}
}

func (c *correlator) guess(e *analyzers.Event) {
	key := pairKey{e.Src, e.Dst, e.DPort}
	if e.Flags&flagSuccess != 0 {
		if p := c.pairs.Find(key); p != nil {
			p.success++
		}
		return
	}
	p := c.pairs.Get(key)
	if p.failed == 0 {
		p.first, p.last, p.firstFrame = e.Time, e.V[0], e.Frame
	}
	p.failed++
	p.guesses += uint64(e.N)
	p.keys += uint64(e.V[1])
	p.first, p.last = min(p.first, e.Time), max(p.last, e.V[0])
	if e.Frame < p.firstFrame {
		p.firstFrame = e.Frame
	}
	p.add(analyzers.Evidence{Frame: e.Frame, Role: "a failed session", Time: e.Time, HasTime: true})
	if e.Flags&flagGuessed != 0 && p.fast.add(e.V[0], c.cfg.BruteFast, int64(c.cfg.FastWindow)) {
		p.byFast = true
	}
	if p.many.add(e.V[0], c.cfg.BruteMany, int64(c.cfg.ManyWindow)) {
		p.byMany = true
	}
}

func (c *correlator) look(e *analyzers.Event) {
	l := c.clients.Get(e.Src)
	if l.servers == nil {
		l.servers = map[endpoint]struct{}{}
		l.first, l.last = e.Time, e.V[0]
	}
	l.sessions++
	l.first, l.last = min(l.first, e.Time), max(l.last, e.V[0])
	server := endpoint{e.Dst, e.DPort}
	if _, known := l.servers[server]; known {
		return
	}
	if len(l.servers) >= maxLooked {
		l.more = true
		return
	}
	l.servers[server] = struct{}{}
	l.add(analyzers.Evidence{Frame: e.Frame, Role: "connection to " + e.Dst.HostPort(e.DPort), Time: e.Time, HasTime: true})
}

// hostKeyKey is a server and a type of host key.
type hostKeyKey struct {
	endpoint
	typ uint32
}

// hostKeys are the keys of one type that a server showed.
type hostKeys struct {
	keys [maxKeys]shownKey
	n    int
	more bool // there were more than are kept
}

type shownKey struct {
	hash  [4]int64
	count uint64
	time  int64
	frame decoders.FrameRef // the first reply with it
}

// maxKeys is how many keys of a server and type are told apart.
const maxKeys = 8

func (c *correlator) hostKey(e *analyzers.Event) {
	h := c.keys.Get(hostKeyKey{endpoint{e.Dst, e.DPort}, e.N})
	for i := range h.keys[:h.n] {
		if h.keys[i].hash == e.V {
			h.keys[i].count++
			return
		}
	}
	if h.n == maxKeys {
		h.more = true
		return
	}
	h.keys[h.n] = shownKey{hash: e.V, count: 1, time: e.Time, frame: e.Frame}
	h.n++
}

// grace is a connection that the server closed while it waited for the client.
type grace struct {
	client, server decoders.Addr
	cport, port    uint16
	tunnel         uint32
	age            int64
	time, since    int64
	begun          decoders.FrameRef // the connection's first frame
	frame, before  decoders.FrameRef // the close, and what the server had said last
	silent         bool
}

func newGrace(e *analyzers.Event) grace {
	return grace{client: e.Src, server: e.Dst, cport: e.SPort, port: e.DPort, tunnel: e.TunnelID, age: e.V[0], begun: decoders.FrameRef(e.V[1]),
		time: e.Time, since: e.V[3], frame: e.Frame, before: decoders.FrameRef(e.V[2]), silent: e.Flags&flagSilent != 0}
}
