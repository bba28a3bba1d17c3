package gsmmap

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/recency"
	"pcaptriage/decoders/tcap"
)

// Sides of a dialogue.
const (
	initiator = 0 // sent the Begin, or is taken for the one who did
	responder = 1
)

// dialogue is one TCAP transaction.
type dialogue struct {
	links recency.Links[*dialogue] // by last message
	gone  bool                     // left the table

	end      [2]party
	to       node        // whom the Begin was addressed to; valid if beginSeen
	keys     [2]tidKey   // valid if known
	tids     [2]tcap.TID // the sides' transaction ids, none if not known
	pc       [2]uint32   // point codes of the sides, valid if hasPC
	hasPC    bool
	answered bool // the responder's own address is known, not only the one the Begin was sent to

	ctx        gsmmap.Context
	hasCtx     bool
	foreign    bool
	foreignOID string
	beginSeen  bool
	noPortion  bool // of the Begin
	emptyBegin bool
	set        bool // the first Continue has been seen
	byID       bool
	partial    bool // components of a message are not known: it was cut or damaged, or had too many
	sm         bool // a dialogue of short messages
	toNode     bool // an operation was invoked in it that is addressed to a node
	state      endReason
	hops       uint8

	first, last           int64 // recorded
	firstFrame, lastFrame decoders.FrameRef
	lastClock             int64
	messages              uint32
	begin                 sightings

	bases   bases     // of the versions of its operations
	invokes []*invoke // open
	subs    []string
	lines   *lines // nil while there are none
	setup   int64  // ns, valid if set and emptyBegin

	place *place // of the first message
}

// known reports whether a side's transaction id is.
func (d *dialogue) known(side int) bool { return d.tids[side].Len > 0 }

// pair is who began the dialogue and whom the Begin was addressed to.
func (d *dialogue) pair() nodePair { return nodePair{d.end[initiator].node, d.to} }

// place is an SCTP path, by the direction of a message. Dialogues share it.
type place struct {
	src, dst     decoders.Addr
	sport, dport uint16
	proto        uint8
	tunnel       uint32
}

// places holds those in use, up to maxPaths.
type places map[place]*place

func (t places) of(e *analyzers.Event) *place {
	at := place{e.Src, e.Dst, e.SPort, e.DPort, e.Proto, e.TunnelID}
	p := t[at]
	if p == nil {
		p = &at
		if len(t) < maxPaths {
			t[at] = p
		}
	}
	return p
}

// lines are for the dialogue's row.
type lines struct {
	notes []string // what became of each operation
	texts []string
}

func (d *dialogue) line() *lines {
	if d.lines == nil {
		d.lines = &lines{}
	}
	return d.lines
}

// idleDialogue is how long a dialogue may be silent before it is given up.
const idleDialogue = int64(15 * 60e9)

// sightings are the times at which one message was seen, by hop: nearly always
// once.
type sightings struct {
	sum   uint64
	first sight
	more  []sight // on other hops, at most maxHops less one
}

// sight is where and when a message was seen on one hop.
type sight struct {
	time  int64
	frame decoders.FrameRef
	scope uint64
}

const maxHops = 4

func seenAt(m moment) sightings {
	return sightings{sum: m.sum, first: sight{m.time, m.frame, m.scope}}
}

func (s *sightings) add(m moment) {
	if len(s.more) < maxHops-1 {
		s.more = append(s.more, sight{m.time, m.frame, m.scope})
	}
}

// on is when the message was seen on the hop, else when it was seen first.
func (s *sightings) on(scope uint64) moment {
	for _, m := range s.more {
		if m.scope == scope && s.first.scope != scope {
			return m.moment()
		}
	}
	return s.first.moment()
}

func (s sight) moment() moment { return moment{time: s.time, frame: s.frame, scope: s.scope} }

// seenAgain enters another sighting of the message that began the dialogue or
// brought an invoke that is still open.
func (d *dialogue) seenAgain(at moment) {
	if d.beginSeen && d.begin.sum == at.sum {
		d.begin.add(at)
	}
	for _, i := range d.invokes {
		if i.seen.sum == at.sum {
			i.seen.add(at)
		}
	}
}

func (d *dialogue) touch(at moment) {
	d.last, d.lastFrame, d.lastClock = at.time, at.frame, at.clock
	d.messages++
}

func (d *dialogue) openForwards() bool {
	for _, i := range d.invokes {
		if i.named {
			return true
		}
	}
	return false
}

