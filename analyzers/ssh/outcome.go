package ssh

import (
	"bytes"

	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sshwire"
)

// outcome is how far a session got.
type outcome uint8

const (
	outUnknown outcome = iota
	outSuccess
	outGaveUp       // the client closed before authentication had succeeded
	outServerEnded  // the server did, at once behind a request
	outGrace        // the server did, while it waited for the client
	outStalled      // an answer of the server never came
	outHostKey      // the client closed behind the server's host key
	outKexOnly      // the client closed within the key exchange
	outBannerOnly   // the client closed behind the server's identification
	outNoCommon     // no common algorithm
	outMismatch     // incompatible protocol versions
	outClosedEarly  // the server closed before its identification
	outNoBanner     // the server never identified itself
	outClientSilent // the client never identified itself
	outNotSSH       // the client said something else
	outSSH1         // protocol version 1: not followed further
	outCut          // the capture, or the flow's time in the table, ended before
	outBlackHole    // large packets vanish; set by Conclude
	numOutcomes
)

var outcomeNames = [numOutcomes]string{"unknown", "success", "gave-up", "server-ended", "grace", "stalled", "hostkey-refused", "kex-only",
	"banner-only", "no-common-algorithm", "version-mismatch", "closed-before-banner", "no-banner", "client-silent", "not-ssh", "ssh1", "cut", "mtu-blackhole"}

// ending is what is known of a session's end.
type ending struct {
	outcome outcome
	// isNothing: no SSH after all.
	isNothing bool
	waited    int64 // how long something did not come: grace, stalled, no-banner, client-silent
	since     mark  // from when on
	pending   bool  // the server owed an answer
	final     bool  // the wait was long enough to say so
	until     int64 // when the session ended, or was left
	ended     bool  // the connection was closed, or silent for long
}

// reacts is how soon a program closes when told that it is over: beyond the
// round trip.
const reacts = 250e6

// outcome decides how far s got. at is when it was left, for reason.
func (fp *flowPart) outcome(s *session, f *flow.Flow, reason flow.EndReason, at int64) (e ending) {
	defer func() {
		if e.until = at; s.flags&isClosed != 0 {
			e.until = s.closed.time
		}
		e.ended = s.flags&isClosed != 0 || reason == flow.EndClosed || reason == flow.EndIdle
	}()
	c, v := s.clientSide(), s.serverSide()
	pv, cv := v.parser.Protocol(), c.parser.Protocol()
	isSSH := v.version.seen() || c.version.seen() || v.kexInit.seen() || c.kexInit.seen() || c.newKeys.seen() || v.newKeys.seen() || v.kex[1].seen() || v.kex[3].seen()
	switch {
	case s.auth.stage == authDone:
		e.outcome = outSuccess
		return e
	case !isSSH && s.bytes[1-s.client] > 0 && !fp.isRefusal(v):
		e.isNothing = true
		return e
	case f.OneSided():
		s.auth.why = becauseOneSided
		return e
	case v.version.seen() && c.version.seen() && sshwire.Agree(pv, cv) == sshwire.NoProtocol:
		e.outcome = outMismatch
		return e
	case sshwire.Agree(pv, cv) == sshwire.SSH1:
		e.outcome = outSSH1
		return e
	case !v.version.seen() && s.flags&fromSYN != 0 && !v.kexInit.seen():
		return fp.noBanner(s, f, reason, at)
	case !c.version.seen() && s.flags&fromSYN != 0 && !c.kexInit.seen():
		return fp.noClient(s, reason, at)
	}
	if a := fp.names.agreement(s.agreed); a != nil && len(a.Failed) > 0 && !s.reply(fp).seen() && !c.newKeys.seen() {
		e.outcome = outNoCommon
		return e
	}
	if !c.newKeys.seen() && !c.encrypted.seen() {
		return fp.inExchange(s, reason, at)
	}
	return fp.inAuth(s, reason, at)
}

// isRefusal reports whether the server refused in words.
func (fp *flowPart) isRefusal(v *side) bool {
	return v.lines == 1 && isRefusalText([]byte(fp.names.text(v.line)))
}

