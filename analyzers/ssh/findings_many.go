package ssh

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/sshwire"
)

// hostKeys reports servers that showed several keys of one type.
func (w *writer) hostKeys() {
	for i := range w.cor.changed {
		// They came in the order in which the sessions ended.
		h := &w.cor.changed[i]
		slices.SortFunc(h.keys[:h.n], func(a, b shownKey) int { return cmp.Compare(a.frame, b.frame) })
	}
	slices.SortFunc(w.cor.changed, func(a, b changedKey) int {
		return cmp.Or(cmp.Compare(a.keys[1].frame, b.keys[1].frame), a.addr.Compare(b.addr), cmp.Compare(a.port, b.port), cmp.Compare(a.typ, b.typ))
	})
	for i := range w.cor.changed {
		h := &w.cor.changed[i]
		f := w.finding(ruleHostKeyChanged, decoders.Addr{}, h.addr, 0, h.port, 0)
		var prints []string
		for j := range h.keys[:h.n] {
			k := &h.keys[j]
			f.Cite(k.frame, "first reply with this key", k.time)
			prints = append(prints, fingerprintOf(k.hash))
		}
		f.FirstTime, f.LastTime, f.Count = h.keys[0].time, h.keys[h.n-1].time, uint64(h.n-1)
		f.Measure = &analyzers.Measure{Name: "keys", Value: int64(h.n), Unit: "count"}
		f.Attrs["hostkey_type"], f.Attrs["fingerprints"] = keyTypes[h.typ], prints
		f.Message = fmt.Sprintf("%s showed %d host keys of type %s: first %s, later %s.", h.addr.HostPort(h.port), h.n, keyTypes[h.typ], prints[0], prints[1])
		if h.more {
			f.Attrs["more"] = true
		}
		w.changed[h.endpoint] = w.c.Report(f)
	}
}

func fingerprintOf(words [4]int64) string {
	var sum [32]byte
	for i, x := range words {
		for j := range 8 {
			sum[8*i+j] = byte(uint64(x) >> (56 - 8*j))
		}
	}
	return sshwire.Fingerprint(sum)
}

// blackHole reports the sessions that a path MTU black hole explains.
func (w *writer) blackHole(cause *analyzers.Finding, hit []*stuck) {
	first := hit[0]
	cport := first.cport
	if len(hit) > 1 {
		cport = 0
	}
	f := w.finding(ruleBlackHole, first.client, first.server, cport, first.port, first.tunnel)
	f.Count, f.Confidence, f.CausedBy, f.Severity = uint64(len(hit)), cause.Confidence, cause, cause.Severity
	f.FirstTime, f.LastTime = first.first, first.last
	for _, k := range hit {
		f.LastTime = max(f.LastTime, k.last)
		f.Cite(k.frame, "last message that passed whole", k.first)
		for i, role := range []string{"first retransmission", "last retransmission"} {
			if k.lossAt[i].seen() {
				f.Cite(k.lossAt[i].frame, role, k.lossAt[i].time)
			}
		}
	}
	f.Evidence = sorted(f.Evidence)
	where := "after the key exchange"
	if first.expecting != "" {
		f.Attrs["expecting"] = first.expecting
		where = "where ssh -v says " + quote(first.expecting)
	}
	waited := first.last - first.first
	f.Measure = &analyzers.Measure{Name: "waited", Value: waited, Unit: "ns"}
	f.Message = fmt.Sprintf("The login of %s at %s hung for %s %s: packets of full size do not pass, smaller ones do, and no ICMP error says why.", first.client, first.server.HostPort(first.port), duration(waited), where)
	if len(hit) > 1 {
		f.Message += fmt.Sprintf(" So on %d connections.", len(hit))
	}
	w.c.Report(f)
}

