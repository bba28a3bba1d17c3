package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration prints ns as people say it: 84 µs, 206.5 ms, 1.03 s, 2 min 5 s.
func Duration(ns int64) string {
	switch {
	case ns == math.MinInt64:
		return "-292 y"
	case ns < 0:
		return "-" + Duration(-ns)
	case ns < 1000:
		return fmt.Sprintf("%d ns", ns)
	}
	// Each step is tried with its own rounding, so that 999.96 ms does not
	// print as 1000.0 ms.
	for _, u := range []struct {
		size     int64
		name     string
		decimals [3]int // below 10, below 100, above
	}{
		{int64(time.Microsecond), "µs", [3]int{1, 0, 0}},
		{int64(time.Millisecond), "ms", [3]int{2, 1, 1}},
	} {
		if s, ok := scaled(ns, u.size, 1000, u.decimals); ok {
			return s + " " + u.name
		}
	}
	if s, ok := scaled(ns, int64(time.Second), 60, [3]int{2, 1, 1}); ok {
		return s + " s"
	}
	return coarse(ns)
}

// scaled prints ns in units of size, unless it rounds up to limit or more.
func scaled(ns, size int64, limit float64, decimals [3]int) (string, bool) {
	v := float64(ns) / float64(size)
	d := decimals[2]
	switch {
	case v < 9.995:
		d = decimals[0]
	case v < 99.95:
		d = decimals[1]
	}
	p := math.Pow10(d)
	if math.Round(v*p)/p >= limit {
		return "", false
	}
	return strconv.FormatFloat(v, 'f', d, 64), true
}

// coarse prints durations from a minute up in their two largest units.
func coarse(ns int64) string {
	s := ns / int64(time.Second)
	if ns%int64(time.Second) >= int64(time.Second)/2 {
		s++
	}
	switch {
	case s < 3600:
		return twoUnits(s/60, "min", s%60, "s")
	case s < 86400:
		return twoUnits(s/3600, "h", s%3600/60, "min")
	case s < 365*86400:
		return twoUnits(s/86400, "d", s%86400/3600, "h")
	}
	return twoUnits(s/(365*86400), "y", s%(365*86400)/86400, "d")
}

func twoUnits(a int64, ua string, b int64, ub string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, ua)
	}
	return fmt.Sprintf("%d %s %d %s", a, ua, b, ub)
}

// Count prints n with thousands separators.
func Count[T int | int64 | uint64 | uint32](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	if n > 0 {
		s = strconv.FormatUint(uint64(n), 10)
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Bytes prints a size: 9,097 bytes, 12.4 kB, 1.30 GB (powers of 1000).
func Bytes(n uint64) string {
	if n < 10_000 {
		return plural(n, "byte", "bytes")
	}
	v, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		v /= 1000
		if v < 999.5 {
			break
		}
	}
	d := 0
	switch {
	case v < 9.995:
		d = 2
	case v < 99.95:
		d = 1
	}
	return strconv.FormatFloat(v, 'f', d, 64) + " " + unit
}

// plural prints a number with its noun.
func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// percent prints part of whole, never as 0 % or 100 % when it is not.
func percent(part, whole uint64) string {
	if whole == 0 {
		return "0 %"
	}
	p := 100 * float64(part) / float64(whole)
	switch {
	case part > 0 && p < 0.1:
		return "< 0.1 %"
	case part < whole && p > 99.9:
		return "> 99.9 %"
	case p < 10 && p != math.Trunc(p):
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}
