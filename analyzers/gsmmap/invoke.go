package gsmmap

import (
	"fmt"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/tcap"
)

// invoke is an operation without its answer yet.
type invoke struct {
	side    int
	id      int8
	code    int32
	named   bool // one of the operations that the report names
	forward bool // a forwardSM
	verdict gsmmap.Verdict
	seen    sightings
	clock   int64
	tried   retryKey // valid if forward
	hasTPDU bool
	tpdu    gsmmap.TPDUType // valid if hasTPDU, with status
	status  int16           // TP-Status of a status report, else -1
	part    int64           // time of the first part of the answer (ReturnResultNotLast), valid if hasPart
	hasPart bool
}

// components takes the components of a message from sender.
func (c *correlator) components(d *dialogue, sender int, m *message, at moment) {
	for i := range m.components {
		k := &m.components[i]
		switch k.kind {
		case tcap.Invoke:
			c.invoke(d, sender, m, k, at)
		case tcap.ReturnResultNotLast:
			c.answeredInPart(d, sender, k, at)
		default:
			c.answered(d, sender, m, k, at)
		}
	}
}

// invoke takes an Invoke.
func (c *correlator) invoke(d *dialogue, sender int, m *message, k *component, at moment) {
	i := &invoke{side: sender, id: k.invokeID, code: k.code, clock: at.clock}
	i.seen = seenAt(at)
	c.decide(d, i, k)
	if i.named {
		d.sm = true
		d.toNode = d.toNode || !byNumber(i.code)
	} else {
		c.counts.otherOps++
	}
	for _, o := range d.invokes {
		if o.side == sender && o.id == k.invokeID && k.flags&compHasID != 0 && (i.named || o.named) {
			a, b := c.peers(d, i)
			in := c.incidents.note(incidentKey{rule: ruleDupInvoke, a: a, b: b, op: c.opOf(d, i)}, o.seen.on(at.scope), "invoke", d.event())
			in.addEvidence(at, fmt.Sprintf("invoke id %d again", k.invokeID))
			in.value = int64(k.invokeID)
			break
		}
	}
	if len(d.invokes) >= 64 {
		c.unanswered(d, d.invokes[0], endEvicted, at.clock)
		d.invokes = d.invokes[1:]
	}
	d.invokes = append(d.invokes, i)
	if !i.named {
		return
	}
	d.rests(i)
	c.conflicts(d, i, at)
	if i.forward && k.flags&compForward != 0 {
		c.shortMessage(d, i, m, k, at)
	}
	if len(k.number) > 0 {
		d.subs = appendFew(d.subs, c.subs.number(k.number, gsmmap.Number{Nature: k.nature, TBCD: k.number}, c.cfg.ShowSubscribers))
	}
}

// rests notes what the version of an operation rests on.
func (d *dialogue) rests(i *invoke) { d.bases |= 1 << i.verdict.Basis }

// decide says what the operation is.
func (c *correlator) decide(d *dialogue, i *invoke, k *component) {
	if k.flags&compHasCode == 0 || k.flags&compGlobal != 0 {
		return
	}
	f := d.facts()
	if k.code == gsmmap.OpForwardSM || k.code == gsmmap.OpMTForwardSM {
		var arg *gsmmap.Forward
		if k.flags&compForward != 0 {
			arg = &k.forward
		}
		i.verdict = gsmmap.Decide(k.code, f, arg)
		i.named, i.forward = i.verdict.Forward, i.verdict.Forward
		if !i.named {
			c.counts.foreignOps++
			name := fmt.Sprintf("operation code %d", k.code)
			switch {
			case d.foreignOID != "":
				name += " under application context " + d.foreignOID
			case d.foreign:
				name += " under an application context that is none of MAP"
			case d.hasCtx:
				name += " under " + d.ctx.String()
			default:
				name += " with an argument of another syntax"
			}
			if len(c.counts.foreignContexts) < 64 || c.counts.foreignContexts[name] > 0 {
				c.counts.foreignContexts[name]++
			}
		}
		return
	}
	if gsmmap.OperationName(k.code, 0) == "" || f.Foreign {
		return
	}
	switch {
	case f.HasContext:
		i.verdict = gsmmap.DecideCompanion(k.code, f, nil)
	case k.alone.Forward:
		i.verdict = k.alone
		if f.BeginSeen && f.NoPortion {
			i.verdict.Version, i.verdict.Basis = 1, gsmmap.BasisNoDialogue
		}
	}
	i.named = i.verdict.Forward
}

// peers are the nodes of an operation as they may be printed: who invoked it and
// who is to answer. It is the dialogue's pair, turned round when the responder
// invokes.
func (c *correlator) peers(d *dialogue, i *invoke) (a, b node) {
	a, b = d.nodes(c.cfg, d.personal() && (byNumber(i.code) || d.hasCtx))
	if i.side == responder {
		a, b = b, a
	}
	return a, b
}

func (c *correlator) opOf(d *dialogue, i *invoke) operation {
	a, b := c.peers(d, i)
	return makeOperation(i.code, i.verdict, a, b)
}