// scans reports clients that only looked at servers, and returns them.
func (w *writer) scans() map[decoders.Addr]bool {
	found := map[decoders.Addr]bool{}
	slices.SortFunc(w.cor.lookers, func(a, b namedLooker) int {
		return cmp.Or(cmp.Compare(a.first, b.first), a.client.Compare(b.client))
	})
	for i := range w.cor.lookers {
		l := &w.cor.lookers[i]
		found[l.client] = true
		f := w.finding(ruleScan, l.client, decoders.Addr{}, 0, 0, 0)
		f.Count, f.FirstTime, f.LastTime = l.sessions, l.first, l.last
		f.Evidence, f.EvidenceTotal = sorted(l.evidence()), uint64(len(l.servers))
		f.Confidence = analyzers.Likely
		f.Measure = &analyzers.Measure{Name: "servers", Value: int64(len(l.servers)), Unit: "count"}
		f.Attrs["servers"], f.Attrs["connections"] = uint64(len(l.servers)), l.sessions
		f.Attrs["span_ns"] = l.last - l.first
		software := map[string]bool{}
		for j := range w.flow.records {
			if r := &w.flow.records[j]; r.client == l.client && r.clientSoftware != "" {
				software[r.clientSoftware] = true
			}
		}
		as := namesOf(software)
		if len(as) > 0 {
			f.Attrs["client_software"] = as
		}
		least := ""
		if l.more {
			least = "at least "
		}
		f.Message = fmt.Sprintf("%s connected to %s%s in %s, took their identification or host key, and left%s.", l.client, least,
			analyzers.Count(len(l.servers), "server", "servers"), duration(l.last-l.first), asSoftware(as))
		w.c.Report(f)
	}
	return found
}

func namesOf(set map[string]bool) []string {
	out := []string{}
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out[:min(len(out), 8)]
}

func asSoftware(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (as " + strings.Join(names, ", ") + ")"
}

// ageSlack is how much the ages of two connections may differ that the same timer
// ended: the server's processes start at different speeds.
func ageSlack(age int64) int64 { return max(100e6, age/100) }

// graces reports connections that LoginGraceTime ended.
func (w *writer) graces() {
	byServer := map[endpoint][]*grace{}
	for i := range w.cor.graces {
		g := &w.cor.graces[i]
		byServer[endpoint{g.server, g.port}] = append(byServer[endpoint{g.server, g.port}], g)
	}
	type key struct {
		client decoders.Addr
		server endpoint
	}
	groups := map[key][]*grace{}
	sure := map[key]analyzers.Confidence{}
	var order []key
	for i := range w.cor.graces {
		g := &w.cor.graces[i]
		k := key{g.client, endpoint{g.server, g.port}}
		conf := w.graceConfidence(g, byServer[k.server])
		if conf == 0 || w.holes[g.begun] {
			continue
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], g)
		sure[k] = max(sure[k], conf)
	}
	for _, k := range order {
		w.grace(groups[k], sure[k])
	}
}

// graceConfidence says how sure it is that LoginGraceTime ended g; 0: not at all.
func (w *writer) graceConfidence(g *grace, others []*grace) analyzers.Confidence {
	near := func(a, b int64) bool { return a-b <= ageSlack(b) && b-a <= ageSlack(b) }
	if limit := int64(w.cfg.Grace); near(g.age, limit) || g.age > limit && g.age-limit < 2e9 {
		return analyzers.Likely
	}
	for _, o := range others {
		if o != g && near(o.age, g.age) {
			return analyzers.Likely
		}
	}
	// LoginGraceTime is set in whole seconds.
	whole := math.Floor(float64(g.age)/1e9) * 1e9
	if !g.silent && whole >= 2e9 && float64(g.age)-whole <= 100e6 {
		return analyzers.Possible
	}
	return 0
}

