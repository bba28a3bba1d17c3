package connect

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// attemptTable keeps the attempts whose SYNs came first.
type attemptTable struct {
	rows analyzers.First[attemptRow]
	seen uint64
}

// attemptRow is what the table shows of a record, in a quarter of its memory.
type attemptRow struct {
	first   decoders.FrameRef   // of the SYNs
	again   []decoders.FrameRef // the others, as far as they are kept
	ordinal uint64              // among the attempts, as they were decided

	client, server decoders.Addr
	cport, sport   uint16
	tunnel, isn    uint32
	syns, flags    uint16
	outcome        outcome
	slow           bool

	synTime    int64
	answer     decoders.FrameRef // 0: none
	took       int64             // until then
	sinceReuse int64
}

const maxAttemptRows = 10_000

// compare orders rows by their first SYNs, and by when they were decided.
func (row *attemptRow) compare(o *attemptRow) int {
	return cmp.Or(cmp.Compare(row.first, o.first), cmp.Compare(row.ordinal, o.ordinal))
}

// add enters a record, in place of the last row if there are enough and it comes
// before that. Most come in about the order of their SYNs.
func (t *attemptTable) add(r *record, slow bool) {
	t.seen++
	if last := t.rows.Last(); last != nil && r.synFrame >= last.first {
		return
	}
	t.rows.Add(maxAttemptRows, (*attemptRow).compare, func(row *attemptRow) { row.set(r, slow, t.seen) })
}

// set makes row what the table shows of r.
func (row *attemptRow) set(r *record, slow bool, ordinal uint64) {
	*row = attemptRow{first: r.synFrame, ordinal: ordinal, client: r.client, server: r.server, cport: r.cport, sport: r.sport,
		tunnel: r.tunnel, isn: r.isn, syns: r.syns, flags: r.flags, outcome: r.outcome, slow: slow, synTime: r.synTime, sinceReuse: r.sinceReuse}
	if n := min(r.retransmissions(), len(r.frames)); n > 0 {
		row.again = slices.Clone(r.frames[:n])
	}
	if f, at := r.decided(); f != 0 {
		row.answer, row.took = f, at-r.synTime
	}
}

// decided is the frame and time of what decided the attempt, 0 if nothing did.
func (r *record) decided() (decoders.FrameRef, int64) {
	switch r.outcome {
	case rejected:
		return r.icmpFrame, r.icmpTime
	case synackIgnored, incomplete:
		return r.endFrame, r.synackTime
	case answered, answeredUnseen, refused:
		return r.endFrame, r.endTime
	}
	return 0, 0
}

// attemptRows fills table connect_attempts. With thousands of rows the cells are
// most of what is allocated after the last packet, so they share memory where
// they can.
func attemptRows(c *correlator, tunnel func(uint32) []string, twoWay bool) *analyzers.Table {
	rows := c.table.rows.Sorted((*attemptRow).compare)
	t := &analyzers.Table{Spec: &tables[tableAttempts], Truncated: c.table.seen - uint64(len(rows))}
	flows := make([]analyzers.FlowRef, len(rows))
	frames := make([]decoders.FrameRef, 0, len(rows)+len(rows)/4)
	cells := make([]any, 0, len(rows)*len(t.Spec.Columns))
	t.Rows = slices.Grow(t.Rows, len(rows))
	var outcomes [numOutcomes]any
	for o := range outcomes {
		outcomes[o] = outcome(o).String()
	}
	var none any = []string{}
	for i, r := range rows {
		flows[i] = analyzers.FlowRef{Proto: "tcp", Src: r.client, SPort: r.cport, Dst: r.server, DPort: r.sport, Tunnel: tunnel(r.tunnel)}
		n := len(frames)
		frames = append(append(frames, r.first), r.again...)
		notes := none
		if list := r.notes(r.outcome.restsOnAbsence() && c.oneSided(r.client, twoWay)); list != nil {
			notes = list
		}
		var answer, took, reuse any
		if r.answer != 0 {
			answer, took = r.answer, r.took
		}
		if r.flags&flagReused != 0 {
			reuse = r.sinceReuse
		}
		first := len(cells)
		cells = append(cells, &flows[i], uint64(r.isn), frames[n:len(frames):len(frames)], uint64(r.syns), outcomes[r.outcome],
			notes, r.synTime, answer, took, reuse)
		t.Rows = append(t.Rows, cells[first:len(cells):len(cells)])
	}
	return t
}

// notes are the further remarks on an attempt; nil: none. oneSided: it rests on
// absence, and the capture may lack the answers.
func (r *attemptRow) notes(oneSided bool) (notes []string) {
	add := func(is bool, note string) {
		if is {
			notes = append(notes, note)
		}
	}
	add(r.slow, "slow-syn-lost")
	add(r.flags&flagStale != 0 && r.outcome != stalePeer, "stale-peer")
	add(r.flags&flagHalfOpen != 0, "half-open")
	add(r.flags&flagSimul != 0, "simultaneous-open")
	add(r.flags&flagSYNData != 0, "data-in-syn")
	add(r.flags&flagServerReset != 0, "reset-by-server")
	add(r.flags&flagAborted != 0 && r.flags&(flagHalfOpen|flagStale) == 0 && r.outcome != answered, "reset-by-client")
	add(r.flags&flagBadRST != 0, "invalid-rst")
	add(r.flags&flagICMP != 0 && r.outcome != rejected, "icmp-error")
	add(r.flags&flagSuperseded != 0, "superseded")
	add(r.flags&flagBroadcast != 0, "broadcast")
	add(r.flags&flagCut != 0, "cut")
	add(oneSided, "one-sided")
	return notes
}
