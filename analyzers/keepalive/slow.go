package keepalive

import (
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/httpwire"
)

// judge reports a response that came as long after the request (took, in ns) as
// config.Slow or longer, if the server's side can have taken as long.
func (fp *flowPart) judge(m *httpwire.Message, r *httpwire.Pending, took int64) {
	slow := int64(fp.cfg.Slow)
	// A request that offers an upgrade and gets a plain answer is like any other.
	if took < slow || m.Flags&httpwire.EventStream != 0 || m.Framing == httpwire.Tunnel || m.Method == httpwire.CONNECT {
		return
	}
	path := fp.path(m, r, took)
	if took-max(path, 0) >= slow {
		fp.reportSlow(m, r, took, path)
	}
}

// path is how much of the time from request to response can have been the round
// trip between the capture point and the server, in ns; -1: the capture does not
// show it. The handshake does, but it includes what the server took for its
// SYN-ACK. Who works on a request for long has it acknowledged meanwhile, after
// 0.5 s at the latest (RFC 9293 3.8.6.3), and the round trip is no longer than that
// took.
func (fp *flowPart) path(m *httpwire.Message, r *httpwire.Pending, took int64) int64 {
	shook := int64(-1)
	if fp.cur.h.client == fp.cur.f.Client {
		shook = fp.cur.f.ServerRTT()
	}
	acked := fp.acknowledged(m, r, took)
	if acked >= 0 && (acked < shook || shook < 0 && took-acked >= int64(fp.cfg.Slow)) {
		return acked
	}
	return shook // without it nothing is known: the acknowledgement may have been delayed
}

// acknowledged is how long after the request, sent took before the response, the
// server acknowledged it, at most; -1: not seen before the response.
func (fp *flowPart) acknowledged(m *httpwire.Message, r *httpwire.Pending, took int64) int64 {
	c, h := fp.cur.c, fp.cur.h
	st := &h.sides[h.client&1].stream
	end := st.Next() - uint32(st.Offset()-r.Last.Off)
	ack := c.ack[h.client&1^1]
	// c does not know the segment at hand yet: busy is that of the last before it.
	if after := c.busy - (m.Begin.Time - took); ack != 0 && flow.Seq(end).LessEq(flow.Seq(ack)) && after >= 0 && after <= took {
		return after
	}
	return -1
}

func (fp *flowPart) reportSlow(m *httpwire.Message, r *httpwire.Pending, took, path int64) {
	h := fp.cur.h
	e := h.about(evSlow, fp.cur.out)
	e.Time, e.Frame, e.N = r.Begin.Time, r.Begin.Frame, h.targets[r.Serial%httpwire.MaxPending]
	e.V = [4]int64{took, int64(m.Begin.Frame), m.Begin.Time, path}
	if (m.Flags|r.Flags)&httpwire.HeadCut != 0 {
		e.Flags |= isPartial
	}
}
