package connect

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

// afterwards is "1.2 s after", or "right after".
func afterwards(ns int64) string {
	if ns <= 0 {
		return "right after"
	}
	return duration(ns) + " after"
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

// seconds writes gaps as 1.0 2.0 4.0 s.
func seconds(gaps []int64) string {
	parts := make([]string, len(gaps))
	for i, g := range gaps {
		prec := 1
		if g < 100e6 {
			prec = 3
		}
		parts[i] = strconv.FormatFloat(float64(g)/1e9, 'f', prec, 64)
	}
	return strings.Join(parts, " ") + " s"
}

// count writes 1 SYN, 2 SYNs.
func count[T int | uint16 | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(uint64(n), 10) + " " + many
}