// shortMessage looks at the argument of a forwardSM.
func (c *correlator) shortMessage(d *dialogue, i *invoke, m *message, k *component, at moment) {
	f := &k.forward
	a, b := c.peers(d, i)
	ev := d.event()
	i.tried = retryKey{from: d.end[i.side].node, da: gsmmap.Fingerprint(f.DAValue), ui: k.ui}
	i.hasTPDU, i.tpdu, i.status = f.HasUI, k.tpdu, k.status
	if k.ui != 0 {
		if t := c.retries.take(i.tried, at.clock); t != nil {
			t.again(at)
		}
	}
	sub := c.subscriber(f, i.verdict.Direction)
	d.subs = appendFew(d.subs, sub)
	if len(k.text) > 0 && c.cfg.ShowContent {
		d.line().texts = appendFew(d.line().texts, string(k.text))
		c.text(c.opOf(d, i).title(), sub, k, at)
	}
	if k.concat.Total > 0 {
		c.parts.add(partKey{da: i.tried.da, oa: gsmmap.Fingerprint(f.OAValue), sender: k.sender, ref: k.concat.Ref, total: k.concat.Total},
			&part{seq: k.concat.Seq, sum: k.ui, at: at}, c.opOf(d, i), ev)
	}
	if k.tpdu == gsmmap.Deliver || k.tpdu == gsmmap.StatusReport {
		if k.more != f.More() {
			c.incidents.note(incidentKey{rule: ruleMMS, a: a, b: b, code: int32(bit(k.more))}, at, "invoke", ev)
		}
	}
	if i.verdict.Direction != gsmmap.MT {
		return
	}
	if m.kind == tcap.Begin && i.verdict.Version >= 2 {
		from, to := d.end[initiator].countryCode(), d.end[responder].countryCode()
		if from != "" && to != "" && from != to {
			c.incidents.note(incidentKey{rule: ruleNoHandshake, a: a, b: b}, at, "Begin with invoke", ev)
		}
	}
	if f.OA == gsmmap.PartyServiceCentre && d.end[i.side].node.isTitle() {
		if n, ok := gsmmap.ReadNumber(f.OAValue); ok {
			sc := string(gsmmap.AppendNode(nil, n))
			if sc != "" && sc != d.end[i.side].node.digits() {
				in := c.incidents.note(incidentKey{rule: ruleSCMismatch, a: a, b: titleNode([]byte(sc))}, at, "invoke", ev)
				in.text = sc
			}
		}
	}
}

// text keeps a text for table map_texts.
func (c *correlator) text(operation, subscriber string, k *component, at moment) {
	if len(c.texts) >= maxTexts {
		c.textsDropped++
		return
	}
	r := textRow{frame: at.frame, operation: operation, subscriber: subscriber, text: string(k.text)}
	if k.concat.Total > 0 {
		r.part = fmt.Sprintf("%d of %d", k.concat.Seq, k.concat.Total)
	}
	c.texts = append(c.texts, r)
}

// subscriber numbers the mobile in a forwardSM.
func (c *correlator) subscriber(f *gsmmap.Forward, dir gsmmap.Direction) string {
	show := c.cfg.ShowSubscribers
	switch {
	case f.DA == gsmmap.PartyIMSI && len(f.DAValue) > 0:
		return c.subs.imsi(f.DAValue, show)
	case f.OA == gsmmap.PartyMSISDN && len(f.OAValue) > 0:
		if n, ok := gsmmap.ReadNumber(f.OAValue); ok {
			return c.subs.number(n.TBCD, n, show)
		}
	case f.DA == gsmmap.PartyLMSI && len(f.DAValue) > 0:
		return c.subs.lmsi(f.DAValue)
	}
	return ""
}

// conflicts reports contradictions between what a dialogue says of itself.
func (c *correlator) conflicts(d *dialogue, i *invoke, at moment) {
	a, b := c.peers(d, i)
	for n := range gsmmap.ConflictNames {
		if i.verdict.Conflicts&(1<<n) != 0 {
			in := c.incidents.note(incidentKey{rule: ruleConflict, a: a, b: b, code: int32(n), op: c.opOf(d, i)}, at, "invoke", d.event())
			in.text = contextText(d)
		}
	}
}

func contextText(d *dialogue) string {
	switch {
	case d.hasCtx:
		return d.ctx.String()
	case d.foreignOID != "":
		return d.foreignOID
	case d.beginSeen && d.noPortion:
		return "none (version 1)"
	case d.foreign:
		return "other"
	}
	return "unknown"
}

// few bounds the lists of one dialogue's row.
const few = 8

func appendFew(list []string, s string) []string {
	if s == "" || len(list) >= few {
		return list
	}
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// observe enters the time to an answer.
func (c *correlator) observe(r *row, o operation, from, at moment) {
	ns := at.time - from.time
	id := analyzers.SampleID(at.sum, from.frame)
	c.latency.Observe(metricResponse, o.label(), ns, id)
	c.times.Observe(metricResponse, o.key().label(), ns, id)
	if ns < 0 {
		return
	}
	r.took(ns)
	if ns >= r.slowest {
		r.slowest, r.slowFrom, r.slowTo = ns, from, at
	}
}
