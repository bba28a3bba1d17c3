package gsmmap

import (
	"fmt"
	"slices"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/ss7"
)

// Indexes into tables.
const (
	tableCoverage = iota
	tableOperations
	tableDialogues
)

var tables = []analyzers.TableSpec{
	tableCoverage: {Name: "map_coverage", Text: true,
		Doc: "What was read on the way to MAP, and what was not: no statement about a missing answer is better than this.",
		Columns: []analyzers.Column{
			{Name: "item", Type: analyzers.ColString, Doc: "what was counted"},
			{Name: "count", Type: analyzers.ColCount, Doc: "how often"},
			{Name: "note", Type: analyzers.ColString, Doc: "details"},
		}},
	tableOperations: {Name: "map_operations", Text: true,
		Doc: "Operations on short messages by operation, version, direction and peers, and what became of them.",
		Columns: []analyzers.Column{
			{Name: "operation", Type: analyzers.ColString, Doc: "name in TS 29.002; forwardSM before version 3"},
			{Name: "version", Type: analyzers.ColString, Doc: "MAP version, or unknown"},
			{Name: "basis", Type: analyzers.ColString, Doc: "what the version rests on: context, no-dialogue, opcode, syntax (an assumption), unknown"},
			{Name: "direction", Type: analyzers.ColString, Doc: "MO, MT, unknown"},
			{Name: "initiator", Type: analyzers.ColString, Doc: "invoking node: global title, point code or address; subscribers' numbers masked"},
			{Name: "responder", Type: analyzers.ColString, Doc: "answering node"},
			{Name: "invokes", Type: analyzers.ColCount, Doc: "invokes, copies and repeats not counted; results to other add up to them"},
			{Name: "results", Type: analyzers.ColCount, Doc: "answered by a result"},
			{Name: "errors", Type: analyzers.ColCount, Doc: "answered by a MAP error"},
			{Name: "errors_by_code", Type: analyzers.ColStrings, Doc: "name, code and detail of the errors"},
			{Name: "rejected", Type: analyzers.ColCount, Doc: "answered by a TCAP Reject"},
			{Name: "returned", Type: analyzers.ColCount, Doc: "returned by SCCP as undeliverable"},
			{Name: "aborted", Type: analyzers.ColCount, Doc: "ended by a TCAP Abort"},
			{Name: "refused", Type: analyzers.ColCount, Doc: "refused because of the version"},
			{Name: "unanswered", Type: analyzers.ColCount, Doc: "no answer for over 60 s, or the dialogue ended without it"},
			{Name: "open", Type: analyzers.ColCount, Doc: "no answer yet when the capture ended"},
			{Name: "other", Type: analyzers.ColCount, Doc: "no answer expected, or not decided"},
			{Name: "answers_only", Type: analyzers.ColCount, Doc: "answers whose invoke is before the capture: not among the invokes"},
			{Name: "p50", Type: analyzers.ColDuration, Doc: "from invoke to answer, median"},
			{Name: "p95", Type: analyzers.ColDuration, Doc: "... 95th percentile"},
			{Name: "max", Type: analyzers.ColDuration, Doc: "... longest"},
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
			{Name: "setup", Type: analyzers.ColDuration, Doc: "Begin to first Continue"},
			{Name: "lasted", Type: analyzers.ColDuration, Doc: "first to last message"},
			{Name: "messages", Type: analyzers.ColCount, Doc: "TCAP messages, copies not counted"},
			{Name: "hops", Type: analyzers.ColCount, Doc: "associations or links on which its messages were seen"},
			{Name: "last_frame", Type: analyzers.ColFrame, Doc: "last message"},
			{Name: "matched_by", Type: analyzers.ColString, Doc: "address, or id when a message was matched by its transaction id only"},
		}},
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
		if !d.beginSeen {
			begin = "before the capture"
		}
		if d.byID {
			matched = "id"
		}
		var setup any
		if d.set {
			setup = d.setup
		}
		t.Rows = append(t.Rows, []any{d.firstFrame, d.first, contextText(d), a.String(), b.String(), endNames[d.state],
			list(d.notes), list(d.subs), list(d.texts), begin, setup, d.last - d.first, uint64(d.messages), uint64(d.hops), d.lastFrame, matched})
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
		t.Rows = append(t.Rows, append(cells, r.invokes, r.results, r.errors, errorList(r.codes), r.rejected, r.returned, r.aborted, r.refused,
			r.unanswered, r.open, r.other, r.answersOnly, q(.5), q(.95), q(1)))
	}
	for _, o := range c.ops.sorted() {
		add([6]string{o.name(), o.versionText(), o.basis().String(), o.direction().String(), node(o.A).String(), node(o.B).String()}, c.ops.rows[o],
			func(q float64) any {
				if v, ok := c.latency.Quantile(metricResponse, o.label(), q); ok {
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
	if cov.packets == 0 && cov.gsmtap == 0 {
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
	always("frames with TCAP", cov.tcapFrames, count(cov.tcapMessages, "message", "messages"))
	always("dialogues of short messages", n.shortMessages, fmt.Sprintf("of %d dialogues in all", n.dialogues))
	some("begun before the capture", n.midDialogue, "of those of short messages: application context known from later messages only, or not at all")
	if names := cov.variantNames(); len(names) > 0 {
		always("MTP3 variant", uint64(len(names)), strings.Join(names, ", ")+", found from the messages")
	}
	some("MTP3 variant unknown", cov.undecided, "messages not read: no variant, or several, made sense")
	some("MTP3 variant contradicted", cov.contradicted, "messages that only another variant fits")
	some("ANSI TCAP (IS-41)", cov.ansi, "not GSM MAP, not read")
	some("other operations", n.otherOps, "invokes of MAP or CAP operations that are not about short messages")
	names := make([]string, 0, len(n.foreignContexts))
	for s := range n.foreignContexts {
		names = append(names, s)
	}
	slices.Sort(names)
	for _, s := range names {
		always("not interpreted", n.foreignContexts[s], s)
	}
	some("messages seen on several hops", uint64(len(n.transit)), transitText(n.transit))
	some("copies on further hops", n.hopCopies, "counted once")
	some("repeated over another path", n.pathRepeats, "the same chunk on another path of its association: counted once")
	some("Begins sent again", n.beginsAgain, "the same octets while the dialogue is open: counted once")
	some("SCTP retransmissions", cov.sctp.Retransmissions, count(cov.sctp.Chunks, "DATA chunk", "DATA chunks"))
	some("SCTP chunks captured twice", cov.sctp.Copies, "")
	some("SCTP TSNs missing", cov.sctp.Missing, "not in the capture: lost by it, sent over a path that it does not show, or never used")
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
	some("TCAP damaged", cov.damagedTCAP, "")
	some("exported PDUs not read", cov.exported, "of other protocols, or damaged")
	some("GSMTAP packets", cov.gsmtap, "radio interface, not MAP: not read")
	some("associations dropped", cov.evicted, "by the cap on those followed at a time")
	some("verdicts withheld", n.withheld, "dialogue table full, or the clock restarted")
	some("incidents dropped", c.incidents.dropped+c.parts.dropped, "by a cap")
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
