package gsmmap

import (
	"strconv"

	"pcaptriage/analyzers"
)

func duration(ns int64) string { return analyzers.Duration(ns) }

func percent(part, whole uint64) string {
	if whole == 0 {
		return "0 %"
	}
	return analyzers.Digits(100*float64(part)/float64(whole)) + " %"
}

func count(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + many
}
