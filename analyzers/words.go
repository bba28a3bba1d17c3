package analyzers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time in words for messages, with three digits and no
// more than the capture has: 7.21 s, 206 ms, 84 µs, 9.5 µs, 2 min 11 s.
func Duration(ns int64) string {
	switch d := time.Duration(ns); {
	case ns == math.MinInt64:
		return "-" + Duration(math.MaxInt64)
	case d < 0:
		return "-" + Duration(-ns)
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", ns)
	case ns < 999_500: // what three digits would make 1000 µs is 1.00 ms
		s := Digits(float64(ns) / 1e3)
		if strings.Contains(s, ".") {
			s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
		}
		return s + " µs"
	case ns < 999_500_000:
		return Digits(float64(ns)/1e6) + " ms"
	case d < 2*time.Minute:
		return Digits(float64(ns)/1e9) + " s"
	case d < 2*time.Hour:
		s := (ns + 5e8) / 1e9
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	m := ns / 60e9
	if ns%60e9 >= 30e9 {
		m++
	}
	return fmt.Sprintf("%d h %d min", m/60, m%60)
}

// Between is a duration, or the range of several.
func Between(lo, hi int64) string {
	if a, b := Duration(lo), Duration(hi); a != b {
		return a + " to " + b
	}
	return Duration(hi)
}

// Digits is x with three significant digits: 9.99, 99.9, 100.
func Digits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// Count is a number of things in words: 1 SYN, 2 SYNs.
func Count[T int | int64 | uint16 | uint32 | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(int64(n), 10) + " " + many
}
