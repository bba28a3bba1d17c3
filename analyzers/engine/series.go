package engine

import (
	"time"

	"pcaptriage/decoders/capture"
)

// seriesOverlap is how far two files of one rotated capture may overlap in
// time: tcpdump switches files between packets, so all but a jitter of the
// clock means that they were not one capture.
const seriesOverlap = int64(time.Second)

// checkSeries refuses files that were not taken one after the other.
func checkSeries(files []*capture.Info) error {
	var prev *capture.Info
	for _, f := range files {
		if !f.HasTime {
			continue
		}
		if prev != nil && prev.LastTime-f.FirstTime > seriesOverlap {
			return usage("%s and %s overlap by %v: not the files of one rotated capture in time order",
				prev.Name, f.Name, time.Duration(prev.LastTime-f.FirstTime))
		}
		prev = f
	}
	return nil
}
