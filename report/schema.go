package report

import "embed"

// Schemas holds the JSON Schemas (2020-12) of what the program prints:
// schema/report-v1.schema.json for analyze, info-v1 for info, diff-v1 for diff,
// check-v1 for check.
//
//go:embed schema/*.json
var Schemas embed.FS