// facts are what gsmmap.Decide wants to know of the dialogue.
func (d *dialogue) facts() gsmmap.Dialogue {
	return gsmmap.Dialogue{Context: d.ctx, HasContext: d.hasCtx, Foreign: d.foreign, BeginSeen: d.beginSeen, NoPortion: d.noPortion}
}

// context takes what a message says of the application context. An AARE that
// refuses names an alternative, which is not this dialogue's.
func (d *dialogue) context(m *message) {
	if m.dialogue == tcap.AARE && m.flags&msgHasResult != 0 && m.result != tcap.Accepted || d.hasCtx || d.foreign {
		return
	}
	switch {
	case m.flags&msgHasContext != 0:
		d.ctx, d.hasCtx = m.context, true
		d.sm = d.sm || m.context.ShortMessage()
	case m.flags&msgForeign != 0:
		d.foreign = true
		d.foreignOID = string(gsmmap.AppendContextOID(nil, m.foreign))
	}
}

// nodes are the sides as they may be printed. personal says that the called
// address of the Begin is a subscriber's number.
func (d *dialogue) nodes(cfg *config, personal bool) (a, b node) {
	a = d.end[initiator].shown(false, cfg.ShowSubscribers)
	b = d.end[responder].shown(personal && !d.answered, cfg.ShowSubscribers)
	return a, b
}

// endReason is how a dialogue ended.
type endReason uint8

const (
	endOpen endReason = iota
	endEnded
	endAborted
	endRefused
	endReturned
	endSuperseded
	endExpired
	endEvicted
	endReset
	endCapture
	endLoose // it was none: components without a message
)

var endNames = [...]string{"open", "ended", "aborted", "refused", "returned", "superseded", "expired", "evicted", "clock-reset", "open at end", "no transaction"}

// begin takes a Begin.
func (c *correlator) begin(e *analyzers.Event, m *message, at moment) {
	k := newKey(&m.calling, &m.otid)
	if old := c.table.byKey[k]; old.d != nil {
		if old.side == initiator && old.d.beginSeen && old.d.begin.sum == at.sum {
			c.counts.beginsAgain++
			return
		}
		c.close(old.d, endSuperseded, at.clock, at.frame)
	}
	d := c.newDialogue(e, m, at)
	d.end = [2]party{m.calling, m.called}
	d.to = m.called.node
	d.pc, d.hasPC = [2]uint32{m.opc, m.dpc}, m.flags&msgHasPC != 0
	c.table.bind(d, initiator, &m.calling, &m.otid)
	d.beginSeen, d.noPortion = true, m.flags&msgPortion == 0
	d.emptyBegin = len(m.components) == 0
	d.begin = seenAt(at)
	d.context(m)
	d.lacking(m)
	c.attach(m, at, d)
	if t := c.retries.takeEmpty(d, d.pair(), at.clock); t != nil {
		t.again(at)
	}
	c.components(d, initiator, m, at)
}

// newDialogue enters an empty dialogue into the table.
func (c *correlator) newDialogue(e *analyzers.Event, m *message, at moment) *dialogue {
	if c.table.n >= maxDialogues {
		c.close(c.table.byUse.Oldest(), endEvicted, at.clock, at.frame)
	}
	d := &dialogue{first: at.time, firstFrame: at.frame, hops: 1, place: c.places.of(e)}
	c.table.add(d)
	d.touch(at)
	return d
}

// answerTo takes a Continue, End or Abort.
func (c *correlator) answerTo(e *analyzers.Event, m *message, at moment) {
	d, receiver := c.find(m)
	if d == nil {
		d, receiver = c.midDialogue(e, m, at)
	} else {
		c.table.byUse.Touch(d)
		d.touch(at)
	}
	c.attach(m, at, d)
	d.lacking(m)
	sender := 1 - receiver
	if sender == responder && d.beginSeen && !d.answered {
		d.end[responder], d.answered = m.calling, true
	}
	if m.kind == tcap.Continue && !d.known(sender) {
		c.table.bind(d, sender, &m.calling, &m.otid)
	}
	refused := c.refusal(d, m, at)
	d.context(m)
	if m.kind == tcap.Continue && sender == responder && !d.set && d.beginSeen {
		d.set = true
		if d.emptyBegin {
			c.established(d, at)
		}
	}
	c.components(d, sender, m, at)
	switch {
	case m.kind == tcap.End:
		c.close(d, endEnded, at.clock, at.frame)
	case m.kind == tcap.Abort && refused:
		c.close(d, endRefused, at.clock, at.frame)
	case m.kind == tcap.Abort:
		c.abort(d, m, sender, at, e)
		c.close(d, endAborted, at.clock, at.frame)
	}
}

