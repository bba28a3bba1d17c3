package analyzers

import (
	"slices"

	"pcaptriage/decoders"
)

// Event is a small fact that crosses flows: a plain value of 96 bytes without
// pointers. What the fields mean is the emitting analyzer's affair, except for
// Time and Frame.
type Event struct {
	Time         int64 // recorded time of the frame, or the deadline for an expiry; ns
	Frame        decoders.FrameRef
	Src, Dst     decoders.Addr
	SPort, DPort uint16
	Proto        uint8
	Kind         uint8
	Flags        uint16
	TunnelID     uint32
	N            uint32
	V            [4]int64
}

// Out takes a part's events. It belongs to the engine and is valid during the
// call it was passed to.
type Out struct {
	Place  *Place         // of the current call; the engine sets it, a test may leave it out
	Events []StampedEvent // the engine empties it at each slab's end
	Asides *Asides        // shared with other shards; nil: none yet
}

// Place is where in the global order what is emitted now belongs.
type Place struct {
	// Stamp and Epoch are the capture clock of the current call.
	Stamp int64
	Epoch uint32
	Shard uint32
	// Frame orders events of equal stamps: the current packet's, 0 for an expiry.
	Frame decoders.FrameRef
	// Tie orders expiries of one shard with equal stamps: the flow's serial
	// number, 0 for a packet.
	Tie uint64
}

// StampedEvent is an event with its place in the global order.
type StampedEvent struct {
	At Place
	Event
}

// Emit hands an event to the analyzer's correlator.
func (o *Out) Emit(e *Event) {
	o.Events = append(o.Events, StampedEvent{o.at(), *e})
}

// Begin is Emit for an event that is filled in where it will lie, which spares two
// copies of it. It is valid until the next event.
func (o *Out) Begin() *Event {
	n := len(o.Events)
	if n == cap(o.Events) {
		o.Events = slices.Grow(o.Events, max(n, 16))
	}
	o.Events = o.Events[:n+1]
	e := &o.Events[n]
	e.At = o.at()
	e.Event = Event{}
	return &e.Event
}

func (o *Out) at() (p Place) {
	if o.Place != nil {
		p = *o.Place
	}
	return p
}
