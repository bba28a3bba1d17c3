package ssh

// unfinished is the phase within which a session ended: what never came is what
// its user waited for.
type unfinished struct {
	phase  phase
	owner  owner // noOwner: there is none
	since  mark
	until  mark  // its frame is that of the connection's end, if that was captured
	waited int64 // of its side: without the round trip to it
	// ifHole: to be believed only of a black hole, which Conclude knows.
	ifHole bool
}

// A gap has to be this long for anybody to be blamed for it.
const gap = 200e6

// unfinished finds the phase that end was in. A session that went its way has
// none, nor has one that the capture cuts, or of which bytes are missing, unless
// a black hole explains that.
func (fp *flowPart) unfinished(s *session, end *ending) (u unfinished) {
	a, c, v := &s.auth, s.clientSide(), s.serverSide()
	client := true // is waited for
	switch end.outcome {
	case outNoBanner, outClosedEarly:
		u.phase, client = phaseBannerServer, false
	case outClientSilent:
		u.phase = phaseBannerClient
	case outStalled, outGaveUp, outServerEnded, outGrace, outHostKey, outCut, outUnknown, outKexOnly:
		u.ifHole = end.outcome == outCut || end.outcome == outUnknown || end.outcome == outKexOnly
		if !end.since.seen() {
			return unfinished{}
		}
		switch inAuth := c.newKeys.seen() || c.encrypted.seen(); {
		case inAuth && a.stage == beforeService && !end.pending, inAuth && a.stage == awaitAccept:
			u.phase, client = phaseService, !end.pending
		case inAuth && end.pending:
			u.phase, client = phaseAuthServer, false
		case inAuth:
			u.phase = phaseAuthClient
		case s.reply(fp).seen() && v.ackedAt == 0:
			u.phase = phaseKexServer // it was sent and has not arrived
		case s.reply(fp).seen():
			u.phase = phaseHostKeyGate
		case end.pending && !v.kexInit.seen():
			u.phase, client = phaseKexInitServer, false
		case end.pending:
			u.phase, client = phaseKexServer, false
		case v.kexInit.seen() && c.kexInit.seen():
			u.phase = phaseKexClient
		case v.kexInit.seen():
			u.phase = phaseKexInitClient
		default:
			return unfinished{} // both are to go on
		}
	default:
		return u
	}
	d := s.client
	if u.owner = ownerClient; !client {
		d, u.owner = 1-d, ownerServer
	}
	u.since, u.until = end.since, mark{time: end.since.time + end.waited}
	if s.flags&isClosed != 0 {
		u.until.frame = s.closed.frame
	}
	if u.waited = end.waited - fp.near(s, d); u.waited < gap {
		return unfinished{}
	}
	if u.phase == phaseHostKeyGate && u.ifHole {
		u.phase = phaseKexServer // the reply is what does not arrive
	}
	asked := &s.sides[1-d]
	lost := s.loss - end.since.loss
	switch {
	case lost >= int64(fp.cfg.LossMin) && 2*lost > u.waited, asked.sentAt != 0 && asked.ackedAt == 0:
		u.owner = ownerNetwork
	case u.phase == phaseAuthClient && u.waited >= typing, u.phase == phaseHostKeyGate && u.waited >= int64(fp.cfg.HostKeyWait):
		u.owner = ownerUser
	}
	return u
}

// settle takes over the phase that r ended in, now that it is known whether a
// black hole was the reason.
func (u *unfinished) settle(hole bool) {
	switch {
	case u.owner == noOwner:
	case hole:
		u.owner = ownerNetwork
	case u.ifHole:
		*u = unfinished{}
	}
}
