package gsmmap

import (
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/tcap"
)

// tcap reads a TCAP message into m, and counts what it is. It reports whether
// the correlator should have it.
func (c *coverage) tcap(m *message, b []byte, content bool) bool {
	switch tcap.KindOf(b) {
	case tcap.NotTCAP:
		c.notTCAP++ // SCCP management, mostly
		return false
	case tcap.ANSI:
		c.ansi[tcap.ANSIKind(b)]++
		return false
	}
	t, err := tcap.Decode(b)
	if err != nil && !t.Cut {
		c.damagedTCAP++
		if t.OTID.Len == 0 && t.DTID.Len == 0 {
			return false
		}
	}
	c.tcapMessages++
	if t.Trailing > 0 {
		c.trailing++
	}
	if m.flags&msgReturned != 0 {
		m.kind, m.otid, m.dtid = t.Kind, t.OTID, t.DTID
	} else {
		c.damagedComps += condense(m, &t, content)
	}
	return true
}

// loose reads components that come without their message, as exported PDUs of
// gsm_map do. It reports whether there are any.
func (c *coverage) loose(m *message, b []byte, cut, content bool) bool {
	damaged := condense(m, &tcap.Message{Kind: tcap.Unidirectional, HasComponents: true, Components: b, Cut: cut}, content)
	if len(m.components) == 0 {
		c.damagedTCAP++
		return false
	}
	m.flags |= msgLoose
	c.damagedComps += damaged
	c.components += uint64(len(m.components))
	return true
}

// condense fills m's TCAP and MAP parts from a decoded message. content says
// whether texts may be kept. It returns how many components could not be read,
// those left out that go beyond the data.
func condense(m *message, t *tcap.Message, content bool) (damaged uint64) {
	m.kind, m.otid, m.dtid = t.Kind, t.OTID, t.DTID
	set := func(f messageFlags, is bool) {
		if is {
			m.flags |= f
		}
	}
	set(msgCut, t.Cut)
	set(msgPAbort, t.HasPAbort)
	m.pabort = t.PAbort

	d := &t.Dialogue
	m.dialogue, m.result, m.diagnostic = d.Kind, d.Result, d.Diagnostic
	set(msgPortion, d.Kind != tcap.NoDialogue)
	set(msgHasResult, d.HasResult)
	set(msgHasDiagnostic, d.HasDiagnostic)
	set(msgFromProvider, d.FromProvider)
	switch c, ok := gsmmap.ParseContext(d.Context); {
	case d.Kind == tcap.UnknownDialogue:
		m.flags |= msgForeign
	case d.Context == nil:
	case ok:
		m.context = c
		m.flags |= msgHasContext
	default:
		m.foreign = d.Context
		m.flags |= msgForeign
	}
	m.reason = -1
	if p, ok := gsmmap.ReadDialoguePDU(d.UserInfo); ok {
		m.pdu, m.reason = p.Kind, int8(p.Reason)
	}
	m.refusal = gsmmap.ReadRefusal(t, true)
	if !t.HasComponents {
		return 0
	}
	w := tcap.NewComponents(t.Components)
	for w.Next() {
		if len(m.components) == maxComponents {
			m.flags |= msgMoreComponents
			break
		}
		m.components = append(m.components, condenseComponent(&w.C, content))
	}
	damaged = uint64(w.Skipped)
	if w.Broken() && !t.Cut {
		damaged++
	}
	set(msgDamaged, damaged > 0)
	return damaged
}

func condenseComponent(t *tcap.Component, content bool) (c component) {
	c = component{kind: t.Kind, invokeID: t.InvokeID, code: t.Code, problemKind: t.ProblemKind, problem: t.Problem, value: -1, fcs: -1, status: -1}
	set := func(f componentFlags, is bool) {
		if is {
			c.flags |= f
		}
	}
	set(compHasID, t.HasInvokeID)
	set(compHasCode, t.HasCode)
	set(compGlobal, t.GlobalCode != nil)
	set(compHasProblem, t.HasProblem)
	switch {
	case t.Kind == tcap.ReturnError && t.HasCode:
		p := gsmmap.ReadErrorParam(t.Code, t.Param)
		c.value, c.versions = int16(p.Value), p.Versions
		c.reportIn(p.TPDU, gsmmap.InError)
	case t.Kind == tcap.ReturnResultLast || t.Kind == tcap.ReturnResultNotLast:
		// Without a code it is known from the invoke only whether this is the
		// result of a forwardSM: c.report counts for those alone.
		if !t.HasCode || t.Code == gsmmap.OpForwardSM || t.Code == gsmmap.OpMTForwardSM {
			c.reportIn(gsmmap.ReportTPDU(t.Param), gsmmap.InResult)
		}
	case t.Kind != tcap.Invoke || !t.HasCode:
	case t.Code == gsmmap.OpForwardSM || t.Code == gsmmap.OpMTForwardSM:
		if f, err := gsmmap.ReadForward(t.Param); err == nil {
			c.flags |= compForward
			c.shortMessage(&f, content)
		}
	default:
		c.alone = gsmmap.DecideCompanion(t.Code, gsmmap.Dialogue{}, t.Param)
		if t.Code == gsmmap.OpSendRoutingInfoForSM {
			if a, ok := gsmmap.ReadRoutingArg(t.Param); ok && a.HasMSISDN {
				c.number, c.nature = a.MSISDN.TBCD, a.MSISDN.Nature
			}
		}
	}
	return c
}

// reportIn keeps of the report in an answer its type and cause of failure.
func (c *component) reportIn(tpdu []byte, in gsmmap.Carrier) {
	if len(tpdu) == 0 {
		return
	}
	t := gsmmap.ReadReport(tpdu, in)
	c.report = t.Type
	if t.HasFCS && t.Type != gsmmap.InvalidTPDU {
		c.fcs = int16(t.FCS)
	}
}

// shortMessage keeps of a forwardSM's argument what the correlator needs.
func (c *component) shortMessage(f *gsmmap.Forward, content bool) {
	c.forward = *f
	if !f.HasUI {
		return
	}
	c.ui = gsmmap.Fingerprint(f.UI)
	// The addresses and the type of the TPDU tell the direction, whatever the
	// dialogue says of it.
	v := gsmmap.Decide(gsmmap.OpForwardSM, gsmmap.Dialogue{}, f)
	if v.Direction == gsmmap.UnknownDirection {
		return
	}
	t := gsmmap.ReadTPDU(f.UI, v.Direction, gsmmap.InInvoke)
	c.tpdu, c.more, c.concat = t.Type, t.More, t.Concat
	if t.HasStatus {
		c.status = int16(t.Status)
	}
	if t.HasAddress {
		c.sender = gsmmap.Fingerprint(t.Address.Value)
	}
	if content {
		if text, ok := t.AppendText(nil); ok {
			c.text = text
		}
	}
}
