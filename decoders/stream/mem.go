package stream

import "math/bits"

// mem hands out buffers of power-of-two sizes and never has more than max bytes
// of them, idle ones included. Buffers are named by a number, so that those who
// keep many of them hold no pointers. Numbers begin with 1.
type mem struct {
	bufs  [][]byte           // by number-1; nil: the number is unused
	idle  [numSizes][]uint32 // buffers nobody uses, by size
	spare []uint32           // unused numbers
	total int                // bytes in bufs
	used  int                // bytes handed out
	max   int
}

const (
	minSizeBits = 8  // 256 bytes
	maxSizeBits = 20 // 1 MiB, above any TCP segment that an IPv4 header can tell of
	numSizes    = maxSizeBits - minSizeBits + 1
	maxBuf      = 1 << maxSizeBits
)

// sizeOf is the index of the smallest size that holds n bytes.
func sizeOf(n int) int {
	return max(bits.Len(uint(max(n, 1)-1)), minSizeBits) - minSizeBits
}

// get returns the number of a buffer for at least n bytes, or 0 when the limit
// is reached (or n is beyond maxBuf).
func (m *mem) get(n int) uint32 {
	if n > maxBuf {
		return 0
	}
	c := sizeOf(n)
	size := 1 << (c + minSizeBits)
	if k := len(m.idle[c]); k > 0 {
		id := m.idle[c][k-1]
		m.idle[c] = m.idle[c][:k-1]
		m.used += size
		return id
	}
	if m.total+size > m.max && !m.shrink(size) {
		return 0
	}
	m.total += size
	m.used += size
	buf := make([]byte, size)
	if k := len(m.spare); k > 0 {
		id := m.spare[k-1]
		m.spare = m.spare[:k-1]
		m.bufs[id-1] = buf
		return id
	}
	m.bufs = append(m.bufs, buf)
	return uint32(len(m.bufs))
}

// put takes a buffer back.
func (m *mem) put(id uint32) {
	size := len(m.bufs[id-1])
	c := sizeOf(size)
	m.used -= size
	m.idle[c] = append(m.idle[c], id)
}

// at returns buffer id, whole.
func (m *mem) at(id uint32) []byte { return m.bufs[id-1] }

// shrink gives idle buffers of other sizes to the collector until size bytes
// fit under the limit.
func (m *mem) shrink(size int) bool {
	if m.used+size > m.max {
		return false
	}
	for c := numSizes - 1; c >= 0; c-- {
		for m.total+size > m.max && len(m.idle[c]) > 0 {
			k := len(m.idle[c]) - 1
			id := m.idle[c][k]
			m.idle[c] = m.idle[c][:k]
			m.total -= len(m.bufs[id-1])
			m.bufs[id-1] = nil
			m.spare = append(m.spare, id)
		}
	}
	return m.total+size <= m.max
}
