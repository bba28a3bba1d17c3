package keepalive

import (
	"math"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/httpwire"
)

// Kinds of events. Src is the client, Dst the server, unless said otherwise;
// Time and Frame are those of the first packet that the event is about.
const (
	// evRequest: a request's head, on a connection that was idle or new. V: when
	// the connection was opened (0: not seen), connection, hash of Host and
	// User-Agent (0: one is absent).
	evRequest uint8 = iota + 1
	// evIdle: the connection has become idle; Time and Frame are those of the
	// last response's end. N: seconds for which the server said that it keeps the
	// connection, plus 1; 0: it did not. V: end of the first response since
	// evRequest, connection, hash of the last request's Host and User-Agent, when
	// the connection was closed (0: it was not).
	evIdle
	// evClose: the connection's first FIN or RST, if it was idle. V: -, connection.
	evClose
	// evConn: nothing more of HTTP can come; Time and Frame are those of the
	// connection's first packet. N: exchanges. V: duration of the handshake
	// (-1: not seen), connection, longest idle time before a request and more
	// (see packLongest), when closed minus the last response (-1: not closed, no
	// response, or before the end of one). Proto: idle times of at least the option reuse-min before a
	// request, 255 for more.
	evConn
	// evReuse: a request on an idle connection. N: exchanges before. V: idle
	// time, frame of the last response's end, probes of client and server (16
	// bits each), frame of the first of those.
	evReuse
	// evRace: a request lost on an idle connection. N: announced timeout in
	// seconds plus 1. V: idle time, frame of the FIN (0: none), frame of the
	// RST (0: none), FIN minus request.
	evRace
	// evIdleDrop: N: how often sent. V: idle time, last frame, last time,
	// second frame.
	evIdleDrop
	// evReset: RST on an idle connection; isPartial: not one whose exchanges were
	// read from the first on. V: idle time, last frame before, its time.
	evReset
	// evSlow: a response took long. N: hash of method and target. V: how long,
	// frame of the response's first byte, its time, how much of V[0] can have been
	// the round trip to the server (-1: not known).
	evSlow
	// evIntervals precedes evProbes. N: intervals in a row below the flood limit.
	// V: intervals: number, min, max, sum.
	evIntervals
	// evRunIntervals precedes evProbes. V: the same of the probes without an answer
	// at the end.
	evRunIntervals
	// evProbes: one side's probes on one connection; Src is the prober, Proto
	// the probeOutcome. N: number. V: idle time before the first and before the
	// last, frame of the first unanswered, frame of the RST.
	evProbes
	// evProbesMore directly precedes evProbes. Time: of the last probe, Frame:
	// its frame. V: longest run without an answer, number of answers, when the
	// RST came, run without an answer at the end.
	evProbesMore
	// evWithheld: a verdict that cannot be given.
	evWithheld
	// evTurns: a connection that did not carry HTTP/1.x has ended; Time and Frame
	// are those of its first packet. N: turns, Proto: turnProtocol. V: longest
	// idle time before a turn of the client's, times that it was used again as
	// far as TLS lets that be seen.
	evTurns
)

// Flags of events.
const (
	firstRequest uint16 = 1 << iota // evRequest: of a connection whose SYN is in the capture; evConn: of such a connection
	closes                          // evRequest, evIdle: a message says that the connection closes
	byClient                        // evReset, evClose, evConn: the client closed first
	byReset                         // evConn: by RST
	cutShort                        // evIdleDrop: the capture ended soon after; evConn: closed within a response
	wasClosed                       // evConn: FIN or RST seen
	saidClose                       // evConn: Connection: close
	saidHTTP10                      // evConn: HTTP/1.0 without keep-alive
	toClose                         // evConn: a response ended with the connection
	isPartial                       // evConn: exchanges with holes; evSlow: a head was cut; evReset
	isHTTP2                         // evConn: HTTP/2, not parsed
	isTunnel                        // evConn: became something else
	proberServer                    // evProbes: the server probes
	withByte                        // evProbes: probes carry a byte
	overTLS                         // evReuse, evRace: what looks like a request inside TLS
	afterFIN                        // evRace: the client had acknowledged the FIN when it sent the request
)

// event begins an event about f, whose client sends in direction dir.
func event(kind, dir uint8, f *flow.Flow) (e analyzers.Event) {
	e.Kind = kind
	e.Src, e.SPort = f.Endpoint(dir)
	e.Dst, e.DPort = f.Endpoint(dir ^ 1)
	e.TunnelID = f.TunnelID
	return e
}

func withheld(f *flow.Flow, out *analyzers.Out) {
	e := event(evWithheld, f.Client, f)
	out.Emit(&e)
}