// isRefusalText knows what OpenSSH says in place of its identification.
func isRefusalText(b []byte) bool {
	return bytes.HasPrefix(b, []byte("Exceeded MaxStartups")) || bytes.HasPrefix(b, []byte("Not allowed at this time"))
}

// noBanner: the server has not identified itself.
func (fp *flowPart) noBanner(s *session, f *flow.Flow, reason flow.EndReason, at int64) (e ending) {
	v, c := s.serverSide(), s.clientSide()
	switch {
	case v.flags&hasGaps != 0 || s.unseenBytes(f):
		s.auth.why = becauseGaps
	case f.Flags&flow.Established == 0:
		e.isNothing = true
	case s.flags&isClosed != 0 && s.firstClose != s.client:
		e.outcome = outClosedEarly
		e.since, e.waited = mark{time: f.AckTime, frame: f.FirstFrame}, s.closed.time-f.AckTime
	case v.fault == sshwire.FaultNotSSH && !c.version.seen():
		e.isNothing = true
	default:
		e.outcome = outNoBanner
		e.since = mark{time: f.AckTime, frame: f.FirstFrame}
		e.pending = c.version.seen() && c.ackedAt != 0
		fp.wait(s, &e, int64(fp.cfg.BannerError), reason, at)
		if !e.final && s.flags&isClosed == 0 {
			e.outcome = outCut
		}
	}
	return e
}

// unseenBytes reports whether the client acknowledged bytes of the server of
// which the capture has none.
func (s *session) unseenBytes(f *flow.Flow) bool {
	d := 1 - s.client
	server, client := &f.Dir[d], &f.Dir[s.client]
	if server.Payload > 0 || server.Has&flow.HasISN == 0 || client.Has&flow.HasAck == 0 {
		return false
	}
	return client.Acked.Diff(flow.Seq(server.ISN)) > 2 // SYN and FIN take one each
}

// wait fills how long e.since was waited for an answer, and whether that was
// long enough to say that it did not come: until the connection's end, or until
// twice the least wait of the rule where the capture ended before.
func (fp *flowPart) wait(s *session, e *ending, rule int64, reason flow.EndReason, at int64) {
	switch {
	case s.flags&isClosed != 0:
		e.waited, e.final = s.closed.time-e.since.time, true
	case reason == flow.EndIdle || reason == flow.EndClosed:
		e.waited, e.final = at-e.since.time, true
	case reason == flow.EndCapture:
		e.waited = at - e.since.time
		e.final = e.waited >= 2*rule
	default:
		fp.res.withheld++
	}
}

// noClient: the client has not identified itself.
func (fp *flowPart) noClient(s *session, reason flow.EndReason, at int64) (e ending) {
	c := s.clientSide()
	e.since = s.serverSide().version
	switch {
	case c.flags&hasGaps != 0:
		s.auth.why = becauseGaps
	case c.lines > 0 || c.fault == sshwire.FaultNotSSH && s.bytes[s.client] > 0:
		e.outcome = outNotSSH
	case s.flags&isClosed == 0:
		e.outcome = outCut
	case s.firstClose == s.client:
		e.outcome = outBannerOnly
	default:
		e.outcome = outClientSilent
		fp.wait(s, &e, int64(fp.cfg.Stall), reason, at)
	}
	return e
}

