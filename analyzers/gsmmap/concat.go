package gsmmap

import (
	"math/bits"

	"pcaptriage/analyzers"
)

// partKey is what the parts of one concatenated message have in common. The
// addresses are fingerprints.
type partKey struct {
	da, oa, sender uint64
	ref            uint16
	total          uint8
}

// concat is a message in parts.
type concat struct {
	key         partKey
	seen        [4]uint64
	first, last moment
	a, b        node
	disordered  bool
	lastSeq     uint8
	ev          analyzers.Event
}

func (p *concat) have() (n int) {
	for _, w := range p.seen {
		n += bits.OnesCount64(w)
	}
	return n
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

func (t *concats) add(k partKey, seq uint8, at moment, a, b node, e *analyzers.Event) {
	p := t.by[k]
	if p == nil || at.clock-p.last.clock > concatAge || p.have() == int(k.total) {
		if len(t.order) >= maxConcats {
			t.dropped++
			return
		}
		p = &concat{key: k, first: at, last: at, a: a, b: b, ev: *e}
		t.by[k] = p
		t.order = append(t.order, p)
	}
	if seq == 0 || seq > k.total {
		return
	}
	p.seen[seq/64] |= 1 << (seq % 64)
	p.disordered = p.disordered || seq < p.lastSeq
	p.lastSeq, p.last = seq, at
}

// gaps reports the messages of which parts are missing, by peer pair.
func (t *concats) gaps(in *incidents) {
	for _, p := range t.order {
		have := p.have()
		if have == 0 || have == int(p.key.total) {
			continue
		}
		i := in.note(incidentKey{rule: ruleConcat, a: p.a, b: p.b}, p.first, "first part seen", &p.ev)
		i.extra += uint64(int(p.key.total) - have)
		i.parts += uint64(p.key.total)
		i.disordered += uint64(bit(p.disordered))
		i.value = max(i.value, p.last.time-p.first.time)
	}
}
