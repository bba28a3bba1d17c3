package gsmmap

import (
	"fmt"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/tcap"
)

// Thresholds of the rules.
const (
	slowSetup     = int64(1e9)
	slowMO        = int64(2e9)
	verySlowMO    = int64(10e9)
	slowMT        = int64(20e9)
	verySlowMT    = int64(60e9)
	latencyMin    = 20 // answers before a quantile is judged
	errorMin      = 50 // operations before a rate is judged
	errorPercent  = 2
	fallbackMin   = 10
	fallbackShare = 20 // percent
)

// conclude implements Analyzer.Conclude.
func conclude(c *analyzers.Conclusion) {
	r, ok := c.Correlator.(*correlated)
	f, ok2 := c.Flow.(*flowResult)
	if !ok || !ok2 {
		return
	}
	cov := f.cov
	cov.add(&r.cov)
	x := &concluder{Conclusion: c, cor: r.correlator, cov: &cov, assocs: r.paths.associations(&r.tsns)}
	for _, a := range x.assocs {
		cov.missing += a.counts.missing
		cov.acked += a.counts.acked
	}
	lat := x.cor.latency
	c.Out.Latency = lat.Rows()
	c.Out.LabelsFolded, c.Out.NegativeLatencies = lat.Folded, lat.Negative
	c.Out.VerdictsWithheld = x.cor.counts.withheld
	c.Out.Tables = []*analyzers.Table{coverageTable(x.cov, x.cor), operationTable(x.cor),
		outcomeTable(x.cor), timeTable(x.cor), concatTable(&x.cor.parts), textTable(x.cor), dialogueTable(x.cor)}
	c.Out.VerdictsWithheld += x.cor.parts.gaps(&x.cor.incidents, x.cor.start, x.cor.now)
	x.findings()
}

// concluder makes findings of what was gathered.
type concluder struct {
	*analyzers.Conclusion
	cor *correlator
	cov *coverage
	// assocs are the SCTP associations.
	assocs []*sctpAssociation
}

// doubt reports whether too much is missing in the capture for "no answer".
func (x *concluder) doubt() bool {
	n := &x.cor.counts
	return x.lossy() || x.Facts.EndedEarly || 5*n.midDialogue > n.shortMessages
}

// lossy reports whether messages are known to have been lost on the way from the
// wire to here.
func (x *concluder) lossy() bool {
	c := x.cov
	return c.missing > 0 || c.sctp.Cut > 0 || c.sctp.Incomplete+c.sctp.Dropped > 0 || c.sccp.Incomplete > 0 || c.evicted > 0
}

// lostAsMany reports whether at least n messages are known to be missing: then
// they may be just those that would have answered n operations.
func (x *concluder) lostAsMany(n uint64) bool {
	c := x.cov
	return c.missing+c.sctp.Cut+c.sctp.Incomplete+c.sctp.Dropped+c.sccp.Incomplete+c.evicted >= n
}

// judged is what a rule makes of an incident.
type judged struct {
	severity   analyzers.Severity
	confidence analyzers.Confidence
	message    string
	measure    *analyzers.Measure
	attrs      map[string]any
	skip       bool
}

func (x *concluder) findings() {
	if x.cor.counts.shortMessages > 0 || x.cor.counts.strayReturns > 0 {
		x.transport()
	}
	for _, j := range []struct {
		rule  string
		judge func(*incident) judged
	}{
		{ruleReturn, x.returns}, {ruleNoAnswer, x.noAnswer}, {ruleAbort, x.aborts}, {ruleReject, x.rejects},
		{ruleErrNetwork, x.errors}, {ruleErrInterworking, x.errors}, {ruleDupInvoke, x.dupInvokes}, {ruleConflict, x.conflicts},
		{ruleOrphan, x.orphans}, {ruleFallback, x.fallbacks}, {ruleSetupSlow, x.setups}, {ruleSCTPAbort, x.sctpAborts},
		{ruleErrUndefined, x.undefined}, {ruleMMS, x.mms}, {ruleNoHandshake, x.noHandshake}, {ruleConcat, x.concats}, {ruleSCMismatch, x.scMismatch},
	} {
		for _, i := range x.cor.incidents.of(j.rule) {
			x.report(i, j.judge(i))
		}
	}
	for _, o := range x.cor.ops.sorted() {
		x.latency(o, x.cor.ops.rows[o])
	}
}

