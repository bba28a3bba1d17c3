package connect_test

import (
	"testing"

	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/connect"
)

// Each rule speaks in the capture made for it, and none in the quiet ones.
func TestCaptures(t *testing.T) {
	analyzertest.Run(t, "../../testdata/pcaps/connect", connect.Analyzer)
}

// The same rules speak in captures made afresh.
func TestLabCheck(t *testing.T) {
	analyzertest.Fresh(t, "../../testdata/pcaps/connect", connect.Analyzer)
}
