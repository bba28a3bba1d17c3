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
	x.message("%s sent %s of text%s before any identification, beginning with %s%s.", x.server, analyzers.Count(x.d.value, "line", "lines"), over, quote(x.d.text[0]), trap)
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
		what = append(what, analyzers.Count(x.d.n[0], "offered key", "offered keys"))
	}
	if x.d.n[1] > 0 {
		what = append(what, analyzers.Count(x.d.n[1], "password or other request", "passwords or other requests"))
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
	x.message("The handshake between %s and %s lost %s to %s%s: the network, neither client nor server.", x.client, x.server, duration(x.d.value), analyzers.Count(x.d.n[0], "retransmission", "retransmissions"), vain)
}
