package keepalive

import "pcaptriage/analyzers"

func duration(ns int64) string { return analyzers.Duration(ns) }
