package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/httpwire"
)

// exchanges is the flow part as the handler of HTTP messages.
type exchanges flowPart

// Head implements httpwire.Handler.
func (x *exchanges) Head(m *httpwire.Message, head *httpwire.Head, r *httpwire.Pending) {
	fp := (*flowPart)(x)
	h := fp.cur.h
	fp.cur.c.flags |= flagHTTP
	if m.Flags&httpwire.HeadCut != 0 {
		h.flags |= headCut
	}
	if h.flags&hasClient == 0 {
		client := fp.cur.dir
		if m.Kind == httpwire.Response {
			client ^= 1
		}
		h.setClient(fp.cur.f, client)
	}
	if m.Flags&httpwire.Unasked != 0 {
		fp.noteUnasked()
	}
	if m.Kind == httpwire.Request {
		fp.request(m, head)
	} else if m.Flags&httpwire.Informational == 0 {
		fp.response(m, r)
	}
}

// noteUnasked takes the head of a response for which no request waits, and decides
// whether it answers one that the capture lacks: of that the server would have
// acknowledged more bytes than were seen.
func (fp *flowPart) noteUnasked() {
	h := fp.cur.h
	client := &h.sides[h.client&1]
	h.flags &^= unasked
	if h.flags&fromStart != 0 && client.stream.Started() && client.parser.Idle() &&
		!flow.Seq(client.stream.Next()).Less(fp.cur.f.Dir[h.client&1^1].Acked) {
		h.flags |= unasked
	}
}

// setClient fixes which side sends the requests.
func (h *httpPart) setClient(f *flow.Flow, client uint8) {
	h.flags |= hasClient
	h.client = client
	h.ends.client, h.ends.cport = f.Endpoint(client)
	h.ends.server, h.ends.sport = f.Endpoint(client ^ 1)
	h.ends.tunnel = f.TunnelID
}

// observe adds a duration to one of the rows of h's server. at is the frame that
// ended it.
func (fp *flowPart) observe(h *httpPart, row int, ns int64, at decoders.FrameRef) {
	if fp.cur.untimed {
		return
	}
	to := h.rows[row]
	if to == 0 {
		fp.observeFirst(h, row, ns, at)
		return
	}
	fp.latency.ObserveIn(to, ns, analyzers.SampleID(fp.cur.hash, at))
}

// observeFirst is observe for a row that has not been looked up yet.
func (fp *flowPart) observeFirst(h *httpPart, row int, ns int64, at decoders.FrameRef) {
	h.rows[row] = fp.rowOf(&h.ends, row)
	fp.observe(h, row, ns, at)
}

// rowOf looks one of the rows of the server of ends up.
func (fp *flowPart) rowOf(ends *endpoints, row int) analyzers.Series {
	k := analyzers.LabelKey{A: ends.server, PA: ends.sport}
	metric := metricResponse
	switch row {
	case rowIdle:
		metric = metricIdle
	case rowReused:
		k.X[0] = 1
	}
	return fp.latency.SeriesOf(metric, k)
}

// Done implements httpwire.Handler.
func (x *exchanges) Done(m *httpwire.Message, r *httpwire.Pending) {
	if m.Kind != httpwire.Response || m.Flags&httpwire.Informational != 0 {
		return
	}
	fp := (*flowPart)(x)
	c, h := fp.cur.c, fp.cur.h
	if m.Flags&httpwire.Unasked != 0 && h.flags&unasked != 0 {
		return // no exchange
	}
	h.responses++
	if m.Last.Time >= h.lastDone {
		h.lastDone, h.doneFrame = m.Last.Time, m.Last.Frame
	}
	if h.firstDone == 0 {
		h.firstDone = m.Last.Time
	}
	if m.Flags&(httpwire.Closes|httpwire.Partial) != 0 || m.Framing >= httpwire.UntilClose {
		fp.endsOddly(m)
	}
	if r != nil && r.Flags&httpwire.Closes != 0 {
		h.flags |= lastCloses
	}
	if c.probes != 0 {
		fp.forgetGap(c)
	}
	if h.flags&isQueued == 0 || c.closed != 0 {
		fp.mayIdle(r != nil)
	}
}

