package keepalive

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// connRow is a connection in the table of connections.
type connRow struct {
	endpoints
	first     decoders.FrameRef
	exchanges uint32
	gaps      uint8
	flags     uint16
	longest   int64 // idle time before a request
	last      int64 // idle time before it was closed, -1: not closed, no response, or before the end of one
}

// compare orders those with the longest idle time first, then those with the
// most exchanges.
func (a *connRow) compare(b *connRow) int {
	switch {
	case a.longest != b.longest:
		return cmp.Compare(b.longest, a.longest)
	case a.exchanges != b.exchanges:
		return cmp.Compare(b.exchanges, a.exchanges)
	}
	return cmp.Compare(a.first, b.first)
}

// topConns keeps the first maxConnRows rows in order of connRow.compare.
type topConns struct {
	rows analyzers.First[connRow]
	cut  uint64
}

const maxConnRows = 1000

func (t *topConns) add(r connRow) {
	if last := t.rows.Last(); last != nil {
		t.cut++
		if r.compare(last) >= 0 {
			return
		}
	}
	t.rows.Add(maxConnRows, (*connRow).compare, func(row *connRow) { *row = r })
}

// sorted returns the rows in order. Nothing can be added any more.
func (t *topConns) sorted() []*connRow { return t.rows.Sorted((*connRow).compare) }

func newConnRow(e *analyzers.Event) connRow {
	longest, _ := unpackLongest(e.V[2])
	return connRow{endpoints: endpoints{client: e.Src, server: e.Dst, cport: e.SPort, sport: e.DPort, tunnel: e.TunnelID},
		first: e.Frame, exchanges: e.N, gaps: e.Proto, flags: e.Flags, longest: longest, last: e.V[3]}
}

// tells reports whether the row says anything that the one of its client and
// server does not: a connection for one exchange, closed because a message asked
// for that, has no history.
func (r *connRow) tells() bool {
	return r.flags&isHTTP2 == 0 && (r.exchanges > 1 || r.flags&(saidClose|saidHTTP10|toClose) == 0)
}

// closer is who closed the connection first.
func (r *connRow) closer() string {
	switch {
	case r.flags&wasClosed == 0:
		return "nobody"
	case r.flags&byClient != 0:
		return "client"
	}
	return "server"
}

// reason is why the connection was closed, as far as the messages and the packets
// tell.
func (r *connRow) reason() string {
	switch {
	case r.flags&wasClosed == 0:
		return "not closed in the capture"
	case r.flags&isTunnel != 0:
		return "upgraded"
	case r.flags&cutShort != 0 && r.flags&byReset != 0:
		return "RST within a response"
	case r.flags&cutShort != 0:
		return "FIN within a response"
	case r.flags&saidClose != 0:
		return "Connection: close"
	case r.flags&saidHTTP10 != 0:
		return "HTTP/1.0"
	case r.flags&toClose != 0:
		return "end of the response"
	case r.flags&byReset != 0 && r.last >= 0:
		return "RST after " + duration(r.last) + " idle"
	case r.flags&byReset != 0:
		return "RST"
	case r.last == 0:
		return "FIN with the response's end"
	case r.last >= 0:
		return "FIN after " + duration(r.last) + " idle"
	}
	return "FIN"
}

// turnKey says whose turns make one row.
type turnKey struct {
	pairKey
	protocol turnProtocol
}

// turnRow counts turns.
type turnRow struct {
	key                        turnKey
	connections, turns, reuses uint64
	longest                    int64
}

// maxTurnRows bounds the rows; what comes later is only counted.
const maxTurnRows = 1000

// turned takes the account of a connection of turns.
func (c *correlator) turned(e *analyzers.Event) {
	k := turnKey{pairKey{e.Src, e.Dst, e.DPort}, turnProtocol(e.Proto)}
	r := c.turns[k]
	if r == nil {
		if len(c.turns) >= maxTurnRows {
			c.turnsCut++
			return
		}
		r = &turnRow{key: k}
		c.turns[k] = r
	}
	r.connections++
	r.turns += uint64(e.N)
	r.reuses += uint64(e.V[1])
	r.longest = max(r.longest, e.V[0])
}

// sortedTurns lists the rows with the most turns first.
func (c *correlator) sortedTurns() []*turnRow {
	out := make([]*turnRow, 0, len(c.turns))
	for _, r := range c.turns {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *turnRow) int {
		return cmp.Or(cmp.Compare(b.turns, a.turns), a.key.compare(b.key.pairKey), cmp.Compare(a.key.protocol, b.key.protocol))
	})
	return out
}
