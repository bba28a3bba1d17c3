package gsmmap

import (
	"fmt"
	"slices"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/mtp3"
	"pcaptriage/decoders/ss7"
)

// Indexes into tables.
const (
	tableCoverage = iota
	tableOperations
	tableOutcomes
	tableTimes
	tableConcatenated
	tableTexts
	tableDialogues
)

var tables = []analyzers.TableSpec{
	tableCoverage: {Name: "map_coverage", Text: true, Lead: true,
		Doc: "What was read on the way to MAP, and what was not: no statement about a missing answer is better than this.",
		Columns: []analyzers.Column{
			{Name: "item", Type: analyzers.ColString, Doc: "what was counted"},
			{Name: "count", Type: analyzers.ColCount, Doc: "how often"},
			{Name: "note", Type: analyzers.ColString, Doc: "details"},
		}},
	tableOperations: {Name: "map_operations", Text: true,
		Doc: "Operations on short messages by operation, version, direction and peers, and what became of them.",
		Columns: []analyzers.Column{
			{Name: "operation", Type: analyzers.ColString, Doc: "name in TS 29.002; forwardSM before version 3; other: mt-forwardSM-VGCS, to a group"},
			{Name: "version", Type: analyzers.ColString, Doc: "MAP version, or unknown"},
			{Name: "basis", Type: analyzers.ColString, Doc: "what the version rests on, all that apply: context, no-dialogue, opcode, syntax (an assumption), unknown"},
			{Name: "direction", Type: analyzers.ColString, Doc: "MO, MT, unknown"},
			{Name: "initiator", Type: analyzers.ColString, Doc: "invoking node: global title, point code or address; subscribers' numbers masked"},
			{Name: "responder", Type: analyzers.ColString, Doc: "answering node"},
			{Name: "invokes", Type: analyzers.ColCount, Doc: "invokes, copies and repeats not counted; results to other add up to them"},
			{Name: "messages", Type: analyzers.ColCount, Doc: "invokes without those that were refused and then repeated in another version, where the message is counted"},
			{Name: "results", Type: analyzers.ColCount, Doc: "answered by a result"},
			{Name: "errors", Type: analyzers.ColCount, Doc: "answered by a MAP error"},
			{Name: "errors_by_code", Type: analyzers.ColStrings, Doc: "name, code and detail of the errors"},
			{Name: "rejected", Type: analyzers.ColCount, Doc: "answered by a TCAP Reject"},
			{Name: "returned", Type: analyzers.ColCount, Doc: "returned by SCCP as undeliverable"},
			{Name: "aborted", Type: analyzers.ColCount, Doc: "ended by a TCAP Abort"},
			{Name: "refused", Type: analyzers.ColCount, Doc: "refused because of the version"},
			{Name: "repeated", Type: analyzers.ColCount, Doc: "of refused: the message was sent again in another version"},
			{Name: "unanswered", Type: analyzers.ColCount, Doc: "no answer for over 60 s, or the dialogue ended without it"},
			{Name: "open", Type: analyzers.ColCount, Doc: "no answer yet when the capture ended"},
			{Name: "other", Type: analyzers.ColCount, Doc: "no answer expected, or not decided"},
			{Name: "answers_only", Type: analyzers.ColCount, Doc: "answers whose invoke is before the capture: not among the invokes"},
			{Name: "tpdus", Type: analyzers.ColStrings, Doc: "types of the short messages in the invokes, and what status reports say"},
			{Name: "p50", Type: analyzers.ColDuration, Doc: "from invoke to answer, median"},
			{Name: "p95", Type: analyzers.ColDuration, Doc: "... 95th percentile"},
			{Name: "max", Type: analyzers.ColDuration, Doc: "... longest"},
		}},
	tableOutcomes: {Name: "map_outcomes", Text: true,
		Doc: "Whose affair the failures are. The subscriber's are normal in any number; the network's and the interworking's are not.",
		Columns: append(peerColumns(),
			analyzers.Column{Name: "decided", Type: analyzers.ColCount, Doc: "operations of which it is known what became of them"},
			analyzers.Column{Name: "success", Type: analyzers.ColCount, Doc: "answered by a result"},
			analyzers.Column{Name: "subscriber", Type: analyzers.ColCount, Doc: "errors 5, 6, 9, 12, 13, 27, 31, 32 but for sc-Congestion"},
			analyzers.Column{Name: "network", Type: analyzers.ColCount, Doc: "systemFailure, sc-Congestion, aborts, SCCP returns, no answer"},
			analyzers.Column{Name: "interworking", Type: analyzers.ColCount, Doc: "errors 21, 35, 36, Rejects, refused versions"},
			analyzers.Column{Name: "other", Type: analyzers.ColCount, Doc: "errors of no class"},
			analyzers.Column{Name: "subscriber_share", Type: analyzers.ColRatio, Doc: "of decided"},
			analyzers.Column{Name: "network_share", Type: analyzers.ColRatio, Doc: "of decided"},
			analyzers.Column{Name: "interworking_share", Type: analyzers.ColRatio, Doc: "of decided"},
		)},
	tableTimes: {Name: "map_answer_times",
		Doc: "Histogram of the times from invoke to answer: how many took longer than the bound before, and at most this one.",
		Columns: append(peerColumns(),
			analyzers.Column{Name: "to_100ms", Type: analyzers.ColCount, Doc: "up to 0.1 s"},
			analyzers.Column{Name: "to_250ms", Type: analyzers.ColCount, Doc: "up to 0.25 s"},
			analyzers.Column{Name: "to_500ms", Type: analyzers.ColCount, Doc: "up to 0.5 s"},
			analyzers.Column{Name: "to_1s", Type: analyzers.ColCount, Doc: "up to 1 s"},
			analyzers.Column{Name: "to_2s", Type: analyzers.ColCount, Doc: "up to 2 s"},
			analyzers.Column{Name: "to_5s", Type: analyzers.ColCount, Doc: "up to 5 s"},
			analyzers.Column{Name: "to_10s", Type: analyzers.ColCount, Doc: "up to 10 s"},
			analyzers.Column{Name: "to_20s", Type: analyzers.ColCount, Doc: "up to 20 s"},
			analyzers.Column{Name: "to_30s", Type: analyzers.ColCount, Doc: "up to 30 s"},
			analyzers.Column{Name: "to_60s", Type: analyzers.ColCount, Doc: "up to 60 s"},
			analyzers.Column{Name: "over_60s", Type: analyzers.ColCount, Doc: "above 60 s"},
		)},
	tableConcatenated: {Name: "map_concatenated",
		Doc: "Concatenated messages, in the order in which their first part was seen.",
		Columns: []analyzers.Column{
			{Name: "frame", Type: analyzers.ColFrame, Doc: "of the first part seen"},
			{Name: "time", Type: analyzers.ColTime, Doc: "of the first part seen"},
			{Name: "direction", Type: analyzers.ColString, Doc: "MO, MT, unknown"},
			{Name: "initiator", Type: analyzers.ColString, Doc: "invoking node"},
			{Name: "responder", Type: analyzers.ColString, Doc: "answering node"},
			{Name: "parts_seen", Type: analyzers.ColCount, Doc: "different parts in the capture"},
			{Name: "parts_total", Type: analyzers.ColCount, Doc: "parts that the message has"},
			{Name: "parts", Type: analyzers.ColString, Doc: "numbers of the parts seen"},
			{Name: "order", Type: analyzers.ColString, Doc: "in order, or out of order"},
			{Name: "span", Type: analyzers.ColDuration, Doc: "from the first part seen to the last"},
			{Name: "repeats", Type: analyzers.ColCount, Doc: "parts that were sent again"},
			{Name: "last_frame", Type: analyzers.ColFrame, Doc: "of the last part seen"},
		}},
	tableTexts: {Name: "map_texts", Text: true,
		Doc: "Texts of the short messages: only with --show-content.",
		Columns: []analyzers.Column{
			{Name: "frame", Type: analyzers.ColFrame, Doc: "of the invoke"},
			{Name: "operation", Type: analyzers.ColString, Doc: "with version and direction"},
			{Name: "subscriber", Type: analyzers.ColString, Doc: "the mobile"},
			{Name: "part", Type: analyzers.ColString, Doc: "of a concatenated message"},
			{Name: "text", Type: analyzers.ColString, Doc: "of this part"},
		}},
	tableDialogues: {Name: "map_dialogues",
		Doc: "The first 10,000 TCAP dialogues of short messages, in the order in which they began.",
		Columns: []analyzers.Column{
			{Name: "frame", Type: analyzers.ColFrame, Doc: "first message"},
			{Name: "time", Type: analyzers.ColTime, Doc: "of the first message"},
			{Name: "context", Type: analyzers.ColString, Doc: "application context"},
			{Name: "initiator", Type: analyzers.ColString, Doc: "node that began the dialogue"},
			{Name: "responder", Type: analyzers.ColString, Doc: "the other node"},
			{Name: "state", Type: analyzers.ColString, Doc: "how it ended"},
			{Name: "operations", Type: analyzers.ColStrings, Doc: "operations and what became of each, the first 8"},
			{Name: "subscribers", Type: analyzers.ColStrings, Doc: "numbered in the order of their appearance, masked"},
			{Name: "texts", Type: analyzers.ColStrings, Doc: "texts of the short messages, only with option show-content"},
			{Name: "begin", Type: analyzers.ColString, Doc: "captured, or before the capture"},
			{Name: "setup", Type: analyzers.ColDuration, Doc: "empty Begin to first Continue"},
			{Name: "lasted", Type: analyzers.ColDuration, Doc: "first to last message"},
			{Name: "messages", Type: analyzers.ColCount, Doc: "TCAP messages, copies not counted"},
			{Name: "hops", Type: analyzers.ColCount, Doc: "associations or links on which its messages were seen"},
			{Name: "last_frame", Type: analyzers.ColFrame, Doc: "last message"},
			{Name: "matched_by", Type: analyzers.ColString, Doc: "address, or id when a message was matched by its transaction id only"},
			{Name: "basis", Type: analyzers.ColString, Doc: "what the versions of its operations rest on, as in map_operations"},
		}},
}

