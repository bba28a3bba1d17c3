package gsmmap_test

import (
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/tcap"
)

// dialogues is as much of dialogue tracking as the tests need: transaction ids
// alone tell the dialogue, and each side's invokes are told by their ids.
type dialogues struct {
	open map[tcap.TID]*dialogue // by either side's id
}

type dialogue struct {
	about   gsmmap.Dialogue
	invokes map[int8]*invoke
}

type invoke struct {
	frame uint64
	time  int64
	code  int32
	is    gsmmap.Verdict
}

// step is one message as the dialogues show it.
type step struct {
	m       *message
	about   gsmmap.Dialogue
	invoked []*invoke
	answers []answer
}

type answer struct {
	to   *invoke // nil when it is not in the capture
	c    tcap.Component
	time int64
}

// next takes the next message.
func (d *dialogues) next(m *message) step {
	s := step{m: m}
	in := d.of(m)
	if ac := m.msg.Dialogue.Context; ac != nil && m.msg.Kind != tcap.Abort && !in.about.HasContext {
		c, ok := gsmmap.ParseContext(ac)
		in.about.Context, in.about.HasContext, in.about.Foreign = c, ok, !ok
	}
	s.about = in.about
	for _, c := range m.components {
		switch {
		case c.Kind == tcap.Invoke && c.HasCode:
			i := &invoke{frame: m.frame, time: m.time, code: c.Code}
			var f *gsmmap.Forward
			if arg, err := gsmmap.ReadForward(c.Param); err == nil {
				f = &arg
			}
			i.is = gsmmap.Decide(c.Code, in.about, f)
			if in.invokes[c.InvokeID] == nil {
				in.invokes[c.InvokeID] = i
			}
			s.invoked = append(s.invoked, i)
		case c.Kind != tcap.Invoke:
			s.answers = append(s.answers, answer{in.invokes[c.InvokeID], c, m.time})
			delete(in.invokes, c.InvokeID)
		}
	}
	return s
}

func (d *dialogues) of(m *message) *dialogue {
	if d.open == nil {
		d.open = map[tcap.TID]*dialogue{}
	}
	in := d.open[m.msg.DTID]
	if m.msg.Kind == tcap.Begin || in == nil && m.msg.Kind != tcap.Begin {
		in = nil
		if m.msg.Kind == tcap.Continue {
			in = d.open[m.msg.OTID]
		}
	}
	if in == nil {
		in = &dialogue{invokes: map[int8]*invoke{}}
		in.about.BeginSeen = m.msg.Kind == tcap.Begin
		in.about.NoPortion = in.about.BeginSeen && m.msg.Dialogue.Kind == tcap.NoDialogue
	}
	for _, id := range []tcap.TID{m.msg.OTID, m.msg.DTID} {
		if id.Len > 0 {
			d.open[id] = in
		}
	}
	return in
}
