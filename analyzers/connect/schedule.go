package connect

import "time"

const second = int64(time.Second)

// schedule is what a sequence of SYN retransmissions fits.
type schedule struct {
	name string // "" when it fits nothing that is known
	most int    // default number of retransmissions of that system, 0: not known
	next int64  // when the next retransmission was due after the last, ns
}

// recogniseSchedule names the system whose kernel repeats SYNs at these gaps.
// Schedules are shared by several systems; the first SYN's TTL, window and
// window scale decide between them.
//
//   - Linux since 6.5: net.ipv4.tcp_syn_linear_timeouts=4, so 1 1 1 1 1 2 4 8 16 32 s
//   - Linux before: 1 2 4 8 16 32 s (net.ipv4.tcp_syn_retries=6)
//   - macOS and FreeBSD: 1 1 1 1 1 2 4 8 16 32 s, cut at 75 s
//   - Windows: 1 2 4 s, before Windows 10 3 6 s
func recogniseSchedule(gaps []int64, r *record) schedule {
	if len(gaps) == 0 {
		return schedule{next: second}
	}
	last := gaps[len(gaps)-1]
	ones := 0
	for ones < len(gaps) && near(gaps[ones], second) {
		ones++
	}
	windows := r.ttl > 64 && r.ttl <= 128
	switch {
	case ones == len(gaps) && ones == 1:
		return schedule{next: 2 * second} // every system begins so
	case ones >= 2 && ones <= 5 && doubles(gaps[ones:], 2*second):
		s := schedule{name: "Linux 6.5 or later", most: 10, next: second}
		if r.window == 0xffff && (r.wscale == 5 || r.wscale == 6) {
			s = schedule{name: "macOS or FreeBSD", next: second}
		}
		switch {
		case ones < len(gaps):
			s.next = 2 * last
		case ones == 5:
			s.next = 2 * second
		}
		return s
	case ones == 1 && doubles(gaps[1:], 2*second):
		if windows {
			return schedule{name: "Windows 10 or later", next: 2 * last}
		}
		return schedule{name: "Linux before 6.5", most: 6, next: 2 * last}
	case doubles(gaps, 3*second):
		if windows {
			return schedule{name: "Windows before 10", most: 2, next: 2 * last}
		}
		return schedule{name: "a stack with the old first timeout of 3 s", next: 2 * last}
	}
	return schedule{next: 2 * last}
}

// near allows for coarse kernel timers.
func near(gap, want int64) bool {
	d := gap - want
	return max(d, -d) <= max(want/8, second*3/20)
}

// doubles reports whether gaps are want, 2 want, 4 want, ...
func doubles(gaps []int64, want int64) bool {
	for _, g := range gaps {
		if !near(g, want) {
			return false
		}
		want *= 2
	}
	return true
}
