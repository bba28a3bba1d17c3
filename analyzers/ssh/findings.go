package ssh

import (
	"fmt"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/sshwire"
)

// note reports what a rule says about the sessions of one client and server.
func (w *writer) note(n *note, scanners map[decoders.Addr]bool) {
	d := &n.worst
	f := w.finding(n.key.rule, n.key.client, n.key.server, n.cport, n.key.port, n.tunnel)
	f.Count, f.FirstTime, f.LastTime = n.count, n.first, n.last
	f.Evidence, f.EvidenceTotal = sorted(n.evidence()), n.total
	f.EvidenceTotal -= min(f.EvidenceTotal, uint64(int(n.n)-len(f.Evidence)))
	f.Measure = &analyzers.Measure{Name: "took", Value: d.value, Unit: "ns"}
	x := &draft{Finding: &f, n: n, d: d, client: n.key.client.String(), server: n.key.server.HostPort(n.key.port)}
	ok := true
	switch n.key.rule {
	case ruleSlowBanner:
		w.slowBanner(x)
	case ruleClosedEarly:
		w.closedEarly(x)
	case rulePreBanner:
		x.preBanner()
	case ruleSlowClient:
		x.message("%s took %s to identify itself to %s.", x.client, duration(d.value), x.server)
	case ruleClientSilent:
		x.silent()
	case ruleNotSSH:
		x.notSSH()
	case ruleMismatch:
		x.mismatch()
	case ruleNoKex, ruleNoHostKey, ruleNoCipher, ruleNoMAC, ruleNoComp:
		x.noCommon()
	case ruleSlowKexClient, ruleSlowKexServer:
		w.slowKex(x)
	case ruleUserHostKey:
		x.Confidence = analyzers.Likely
		x.message("%s waited %s before it took the new keys into use with %s, after the server had sent its host key and NEWKEYS: the user at the host-key prompt, or a check of the key on the client.", x.client, duration(d.value), x.server)
	case ruleHostKeyRefused:
		w.hostKeyRefused(x)
	case ruleStall:
		x.stall()
	case ruleAuthFirst:
		w.authFirst(x)
	case ruleAuthFail:
		ok = n.times >= 2
		x.authFail()
	case ruleTooMany:
		x.tooMany()
	case ruleLoss:
		ok = !w.holes[n.begun]
		x.loss()
	case ruleNoPQ:
		x.noPQ()
	case ruleWeak:
		x.weak()
	case ruleTerrapin:
		x.terrapin()
	}
	if ok && !(scanners[n.key.client] && aboutClient[n.key.rule]) {
		w.c.Report(f)
	}
}

// aboutClient are rules that say nothing more about a client that only looks at
// servers: it has no user and no secrets.
var aboutClient = [numRules]bool{ruleHostKeyRefused: true, ruleSlowClient: true, ruleNoPQ: true, ruleWeak: true, ruleTerrapin: true}

// draft is a finding that is being written.
type draft struct {
	*analyzers.Finding
	n              *note
	d              *detail
	client, server string
}

// message sets the sentence, and says how often where it was more than once.
func (x *draft) message(format string, args ...any) {
	x.Message = fmt.Sprintf(format, args...)
	if x.n.count > 1 {
		x.Attrs["connections"] = x.n.count
		x.Message += fmt.Sprintf(" So on %d connections; this is the worst.", x.n.count)
	}
}

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
			busy = fmt.Sprintf(" %s of this server in the capture had not logged in then.", count(n, "other connection", "other connections"))
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

// tarpit lines and time: more than a notice has.
const (
	tarpitLines = 10
	tarpitTime  = 10e9
)

func (x *draft) preBanner() {
	x.Measure = &analyzers.Measure{Name: "lines", Value: x.d.value, Unit: "count"}
	x.Attrs["lines"], x.Attrs["span_ns"], x.Attrs["text"] = uint64(x.d.value), x.d.n[0], x.d.text[0]
	trap := ""
	if x.d.value > tarpitLines || x.d.n[0] > tarpitTime {
		x.Confidence = analyzers.Likely
		x.Attrs["tarpit"] = true
		trap = ": a tarpit (endlessh style) is suspected"
	}
	over := ""
	if x.d.value > 1 {
		over = " over " + duration(x.d.n[0])
	}
	x.message("%s sent %s of text%s before any identification, beginning with %s%s.", x.server, count(x.d.value, "line", "lines"), over, quote(x.d.text[0]), trap)
}

func (x *draft) silent() {
	x.Measure.Name = "waited"
	x.message("%s opened a connection to %s and said nothing until the server closed it after %s.", x.client, x.server, duration(x.d.value))
}

func (x *draft) notSSH() {
	x.Measure = &analyzers.Measure{Name: "sent", Value: x.d.value, Unit: "bytes"}
	what := "something that is no text"
	switch t := x.d.text[0]; {
	case t != "":
		what = quote(t)
		x.Attrs["text"] = t
	case x.d.n[0] > 0:
		what = "an empty line"
	}
	said := ""
	if t := x.d.text[1]; t != "" {
		x.Attrs["answer"] = t
		said = " and said " + quote(t)
	}
	x.message("%s sent %s to %s, which is an SSH server%s.", x.client, what, x.server, said)
}