// peerColumns are an operation between two nodes.
func peerColumns() []analyzers.Column {
	return []analyzers.Column{
		{Name: "operation", Type: analyzers.ColString, Doc: "as in map_operations"},
		{Name: "version", Type: analyzers.ColString, Doc: "MAP version, or unknown"},
		{Name: "direction", Type: analyzers.ColString, Doc: "MO, MT, unknown"},
		{Name: "initiator", Type: analyzers.ColString, Doc: "invoking node"},
		{Name: "responder", Type: analyzers.ColString, Doc: "answering node"},
	}
}

// textRow is a line of table map_texts.
type textRow struct {
	frame                             decoders.FrameRef
	operation, subscriber, part, text string
}

// maxTexts are kept for table map_texts.
const maxTexts = 10_000

func textTable(c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableTexts], Truncated: c.textsDropped}
	for _, r := range c.texts {
		t.Rows = append(t.Rows, []any{r.frame, r.operation, r.subscriber, r.part, r.text})
	}
	return t
}

// maxDialogueRows of table map_dialogues.
const maxDialogueRows = 10_000

// dialogueRows keeps the dialogues that began first.
type dialogueRows struct {
	all  []*dialogue
	seen uint64
}

func (t *dialogueRows) add(d *dialogue) {
	t.seen++
	t.all = append(t.all, d)
	if len(t.all) >= 2*maxDialogueRows {
		t.trim()
	}
}

