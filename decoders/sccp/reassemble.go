package sccp

import (
	"hash/crc32"

	"pcaptriage/decoders/recency"
)

// Status is what a Reassembler says about a message.
type Status uint8

const (
	// Whole: the message is not segmented; its data is returned as it is.
	Whole Status = iota
	// Pending: the segment is kept, others are to come.
	Pending
	// Complete: this segment completed the user data.
	Complete
	// Duplicate: the segment has been seen; also when its message is complete
	// already, as with a copy captured on another link.
	Duplicate
	// Again: with this segment, all segments of a complete message have come once
	// more over another link, as behind a relay that is captured on both sides.
	// The data is given out again, as the sighting there.
	Again
)

// Config bounds a Reassembler. The zero value of a field takes the default.
type Config struct {
	MaxMessages int // under reassembly or remembered, 4096
	MaxBytes    int // octets held, 4 MiB
	// Timeout is how many ns of the capture clock after the first segment a
	// message is given up, 20 s (Q.714: T(reass) is 10 to 20 s).
	Timeout int64
	// ReturnTimeout is the same for returned segments, which come one by one as
	// the network gives them up, 60 s.
	ReturnTimeout int64
}

// Stats count what a Reassembler has done.
type Stats struct {
	Segments   uint64
	Messages   uint64 // complete
	Duplicates uint64 // segments seen before
	Incomplete uint64 // messages given up
	Conflicts  uint64 // of these, those whose segments did not fit each other
}

// Reassembler puts segmented user data together. Segments may come in any
// order: their number is told by how many remain. It belongs to one goroutine.
type Reassembler struct {
	Stats    Stats
	cfg      Config
	messages map[segmentKey]*segmented
	// Entries in the order of their first segment, which is that of their
	// deadlines: sent ones and returned ones have different timers.
	queues [2]recency.List[*segmented]
	bytes  int
	buf    []byte
}

// segmentKey tells messages apart: the originator, its reference, and whether
// the segments are on their way or on their way back. Without a global title
// the address means something only on its link.
type segmentKey struct {
	originator string
	scope      uint64
	opc, ref   uint32
	returned   bool
}

// maxSegments is the number of segments that the parameter can tell (Q.713 3.17).
const maxSegments = 16

type segmented struct {
	key      segmentKey
	start    int64
	parts    [maxSegments][]byte // by the number of segments that remain; owned
	sums     [maxSegments]uint32
	have     uint16 // set of parts
	cut      uint16 // set of parts that the capture cut
	total    int    // segments; 0 until the first one is there
	size     int
	done     bool // completed; kept to know copies
	whole    []byte
	wholeCut bool // valid if done, like whole

	scope      uint64 // of the first segment
	again      uint16 // set of parts that came over againScope too
	againScope uint64 // valid if again is not 0
	links      recency.Links[*segmented]
}

// NewReassembler returns a Reassembler with the bounds of cfg.
func NewReassembler(cfg Config) *Reassembler {
	if cfg.MaxMessages <= 0 {
		cfg.MaxMessages = 4096
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 4 << 20
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 20e9
	}
	if cfg.ReturnTimeout <= 0 {
		cfg.ReturnTimeout = 60e9
	}
	r := &Reassembler{cfg: cfg, messages: make(map[segmentKey]*segmented)}
	for i := range r.queues {
		r.queues[i] = recency.New(func(e *segmented) *recency.Links[*segmented] { return &e.links })
	}
	return r
}

// Add takes a message. scope is the link or association it came on, and opc its
// originating point code; both count only when the originator has no global
// title. clock is the capture clock in ns.
//
// data is the whole user data for Whole (a view of the message), Complete and
// Again (valid until the next call), and nil for the others; cut says that its end is
// missing.
func (r *Reassembler) Add(m *Message, scope uint64, opc uint32, clock int64) (data []byte, cut bool, s Status) {
	if !m.Segmented() {
		return m.Data, m.Cut, Whole
	}
	r.expire(clock)
	r.Stats.Segments++
	originator := &m.Calling
	if m.Type.Service() {
		originator = &m.Called
	}
	key := segmentKey{ref: m.Seg.Ref, returned: m.Type.Service()}
	if !originator.HasGT() {
		key.scope, key.opc = scope, opc
	}
	key.originator = string(originator.Raw)
	sum := crc32.ChecksumIEEE(m.Data)
	e := r.messages[key]
	if e != nil {
		left := int(m.Seg.Remaining)
		switch {
		case e.have>>left&1 != 0 && e.sums[left] == sum:
			r.Stats.Duplicates++
			if e.elsewhere(scope, left) {
				return e.whole, e.wholeCut, Again
			}
			return nil, false, Duplicate
		case !e.fits(m):
			// The reference is used again, or was never unique.
			if !e.done {
				r.Stats.Conflicts++
			}
			r.remove(e)
			e = nil
		}
	}
	if e == nil {
		e = r.insert(key, clock)
		e.scope = scope
	}
	return r.store(e, m, sum)
}

