package stream

// Stream is the state of one direction. Its zero value is a direction of which
// nothing was seen yet. What it holds back lives in the Pool that it was first
// fed to, and it must be fed to that Pool only. Copying a Stream moves it: the
// old value must not be used again.
//
// What segments in order touch comes last: the owner may go on with more of
// that kind, on the same line of the cache.
type Stream struct {
	since int64  // when the first hole became the oldest thing waited for; valid while something is held
	fin   uint32 // the FIN's sequence number; valid if sawFIN
	gen   uint32 // must equal the line's, else the line was taken away
	off   uint64 // bytes handed over or told as gaps
	next  uint32 // sequence number of the next byte; valid if started
	top   uint32 // behind the furthest byte known of; at least next
	line  uint32 // index in Pool.lines, plus one; 0: nothing held back
	flags streamFlags
	stray uint8 // segments in a row that lay outside of any window
}

type streamFlags uint8

const (
	started streamFlags = 1 << iota
	sawSYN
	sawFIN
	ended
)

// maxWindow is the largest window that TCP can have (RFC 7323 2.3: 2^30). A
// segment further off than that belongs to something else.
const maxWindow = 1 << 30

// maxSegment is more payload than any segment has (Linux's BIG TCP: 512 KiB).
const maxSegment = 1 << 24

// maxStray is how many segments in a row may lie outside of any window before
// the stream begins anew with the next of them: the capture has then lost more
// than can be counted.
const maxStray = 15

// Offset is the number of bytes handed over or told as gaps so far.
func (s *Stream) Offset() uint64 { return s.off }

// Started reports whether a SYN, a FIN or payload has been seen.
func (s *Stream) Started() bool { return s.flags&started != 0 }

// Ended reports whether Sink.End was called.
func (s *Stream) Ended() bool { return s.flags&ended != 0 }

// Holds reports whether s may hold something back, so that Pool.Acked could do
// something.
func (s *Stream) Holds() bool { return s.line != 0 }

// Next is the sequence number of the next byte in order, valid if Started.
func (s *Stream) Next() uint32 { return s.next }

// start fixes where the stream begins.
func (s *Stream) start(seq uint32, syn bool) {
	s.next, s.top = seq, seq
	s.flags |= started
	if syn {
		s.flags |= sawSYN
	}
}

// Begin tells that the direction's SYN had that number, as feeding a SYN without
// payload would. s must be new.
func (s *Stream) Begin(isn uint32) { s.start(isn+1, true) }

// moveTo makes seq the next sequence number, n bytes further on.
func (s *Stream) moveTo(seq uint32, n uint64) {
	s.next = seq
	s.off += n
	if int32(seq-s.top) > 0 {
		s.top = seq
	}
}
