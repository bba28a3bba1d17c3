package fragneeded

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders/flow"
)

// slot is what hangs on a flow (flow.Flow.Slot): bits, and above them the handle
// of its track; 0 for a flow without payload. The bits are all that nearly every
// segment needs, and lie in a cache line of the flow's own.
type slot uint32

const (
	from1   slot = 1 << iota // the latest new payload came from direction 1
	anyData                  // there was payload
	hasLone                  // track.lone is not 0
	talked0                  // a message of direction 0 was handed on
	talked1
	asked    // the client's latest message was handed on, and nothing has answered it yet
	slotBits = iota

	quiet slot = analyzers.Quiet // track.busy is false: not every segment has to be looked at
)

// talked is the bit for messages of a direction.
func talked(dir uint8) slot { return talked0 << (dir & 1) }

// of returns f's slot.
func (fp *flowPart) of(f *flow.Flow) *uint32 { return &f.Slot[fp.slot%flow.MaxSlots] }

// track returns f's track, nil if it has none.
func (fp *flowPart) track(f *flow.Flow) *track {
	if h := slot(*fp.of(f)).handle(); h != 0 {
		return fp.tracks.at(h)
	}
	return nil
}

// busy reports whether something is under way on the flow: then the engine shows
// every segment of it.
func (s slot) busy() bool { return s != 0 && s&quiet == 0 }

// handle is that of the track, 0 for none.
func (s slot) handle() uint32 { return uint32(s&^quiet) >> slotBits }

// follow gives f a track; it must have none.
func (fp *flowPart) follow(f *flow.Flow) *track {
	h, t := fp.tracks.get()
	*fp.of(f) = uint32(quiet) | h<<slotBits
	return t
}

// settle brings the bits quiet and hasLone up to date.
func (fp *flowPart) settle(f *flow.Flow, t *track) {
	s := slot(*fp.of(f))&^hasLone | quiet
	if t.busy() {
		s &^= quiet
	}
	if t.lone != 0 {
		s |= hasLone
	}
	*fp.of(f) = uint32(s)
}

// unfollow frees f's track.
func (fp *flowPart) unfollow(f *flow.Flow) {
	s := fp.of(f)
	fp.tracks.put(slot(*s).handle())
	*s = 0
}