func (x *concluder) report(i *incident, j judged) {
	if j.skip {
		return
	}
	if j.confidence == 0 {
		j.confidence = analyzers.Certain
	}
	if j.attrs == nil {
		j.attrs = map[string]any{}
	}
	j.attrs["initiator"], j.attrs["responder"] = i.key.a.String(), i.key.b.String()
	if i.key.op != (operation{}) {
		x.operationAttrs(j.attrs, i.key.op)
	}
	f := analyzers.Finding{Rule: i.key.rule, Severity: j.severity, Confidence: j.confidence, Message: j.message, Measure: j.measure, Attrs: j.attrs,
		FirstTime: i.first, LastTime: i.last, HasTime: true, Count: max(1, i.count), Citations: i.Citations}
	f.Flow = x.flow(i.src, i.dst, i.sport, i.dport, i.proto, i.tunnel)
	x.Report(f)
}

func (x *concluder) operationAttrs(attrs map[string]any, o operation) {
	attrs["operation"], attrs["version"], attrs["basis"] = o.name(), o.versionText(), x.basesOf(o).String()
	if d := o.direction(); d != gsmmap.UnknownDirection {
		attrs["direction"] = d.String()
	}
}

func (x *concluder) flow(src, dst decoders.Addr, sport, dport uint16, proto uint8, tunnel uint32) *analyzers.FlowRef {
	if proto == 0 || src.IsZero() {
		return nil
	}
	return &analyzers.FlowRef{Proto: "sctp", Src: src, Dst: dst, SPort: sport, DPort: dport, Tunnel: x.TunnelPath(tunnel)}
}

// between is "A to B".
func (i *incident) between() string { return i.key.a.String() + " to " + i.key.b.String() }

func (x *concluder) returns(i *incident) judged {
	cause := causeText(uint8(i.key.code))
	j := judged{attrs: map[string]any{"cause": int64(i.key.code), "operations": i.extra, "dialogues_unknown": i.stray}}
	j.message = fmt.Sprintf("SCCP returned %s from %s: %s", analyzers.Count(i.count, "message", "messages"), i.between(), cause)
	if i.extra > 0 {
		j.message += fmt.Sprintf("; %s not delivered", analyzers.Count(i.extra, "operation", "operations"))
	}
	if i.stray > 0 {
		j.message += fmt.Sprintf("; %d of dialogues that are not in the capture", i.stray)
	}
	return j
}

func (x *concluder) noAnswer(i *incident) judged {
	j := judged{confidence: analyzers.Likely, attrs: map[string]any{"waited": i.value}}
	if i.key.code == endedEmpty {
		if !x.lossy() {
			j.confidence = analyzers.Certain
		}
		if x.lostAsMany(i.count) {
			j.severity, j.confidence = analyzers.Info, analyzers.Possible
		}
		j.message = fmt.Sprintf("%s of %s: the dialogue ended without an answer", x.times(i), i.between())
		delete(j.attrs, "waited")
		return j
	}
	j.measure = &analyzers.Measure{Name: "waited", Value: i.value, Unit: "ns"}
	what := "no answer"
	if x.doubt() {
		what, j.confidence = "no answer seen", analyzers.Possible
	}
	j.message = fmt.Sprintf("%s of %s: %s for up to %s", x.times(i), i.between(), what, duration(i.value))
	if x.lostAsMany(i.count) {
		j.severity = analyzers.Info // the loss alone may be the reason
	}
	if i.oneWay == i.count {
		j.severity, j.confidence = analyzers.Info, analyzers.Possible
		j.message += "; the capture has nothing of the way back"
	}
	return j
}

// basesOf is what the versions of an operation's row rest on.
func (x *concluder) basesOf(o operation) bases {
	if r := x.cor.ops.of(o); r != nil {
		return r.bases
	}
	return 0
}

// title is the operation as sentences name it.
func (x *concluder) title(o operation) string { return o.titled(x.basesOf(o)) }

// times is "3 of 20 mt-forwardSM v3". When an error has told the version since, the
// operation is counted in the row of that version.
func (x *concluder) times(i *incident) string {
	n := i.count
	if r := x.cor.ops.of(i.key.op); r != nil {
		n = max(n, r.invokes)
	}
	return fmt.Sprintf("%d of %d %s", i.count, n, x.title(i.key.op))
}

