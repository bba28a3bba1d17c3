package gsmmap

import (
	"fmt"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/tcap"
)

// answered takes a result, an error or a Reject from sender: it answers an invoke
// of the other side.
func (c *correlator) answered(d *dialogue, sender int, m *message, k *component, at moment) {
	i := d.takeInvoke(1-sender, k)
	if i == nil {
		c.orphan(d, sender, k, at)
		return
	}
	if !i.named {
		return
	}
	if k.kind == tcap.ReturnError && i.verdict.Version == 0 && k.versions.Only() != 0 && k.versions&i.verdict.Candidates != 0 {
		i.verdict.Version, i.verdict.Basis = k.versions.Only(), gsmmap.BasisSyntax
	}
	o := c.opOf(d, i)
	from := i.seen.on(at.scope)
	r := c.counted(o, i)
	c.observe(r, o, from, at)
	took := duration(at.time - from.time)
	ev := d.event()
	a, b := c.peers(d, i)
	switch k.kind {
	case tcap.ReturnResultLast:
		r.results++
		d.note("%s: %s", o.title(), i.success(k, from, took))
	case tcap.ReturnError:
		failure := errorOf(k)
		r.fail(failure)
		d.note("%s: %s after %s", o.title(), errorText(failure), took)
		class := gsmmap.ErrorClass(k.code, int(k.value))
		if i.forward && !gsmmap.ErrorDefined(k.code, i.verdict.Version, i.verdict.Direction) {
			in := c.incidents.note(incidentKey{rule: ruleErrUndefined, a: a, b: b, code: k.code, op: o}, from, "invoke", ev)
			in.addEvidence(at, "returnError")
		}
		if rule := classRules[class]; rule != "" {
			in := c.incidents.note(incidentKey{rule: rule, a: a, b: b, op: o}, from, "invoke", ev)
			in.addEvidence(at, errorText(failure))
			in.error(failure)
		}
	case tcap.Reject:
		r.rejected++
		d.note("%s: rejected (%s) after %s", o.title(), problemText(k), took)
		in := c.incidents.note(incidentKey{rule: ruleReject, a: a, b: b, op: o, code: int32(k.problemKind)<<8 | int32(k.problem)}, from, "invoke", ev)
		in.addEvidence(at, "Reject")
	}
}

// classRules are the rules for errors of a class; others are normal.
var classRules = map[gsmmap.Class]string{gsmmap.Network: ruleErrNetwork, gsmmap.Interworking: ruleErrInterworking}

func problemText(k *component) string {
	if name := gsmmapProblem(k.problemKind, k.problem); name != "" && k.flags&compHasProblem != 0 {
		return name
	}
	return "no problem named"
}

func gsmmapProblem(kind tcap.ProblemKind, problem uint8) string {
	if name := tcap.ProblemName(kind, problem); name != "" {
		return name
	}
	return fmt.Sprintf("problem %d of list %d", problem, kind)
}

// errorText is an error's name, code and what its parameter adds.
func errorText(k errorKey) string {
	name, value := gsmmap.ErrorName(k.code), int(k.value)
	if name == "" {
		name = "error"
	}
	detail := ""
	if value >= 0 {
		switch k.code {
		case gsmmap.ErrCodeSMDeliveryFailure:
			detail = gsmmap.DeliveryFailureCause(value)
		case gsmmap.ErrCodeAbsentSubscriberSM:
			detail = gsmmap.AbsentDiagnostic(value)
		case gsmmap.ErrCodeSystemFailure:
			detail = gsmmap.NetworkResource(value)
		}
	}
	if detail != "" {
		detail = ", " + detail
	}
	if k.fcs >= 0 {
		detail += fmt.Sprintf(", TP-FCS 0x%02x", k.fcs)
		if cause := gsmmap.FailureCauseName(uint8(k.fcs)); cause != "" {
			detail += " " + cause
		}
	}
	return fmt.Sprintf("%s (%d%s)", name, k.code, detail)
}

