package keepalive

import "strconv"

// setting names the system or library whose defaults the probes follow, as far
// as idle time and interval tell; "" if nothing fits. What runs after the
// capture began can have been idle for longer than was seen, so a shorter idle
// time is no evidence against a setting, but none is named without one.
func (r *probeRow) setting() string {
	lo, hi := r.shortest, r.widest
	steady := r.intervals > 0
	switch {
	case near(r.idle, 7200):
		switch {
		case steady && near(lo, 75):
			return "Linux defaults (7200 s, 75 s)"
		case steady && near(lo, 1):
			return "Windows defaults (2 h, 1 s)"
		case r.payload:
			return "2 h and a byte: Windows defaults"
		}
		return "2 h: default of Linux, macOS, Windows"
	case near(r.idle, 15) && (!steady || near(hi, 15)):
		return "15 s: Go net.Dialer's default"
	case near(r.idle, 30) && (!steady || near(hi, 30)):
		return "30 s: Go http.DefaultTransport, SMB of Windows, and others"
	case near(r.idle, 45) && (!steady || near(hi, 45)):
		return "45 s: Chrome's default"
	}
	return ""
}

// near: ns is s seconds, within a fiftieth and the jitter of timers and
// delayed acknowledgements.
func near(ns, s int64) bool {
	d := ns - s*1e9
	return d > -s*2e7-5e7 && d < s*2e7+6e8
}

// tenths is n/d with one decimal.
func tenths(n, d uint64) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(n)/float64(d), 'f', 1, 64)
}
