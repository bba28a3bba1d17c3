package connect

import (
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

func duration(ns int64) string { return analyzers.Duration(ns) }

// afterwards is "1.2 s after", or "right after".
func afterwards(ns int64) string {
	if ns <= 0 {
		return "right after"
	}
	return duration(ns) + " after"
}

// gapsText writes gaps as "gaps 1.0 2.0 4.0 s".
func gapsText(gaps []int64) string {
	word := "gaps "
	if len(gaps) == 1 {
		word = "gap "
	}
	parts := make([]string, len(gaps))
	for i, g := range gaps {
		prec := 1
		if g < 100e6 {
			prec = 3
		}
		parts[i] = strconv.FormatFloat(float64(g)/1e9, 'f', prec, 64)
	}
	return word + strings.Join(parts, " ") + " s"
}
