package gsmmap

import (
	"slices"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

// partKey is what the parts of one concatenated message have in common. The
// addresses are fingerprints.
type partKey struct {
	da, oa, sender uint64
	ref            uint16
	total          uint8
}

// part is one part of a concatenated message: its number, from 1, and the
// fingerprint of its TPDU.
type part struct {
	seq uint8
	sum uint64
	at  moment
}

// concat is a message in parts.
type concat struct {
	key         partKey
	sums        []uint64 // of the parts by their number less 1; 0: not seen
	seen        int
	repeats     uint64 // parts that came again: another attempt, another version
	first, last moment // of the first part seen, and of the last new one
	op          operation
	disordered  bool
	lastSeq     uint8
	ev          analyzers.Event
}

func (p *concat) complete() bool { return p.seen == len(p.sums) }

// numbers lists the parts seen: "1-3, 5".
func (p *concat) numbers() string {
	var b strings.Builder
	for i := 0; i < len(p.sums); i++ {
		if p.sums[i] == 0 {
			continue
		}
		from := i
		for i+1 < len(p.sums) && p.sums[i+1] != 0 {
			i++
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(from + 1))
		if i > from {
			b.WriteString("-" + strconv.Itoa(i+1))
		}
	}
	return b.String()
}

// maxConcats are followed; of further ones nothing is said.
const maxConcats = 16384

// concatAge is how long after its last part a message's reference may come again
// for another message.
const concatAge = int64(3600e9)

type concats struct {
	by      map[partKey]*concat
	order   []*concat // of first appearance
	dropped uint64
}

func (t *concats) init() { *t = concats{by: map[partKey]*concat{}} }

// add enters a part. The same part again is a repetition; another part with the
// same number belongs to another message that has the reference now.
func (t *concats) add(k partKey, in *part, o operation, e *analyzers.Event) {
	if in.seq == 0 || in.seq > k.total {
		return
	}
	sum := max(in.sum, 1)
	p := t.by[k]
	if p != nil && in.at.clock-p.last.clock <= concatAge && p.sums[in.seq-1] == sum {
		p.repeats++
		return
	}
	if p == nil || in.at.clock-p.last.clock > concatAge || p.sums[in.seq-1] != 0 {
		if len(t.order) >= maxConcats {
			t.dropped++
			return
		}
		p = &concat{key: k, sums: make([]uint64, k.total), first: in.at, op: o, ev: *e}
		t.by[k] = p
		t.order = append(t.order, p)
	}
	p.sums[in.seq-1] = sum
	p.seen++
	p.disordered = p.disordered || in.seq < p.lastSeq
	p.lastSeq, p.last = in.seq, in.at
}

// partWait is how long the capture must go on after the last part seen, or have
// gone on before the first one, for the parts that should be there to be missing.
const partWait = int64(60e9)

// missed reports whether the parts that were not seen were to be expected in a
// capture from clock start to end: those between others, those behind the last
// when it goes on, those before the first when it had begun.
func (p *concat) missed(start, end int64) bool {
	n := len(p.sums)
	first := slices.IndexFunc(p.sums, func(s uint64) bool { return s != 0 })
	last := n - 1
	for last > first && p.sums[last] == 0 {
		last--
	}
	return p.seen < last-first+1 || last < n-1 && end-p.last.clock > partWait || first > 0 && p.first.clock-start > partWait
}

// gaps reports the messages of which parts are missing, by peer pair; withheld
// are those of which it cannot be told.
func (t *concats) gaps(in *incidents, start, end int64) (withheld uint64) {
	for _, p := range t.order {
		if p.complete() {
			continue
		}
		if !p.missed(start, end) {
			withheld++
			continue
		}
		i := in.note(incidentKey{rule: ruleConcat, a: node(p.op.A), b: node(p.op.B)}, p.first, "first part seen", &p.ev)
		i.extra += uint64(len(p.sums) - p.seen)
		i.parts += uint64(len(p.sums))
		i.disordered += uint64(bit(p.disordered))
		i.value = max(i.value, p.last.time-p.first.time)
	}
	return withheld
}

// maxConcatRows of table map_concatenated.
const maxConcatRows = 10_000

func concatTable(t *concats) *analyzers.Table {
	out := &analyzers.Table{Spec: &tables[tableConcatenated]}
	list := slices.Clone(t.order)
	slices.SortStableFunc(list, func(a, b *concat) int {
		switch {
		case a.first.frame < b.first.frame:
			return -1
		case a.first.frame > b.first.frame:
			return 1
		}
		return 0
	})
	if len(list) > maxConcatRows {
		out.Truncated = uint64(len(list) - maxConcatRows)
		list = list[:maxConcatRows]
	}
	for _, p := range list {
		order := "in order"
		if p.disordered {
			order = "out of order"
		}
		out.Rows = append(out.Rows, []any{p.first.frame, p.first.time, p.op.direction().String(), node(p.op.A).String(), node(p.op.B).String(),
			uint64(p.seen), uint64(len(p.sums)), p.numbers(), order, p.last.time - p.first.time, p.repeats, p.last.frame})
	}
	return out
}

// concatCounts is "3 complete, 1 out of order".
func concatCounts(t *concats) (n uint64, note string) {
	var complete, disordered uint64
	for _, p := range t.order {
		complete += uint64(bit(p.complete()))
		disordered += uint64(bit(p.disordered))
	}
	note = analyzers.Count(complete, "complete", "complete")
	if disordered > 0 {
		note += ", " + analyzers.Count(disordered, "with its parts out of order", "with their parts out of order")
	}
	return uint64(len(t.order)), note
}
