package keepalive

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span of time in words, with three digits: 7.21 s, 206 ms, 84 µs, 2 min 11 s.
func duration(ns int64) string {
	switch d := time.Duration(ns); {
	case d < 0:
		return "-" + duration(-ns)
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", ns)
	case d < time.Millisecond:
		return strings.TrimSuffix(strings.TrimRight(digits(float64(ns)/1e3), "0"), ".") + " µs"
	case d < time.Second:
		return digits(float64(ns)/1e6) + " ms"
	case d < 2*time.Minute:
		return digits(float64(ns)/1e9) + " s"
	case d < 2*time.Hour:
		s := (ns + 5e8) / 1e9
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	m := (ns + 30e9) / 60e9
	return fmt.Sprintf("%d h %d min", m/60, m%60)
}

func digits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// count writes 1 SYN, 2 SYNs.
func count[T int | uint16 | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(uint64(n), 10) + " " + many
}
