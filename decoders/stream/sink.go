package stream

import "pcaptriage/decoders"

// Sink takes the bytes of one direction in order. It is called during the
// methods of Pool and must not call the Pool itself.
type Sink interface {
	// Data hands over the next bytes. c.Bytes is borrowed until Data returns.
	Data(c Chunk)
	// Gap stands for bytes that are not in the capture.
	Gap(g Gap)
	// End is called once, after the last byte.
	End(how Ending)
}

// Chunk is a run of bytes that came in one segment.
type Chunk struct {
	Off   uint64 // of the first byte, from the stream's first byte or gap
	Bytes []byte // at least one
	Time  int64  // when their segment was captured, on the capture clock: for bytes that were held back earlier than the call
	Frame decoders.FrameRef
	// Boundary: the first byte is the first of its segment. Senders begin
	// messages there, so it is where a parser that lost its place may look.
	Boundary bool
}

// Mark is a place in a direction's bytes with the segment that brought it.
type Mark struct {
	Off   uint64 // offset in the stream
	Time  int64  // capture clock of the segment, ns
	Frame decoders.FrameRef
}

// Mark returns the place of the chunk's first byte.
func (c *Chunk) Mark() Mark { return Mark{Off: c.Off, Time: c.Time, Frame: c.Frame} }

// Extend moves m, the end of something, to a place that follows. Bytes that were
// held back carry the marks of earlier segments than those before them: the
// latest segment counts, since only then was the thing complete.
func (m *Mark) Extend(to Mark) {
	m.Off = to.Off
	if to.Frame > m.Frame {
		m.Time, m.Frame = to.Time, to.Frame
	}
}

// Gap is a run of missing bytes.
type Gap struct {
	Off   uint64 // of the first missing byte
	Len   uint64 // how many; 0 when that cannot be known (CauseRestart)
	Cause Cause
	// Time and Frame are those of the segment that was cut (CauseSnap), else of
	// the first segment behind the hole; zero when nothing came behind it.
	Time  int64
	Frame decoders.FrameRef
}

// Cause is why bytes are missing.
type Cause uint8

const (
	CauseLost    Cause = iota + 1 // no segment in the capture brought them in time
	CauseSnap                     // the snaplen cut them off the end of a segment
	CauseRestart                  // the sequence numbers jumped by more than any window: Len is unknown
)

func (c Cause) String() string { return [...]string{"", "lost", "snaplen", "restart"}[c] }

// Ending is why no more bytes come.
type Ending uint8

const (
	EndFIN   Ending = iota + 1 // everything up to the FIN was handed over or told as a gap
	EndRST                     // reset by this side
	EndClose                   // Pool.Close: the flow left the table
)

func (e Ending) String() string { return [...]string{"", "fin", "rst", "close"}[e] }
