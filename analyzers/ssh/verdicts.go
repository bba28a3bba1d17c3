package ssh

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sshwire"
)

// conclude turns a finished session into a record, latencies, notes and events.
func (fp *flowPart) conclude(s *session, f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	if s.auth.stage != authUnknown {
		fp.turn(s, mark{})
	}
	end := fp.outcome(s, f, reason, at)
	if end.isNothing {
		return
	}
	a := &s.auth
	if end.outcome == outSSH1 {
		a.service = round{} // SSH 1 is not followed behind the identifications
	}
	if end.outcome == outServerEnded && !end.pending && a.lastKind == wasOther && a.nrounds > 0 {
		// A DISCONNECT in place of the last FAILURE. Behind a request that has no
		// answer the last words were a question, or those about a key.
		fp.refused(s, &a.rounds[a.nrounds-1])
	}
	all := fp.phases(s, f)
	if !f.OneSided() {
		fp.observePhases(s, &all)
	}
	fp.judge(s, f, &all, &end)
	fp.reportKey(s, f, out)
	fp.reportSession(s, f, &end, at, out)
	fp.keep(s, f, &all, &end)
}

// observePhases enters the phases' latencies; those of authentication were
// entered a request at a time.
func (fp *flowPart) observePhases(s *session, all *phases) {
	for i := range all {
		if p := phase(i); p < phaseAuthClient && !fp.doubtful(s, &all[i]) {
			fp.observe(s, p, all[i].took, all[i].end.frame)
		}
	}
	if a := &s.auth; a.success.seen() && fp.cur.f.SYNTime != 0 {
		k := analyzers.LabelKey{}
		k.A, k.PA = fp.cur.f.Endpoint(1 - s.client)
		fp.res.latency.Observe(metricLogin, k, a.success.time-fp.cur.f.SYNTime, analyzers.SampleID(fp.cur.f.Key.Hash(), a.success.frame))
	}
}

// doubtful reports whether a phase's time cannot be trusted: where bytes are
// missing in the capture, the message may have been complete earlier.
func (fp *flowPart) doubtful(s *session, p *stretch) bool {
	return !p.seen() || (s.sides[0].flags|s.sides[1].flags)&hasGaps != 0
}

// judge makes the notes.
func (fp *flowPart) judge(s *session, f *flow.Flow, all *phases, end *ending) {
	fp.judgeText(s, end)
	fp.judgeEnd(s, f, end)
	fp.judgeLists(s, end)
	if f.OneSided() {
		return
	}
	fp.judgeBanners(s, f, all, end)
	fp.judgeExchange(s, all)
	fp.judgeService(s, all, end)
	fp.judgeAuth(s, end)
	fp.judgeLoss(s, f, end)
}

// slow reports whether a phase is to be called slow: its side's own time, not
// that of loss or of a window that the other side had closed. What is short both
// in round trips and in itself never is, whatever the options say.
func (fp *flowPart) slow(s *session, p *stretch, least int64) bool {
	if p.took < 200e6 && p.took < 3*(fp.near(s, 0)+fp.near(s, 1)) {
		return false
	}
	return !fp.doubtful(s, p) && p.took >= least && p.owner != ownerNetwork && !p.blocked
}

// detailOf is the detail of a slow phase.
func detailOf(p *stretch) detail {
	d := detail{value: p.took, frame: p.end.frame}
	if p.unacked {
		d.flags |= unackedDetail
	} else if p.end.acked > p.begin.time {
		d.n[0] = p.end.acked - p.begin.time
	}
	return d
}

// judgeText is about text before the identification string.
func (fp *flowPart) judgeText(s *session, end *ending) {
	v := s.serverSide()
	if v.lines == 0 || v.lines == 1 && !v.version.seen() {
		return // a single line may be a refusal; see outClosedEarly
	}
	last := v.lineLast
	fp.note(rulePreBanner, uint64(v.lines), detail{value: int64(v.lines), frame: v.lineFirst.frame,
		n: [3]int64{last.time - v.lineFirst.time}, text: [2]string{fp.names.text(v.line)}},
		cite{v.lineFirst, "first line"}, cite{later2(last, v.lineFirst), "last line"}, cite{v.version, "identification of the server"})
}

