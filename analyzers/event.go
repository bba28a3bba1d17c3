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
	// Full takes Events that have no room left and returns others that have; nil:
	// they grow.
	Full func([]StampedEvent) []StampedEvent
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
func (o *Out) Emit(e *Event) { o.next().Event = *e }

// Begin is Emit for an event that is filled in where it will lie, which spares two
// copies of it. It is valid until the next event.
func (o *Out) Begin() *Event {
	e := &o.next().Event
	*e = Event{}
	return e
}

// next adds an event whose place is set.
func (o *Out) next() *StampedEvent {
	if len(o.Events) == cap(o.Events) {
		o.makeRoom()
	}
	n := len(o.Events)
	o.Events = o.Events[:n+1]
	e := &o.Events[n]
	if o.Place != nil {
		e.At = *o.Place
	} else {
		e.At = Place{}
	}
	return e
}

func (o *Out) makeRoom() {
	if o.Full != nil {
		o.Events = o.Full(o.Events)
	} else {
		o.Events = slices.Grow(o.Events, max(len(o.Events), 16))
	}
}
