package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// TLS record types (RFC 8446 5.1).
const (
	tlsHandshake   = 22
	tlsApplication = 23
)

// minTLSRequest is the least payload of a record that is taken for a request.
// What TLS and HTTP/2 send of their own accord is smaller: close_notify takes 19
// bytes in TLS 1.3, and 24 to 32 in 1.2; PING 34, GOAWAY 34, WINDOW_UPDATE 30.
const minTLSRequest = 48

// tlsRecord returns type and length of the record that a segment's payload begins
// with, 0 if it begins with none.
func tlsRecord(b []byte) (typ uint8, length int) {
	if len(b) < 5 || b[0] < 20 || b[0] > tlsApplication || b[1] != 3 || b[2] > 4 {
		return 0, 0
	}
	return b[0], int(b[3])<<8 | int(b[4])
}

// secure follows new payload of a connection that may carry TLS.
func (fp *flowPart) secure(c *conn, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	typ, length := tlsRecord(p.Payload)
	if c.tls == 0 {
		if typ != tlsHandshake || p.Seg.Dir != f.Client || c.sentAny() {
			return // only from its beginning on is it known for certain
		}
		c.tls = fp.tls.take()
		return
	}
	s := fp.tls.at(c.tls)
	if p.Seg.Dir == f.Client {
		if typ == tlsApplication && s.idle && length >= minTLSRequest {
			fp.tlsAsk(c, s, p, f)
		}
		s.asked = s.asked || typ == tlsApplication
		return
	}
	if typ != 0 && length < minTLSRequest && typ != tlsHandshake && int(p.Seg.Payload) < 2*minTLSRequest {
		return // an alert, or HTTP/2's housekeeping
	}
	if s.waiting && int32(p.TCP.Ack-s.seq) > 0 {
		fp.tlsReused(c, s, f, out)
	}
	s.served, s.servedFrame = p.Clock, p.Ref()
	s.idle = s.asked && !s.waiting
}

// tlsAsk takes what looks like a request on a connection that was used before.
func (fp *flowPart) tlsAsk(c *conn, s *tlsPart, p *decoders.Packet, f *flow.Flow) {
	s.gap, s.seq, s.idle, s.waiting = p.Clock-s.served, p.TCP.Seq, false, true
	s.pend = fp.note(c, f.Client, p.Clock, p.Ref())
	s.pend.done, s.pend.before = s.servedFrame, s.reuses+1
	server := &f.Dir[f.Client^1]
	s.knewFIN = server.Has&flow.HasFIN != 0 && server.FINSeq.Less(f.Dir[f.Client].Acked)
	a, port := f.Endpoint(f.Server())
	fp.latency.Observe(metricIdle, analyzers.LabelKey{A: a, PA: port}, s.gap, analyzers.SampleID(p.Hash, p.Ref()))
}

// tlsReused reports that the connection could be used again.
func (fp *flowPart) tlsReused(c *conn, s *tlsPart, f *flow.Flow, out *analyzers.Out) {
	s.waiting = false
	s.reuses++
	if s.gap >= int64(fp.cfg.TLSReuseMin) || s.pend.probe != 0 && s.gap >= int64(fp.cfg.ReuseMin) {
		e := event(evReuse, f.Client, f)
		s.pend.fill(&e, s.gap)
		e.Flags |= overTLS
		out.Emit(&e)
	}
	if c.probes != 0 {
		fp.forgetGap(c)
	}
}

// tlsReset takes an RST of the server, and reports whether it says that what
// looked like a request was lost: the connection had been idle, and the server
// has not sent anything since that it sent with knowledge of it.
func (fp *flowPart) tlsReset(c *conn, p *decoders.Packet, f *flow.Flow, out *analyzers.Out) bool {
	s := fp.tls.at(c.tls)
	if !s.waiting || s.knewFIN || p.Seg.Dir == f.Client || s.gap < int64(fp.cfg.IdleMin) {
		return false
	}
	if c.closed != 0 && c.closeDir == f.Client {
		return false // who closes behind it waits for no answer: it was a farewell
	}
	if flow.Seq(s.seq).Less(f.Dir[f.Client^1].Acked) && p.Clock-s.pend.begin > refusal {
		return false
	}
	s.waiting = false
	e := event(evRace, f.Client, f)
	e.Time, e.Frame = s.pend.begin, s.pend.frame
	e.V = [4]int64{s.gap, 0, int64(p.Ref()), 0}
	if c.closed != 0 && c.closeDir != f.Client {
		e.V[1], e.V[3] = int64(c.closedFrame), c.closed-s.pend.begin
		e.V[0] = max(s.gap+e.V[3], 0)
	}
	e.Flags |= overTLS
	out.Emit(&e)
	return true
}