// lacking notes that components of a message are not known: an answer, or an
// invoke, may have been among them.
func (d *dialogue) lacking(m *message) {
	d.partial = d.partial || m.flags&(msgCut|msgMoreComponents|msgDamaged) != 0
}

// loose takes components without a TCAP message. Their operations are told; what
// became of them cannot be, since nothing says which answer belongs to which.
func (c *correlator) loose(e *analyzers.Event, m *message, at moment) {
	d := c.newDialogue(e, m, at)
	d.end, d.to, d.answered = [2]party{m.calling, m.called}, m.called.node, true
	c.attach(m, at, d)
	for i := range m.components {
		if k := &m.components[i]; k.kind == tcap.Invoke {
			c.invoke(d, initiator, m, k, at)
		}
	}
	c.close(d, endLoose, at.clock, at.frame)
}

// midDialogue enters a dialogue whose Begin is not in the capture. The side that
// invokes is taken for the initiator.
func (c *correlator) midDialogue(e *analyzers.Event, m *message, at moment) (*dialogue, int) {
	d := c.newDialogue(e, m, at)
	sender := initiator
	if m.kind != tcap.Continue || len(m.components) > 0 && m.components[0].kind != tcap.Invoke || len(m.components) == 0 && m.dialogue == tcap.AARE {
		sender = responder
	}
	d.end[sender], d.end[1-sender] = m.calling, m.called
	d.answered = true
	if d.hasPC = m.flags&msgHasPC != 0; d.hasPC {
		d.pc[sender], d.pc[1-sender] = m.opc, m.dpc
	}
	if m.kind == tcap.Continue {
		c.table.bind(d, sender, &m.calling, &m.otid)
	}
	c.table.bind(d, 1-sender, &m.called, &m.dtid)
	return d, 1 - sender
}

// established notes the time from an empty Begin to the first Continue. With an
// operation in the Begin, the Continue may wait for its answer.
func (c *correlator) established(d *dialogue, at moment) {
	d.setup = at.time - d.begin.on(at.scope).time
	if !d.sm {
		return
	}
	a, b := d.nodes(c.cfg, d.personal())
	k := analyzers.LabelKey{A: decoders.Addr(a), B: decoders.Addr(b), X: [4]uint8{d.ctx.Family, d.ctx.Version}}
	if !d.hasCtx {
		k.X = [4]uint8{}
	}
	c.latency.Observe(metricSetup, k, d.setup, analyzers.SampleID(at.sum, at.frame))
	if d.setup > slowSetup {
		i := c.incidents.note(incidentKey{rule: ruleSetupSlow, a: a, b: b, ctx: gsmmap.Context{Family: k.X[0], Version: k.X[1]}},
			d.begin.first.moment(), "Begin", d.event())
		i.addEvidence(at, "first Continue")
	}
}

// personal says whether the Begin's called title may be a subscriber's number:
// requests for routing information and reports of delivery go to the subscriber's
// HLR by the MSISDN; all others to the node itself.
func (d *dialogue) personal() bool {
	if d.hasCtx {
		return d.ctx.Family == gsmmap.ShortMsgGateway
	}
	return !d.toNode
}

// byNumber reports whether an operation is addressed by the subscriber's number.
func byNumber(code int32) bool {
	return code == gsmmap.OpSendRoutingInfoForSM || code == gsmmap.OpReportSMDeliveryStatus
}

// event is the dialogue's place, for incidents.
func (d *dialogue) event() *analyzers.Event {
	p := d.place
	return &analyzers.Event{Src: p.src, Dst: p.dst, SPort: p.sport, DPort: p.dport, Proto: p.proto, TunnelID: p.tunnel}
}

// close ends a dialogue and decides what is open in it.
func (c *correlator) close(d *dialogue, why endReason, clock int64, frame decoders.FrameRef) {
	d.state = why
	for _, i := range d.invokes {
		c.unanswered(d, i, why, clock)
	}
	d.invokes = nil
	c.table.remove(d)
	c.counts.dialogues++
	if d.sm {
		c.counts.shortMessages++
		if !d.beginSeen && why != endLoose {
			c.counts.midDialogue++
		}
		c.rows.add(d)
	}
}

// expire gives up dialogues that have been silent too long.
func (c *correlator) expire() {
	for d := c.table.byUse.Oldest(); d != nil && c.now-d.lastClock > idleDialogue; d = c.table.byUse.Oldest() {
		c.close(d, endExpired, d.lastClock+idleDialogue, 0)
	}
}
