package fragneeded

import "pcaptriage/decoders/flow"

// slot is what hangs on a flow (flow.Flow.Slot): bits, and above them the handle
// of its track; 0 for a flow without payload. The bits are all that nearly every
// segment needs, and lie in a cache line of the flow's own.
type slot uint32

const (
	from1   slot = 1 << iota // the latest new payload came from direction 1
	anyData                  // there was payload
	special                  // track.special is true: every segment has to be looked at
	hasLone                  // track.lone is not 0
	talked0                  // a message of direction 0 was handed on
	talked1
	asked    // the client's latest message was handed on, and nothing has answered it yet
	slotBits = iota
)

// talked is the bit for messages of a direction.
func talked(dir uint8) slot { return talked0 << (dir & 1) }

// of returns f's slot.
func (fp *flowPart) of(f *flow.Flow) *uint32 { return &f.Slot[fp.slot%flow.MaxSlots] }

// track returns f's track, nil if it has none.
func (fp *flowPart) track(f *flow.Flow) *track {
	if h := *fp.of(f) >> slotBits; h != 0 {
		return fp.tracks.at(h)
	}
	return nil
}

// follow gives f a track; it must have none.
func (fp *flowPart) follow(f *flow.Flow) *track {
	h, t := fp.tracks.get()
	*fp.of(f) = h << slotBits
	return t
}

// mark sets bits of f's slot.
func (fp *flowPart) mark(f *flow.Flow, bits slot) { *fp.of(f) |= uint32(bits) }

// settle brings the bits special and hasLone up to date.
func (fp *flowPart) settle(f *flow.Flow, t *track) {
	s := fp.of(f)
	*s &^= uint32(special | hasLone)
	if t.special() {
		*s |= uint32(special)
	}
	if t.lone != 0 {
		*s |= uint32(hasLone)
	}
}

// leave frees f's track.
func (fp *flowPart) leave(f *flow.Flow) {
	s := fp.of(f)
	fp.tracks.put(*s >> slotBits)
	*s = 0
}