func (x *draft) mismatch() {
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	offers := func(p int64) string {
		if sshwire.Protocol(p) == sshwire.SSH1 {
			return "SSH 1"
		}
		return "SSH 2"
	}
	said := ""
	if t := x.d.text[0]; t != "" {
		x.Attrs["text"] = t
		said = ", which said " + quote(t)
	}
	x.Attrs["client"], x.Attrs["server"] = offers(x.d.n[0]), offers(x.d.n[1])
	x.message("%s speaks only %s, and %s only %s%s.", x.client, offers(x.d.n[0]), x.server, offers(x.d.n[1]), said)
}

// slotWords name the lists of a KEXINIT in sentences.
var slotWords = [sshwire.NumSlots]string{"key exchange method", "host key algorithm", "cipher from client to server", "cipher from server to client",
	"MAC from client to server", "MAC from server to client", "compression from client to server", "compression from server to client", "", ""}

func (x *draft) noCommon() {
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	slot := sshwire.Slot(x.d.n[0])
	c, s := x.d.agreed.client.Lists[slot], x.d.agreed.server.Lists[slot]
	x.Attrs["client_offers"], x.Attrs["server_offers"] = allNames(c), allNames(s)
	x.message("%s and %s have no %s in common: the client offers %s, the server %s.", x.client, x.server, slotWords[slot], fewNames(c), fewNames(s))
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

func (x *draft) tooMany() {
	x.Measure = &analyzers.Measure{Name: "refused", Value: x.d.value, Unit: "count"}
	x.Attrs["refused_keys"], x.Attrs["refused_others"] = uint64(x.d.n[0]), uint64(x.d.n[1])
	x.Confidence = analyzers.Possible
	said := ""
	if x.d.flags&likelyOne != 0 {
		x.Confidence = analyzers.Likely
		said = `, with a message of the size of "Too many authentication failures"`
	}
	var what []string
	if x.d.n[0] > 0 {
		what = append(what, count(x.d.n[0], "offered key", "offered keys"))
	}
	if x.d.n[1] > 0 {
		what = append(what, count(x.d.n[1], "password or other request", "passwords or other requests"))
	}
	x.message("%s ended the login of %s after %s had been refused%s.", x.server, x.client, strings.Join(what, " and "), said)
}

func (x *draft) loss() {
	x.Measure.Name = "lost"
	x.Attrs["retransmissions"] = uint64(x.d.n[0])
	vain := ""
	if x.d.flags&endless != 0 {
		x.Attrs["got_through"] = false
		vain = ", the last of which never got through"
	}
	x.message("The handshake between %s and %s lost %s to %s%s: the network, neither client nor server.", x.client, x.server, duration(x.d.value), count(x.d.n[0], "retransmission", "retransmissions"), vain)
}

func (x *draft) noPQ() {
	a := x.d.agreed
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	x.Attrs["kex"] = a.Kex
	offers := func(o *offer) bool {
		for name := range sshwire.Names(o.Lists[sshwire.Kex]) {
			if sshwire.IsPostQuantum(string(name)) {
				return true
			}
		}
		return false
	}
	c, s := offers(a.client), offers(a.server)
	x.Attrs["client_offers"], x.Attrs["server_offers"] = c, s
	why := "neither offers a post-quantum method"
	switch {
	case c && s:
		why = "both offer post-quantum methods, but none in common or not first in the client's list"
	case s:
		why = "the client offers no post-quantum method"
	case c:
		why = "the server offers no post-quantum method"
	}
	x.Message = fmt.Sprintf("%s and %s agreed on %s: %s.%s", x.client, x.server, a.Kex, why, x.also())
}

// also says on how many connections.
func (x *draft) also() string {
	if x.n.count == 1 {
		return ""
	}
	return fmt.Sprintf(" So on %d connections.", x.n.count)
}

func (x *draft) weak() {
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	x.Attrs["algorithms"] = x.d.agreed.weak
	x.Message = fmt.Sprintf("%s and %s agreed on weak algorithms: %s.%s", x.client, x.server, strings.Join(x.d.agreed.weak, ", "), x.also())
}

func (x *draft) terrapin() {
	a := x.d.agreed
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	missing := "both sides"
	switch {
	case a.client.Strict():
		missing = "the server"
	case a.server.Strict():
		missing = "the client"
	}
	x.Attrs["missing"], x.Attrs["cipher"] = missing, both(a.CipherC2S, a.CipherS2C)
	x.Message = fmt.Sprintf("%s and %s use %s, and strict key exchange is missing on %s: Terrapin (CVE-2023-48795) is not mitigated.%s",
		x.client, x.server, both(a.CipherC2S, a.CipherS2C), missing, x.also())
}