// about begins an event about h's connection, which is one of out's already.
func (h *httpPart) about(kind uint8, out *analyzers.Out) *analyzers.Event {
	e := out.Begin()
	e.Kind = kind
	e.Src, e.SPort = h.ends.client, h.ends.cport
	e.Dst, e.DPort = h.ends.server, h.ends.sport
	e.TunnelID = h.ends.tunnel
	return e
}

// hostOf hashes a request's Host and User-Agent; 0: one is absent.
func hostOf(m *httpwire.Message) uint64 {
	if m.Host == 0 || m.Agent == 0 {
		return 0
	}
	return m.Host ^ (m.Agent<<23 | m.Agent>>41)
}

// becomeBusy tells of a request on a connection that was not busy.
func (fp *flowPart) becomeBusy(m *httpwire.Message) {
	h := fp.cur.h
	h.flags |= isBusy
	h.firstDone = 0
	e := h.about(evRequest, fp.cur.out)
	e.Time, e.Frame = m.Begin.Time, m.Begin.Frame
	if h.requests == 1 && h.flags&fromStart != 0 {
		e.Flags |= firstRequest
		e.V[0] = fp.cur.f.SYNTime
	}
	if h.flags&lastCloses != 0 {
		e.Flags |= closes
	}
	e.V[1], e.V[2] = int64(h.id), int64(h.host)
}

// reportIdle tells that the connection is idle, and when it was closed, if that
// was the reason.
func (h *httpPart) reportIdle(closed int64, out *analyzers.Out) {
	h.flags &^= isBusy
	e := h.about(evIdle, out)
	e.Time, e.Frame, e.N = h.lastDone, h.doneFrame, uint32(h.serverTimeout+1)
	e.V = [4]int64{h.firstDone, int64(h.id), int64(h.host), closed}
	if h.flags&lastCloses != 0 {
		e.Flags |= closes
	}
}

// reportClose tells that the connection is closed.
func (fp *flowPart) reportClose(c *conn, h *httpPart, out *analyzers.Out) {
	switch {
	case h.flags&hasClient == 0:
	case h.flags&isBusy == 0:
		e := h.about(evClose, out)
		e.Time, e.Frame = c.closed, c.closedFrame
		e.V[1] = int64(h.id)
	case h.queue.Len() == 0 && h.firstDone != 0:
		h.reportIdle(c.closed, out)
	}
}

// reportConn gives the account of a connection.
func (fp *flowPart) reportConn(c *conn, h *httpPart, f *flow.Flow, out *analyzers.Out) {
	var fl uint16
	set := func(is bool, bit uint16) {
		if is {
			fl |= bit
		}
	}
	if h.flags&hasClient == 0 {
		if h.sides[0].parser.Protocol() != httpwire.HTTP2 && h.sides[1].parser.Protocol() != httpwire.HTTP2 {
			return // it only looked like HTTP
		}
		h.setClient(f, f.Client)
		fl |= isHTTP2
	}
	if h.flags&isBusy != 0 && h.firstDone != 0 && h.queue.Len() == 0 {
		h.reportIdle(c.closed, out)
	}
	exchanges := h.responses
	if f.OneSided() {
		exchanges = max(h.responses, h.requests)
	}
	set(h.flags&fromStart != 0, firstRequest)
	set(c.closed != 0, wasClosed)
	set(c.closed != 0 && c.closeDir == h.client, byClient)
	set(c.flags&flagReset != 0, byReset)
	set(h.flags&askedClose != 0, saidClose)
	set(h.flags&askedHTTP10 != 0, saidHTTP10)
	set(h.flags&untilClose != 0, toClose)
	set(h.flags&partial != 0 || h.queue.Skipped() > 0, isPartial) // the latter: a response is missing altogether
	within := c.closed != 0 && h.flags&cutOff != 0
	set(within, cutShort)
	set(h.flags&upgraded != 0 || h.queue.Tunnelled(), isTunnel)
	e := h.about(evConn, out)
	e.Time, e.Frame, e.N, e.Flags, e.Proto = f.First, f.FirstFrame, exchanges, fl, uint8(min(h.gaps, 255))
	e.V = [4]int64{-1, int64(h.id), packLongest(h.longest, int64(h.requests)-int64(exchanges)), -1}
	if f.Flags&flow.SawSYN != 0 && f.AckTime > f.SYNTime && f.SYNTime != 0 {
		e.V[0] = f.AckTime - f.SYNTime
	}
	if c.closed >= h.lastDone && h.lastDone != 0 && !within {
		e.V[3] = c.closed - h.lastDone
	}
}

// packLongest puts a duration in ns below 2^48 (78 h, far beyond the life of an
// idle flow) and a small difference (requests minus exchanges) into one number.
func packLongest(longest, diff int64) int64 {
	return min(max(diff, math.MinInt16), math.MaxInt16)<<48 | min(longest, 1<<48-1)
}

