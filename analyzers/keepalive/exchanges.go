package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/httpwire"
)

// exchanges is the flow part as the handler of HTTP messages.
type exchanges flowPart

// Head implements httpwire.Handler.
func (x *exchanges) Head(m *httpwire.Message, head *httpwire.Head, r *httpwire.Pending) {
	fp := (*flowPart)(x)
	h := fp.cur.h
	if h.flags&hasClient == 0 {
		h.flags |= hasClient
		h.client = fp.cur.dir
		if m.Kind == httpwire.Response {
			h.client ^= 1
		}
	}
	if m.Kind == httpwire.Request {
		fp.request(m, head)
	} else if m.Flags&httpwire.Informational == 0 {
		fp.response(m, r)
	}
}

// Done implements httpwire.Handler.
func (x *exchanges) Done(m *httpwire.Message, r *httpwire.Pending) {
	if m.Kind == httpwire.Response && m.Flags&httpwire.Informational == 0 {
		(*flowPart)(x).exchanged(m, r)
	}
}

// request takes a request's head: is it sent on a connection that was idle?
func (fp *flowPart) request(m *httpwire.Message, head *httpwire.Head) {
	h := fp.cur.h
	h.requests++
	serial := h.queue.Requests()
	h.targets[serial%httpwire.MaxPending] = targetHash(head.Method, head.Target)
	h.noteClosing(m)
	fp.reportRequest(m)
	fp.settleCut(m)
	if h.lastDone == 0 || fp.waiting(serial) {
		return
	}
	gap := m.Begin.Time - h.lastDone
	if gap < 0 {
		return
	}
	h.pendGap, h.pendSerial = gap, serial
	st := &h.streams[h.client]
	h.flags &^= knewFIN
	if f := fp.cur.f; f.Dir[h.client^1].Has&flow.HasFIN != 0 && f.Dir[h.client^1].FINSeq.Less(f.Dir[h.client].Acked) {
		h.flags |= knewFIN
	}
	h.pendSeq = st.Next() - uint32(st.Offset()-m.Begin.Off)
	a, port := fp.cur.f.Endpoint(h.client ^ 1)
	fp.latency.Observe(metricIdle, analyzers.LabelKey{A: a, PA: port}, gap, analyzers.SampleID(fp.cur.f.Key.Hash(), m.Begin.Frame))
	fp.reuse(m, gap)
	fp.forgetGap()
}

// waiting reports whether a request before that of serial still waits for its
// response.
func (fp *flowPart) waiting(serial uint32) bool {
	h := fp.cur.h
	if h.queue.Len() <= 1 {
		return false
	}
	if cur := h.parsers[h.client^1].Current(); cur != nil && cur.Flags&httpwire.HeadCut != 0 {
		return h.queue.Len() > 2
	}
	return true
}

// settleCut: where the capture cut a response's head, nobody knows its end; the
// next request tells that it was over, with the last payload before it.
func (fp *flowPart) settleCut(m *httpwire.Message) {
	h, c := fp.cur.h, fp.cur.c
	cur := h.parsers[h.client^1].Current()
	if cur == nil || cur.Flags&httpwire.HeadCut == 0 || c.dataDir == h.client || c.data > m.Begin.Time {
		return
	}
	h.lastDone, h.doneFrame = c.data, cur.Last.Frame
}

// forgetGap starts the count of probes between exchanges anew.
func (fp *flowPart) forgetGap() {
	if fp.cur.c.probes != 0 {
		pair := fp.probes.at(fp.cur.c.probes)
		pair.d[0].gap, pair.d[1].gap = 0, 0
	}
}

// response takes the head of a final response: how long did it take?
func (fp *flowPart) response(m *httpwire.Message, r *httpwire.Pending) {
	h := fp.cur.h
	h.noteClosing(m)
	if m.KeepAliveTimeout >= 0 {
		h.serverTimeout = m.KeepAliveTimeout
	}
	if r != nil && r.Serial == h.pendSerial {
		fp.reused()
	}
	if r == nil || !r.Whole || r.Flags&httpwire.HeadCut != 0 || m.Begin.Time < r.Last.Time {
		return
	}
	took := m.Begin.Time - r.Last.Time
	k := analyzers.LabelKey{}
	k.A, k.PA = fp.cur.f.Endpoint(h.client ^ 1)
	if h.isReuse(r.Serial) {
		k.X[0] = 1
	}
	fp.latency.Observe(metricResponse, k, took, analyzers.SampleID(fp.cur.f.Key.Hash(), m.Begin.Frame))
	// A request that had to be repeated did not reach the server before.
	took = m.Begin.Time - max(r.Last.Time, min(fp.cur.c.resent, m.Begin.Time))
	// A request that offers an upgrade and gets a plain answer is like any other.
	if took >= int64(fp.cfg.Slow) && m.Flags&httpwire.EventStream == 0 && m.Framing != httpwire.Tunnel && m.Method != httpwire.CONNECT {
		fp.reportSlow(m, r, took)
	}
}

// isReuse reports whether the exchange of that serial is not a connection's first.
func (h *httpPart) isReuse(serial uint32) bool { return serial > 1 || h.flags&fromStart == 0 }

// exchanged takes a final response that is over.
func (fp *flowPart) exchanged(m *httpwire.Message, r *httpwire.Pending) {
	h := fp.cur.h
	h.responses++
	if h.responses > 1 || h.flags&fromStart == 0 {
		h.reused++
	}
	if m.Last.Time >= h.lastDone {
		h.lastDone, h.doneFrame = m.Last.Time, m.Last.Frame
	}
	if (m.Flags)&httpwire.Partial != 0 {
		h.flags |= partial
	}
	switch m.Framing {
	case httpwire.Tunnel:
		h.flags |= upgraded
	case httpwire.UntilClose:
		h.flags |= untilClose
	}
	fp.forgetGap()
	fp.reportDone(m, r)
}

// noteClosing remembers why the connection cannot be reused.
func (h *httpPart) noteClosing(m *httpwire.Message) {
	switch {
	case m.Flags&httpwire.CloseAsked != 0:
		h.flags |= askedClose
	case m.Flags&httpwire.Closes != 0 && m.Major == 1 && m.Minor == 0:
		h.flags |= askedHTTP10
	}
}

// targetHash is FNV-1a over a method and a target without its query: long
// polls often carry a changing one.
func targetHash(method, target []byte) uint32 {
	x := uint32(2166136261)
	for _, b := range [...][]byte{method, target} {
		for _, c := range b {
			if c == '?' {
				break
			}
			x = (x ^ uint32(c)) * 16777619
		}
	}
	return x
}

// lone returns the request that was sent on the idle connection and has had no
// answer, nil if there is none.
func (h *httpPart) lone() *httpwire.Pending {
	if h.pendSerial == 0 || h.flags&hasClient == 0 || h.queue.Tunnelled() {
		return nil
	}
	r := h.queue.At(0)
	if cur := h.parsers[h.client^1].Current(); cur != nil && cur.Flags&httpwire.HeadCut != 0 && h.queue.Len() > 1 {
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
