package gsmmap

import "pcaptriage/analyzers"

func duration(ns int64) string { return analyzers.Duration(ns) }

func percent(part, whole uint64) string {
	if whole == 0 {
		return "0 %"
	}
	return analyzers.Digits(100*float64(part)/float64(whole)) + " %"
}
