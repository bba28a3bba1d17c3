package keepalive

import "fmt"

// defaults are idle times, equal to the interval between answered probes, that
// systems and libraries are known to ask for.
var defaults = [...]struct {
	seconds int64
	who     string
}{
	{10, "10 s, as Firefox"},
	{15, "15 s, as Go's net.Dialer"},
	{30, "30 s, as Go's http.DefaultTransport and Windows' SMB"},
	{45, "45 s, as Chrome and Android"},
	{60, "60 s, as curl"},
}

// setting names whose defaults the probes follow, as far as idle time and
// interval tell; "" if nothing fits. It is a hint: others use the same numbers.
// After an answered probe, Linux waits for the idle time again, not for the
// interval, which shows between unanswered probes only.
func (r *probeRow) setting() string {
	steady := r.all.count > 0
	if near(r.idle, 7200) {
		switch {
		case steady && near(r.all.shortest, 75):
			// How many go unanswered before the connection is given up tells the
			// two apart that use this interval.
			switch r.givenUp() {
			case 0:
				return "7200 s and 75 s, as Linux and macOS"
			case 8:
				return "7200 s, 75 s, 8 probes, as macOS and BSD"
			case 9:
				return "7200 s, 75 s, 9 probes, as Linux"
			}
			return fmt.Sprintf("7200 s and 75 s, as Linux, but %d probes", r.givenUp())
		case steady && near(r.all.shortest, 1):
			if r.givenUp() == 10 {
				return "2 h, 1 s, 10 probes, as Windows"
			}
			return "2 h and 1 s, as Windows"
		case r.payload:
			return "2 h with a byte, as Windows"
		}
		return "2 h, as Linux, macOS and Windows"
	}
	for _, d := range defaults {
		if near(r.idle, d.seconds) && (!steady || near(r.all.widest, d.seconds)) {
			return d.who
		}
	}
	return ""
}

// givenUp is after how many unanswered probes the prober gave the connection up,
// 0 if it did not.
func (r *probeRow) givenUp() uint64 {
	if r.outcome != probesGivenUp {
		return 0
	}
	return r.unanswered
}

// near: ns is s seconds, within a fiftieth and the jitter of timers and
// delayed acknowledgements.
func near(ns, s int64) bool {
	d := ns - s*1e9
	return d > -s*2e7-5e7 && d < s*2e7+6e8
}
