package httpwire

// MaxPending is how many requests of a connection are remembered while they
// wait for their responses. Further ones are counted; the responses to them
// are reported as Unpaired.
const MaxPending = 8

// Pending is a request that waits for its response.
type Pending struct {
	// Begin is its first byte; Last is behind its last byte so far, final when
	// Whole.
	Begin, Last Mark
	Serial      uint32 // counts the requests of the connection, from 1
	Method      Method
	Whole       bool // the request is over
	Flags       Flags
}

// Queue pairs responses with requests (RFC 9112 9.3.2: in order). Its zero value
// is that of a new connection. It holds no pointers.
type Queue struct {
	counts
	ring [MaxPending]Pending // valid where counts says so
}

// counts is what a Queue is but for its places.
type counts struct {
	first   uint32 // serial of the oldest that waits
	pushed  uint32 // serial of the newest
	missed  uint32 // how many of the newest are not in the ring
	base    uint32 // serial of the one in the first place of the ring: without pipelining, always that place is used
	skipped uint32
	unsure  bool // requests or responses may be missing since the last pairing
	tunnel  bool
}

// Reset makes q that of a new connection, whatever it was.
func (q *Queue) Reset() { q.counts = counts{} }

// Len is the number of requests that wait for a response.
func (q *Queue) Len() int { return int(q.pushed + 1 - q.next()) }

// next is the serial of the oldest waiting request, or of the next to come.
func (q *Queue) next() uint32 { return max(q.first, 1) }

// At returns the i-th waiting request, the oldest first, nil if it is not
// remembered. It is valid until the queue changes.
func (q *Queue) At(i int) *Pending {
	n := q.next() + uint32(i)
	if i < 0 || n > q.pushed-q.missed {
		return nil
	}
	return q.slot(n)
}

// slot is the place of a request by its serial.
func (q *Queue) slot(serial uint32) *Pending { return &q.ring[(serial-q.base)%MaxPending] }

// Requests is the number of requests seen.
func (q *Queue) Requests() uint32 { return q.pushed }

// Skipped is the number of requests that were taken to be unanswered because a
// hole hid what became of them.
func (q *Queue) Skipped() uint32 { return q.skipped }

// Tunnelled reports whether the connection has turned into something else.
func (q *Queue) Tunnelled() bool { return q.tunnel }

// push notes a request whose head was read, and numbers it. It returns its
// place, nil if it is only counted.
func (q *Queue) push(m *Message) *Pending {
	serial := q.pushed + 1
	q.pushed = serial
	r := &q.ring[0]
	if first := q.next(); first == serial {
		q.base = serial
	} else if r = q.slot(serial); q.missed > 0 || serial-first >= MaxPending {
		// Order is kept: none is remembered until those before are through.
		q.missed++
		return nil
	}
	r.Begin, r.Last = m.Begin, m.Last
	r.Serial, r.Method, r.Whole, r.Flags = serial, m.Method, false, m.Flags
	return r
}

// update tells how far the newest request, of that serial, has come. Its
// response may already be over.
func (q *Queue) update(serial uint32, m *Message, whole bool) {
	if serial != q.pushed || q.missed > 0 || q.Len() <= 0 {
		return
	}
	r := q.slot(q.pushed)
	r.Last, r.Flags, r.Whole = m.Last, m.Flags, whole
}

// answer returns the request that a response beginning at b belongs to, nil if
// that is not known. When messages may be missing, it takes the latest request
// that had begun by then: without pipelining, that is the one.
func (q *Queue) answer(b Mark) *Pending {
	if q.unsure {
		for q.Len() > 1 {
			if r := q.At(1); r == nil || r.Begin.Time > b.Time {
				break
			}
			q.skipped++
			q.pop()
		}
		q.unsure = false
	}
	return q.At(0)
}

// pop removes the oldest request: its final response is over.
func (q *Queue) pop() {
	if q.Len() <= 0 {
		return
	}
	q.first = q.next() + 1
	if q.first > q.pushed {
		q.missed = 0
	}
}