func unpackLongest(v int64) (longest, diff int64) { return v & (1<<48 - 1), v >> 48 }

// reuse notes a request on an idle connection. It counts as reuse when the
// response begins (reused): before, the request may be lost.
func (fp *flowPart) reuse(m *httpwire.Message) {
	h := fp.cur.h
	h.pend = fp.note(fp.cur.c, h.client, m.Begin.Time, m.Begin.Frame)
	h.pend.done, h.pend.before = h.doneFrame, h.requests-1
}

// note begins a reuseNote about a request, with the probes before it.
func (fp *flowPart) note(c *conn, client uint8, begin int64, frame decoders.FrameRef) reuseNote {
	n := reuseNote{begin: begin, frame: frame}
	if c.probes == 0 {
		return n
	}
	pair := fp.probes.at(c.probes)
	of, by := &pair.d[client], &pair.d[client^1]
	n.probes = [2]uint16{of.gap, by.gap}
	switch {
	case of.gap > 0 && (by.gap == 0 || of.gapFrame < by.gapFrame):
		n.probe = of.gapFrame
	case by.gap > 0:
		n.probe = by.gapFrame
	}
	return n
}

// fill makes e the evReuse about the request that was noted.
func (n *reuseNote) fill(e *analyzers.Event, gap int64) {
	e.Time, e.Frame, e.N = n.begin, n.frame, n.before
	e.V = [4]int64{gap, int64(n.done), int64(n.probes[0]) | int64(n.probes[1])<<16, int64(n.probe)}
}

// reused reports the reuse that was noted.
func (fp *flowPart) reused() {
	h := fp.cur.h
	e := h.about(evReuse, fp.cur.out)
	h.pend.fill(e, h.pendGap)
	h.gaps++
}

func (fp *flowPart) reportRace(c *conn, h *httpPart, f *flow.Flow, r *httpwire.Pending, rst decoders.FrameRef, out *analyzers.Out) {
	h.flags |= raceReported
	e := h.about(evRace, out)
	e.Time, e.Frame, e.N = r.Begin.Time, r.Begin.Frame, uint32(h.serverTimeout+1)
	idle := h.pendGap
	if h.finTime != 0 {
		e.V[1], e.V[3] = int64(h.finFrame), h.finTime-r.Begin.Time
		if h.finTime >= h.lastDone {
			idle = h.finTime - h.lastDone
		}
	}
	e.V[0], e.V[2] = idle, int64(rst)
	if h.flags&knewFIN != 0 {
		e.Flags |= afterFIN
	}
}

// turnProtocol is what a connection of turns carries.
type turnProtocol uint8

const (
	turnsOther turnProtocol = iota
	turnsTLS
	turnsHTTP2
	turnsUpgraded
)

var turnProtocols = [...]string{"other", "tls", "http2", "upgraded"}

// reportTurns gives the account of a connection of turns.
func (fp *flowPart) reportTurns(c *conn, f *flow.Flow, out *analyzers.Out) {
	if c.turns == 0 {
		return
	}
	e := event(evTurns, f.Client, f)
	e.Time, e.Frame, e.N = f.First, f.FirstFrame, c.turns
	e.V[0] = c.longest
	switch {
	case c.tls != 0:
		e.Proto, e.V[1] = uint8(turnsTLS), int64(fp.tls.at(c.tls).reuses)
	case c.flags&flagHTTP2 != 0:
		e.Proto = uint8(turnsHTTP2)
	case c.flags&flagTunnel != 0:
		e.Proto = uint8(turnsUpgraded)
	}
	out.Emit(&e)
}

func (s *spacing) values() [4]int64 {
	return [4]int64{int64(s.count), s.shortest, s.widest, s.together}
}

func reportProbes(b *prober, d uint8, f *flow.Flow, out *analyzers.Out) {
	e := event(evIntervals, d, f)
	e.Time, e.Frame, e.N = b.first, b.firstFrame, b.fastest
	e.V = b.all.values()
	out.Emit(&e)

	e = event(evRunIntervals, d, f)
	e.Time, e.Frame = b.last, b.runFrame
	e.V = b.inRun.values()
	out.Emit(&e)

	e = event(evProbesMore, d, f)
	e.Time, e.Frame = b.last, b.lastFrame
	e.V = [4]int64{int64(b.longest), int64(b.answered), b.resetTime, int64(b.run)}
	out.Emit(&e)

	e = event(evProbes, d, f)
	e.Time, e.Frame, e.N, e.Proto = b.first, b.firstFrame, b.count, uint8(b.outcome)
	e.V = [4]int64{b.idle, b.lastIdle, int64(b.runFrame), int64(b.resetFrame)}
	if d != f.Client {
		e.Flags |= proberServer
	}
	if b.payload {
		e.Flags |= withByte
	}
	out.Emit(&e)
}
