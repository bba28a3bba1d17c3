package engine

// chunkItems is the length of a chunk of work orders: whole groups, and as much of
// 4 KiB as they fill.
const chunkItems = 9 * group

// itemChunk is a part of a shard's list. A slab has its records in the shards as
// it happens, one connection's or thousands', so lists that each keep the room
// which they needed once keep several times of what a batch ever needs at once.
type itemChunk [chunkItems]item

// itemLists are lists of work orders, one a shard.
type itemLists struct {
	// last is of each list the last chunk, as far as it is filled.
	last  [Shards][]item
	full  [Shards][]*itemChunk // those before it
	spare []*itemChunk
}

// add adds an item to a shard's list. What it holds is of no meaning.
func (l *itemLists) add(shard uint64) *item {
	last := &l.last[shard]
	if len(*last) == cap(*last) {
		l.turn(shard)
	}
	n := len(*last)
	*last = (*last)[:n+1]
	return &(*last)[n]
}

// turn begins a chunk of a shard's list.
func (l *itemLists) turn(shard uint64) {
	if last := l.last[shard]; last != nil {
		l.full[shard] = append(l.full[shard], (*itemChunk)(last))
	}
	n := len(l.spare)
	if n == 0 {
		l.last[shard] = new(itemChunk)[:0]
		return
	}
	l.last[shard] = l.spare[n-1][:0]
	l.spare = l.spare[:n-1]
}

// chunk returns the i-th chunk of a shard's list, nil if it has fewer. It has the
// capacity of a whole one.
func (l *itemLists) chunk(shard, i int) []item {
	switch full := l.full[shard]; {
	case i < len(full):
		return full[i][:]
	case i == len(full):
		return l.last[shard]
	}
	return nil
}

// clear empties the lists; their memory is kept.
func (l *itemLists) clear() {
	for s := range l.last {
		l.last[s] = l.last[s][:0]
		l.spare = append(l.spare, l.full[s]...)
		l.full[s] = l.full[s][:0]
	}
}