// endsOddly takes the end of a final response that is not whole, or with which
// more ends than the exchange.
func (fp *flowPart) endsOddly(m *httpwire.Message) {
	c, h := fp.cur.c, fp.cur.h
	if m.Flags&httpwire.Partial != 0 {
		h.flags |= partial
	}
	// Where the request is not known, it may have been a HEAD.
	if m.Flags&(httpwire.Truncated|httpwire.Unpaired) == httpwire.Truncated && m.Framing != httpwire.UntilClose {
		h.flags |= cutOff
	}
	switch m.Framing {
	case httpwire.Tunnel:
		h.flags |= upgraded | lastCloses
		c.flags &^= flagHTTP
	case httpwire.UntilClose:
		h.flags |= untilClose
	}
	if m.Flags&(httpwire.Closes|httpwire.Partial) != 0 {
		h.flags |= lastCloses
	}
}

// request takes a request's head: is it sent on a connection that was idle?
func (fp *flowPart) request(m *httpwire.Message, head *httpwire.Head) {
	h := fp.cur.h
	h.requests++
	serial := h.queue.Requests()
	if h.queue.Len() <= httpwire.MaxPending { // beyond, it would take the place of one that waits
		h.targets[serial%httpwire.MaxPending] = targetHash(m.Method, head.Target)
	}
	h.host = hostOf(m)
	told := h.flags&lastCloses != 0 && h.flags&(askedClose|askedHTTP10) != 0 // by the exchange before
	h.flags &^= lastCloses
	if m.Flags&(httpwire.CloseAsked|httpwire.Closes) != 0 {
		h.noteClosing(m)
		if m.Flags&httpwire.Closes != 0 {
			h.flags |= lastCloses
		}
	}
	if h.flags&isBusy == 0 {
		fp.becomeBusy(m)
	}
	if h.flags&headCut != 0 {
		fp.settleCut(m)
	}
	if h.lastDone == 0 || h.queue.Len() > 1 && fp.waiting() {
		return
	}
	gap := m.Begin.Time - h.lastDone
	if gap < 0 {
		return
	}
	h.longest = max(h.longest, gap)
	fp.observe(h, rowIdle, gap, m.Begin.Frame)
	if told {
		return // whatever comes of it, it is no keep-alive
	}
	h.pendGap, h.pendSerial = gap, serial
	st := &h.sides[h.client&1].stream
	h.pendSeq = st.Next() - uint32(st.Offset()-m.Begin.Off)
	h.flags &^= knewFIN
	if server := &fp.cur.f.Dir[h.client&1^1]; server.Has&flow.HasFIN != 0 && server.FINSeq.Less(fp.cur.f.Dir[h.client&1].Acked) {
		h.flags |= knewFIN
	}
	if gap >= int64(fp.cfg.ReuseMin) {
		fp.reuse(m)
	}
	if fp.cur.c.probes != 0 {
		fp.forgetGap(fp.cur.c)
	}
}

// waiting reports whether of several requests without a final response another
// than the newest still waits for one.
func (fp *flowPart) waiting() bool {
	h := fp.cur.h
	return h.cutResponse() == nil || h.queue.Len() > 2
}

// settleCut: where the capture cut a response's head, nobody knows its end; the
// next request tells that it was over, with the last payload before it.
func (fp *flowPart) settleCut(m *httpwire.Message) {
	h, c := fp.cur.h, fp.cur.c
	cur := h.cutResponse()
	if cur == nil || c.dataDir == h.client || c.data > m.Begin.Time {
		return
	}
	h.lastDone, h.doneFrame = c.data, cur.Last.Frame
}

// cutResponse is the response under way, if the capture cut its head, else nil.
func (h *httpPart) cutResponse() *httpwire.Message {
	if cur := h.sides[h.client^1].parser.Current(); cur != nil && cur.Flags&httpwire.HeadCut != 0 {
		return cur
	}
	return nil
}

