package gsmmap_test

import (
	"testing"

	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/gsmmap"
)

func TestCaptures(t *testing.T) {
	analyzertest.Run(t, "../../testdata/pcaps/gsmmap", gsmmap.Analyzer)
}
