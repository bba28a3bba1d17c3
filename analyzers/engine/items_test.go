package engine

import "testing"

// A list holds its items in the order in which they were added, whatever chunks
// they lie in, and takes no new memory for as many as it had before.
func TestItemLists(t *testing.T) {
	const long, short = 5*chunkItems + 3, chunkItems
	var l itemLists
	fill := func() {
		for i := range uint32(long) {
			l.add(7).frame = i
			if i < short {
				l.add(0).frame = i
			}
		}
	}
	fill()
	if n := testing.AllocsPerRun(3, func() { l.clear(); fill() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for shard := range Shards {
		var got []item
		for i := 0; l.chunk(shard, i) != nil; i++ {
			got = append(got, l.chunk(shard, i)...)
		}
		if want := map[int]int{7: long, 0: short}[shard]; len(got) != want {
			t.Errorf("shard %d has %d items, want %d", shard, len(got), want)
		}
		for i := range got {
			if got[i].frame != uint32(i) {
				t.Fatalf("shard %d has %d at %d", shard, got[i].frame, i)
			}
		}
	}
	l.clear()
	for shard := range Shards {
		if len(l.chunk(shard, 0)) > 0 || l.chunk(shard, 1) != nil {
			t.Errorf("shard %d has items after clear", shard)
		}
	}
}

// What is prefetched at a chunk's end is the next one's beginning.
func TestGroupsAhead(t *testing.T) {
	var l itemLists
	for i := range uint32(chunkItems + group + 1) {
		l.add(0).frame = i
	}
	c := chunks{items: l.chunk(0, 0), after: l.chunk(0, 1)}
	for i := 0; i < chunkItems+3*group; i += group {
		switch g := c.group(i); {
		case i > chunkItems+group:
			if g != nil {
				t.Errorf("a group at %d, behind the end", i)
			}
		case g == nil || g[0].frame != uint32(i):
			t.Errorf("no group at %d, or another", i)
		}
	}
}
