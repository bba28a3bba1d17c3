package ssh

import (
	"fmt"

	"pcaptriage/analyzers"
)

// acked adds what the acknowledgement of the request says about the host.
func (x *draft) acked(side string) string {
	switch {
	case x.d.flags&unackedDetail != 0:
		x.Confidence = analyzers.Possible
		x.Attrs["acknowledged_before"] = false
		return fmt.Sprintf("; the message before was not even acknowledged until then: the %s's host may have stood still, or the network", side)
	case x.d.n[0] > 0:
		x.Confidence = analyzers.Likely
		x.Attrs["acked_after_ns"] = x.d.n[0]
		return fmt.Sprintf("; its kernel had acknowledged the message before after %s, so it was the program that took the time", duration(x.d.n[0]))
	}
	x.Confidence = analyzers.Likely
	return ""
}

// lookups adds DNS questions of the server's host as proof.
func (w *writer) lookups(x *draft) string {
	l, ok := w.cor.looks[x.d.frame]
	if !ok {
		return ""
	}
	x.Attrs["ptr_queries"], x.Attrs["ptr_first_frame"] = l.n, l.first.frame.Frame()
	ev := []analyzers.Evidence{{Frame: l.first.frame, Role: "reverse DNS question of the server, unanswered", Time: l.first.time, HasTime: true}}
	if l.n > 1 {
		ev = append(ev, analyzers.Evidence{Frame: l.last.frame, Role: "... again", Time: l.last.time, HasTime: true})
	}
	x.Evidence = sorted(append(ev, x.Evidence[:min(len(x.Evidence), analyzers.MaxEvidence-len(ev))]...))
	x.EvidenceTotal += uint64(len(ev))
	x.Confidence = analyzers.Certain
	return fmt.Sprintf("its host asked %s for the name of %s (PTR) in that time and got no answer", times(l.n), x.client)
}

func times(n uint64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func (w *writer) slowBanner(x *draft) {
	v := x.d.value
	switch {
	case v >= int64(w.cfg.BannerError):
	case v >= int64(w.cfg.BannerWarn):
		x.Severity = analyzers.Warning
	default:
		x.Severity = analyzers.Info
	}
	x.Confidence = analyzers.Likely
	why := w.lookups(x)
	if why != "" {
		x.Attrs["cause"] = "reverse-dns"
		why = "; " + why + ": a reverse look-up before the identification (tcp-wrappers, inetd)"
	}
	if x.d.flags&endless != 0 {
		x.Measure.Name = "waited"
		x.Attrs["identified"] = false
		x.message("%s had not identified itself to %s after %s, although its kernel had acknowledged the client's identification%s.", x.server, x.client, duration(v), why)
		return
	}
	if why == "" {
		why = "; nothing in this capture says for what: reverse DNS of tcp-wrappers, an overloaded host, a tarpit"
	}
	x.message("%s took %s to identify itself to %s%s.", x.server, duration(v), x.client, why)
}

func (w *writer) closedEarly(x *draft) {
	x.Measure.Name = "after"
	busy := ""
	if n, ok := w.cor.loads[x.d.frame]; ok {
		x.Attrs["waiting"] = n
		if n > 0 {
			busy = fmt.Sprintf(" %s of this server in the capture had not logged in then.", analyzers.Count(n, "other connection", "other connections"))
		}
	}
	how := "closed"
	if x.d.flags&closedByReset != 0 {
		how = "reset"
		x.Attrs["reset"] = true
	}
	times := ""
	if x.n.count > 1 {
		times = fmt.Sprintf("%d connections: ", x.n.count)
	}
	if t := x.d.text[0]; t != "" {
		x.Attrs["text"] = t
		x.Message = fmt.Sprintf("%s%s said %s to %s in place of its identification and %s the connection after %s.%s", times, x.server, quote(t), x.client, how, duration(x.d.value), busy)
		return
	}
	x.Confidence = analyzers.Likely
	x.Message = fmt.Sprintf("%s%s accepted a connection of %s and %s it after %s without a word: refused by policy (tcp-wrappers, fail2ban, MaxStartups of an old sshd), or a crash.%s",
		times, x.server, x.client, how, duration(x.d.value), busy)
}

func (w *writer) slowKex(x *draft) {
	who, side := x.client, "client"
	if x.n.key.rule == ruleSlowKexServer {
		who, side = x.server, "server"
	}
	if x.d.value < int64(w.cfg.KexWarn) {
		x.Severity = analyzers.Info
	}
	method := ""
	if a := x.d.agreed; a != nil && a.Kex != "" {
		x.Attrs["kex"] = a.Kex
		method = " with " + a.Kex
		if x.d.n[1] > 0 {
			x.Attrs["group_bits"] = uint64(x.d.n[1])
			method += fmt.Sprintf(" (group of %d bits)", x.d.n[1])
		}
	}
	x.message("The %s %s took %s for its part of the key exchange%s%s.", side, who, duration(x.d.value), method, x.acked(side))
}

func (w *writer) hostKeyRefused(x *draft) {
	x.Measure.Name = "waited"
	x.Attrs["waited_ns"] = x.d.value
	if t := x.d.text[0]; t != "" {
		x.Attrs["hostkey_type"] = t
	}
	x.Confidence = analyzers.Likely
	why := "the user said no"
	if x.d.value < typing {
		why = "sooner than a user says no, so the key is not the one it knows, or it only wanted to see it"
	}
	if f := w.changed[endpoint{x.n.key.server, x.n.key.port}]; f != nil {
		x.CausedBy = f
		why = "the server's key had changed"
	}
	x.message("%s closed the connection to %s %s after the server had shown its host key, without NEWKEYS: %s.", x.client, x.server, duration(x.d.value), why)
}

func (x *draft) stall() {
	x.Confidence = analyzers.Likely
	if x.d.flags&endless != 0 {
		x.Measure.Name = "waited"
		x.message("%s did not answer the first request of %s after the key exchange for %s, until the end, although its kernel had acknowledged it.", x.server, x.client, duration(x.d.value))
		return
	}
	x.message("%s answered the first request of %s after the key exchange only after %s%s.", x.server, x.client, duration(x.d.value), x.acked("server"))
}

func (w *writer) authFirst(x *draft) {
	x.Confidence = analyzers.Likely
	why := w.lookups(x)
	switch {
	case why != "":
		x.Attrs["cause"] = "reverse-dns"
		why = "; " + why + ": UseDNS"
	default:
		why = "; UseDNS, NSS or PAM account look-ups and GSSAPI are what it may wait for there"
	}
	x.message("%s took %s to answer the first authentication request of %s%s.", x.server, duration(x.d.value), x.client, why)
}

func (x *draft) authFail() {
	x.Confidence = analyzers.Likely
	x.Attrs["refusals"] = x.n.times
	x.Message = fmt.Sprintf("%s refused %s %s after a delay of up to %s: the failure delay of PAM, which is meant to be.", x.server, x.client, times(x.n.times), duration(x.d.value))
}