func (x *concluder) aborts(i *incident) judged {
	n := x.cor.ops.between(i.key.a, i.key.b)
	j := judged{attrs: map[string]any{"cause": i.text, "operations_between": n},
		message: fmt.Sprintf("%s of %s aborted: %s", analyzers.Count(i.count, "dialogue", "dialogues"), i.between(), i.text)}
	if 100*i.count <= n {
		j.severity = analyzers.Warning
		j.message += fmt.Sprintf(" (%s of %d operations)", percent(i.count, n), n)
	}
	return j
}

func (x *concluder) rejects(i *incident) judged {
	problem := gsmmapProblem(tcap.ProblemKind(i.key.code>>8), uint8(i.key.code))
	return judged{attrs: map[string]any{"problem": problem}, message: fmt.Sprintf("%s of %s rejected: %s", x.times(i), i.between(), problem)}
}

func (x *concluder) errors(i *incident) judged {
	r := x.cor.ops.of(i.key.op)
	answers := r.results + r.errors + r.rejected
	if answers >= errorMin && 100*i.count <= errorPercent*answers {
		return judged{skip: true}
	}
	return judged{attrs: map[string]any{"errors": errorList(i.errors), "answers": answers},
		message: fmt.Sprintf("%d of %d answers (%s) to %s of %s: %s", i.count, answers, percent(i.count, answers), x.title(i.key.op), i.between(), explained(i.errors))}
}

// meaning is what an error says, to stand behind its name.
func meaning(code int32) string {
	if s := gsmmap.ErrorMeaning(code); s != "" && code != gsmmap.ErrCodeUnknownSubscriber {
		return ": " + s
	}
	return ""
}

// explained lists errors, most frequent first, and says what they mean when
// they are few.
func explained(m map[errorKey]uint64) string {
	list, keys := errorList(m), errorKeys(m)
	if len(list) > 3 {
		return strings.Join(list, ", ")
	}
	for i := range list {
		list[i] += meaning(keys[i].code)
	}
	return strings.Join(list, "; ")
}

func (x *concluder) undefined(i *incident) judged {
	return judged{attrs: map[string]any{"error": int64(i.key.code)},
		message: fmt.Sprintf("%s of %s has an answer that is not defined for it, %s%s", x.times(i), i.between(), errorText(errorKey{i.key.code, -1, -1}), meaning(i.key.code))}
}

func (x *concluder) dupInvokes(i *incident) judged {
	return judged{attrs: map[string]any{"invoke_id": i.value},
		message: fmt.Sprintf("%s of %s with an invoke id (%d) that was still open", analyzers.Count(i.count, "invoke", "invokes"), i.between(), i.value)}
}

func (x *concluder) conflicts(i *incident) judged {
	what := gsmmap.ConflictNames[i.key.code]
	return judged{attrs: map[string]any{"conflict": what, "context": i.text},
		message: fmt.Sprintf("%s of %s under context %s: %s", x.times(i), i.between(), i.text, what)}
}

func (x *concluder) orphans(i *incident) judged {
	if x.lostAsMany(i.count) { // the invokes may have been in what is missing
		x.Out.VerdictsWithheld += i.count
		return judged{skip: true}
	}
	j := judged{attrs: map[string]any{"invoke_id": i.value},
		message: fmt.Sprintf("%s in dialogues of %s %s to no open invoke (invoke id %d)", analyzers.Count(i.count, "answer", "answers"), i.between(), belongs(i.count), i.value)}
	if x.lossy() {
		j.confidence = analyzers.Possible
	}
	return j
}

func (x *concluder) fallbacks(i *incident) judged {
	n := x.cor.ops.between(i.key.a, i.key.b) + i.empty
	j := judged{severity: analyzers.Info, attrs: map[string]any{"refused": i.count, "attempts_between": n, "repeated": i.retried, "delay": i.delay, "versions": list(i.texts)}}
	j.message = fmt.Sprintf("%s of %s refused because of the MAP version (%s)", analyzers.Count(i.count, "dialogue", "dialogues"), i.between(), strings.Join(i.texts, ", "))
	if i.retried > 0 {
		j.message += fmt.Sprintf("; %d repeated, %s later", i.retried, duration(i.delay/int64(i.retried)))
		if i.byNodes > 0 {
			j.message += fmt.Sprintf(" (%d without a message to compare: told by nodes and version)", i.byNodes)
		}
		j.attrs["matched_by_nodes"] = i.byNodes
		j.measure = &analyzers.Measure{Name: "delay", Value: i.delay / int64(i.retried), Unit: "ns"}
	}
	if n >= fallbackMin && 100*i.count > fallbackShare*n {
		j.severity = analyzers.Warning
		j.message += "; version look-up table missing: every message costs one more round trip"
	}
	return j
}