// answeredInPart takes a result that is not the last one: it keeps its invoke
// open.
func (c *correlator) answeredInPart(d *dialogue, sender int, k *component, at moment) {
	for _, i := range d.invokes {
		if i.side == 1-sender && i.id == k.invokeID {
			if !i.hasPart {
				i.part, i.hasPart = at.time, true
			}
			return
		}
	}
	c.orphan(d, sender, k, at)
}

// success says when a result came, its first part, and the report in it.
func (i *invoke) success(k *component, from moment, took string) string {
	s := "answered after " + took
	if i.hasPart {
		s += ", the first part after " + duration(i.part-from.time)
	}
	if i.forward && k.report != gsmmap.InvalidTPDU {
		s += " (" + k.report.String() + ")"
	}
	return s
}

// takeInvoke takes the open invoke that a component answers. A Reject without an
// invoke id answers the only one there is.
func (d *dialogue) takeInvoke(side int, k *component) *invoke {
	at, n := -1, 0
	for j, i := range d.invokes {
		if i.side != side || k.flags&compHasID != 0 && i.id != k.invokeID {
			continue
		}
		if n++; at < 0 {
			at = j
		}
	}
	if at < 0 || k.flags&compHasID == 0 && n > 1 {
		return nil
	}
	i := d.invokes[at]
	d.invokes = append(d.invokes[:at], d.invokes[at+1:]...)
	return i
}

// orphan takes an answer to an invoke that is not there.
func (c *correlator) orphan(d *dialogue, sender int, k *component, at moment) {
	if !d.sm {
		return
	}
	what := "result"
	switch k.kind {
	case tcap.ReturnError:
		what = errorText(errorOf(k))
	case tcap.Reject:
		what = "Reject (" + problemText(k) + ")"
	}
	a, b := d.nodes(c.cfg, d.personal())
	if d.beginSeen && d.partial {
		d.note("%s for invoke id %d, whose invoke is cut", what, k.invokeID)
		return
	}
	if d.beginSeen {
		in := c.incidents.note(incidentKey{rule: ruleOrphan, a: a, b: b}, at, what, d.event())
		in.value = int64(k.invokeID)
		d.note("%s for invoke id %d, which nobody invoked", what, k.invokeID)
		return
	}
	// Its invoke is before the capture. Under a context with one operation, it is
	// known what was asked.
	i := invoke{side: 1 - sender, code: contextOperation(d.ctx)}
	if k.kind == tcap.ReturnResultLast && k.flags&compHasCode != 0 {
		i.code = k.code // the result names it
	}
	switch {
	case !d.hasCtx || i.code == 0:
	case i.code == gsmmap.OpForwardSM || i.code == gsmmap.OpMTForwardSM:
		i.verdict = gsmmap.Decide(i.code, d.facts(), nil)
	default:
		i.verdict = gsmmap.DecideCompanion(i.code, d.facts(), nil)
	}
	if !i.verdict.Forward {
		d.note("%s, invoke before the capture", what)
		return
	}
	o := c.opOf(d, &i)
	r := c.ops.row(o)
	r.answersOnly++
	if k.kind == tcap.ReturnError {
		r.fail(errorOf(k))
	}
	d.note("%s: %s, invoke before the capture", o.title(), what)
}

// contextOperation is the operation of a context that has but one, else 0.
func contextOperation(c gsmmap.Context) int32 {
	switch {
	case c.Family == gsmmap.ShortMsgMTRelay && c.Version == 3:
		return gsmmap.OpMTForwardSM
	case c.Family == gsmmap.ShortMsgMTRelay, c.Family == gsmmap.ShortMsgMORelay:
		return gsmmap.OpForwardSM
	}
	return 0
}

