package gsmmap

import (
	"fmt"
	"strconv"
	"time"
)

// duration is a span of time in words, with three digits: 7.21 s, 206 ms.
func duration(ns int64) string {
	switch d := time.Duration(ns); {
	case d < 0:
		return "-" + duration(-ns)
	case d < time.Millisecond:
		return digits(float64(ns)/1e3) + " µs"
	case d < time.Second:
		return digits(float64(ns)/1e6) + " ms"
	case d < 2*time.Minute:
		return digits(float64(ns)/1e9) + " s"
	}
	s := (ns + 5e8) / 1e9
	return fmt.Sprintf("%d min %d s", s/60, s%60)
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

func percent(part, whole uint64) string {
	if whole == 0 {
		return "0 %"
	}
	return digits(100*float64(part)/float64(whole)) + " %"
}

func count(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + many
}