// isTarpit reports whether a side sent more text than a notice has.
func (e *side) isTarpit() bool {
	return e.lines > tarpitLines || e.lines > 1 && e.lineLast.time-e.lineFirst.time > tarpitTime
}

// later2 is a if it is behind b, else nothing.
func later2(a, b mark) mark {
	if a.frame > b.frame {
		return a
	}
	return mark{}
}

// judgeEnd is about how the session ended.
func (fp *flowPart) judgeEnd(s *session, f *flow.Flow, end *ending) {
	c, v := s.clientSide(), s.serverSide()
	syn := mark{time: f.SYNTime, frame: f.FirstFrame}
	switch end.outcome {
	case outClosedEarly:
		d := detail{value: end.waited, frame: s.closed.frame, text: [2]string{fp.names.text(v.line)}}
		if v.flags&sentRST != 0 {
			d.flags |= closedByReset
		}
		line := v.lineFirst
		if v.isTarpit() {
			return
		}
		fp.note(ruleClosedEarly, 1, d, cite{syn, "SYN"}, cite{line, "text of the server"}, cite{s.closed, closeRole(v)})
	case outClientSilent:
		fp.note(ruleClientSilent, 1, detail{value: end.waited, frame: s.closed.frame},
			cite{v.version, "identification of the server"}, cite{s.closed, closeRole(v)})
		fp.reportGrace(s, f, end, fp.cur.out)
	case outGrace:
		fp.reportGrace(s, f, end, fp.cur.out)
	case outNotSSH:
		m := c.lineFirst
		if !m.seen() {
			m = mark{time: c.sentAt, frame: c.sentFrame}
		}
		fp.note(ruleNotSSH, 1, detail{value: int64(s.bytes[s.client]), frame: m.frame, n: [3]int64{int64(c.lines)}, text: [2]string{fp.names.text(c.line), fp.names.text(v.after)}},
			cite{m, "first data of the client"}, cite{v.version, "identification of the server"})
	case outMismatch:
		fp.note(ruleMismatch, 1, detail{value: 1, frame: c.version.frame,
			text: [2]string{fp.names.text(v.after)}, n: [3]int64{int64(c.parser.Protocol()), int64(v.parser.Protocol())}},
			cite{c.version, "identification of the client"}, cite{v.version, "identification of the server"})
	case outHostKey:
		reply := *s.reply(fp)
		waited := max(s.closed.time-reply.time-fp.near(s, s.client), 0)
		fp.note(ruleHostKeyRefused, 1, detail{value: waited, frame: s.closed.frame, text: [2]string{fp.names.text(s.keyType)}},
			cite{reply, "host key of the server"}, cite{s.closed, closeRole(c)})
	}
}

// closeRole names the end of a connection by its side.
func closeRole(e *side) string {
	if e.flags&sentRST != 0 {
		return "closed, by RST in the end"
	}
	return "closed"
}

// slots are the rules about lists without a common name.
var slots = [...]struct {
	rule rule
	a, b sshwire.Slot
}{
	{ruleNoKex, sshwire.Kex, sshwire.Kex}, {ruleNoHostKey, sshwire.HostKey, sshwire.HostKey},
	{ruleNoCipher, sshwire.CipherC2S, sshwire.CipherS2C}, {ruleNoMAC, sshwire.MACC2S, sshwire.MACS2C},
	{ruleNoComp, sshwire.CompC2S, sshwire.CompS2C},
}

