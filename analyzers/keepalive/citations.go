package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// citations are the frames of a finding: the first few, and how many there are.
type citations struct {
	list  []analyzers.Evidence // at most analyzers.MaxEvidence, as they came, each frame once
	total uint64               // frames
	last  [2]decoders.FrameRef // the two cited latest, the newest first
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
	for i := range c.list {
		if c.list[i].Frame == frame {
			return
		}
	}
	c.last[0], c.last[1] = frame, c.last[0]
	c.total++
	if len(c.list) < analyzers.MaxEvidence {
		c.list = append(c.list, analyzers.Evidence{Frame: frame, Role: role, Time: time, HasTime: time != 0})
	}
}