func (t *dialogueRows) trim() {
	slices.SortStableFunc(t.all, func(a, b *dialogue) int {
		switch {
		case a.firstFrame < b.firstFrame:
			return -1
		case a.firstFrame > b.firstFrame:
			return 1
		}
		return 0
	})
	if len(t.all) > maxDialogueRows {
		clear(t.all[maxDialogueRows:])
		t.all = t.all[:maxDialogueRows]
	}
}

func dialogueTable(c *correlator) *analyzers.Table {
	c.rows.trim()
	t := &analyzers.Table{Spec: &tables[tableDialogues], Truncated: c.rows.seen - uint64(len(c.rows.all))}
	for _, d := range c.rows.all {
		a, b := d.nodes(c.cfg, d.personal())
		begin, matched := "captured", "address"
		switch {
		case d.state == endLoose:
			begin = "not known"
		case !d.beginSeen:
			begin = "before the capture"
		}
		if d.byID {
			matched = "id"
		}
		var setup any
		if d.set && d.emptyBegin {
			setup = d.setup
		}
		t.Rows = append(t.Rows, []any{d.firstFrame, d.first, contextText(d), a.String(), b.String(), endNames[d.state],
			list(d.line().notes), list(d.subs), list(d.line().texts), begin, setup, d.last - d.first, uint64(d.messages), uint64(d.hops), d.lastFrame, matched, d.bases.cell()})
	}
	return t
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func operationTable(c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableOperations]}
	add := func(names [6]string, r *row, q func(float64) any) {
		cells := []any{}
		for _, n := range names {
			cells = append(cells, n)
		}
		t.Rows = append(t.Rows, append(cells, r.invokes, r.invokes-r.repeated, r.results, r.errors, errorList(r.codes), r.rejected, r.returned, r.aborted,
			r.refused, r.repeated, r.unanswered, r.open, r.other, r.answersOnly, r.typeList(), q(.5), q(.95), q(1)))
	}
	for _, o := range c.ops.sorted() {
		add([6]string{o.name(), o.versionText(), c.ops.rows[o].bases.String(), o.direction().String(), node(o.A).String(), node(o.B).String()}, c.ops.rows[o],
			func(q float64) any {
				if v, ok := c.times.Quantile(metricResponse, o.label(), q); ok {
					return v
				}
				return nil
			})
	}
	if c.ops.other != nil {
		x := analyzers.OtherLabel
		add([6]string{x, x, x, x, x, x}, c.ops.other, func(float64) any { return nil })
	}
	return t
}

