package flow

import (
	"cmp"
	"slices"
)

// endAll ends every flow in order of creation.
func (t *Table) endAll(reason EndReason, at int64) {
	rest := make([]*Flow, 0, t.arena.live())
	for c := range numClasses {
		for i := t.lru.links[c].next; i != int32(c); i = t.lru.links[i].next {
			rest = append(rest, t.arena.at(i-int32(numClasses)))
		}
	}
	slices.SortFunc(rest, func(a, b *Flow) int { return cmp.Compare(a.Serial, b.Serial) })
	for _, f := range rest {
		t.end(f, reason, at)
	}
}
