package gsmmap

import (
	"fmt"

	"pcaptriage/decoders/gsmmap"
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
		d.rests(i)
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
		d.note("%s for invoke id %d, whose invoke is cut or damaged", what, k.invokeID)
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
	d.rests(&i)
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

func (d *dialogue) firstMoment() moment { return moment{time: d.first, frame: d.firstFrame} }

func (d *dialogue) note(format string, args ...any) {
	if l := d.line(); len(l.notes) < few {
		l.notes = append(l.notes, fmt.Sprintf(format, args...))
	}
}