// refusal recognises a dialogue refused because of its version.
func (c *correlator) refusal(d *dialogue, m *message, at moment) bool {
	r := m.refusal
	if r.Kind == gsmmap.PortionRefused && (!d.beginSeen || d.noPortion || d.set) {
		return false
	}
	if r.Kind == gsmmap.NoRefusal || !d.sm {
		return false
	}
	a, b := d.nodes(c.cfg, d.personal())
	k := incidentKey{rule: ruleFallback, a: a, b: b}
	in := c.incidents.note(k, d.firstMoment(), "Begin", d.event())
	in.addEvidence(at, r.Kind.String())
	to := "an older version"
	if r.HasAlternative {
		to = r.Alternative.String()
	}
	in.addText(contextText(d) + " to " + to)
	for _, i := range d.invokes {
		if !i.named {
			continue
		}
		o := c.opOf(d, i)
		row := c.counted(o, i)
		row.refused++
		d.note("%s: refused, %s offered", o.title(), to)
		if i.tried.ui != 0 {
			c.retries.add(i.tried, &refusedTry{at: i.seen.on(at.scope).refusedAt(at.clock), in: in, row: row})
		}
	}
	if len(d.invokes) == 0 {
		d.note("dialogue refused, %s offered", to)
		in.empty++
		if d.beginSeen {
			c.retries.addEmpty(&refusedTry{at: d.begin.on(at.scope).refusedAt(at.clock), in: in, pair: d.pair(), context: d.ctx,
				offered: r.Alternative, offers: r.HasAlternative})
		}
	}
	d.invokes = nil
	return true
}

func (d *dialogue) firstMoment() moment { return moment{time: d.first, frame: d.firstFrame} }

// abort takes an Abort that is no refusal of the version.
func (c *correlator) abort(d *dialogue, m *message, sender int, at moment, e *analyzers.Event) {
	if !d.sm {
		return
	}
	a, b := d.nodes(c.cfg, d.personal())
	cause := abortText(m)
	in := c.incidents.note(incidentKey{rule: ruleAbort, a: a, b: b, text: cause}, d.firstMoment(), "first message", d.event())
	in.addEvidence(at, "Abort")
	in.text = cause
	for _, i := range d.invokes {
		if i.named {
			o := c.opOf(d, i)
			row := c.counted(o, i)
			row.aborted++
			d.note("%s: aborted (%s) after %s", o.title(), cause, duration(at.time-i.seen.on(at.scope).time))
		}
	}
	if len(d.invokes) == 0 {
		d.note("dialogue aborted (%s)", cause)
	}
	d.invokes = nil
}

// abortText says who aborted and why.
func abortText(m *message) string {
	if m.flags&msgPAbort != 0 {
		if name := tcap.PAbortName(m.pabort); name != "" {
			return "P-Abort " + name
		}
		return fmt.Sprintf("P-Abort %d", m.pabort)
	}
	p := gsmmap.DialoguePDU{Kind: m.pdu, Reason: int(m.reason)}
	switch {
	case m.pdu != gsmmap.NoPDU && p.ReasonName() != "":
		return "U-Abort, " + m.pdu.String() + " " + p.ReasonName()
	case m.pdu != gsmmap.NoPDU:
		return "U-Abort, " + m.pdu.String()
	case m.dialogue == tcap.AARE && m.flags&msgHasResult != 0:
		return "U-Abort, dialogue refused"
	}
	return "U-Abort"
}

