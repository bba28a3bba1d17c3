package linktype_test

import (
	"path/filepath"
	"testing"

	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/linktype"
)

func TestCaptures(t *testing.T) {
	analyzertest.Run(t, filepath.Join("..", "..", "testdata", "pcaps", "linktype"), linktype.Analyzer)
}

// The same rule speaks in captures made afresh.
func TestLabCheck(t *testing.T) {
	analyzertest.Fresh(t, filepath.Join("..", "..", "testdata", "pcaps", "linktype"), linktype.Analyzer)
}
