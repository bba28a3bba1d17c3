package engine

import "time"

// seriesOverlap is how far two files of one rotated capture may overlap in
// time: tcpdump switches files between packets, so all but a jitter of the
// clock means that they were not one capture.
const seriesOverlap = int64(time.Second)

// seriesCheck refuses files that were not taken one after the other: a file
// may not begin before the capture clock of the one before it. The clock
// passes over a lone timestamp far off the others, the largest one does not.
type seriesCheck struct {
	prev  string // the last file with a time; "" before the first
	clock int64  // at its end
	err   error
}

func (c *seriesCheck) add(name string, d *dispatcher) {
	if !d.fileTimed {
		return
	}
	if c.prev != "" && c.err == nil && c.clock-d.fileStart > seriesOverlap {
		c.err = usage("%s and %s overlap by %v: not the files of one rotated capture in time order",
			c.prev, name, time.Duration(c.clock-d.fileStart))
	}
	c.prev, c.clock = name, d.prev.clock
}