// coverageTable says what lies between the capture and the operations. Lines
// that have nothing to say are left out.
func coverageTable(cov *coverage, c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableCoverage]}
	if cov.packets == 0 && cov.gsmtap == 0 && cov.erf == 0 {
		return t
	}
	always := func(item string, n uint64, note string) { t.Rows = append(t.Rows, []any{item, n, note}) }
	some := func(item string, n uint64, note string) {
		if n > 0 {
			always(item, n, note)
		}
	}
	n := &c.counts
	always("SCTP packets and SS7 link records", cov.packets, layerList(cov))
	always("frames with TCAP", cov.tcapFrames, analyzers.Count(cov.tcapMessages, "message", "messages"))
	always("dialogues of short messages", n.shortMessages, "of "+analyzers.Count(n.dialogues, "dialogue", "dialogues")+" in all")
	some("begun before the capture", n.midDialogue, "of those of short messages: application context known from later messages only, or not at all")
	if names := cov.variantNames(); len(names) > 0 {
		from := ", found from the messages"
		if c.cfg.MTP3 != variant(mtp3.Unknown) {
			from = ", as told by option mtp3"
		}
		always("MTP3 variant", uint64(len(names)), strings.Join(names, ", ")+from)
	}
	some("MTP3 variant unknown", cov.undecided, "messages not read: no variant, or several, made sense")
	some("MTP3 variant contradicted", cov.contradicted, "messages that only another variant fits")
	ansi, packages := cov.ansiMessages()
	some("ANSI TCAP (IS-41)", ansi, "not GSM MAP, not read: "+packages)
	some("other operations", n.otherOps, "invokes of MAP or CAP operations that are not about short messages")
	names := make([]string, 0, len(n.foreignContexts))
	for s := range n.foreignContexts {
		names = append(names, s)
	}
	slices.Sort(names)
	for _, s := range names {
		always("not interpreted", n.foreignContexts[s], s)
	}
	if n, note := concatCounts(&c.parts); n > 0 {
		always("concatenated messages", n, note)
	}
	some("messages seen on several hops", n.relayed, transitText(n.transit))
	some("copies on further hops", n.hopCopies, "counted once")
	some("repeated over another path", n.pathRepeats, "the same chunk on another path of its association: counted once")
	some("Begins sent again", n.beginsAgain, "the same octets while the dialogue is open: counted once")
	some("SCTP retransmissions", cov.sctp.Retransmissions, analyzers.Count(cov.sctp.Chunks, "DATA chunk", "DATA chunks"))
	some("SCTP chunks captured twice", cov.sctp.Copies, "")
	some("SCTP TSNs missing", cov.missing, fmt.Sprintf("not in the capture: lost by it, sent over a path that it does not show, or never used; the receivers have %d of them", cov.acked))
	some("SACKs that report gaps", cov.sctp.GapReports, fmt.Sprintf("of %d; chunks reported as received twice: %d", cov.sctp.Sacks, cov.sctp.DupReports))
	some("SCTP messages incomplete", cov.sctp.Incomplete+cov.sctp.Dropped, "fragments that did not come, or beyond a cap")
	some("SCTP packets damaged", cov.sctp.Malformed, "")
	some("SCTP packets cut", cov.sctp.Cut, "by the snapshot length")
	some("SCTP checksum wrong", cov.checksum, "normal with checksum offload")
	some("SCCP segments incomplete", cov.sccp.Incomplete, fmt.Sprintf("messages given up; %d segments in all", cov.sccp.Segments))
	some("returned SCCP segments", cov.returnedTail, "without a transaction id, not assigned")
	some("returned by SCCP, dialogue unknown", n.strayReturns, "")
	some("matched by transaction id only", n.byID, "messages whose addresses did not fit")
	some("messages not decoded", cov.failed, "")
	some("not TCAP", cov.notTCAP, "SCCP management, or other users")
	some("MAP components without TCAP", cov.components, "exported so: operations are told, their answers cannot be assigned")
	some("octets behind TCAP", cov.trailing, "messages with padding or more behind them, not read")
	some("TCAP damaged", cov.damagedTCAP, "")
	some("TCAP components damaged", cov.damagedComps, "malformed or of no known type, not read: an invoke or an answer may be among them")
	some("exported PDUs not read", cov.exported, "of other protocols, or damaged")
	some("ERF multi-channel records", cov.erf, "may carry MTP2: not supported, skipped")
	some("GSMTAP packets", cov.gsmtap, "radio interface, not MAP: not read")
	some("associations dropped", cov.evicted, "by the cap on those followed at a time")
	some("verdicts withheld", n.withheld, "dialogue table full, messages cut or damaged, no transaction, or the clock restarted")
	some("incidents dropped", c.incidents.dropped+c.parts.dropped, "by a cap")
	t.Aside = !cov.hasSS7() && cov.gsmtap == 0 && cov.erf == 0
	return t
}

func layerList(cov *coverage) string {
	var parts []string
	for l, n := range cov.layers {
		if n > 0 && l < len(ss7.LayerNames) {
			parts = append(parts, fmt.Sprintf("%s %d", ss7.LayerNames[l], n))
		}
	}
	if cov.notSS7 > 0 {
		parts = append(parts, fmt.Sprintf("other users of SCTP %d", cov.notSS7))
	}
	if len(parts) == 0 {
		return "no SS7 messages"
	}
	return "messages: " + strings.Join(parts, ", ")
}

func transitText(ns []int64) string {
	if len(ns) == 0 {
		return ""
	}
	s := slices.Clone(ns)
	slices.Sort(s)
	return "transit through STPs, median " + duration(s[(len(s)-1)/2])
}
