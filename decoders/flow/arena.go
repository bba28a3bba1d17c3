package flow

// chunkBits is the logarithm of the number of flows in an arena chunk
// (64 x 384 bytes = 24 KiB).
const chunkBits = 6

const chunkSize = 1 << chunkBits

// arena holds the flows of a table. Chunks are added as the table fills and
// stay, so that a *Flow remains valid until the flow ends, and a full table
// allocates nothing.
type arena struct {
	chunks []*[chunkSize]Flow
	free   []int32 // ids to use again, last freed first
	used   int32   // ids handed out so far
}

// at returns the flow with that id.
func (a *arena) at(id int32) *Flow { return &a.chunks[id>>chunkBits][id&(chunkSize-1)] }

// take returns a zeroed flow.
func (a *arena) take() *Flow {
	var id int32
	if n := len(a.free); n > 0 {
		id = a.free[n-1]
		a.free = a.free[:n-1]
	} else {
		id = a.used
		if int(id)>>chunkBits == len(a.chunks) {
			a.chunks = append(a.chunks, new([chunkSize]Flow))
		}
		a.used++
	}
	f := a.at(id)
	*f = Flow{id: id}
	return f
}

// give takes a flow back. Of its memory only the key is touched until take returns
// it, so that no packet is taken for the flow's.
func (a *arena) give(f *Flow) {
	f.Key.Proto = 0
	a.free = append(a.free, f.id)
}

// live is the number of flows taken and not given back.
func (a *arena) live() int { return int(a.used) - len(a.free) }
