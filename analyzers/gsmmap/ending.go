package gsmmap

import (
	"fmt"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/tcap"
)

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
	c.table.byUse.Touch(d)
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
		d.note("%s: not decided, messages of the dialogue are cut or damaged", o.title())
	case why == endEvicted || why == endReset || why == endLoose:
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
		if !c.paths.answers(d) {
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
