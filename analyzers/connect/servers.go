package connect

import (
	"cmp"
	"slices"

	"pcaptriage/decoders"
)

// endpoint is a server's address and port.
type endpoint struct {
	addr decoders.Addr
	port uint16
}

func compareEndpoints(a, b endpoint) int {
	return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.port, b.port))
}

// maxPeers is the number of servers, and of clients, whose counts are kept
// apart; the first in the capture have them, the rest share one.
const maxPeers = 16384

// server is what is known of one server:port.
type server struct {
	counts    [numOutcomes]uint64
	slow      uint64 // answered after a repeated SYN
	noSYN     uint64 // SYN-ACKs without their SYN in the capture
	responded uint64 // connections in which it sent at least one byte
	answers   []span // when answered attempts began
}

func (s *server) attempts() (n uint64) {
	for _, c := range s.counts {
		n += c
	}
	return n
}

// span is a stretch of time in which answered attempts began, at most
// the selective window apart from each other.
type span struct {
	from, to int64
	n        uint64
}

const maxSpans = 64

// answer notes that an attempt which began at t was answered. Beginnings that
// are no more than window apart share a span: whether one of them lies within
// a stretch at least as long as window is then still known exactly.
func (s *server) answer(t, window int64) {
	i, _ := slices.BinarySearchFunc(s.answers, t, func(p span, t int64) int { return cmp.Compare(p.to, t) })
	// i is the first span that ends at or after t.
	joinsNext := i < len(s.answers) && s.answers[i].from-t <= window
	joinsPrev := i > 0 && t-s.answers[i-1].to <= window
	switch {
	case joinsNext && joinsPrev:
		s.answers[i-1].to = s.answers[i].to
		s.answers[i-1].n += s.answers[i].n + 1
		s.answers = slices.Delete(s.answers, i, i+1)
	case joinsNext:
		s.answers[i].from = min(s.answers[i].from, t)
		s.answers[i].n++
	case joinsPrev:
		s.answers[i-1].to = t
		s.answers[i-1].n++
	default:
		s.answers = slices.Insert(s.answers, i, span{t, t, 1})
		if len(s.answers) > maxSpans {
			s.answers = slices.Delete(s.answers, 0, 1)
		}
	}
}

// answeredIn reports whether an answered attempt began in [from, to].
func (s *server) answeredIn(from, to int64) bool {
	i, _ := slices.BinarySearchFunc(s.answers, from, func(p span, t int64) int { return cmp.Compare(p.to, t) })
	return i < len(s.answers) && s.answers[i].from <= to
}

// client is what is known of one client address.
type client struct {
	answered, unseen uint64
	groups           int
	unreadable       struct {
		count       uint64
		first, last int64 // valid if count > 0
	} // ICMP errors to it whose quotes are cut
}

func (c *client) unreadableAt(t int64) {
	u := &c.unreadable
	if u.count == 0 {
		u.first, u.last = t, t
	}
	u.count++
	u.first, u.last = min(u.first, t), max(u.last, t)
}

// maybeRejected reports whether an ICMP error that cannot be read came to the
// client while attempts begun at first waited, of which the last SYN went out
// at last.
func (c *client) maybeRejected(first, last int64) bool {
	const patience = int64(4e9) // routers that look for a neighbour take 3 s
	u := &c.unreadable
	return u.count > 0 && first <= u.last && u.first <= last+patience
}

// peers are the servers and clients met so far.
type peers struct {
	servers     map[endpoint]*server
	lastServer  *server  // what server returned last
	lastKey     endpoint // ... for this one
	otherServer server
	clients     map[decoders.Addr]*client
	otherClient client
}

func newPeers() peers {
	return peers{servers: map[endpoint]*server{}, clients: map[decoders.Addr]*client{}}
}

func (p *peers) server(e endpoint) *server {
	// Events come by the handful about one server.
	if p.lastServer == nil || p.lastKey != e {
		p.lastServer, p.lastKey = p.lookUp(e), e
	}
	return p.lastServer
}

func (p *peers) lookUp(e endpoint) *server {
	s := p.servers[e]
	if s == nil {
		if len(p.servers) >= maxPeers {
			return &p.otherServer
		}
		s = &server{}
		p.servers[e] = s
	}
	return s
}

func (p *peers) client(a decoders.Addr) *client {
	c := p.clients[a]
	if c == nil {
		if len(p.clients) >= maxPeers {
			return &p.otherClient
		}
		c = &client{}
		p.clients[a] = c
	}
	return c
}
