package ssh

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/recency"
)

// correlator looks at what takes several connections, or DNS.
type correlator struct {
	cfg *config

	pairs   recency.Table[pairKey, pair]
	clients recency.Table[decoders.Addr, looker]
	keys    recency.Table[hostKeyKey, hostKeys]
	graces  []grace
	waiting recency.Table[endpoint, uint64] // connections of a server that wait for authentication
	asked   recency.Table[ptrKey, questions]

	loads map[decoders.FrameRef]uint64 // answers to evLoad
	looks map[decoders.FrameRef]lookup // answers to evGap

	// What was found with entries that the tables no longer have.
	guessers []guesser
	lookers  []namedLooker
	changed  []changedKey

	folded uint64 // what the caps left out
}

type guesser struct {
	pairKey
	pair
}

type namedLooker struct {
	client decoders.Addr
	looker
}

type changedKey struct {
	hostKeyKey
	hostKeys
}

// Caps of the correlator's tables; the least recently used entry goes, but what
// makes a finding stays, up to maxFound of a kind.
const (
	maxFound     = 4096
	maxPairs     = 8192
	maxClients   = 4096
	maxHostKeys  = 8192
	maxServers   = 8192
	maxQuestions = 4096
	maxAnswersTo = 4096
	maxGraces    = 4096
)

func newCorrelator(env *analyzers.Env) *correlator {
	c := &correlator{cfg: env.Config.(*config), loads: map[decoders.FrameRef]uint64{}, looks: map[decoders.FrameRef]lookup{}}
	c.pairs = recency.NewTable(maxPairs, func(k pairKey, p *pair) {
		if p.byFast || p.byMany {
			keepFound(c, &c.guessers, guesser{k, *p})
		}
	})
	c.clients = recency.NewTable(maxClients, func(k decoders.Addr, l *looker) {
		if len(l.servers) >= c.cfg.ScanMin {
			keepFound(c, &c.lookers, namedLooker{k, *l})
		}
	})
	c.keys = recency.NewTable(maxHostKeys, func(k hostKeyKey, h *hostKeys) {
		if h.n > 1 {
			keepFound(c, &c.changed, changedKey{k, *h})
		}
	})
	c.waiting = recency.NewTable[endpoint, uint64](maxServers, nil)
	c.asked = recency.NewTable[ptrKey, questions](maxQuestions, nil)
	return c
}

func keepFound[T any](c *correlator, to *[]T, x T) {
	if len(*to) >= maxFound {
		c.folded++
		return
	}
	*to = append(*to, x)
}

// Event implements analyzers.Correlator.
func (c *correlator) Event(e *analyzers.Event) {
	server := endpoint{e.Dst, e.DPort}
	switch e.Kind {
	case evEnter:
		*c.waiting.Get(server)++
	case evLeave:
		if n := c.waiting.Get(server); *n > 0 {
			*n--
		}
	case evLoad:
		if n := *c.waiting.Get(server); n > 0 && len(c.loads) < maxAnswersTo {
			c.loads[e.Frame] = n - 1 // without the one that asks
		}
	case evGap:
		if q := c.asked.Find(ptrKey{e.Dst, e.Src}); q != nil && len(c.looks) < maxAnswersTo {
			if l := q.within(e.V[0], e.V[1]); l.n > 0 {
				c.looks[e.Frame] = l
			}
		}
	case evSession:
		c.session(e)
	case evHostKey:
		c.hostKey(e)
	case evGrace:
		if len(c.graces) == maxGraces {
			c.folded++
			return
		}
		c.graces = append(c.graces, newGrace(e))
	case evPTR:
		c.asked.Get(ptrKey{e.Src, e.Dst}).ask(e.Time, e.Frame)
	case evPTRAnswer:
		if q := c.asked.Find(ptrKey{e.Src, e.Dst}); q != nil {
			q.answer(e.Time)
		}
	}
}

// End implements analyzers.Correlator.
func (c *correlator) End(int64) analyzers.Result {
	c.pairs.Empty()
	c.clients.Empty()
	c.keys.Empty()
	return &correlated{c}
}

// correlated is the correlator's result. There is one a run, so nothing is ever
// merged.
type correlated struct{ *correlator }

func (*correlated) Merge(analyzers.Result) {}

// endpoint is a server's address and port.
type endpoint struct {
	addr decoders.Addr
	port uint16
}

// ptrKey names a host that asks for the name of an address.
type ptrKey struct{ host, about decoders.Addr }

// questions are the last PTR questions of a host about an address.
type questions struct {
	at [maxAsked]question
	n  uint64
}

type question struct {
	time, answered int64 // answered: 0 if never
	frame          decoders.FrameRef
}

const maxAsked = 16

// lookup is what was asked and not answered while a client waited.
type lookup struct {
	n           uint64
	first, last question
}

func (q *questions) ask(at int64, frame decoders.FrameRef) {
	q.at[q.n%maxAsked] = question{time: at, frame: frame}
	q.n++
}

func (q *questions) answer(at int64) {
	for i := range q.at {
		if x := &q.at[i]; x.frame != 0 && x.answered == 0 {
			x.answered = at
		}
	}
}

// prompt is how soon an answer must come for a look-up to cost nothing.
const prompt = 200e6

// within returns the questions between two times that got no answer, or a late
// one.
func (q *questions) within(from, to int64) (l lookup) {
	for i := max(q.n, maxAsked) - maxAsked; i < q.n; i++ {
		x := q.at[i%maxAsked]
		if x.time < from-prompt || x.time > to || x.answered != 0 && x.answered-x.time < prompt {
			continue
		}
		if l.n == 0 {
			l.first = x
		}
		l.last = x
		l.n++
	}
	return l
}