// forgetGap starts the count of probes between exchanges anew.
func (fp *flowPart) forgetGap(c *conn) {
	pair := fp.probes.at(c.probes)
	pair.d[0].gap, pair.d[1].gap = 0, 0
}

// response takes the head of a final response: how long did it take?
func (fp *flowPart) response(m *httpwire.Message, r *httpwire.Pending) {
	h := fp.cur.h
	if m.Flags&(httpwire.CloseAsked|httpwire.Closes) != 0 {
		h.noteClosing(m)
	}
	if m.KeepAliveTimeout >= 0 {
		h.serverTimeout = m.KeepAliveTimeout
	}
	if r != nil && r.Serial == h.pendSerial {
		if h.pendGap >= int64(fp.cfg.ReuseMin) {
			fp.reused()
		}
		h.pendSerial = 0
	}
	if r == nil || !h.sent(r) || m.Begin.Time < r.Last.Time {
		return
	}
	took := m.Begin.Time - r.Last.Time
	row := rowFirst
	if h.isReuse(r.Serial) {
		row = rowReused
	}
	fp.observe(h, row, took, m.Begin.Frame)
	if took < int64(fp.cfg.Slow) || m.Begin.Frame == fp.cur.resent {
		return // it was quick, or lost on the way first: that is no slow server
	}
	// A request that had to be repeated did not reach the server before.
	fp.judge(m, r, m.Begin.Time-max(r.Last.Time, min(fp.cur.c.resent, m.Begin.Time)))
}

// sent reports whether r's last byte is known. Where the capture cut a request's
// head, nobody knows where its body ends, but if no other request came since, the
// last payload before the response did.
func (h *httpPart) sent(r *httpwire.Pending) bool {
	if r.Flags&httpwire.HeadCut != 0 {
		return h.queue.Len() == 1
	}
	return r.Whole
}

// isReuse reports whether the exchange of that serial is not a connection's first.
func (h *httpPart) isReuse(serial uint32) bool { return serial > 1 || h.flags&fromStart == 0 }

// noteClosing remembers why the connection cannot be reused.
func (h *httpPart) noteClosing(m *httpwire.Message) {
	switch {
	case m.Flags&httpwire.CloseAsked != 0:
		h.flags |= askedClose
	case m.Flags&httpwire.Closes != 0 && m.Major == 1 && m.Minor == 0:
		h.flags |= askedHTTP10
	}
}

// lone returns the request that was sent on the idle connection and has had no
// answer, nil if there is none.
func (h *httpPart) lone() *httpwire.Pending {
	if h.pendSerial == 0 || h.flags&hasClient == 0 || h.queue.Tunnelled() {
		return nil
	}
	r := h.queue.At(0)
	if cur := h.sides[h.client^1].parser.Current(); cur != nil && cur.Flags&httpwire.HeadCut != 0 && h.queue.Len() > 1 {
		r = h.queue.At(1)
	} else if cur != nil {
		return nil // it is being answered
	}
	if r == nil || r.Serial != h.pendSerial {
		return nil
	}
	return r
}

// crossed reports whether the server had not seen the lone request when it sent
// its FIN, if it sent one.
func (h *httpPart) crossed() bool {
	return h.finTime == 0 || h.finTime >= h.lastDone && int32(h.finAck-h.pendSeq) <= 0
}

// lostAtEnd reports a request that crossed the server's FIN and was never
// answered, where no RST told so.
func (fp *flowPart) lostAtEnd(c *conn, h *httpPart, f *flow.Flow, reason flow.EndReason, out *analyzers.Out) {
	r := h.lone()
	if r == nil || h.flags&raceReported != 0 || h.finTime == 0 || !h.crossed() {
		return
	}
	switch reason {
	case flow.EndClosed, flow.EndIdle:
		fp.reportRace(c, h, f, r, 0, out)
	case flow.EndEvicted, flow.EndClockReset:
		withheld(f, out)
	}
}