// returned takes a message that SCCP sends back: the invokes in it, and all that
// its sender has open in the dialogue, will not be answered.
func (c *correlator) returned(e *analyzers.Event, m *message, at moment) {
	// The service message goes to the original's sender.
	var d *dialogue
	side := initiator
	if m.otid.Len > 0 {
		d, side = c.owner(&m.called, &m.otid, m.dpc, m.opc, m.flags&msgHasPC != 0)
	}
	if d == nil && m.dtid.Len > 0 {
		if d, side = c.owner(&m.calling, &m.dtid, m.opc, m.dpc, m.flags&msgHasPC != 0); d != nil {
			side = 1 - side
		}
	}
	cause := causeText(m.cause)
	if d == nil {
		c.counts.strayReturns++
		to := m.calling.shown(true, c.cfg.ShowSubscribers)
		in := c.incidents.note(incidentKey{rule: ruleReturn, a: m.called.shown(false, c.cfg.ShowSubscribers), b: to, code: int32(m.cause)}, at, "returned message", e)
		in.stray++
		return
	}
	c.attach(m, at, d)
	c.table.toFront(d)
	d.touch(at)
	if !d.sm {
		return
	}
	a, b := d.nodes(c.cfg, d.personal())
	if side == responder {
		a, b = b, a
	}
	in := c.incidents.note(incidentKey{rule: ruleReturn, a: a, b: b, code: int32(m.cause)}, d.firstMoment(), "original", d.event())
	in.addEvidence(at, "returned by SCCP")
	kept := d.invokes[:0]
	n := 0
	for _, i := range d.invokes {
		if i.side != side {
			kept = append(kept, i)
			continue
		}
		if !i.named {
			continue
		}
		o := c.opOf(d, i)
		row := c.counted(o, i)
		row.returned++
		in.extra++
		n++
		d.note("%s: returned by SCCP (%s) after %s", o.title(), cause, duration(at.time-i.seen.on(at.scope).time))
	}
	if n == 0 {
		d.note("returned by SCCP (%s)", cause)
	}
	d.invokes = kept
	if m.kind == tcap.Begin {
		c.close(d, endReturned, at.clock, at.frame)
	}
}

func causeText(cause uint8) string {
	if name := sccp.CauseName(cause); name != "" {
		return fmt.Sprintf("cause %d, %s", cause, name)
	}
	return fmt.Sprintf("cause %d", cause)
}

// noAnswerAfter is how long an invoke must have been open for its answer to be
// missing: the shortest operation timer of forwardSM (TS 29.002, "ml").
const noAnswerAfter = int64(60e9)

// unanswered decides an invoke that is still open when its dialogue ends.
func (c *correlator) unanswered(d *dialogue, i *invoke, why endReason, clock int64) {
	if !i.named {
		return
	}
	o := c.opOf(d, i)
	row := c.counted(o, i)
	waited := clock - i.clock
	if !gsmmap.Expects(i.code) {
		row.other++
		d.note("%s: no answer expected", o.title())
		return
	}
	switch {
	case d.partial && (why == endEnded || waited > noAnswerAfter):
		row.other++
		c.counts.withheld++
		d.note("%s: not decided, messages of the dialogue are cut", o.title())
	case why == endEvicted || why == endReset:
		row.other++
		c.counts.withheld++
		d.note("%s: not decided (%s)", o.title(), endNames[why])
	case why == endEnded:
		row.unanswered++
		d.note("%s: dialogue ended without an answer", o.title())
		a, b := c.peers(d, i)
		in := c.incidents.note(incidentKey{rule: ruleNoAnswer, a: a, b: b, op: o, code: endedEmpty}, i.seen.first.moment(), "invoke", d.event())
		in.addEvidence(moment{time: d.last, frame: d.lastFrame}, "End")
	case waited > noAnswerAfter:
		row.unanswered++
		d.note("%s: no answer for %s", o.title(), duration(waited))
		a, b := c.peers(d, i)
		in := c.incidents.note(incidentKey{rule: ruleNoAnswer, a: a, b: b, op: o}, i.seen.first.moment(), "invoke", d.event())
		in.value = max(in.value, waited)
		if !c.paths.answers(d, i.side) {
			in.oneWay++
		}
	case why == endSuperseded:
		row.other++
		d.note("%s: transaction id used again after %s", o.title(), duration(waited))
	default:
		row.open++
		d.note("%s: open at the end of the capture", o.title())
	}
}

// endedEmpty in an incident's code: the dialogue ended, and the invoke with it.
const endedEmpty = 1

func (d *dialogue) note(format string, args ...any) {
	if l := d.line(); len(l.notes) < few {
		l.notes = append(l.notes, fmt.Sprintf(format, args...))
	}
}