func (x *concluder) setups(i *incident) judged {
	k := analyzers.LabelKey{A: decoders.Addr(i.key.a), B: decoders.Addr(i.key.b), X: [4]uint8{i.key.ctx.Family, i.key.ctx.Version}}
	p95, ok := x.cor.latency.Quantile(metricSetup, k, .95)
	if !ok || p95 <= slowSetup {
		return judged{skip: true}
	}
	return judged{measure: &analyzers.Measure{Name: "p95", Value: p95, Unit: "ns"},
		message: fmt.Sprintf("dialogues of %s take up to %s (p95) from the empty Begin to the first Continue; %d took more than %s", i.between(), duration(p95), i.count, duration(slowSetup))}
}

func (x *concluder) sctpAborts(i *incident) judged {
	return judged{attrs: map[string]any{"cause": int64(i.key.code), "dialogues": i.extra},
		message: fmt.Sprintf("%s from %s (cause %d) while %s open", analyzers.Count(i.count, "SCTP ABORT", "SCTP ABORTs"), i.between(), i.key.code, analyzers.Count(i.extra, "dialogue was", "dialogues were"))}
}

func (x *concluder) mms(i *incident) judged {
	what := "moreMessagesToSend is there, but TP-MMS says no more messages"
	if i.key.code == 1 {
		what = "TP-MMS says more messages, but moreMessagesToSend is not there"
	}
	return judged{message: fmt.Sprintf("%s of %s: %s", analyzers.Count(i.count, "message", "messages"), i.between(), what)}
}

func (x *concluder) noHandshake(i *incident) judged {
	return judged{message: fmt.Sprintf("%s of %s in the Begin, without the TCAP handshake of TS 33.204; the nodes are in different countries", analyzers.Count(i.count, "message", "messages"), i.between())}
}

func (x *concluder) concats(i *incident) judged {
	return judged{confidence: analyzers.Possible, attrs: map[string]any{"parts_seen": i.parts - i.extra, "parts_total": i.parts, "out_of_order": i.disordered, "longest_span": i.value},
		message: fmt.Sprintf("%s of %s not complete in the capture: %d of %d parts seen", analyzers.Count(i.count, "concatenated message", "concatenated messages"), i.between(), i.parts-i.extra, i.parts)}
}

func (x *concluder) scMismatch(i *incident) judged {
	return judged{attrs: map[string]any{"service_centre": i.text},
		message: fmt.Sprintf("service centre %s is named in %s from %s", i.text, analyzers.Count(i.count, "message", "messages"), i.key.a)}
}

// latency judges the answer times of a row.
func (x *concluder) latency(o operation, r *row) {
	if code := int32(o.X[0]); code != gsmmap.OpForwardSM && code != gsmmap.OpMTForwardSM || r.slowTo.frame == 0 {
		return
	}
	p95, ok := x.cor.times.Quantile(metricResponse, o.label(), .95)
	if !ok {
		return
	}
	n := r.results + r.errors + r.rejected
	f := analyzers.Finding{Confidence: analyzers.Certain, Count: n, Measure: &analyzers.Measure{Name: "p95", Value: p95, Unit: "ns"},
		FirstTime: r.slowFrom.time, LastTime: r.slowTo.time, HasTime: true,
		Attrs: map[string]any{"initiator": node(o.A).String(), "responder": node(o.B).String(), "answers": n, "longest": r.slowest}}
	x.operationAttrs(f.Attrs, o)
	switch {
	case o.direction() == gsmmap.MO && (p95 > slowMO && n >= latencyMin || r.slowest > verySlowMO):
		f.Rule = ruleLatencyMO
	case o.direction() == gsmmap.MT && n >= latencyMin && p95 > slowMT:
		f.Rule = ruleLatencyMT
		if p95 <= verySlowMT {
			f.Severity = analyzers.Info
		}
	default:
		return
	}
	f.Message = fmt.Sprintf("%s of %s to %s: %s after up to %s (p95), the slowest after %s", o.titled(r.bases), node(o.A), node(o.B), analyzers.Count(n, "answer", "answers"), duration(p95), duration(r.slowest))
	f.Cite(r.slowFrom.frame, "slowest invoke", r.slowFrom.time)
	f.Cite(r.slowTo.frame, "its answer", r.slowTo.time)
	x.Report(f)
}

func belongs(n uint64) string {
	if n == 1 {
		return "belongs"
	}
	return "belong"
}
