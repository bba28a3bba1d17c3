package ssh

import (
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sshwire"
)

// judgeService is about the server's silence behind the client's NEWKEYS.
func (fp *flowPart) judgeService(s *session, all *phases, end *ending) {
	a := &s.auth
	if (s.sides[0].flags|s.sides[1].flags)&hasGaps != 0 || !a.service.asked.seen() {
		return
	}
	c := s.clientSide()
	if a.service.done.seen() {
		p := fp.react(s, 1-s.client, &a.service.done, &a.service.askedEnd, nil)
		if fp.slow(s, &p, int64(fp.cfg.Stall)) && !p.unacked {
			fp.note(ruleStall, 1, detailOf(&p), cite{c.newKeys, "NEWKEYS of the client"}, cite{a.service.askedEnd, "request of the client"}, cite{p.end, "answer of the server"})
		}
		return
	}
	// Never answered, although its kernel took the request.
	if (end.outcome == outStalled || end.outcome == outGaveUp) && end.final && a.answers == 0 && end.waited >= int64(fp.cfg.Stall) && c.ackedAt != 0 {
		fp.note(ruleStall, 1, detail{value: end.waited, frame: a.service.asked.frame, flags: endless, n: [3]int64{c.ackedAt - c.sentAt}},
			cite{c.newKeys, "NEWKEYS of the client"}, cite{a.requestEnd, "request of the client"}, cite{s.closed, "closed"})
	}
}

// judgeAuth is about authentication.
func (fp *flowPart) judgeAuth(s *session, end *ending) {
	a := &s.auth
	if a.stage == authUnknown || a.answers == 0 {
		return
	}
	r := &a.first
	if p := fp.react(s, 1-s.client, &r.done, &r.askedEnd, &a.accept); fp.slow(s, &p, int64(fp.cfg.AuthFirst)) && !p.unacked {
		fp.note(ruleAuthFirst, 1, detailOf(&p), cite{r.askedEnd, "first authentication request"}, cite{r.done, "answer"})
		fp.askDNS(s, &r.askedEnd, &r.done)
	}
	if a.slowFails > 0 {
		fp.note(ruleAuthFail, uint64(a.slowFails), detail{value: a.slowest, frame: a.first.done.frame, n: [3]int64{int64(a.slowFails)}},
			fp.slowRounds(s)...)
	}
	if n := a.refusedKeys + a.refusedOther; end.outcome == outServerEnded && n > 0 {
		d := detail{value: int64(n), frame: s.closed.frame, n: [3]int64{int64(a.refusedKeys), int64(a.refusedOther)}}
		if u := fp.suite(s, 1-s.client); u != nil && a.lastKind == wasOther && u.Is(int(a.lastSize), tooManyLen) {
			d.flags |= likelyOne
		}
		fp.note(ruleTooMany, uint64(n), d, cite{a.requestEnd, "last request"}, cite{later2(a.answered, a.requestEnd), "last words of the server"}, cite{s.closed, "closed"})
	}
}

// tooManyLen is the payload of OpenSSH's last words: DISCONNECT with the
// description "Too many authentication failures".
const tooManyLen = 1 + 4 + 4 + len("Too many authentication failures") + 4

// slowRounds are the refusals that came late.
func (fp *flowPart) slowRounds(s *session) []cite {
	a := &s.auth
	cites := fp.scratch[:0]
	for i := range a.rounds[:a.nrounds] {
		r := &a.rounds[i]
		if took := fp.serverTook(s, r); i > 0 && r.kind != wasSuccess && took >= int64(fp.cfg.FailMin) && took <= int64(fp.cfg.FailMax) && len(cites) < cap(cites) {
			cites = append(cites, cite{r.done, "refusal after a delay"})
		}
	}
	if len(cites) == 0 {
		cites = append(cites, cite{a.answered, "refusal after a delay"})
	}
	return cites
}

// judgeLoss is about retransmissions. What may be a path MTU black hole is left
// to Conclude.
func (fp *flowPart) judgeLoss(s *session, f *flow.Flow, end *ending) {
	first, last := s.lossAt[0], s.lossAt[1]
	gaps := (s.sides[0].flags|s.sides[1].flags)&hasGaps != 0
	if end.outcome != outSuccess && (s.resent > 0 || gaps) {
		r := fp.res
		if len(r.stuck) >= r.maxStuck {
			r.folded++
		} else {
			k := stuck{tunnel: f.TunnelID, frame: f.FirstFrame, begun: f.FirstFrame, first: s.start(f), last: end.until, expecting: s.expecting(fp)}
			k.client, k.cport = f.Endpoint(s.client)
			k.server, k.port = f.Endpoint(1 - s.client)
			k.lossAt = s.lossAt
			if m := s.lastMessage(fp); m.seen() {
				k.frame = m.frame
				k.first = m.time
			}
			r.stuck = append(r.stuck, k)
		}
	}
	if s.loss < int64(fp.cfg.LossMin) || gaps {
		return
	}
	d := detail{value: s.loss, frame: f.FirstFrame, n: [3]int64{int64(s.resent)}}
	if s.sides[s.lossDir].flags&resending != 0 {
		if !end.ended {
			return // whether the last of them got through is not in the capture
		}
		d.flags |= endless
	}
	if first.frame == last.frame {
		last = mark{}
	}
	fp.note(ruleLoss, uint64(s.resent), d,
		cite{first, "first retransmission"}, cite{last, "last retransmission"})
}

// expecting is the line in `ssh -v` at which a client is stuck.
func (s *session) expecting(fp *flowPart) string {
	c, v := s.clientSide(), s.serverSide()
	switch {
	case c.newKeys.seen(), s.reply(fp).seen() && v.ackedAt != 0:
		return ""
	case c.kex[2].seen(), v.kex[1].seen() && fp.kexKind(s) == sshwire.KexGEX:
		return "expecting SSH2_MSG_KEX_DH_GEX_REPLY"
	case c.kex[4].seen(), fp.kexKind(s) == sshwire.KexGEX:
		return "expecting SSH2_MSG_KEX_DH_GEX_GROUP"
	case c.kex[0].seen(), v.kexInit.seen():
		return "expecting SSH2_MSG_KEX_ECDH_REPLY"
	case c.kexInit.seen():
		return "SSH2_MSG_KEXINIT sent"
	}
	return ""
}

// lastMessage is the last message in clear that came whole.
func (s *session) lastMessage(fp *flowPart) mark {
	var m mark
	for d := range s.sides {
		e := &s.sides[d]
		m = later(m, e.version)
		m = later(m, e.kexInit)
		m = later(m, e.newKeys)
		for i := range e.kex {
			m = later(m, e.kex[i])
		}
	}
	return m
}