// elsewhere notes a copy of a segment; it reports whether that completes the
// message on a link other than the one that it came on first.
func (e *segmented) elsewhere(scope uint64, left int) bool {
	if scope == e.scope || e.again != 0 && scope != e.againScope {
		return false
	}
	e.againScope = scope
	e.again |= 1 << left
	if !e.done || e.again != e.have {
		return false
	}
	e.again = 0
	return true
}

// fits reports whether the segment can be one of e's.
func (e *segmented) fits(m *Message) bool {
	left := int(m.Seg.Remaining)
	switch {
	case e.done, e.have>>left&1 != 0:
		return false
	case m.Seg.First:
		return e.total == 0 && e.have>>left == 0
	}
	return e.total == 0 || left < e.total
}

func (r *Reassembler) store(e *segmented, m *Message, sum uint32) (data []byte, cut bool, s Status) {
	left := int(m.Seg.Remaining)
	for r.bytes+len(m.Data) > r.cfg.MaxBytes {
		oldest := r.oldest(e)
		if oldest == nil {
			r.remove(e)
			return nil, false, Pending
		}
		r.remove(oldest)
	}
	e.parts[left], e.sums[left] = append([]byte(nil), m.Data...), sum
	e.have |= 1 << left
	if m.Cut {
		e.cut |= 1 << left
	}
	if m.Seg.First {
		e.total = left + 1
	}
	e.size += len(m.Data)
	r.bytes += len(m.Data)
	if e.total == 0 || e.have != uint16(1<<e.total-1) {
		return nil, false, Pending
	}
	r.buf = r.buf[:0]
	for i := e.total - 1; i >= 0 && !cut; i-- {
		r.buf = append(r.buf, e.parts[i]...)
		cut = e.cut>>i&1 != 0
	}
	r.release(e)
	e.done, e.whole, e.wholeCut = true, append([]byte(nil), r.buf...), cut
	e.size = len(e.whole)
	r.bytes += e.size
	r.Stats.Messages++
	return r.buf, cut, Complete
}

// expire gives up what is past its deadline.
func (r *Reassembler) expire(clock int64) {
	for i, timeout := range [...]int64{r.cfg.Timeout, r.cfg.ReturnTimeout} {
		for e := r.queues[i].Oldest(); e != nil && clock-e.start > timeout; e = r.queues[i].Oldest() {
			r.remove(e)
		}
	}
}

// oldest is the entry with the earliest first segment, except e.
func (r *Reassembler) oldest(e *segmented) *segmented {
	var first *segmented
	for i := range r.queues {
		h := r.queues[i].Oldest()
		if h == e && h != nil {
			h = r.queues[i].Newer(h)
		}
		if h != nil && (first == nil || h.start < first.start) {
			first = h
		}
	}
	return first
}

func (r *Reassembler) insert(key segmentKey, clock int64) *segmented {
	if len(r.messages) >= r.cfg.MaxMessages {
		r.remove(r.oldest(nil))
	}
	e := &segmented{key: key, start: clock}
	r.messages[key] = e
	r.queueOf(e).Add(e)
	return e
}

// remove forgets e; one that was not complete is counted.
func (r *Reassembler) remove(e *segmented) {
	if !e.done {
		r.Stats.Incomplete++
	}
	r.release(e)
	r.queueOf(e).Remove(e)
	delete(r.messages, e.key)
}

// release frees the octets of e.
func (r *Reassembler) release(e *segmented) {
	r.bytes -= e.size
	e.size = 0
	e.whole = nil
	clear(e.parts[:])
}

// Close gives up all that is incomplete. The Reassembler may be used again.
func (r *Reassembler) Close() {
	for i := range r.queues {
		for e := r.queues[i].Oldest(); e != nil; e = r.queues[i].Oldest() {
			r.remove(e)
		}
	}
	r.buf = nil
}

func (r *Reassembler) queueOf(e *segmented) *recency.List[*segmented] {
	if e.key.returned {
		return &r.queues[1]
	}
	return &r.queues[0]
}