// judgeLists is about what the two KEXINITs come to.
func (fp *flowPart) judgeLists(s *session, end *ending) {
	g := fp.names.agreement(s.agreed)
	c, v := s.clientSide(), s.serverSide()
	// What a scanner proposes protects nobody. One whose identification is not in
	// the capture shows only in that it stops within the key exchange.
	looks := c.software1 == scanner || !c.version.seen() && !c.newKeys.seen()
	if g == nil || looks && end.outcome != outNoCommon {
		return
	}
	d := detail{value: 1, frame: c.kexInit.frame, agreed: g}
	first, second := cite{c.kexInit, "KEXINIT of the client"}, cite{v.kexInit, "KEXINIT of the server"}
	if second.mark.frame < first.mark.frame {
		first, second = second, first
	}
	if end.outcome == outNoCommon {
		for i := range slots {
			for _, x := range g.Failed {
				if x == slots[i].a || x == slots[i].b {
					d.n[0] = int64(x)
					fp.note(slots[i].rule, 1, d, first, second)
					break
				}
			}
		}
		return
	}
	if len(g.Failed) > 0 {
		return
	}
	if !sshwire.IsPostQuantum(g.Kex) {
		fp.note(ruleNoPQ, 1, d, first, second)
	}
	if len(g.weak) > 0 {
		fp.note(ruleWeak, 1, d, first, second)
	}
	if g.terrapin {
		fp.note(ruleTerrapin, 1, d, first, second)
	}
}

// judgeBanners is about the identification strings.
func (fp *flowPart) judgeBanners(s *session, f *flow.Flow, all *phases, end *ending) {
	syn := mark{time: f.SYNTime, frame: f.FirstFrame}
	if p := &all[phaseBannerServer]; fp.slow(s, p, int64(fp.cfg.BannerSlow)) {
		up := p.begin
		fp.note(ruleSlowBanner, 1, detailOf(p), cite{syn, "SYN"}, cite{p.end, "identification of the server"})
		fp.askDNS(s, &up, &p.end)
	}
	if end.outcome == outNoBanner && end.final && end.pending && end.waited >= int64(fp.cfg.BannerError) {
		d := detail{value: end.waited, frame: f.FirstFrame, flags: endless}
		if s.flags&isClosed != 0 {
			d.frame = s.closed.frame
			until := s.closed
			fp.askDNS(s, &end.since, &until)
		}
		fp.note(ruleSlowBanner, 1, d, cite{syn, "SYN"}, cite{s.clientSide().version, "identification of the client"}, cite{s.closed, "closed by the client"})
	}
	if p := &all[phaseBannerClient]; s.clientSide().software1 != scanner && fp.slow(s, p, int64(fp.cfg.ClientBanner)) {
		fp.note(ruleSlowClient, 1, detailOf(p), cite{syn, "SYN"}, cite{s.serverSide().version, "identification of the server"}, cite{p.end, "identification of the client"})
	}
}

// judgeExchange is about the key exchange.
func (fp *flowPart) judgeExchange(s *session, all *phases) {
	c := s.clientSide()
	reply := s.reply(fp)
	g := fp.names.agreement(s.agreed)
	bits := int64(max(c.group, s.serverSide().group))
	ask := &c.kex[0]
	if c.kex[4].seen() {
		ask = &c.kex[4]
	}
	if p := &all[phaseKexClient]; c.software1 != scanner && fp.slow(s, p, int64(fp.cfg.KexSlow)) {
		d := detailOf(p)
		d.agreed, d.n[1] = g, bits
		fp.note(ruleSlowKexClient, 1, d, cite{s.serverSide().kexInit, "KEXINIT of the server"}, cite{p.end, "key exchange message of the client"})
	}
	if p := &all[phaseKexServer]; fp.slow(s, p, int64(fp.cfg.KexSlow)) {
		d := detailOf(p)
		d.agreed, d.n[1] = g, bits
		fp.note(ruleSlowKexServer, 1, d, cite{*ask, "key exchange message of the client"}, cite{p.end, "reply of the server"})
	}
	if p := &all[phaseHostKeyGate]; fp.slow(s, p, int64(fp.cfg.HostKeyWait)) {
		fp.note(ruleUserHostKey, 1, detailOf(p), cite{*reply, "host key of the server"}, cite{c.newKeys, "NEWKEYS of the client"})
	}
}
