package sctp

// partial is a run of consecutive fragments of one message: DATA fragments have
// consecutive TSNs on one stream, I-DATA fragments consecutive FSNs of one MID
// (RFC 9260 6.9, RFC 8260 2.1). Runs that touch are joined, so that fragments
// may come in any order.
type partial struct {
	key         messageKey
	first, last uint32 // TSN, or FSN of I-DATA
	begin, end  bool   // the run has the message's first, last fragment
	tsn, ppid   uint32 // of the run's first fragment
	head, tail  *fragment
	n, size     int   // fragments, octets
	since       int64 // clock of the fragment that came first
}

// messageKey is what the fragments of a message have in common. mid is 0 for
// unordered DATA, whose stream sequence number has no meaning.
type messageKey struct {
	interleaved, unordered bool
	stream                 uint16
	mid                    uint32
}

type fragment struct {
	next *fragment
	cut  bool
	data []byte // owned
}

// fragmentOverhead is charged to the budget for each fragment on top of its octets.
const fragmentOverhead = 64

func (p *partial) cost() int { return p.size + p.n*fragmentOverhead }

// join appends q, which follows p immediately.
func (p *partial) join(q *partial) {
	p.tail.next, p.tail = q.head, q.tail
	p.last, p.end = q.last, q.end
	p.n += q.n
	p.size += q.size
	p.since = min(p.since, q.since)
}

// appendTo puts the run together. A cut fragment ends the message: what follows
// it would not stand where it belongs.
func (p *partial) appendTo(dst []byte) (msg []byte, cut bool) {
	for f := p.head; f != nil; f = f.next {
		dst = append(dst, f.data...)
		if f.cut {
			return dst, true
		}
	}
	return dst, false
}

func newPartial(d *Data, clock int64) *partial {
	f := &fragment{data: append([]byte(nil), d.User...), cut: d.Cut}
	p := &partial{
		key: messageKey{interleaved: d.Interleaved, unordered: d.Unordered, stream: d.Stream, mid: d.MID},
		tsn: d.TSN, ppid: d.PPID, begin: d.Begin, end: d.End,
		head: f, tail: f, n: 1, size: len(d.User), since: clock,
	}
	if d.Interleaved {
		p.first = d.FSN
	} else {
		p.first = d.TSN
		if d.Unordered {
			p.key.mid = 0
		}
	}
	p.last = p.first
	return p
}

// serialAfter reports whether a lies after b in 32-bit serial arithmetic (RFC 1982).
func serialAfter(a, b uint32) bool { return int32(a-b) > 0 }