// inExchange: the client has not taken the new keys into use.
func (fp *flowPart) inExchange(s *session, reason flow.EndReason, at int64) (e ending) {
	c, v := s.clientSide(), s.serverSide()
	reply := s.reply(fp)
	e.since, e.pending = fp.exchangeTurn(s)
	fp.wait(s, &e, int64(fp.cfg.Stall), reason, at)
	closed := s.flags&isClosed != 0
	switch {
	case s.lostPlace():
	case (c.flags|v.flags)&hasGaps != 0 && !reply.seen():
		s.auth.why = becauseGaps
	case !closed && !e.final:
		e.outcome = outCut
	case closed && s.firstClose != s.client && !e.pending && e.waited >= least:
		e.outcome = outGrace
	case closed && s.firstClose != s.client:
		e.outcome = outServerEnded
	case !closed && !e.pending:
		e.outcome = outCut // an idle client
	case e.pending && (!closed || e.waited >= int64(fp.cfg.Stall)):
		e.outcome = outStalled
	case reply.seen() && v.ackedAt == 0:
		e.outcome = outStalled // the client never had the reply
	case reply.seen() && c.software1 != scanner && c.version.seen():
		e.outcome = outHostKey // a client that did not say who it is may be a scanner
	case c.kexInit.seen():
		e.outcome = outKexOnly
	default:
		e.outcome = outBannerOnly
	}
	return e
}

// lostPlace reports whether messages in clear could not be read, and notes why.
func (s *session) lostPlace() bool {
	for d := range s.sides {
		if e := &s.sides[d]; e.fault != 0 && !e.encrypted.seen() {
			s.auth.why = becauseGaps
			if e.flags&snapped != 0 {
				s.auth.why = becauseCut
			}
			return true
		}
	}
	return false
}

// least is the shortest wait for a client that is called one.
const least = 1e9

// exchangeTurn says since when the session waits in the key exchange, and
// whether it is for the server.
func (fp *flowPart) exchangeTurn(s *session) (since mark, pending bool) {
	c, v := s.clientSide(), s.serverSide()
	switch {
	case s.reply(fp).seen():
		return later(*s.reply(fp), v.newKeys), false
	case c.kex[2].seen():
		return c.kex[2], true
	case v.kex[1].seen():
		return v.kex[1], false
	case c.kex[4].seen():
		return c.kex[4], true
	case c.kex[0].seen():
		return c.kex[0], true
	case v.kexInit.seen():
		return later(v.kexInit, c.kexInit), false
	case c.kexInit.seen():
		return c.kexInit, true
	}
	return later(c.version, v.version), false // both are to go on
}

// inAuth: the keys are in use, and authentication has not succeeded.
func (fp *flowPart) inAuth(s *session, reason flow.EndReason, at int64) (e ending) {
	a := &s.auth
	if a.stage != authUnknown && s.lostPlace() {
		return e
	}
	if a.stage == authUnknown || (s.sides[0].flags|s.sides[1].flags)&hasGaps != 0 && a.stage != beforeService {
		if a.why == notUnknown {
			a.why = becauseGaps
		}
		return e
	}
	closed := s.flags&isClosed != 0
	e.pending = a.talking && a.speaker == s.client || a.stage == awaitAccept
	e.since = a.answered
	switch {
	case closed && s.firstClose != s.client && a.requestAt.frame > s.closed.frame:
		// What the client said came too late.
		e.pending = false
		e.since = later(a.answered, later(*s.reply(fp), s.serverSide().newKeys))
	case e.pending:
		e.since = a.requestEnd
	case a.stage == beforeService:
		e.since = s.clientSide().newKeys
	}
	fp.wait(s, &e, int64(fp.cfg.Stall), reason, at)
	quick := e.waited <= reacts+fp.near(s, 0)+fp.near(s, 1)
	byServer := closed && s.firstClose != s.client
	switch {
	case !closed && !e.final:
		e.outcome = outCut
	case !closed && e.pending:
		e.outcome = outStalled
	case !closed:
		e.outcome = outCut // an idle client
	case e.pending && byServer && a.answers > 0 && e.waited <= int64(fp.cfg.FailMax):
		// For the request; later than refusals are delayed, it was for the time.
		e.outcome = outServerEnded
	case e.pending && byServer:
		e.outcome = outStalled
	case e.pending && quick: // it said goodbye
		e.outcome = outGaveUp
	case e.pending:
		e.outcome = outStalled
	case a.lastKind == wasOther && quick:
		e.outcome = outServerEnded
	case byServer && !quick && e.waited >= least:
		e.outcome = outGrace
	case byServer:
		e.outcome = outServerEnded
	default:
		e.outcome = outGaveUp
	}
	return e
}
