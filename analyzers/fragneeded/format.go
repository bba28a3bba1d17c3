package fragneeded

import (
	"strconv"

	"pcaptriage/analyzers"
)

func duration(ns int64) string { return analyzers.Duration(ns) }

// count writes 1 message, 2 messages.
func count[T int | uint32 | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(uint64(n), 10) + " " + many
}
