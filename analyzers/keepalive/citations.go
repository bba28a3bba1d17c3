package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// citations are the frames of a finding, as they came, each once.
type citations struct {
	analyzers.Citations
	last [2]decoders.FrameRef // the two cited latest, the newest first
}

// add cites a frame; time 0 is not known. What is cited again, like a segment with
// several requests, or a connection that stays idle while others are opened, counts
// once, if it is in the list or among the last two.
func (c *citations) add(frame decoders.FrameRef, role string, time int64) {
	switch frame {
	case 0, c.last[0]:
		return
	case c.last[1]:
		c.last[0], c.last[1] = frame, c.last[0]
		return
	}
	if c.Cites(frame) {
		return
	}
	c.last[0], c.last[1] = frame, c.last[0]
	c.Cite(frame, role, time)
}