func (w *writer) grace(all []*grace, conf analyzers.Confidence) {
	slices.SortFunc(all, func(a, b *grace) int { return cmp.Compare(a.frame, b.frame) })
	g := all[0]
	cport := g.cport
	if len(all) > 1 {
		cport = 0
	}
	f := w.finding(ruleGrace, g.client, g.server, cport, g.port, g.tunnel)
	f.Confidence, f.Count, f.FirstTime, f.LastTime = conf, uint64(len(all)), g.since, g.time
	lo, hi, silent := g.age, g.age, uint64(0)
	for _, x := range all {
		lo, hi = min(lo, x.age), max(hi, x.age)
		f.FirstTime, f.LastTime = min(f.FirstTime, x.since), max(f.LastTime, x.time)
		if x.silent {
			silent++
		}
		f.EvidenceTotal += 2
		if len(f.Evidence)+2 <= analyzers.MaxEvidence {
			f.Evidence = append(f.Evidence, analyzers.Evidence{Frame: x.before, Role: "last message of the server", Time: x.since, HasTime: true},
				analyzers.Evidence{Frame: x.frame, Role: "closed by the server", Time: x.time, HasTime: true})
		}
	}
	f.Evidence = sorted(f.Evidence)
	f.Measure = &analyzers.Measure{Name: "age", Value: lo, Unit: "ns"}
	f.Attrs["age_min_ns"], f.Attrs["age_max_ns"], f.Attrs["silent_clients"] = lo, hi, silent
	server := g.server.HostPort(g.port)
	if len(all) == 1 {
		f.Attrs["waited_ns"] = g.time - g.since
		f.Message = fmt.Sprintf("%s closed the connection of %s at an age of %s, having waited %s for the client: LoginGraceTime.", server, g.client, duration(g.age), duration(g.time-g.since))
	} else {
		f.Message = fmt.Sprintf("%s closed %d connections of %s at an age of %s while it waited for the client: LoginGraceTime.", server, len(all), g.client, analyzers.Between(lo, hi))
	}
	w.c.Report(f)
}

// guessing reports clients that guess passwords.
func (w *writer) guessing() {
	slices.SortFunc(w.cor.guessers, func(a, b guesser) int {
		return cmp.Or(cmp.Compare(a.firstFrame, b.firstFrame), a.client.Compare(b.client), a.server.Compare(b.server), cmp.Compare(a.port, b.port))
	})
	for i := range w.cor.guessers {
		g := &w.cor.guessers[i]
		if !g.byFast && !g.byMany {
			continue
		}
		f := w.finding(ruleBrute, g.client, g.server, 0, g.port, 0)
		f.Confidence, f.Count, f.FirstTime, f.LastTime = analyzers.Likely, g.failed, g.first, g.last
		f.Evidence, f.EvidenceTotal = sorted(g.evidence()), g.failed
		f.Measure = &analyzers.Measure{Name: "connections", Value: int64(g.failed), Unit: "count"}
		f.Attrs["refused_others"], f.Attrs["refused_keys"], f.Attrs["successes"], f.Attrs["span_ns"] = g.guesses, g.keys, g.success, g.last-g.first
		f.Attrs["fast"] = g.byFast
		rate := ""
		if span := g.last - g.first; span > 0 {
			perMinute := float64(g.failed) * 60e9 / float64(span)
			f.Attrs["per_minute"] = perMinute
			rate = fmt.Sprintf(", %s a minute", analyzers.Digits(perMinute))
		}
		software, hassh := map[string]bool{}, map[string]bool{}
		for j := range w.flow.records {
			if r := &w.flow.records[j]; r.client == g.client && r.server == g.server && r.port == g.port {
				if r.clientSoftware != "" {
					software[r.clientSoftware] = true
				}
				if r.hassh[0] != "" {
					hassh[r.hassh[0]] = true
				}
			}
		}
		as := namesOf(software)
		f.Attrs["client_software"], f.Attrs["hassh"] = as, namesOf(hassh)
		success := ""
		if g.success > 0 {
			f.Confidence = analyzers.Likely
			success = fmt.Sprintf("; %s", analyzers.Count(g.success, "login succeeded afterwards", "logins succeeded afterwards"))
		}
		f.Message = fmt.Sprintf("%s failed to log in at %s on %s within %s%s, with %s refused%s%s: passwords are being guessed.", g.client, g.server.HostPort(g.port),
			analyzers.Count(g.failed, "connection", "connections"), duration(g.last-g.first), rate, analyzers.Count(g.guesses, "request", "requests"), asSoftware(as), success)
		w.c.Report(f)
	}
}
